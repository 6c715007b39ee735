# SPDX-License-Identifier: Apache-2.0
"""Runs the fuzzers (src/*/*_fuzz.c, built by fuzz/meson.build with clang and libFuzzer) over fuzz/corpus/NAME/ with the
dictionary fuzz/NAME.dict, for some seconds each. A crash leaves its input in build-fuzz/found/ and fails."""

import os
import subprocess

import report
from common import ROOT

FOLDER = ROOT / "build-fuzz"


def fuzzers():
    return sorted(p for p in (FOLDER / "fuzz").glob("*_fuzz") if os.access(p, os.X_OK))


def run_one(program, seconds):
    name = program.name.removesuffix("_fuzz")
    seeds, grown, found = ROOT / "fuzz" / "corpus" / name, FOLDER / "corpus" / name, FOLDER / "found"
    for path in (grown, found):
        path.mkdir(parents=True, exist_ok=True)
    command = [str(program), f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"]
    command += [f"-artifact_prefix={found}/{name}-", "-verbosity=0"]
    dictionary = ROOT / "fuzz" / f"{name}.dict"
    if dictionary.exists():
        command.append(f"-dict={dictionary}")
    command += [str(grown)] + ([str(seeds)] if seeds.is_dir() else [])
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, errors="replace")
    if done.returncode:
        report.failed(f"fuzz {name}", (done.stdout + done.stderr)[-8000:])
        return False
    runs = [line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line]
    report.passed(f"fuzz {name} ({runs[0] if runs else '?'} runs)")
    return True


def run_all(build, seconds, only=None):
    if not build("build-fuzz"):
        report.failed("fuzz build")
        return False
    wanted = only.split(",") if only else None
    chosen = [p for p in fuzzers() if not wanted or p.name.removesuffix("_fuzz") in wanted]
    if not chosen:
        print("dev: no such fuzzer; there are: " + " ".join(p.name.removesuffix("_fuzz") for p in fuzzers()))
        return not wanted
    return all([run_one(program, seconds) for program in chosen])
