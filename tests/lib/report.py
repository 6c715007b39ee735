# SPDX-License-Identifier: Apache-2.0
"""How a test tells what it found. Each check is `passed(name)` or `failed(name, why)`. Under `./dev test` the results go to
the file named by STARLING_RESULTS, one line each, and ./dev prints the one closing line; alone, finish() prints it."""

import os
import sys

_counts = {"ok": 0, "FAIL": 0}


def _note(word, name):
    _counts[word] += 1
    path = os.environ.get("STARLING_RESULTS")
    if path:
        with open(path, "a", encoding="utf-8") as out:
            out.write(f"{word} {name}\n")


def passed(name):
    _note("ok", name)
    print(f"ok    {name}", flush=True)


def failed(name, why=""):
    _note("FAIL", name)
    print(f"FAIL  {name}" + ("\n" + str(why).rstrip() if why else ""), flush=True)


def counts():
    """(passed, failed) so far in this process."""
    return _counts["ok"], _counts["FAIL"]


def finish():
    """Prints the closing line when nobody above does, and exits: 0 without failures."""
    good, bad = counts()
    if not os.environ.get("STARLING_RESULTS"):
        print(f"{good} passed, {bad} failed")
    sys.exit(1 if bad else 0)
