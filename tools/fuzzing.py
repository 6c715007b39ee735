# SPDX-License-Identifier: Apache-2.0
"""Runs the fuzzers (src/*/*_fuzz.c, built by fuzz/meson.build with clang and libFuzzer) over fuzz/corpus/NAME/ with the
dictionary fuzz/NAME.dict, a slice of some seconds at a time. What a slice found new goes to build-fuzz/corpus/NAME/. A crash
leaves its input in build-fuzz/found/, fails, and prints that input: where it is found is not always where it can be fetched from.

`./dev test` runs the same each time, as far as a fuzzer lets it: one seed of chance, the seeds in one order, a number of runs. A
fast machine gets no further than that number, a slow one ends earlier in the same sequence. `./dev fuzz` goes where chance leads it;
what its slices ran, used and reached is added to the record (fuzz_record.py), a file that is committed, which tests leave alone."""

import argparse
import base64
import concurrent.futures
import functools
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading

import report
from common import ROOT
from fuzz_record import Record, cpu_of, least, measured, table, write

FOLDER = ROOT / "build-fuzz"
RECORD = ROOT / "fuzz" / "record.json"
SLICE = 120  # seconds at a time of `--hours`: the grown corpus is read anew for each
TEST_SECONDS = 300  # what all fuzzers of ./dev test together may take on one core
PRINTED_MOST = 16384  # octets of an input that a failure prints
# Runs in ./dev test: what one core does in some nine seconds, if it has nothing else to do.
RUNS = 20000
RUNS_OF = {
    "frame": 2400, "lmtp": 20000, "model": 250, "pop3": 16000, "records": 7000, "relay": 14000, "search": 8000, "session": 12000,
    "submission": 15000, "volume": 300,
    "auth_protocol": 35000, "card": 170000, "cursor": 1000000, "index": 100000, "list_match": 55000, "manifest": 900000,
    "mime_header": 220000, "mime_parse": 40000, "mime_text": 200000, "mutf7": 450000, "name": 2900000, "needle": 550000,
    "proxy": 9000000, "sasl": 110000, "sent_form": 230000, "smtp": 250000, "smtp_reply": 900000, "span": 1300000,
    "uidl_source": 480000, "url": 600000, "users": 60000, "zip": 100000,
}  # fmt: skip
INTERRUPTED = (72, -signal.SIGTERM)  # libFuzzer's exit code after SIGTERM; it came before libFuzzer was ready for it


@functools.cache
def same_addresses():
    """What a program is started with to lie at the same addresses each time, which libFuzzer takes words from (octets that were compared).
    Nothing where the system refuses that."""
    command = ["setarch", "-R"]
    return command if subprocess.run([*command, "true"], capture_output=True).returncode == 0 else []


def fuzzers():
    return sorted(p for p in (FOLDER / "fuzz").glob("*_fuzz") if os.access(p, os.X_OK))


def name_of(program):
    return program.name.removesuffix("_fuzz")


def known_names():
    """Of all fuzzers that there are, built or not."""
    return sorted(p.name.removesuffix("_fuzz.c") for p in (ROOT / "src").rglob("*_fuzz.c"))


def revision(root=ROOT):
    """The source that is fuzzed; "+": with changes that are not committed. That of the record itself is none."""
    said = subprocess.run(["git", "rev-parse", "--short=9", "HEAD"], cwd=root, capture_output=True, text=True).stdout.strip()
    same = ["git", "diff", "--quiet", "HEAD", "--", ".", f":(exclude){RECORD.relative_to(ROOT)}"]
    return (said + ("+" if subprocess.run(same, cwd=root, capture_output=True).returncode else "")) if said else "-"


def kept_input(output):
    """The file that libFuzzer kept an input in; None if it kept none."""
    kept = re.findall(r"Test unit written to (\S+)", output)
    return path if kept and (path := pathlib.Path(kept[-1])).is_file() else None


def input_of(output):
    """That input, for the report of a failure."""
    if not (path := kept_input(output)):
        return ""
    data = path.read_bytes()
    if len(data) > PRINTED_MOST:
        return f"\ninput: {len(data)} octets, in {path}"
    return f"\ninput (base64 -d):\n{base64.b64encode(data).decode()}"


class Runner:
    """Runs slices, several at a time. With `grown`, over the corpus that grows; otherwise over the seeds alone, the same each time.
    With `record`, the path of one, they are added to it."""

    def __init__(self, folder=FOLDER, seeds=ROOT / "fuzz", grown=True, record=None):
        self.folder, self.seeds, self.grown, self.record = folder, seeds, grown, Record(record) if record else None
        self.timeout = 10 if grown else 60
        self.revision, self.lock, self.running, self.stopped = revision(), threading.Lock(), set(), False

    def stop(self):
        """Slices end now, and are recorded with what they did; no others begin."""
        with self.lock:
            self.stopped = True
            for process in self.running:
                process.send_signal(signal.SIGTERM)  # a shell has SIGINT ignored in what it starts behind

    def command(self, program, seconds, grown):
        name, found = name_of(program), self.folder / "found"
        found.mkdir(parents=True, exist_ok=True)
        words = [str(program), f"-max_total_time={max(1, round(seconds))}", "-rss_limit_mb=2048", "-print_final_stats=1"]
        # Its "entropic" schedule takes 19 of 20 milliseconds where there are tens of thousands of edges, and hardly helps elsewhere.
        words += ["-entropic=0", f"-artifact_prefix={found}/{name}-", f"-timeout={self.timeout}"]
        dictionary, seeds = self.seeds / f"{name}.dict", self.seeds / "corpus" / name
        if dictionary.exists():
            words.append(f"-dict={dictionary}")
        if self.grown:
            return [*words, str(grown), *([str(seeds)] if seeds.is_dir() else [])]
        # A folder is read in the order in which it lies on the disk.
        listed = ",".join(str(path) for path in sorted(seeds.glob("*")))
        return [*same_addresses(), *words, "-seed=1", f"-runs={RUNS_OF.get(name, RUNS)}", *([f"-seed_inputs={listed}"] if listed else []), str(grown)]

    def execute(self, command):
        """(exit code, output, CPU seconds), or None when it was not begun. A session of its own: Ctrl-C is passed on by stop()."""
        with self.lock:
            if self.stopped:
                return None
            process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       start_new_session=True)  # fmt: skip
            self.running.add(process)
        output = process.stdout.read().decode(errors="replace")
        process.stdout.close()
        with self.lock:  # from here on its id may be another's
            self.running.discard(process)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, output, used.ru_utime + used.ru_stime

    def only_stood_still(self, program, output):
        """libFuzzer's limit for an input is one of the clock, which goes on while a machine stands still: after a timeout the input
        has its time once more. Whether it needs less is found out; then it is not kept."""
        path = kept_input(output) if "ERROR: libFuzzer: timeout" in output else None
        again = path and self.execute([str(program), f"-timeout={self.timeout}", str(path)])
        if not again or again[0] != 0:
            return False
        path.unlink()
        return True

    def slice(self, program, seconds):
        """One slice of one fuzzer; false when it found something."""
        name = name_of(program)
        with tempfile.TemporaryDirectory() as scratch:
            grown = self.folder / "corpus" / name if self.grown else pathlib.Path(scratch)
            grown.mkdir(parents=True, exist_ok=True)
            done = self.execute(self.command(program, seconds, grown))
        if done is None:
            return True
        code, output, cpu = done
        fine = code == 0 or (code in INTERRUPTED and self.stopped) or self.only_stood_still(program, output)
        result = measured(output) | {"cpu": cpu, "slices": 1, "found": int(not fine)}
        seeds = len(list((self.seeds / "corpus" / name).glob("*")))
        if code == 0 and result["executions"] < seeds:
            fine, output = False, f"ran {result['executions']} inputs, not even its {seeds} seeds\n{output}"
        if self.record:
            self.record.add(name, result, self.revision)
        if fine:
            report.passed(f"fuzz {name} ({result['executions']} runs)")
        else:
            report.failed(f"fuzz {name}", output[-8000:].rstrip() + input_of(output))
        return fine

    def each(self, programs, seconds, jobs=1):
        """A slice of each; false when one found something."""
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            return all(self._wait([pool.submit(self.slice, p, seconds) for p in programs]))

    def until(self, programs, hours, jobs=1):
        """Slices, always of the fuzzer that had the least CPU time, until the record has that many hours of CPU for these. A
        fuzzer that found something is not run again. False when one did."""
        paths, busy, bad = {name_of(p): p for p in programs}, set(), set()

        def work():
            while True:
                with self.lock:
                    known = self.record.read()
                    name = least(known, paths, busy | bad)
                    left = hours * 3600 - cpu_of(known, paths)
                    if self.stopped or name is None or left <= 0:
                        return
                    busy.add(name)
                fine = self.slice(paths[name], min(SLICE, left + 1))
                with self.lock:
                    busy.discard(name)
                    if not fine:
                        bad.add(name)

        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            self._wait([pool.submit(work) for _ in range(min(jobs, len(paths)))])
        return not bad

    def _wait(self, tasks):
        """Their results; stopped (Ctrl-C, SIGTERM), what is under way is ended and recorded first."""
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            return [task.result() for task in tasks]
        except KeyboardInterrupt:
            self.stop()
            raise
        finally:
            signal.signal(signal.SIGTERM, before)


def chosen(only):
    wanted = only.split(",") if only else None
    programs = [p for p in fuzzers() if not wanted or name_of(p) in wanted]
    if not programs:
        print("dev: no such fuzzer; there are: " + " ".join(map(name_of, fuzzers())))
    return programs


def test(build, full):
    """The step of ./dev test: every fuzzer, over its seeds and some seconds on, which are a share of what all may take."""
    if not build("build-fuzz"):
        report.failed("fuzz build")
        return
    programs, jobs = fuzzers(), len(os.sched_getaffinity(0))
    if not programs:
        report.failed("fuzz", "there are no fuzzers")
        return
    Runner(FOLDER, grown=full).each(programs, 60 if full else min(10, TEST_SECONDS // len(programs)), jobs)


def tell(known, page):
    print(table(known, known_names()))
    if page and not write(known, known_names(), page):
        print(f"dev: {page} has no place for the report")
        return 1
    return 0


def main(arguments, build):
    parser = argparse.ArgumentParser(prog="./dev fuzz")
    parser.add_argument("--seconds", type=int, default=60, help="for each fuzzer")
    parser.add_argument("--hours", type=float, help="instead: until the record has so many hours of CPU, spread evenly")
    parser.add_argument("--jobs", type=int, default=1, help="fuzzers at a time")
    parser.add_argument("--only", help="names, with commas between")
    parser.add_argument("--report", action="store_true", help="prints what the record has, and runs nothing")
    parser.add_argument("--write", action="store_true", help="with --report: into docs/safety.md, too")
    options = parser.parse_args(arguments)
    if options.write and not options.report:
        parser.error("--write goes with --report")
    if options.report:
        return tell(Record(RECORD).read(), ROOT / "docs" / "safety.md" if options.write else None)
    if not build("build-fuzz"):
        report.failed("fuzz build")
        return 1
    programs, runner = chosen(options.only), Runner(record=RECORD)
    if not programs:
        return 1
    if options.hours is not None:
        return 0 if runner.until(programs, options.hours, options.jobs) else 1
    return 0 if runner.each(programs, options.seconds, options.jobs) else 1
