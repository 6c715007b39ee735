# SPDX-License-Identifier: Apache-2.0
"""The lines of the table of ./dev bench. `take(bench, server, turn, seconds)` gives one sample: (value, what the load generator
said). Mail: which accounts a line reads: u (one account with the corpus), p (20 accounts), f (an account for each round, read
once), g (one account of 75 KB messages with attachments), t (one with 100,000 short messages in conversations of eight), m (50 accounts
that mail is delivered to); "" when it needs none."""

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable

from bench_servers import PASSWORD, ROOT, Trouble, bytes_written

ALL = "UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE"
HEADERS = "BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)]"


@dataclass
class Line:
    name: str
    title: str
    target: float  # Starling at least so many times better; "reached" at this ratio. 0: nobody named one
    unit: str
    take: Callable
    mail: str = ""
    lower: bool = False  # less is better
    ceiling: bool = False  # a round trip: 60% of the echo server's figure counts as reached too
    echoed: bool = False  # the echo server's figure is shown, and counts for nothing
    once: bool = False
    cold: bool = False  # without warm-up
    first: Callable = None  # more warm-up: first(bench) gives the options of one run of the load generator
    most: float = 0  # or: reached when Starling's own value is at most this
    tls: bool = False
    protocol: str = "imap"  # or lmtp, pop3: a server that does not serve it is not asked
    full: bool = False  # not with --quick
    needs: frozenset = frozenset()  # capabilities; without them a server is not asked
    pictured: str = ""  # its name in the picture of the README; "" not there


def rate(work, key="per_second", **options):
    """Samples of the load generator's figure `key`."""

    def take(bench, server, turn, seconds):
        words = dict(options)
        if words.get("corpus"):
            words["corpus"] = bench.corpus
        if words.get("users") is True:
            words["users"] = bench.sizes["users"]
        if server is bench.echo:
            words["unchecked"] = True
        said = bench.load(server, work, seconds=seconds, warm=bench.sizes["warm"], **words)
        return said[key], said

    return take


def first_time(command):
    """The command in an account that nobody read yet, right after a restart."""

    def take(bench, server, turn, seconds):
        server.restart()
        said = bench.load(server, "fetch", prefix="f", first=turn, command=command, count=1)
        return said["per_second"], said

    return take


def idle_memory(tls):
    """The slope between two counts; `low` users, so that what more sessions cost is not what more accounts cost."""

    def take(bench, server, turn, seconds):
        low, high = bench.sizes["idle"]
        if high > server.idle_most:
            low, high = server.idle_most // 5, server.idle_most
        server.restart()
        host, port = server.address("imaps" if tls else "imap")
        command = [sys.executable, "-B", ROOT / "bench" / "idle_memory.py", server.pid, f"{host}:{port}", "l", PASSWORD]
        command += ["--users", low, "--low", low, "--high", high] + (["--tls"] if tls else [])
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        found = re.search(r"one idle connection: ([-\d.]+) KiB", done.stdout)
        if done.returncode or not found:
            raise Trouble(f"{server.name}: {done.stdout}{done.stderr}")
        server.restart()
        return max(float(found[1]), 0.01), {}

    return take


CLEANING = ("moved", "checkpoint", "compacted")


def write_bytes(bench, server, turn, seconds):
    """Bytes written by all processes for each byte of mail. A server that tells what it wrote for what (Starling) is measured without what it
    wrote for other mail than this: CLEANING. The rest of its parts is told, too."""
    bench.load(server, "append", prefix="b", users=1, threads=1, seconds=seconds, synthetic=75000)
    tells = getattr(server, "written", dict)
    before, parts_before = bytes_written(server.pid), tells()
    said = bench.load(server, "append", prefix="b", users=20, threads=20, count=40 * bench.sizes["big"] // 10, synthetic=75000)
    time.sleep(1)  # what is written behind
    parts = {name: octets - parts_before[name] for name, octets in tells().items()}
    all_bytes = bytes_written(server.pid) - before
    if parts:
        parts["file system"] = all_bytes - sum(parts.values())
        said["written"] = {name: octets / said["bytes_out"] for name, octets in parts.items()}
    cleaning = sum(parts.get(name, 0) for name in CLEANING)
    return (all_bytes - cleaning) / said["bytes_out"], said


def fetch(prefix, items, key="per_second", **more):
    return rate("fetch", key, prefix=prefix, command=f"UID FETCH 1:* ({items})", **more)


RESYNC_TRIES = 4


def resync(key):
    """SELECT (QRESYNC ...) of the mailbox of 100,000 (10,000 with --quick); a few steps, since each takes 50 messages away. Dovecot told fewer
    changes than there were, once in some hundred steps; it is asked anew then, the others' figures being none the worse. Starling may not."""

    def take(bench, server, turn, seconds):
        said = None
        for tries in range(RESYNC_TRIES, 0, -1):
            try:
                said = bench.load(server, "qresync", prefix="t", count=10)
                break
            except Trouble as trouble:
                if tries == 1 or server.name == "Starling" or "changed messages" not in str(trouble):
                    raise
                print(f"bench: {server.name}: {trouble}: once more", file=sys.stderr, flush=True)
        return said["p50_us"] if key == "time" else said["bytes_out"] / said["steps"], said

    return take


def mail(protocol, key="per_second", **options):
    return rate(protocol, key, protocol=protocol, **options)


LMTP = {"corpus": True, "prefix": "m", "users": 50}
POP3 = {"key": "mb_in", "prefix": "u"}
P20 = {"prefix": "p", "users": 20, "threads": 20}
A20 = {"prefix": "a", "users": 20, "threads": 20, "corpus": True}
B20 = {"prefix": "b", "users": 20, "threads": 20, "synthetic": 75000}
L20 = {"prefix": "l", "threads": 20}


def all_once(bench):
    """Every user once: the first log-in of each costs a slow hash."""
    return {"work": "login", "users": bench.sizes["users"], "count": bench.sizes["users"], **L20}


def resumed_login(bench, server, turn, seconds):
    """A client that offers the TLS session of its connection before, as mail clients do. What the server makes of that is its result (`resumed`: the
    share that it took); Starling must take them all, and so must the echo: it is the ceiling of that."""
    value, said = rate("login", users=True, tls=True, resume=True, **L20)(bench, server, turn, seconds)
    if server.name in ("Starling", "echo") and said["resumed"] < 1:
        raise Trouble(f"{server.name} resumed {said['resumed']:.1%} of the TLS sessions")
    return value, said


def needs(*words):
    return frozenset(words)


LINES = [
    Line("append-1", "APPEND, 1 connection", 5, "msg/s", rate("append", prefix="a", corpus=True),
         pictured="store a message, 1 client"),
    Line("append-20", "APPEND, 20 connections, 20 accounts", 8, "msg/s", rate("append", **A20),
         pictured="store a message, 20 clients"),
    Line("append75-1", "APPEND of 75 KB, 1 connection", 4, "msg/s", rate("append", prefix="b", synthetic=75000), full=True),
    Line("append75-20", "APPEND of 75 KB, 20 connections", 5, "msg/s", rate("append", **B20),
         pictured="store 75 KB, 20 clients"),
    Line("fetch-flags", "UID FETCH 1:* (FLAGS)", 5, "msg/s", fetch("u", "FLAGS"), mail="u",
         pictured="flags of a mailbox"),
    Line("fetch-first", "UID FETCH 1:* (… ENVELOPE BODYSTRUCTURE), first time", 20, "msg/s",
         first_time(f"UID FETCH 1:* ({ALL})"), mail="f", cold=True,
         pictured="list a mailbox, first time"),
    Line("fetch-again", "UID FETCH 1:* (… ENVELOPE BODYSTRUCTURE), again", 10, "msg/s", fetch("u", ALL), mail="u",
         pictured="list a mailbox, again"),
    Line("fetch-headers", "UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)])", 4, "msg/s",
         fetch("u", HEADERS), mail="u"),
    Line("fetch-bodies", "UID FETCH 1:* (BODY.PEEK[])", 6, "MB/s", fetch("u", "BODY.PEEK[]", "mb_in"), mail="u",
         pictured="download a mailbox"),
    Line("fetch75-bodies", "UID FETCH 1:* (BODY.PEEK[]), 75 KB messages", 6, "MB/s", fetch("g", "BODY.PEEK[]", "mb_in"),
         mail="g", full=True),
    Line("fetch-random", "random FETCH of one BODY.PEEK[], 20 connections", 3, "/s", rate("fetch-one", **P20), mail="p"),
    Line("search-text", "UID SEARCH TEXT of an absent word", 20, "/s",
         rate("search", prefix="u", command="UID SEARCH TEXT"), mail="u",
         pictured="search all text"),
    Line("search75-text", "UID SEARCH TEXT of an absent word, 75 KB messages", 20, "/s",
         rate("search", prefix="g", command="UID SEARCH TEXT"), mail="g", full=True),
    Line("search-subject", "UID SEARCH SUBJECT", 10, "/s", rate("search", prefix="u", command="UID SEARCH SUBJECT"), mail="u",
         pictured="search subjects"),
    Line("fetch75-again", "UID FETCH 1:* (… ENVELOPE BODYSTRUCTURE), again, 75 KB messages", 10, "msg/s", fetch("g", ALL), mail="g",
         full=True),
    Line("fetch75-headers", "UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)]), 75 KB messages", 4, "msg/s",
         fetch("g", HEADERS), mail="g", full=True),
    Line("store", "STORE of one flag, 20 connections", 2, "/s", rate("store", **P20), mail="p", ceiling=True,
         pictured="set a flag, 20 clients"),
    Line("copy", "COPY of one message, 20 connections", 5, "/s", rate("copy", **P20), mail="p",
         pictured="copy a message, 20 clients"),
    Line("select", "SELECT + UNSELECT, 20 connections", 4, "/s", rate("select", **P20), mail="p", ceiling=True,
         pictured="open a mailbox"),
    Line("login-1000", "connect + LOGIN + LOGOUT, 20 connections, 1,000 users in turn (250 with --quick)", 4, "/s",
         rate("login", users=True, **L20), ceiling=True, first=all_once,
         pictured="log in, 1,000 users"),
    Line("login-one", "connect + LOGIN + LOGOUT, 20 connections, one user", 4, "/s", rate("login", users=1, **L20),
         ceiling=True, full=True),
    Line("noop", "NOOP, 20 connections", 3, "/s", rate("noop", **P20), mail="p", ceiling=True,
         pictured="ask for news"),
    Line("idle-latency", "IDLE: another's APPEND OK to EXISTS, p99", 1, "µs", rate("idle", "p99_us", prefix="a", corpus=True),
         lower=True),
    Line("lmtp-1-1", "LMTP, 1 connection, 1 recipient", 5, "deliveries/s", mail("lmtp", **LMTP), mail="m", protocol="lmtp",
         echoed=True),
    Line("lmtp-1-50", "LMTP, 1 connection, 50 recipients", 5, "deliveries/s", mail("lmtp", recipients=50, **LMTP), mail="m",
         protocol="lmtp"),
    Line("lmtp-20-1", "LMTP, 20 connections, 1 recipient", 5, "deliveries/s", mail("lmtp", threads=20, **LMTP), mail="m",
         protocol="lmtp", pictured="deliver mail, 20 clients"),
    Line("lmtp-20-50", "LMTP, 20 connections, 50 recipients", 5, "deliveries/s",
         mail("lmtp", threads=20, recipients=50, **LMTP), mail="m", protocol="lmtp"),
    Line("pop3-retr", "POP3, RETR of every message, each after the other's answer", 4, "MB/s", mail("pop3", **POP3), mail="u",
         protocol="pop3", echoed=True, pictured="fetch a maildrop"),
    Line("pop3-retr-pipelined", "POP3, RETR of every message, 50 commands at once", 4, "MB/s", mail("pop3", batch=50, **POP3),
         mail="u", protocol="pop3"),
    # Without a ratio to reach: their issues name limits of their own.
    Line("sort-subject", "UID SORT (SUBJECT) of 100,000 messages (10,000 with --quick)", 0, "/s",
         rate("numbers", prefix="t", command="UID SORT (SUBJECT) UTF-8 ALL"), mail="t", needs=needs("SORT")),
    Line("thread-references", "UID THREAD REFERENCES of 100,000 messages (10,000 with --quick)", 0, "/s",
         rate("numbers", prefix="t", command="UID THREAD REFERENCES UTF-8 ALL"), mail="t", needs=needs("THREAD=REFERENCES")),
    Line("qresync", "SELECT (QRESYNC): 100 changed, 50 expunged of 100,000 (10,000 with --quick), time", 0, "µs", resync("time"),
         mail="t", lower=True, cold=True, needs=needs("QRESYNC")),
    Line("qresync-bytes", "SELECT (QRESYNC), the same: bytes", 0, "bytes", resync("bytes"), mail="t", lower=True, once=True,
         needs=needs("QRESYNC")),
    Line("tls-append-20", "APPEND, 20 connections, 20 accounts", 8, "msg/s", rate("append", tls=True, **A20), tls=True, full=True),
    Line("tls-fetch-again", "UID FETCH 1:* (… ENVELOPE BODYSTRUCTURE), again", 10, "msg/s", fetch("u", ALL, tls=True), mail="u",
         tls=True),
    Line("tls-fetch-bodies", "UID FETCH 1:* (BODY.PEEK[])", 6, "MB/s", fetch("u", "BODY.PEEK[]", "mb_in", tls=True), mail="u",
         tls=True),
    Line("tls-noop", "NOOP, 20 connections", 3, "/s", rate("noop", tls=True, **P20), mail="p", tls=True, ceiling=True),
    Line("tls-login", "connect + LOGIN + LOGOUT, 20 connections, 1,000 users in turn (250 with --quick)", 4, "/s",
         rate("login", users=True, tls=True, **L20), tls=True, ceiling=True, first=all_once),
    Line("tls-login-resumed", "connect + LOGIN + LOGOUT, 20 connections, the last TLS session offered", 4, "/s",
         resumed_login, tls=True, ceiling=True, first=all_once, full=True),
    # These begin with a restart, which empties what log-ins have warmed.
    Line("idle-memory", "memory of one idle connection", 60, "KiB", idle_memory(False), lower=True, once=True,
         pictured="memory of an idle client"),
    Line("idle-memory-tls", "memory of one idle connection, TLS", 15, "KiB", idle_memory(True), lower=True, once=True,
         tls=True,
         pictured="memory of an idle client, TLS"),
    Line("write-bytes", "bytes written to disk for each byte appended, 75 KB messages", 0, "", write_bytes, lower=True,
         once=True, most=1.3),
]  # fmt: skip
