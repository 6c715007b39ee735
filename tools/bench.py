# SPDX-License-Identifier: Apache-2.0
"""./dev bench: the same work against Starling, Dovecot and Cyrus, as a table of ratios.

The servers run side by side, each with its data under one folder (--data, default /var/tmp: a real disk). For each line every
server is warmed up; then they are measured in turn, several rounds, and the medians count. The load generator is bench/load.c.
What comes out is printed and written to build/bench/ (performance.md, performance.svg, results.json); --write puts it into
docs/performance.md, between its marks, and docs/performance.svg. A server that does not start, or fails a line, is said to in the
table; the run goes on."""

import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import bench_growth
import bench_instructions
import bench_lines
import bench_report
import bench_words
from bench_cyrus import Cyrus
from bench_servers import PASSWORD, ROOT, Dovecot, Echo, Starling, Talk, Trouble, machine

LOAD = ROOT / "build" / "bench" / "starling-bench"
# "Cyrus": its rounds, where they are fewer; "tried": accounts whose log-ins are timed.
QUICK = {"corpus": 2000, "accounts": 100, "big": 150, "rounds": 2, "Cyrus": 1, "seconds": 1.0, "warm": 0.1, "idle": (50, 200), "users": 250,
         "threads": 10000, "growth": (1000, 10000, 100000), "growth_rounds": 1, "held": (500, 2000), "tried": 50}  # fmt: skip
FULL = {"corpus": 6046, "accounts": 1000, "big": 1000, "rounds": 5, "Cyrus": 3, "seconds": 1.5, "warm": 0.3, "idle": (1000, 5000),
        "users": 1000, "threads": 100000, "growth": (1000, 10000, 100000, 1000000), "growth_rounds": 3, "held": (1000, 5000), "tried": 200}  # fmt: skip
BATCH = 100  # messages of one MULTIAPPEND
MAILED = 50  # accounts that the lines of LMTP deliver to
FILLERS = 4  # connections that bring mail into one account


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Bench:
    """One run: the servers, the mail in them, and how to load them."""

    def __init__(self, folder, sizes):
        self.folder, self.sizes = folder, sizes
        self.servers, self.echo = [], Echo(LOAD, folder)
        self.absent = {}  # name of a server: why it is not there
        self.corpus = folder / "corpus"

    def load(self, server, work, tls=False, protocol="imap", **options):
        """Runs the load generator; what it reports. Options are those of starling-bench; True stands alone."""
        name = "imaps" if tls else protocol
        host, port = server.address(getattr(server, "resumes", name) if "resume" in options else name)
        command = [str(LOAD), work, "--host", host, "--port", str(port), "--password", PASSWORD]
        if tls:
            command.append("--tls")
        for name, value in options.items():
            command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Trouble(done.stderr.strip().removeprefix("starling-bench: ") or f"{server.name}: {' '.join(command)}")
        return json.loads(done.stdout)

    def fill(self, server, prefix, users, each, **source):
        """Appends `each` messages to every user's INBOX, many in one command where the server takes that."""
        first = source.get("first", 0)
        self.make_inboxes(server, [f"{prefix}{first + i}" for i in range(users)])
        batch = min(BATCH, each) if "MULTIAPPEND" in server.capabilities else 1
        threads, total = max(users, FILLERS), users * each
        more = {"users": users, "threads": threads, "batch": batch, "messages": total}
        self.load(server, "append-many", prefix=prefix, count=-(-total // batch), **more, **source)

    @staticmethod
    def make_inboxes(server, users):
        """One session for each first: Dovecot 2.3.19 crashes when several make an INBOX at once."""
        for user in users:
            with Talk(server, user) as talk:
                talk.command("SELECT INBOX")

    def write_corpus(self):
        import corpus

        self.corpus.mkdir(parents=True)
        for i, (_, data) in enumerate(corpus.messages()[: self.sizes["corpus"]]):
            (self.corpus / f"{i:06}.eml").write_bytes(corpus.as_sent(data))

    def users(self):
        users = [f"l{i}" for i in range(self.sizes["users"])] + [f"m{i}" for i in range(MAILED)]
        return users + [f"{prefix}{i}" for prefix in "abpf" for i in range(20)] + ["u0", "g0", "t0", "v0"]

    def start(self, kinds):
        """Starts the servers; one that cannot be is left out, but for Starling."""
        self.write_corpus()
        self.echo.start()
        for kind in kinds:
            server = kind(self.folder)
            self.servers.append(server)
            try:
                server.prepare(self.users())
                server.start()
                with Talk(server, "l0") as talk:
                    server.capabilities = talk.capabilities()
                say(f"{server.version()} runs")
            except (Trouble, OSError, subprocess.SubprocessError) as trouble:
                self.leave_out(server, f"not started: {trouble}")

    def leave_out(self, server, why):
        if isinstance(server, Starling):
            raise Trouble(why)
        say(f"{server.name} is left out: {why}")
        self.absent[server.name] = " ".join(why.split())[:200]
        self.servers.remove(server)
        self.end(server)

    def fill_all(self, wanted):
        """All servers at the same time: nothing is measured yet."""

        def fill(server):
            began = time.monotonic()
            try:
                self.fill_one(server, wanted)
            except Trouble as trouble:
                return f"the mail could not be brought in: {trouble}"
            say(f"{server.name}: mail brought in, {time.monotonic() - began:.1f} s")
            return ""

        with concurrent.futures.ThreadPoolExecutor() as pool:
            for server, why in zip(list(self.servers), list(pool.map(fill, self.servers))):
                if why:
                    self.leave_out(server, why)

    def fill_one(self, server, wanted):
        real, made = {"corpus": self.corpus}, {"synthetic": 75000}
        if "u" in wanted:
            self.fill(server, "u", 1, self.sizes["corpus"], **real)
        if "p" in wanted:
            self.fill(server, "p", 20, self.sizes["accounts"], **real)
        if "f" in wanted:
            for i in range(self.sizes.get(server.name, self.sizes["rounds"])):
                self.fill(server, "f", 1, self.sizes["corpus"], first=i, **real)
        if "g" in wanted:
            self.fill(server, "g", 1, self.sizes["big"], **made)
        if "m" in wanted and "lmtp" in server.protocols:
            self.make_inboxes(server, [f"m{i}" for i in range(MAILED)])
        if "t" in wanted:
            batch = BATCH if "MULTIAPPEND" in server.capabilities else 1
            count = self.sizes["threads"] // batch
            self.make_inboxes(server, ["t0"])
            self.load(server, "append-thread", prefix="t", threads=FILLERS if batch > 1 else 20, count=count, batch=batch)

    def end(self, server):
        try:
            server.stop()
        except Exception as error:  # the others must be stopped too
            say(f"{server.name} did not stop well: {error}")
        if hasattr(server, "close"):
            server.close()

    def stop(self):
        self.echo.stop()
        for server in self.servers:
            self.end(server)
        self.servers = []


def take_one(bench, line, server, turn, result):
    """One sample; false when the server failed it."""
    try:
        value, detail = line.take(bench, server, turn, bench.sizes["seconds"])
    except (Trouble, OSError, subprocess.SubprocessError) as trouble:
        result["errors"][server.name] = " ".join(str(trouble).split())[:200]
        return False
    result["rounds"].setdefault(server.name, []).append(value)
    result["details"].setdefault(server.name, []).append(detail)
    return True


def warm_up(bench, line, server, result):
    try:
        if line.first:
            bench.load(server, **line.first(bench))
        line.take(bench, server, 0, bench.sizes["warm"] * 2)
    except (Trouble, OSError, subprocess.SubprocessError) as trouble:
        result["errors"][server.name] = " ".join(str(trouble).split())[:200]
        return False
    return True


def measure(bench, line):
    """Rounds of one line: medians by server, what failed, and how much of the machine the client took."""
    rounds = 1 if line.once else bench.sizes["rounds"]
    result = {"line": line.name, "errors": {}, "rounds": {}, "details": {}}
    takers = list(bench.servers)
    for server in bench.servers:
        missing = line.needs - server.capabilities or {line.protocol.upper()} - {p.upper() for p in server.protocols}
        if missing:
            result["errors"][server.name] = "no " + " ".join(sorted(missing))
            takers.remove(server)
    takers += [bench.echo] if line.ceiling or line.echoed else []
    if not line.once and not line.cold:
        takers = [server for server in takers if warm_up(bench, line, server, result)]
    for turn in range(rounds):
        for server in list(takers) if turn % 2 == 0 else takers[::-1]:
            if not take_one(bench, line, server, turn, result) or turn + 1 == bench.sizes.get(server.name):
                takers.remove(server)
    details = result["details"]
    shares = [d["client_cpu"] for ds in details.values() for d in ds if "client_cpu" in d]
    good = {name: v for name, v in result["rounds"].items() if name not in result["errors"]}
    result["values"] = {name: statistics.median(v) for name, v in good.items()}
    result["details"] = {name: sorted(d, key=lambda x: x.get("p50_us", 0))[len(d) // 2] for name, d in details.items()}
    result["client_cpu"] = statistics.median(shares) if shares else None
    return result


def measure_all(bench, lines):
    results = []
    for line in lines:
        if line.needs and not line.needs <= bench.servers[0].capabilities:
            say(f"{line.name}: not measured, Starling has no {' '.join(line.needs)}")
            continue
        began = time.monotonic()
        results.append(measure(bench, line))
        say(f"{bench_report.one_line(line, results[-1])} ({time.monotonic() - began:.1f} s)")
    return results


def check_words(bench):
    """{server: [how words hide that it did not find]}"""
    found = {}
    for server in bench.servers:
        try:
            found[server.name] = bench_words.check(server, "v0")
        except (Trouble, OSError) as trouble:
            found[server.name] = [f"not tried: {trouble}"]
        say(f"{server.name}: hidden words not found: {'; '.join(found[server.name]) or 'none'}")
    return {"of": len(bench_words.WORDS), "missed": found}


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="five to six minutes: less mail, fewer rounds and lines")
    parser.add_argument("--only", nargs="+", metavar="LINE", help="these lines (beginnings of their names)")
    parser.add_argument("--list", action="store_true", help="the names of the lines")
    parser.add_argument("--alone", action="store_true", help="Starling without the others")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("/var/tmp"), help="where the mail goes")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md and .svg")
    parser.add_argument("--instructions", action="store_true", help="instruction counts of hot commands (callgrind)")
    return parser.parse_args(arguments)


def chosen(options):
    """(lines, parts of the growth table)"""
    lines, parts = bench_lines.LINES, list(bench_growth.PARTS)
    if options.only:
        names = [line.name for line in lines] + parts
        unknown = [word for word in options.only if not any(name.startswith(word) for name in names)]
        if unknown:
            sys.exit(f"bench: no line begins with {' or '.join(unknown)} (./dev bench --list)")
        lines = [line for line in lines if any(line.name.startswith(word) for word in options.only)]
        parts = [part for part in parts if any(part.startswith(word) for word in options.only)]
    elif options.quick:
        lines = [line for line in lines if not line.full]
        parts.remove("grow-cores")
    return lines, parts


def echo_speed(bench, when):
    """(when, NOOPs each second of the bare echo): the same work at several times tells whether the machine was the same."""
    said = bench.load(bench.echo, "noop", threads=20, seconds=bench.sizes["seconds"], warm=bench.sizes["warm"], unchecked=True)
    say(f"the bare echo {when}: {bench_report.number(said['per_second'])} NOOPs/s")
    return when, said["per_second"]


def run(options, arguments, folder):
    lines, parts = chosen(options)
    began = time.monotonic()
    bench = Bench(folder, QUICK if options.quick else FULL)
    report = {"machine": machine(folder), "date": datetime.date.today().isoformat(), "load": os.getloadavg()[0], "growth": {}}
    try:
        bench.start([Starling] if options.alone or not lines else [Starling, Dovecot, Cyrus])
        report["servers"] = [server.version() for server in bench.servers]
        bench.fill_all({line.mail for line in lines})
        report["echoes"] = [echo_speed(bench, "before the first line")]
        report["results"] = measure_all(bench, lines)
        if any(line.name.startswith("search") for line in lines):
            report["words"] = check_words(bench)
        report["absent"] = bench.absent
        report["echoes"].append(echo_speed(bench, "after the last one"))
        bench.stop()  # what follows is Starling's alone
        report["growth"] = bench_growth.measure(bench, parts, say)
        if report["growth"]:
            bench.echo.start()
            report["echoes"].append(echo_speed(bench, "after the table of growth"))
    finally:
        bench.stop()
    report["command"] = " ".join(["./dev bench", *arguments])
    report["seconds"] = time.monotonic() - began
    return report


def failed(report):
    """What must not be: a line that Starling did not do right, a word that it did not find."""
    lines = [r["line"] for r in report["results"] if "Starling" in r["errors"]]
    missed = report.get("words", {}).get("missed", {}).get("Starling", [])
    return lines + missed


def main(arguments):
    options = parse(arguments)
    if options.list:
        print("\n".join([line.name for line in bench_lines.LINES] + list(bench_growth.PARTS)))
        return 0
    for number in (signal.SIGTERM, signal.SIGHUP):  # so that the servers are stopped and the mail goes away
        signal.signal(number, lambda *_: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="starling-bench-", dir=options.data))
    folder.chmod(0o755)
    try:
        if options.instructions:
            return bench_instructions.run(Bench(folder, QUICK), options.write)
        report = run(options, arguments, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    out = ROOT / "build" / "bench"
    (out / "results.json").write_text(json.dumps(report, indent=1))
    bench_report.write(report, out, ROOT / "docs" if options.write else None)
    print(bench_report.tables(report))
    for what in failed(report):
        say(f"Starling failed: {what}")
    return 1 if failed(report) else 0
