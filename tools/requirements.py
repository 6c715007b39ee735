#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The normative sentences of the RFCs that Starling builds, each with the test that shows it or the reason why none can.

    tools/requirements.py extract RFC.txt...   makes or renews docs/requirements/rfcN.txt; what was noted of a sentence stays
    tools/requirements.py list [N...]          the table: RFC, sentence, what shows it
    tools/requirements.py stats                one line for each RFC
    tools/requirements.py check                what ./dev check says of it

A list has a head of `# ` lines (the title, and `# capability: NAME...` where the RFC is offered under a name), then entries:

    3.1.2a
      If the server ... it MUST ...
      test: tests/imap/condstore/select_highestmodseq.t, src/mail/view_test.c:test_name

The first line is the section and a letter. The last one is `test:` with files of the tree (`:NAME` is a word that has to stand
in the file, such as a function), `reason:` why no test can show it, or `pending`: not built yet, which is a fault as soon as
one of the list's capabilities is offered (`pending NAME...`: one of these)."""

import argparse
import collections
import pathlib
import re
import sys
import textwrap

from common import ROOT, SRC, name

LISTS = ROOT / "docs" / "requirements"
RFCS = ROOT.parent / "shared" / "rfc"  # the texts are not part of the project: compared where they are at hand
KEYWORD = re.compile(r"\b(?:MUST(?:\s+NOT)?|SHALL(?:\s+NOT)?|REQUIRED|SHOULD(?:\s+NOT)?|RECOMMENDED)\b")
HEADING = re.compile(r"^(?:Appendix ([A-Z])\.?|(\d+(?:\.\d+)*)\.?)\s{1,3}([A-Z\"($\\\\].*)$")
FURNITURE = re.compile(r"\n*[^\n]*\[Page \d+\] *(?:\n|\f)*(?:RFC \d+ {3,}[^\n]*\d{4} *\n+)?|\f\n*")
BULLET = re.compile(r"^\s*(?:[o*+-]|\(?[0-9a-zA-Z]{1,2}[.)])\s+\S")
# Ends of sentences: not behind these.
ABBREVIATIONS = ("e.g.", "i.e.", "etc.", "vs.", "cf.", "sec.", "fig.", "resp.", "no.", "st.")
DEFINES = re.compile(r"key\s*words|RFC ?2119|BCP ?14|\"MUST\"", re.I)
ENTRY = re.compile(r"^(\S+?)([a-z]+)$")


class Entry:
    def __init__(self, section, letter, sentence, note=""):
        self.section, self.letter, self.sentence, self.note = section, letter, sentence, note

    @property
    def id(self):
        return self.section + self.letter

    @property
    def tests(self):
        return [t.strip() for t in self.note[5:].split(",")] if self.note.startswith("test:") else []


# --- the text of an RFC ---


def paragraphs(text):
    """(section, paragraph) of an RFC: pages joined, headings and tables of contents left out, one list item each."""
    section, block, turned = "0", [], False
    for line in [*FURNITURE.sub("\n\f\n", text).split("\n"), ""]:
        if line == "\f" and block and unfinished(block):
            turned = True
            continue  # the paragraph goes on behind the end of the page
        heading = HEADING.match(line)
        if heading and (turned or not block) and not unlike_heading(heading, line):
            if block:
                yield section, block
            block = []
            section = heading.group(1) or heading.group(2)
            continue
        if block and (not line.strip() or BULLET.match(line)):
            yield section, block
            block = []
        if line.strip():
            block.append(line)
            turned = False


def unlike_heading(heading, line):
    """A line of a table of contents, or a numbered item of a list."""
    if re.search(r"\. ?\. ?\.|\.{4}|\s\d+$", line):
        return True
    return bool(KEYWORD.search(line)) or (line.rstrip().endswith((".", ";", ",")) and "." not in (heading.group(2) or ""))


def unfinished(block):
    return not re.search(r"[.:;!?]\"?\)?$", block[-1].rstrip())


def sentences(block):
    """The sentences of a paragraph, spaces made one."""
    text = " ".join(" ".join(line.strip() for line in block).split())
    start = 0
    for match in re.finditer(r"[.!?][\"')\]]*\s+(?=[A-Z\"(\[*<\\$])", text):
        before = text[start : match.start() + 1]
        word = before.split()[-1].lower().lstrip("(") if before.split() else ""
        if word in ABBREVIATIONS or re.fullmatch(r"\(?[0-9a-z]\.", word) and before == word:
            continue
        yield text[start : match.end()].strip()
        start = match.end()
    yield text[start:].strip()


def letters(number):
    """0, 1, ... as a, b, ... z, aa, ab, ..."""
    return (letters(number // 26 - 1) if number >= 26 else "") + chr(ord("a") + number % 26)


def extract(text):
    """The entries of an RFC's text, without notes."""
    found, counts, last = [], {}, None
    for section, block in paragraphs(text):
        for sentence in sentences(block):
            if not KEYWORD.search(sentence) or (DEFINES.search(sentence) and sentence.count('"') >= 4):
                continue
            if re.match(r"^(?:C|S|[A-Z]?\d+):", sentence):
                continue
            number = counts.get(section, 0)
            counts[section] = number + 1
            last = Entry(section, letters(number), sentence)
            found.append(last)
    return found


def normal(sentence):
    return re.sub(r"\W+", " ", sentence)


# --- the lists ---


def read(path):
    """(head lines, entries) of a list."""
    head, entries, body = [], [], []

    def close():
        if not body:
            return
        match = ENTRY.match(body[0])
        if not match or len(body) < 2:
            raise ValueError(f"{name(path)}: {body[0]!r} is not an entry")
        lines = [line.strip() for line in body[1:]]
        at = next((i for i, l in enumerate(lines) if re.match(r"(?:test|reason):|pending\b", l)), len(lines))
        entries.append(Entry(match.group(1), match.group(2), " ".join(lines[:at]), " ".join(lines[at:])))

    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            head.append(line)
        elif line and not line.startswith(" "):
            close()
            body = [line]
        elif line.strip():
            body.append(line)
    close()
    return head, entries


def write(path, head, entries):
    out = [*head, ""]
    for entry in entries:
        out.append(entry.id)
        out += textwrap.wrap(entry.sentence, 130, initial_indent="  ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        if entry.note:
            out += textwrap.wrap(entry.note, 130, initial_indent="  ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
        out.append("")
    path.write_text("\n".join(out[:-1]) + "\n", encoding="utf-8")


def number_of(path):
    return int(re.search(r"rfc(\d+)", path.name).group(1))


def all_lists():
    return sorted(LISTS.glob("rfc*.txt"), key=number_of)


def do_extract(options):
    for text_path in map(pathlib.Path, options.text):
        path = LISTS / text_path.name
        head, old = read(path) if path.exists() else ([f"# RFC {number_of(path)}"], [])
        notes = collections.defaultdict(list)  # the same sentence may stand in several sections
        for entry in old:
            notes[normal(entry.sentence)].append(entry.note)
        entries = extract(text_path.read_text(encoding="utf-8", errors="replace"))
        for entry in entries:
            kept = notes[normal(entry.sentence)]
            entry.note = kept.pop(0) if kept else "pending"
        LISTS.mkdir(parents=True, exist_ok=True)
        write(path, head, entries)
        print(f"{name(path)}: {len(entries)} sentences")


# --- the check ---


def offered():
    """The capabilities of the modules in modules.def, from their rows."""
    modules = set(re.findall(r"^IMAP_MODULE\((\w+)\)", (SRC / "imap" / "modules.def").read_text(), re.M))
    names = set()
    for path in sorted((SRC / "imap").glob("*.c")):
        text = path.read_text(encoding="utf-8")
        if not modules & set(re.findall(r"^const struct imap_module imap_module_(\w+)", text, re.M)):
            continue
        for table in re.findall(r"^static const struct imap_capability \w+\[\] = \{(.*?)^\};", text, re.M | re.S):
            names |= set(re.findall(r'\{\s*(?:\.name = )?"([^"]+)"', table))
    return names


def capabilities(head):
    return {w for line in head if line.startswith("# capability:") for w in line.split()[2:]}


def check_test(test, number):
    """What is wrong with the naming of a test, or None."""
    file, _, word = test.partition(":")
    path = ROOT / file
    if not path.is_file():
        return f"{file}: no such test"
    text = path.read_text(encoding="utf-8")
    if word and not re.search(rf"\b{re.escape(word)}\b", text):
        return f"{file} has no {word}"
    if file.endswith(".t"):
        head = "".join(line for line in text.splitlines(True)[:8] if line.startswith("#"))
        if not re.search(rf"RFCs?[ \d,and]*\b{number}\b", head):
            return f"{file}: its first comment does not name RFC {number}"
    return None


def check_list(path, have):
    number = number_of(path)
    head, entries = read(path)
    built = capabilities(head) & have or (not capabilities(head) and any("capability: none" in h for h in head))
    for entry in entries:
        where = f"{name(path)}: {entry.id}: "
        if entry.note.split(" ")[0] == "pending":
            names = set(entry.note.split()[1:])
            if names & have or (built and not names):
                yield where + "pending, but the extension is offered"
        elif entry.tests:
            yield from (where + wrong for wrong in (check_test(t, number) for t in entry.tests) if wrong)
        elif not re.fullmatch(r"reason: .{8,}", entry.note):
            yield where + "neither a test nor a reason"
    text = RFCS / path.name
    if text.exists():
        real = extract(text.read_text(encoding="utf-8", errors="replace"))
        if [(e.id, normal(e.sentence)) for e in real] != [(e.id, normal(e.sentence)) for e in entries]:
            yield f"{name(path)}: not the sentences of the RFC: renew it with tools/requirements.py extract"


def findings():
    """All that is wrong, one finding a line."""
    have = offered()
    return [finding for path in all_lists() for finding in check_list(path, have)]


def do_check(options):
    wrong = findings()
    print("\n".join(wrong) or "requirements: good")
    return 1 if wrong else 0


# --- tables ---


def do_list(options):
    for path in all_lists():
        if options.number and number_of(path) not in options.number:
            continue
        head, entries = read(path)
        print(head[0][2:] if head else path.name)
        for entry in entries:
            print(f"  {entry.id:<10} {entry.sentence}\n  {'':<10}   {entry.note}")


def do_stats(options):
    have = offered()
    print(f"{'RFC':<9} {'sentences':>9} {'test':>5} {'reason':>6} {'pending':>7}  offered as")
    total = [0, 0, 0, 0]
    for path in all_lists():
        head, entries = read(path)
        row = [len(entries), *(sum(e.note.startswith(word) for e in entries) for word in ("test:", "reason:", "pending"))]
        total = [a + b for a, b in zip(total, row)]
        print(f"RFC {number_of(path):<5} {row[0]:>9} {row[1]:>5} {row[2]:>6} {row[3]:>7}  {' '.join(sorted(capabilities(head) & have))}")
    print(f"{'all':<9} {total[0]:>9} {total[1]:>5} {total[2]:>6} {total[3]:>7}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("extract").add_argument("text", nargs="+")
    commands.add_parser("list").add_argument("number", nargs="*", type=int)
    commands.add_parser("stats")
    commands.add_parser("check")
    options = parser.parse_args()
    return globals()[f"do_{options.command}"](options)


if __name__ == "__main__":
    sys.exit(main())
