# SPDX-License-Identifier: Apache-2.0
"""How Starling grows, alone: the same operations in mailboxes of ever more messages (grow-mailboxes), log-ins among ever more
accounts (grow-accounts), ever more idle connections (grow-idle), and one core and two (grow-cores). Each part has servers and data
of its own. What a cost is called, O(1), O(log n) or O(n), is what bench_fit.py finds."""

import os
import re
import resource
import shutil
import statistics
import subprocess
import time

import bench_fit
from bench_servers import PASSWORD, ROOT, Starling, Talk, Trouble, idle_memory

LOAD = ROOT / "build" / "bench" / "starling-bench"
MESSAGE_BYTES = 1000
SECONDS = 1.0
IDLE_USERS = 250

OPERATIONS = [  # name, kind of work, its options; None: after a restart.
    ("SELECT, first after a start", None, {}),
    ("SELECT + UNSELECT again", "select", {}),
    ("FETCH FLAGS of the last 50", "fetch", {"last": 50}),
    ("FETCH FLAGS of 1:*", "fetch", {"command": "UID FETCH 1:* (FLAGS)"}),
    ("STORE of one flag", "store", {}),
    ("NOOP after another's change", "noop-change", {}),
    ("APPEND", "append-same", {"synthetic": MESSAGE_BYTES}),
    ("EXPUNGE of one", "expunge", {"synthetic": MESSAGE_BYTES}),
]


class Alone:
    """A Starling with data of its own, for one part."""

    def __init__(self, bench, name, users):
        self.folder = bench.folder / name
        self.server = Starling(self.folder)
        self.server.prepare(users)

    def __enter__(self):
        self.server.start()
        return self.server

    def __exit__(self, *_):
        try:
            self.server.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


# --- mailboxes ---


def build_mailboxes(bench, server, sizes):
    """s0 gets a mailbox m1000, m10000, ... for each size, each made of copies of the one before."""
    before, held = "INBOX", sizes[0]
    bench.load(server, "append", prefix="s", threads=8, count=held, synthetic=MESSAGE_BYTES)
    with Talk(server, "s0") as talk:
        for size in sizes:
            talk.command(f"CREATE m{size}")
            talk.command(f"SELECT {before}")
            for _ in range(size // held):
                talk.command(f"COPY 1:* m{size}")
            if size % held:
                talk.command(f"COPY 1:{size % held} m{size}")
            before, held = f"m{size}", size


def one(bench, server, size, work, options):
    """The median time of one operation, µs."""
    mailbox, words = f"m{size}", dict(options)
    if work is None:
        server.restart()
        return bench.load(server, "select", prefix="s", mailbox=mailbox, count=1)["p50_us"]
    if last := words.pop("last", None):
        words.update(command=f"FETCH {size - last + 1}:{size} (FLAGS)", messages=last)
    return bench.load(server, work, prefix="s", mailbox=mailbox, seconds=SECONDS, warm=0.2, **words)["p50_us"]


def mailboxes(bench, say):
    sizes, rows = bench.sizes["growth"], []
    with Alone(bench, "grow-mailboxes", ["s0"]) as server:
        began = time.monotonic()
        build_mailboxes(bench, server, sizes)
        say(f"grow-mailboxes: made, {time.monotonic() - began:.1f} s")
        for name, work, options in OPERATIONS:
            # The sizes in turn, and the best of the rounds: other work on the machine only adds to a time.
            rounds = bench.sizes["growth_rounds"] + (2 if work is None else 0)
            takes = [[one(bench, server, size, work, options) for size in sizes] for _ in range(rounds)]
            rows.append([min(column) for column in zip(*takes)])
            say(f"grow-mailboxes: {name}: " + ", ".join(f"{t:.1f}" for t in rows[-1]) + " µs")
    names = [name for name, _, _ in OPERATIONS]
    return table("messages in the mailbox; µs for one", sizes, names, list(zip(*rows)))


def table(what, sizes, names, columns):
    rows = []
    for i, name in enumerate(names):
        values = [column[i] for column in columns]
        rows.append({"name": name, "values": values, "how": bench_fit.how(sizes, values)})
    return {"what": what, "sizes": [f"{size:,}" for size in sizes], "rows": rows}


# --- accounts ---

ACCOUNTS = (1000, 10000, 100000)


def accounts(bench, say):
    columns, tried = [], bench.sizes["tried"]
    for count in ACCOUNTS:
        alone = Alone(bench, f"grow-accounts-{count}", [f"n{i}" for i in range(count)])
        began = time.monotonic()
        with alone as server:
            started = (time.monotonic() - began) * 1e6
            some = {"prefix": "n", "first": count // 3, "users": tried}
            first = bench.load(server, "login", threads=1, count=tried, **some)["p50_us"]
            again = bench.load(server, "login", threads=1, seconds=SECONDS, warm=0.2, **some)["p50_us"]
        columns.append([first, again, started])
        say(f"grow-accounts: {count}: " + ", ".join(f"{t:.0f}" for t in columns[-1]) + " µs")
    names = ["connect + LOGIN + LOGOUT, first of a user", "connect + LOGIN + LOGOUT, again", "start of the server"]
    return table("accounts; µs for one", ACCOUNTS, names, columns)


# --- idle connections ---


class Holder:
    """A process that holds idle connections, from an address of its own."""

    def __init__(self, server, number, count):
        host, port = server.address("imap")
        command = [LOAD, "hold", "--host", host, "--port", port, "--prefix", "l", "--users", IDLE_USERS, "--password", PASSWORD]
        command += ["--count", count, "--source", f"127.0.0.{2 + number}"]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait(self):
        """(how many it holds, why not more)"""
        said = re.match(r"held (\d+) (.*)", self.process.stdout.readline())
        if not said:
            raise Trouble("the holder of idle connections said nothing")
        return int(said[1]), said[2].strip()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


HOLDER_MOST = 15000  # below the usual limit of descriptors and the ports that one address has
IDLE_MOST = 200000  # where nothing of the machine ends it before


def hold(server, holders, held, wanted):
    """Brings the connections up to `wanted`; (how many there are, what ended it before)."""
    why = ""
    while held < wanted and not why:
        holders.append(Holder(server, len(holders), min(wanted - held, HOLDER_MOST)))
        more, why = holders[-1].wait()
        held += more
    return held, why


def measure_idle(bench, server, empty, held):
    each = (idle_memory.pss(server.pid) - empty) / held / 1024
    said = bench.load(server, "idle", prefix="w", seconds=SECONDS, warm=0.2)
    return [each, said["p50_us"], said["p99_us"]]


def idle(bench, say):
    columns, reached, why, holders = [], [], "", []
    with Alone(bench, "grow-idle", [f"l{i}" for i in range(IDLE_USERS)] + ["w0"]) as server:
        bench.load(server, "login", prefix="l", users=IDLE_USERS, count=IDLE_USERS, threads=4)  # slow hashes are over then
        bench.load(server, "idle", prefix="w", count=10)
        empty, held = idle_memory.pss(server.pid), 0
        try:
            for wanted in (*bench.sizes["held"], IDLE_MOST):
                began = time.monotonic()
                held, why = hold(server, holders, held, wanted)
                took = time.monotonic() - began
                time.sleep(0.5)  # what was closed for us is gone from the server, too
                columns.append(measure_idle(bench, server, empty, held))
                reached.append(held)
                say(f"grow-idle: {held} ({why or 'as asked'}), {took:.1f} s: " + ", ".join(f"{v:.2f}" for v in columns[-1]))
                if why:
                    break
        finally:
            for holder in holders:
                holder.end()
    names = ["memory (PSS) of one connection, KiB", "another's APPEND OK to EXISTS, p50, µs", "the same, p99, µs"]
    found = table("idle connections, logged in, INBOX selected", reached, names, columns)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    found["note"] = f"{reached[-1]:,} idle connections stood at last; what ended it: {why or 'the bound of this test'}"
    found["note"] += f" (a process may have {hard:,} descriptors here; the client had {len(holders)} processes with an address each)."
    return found


# --- cores ---

CORE_WORKS = [  # name, kind of work, options
    ("NOOP", "noop", {}),
    ("SELECT + UNSELECT", "select", {}),
    ("connect + LOGIN + LOGOUT", "login", {"users": 20}),
    ("STORE of one flag", "store", {}),
    ("APPEND of 5 KB", "append", {"synthetic": 5400}),
    ("UID FETCH 1:* (BODY.PEEK[])", "fetch", {"command": "UID FETCH 1:* (BODY.PEEK[])"}),
    ("UID SEARCH TEXT of an absent word", "search", {"command": "UID SEARCH TEXT"}),
]
CORE_MESSAGES = 200


def cores(bench, say):
    """The server on one core, then on two; the client wherever there is room, as it is in all tables."""
    have = sorted(os.sched_getaffinity(0))
    if len(have) < 2:
        return {"what": "", "sizes": [], "rows": [], "note": "One core: no scaling was measured."}
    columns = []
    for some in (have[:1], have[:2]):
        with Alone(bench, "grow-cores", [f"c{i}" for i in range(20)]) as server:
            server.stop()
            os.sched_setaffinity(0, some)
            try:
                server.start()  # it and all its threads inherit that
            finally:
                os.sched_setaffinity(0, have)
            columns.append(loaded(bench, server))
        say(f"grow-cores: {len(some)}: " + ", ".join(f"{v:.0f}" for v in columns[-1]) + " /s")
    rows = []
    for (name, _, _), one_core, two in zip(CORE_WORKS, *columns):
        rows.append({"name": name, "values": [one_core, two], "how": f"{two / one_core:.2f}x"})
    return {"what": "processors for the server, 20 connections and accounts; operations (messages) each second",
            "sizes": ["1", "2"], "rows": rows, "note": "The client takes its part of the same processors."}  # fmt: skip


def loaded(bench, server):
    bench.load(server, "append", prefix="c", users=20, threads=20, count=20 * CORE_MESSAGES, synthetic=5400)
    takes = []
    for _, work, options in CORE_WORKS:
        words = {"prefix": "c", "users": 20, "threads": 20, "seconds": SECONDS, "warm": 0.3, **options}
        takes.append(statistics.median(bench.load(server, work, **words)["per_second"] for _ in range(bench.sizes["growth_rounds"])))
    return takes


PARTS = {"grow-mailboxes": mailboxes, "grow-accounts": accounts, "grow-idle": idle, "grow-cores": cores}


def measure(bench, parts, say):
    """{part: {what, sizes, rows: [{name, values, how}], note}}"""
    found = {}
    for part in parts:
        try:
            found[part] = PARTS[part](bench, say)
        except (Trouble, OSError) as trouble:
            say(f"{part}: failed: {trouble}")
            found[part] = {"what": "", "sizes": [], "rows": [], "note": f"{part} failed: {' '.join(str(trouble).split())[:300]}"}
    return found
