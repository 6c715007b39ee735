# SPDX-License-Identifier: Apache-2.0
"""./dev check --instructions (and ./dev bench --instructions, and a step of ./dev test --full): how many instructions Starling executes
for one of each hot command, counted by callgrind, beside those of bench/instructions.json. Times on a shared machine are noise;
these counts hardly are. More than the tolerance is a regression: the check fails and says which command. Fewer by more than that is
said, too: then the kept counts are out of date and would hide the next regression.

The cost of one is the slope between two counts of steps, so that connecting, logging in and selecting cancel out; of several
repetitions the least count is taken, since what the server does besides (write behind, compact) only adds. Counts of commands
that commit repeat less well than those that read, since how commits fall into groups depends on time: hence two tolerances.
What the server's other processes do (password hashes) is not in it.

To renew: ./dev bench --instructions --write, and commit bench/instructions.json with the change that made the difference, with the
reason in its message. The counts belong to Debian 12's compiler and libraries on x86-64; elsewhere only compare two builds."""

import json
import os
import pathlib
import re
import subprocess

from bench_servers import ROOT, Starling, Trouble

KEPT = ROOT / "bench" / "instructions.json"
TOLERANCE = 0.04
TOLERANCE_OF_COMMITS = 0.15
REPEATS = 3
COMMITS = {"store", "append", "lmtp"}
MESSAGES, MESSAGE_BYTES = 200, 5400
HEADERS = "BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)]"

COMMANDS = [  # name, work, options, low and high count of steps
    ("NOOP", "noop", {}, 100, 500),
    ("SELECT and UNSELECT", "select", {}, 50, 250),
    ("STORE of one flag", "store", {}, 50, 250),
    ("APPEND", "append", {"synthetic": MESSAGE_BYTES, "prefix": "a"}, 50, 250),
    ("LMTP delivery", "lmtp", {"synthetic": MESSAGE_BYTES, "prefix": "a", "protocol": "lmtp"}, 50, 250),
    ("RETR of 200", "pop3", {"protocol": "pop3"}, 5, 25),
    ("FETCH of one body", "fetch-one", {}, 50, 250),
    ("FETCH FLAGS of 200", "fetch", {"command": "UID FETCH 1:* (FLAGS)"}, 10, 50),
    ("FETCH ENVELOPE BODYSTRUCTURE of 200", "fetch", {"command": "UID FETCH 1:* (ENVELOPE BODYSTRUCTURE)"}, 5, 25),
    ("FETCH header fields of 200", "fetch", {"command": f"UID FETCH 1:* ({HEADERS})"}, 5, 25),
    ("SEARCH SUBJECT in 200", "search", {"command": "UID SEARCH SUBJECT"}, 5, 25),
    ("SEARCH TEXT in 200", "search", {"command": "UID SEARCH TEXT"}, 3, 9),
]


def wrapper(folder):
    """The program under callgrind, as the program to start."""
    path = folder / "starling-under-callgrind"
    counting = f"valgrind --tool=callgrind --callgrind-out-file={folder}/counts --separate-threads=no -q"
    path.write_text(f'#!/bin/sh\nexec {counting} {ROOT / "build" / "starling"} "$@"\n')
    path.chmod(0o755)
    return path


class Counter:
    """The instructions that the server executed since the last question."""

    def __init__(self, folder, pid):
        self.folder, self.pid, self.turn = folder, pid, 0

    def take(self):
        self.turn += 1
        done = subprocess.run(["callgrind_control", "-d", str(self.pid)], capture_output=True, text=True)
        path = pathlib.Path(f"{self.folder}/counts.{self.turn}")
        if done.returncode or not path.exists():
            raise Trouble(f"callgrind gave no counts: {done.stdout}{done.stderr}")
        return int(re.search(r"^(?:summary|totals): (\d+)", path.read_text(), re.M)[1])


def count_all(bench, server):
    counter, counts = Counter(bench.folder, server.pid), {}
    for name, work, options, low, high in COMMANDS:
        words = {"prefix": "p", **options}
        bench.load(server, work, count=low, **words)  # warm
        least = {}
        for _ in range(REPEATS):
            for steps in (low, high):
                counter.take()
                bench.load(server, work, count=steps, **words)
                taken = counter.take()
                least[steps] = min(taken, least.get(steps, taken))
        counts[name] = round((least[high] - least[low]) / (high - low))
    return counts


def measure(bench):
    server = Starling(bench.folder)
    server.server.config = "sandbox = false;\n"  # valgrind's own calls would be refused
    server.prepare(["p0", "a0"])
    os.environ["STARLING_PROGRAM"] = str(wrapper(bench.folder))
    try:
        server.start()
        bench.load(server, "append", prefix="p", count=MESSAGES, synthetic=MESSAGE_BYTES)
        return count_all(bench, server)
    finally:
        server.server.kill()
        del os.environ["STARLING_PROGRAM"]


def compare(kept, counts):
    """(lines of a table, [(name, change)] of those that cost more than the tolerance, the same of those that cost less)"""
    committing = {name for name, work, *_ in COMMANDS if work in COMMITS}
    lines, worse, better = ["| instructions for one | kept | now | |", "|---|--:|--:|--:|"], [], []
    for name, count in counts.items():
        old = kept.get(name)
        change = count / old - 1 if old else 0
        tolerance = TOLERANCE_OF_COMMITS if name in committing else TOLERANCE
        if abs(change) > tolerance:
            (worse if change > 0 else better).append((name, change))
        lines.append(f"| {name} | {f'{old:,}' if old else ''} | {count:,} | {f'{change:+.1%}' if old else 'new'} |")
    return lines, worse, better


def run(bench, write):
    """The exit code: 1 when something costs more than it did."""
    counts = measure(bench)
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    lines, worse, better = compare(kept, counts)
    print("\n".join(lines))
    if write:
        KEPT.write_text(json.dumps(counts, indent=1) + "\n")
        return 0
    for name, change in worse:
        print(f"{name}: {change:+.1%}: a regression, or a price to be paid on purpose (then renew bench/instructions.json)")
    for name, change in better:
        print(f"{name}: {change:+.1%}: renew bench/instructions.json (./dev bench --instructions --write), so that it stays so")
    return 1 if worse else 0
