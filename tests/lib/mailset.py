# SPDX-License-Identifier: Apache-2.0
"""Our own small set of mail, tests/mail/: nice/ is what people get, odd/ what breaks servers (docs of each: its Subject).

    mailset.messages()              [(name, bytes)] of everything stored
    mailset.generated()             [(name, bytes)] of the odd ones too large to store: deep nesting, floods of headers
    mailset.write_maildir(folder)   the nice ones as a Maildir++ with folders, flags and dates: the demo account"""

import email.utils
import os
import pathlib
import shutil

MAIL = pathlib.Path(__file__).resolve().parent.parent / "mail"

# Where a nice message lies in the demo account, and with which Maildir flags; INBOX and seen by default.
PLACES = {
    "plain": ("", ""),
    "no_mime": ("Archive", "S"),
    "long": ("Archive", "S"),
    "empty_body": ("Archive", "S"),
    "rfc2231": ("Archive", "S"),
    "encoded_words": ("Archive", "FS"),
    "thread_1": ("Sent", "RS"),
    "thread_4": ("Sent", "S"),
    "list": ("Lists.Birds", ""),
    "draft": ("Drafts", "DS"),
    "spam": ("Junk", ""),
    "html_only": ("Trash", "S"),
    "invitation": ("", ""),
    "attachments": ("", "FS"),
    "utf8_body": ("", "RS"),
    "report": ("", ""),
}


def messages(kind=None):
    """All stored messages ("nice" or "odd" only, if asked for), in a fixed order."""
    kinds = (kind,) if kind else ("nice", "odd")
    return [(f"{k}/{p.name}", p.read_bytes()) for k in kinds for p in sorted((MAIL / k).glob("*.eml"))]


def _nested(depth, closing):
    """Multiparts in multiparts."""
    head = b"From: deep@example.org\nSubject: %d levels\nMIME-Version: 1.0\n" % depth
    body = b""
    for i in range(depth):
        body += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i)
    body += b"Content-Type: text/plain\n\nat the bottom\n"
    if closing:
        body += b"".join(b"--b%d--\n" % i for i in reversed(range(depth)))
    return head + body


def generated():
    nested_rfc822 = b"".join(b"Subject: %d\nContent-Type: message/rfc822\n\n" % i for i in range(150))
    parts = b"".join(b"--p\nContent-Type: text/plain; name=p%d\n\n%d\n" % (i, i) for i in range(12000))
    flood = b"".join(b";\n n*%d*=utf-8''%%C3%%A4" % i if i == 0 else b";\n n*%d*=%%C3%%A4" % i for i in range(2000))
    return [
        ("generated/nested_120", _nested(120, True)),
        ("generated/nested_1000_open", _nested(1000, False)),
        ("generated/rfc822_150", nested_rfc822 + b"Subject: last\n\nx\n"),
        ("generated/parts_12000", b"Content-Type: multipart/mixed; boundary=p\n\n" + parts + b"--p--\n"),
        ("generated/headers_20000", b"".join(b"X-%d: %d\n" % (i, i) for i in range(20000)) + b"\nx\n"),
        ("generated/header_5MB", b"From: a@example.org\nSubject: " + b"s" * 5000000 + b"\nTo: b@example.org\n\nx\n"),
        ("generated/addresses_50000", b"To: " + b",\n ".join(b"a%d@example.org" % i for i in range(50000)) + b"\n\nx\n"),
        ("generated/address_parens", b"To: " + b"(" * 20000 + b"\nFrom: " + b'"' * 20001 + b"\n\nx\n"),
        ("generated/parameter_flood", b"Content-Type: text/plain" + flood + b"\n\nx\n"),
        ("generated/parameters_1000", b"Content-Type: a/b" + b"".join(b"; p%d=v" % i for i in range(1000)) + b"\n\nx\n"),
        ("generated/encoded_words", b"Subject:" + b"\n =?utf-8?q?a?=" * 5000 + b"\n\nx\n"),
        ("generated/references_5000", b"References:" + b"".join(b"\n <r%d@x>" % i for i in range(5000)) + b"\n\nx\n"),
        ("generated/boundary_1000", b"Content-Type: multipart/mixed; boundary=" + b"b" * 1000 + b"\n\n--" + b"b" * 1000 + b"\n\nx\n"),
        ("generated/dashes", b"Content-Type: multipart/mixed; boundary=-\n\n" + b"---\n-----\n" * 2000),
        ("generated/nul_4096", b"Subject: nul\n\n" + b"\0" * 4096),
        ("generated/all_octets", b"Subject: all octets " + bytes(range(1, 10)) + b"\n\n" + bytes(range(256)) * 16),
    ]


def write_maildir(folder):
    """Writes the nice ones as Maildir++; the same names each time, so that a second import finds nothing new."""
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    for i, (name, data) in enumerate(messages("nice")):
        key = pathlib.PurePath(name).stem
        box, flags = PLACES.get(key, ("", "S"))
        place = folder / f".{box}" if box else folder
        for sub in ("cur", "new", "tmp"):
            (place / sub).mkdir(parents=True, exist_ok=True)
        path = place / "cur" / f"{1700000000 + i}.{key}.demo:2,{flags}"
        path.write_bytes(data)
        date = data.split(b"\n", 3)
        when = next((line[6:] for line in date if line.startswith(b"Date: ")), None)
        if when:
            seconds = email.utils.parsedate_to_datetime(when.decode()).timestamp()
            os.utime(path, (seconds, seconds))
        if box:
            (place / "maildirfolder").touch()
