# SPDX-License-Identifier: Apache-2.0
"""The static checks of ./dev check and ./dev test, each a name and a function that returns its findings as text ("" is good)."""

import concurrent.futures
import json
import os
import subprocess

import extensions
import limits
import report
import requirements
from common import ROOT, SRC, c_files

TIDY_CONFIG = ROOT / ".clang-tidy"
# The build is gcc's, with -ftrivial-auto-var-init=zero, which clang before 16 takes only together with this.
TIDY_FLAG = "--extra-arg=-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang"


def _output(*command):
    done = subprocess.run([str(c) for c in command], cwd=ROOT, capture_output=True, text=True)
    return (done.stdout + done.stderr) if done.returncode else ""


def format_all():
    subprocess.run(["clang-format", "-i", *map(str, c_files())], cwd=ROOT, check=True)


def _format():
    files = c_files()
    return _output("clang-format", "--dry-run", "-Werror", *files) if files else ""


def _tool(name):
    return lambda: _output(ROOT / "tools" / name)


def _compiled_files():
    """Our files that the build compiles: clang-tidy needs their flags."""
    commands = json.loads((ROOT / "build" / "compile_commands.json").read_text())
    files = {os.path.realpath(os.path.join(c["directory"], c["file"])) for c in commands}
    return sorted(f for f in files if f.startswith(str(SRC)) and not f.endswith(("_test.c", "_fuzz.c", "_tool.c")))


def _tidy():
    def one(path):
        command = ["clang-tidy", "--quiet", "-p", "build", f"--config-file={TIDY_CONFIG}", TIDY_FLAG, path]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        return done.stdout + done.stderr if done.returncode else ""

    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return "".join(pool.map(one, _compiled_files()))


def _cppcheck():
    command = ["cppcheck", "--quiet", "--error-exitcode=1", "--std=c11", "--enable=warning,portability", "--inline-suppr"]
    command += ["-D_GNU_SOURCE", "-D__x86_64__", "-D__BYTE_ORDER__=1234", "-D__ORDER_LITTLE_ENDIAN__=1234"]
    command += [f"--suppressions-list={ROOT / 'tools' / 'cppcheck.txt'}", "-I", SRC, "-j", str(len(os.sched_getaffinity(0)))]
    return _output(*command, *[p for p in c_files(".c") if not p.name.endswith(("_test.c", "_fuzz.c", "_tool.c"))])


def _requirements():
    return "\n".join(requirements.findings())


QUICK = [
    ("format", _format),
    ("layers", _tool("layers")),
    ("headers", _tool("headers")),
    ("banned", _tool("banned")),
    ("lengths", _tool("lengths")),
]
SLOW = [("requirements", _requirements), ("extensions", extensions.findings), ("limits", limits.check), ("clang-tidy", _tidy), ("cppcheck", _cppcheck)]


def run_all(quick, build):
    """Runs the checks, telling each result; true when all are good."""
    if not quick and not (ROOT / "build" / "compile_commands.json").exists() and not build():
        report.failed("check build")
        return False
    good = True
    for name, function in QUICK if quick else QUICK + SLOW:
        findings = function()
        if findings:
            report.failed(f"check {name}", findings)
            good = False
        else:
            report.passed(f"check {name}")
    return good
