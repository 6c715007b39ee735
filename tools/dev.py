# SPDX-License-Identifier: Apache-2.0
"""What ./dev does once the packages are there. Each command is a function `do_NAME(arguments)`."""

import argparse
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "lib")]

JOBS = str(max(1, len(os.sched_getaffinity(0))))
ASAN_ENV = {
    "ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1:strict_string_checks=1:check_initialization_order=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": f"halt_on_error=1:second_deadlock_stack=1:suppressions={ROOT}/tools/tsan.supp",
}
FLAVOURS = {  # build folder -> what meson setup is told
    "build": [],
    "build-asan": ["-Db_sanitize=address,undefined", "-Db_lundef=false"],
    "build-tsan": ["-Db_sanitize=thread", "-Db_lundef=false"],
    "build-fuzz": ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dfuzz=true"],
}


def say(text):
    print(f"dev: {text}", flush=True)


def run(*command, **how):
    """Runs a command, its output to ours; the exit code."""
    return subprocess.run([str(c) for c in command], cwd=ROOT, **how).returncode


def build(flavour="build", target=None):
    """Configures where needed and builds; false when it does not compile."""
    folder = ROOT / flavour
    env = {**os.environ, "CC": "clang", "CXX": "clang++"} if flavour == "build-fuzz" else None
    if not (folder / "build.ninja").exists():
        say(f"configuring {flavour}/")
        command = ["meson", "setup", str(folder), str(ROOT), *FLAVOURS[flavour]]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=env)
        if done.returncode:
            print(done.stdout[-6000:] + done.stderr)
            shutil.rmtree(folder, ignore_errors=True)
            return False
    elif flavour == "build-fuzz":  # a new *_fuzz.c is found by asking anew
        run("meson", "setup", "--reconfigure", folder, ROOT, stdout=subprocess.DEVNULL, env=env)
    command = ["ninja", "-j", JOBS, "-C", folder] + ([target] if target else [])
    if run(*command):
        return False
    if flavour == "build":
        link_program()
    return True


def link_program():
    """Puts the program where people look for it: build/starling."""
    program = ROOT / "build" / "starling"
    for made in (ROOT / "build" / "src").rglob("starling"):
        if made.is_file() and os.access(made, os.X_OK):
            if program.is_symlink() or program.exists():
                program.unlink()
            program.symlink_to(made.relative_to(program.parent))
            return


def do_build(arguments):
    if not build():
        return 1
    if (ROOT / "build" / "starling").exists():
        say("built: build/starling")
    return 0


def do_run(arguments):
    import demo

    if not build():
        return 1
    return demo.run(ROOT, check=os.environ.get("DEV_RUN_CHECK") == "1", arguments=arguments)


def do_check(arguments):
    import checks

    parser = argparse.ArgumentParser(prog="./dev check")
    parser.add_argument("--quick", action="store_true", help="without clang-tidy and cppcheck")
    parser.add_argument("--fix", action="store_true", help="let clang-format rewrite the files")
    parser.add_argument("--instructions", action="store_true", help="instruction counts of hot commands, alone")
    options = parser.parse_args(arguments)
    if options.instructions:
        return do_bench(["--instructions"])
    if options.fix:
        checks.format_all()
    return 0 if checks.run_all(quick=options.quick, build=build) else 1


def do_test(arguments):
    import steps

    return steps.main(arguments, build=build, env=ASAN_ENV)


def do_sync(arguments):
    """The model test of synchronization at full length."""
    if not build():
        return 1
    words = arguments if any(w.startswith("--changes") for w in arguments) else ["--changes", "1000000", *arguments]
    return run(sys.executable, "-B", ROOT / "tests" / "sync.py", *words)


def do_faults(arguments):
    """Calls that fail inside of a real server, at length."""
    if not build():
        return 1
    words = arguments or ["--every", "--rounds", "1000"]
    return run(sys.executable, "-B", ROOT / "tests" / "faults" / "faults.py", *words)


def do_crash(arguments):
    """Kills at full length."""
    if not build():
        return 1
    words = arguments if any(w.startswith("--kills") for w in arguments) else ["--kills", "1000", *arguments]
    return run(sys.executable, "-B", ROOT / "tests" / "crash.py", *words)


def do_powercut(arguments):
    import powercut
    import report

    powercut.main(arguments, build)
    return 1 if report.counts()[1] else 0


def do_rot(arguments):
    """Bytes of a volume go bad, at length."""
    if not build():
        return 1
    return run(sys.executable, "-B", ROOT / "tests" / "faults" / "rot.py", *(arguments or ["--flips", "300"]))


def do_abuse(arguments):
    """Attacks on a running server, with figures of time; some minutes."""
    if not build():
        return 1
    return run(sys.executable, "-B", ROOT / "tests" / "abuse" / "all.py", "--full", *arguments)


def do_bench(arguments):
    import bench

    if not build() or not build(target="bench/starling-bench"):
        return 1
    return bench.main(arguments)


def do_fuzz(arguments):
    import fuzzing

    return fuzzing.main(arguments, build)


def do_clean(arguments):
    for path in [*ROOT.glob("build"), *ROOT.glob("build-*"), ROOT / ".cache"]:
        if path.is_dir():
            shutil.rmtree(path)
            say(f"removed {path.name}/")
    return 0


def main():
    os.chdir(ROOT)
    command, arguments = sys.argv[1], sys.argv[2:]
    began = time.monotonic()
    with contextlib.suppress(KeyboardInterrupt):
        code = globals()[f"do_{command}"](arguments)
        if command != "run":
            print(f"dev: {command} took {time.monotonic() - began:.0f} s", file=sys.stderr)
        return code
    return 130


sys.exit(main())
