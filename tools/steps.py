# SPDX-License-Identifier: Apache-2.0
"""The steps of ./dev test. A step runs something that notes its results (tests/lib/report.py); a step that fails without
having noted why counts as one failure. The last line is `N passed, N failed`."""

import argparse
import collections
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

import report
from common import ROOT

PYTHON = [sys.executable, "-B"]


class Context:
    def __init__(self, options, build, env):
        self.options, self.build, self.env = options, build, env
        self.full = options.full


def meson_tests(context, flavour, suites, timeout_factor):
    """Builds a flavour and runs its unit tests, one result each."""
    if not context.build(flavour):
        report.failed(f"{flavour} compiles")
        return
    command = ["meson", "test", "-C", flavour, "--no-rebuild", "--print-errorlogs", "-t", str(timeout_factor)]
    command += [word for suite in suites for word in ("--suite", suite)]
    log = ROOT / flavour / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **context.env}, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout[-20000:])
    if not log.exists():
        report.failed(f"{flavour} unit tests", done.stdout + done.stderr)
        return
    for line in log.read_text().splitlines():
        result = json.loads(line)
        name = f"{flavour.replace('build', 'unit')} {result['name']}"
        if result["result"] in ("OK", "EXPECTEDFAIL"):
            report.passed(name)
        elif result["result"] != "SKIP":
            report.failed(name, result["result"])


def seed(context):
    """Of what a test does by chance: the same each time, so that no change is green or red by luck; with --full another one each time."""
    return int(time.time()) if context.full else 1


def script(*command, optional=False, flavour=None):
    """Runs a test script of the tree that notes its own results; `flavour`: with the program of that build."""

    def step(context):
        path = ROOT / command[0]
        if not path.exists():
            if not optional:
                report.failed(command[0], "is missing")
            return
        before = results_count()
        words = [str(w(context)) if callable(w) else str(w) for w in command[1:]]
        env = dict(os.environ)
        if flavour:
            if not context.build(flavour):
                report.failed(f"{flavour} compiles")
                return
            env |= {**context.env, "STARLING_PROGRAM": str(ROOT / flavour / "src" / "cli" / "starling")}
        code = subprocess.run([*PYTHON, str(path), *words], cwd=ROOT, env=env).returncode
        if code:
            program = [f"STARLING_PROGRAM={flavour}/src/cli/starling"] if flavour else []
            print("again: " + shlex.join([*program, "python3", "-B", command[0], *words]), flush=True)
        if code and results_count()["FAIL"] == before["FAIL"]:
            report.failed(f"{command[0]} ended with {code}")

    return step


def results_count():
    counts = collections.Counter()
    with open(os.environ["STARLING_RESULTS"], encoding="utf-8") as lines:
        for line in lines:
            counts[line.split(" ", 1)[0]] += 1
    return counts


def step_build(context):
    if context.build():
        report.passed("build")
    else:
        report.failed("build")
    program = ROOT / "build" / "starling"
    if not program.exists():
        report.failed("build/starling", "the build made no program")


def step_check(context):
    import checks

    checks.run_all(quick=False, build=context.build)


def step_unit(context):
    meson_tests(context, "build", [], 4)


def step_asan(context):
    meson_tests(context, "build-asan", ["unit"], 8)


def step_tsan(context):
    meson_tests(context, "build-tsan", ["unit"], 8)


def step_python(context):
    """The tests of the test tools themselves."""
    tests = ROOT / "tests"
    for path in sorted([*tests.rglob("*_test.py"), *tests.rglob("test_*.py")]):
        name = f"tools {path.relative_to(ROOT / 'tests')}"
        done = subprocess.run([*PYTHON, str(path)], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            report.failed(name, done.stdout + done.stderr)
        else:
            report.passed(name)


def step_fuzz(context):
    import fuzzing

    fuzzing.test(context.build, context.full)


def step_powercut(context):
    import powercut

    words = ["--states", "100000"] if context.full else ["--plants", "short", "--states", "400"]
    powercut.main([*words, "--seed", str(seed(context))], context.build)


def step_run(context):
    """What a new user does first."""
    env = {**os.environ, "DEV_RUN_CHECK": "1"}
    done = subprocess.run([str(ROOT / "dev"), "run"], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        report.failed("./dev run", done.stdout + done.stderr)
    else:
        report.passed("./dev run")


def step_instructions(context):
    """Only with --full or when asked for by name: it takes a minute or two."""
    if not context.full and not context.options.only:
        return
    done = subprocess.run([str(ROOT / "dev"), "check", "--instructions"], cwd=ROOT, capture_output=True, text=True)
    print(done.stdout)
    if done.returncode:
        report.failed("instruction counts of hot commands", done.stdout + done.stderr)
    else:
        report.passed("instruction counts of hot commands")


STEPS = {
    "build": step_build,
    "check": step_check,
    "unit": step_unit,
    "asan": step_asan,
    "tsan": step_tsan,
    "python": step_python,
    "run": step_run,
    "imap": script("tests/run.py"),
    "pop3": script("tests/run.py", "tests/pop3"),
    "lmtp": script("tests/run.py", "tests/lmtp"),
    "submission": script("tests/run.py", "tests/submission"),
    "lmtp-crash": script("tests/lmtp_crash.py", "--kills", lambda c: 60 if c.full else 8),
    "crash": script("tests/crash.py", "--kills", lambda c: 1000 if c.full else 15, "--seed", seed),
    "powercut": step_powercut,
    "sent-crash": script("tests/sent_crash.py", "--kills", lambda c: 60 if c.full else 6),
    "spool-crash": script("tests/spool_crash.py", "--kills", lambda c: 60 if c.full else 6),
    "roundtrip": script("tests/roundtrip.py"),
    "clients": script("tests/clients/all.py"),
    "stress": script("tests/stress.py", "--seconds", lambda c: 300 if c.full else 20, "--seed", seed),
    "random": script("tests/random_commands.py", "--commands", lambda c: 100000 if c.full else 6000, "--seed", seed),
    "sync": script("tests/sync.py", "--changes", lambda c: 1000000 if c.full else 20000, "--seed", seed),
    "imap-asan": script("tests/run.py", flavour="build-asan"),
    "roundtrip-asan": script("tests/roundtrip.py", "--count", 500, flavour="build-asan"),
    "stress-tsan": script("tests/stress.py", "--clients", 20, "--seconds", lambda c: 120 if c.full else 15, "--seed", seed, flavour="build-tsan"),
    "faults": script("tests/faults/faults.py", "--rounds", lambda c: 1000 if c.full else 90),
    "rot": script("tests/faults/rot.py", "--flips", lambda c: 300 if c.full else 12),
    "limits": script("tests/past_limits.py"),
    "abuse": script("tests/abuse/all.py"),
    "server": script("tests/server/all.py", optional=True),
    "fuzz": step_fuzz,
    "instructions": step_instructions,
}


def main(arguments, build, env):
    parser = argparse.ArgumentParser(prog="./dev test")
    parser.add_argument("--full", action="store_true", help="stress and fuzz at full length")
    parser.add_argument("--only", help="steps, with commas between")
    parser.add_argument("--list", action="store_true", help="names the steps")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(STEPS))
        return 0
    names = options.only.split(",") if options.only else list(STEPS)
    unknown = [n for n in names if n not in STEPS]
    if unknown:
        print("dev: no such step: " + " ".join(unknown) + "; there are: " + " ".join(STEPS), file=sys.stderr)
        return 2
    results = pathlib.Path(ROOT / "build" / "results.txt")
    results.parent.mkdir(exist_ok=True)
    results.write_text("")
    os.environ["STARLING_RESULTS"] = str(results)
    context = Context(options, build, env)
    for name in names:
        print(f"\n=== {name}", flush=True)
        began = time.monotonic()
        STEPS[name](context)
        print(f"=== {name}: {time.monotonic() - began:.0f} s", flush=True)
    return closing(results)


def closing(results):
    lines = [line.split(" ", 1) for line in results.read_text(encoding="utf-8").splitlines()]
    bad = [name for word, name in lines if word == "FAIL"]
    if bad:
        print("\nfailed:\n  " + "\n  ".join(bad))
    good = len(lines) - len(bad)
    print(f"\n{good} passed, {len(bad)} failed", flush=True)
    return 1 if bad or not good else 0
