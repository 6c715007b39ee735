# SPDX-License-Identifier: Apache-2.0
"""./dev powercut: disks that a power cut could leave, made up from what a store's process was recorded to do (tests/powercut/), each opened and compared
with what had been acknowledged and shown. docs/safety.md says what is assumed of a disk and what is promised.

Before it is believed, the simulator has to find the bugs planted here: the program is built anew with one place of one source file changed. A plant whose
place is no longer in the source is a failure: it has to be planted anew."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

import report
from common import ROOT

TARGET = "tests/powercut/starling-powercut"
OUT = ROOT / "build" / "powercut"
STATES_OF_A_SEED = 400
PLANT_SEEDS = 40  # a plant that is not found by then is not found

PLANTS = {  # name: (source, what is there, what is planted in its place[, more words for the simulator])
    "a group is not flushed": (
        "src/store/local/file.c", "int error = file_open(f, path, O_RDWR | O_DSYNC | O_DIRECT, ret_fd);",
        "int error = file_open(f, path, O_RDWR | O_DIRECT, ret_fd);"),
    "a group in the page cache is not flushed": (
        "src/store/local/write.c", "\terror = file_sync(l->files, s->fd);", "\terror = 0;"),
    "a group is flushed before it is written": (
        "src/store/local/write.c", "\tint error = file_writev(l->files, s->fd, iov, count, n->start);\n",
        "\tint error = file_sync(l->files, s->fd);\n\tif (!error)\n\t\treturn file_writev(l->files, s->fd, iov, count, n->start);\n"),
    "a group forgets what its first page has in front of it": (
        "src/store/local/stage.c", "memmove(g->room, g->room + g->last, n);", "memset(g->room, 0, n);"),
    "published before the flush": (
        "src/mail/txn.c", "int waited = publish(t->op, a, t->seq, store_wait(",
        "staged_publish(a, t->seq);\n\tint waited = publish(t->op, a, t->seq, store_wait("),
    "the log is cut below a durable position": (
        "src/store/local/recover.c", "g->tail = end->pos;", "g->tail = end->pos - end->bytes;"),
    "a new segment's name is not flushed": (
        "src/store/local/segment.c", "error = file_sync_dir(t->files, t->dir);", "error = 0;", "--fills"),
    "the volume's name is not flushed": (
        "src/store/local/volume.c", "rc = volume_name_sync(op, l);", "rc = volume_name_sync == NULL;"),
    "a segment's header is not flushed": (
        "src/store/local/segment.c", "\t\terror = file_sync(t->files, fd);\n\tif (error)\n\t\t(void)close(fd); // given up",
        "\t\terror = 0;\n\tif (error)\n\t\t(void)close(fd); // given up", "--fills"),
    "the epoch is not flushed": (
        "src/store/local/volume.c", "error = file_sync(l->files, fd);", "error = 0;"),
    "replay believes bodies without their checksums": (
        "src/store/local/recover.c", "!frame_rest_ok(&f->frame, f->payload)", "false"),
    "a MOVE is two batches": (
        "src/mail/copy.c", "if (rc == 0 && c->move)\n\t\trc = remove_moved(c, &t, &c->result.from);",
        "if (rc == 0 && c->move && !(rc = txn_stage(&t)))\n\t\trc = remove_moved(c, &t, &c->result.from);"),
    "segments are dropped before the tables are flushed": (
        "src/store/local/keeper.c", "rc = index_flush(op, &l->index);", "rc = index_flush == NULL;", "--fills"),
}
SHORT = ("a group is not flushed", "a group in the page cache is not flushed", "published before the flush", "the log is cut below a durable position", "the volume's name is not flushed")


class Seeds:
    """Runs the simulator, a seed each time."""

    def __init__(self, program, states, jobs, more=()):
        self.program, self.states, self.jobs, self.more = program, states, jobs, more

    def one(self, seed, keep):
        """(numbers by name, True when all was right, what it said)"""
        with tempfile.TemporaryDirectory(prefix="powercut-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
            command = [str(self.program), folder, "--seed", str(seed), "--states", str(self.states), "--keep", str(keep), *self.more]
            shutil.rmtree(keep, ignore_errors=True)
            env = {**os.environ, "LD_BIND_NOW": "1"}  # a process for each state: not to look up its symbols each time
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=env)
        numbers = {name: int(n) for n, name in re.findall(r"(\d+) (states|cuts|events|same|wrong)", done.stdout)}
        return numbers, done.returncode == 0, done.stdout + done.stderr

    def until(self, first, enough):
        """Yields (seed, *one()) for seeds from `first` on, until `enough()`."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            running, seed = {}, first
            while True:
                while len(running) < self.jobs and not enough():
                    running[pool.submit(self.one, seed, OUT / f"wrong-{seed}")] = seed
                    seed += 1
                if not running:
                    return
                done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), *future.result()


def commands():
    """How the program is compiled and linked: {source: command}, command of the link."""
    text = subprocess.run(["ninja", "-C", str(ROOT / "build"), "-t", "commands", TARGET], capture_output=True, text=True, check=True).stdout
    lines = [line for line in text.splitlines() if line and not line.startswith("ninja:")]
    compiles = {re.search(r"-c (\S+)$", line)[1].removeprefix("../"): line for line in lines if re.search(r" -c \S+$", line)}
    return compiles, lines[-1]


def plant(name, compiles, link):
    """Builds the program with this bug; its path."""
    source, was, now, *_ = PLANTS[name]
    text = (ROOT / source).read_text()
    if text.count(was) != 1:
        raise ValueError(f"{was!r} is {text.count(was)} times in {source}, in place of once: plant it anew (tools/powercut.py)")
    folder = OUT / re.sub(r"\W+", "-", name)
    folder.mkdir(parents=True, exist_ok=True)
    planted, made, program = folder / pathlib.Path(source).name, folder / "planted.o", folder / "starling-powercut"
    planted.write_text(text.replace(was, now))
    words = shlex.split(compiles[source])
    words[words.index("-o") + 1], words[-1] = str(made), str(planted)
    subprocess.run([*words, "-Wno-address", "-Wno-unused-function", "-Wno-unused-variable"], cwd=ROOT / "build", check=True)
    words = shlex.split(link)
    at = words.index("-o")
    words[at + 1] = str(program)
    words.insert(at + 2, str(made))  # in front of the library that has the right one
    subprocess.run(words, cwd=ROOT / "build", check=True)
    return program


def find_plants(names, jobs):
    compiles, link = commands()
    for name in names:
        title = f"powercut finds that {name}" if " is " in name else f"powercut finds: {name}"
        try:
            seeds = Seeds(plant(name, compiles, link), STATES_OF_A_SEED, jobs, PLANTS[name][3:])
        except (ValueError, KeyError, subprocess.CalledProcessError) as error:
            report.failed(title, error)
            continue
        began, states, found, tried = time.monotonic(), 0, False, 0

        def enough():
            return found or tried >= PLANT_SEEDS

        for _, numbers, _good, _text in seeds.until(1, enough):
            tried += 1
            states += numbers.get("states", 0)
            found = found or numbers.get("wrong", 0) > 0  # a program that did not run found nothing
        if found:
            report.passed(f"{title} ({states} states, {time.monotonic() - began:.0f} s)")
        else:
            report.failed(title, f"not in {states} states")


def campaign(states, seed, jobs, more):
    seeds = Seeds(ROOT / "build" / TARGET, STATES_OF_A_SEED, jobs, more)
    total = dict.fromkeys(("states", "cuts", "events", "same", "wrong"), 0)
    began, workloads, told, bad = time.monotonic(), 0, 0, []

    def enough():
        return total["states"] >= states or len(bad) >= 3

    for number, numbers, good, text in seeds.until(seed, enough):
        workloads += 1
        for name, n in numbers.items():
            total[name] += n
        if not good:
            bad.append(number)
            again = shlex.join(["./dev", "powercut", "--plants", "none", "--states", "1", "--jobs", "1", "--seed", str(number), *more])
            print(f"powercut: seed {number} (the disk is in build/powercut/wrong-{number}; again: {again}):\n{text[-8000:]}", flush=True)
        if total["states"] >= told + 5000:
            told = total["states"]
            print(f"powercut: {told} states, {time.monotonic() - began:.0f} s", flush=True)
    name = (f"powercut: {total['states']} states of {workloads} workloads from seed {seed} on, cut at {total['cuts']} moments of {total['events']}, "
            f"{total['same']} more were the same, {time.monotonic() - began:.0f} s")
    if bad:
        report.failed(name, f"wrong with seeds {bad}")
    else:
        report.passed(name)


def main(arguments, build):
    parser = argparse.ArgumentParser(prog="./dev powercut")
    parser.add_argument("--states", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--plants", choices=("all", "short", "none", *PLANTS), default="all", help="which planted bugs to look for first")
    parser.add_argument("--fills", action="store_true", help="large messages come and go in every life, not in one of five")
    options = parser.parse_args(arguments)
    if not build(target=TARGET):
        report.failed("powercut compiles")
        return
    OUT.mkdir(exist_ok=True)
    names = {"all": PLANTS, "short": SHORT, "none": ()}.get(options.plants, (options.plants,))
    find_plants(names, options.jobs)
    campaign(options.states, options.seed, options.jobs, ("--fills",) if options.fills else ())
    if not os.environ.get("STARLING_RESULTS"):
        good, bad = report.counts()
        print(f"{good} passed, {bad} failed", file=sys.stderr)
