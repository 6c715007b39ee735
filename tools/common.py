# SPDX-License-Identifier: Apache-2.0
"""What the checking tools share: where the tree is, which files are ours, how a finding is told."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"


def c_files(*suffixes):
    """Our C files under src/, bench/, fuzz/ and tests/, sorted; suffixes such as ".c" and ".h" (both by default)."""
    wanted = suffixes or (".c", ".h")
    found = [p for top in ("src", "bench", "fuzz", "tests") for p in (ROOT / top).rglob("*") if p.suffix in wanted]
    return sorted(found)


def name(path):
    return str(path.relative_to(ROOT))


def without_comments(text):
    """The text with comments and the inside of literals blanked, line structure kept."""

    def blank(match):
        found = match.group(0)
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        return found[0] + " " * (len(found) - 2) + found[-1]

    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, blank, text, flags=re.S)


def finish(findings, what):
    """Prints the findings and exits: 0 without any."""
    for finding in findings:
        print(finding)
    if findings:
        print(f"{what}: {len(findings)} problem{'s' if len(findings) > 1 else ''}", file=sys.stderr)
    sys.exit(1 if findings else 0)
