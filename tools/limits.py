#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/limits.md from src/base/limits.h and from the tests that name its limits. ./dev check fails where the page is not what this would write,
where a limit is named by no test, and where one is used nowhere.

    tools/limits.py            writes the page
    tools/limits.py --check    says whether it is true"""

import functools
import re
import sys

from common import ROOT, SRC, c_files, name

HEADER = SRC / "base" / "limits.h"
PAGE = ROOT / "docs" / "limits.md"
HEAD = """# Limits

Written by tools/limits.py from src/base/limits.h; do not edit. Every size that a peer, a file or an administrator drives stands there and nowhere else.
*Tests* are those that name the limit, most of which go up to it and past it; what is a matter of tuning (pools, pauses, shares of time) is marked so: nobody
outside can go past it. Of a default the configured value is what tests go past.

"""
DEFAULTS = {"IMAP_SESSIONS_PER_USER", "POP3_SESSIONS_PER_USER", "SUBMISSION_SESSIONS_PER_USER", "MAILBOXES_MAX", "NET_CONNECTIONS_MAX"}
UNTESTED = {  # why no test goes past it
    "USER_FILE_MAX": "a file of a gigabyte",
    "SORT_KEYS_MAX": "a quarter of a million messages with the longest subjects; the user's memory may end before",
    "CARD_FULL_MAX": "behind MIME_HEADERS_KEPT_MAX",
    "CONTENT_BODY_DEPTH_MAX": "behind MIME_DEPTH_MAX",
    "IMAP_PREAUTH_MEMORY": "behind IMAP_PREAUTH_COMMAND_MAX",
    "POP3_PREAUTH_MEMORY": "behind POP3_LINE_MAX",
    "POP3_MEMORY": "behind POP3_LINE_MAX",
    "SMTP_MEMORY": "behind SMTP_RECIPIENTS_MAX",
    "FETCH_DECODED_MAX": "the user's memory ends before it",
    "IMAP_SAVED_RANGES_MAX": "two million messages",
    "POP3_MESSAGES_MAX": "four million messages",
    "UIDLS_MAX": "four million unique-ids",
    "BLOB_MAX": "16 GiB",
    "CATENATE_OCTETS_MAX": "a gigabyte is copied first",
    "CONFIG_DEPTH_MAX": "behind the table of keys: none lies so deep",
}
# What nobody outside can exceed: how the server divides its own work, and times that it keeps itself.
TUNING = re.compile(
    r"^(RUN_\w+|NET_(BUFFER|BUFFERS_KEPT|FILES_RESERVE|LINGER_MS|KEEPALIVE_\w+|BACKLOG|ACCEPT_\w+|ZIP_(LEVEL|WINDOW_BITS|MEM_LEVEL|POOL|IDLE_MS)|OUT_LOW)"
    r"|\w+_PER_RUN|\w+_(SECONDS|TIMEOUT|AUTOLOGOUT|INTERVAL|MS|S)|IMAP_AUTOLOGOUT|POP3_AUTOLOGOUT|AUTH_FIND_MAX|AUTH_(WORKERS\w*|HASHES_AT_ONCE|HASH_NICE)|LMTP_GROUP"
    r"|COPY_AT_ONCE|RESTORE_(BATCH|BLOBS)|MAILBOXES_LOADED_IDLE|MAILBOX_IDLE_MESSAGES|ACCOUNTS_IDLE_(MAX|OCTETS)|EXPUNGE_LOG_SLACK|IMAP_VANISHED_RANGES|VIEW_SILENCED_MAX"
    r"|CARD_(TEXT_MAX|FIELDS_INDEXED|PREVIEW_\w+)|LOGIN_FAILURES_FREE)$"
)


@functools.cache
def rows():
    """(section, name, value as written, comment), in the order of the file."""
    found, section = [], ""
    text = re.sub(r"\\\n\s*", " ", HEADER.read_text())
    lines = text.split("\n")
    for i, line in enumerate(lines):
        heading = re.match(r"// -{3,} ?(.*?) ?-*$", line)
        if heading:
            section = heading.group(1)
        row = re.match(r"#define (\w+)\s+(.+?)\s*(?://\s*(.*))?$", line)
        if not row:
            continue
        comment = row.group(3) or ""
        for more in lines[i + 1 :]:  # a comment that goes on
            if not re.match(r"\t+\s*// ", more):
                break
            comment += " " + more.split("// ", 1)[1]
        found.append((section, row.group(1), row.group(2), comment))
    return found


def number(text):
    """The value of a definition: C's integer constants are Python's but for their suffixes."""
    text = re.sub(r"UINT64_C\((\d+)\)", r"\1", text)
    text = re.sub(r"\b(\d+|0x[0-9a-fA-F]+)[uUlL]+\b", r"\1", text)
    if not re.fullmatch(r"[\d\sa-fx<>()*+-]+", text):
        raise ValueError(f"{name(HEADER)}: {text!r} is no number")
    return eval(text)  # pylint: disable=eval-used # only digits and operators, seen above


def values():
    return {row[1]: number(row[2]) for row in rows()}


def shown(value, text):
    """As people read it."""
    for shift, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if "<<" in text and value >= 1 << shift and value % (1 << shift) == 0:
            return f"{value >> shift} {unit}"
    return f"{value:,}"


@functools.cache
def words_of(path):
    return set(re.findall(r"\b[A-Z][A-Z0-9_]{3,}\b", path.read_text(errors="replace")))


@functools.cache
def test_files():
    in_c = [p for p in c_files() if re.search(r"_(test|fuzz)\.[ch]$", p.name)]
    return sorted([*in_c, *(ROOT / "tests").rglob("*.py"), *(ROOT / "tests").rglob("*.t")])


def tests_of(limit):
    return [name(p) for p in test_files() if limit in words_of(p)]


def findings():
    used = set().union(*(words_of(p) for p in c_files() if p != HEADER))
    for _, limit, _, _ in rows():
        if limit not in used:
            yield f"{limit} is used nowhere"
        elif limit in UNTESTED and tests_of(limit):
            yield f"{limit} is tested now: take it out of UNTESTED"
        elif not TUNING.match(limit) and limit not in UNTESTED and limit not in DEFAULTS and not tests_of(limit):
            yield f"{limit}: no test names it"


def page():
    out, before = [HEAD], None
    for section, limit, text, comment in rows():
        if section != before:
            out.append(f"\n## {section}\n\n| limit | value | what | tests |\n| --- | ---: | --- | --- |\n")
            before = section
        tests = tests_of(limit)
        where = ", ".join(f"[{t.rsplit('/', 1)[1]}](../{t})" for t in tests[:3])
        where = where or ("tuning" if TUNING.match(limit) else "a default" if limit in DEFAULTS else f"none: {UNTESTED.get(limit, '')}")
        what = comment.replace("|", "\\|")
        out.append(f"| {limit} | {shown(number(text), text)} | {what} | {where} |\n")
    return "".join(out).replace("\n\n\n", "\n\n")


def check():
    """What ./dev check asks: "" when all is well."""
    wrong = list(findings())
    if not PAGE.exists() or PAGE.read_text() != page():
        wrong.append(f"{name(PAGE)} is not what tools/limits.py writes: run it")
    return "\n".join(wrong)


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page())
        print("\n".join(findings()))
    else:
        why = check()
        print(why or "limits: good")
        sys.exit(1 if why else 0)
