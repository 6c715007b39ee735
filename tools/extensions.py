#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/extensions.md from the rows of the modules (src/imap/module.h, printed by src/imap/extensions_tool.c) and from the lists of
what the RFCs demand (tools/requirements.py). ./dev check fails where the page is not what this would write.

    tools/extensions.py            writes the page
    tools/extensions.py --check    says whether it is true"""

import collections
import pathlib
import re
import subprocess
import sys

import requirements
from common import ROOT, name

PAGE = ROOT / "docs" / "extensions.md"
PROGRAM = ROOT / "build" / "src" / "imap" / "imap_extensions"
HEAD = """# The IMAP extensions that Starling offers

Written by tools/extensions.py from the rows of the modules in src/imap/; do not edit. CAPABILITY names exactly these, in this order.
*Demands* counts the RFC's sentences with MUST or SHOULD in [docs/requirements](requirements): those that tests show, those with a reason
why none can (most bind the client), and those that wait for another extension. *Tests* are folders under tests/imap/ with transcripts.

| capability | RFC | offered | demands | tests |
| --- | --- | --- | --- | --- |
"""


def rows():
    """(module, capability or "-", RFC, when) as the program has them."""
    done = subprocess.run([str(PROGRAM)], capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def folders(tests):
    """Folders of transcripts, those with the most first."""
    found = collections.Counter(t.split("/")[2] for t in tests if t.startswith("tests/imap/"))
    return [folder for folder, _ in found.most_common(4)]


def demands(number):
    """(text, folders) of an RFC's list."""
    path = requirements.LISTS / f"rfc{number}.txt"
    if not path.exists():
        return "", []
    _, entries = requirements.read(path)
    kinds = [sum(e.note.startswith(word) for e in entries) for word in ("test:", "reason:", "pending")]
    text = f"[{kinds[0]} shown, {kinds[1]} explained](requirements/rfc{number}.txt)" + (f", {kinds[2]} wait" if kinds[2] else "")
    return text, folders(t for e in entries for t in {t.split(":")[0] for t in e.tests})


def own_folders(module, capability):
    """Folders named after the capability or the module."""
    names = {module, capability.lower().split("=")[0].rstrip("+-"), capability.lower().replace("=", "").replace("-", "_")}
    return [n for n in sorted(names) if (ROOT / "tests" / "imap" / n).is_dir()]


def link(rfc):
    number = re.fullmatch(r"RFC (\d+)", rfc)
    return f"[{rfc}](https://www.rfc-editor.org/rfc/rfc{number.group(1)})" if number else rfc


def page():
    lines, base = [], []
    for module, capability, rfc, when in rows():
        if capability == "-":
            base.append((module, rfc))
            continue
        main = re.search(r"RFC (\d+)", rfc)
        text, shown = demands(int(main.group(1))) if main else ("", [])
        tests = own_folders(module, capability)
        tests += [f for f in shown if f not in tests]
        links = " ".join(f"[{f}](../tests/imap/{f})" for f in tests[:5])
        lines.append(f"| {capability} | {', '.join(link(r.strip()) for r in rfc.split(','))} | {when} | {text} | {links} |")
    without = ", ".join(f"{module} ({rfc})" for module, rfc in base)
    return HEAD + "\n".join(lines) + f"\n\nModules that offer no capability of their own: {without}.\n"


def findings():
    """What is wrong with the page, as text."""
    if not PROGRAM.exists():
        return f"{name(PROGRAM)} is not built"
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        return f"{name(PAGE)} is not what the modules say: run tools/extensions.py"
    return ""


def main():
    if sys.argv[1:] == ["--check"]:
        wrong = findings()
        print(wrong or "extensions: good")
        return 1 if wrong else 0
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
