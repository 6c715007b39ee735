# SPDX-License-Identifier: Apache-2.0
"""./dev bench: the same work against Starling and Dovecot, as a table of ratios.

Both servers run side by side, each with its data under one folder (--data, default /var/tmp: a real disk). For each line every
server is warmed up; then they are measured in turn, several rounds, and the medians count. The load generator is bench/load.c.
What comes out is printed and written to build/bench/ (performance.md, performance.svg, results.json); --write puts it into
docs/performance.md, between its marks, and docs/performance.svg."""

import argparse
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
from bench_servers import PASSWORD, ROOT, SERVERS, Echo, Trouble, machine

LOAD = ROOT / "build" / "bench" / "starling-bench"
QUICK = {"corpus": 2000, "accounts": 100, "big": 150, "rounds": 2, "seconds": 1.0, "warm": 0.1, "idle": (50, 200), "users": 250,
         "growth": (1000, 10000)}  # fmt: skip
FULL = {"corpus": 6046, "accounts": 1000, "big": 1000, "rounds": 5, "seconds": 2.0, "warm": 0.5, "idle": (1000, 5000), "users": 1000,
        "growth": (1000, 10000, 100000, 1000000)}  # fmt: skip


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Bench:
    """One run: the servers, the mail in them, and how to load them."""

    def __init__(self, folder, sizes):
        self.folder, self.sizes = folder, sizes
        self.servers, self.echo = [], Echo(LOAD)
        self.corpus = folder / "corpus"

    def load(self, server, work, tls=False, **options):
        """Runs the load generator; what it reports. Options are those of starling-bench; True stands alone."""
        host, port = server.address("imaps" if tls else "imap")
        command = [str(LOAD), work, "--host", host, "--port", str(port), "--password", PASSWORD]
        if tls:
            command.append("--tls")
        for name, value in options.items():
            command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Trouble(f"{server.name}: {' '.join(command)}\n{done.stderr}")
        return json.loads(done.stdout)

    def fill(self, server, prefix, users, each, **source):
        """Appends `each` messages to every user's INBOX."""
        self.load(server, "append", prefix=prefix, users=users, threads=max(users, 4), count=users * each, **source)

    def write_corpus(self):
        import corpus

        self.corpus.mkdir(parents=True)
        for i, (_, data) in enumerate(corpus.messages()[: self.sizes["corpus"]]):
            (self.corpus / f"{i:06}.eml").write_bytes(corpus.as_sent(data))

    def start(self, kinds):
        """Starts the servers and brings the mail of all lines into them."""
        self.write_corpus()
        users = [f"l{i}" for i in range(1000)]
        users += [f"{prefix}{i}" for prefix in ("a", "b", "p", "f") for i in range(20)] + ["u0", "g0"]
        users += [f"s{size}x" + "0" for size in self.sizes["growth"]]
        self.echo.start()
        for kind in kinds:
            server = kind(self.folder)
            self.servers.append(server)
            server.prepare(users)
            server.start()
            say(f"{server.version()} runs")

    def fill_all(self, wanted):
        for server in self.servers:
            began = time.monotonic()
            real, made = {"corpus": self.corpus}, {"synthetic": 75000}
            if "u" in wanted:
                self.fill(server, "u", 1, self.sizes["corpus"], **real)
            if "p" in wanted:
                self.fill(server, "p", 20, self.sizes["accounts"], **real)
            if "f" in wanted:
                for i in range(self.sizes["rounds"]):
                    self.fill(server, "f", 1, self.sizes["corpus"], first=i, **real)
            if "g" in wanted:
                self.fill(server, "g", 1, self.sizes["big"], **made)
            say(f"{server.name}: mail brought in, {time.monotonic() - began:.1f} s")

    def stop(self):
        self.echo.stop()
        for server in self.servers:
            try:
                server.stop()
            except Exception as error:  # the others must be stopped too
                say(f"{server.name} did not stop well: {error}")
            if hasattr(server, "close"):
                server.close()


def measure(bench, line):
    """Rounds of one line: {server name: median}, and how much of the machine the client took."""
    rounds = 1 if line.once else bench.sizes["rounds"]
    values, details, shares = {}, {}, []
    takers = list(bench.servers) + ([bench.echo] if line.ceiling else [])
    if not line.once and not line.cold:
        for server in takers:
            if line.first:
                bench.load(server, **line.first(bench))
            line.take(bench, server, 0, bench.sizes["warm"] * 2)
    for turn in range(rounds):
        for server in takers if turn % 2 == 0 else reversed(takers):
            value, detail = line.take(bench, server, turn, bench.sizes["seconds"])
            values.setdefault(server.name, []).append(value)
            details.setdefault(server.name, []).append(detail)
            if "client_cpu" in detail:
                shares.append(detail["client_cpu"])
    return {
        "line": line.name,
        "values": {name: statistics.median(v) for name, v in values.items()},
        "rounds": values,
        "details": {name: sorted(d, key=lambda x: x.get("p50_us", 0))[len(d) // 2] for name, d in details.items()},
        "client_cpu": statistics.median(shares) if shares else None,
    }


def measure_all(bench, lines):
    results = []
    for line in lines:
        began = time.monotonic()
        try:
            results.append(measure(bench, line))
            say(f"{bench_report.one_line(line, results[-1])} ({time.monotonic() - began:.1f} s)")
        except (Trouble, OSError, subprocess.SubprocessError) as trouble:
            say(f"{line.name}: failed: {trouble}")
            results.append({"line": line.name, "failed": str(trouble).splitlines()[0][:200], "values": {}})
    return results


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="under five minutes: less mail, fewer rounds")
    parser.add_argument("--only", nargs="+", metavar="LINE", help="these lines (beginnings of their names)")
    parser.add_argument("--list", action="store_true", help="the names of the lines")
    parser.add_argument("--alone", action="store_true", help="Starling without the others")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("/var/tmp"), help="where the mail goes")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md and .svg")
    parser.add_argument("--instructions", action="store_true", help="instruction counts of hot commands (callgrind)")
    return parser.parse_args(arguments)


def chosen(only):
    lines = bench_lines.LINES
    if only:
        lines = [line for line in lines if any(line.name.startswith(word) for word in only)]
    return lines, not only or "growth" in only


def main(arguments):
    options = parse(arguments)
    lines, growth = chosen(options.only)
    if options.list:
        print("\n".join([line.name for line in bench_lines.LINES] + ["growth"]))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped and the mail goes away
    sizes = QUICK if options.quick else FULL
    began = time.monotonic()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="starling-bench-", dir=options.data))
    folder.chmod(0o755)
    kinds = SERVERS[:1] if options.alone or not lines else SERVERS
    bench = Bench(folder, sizes)
    if options.instructions:
        try:
            return bench_instructions.run(bench, options.write)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    report = {"machine": machine(), "date": datetime.date.today().isoformat(), "growth": []}
    try:
        bench.start(kinds)
        report["servers"] = [server.version() for server in bench.servers]
        bench.fill_all({line.mail for line in lines})
        report["results"] = measure_all(bench, lines)
        if growth:
            report["growth"] = bench_growth.measure(bench, say)
    finally:
        bench.stop()
        shutil.rmtree(folder, ignore_errors=True)
    report["command"] = " ".join(["./dev bench", *arguments])
    report["seconds"] = time.monotonic() - began
    out = ROOT / "build" / "bench"
    (out / "results.json").write_text(json.dumps(report, indent=1))
    bench_report.write(report, out, ROOT / "docs" if options.write else None)
    print(bench_report.tables(report))
    os.sync()
    return 1 if any("failed" in r for r in report["results"]) else 0
