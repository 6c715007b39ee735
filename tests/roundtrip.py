#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The corpus and our own mail, odd and generated ones too, in by `starling import`, the first also by APPEND; every message out
again byte for byte (after LF -> CRLF and NUL -> 0x80), with RFC822.SIZE the octets sent, and every ENVELOPE, BODY,
BODYSTRUCTURE and section valid under the strict grammar, in rev1 and in rev2.

    tests/roundtrip.py [--engine local] [--count N]"""

import argparse
import collections
import hashlib
import pathlib
import re
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))

import corpus  # noqa: E402
import mailset  # noqa: E402
import report  # noqa: E402
from grammar.session import SessionChecker  # noqa: E402
from imapclient import ImapClient, Literal, Violation  # noqa: E402
from server import Server, ServerError, program  # noqa: E402

PASSWORD = "roundtrip"
BATCH = 50


def connect(server, user, rev2):
    client = ImapClient("127.0.0.1", server.ports["imap"], checker=SessionChecker(name=user), timeout=120)
    client.login(user, PASSWORD)
    if rev2:
        client.ok("ENABLE IMAP4rev2")
    return client


def digest(data):
    return hashlib.sha256(data).hexdigest()


def compare(wanted, got, what):
    """Both are Counters of digests over named messages: {digest: name}."""
    missing = wanted - got
    extra = got - wanted
    if missing or extra:
        raise AssertionError(f"{what}: {sum(missing.values())} messages do not come back, {sum(extra.values())} others do")


def fetch_bodies(client, count):
    """Every message whole; a Counter of digests. Checks RFC822.SIZE as well."""
    found = collections.Counter()
    sizes = {}
    for first in range(1, count + 1, BATCH):
        last = min(first + BATCH - 1, count)
        result = client.ok(f"FETCH {first}:{last} (RFC822.SIZE BODY.PEEK[])")
        for number, items in client.fetched(result).items():
            body = items["BODY[]"]
            if items["RFC822.SIZE"] != len(body):
                raise AssertionError(f"message {number}: RFC822.SIZE {items['RFC822.SIZE']}, sent {len(body)} octets")
            found[digest(body)] += 1
            sizes[number] = len(body)
    if len(sizes) != count:
        raise AssertionError(f"FETCH answered for {len(sizes)} of {count} messages")
    return found


def fetch_structures(client, count):
    """Every ENVELOPE, BODY and BODYSTRUCTURE: the client parses each strictly and raises Violation."""
    seen = set()
    for first in range(1, count + 1, 4 * BATCH):
        last = min(first + 4 * BATCH - 1, count)
        result = client.ok(f"FETCH {first}:{last} (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE)")
        seen |= set(client.fetched(result))
    if len(seen) != count:
        raise AssertionError(f"FETCH answered for {len(seen)} of {count} messages")


def culprits(server, user, rev2, count):
    """The messages whose structure is not valid, one connection each: for a person to look at."""
    bad = []
    for number in range(1, count + 1):
        client = connect(server, user, rev2)
        try:
            client.ok("EXAMINE INBOX")
            fetch = f"FETCH {number} (ENVELOPE BODY BODYSTRUCTURE)"
            client.ok(fetch)
        except Violation as violation:
            subject = ImapClient("127.0.0.1", server.ports["imap"])
            subject.login(user, PASSWORD)
            subject.ok("EXAMINE INBOX")
            items = subject.fetched(subject.ok(f"FETCH {number} BODY.PEEK[HEADER.FIELDS (Subject)]"))
            bad.append(f"{number} {list(items.values())[0]}: {str(violation).splitlines()[0][:300]}")
            subject.close(check=False)
        client.close(check=False)
    return "\n".join(bad)


def fetch_sections(client, count):
    """Header and text make up the message; parts can be fetched by number, their MIME header too, and partially."""
    for first in range(1, count + 1, BATCH):
        last = min(first + BATCH - 1, count)
        items = "(BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[1] BODY.PEEK[1.MIME] BODY.PEEK[2] BODY.PEEK[1.2] "
        items += "BODY.PEEK[HEADER.FIELDS (Subject From)] BODY.PEEK[HEADER.FIELDS.NOT (Received)] BODY.PEEK[]<7.100>)"
        for number, got in client.fetched(client.ok(f"FETCH {first}:{last} {items}")).items():
            whole = got["BODY[]"]
            if (got["BODY[HEADER]"] or b"") + (got["BODY[TEXT]"] or b"") != whole:
                raise AssertionError(f"message {number}: HEADER and TEXT are not the whole")
            partial = next(v for k, v in got.items() if k.startswith("BODY[]<7"))
            if (partial or b"") != whole[7:107]:
                raise AssertionError(f"message {number}: BODY[]<7.100> is {partial!r}")
            for part in ("BODY[1]", "BODY[2]", "BODY[1.2]"):
                if got.get(part) and got[part] not in whole:
                    raise AssertionError(f"message {number}: {part} is not in the message")


def fetch_binary(client, count):
    """BINARY.SIZE and BINARY of part 1 agree, or the server says UNKNOWN-CTE."""
    for number in range(1, count + 1):
        size = client.cmd(f"FETCH {number} (BINARY.SIZE[1])")
        data = client.cmd(f"FETCH {number} (BINARY.PEEK[1])")
        if size.tagged.name != "OK" or data.tagged.name != "OK":
            code = (size.tagged.code or data.tagged.code)
            if code is None or code.name not in ("UNKNOWN-CTE", "PARSE"):
                raise AssertionError(f"message {number}: BINARY[1]: {size.tagged} {data.tagged}")
            continue
        one = next(iter(client.fetched(size).values()), {}).get("BINARY.SIZE[1]")
        two = next(iter(client.fetched(data).values()), {}).get("BINARY[1]")
        if one is not None and two is not None and one != len(two):
            raise AssertionError(f"message {number}: BINARY.SIZE[1] {one}, BINARY[1] {len(two)} octets")


def check(name, function, *arguments):
    """One result; true when it passed."""
    began = time.monotonic()
    try:
        function(*arguments)
    except (AssertionError, Violation, ServerError, OSError) as failure:
        report.failed(f"roundtrip {name}", str(failure)[:1500])
        return False
    report.passed(f"roundtrip {name} ({time.monotonic() - began:.1f} s)")
    return True


def in_one_mailbox(server, user, label, wanted, structures_only=False):
    """Fetches everything of the user's INBOX in both revisions and compares with the Counter `wanted`."""
    count = sum(wanted.values())
    for rev in ("rev1", "rev2"):
        client = connect(server, user, rev == "rev2")
        exists = client.all(client.ok("EXAMINE INBOX"), "EXISTS")
        if exists != [count]:
            report.failed(f"roundtrip {label} {rev}", f"EXISTS says {exists}, wanted {count}")
            continue
        if not check(f"{label} {rev} structures", fetch_structures, client, count):
            print(culprits(server, user, rev == "rev2", min(count, 500)))
            client.close(check=False)
            continue
        if rev == "rev1":
            check(f"{label} {rev} bodies", lambda c=client: compare(wanted, fetch_bodies(c, count), label))
        else:
            check(f"{label} {rev} sections", fetch_sections, client, min(count, 1000))
            check(f"{label} {rev} binary", fetch_binary, client, min(count, 300))
        check(f"{label} {rev} grammar", client.close)


def import_corpus(server, folder, count):
    messages = corpus.messages()[:count]
    wanted = collections.Counter(digest(corpus.as_sent(data)) for _, data in messages)
    for form, write in (("maildir", corpus.write_maildir), ("mbox", corpus.write_mbox), ("eml", corpus.write_eml)):
        server.add_user(form, PASSWORD)
        path = folder / form
        write(path, count)
        if not check(f"import {form}", server.import_mail, path, form, "INBOX"):
            continue
        if form == "maildir":
            in_one_mailbox(server, form, f"corpus {form}", wanted)
        else:
            client = connect(server, form, False)
            client.ok("EXAMINE INBOX")
            check(f"corpus {form} bodies", lambda: compare_loosely(form, messages, client, len(messages)))
            check(f"corpus {form} grammar", client.close)


def compare_loosely(form, messages, client, count):
    """As compare(), but an mbox cannot say whether its last line had an end."""

    def end(data):
        return data if form == "eml" or data.endswith(b"\r\n") else data + b"\r\n"

    wanted = collections.Counter(digest(end(corpus.as_sent(data))) for _, data in messages)
    exists = client.all(client.ok("STATUS INBOX (MESSAGES)"), "STATUS")
    if f"{count}" not in re.sub(r"[^0-9]", " ", str(exists)).split():
        raise AssertionError(f"STATUS says {exists}, wanted {count}")
    compare(wanted, fetch_bodies(client, count), form)


def twice(server, folder):
    """A second import of the same brings nothing."""
    server.import_mail(folder / "maildir", "maildir", "INBOX")
    with ImapClient("127.0.0.1", server.ports["imap"]) as client:
        client.login("maildir", PASSWORD)
        before = len(list((folder / "maildir" / "cur").iterdir()))
        exists = client.all(client.ok("EXAMINE INBOX"), "EXISTS")
        if exists != [before]:
            raise AssertionError(f"after a second import there are {exists} messages, before {before}")


def append_odd(server):
    """Our own messages by APPEND, as they are."""
    server.add_user("odd", PASSWORD)
    messages = [m for m in mailset.messages() + mailset.generated() if m[1]]
    client = connect(server, "odd", True)  # a rev1 session may not append UTF-8 in headers (RFC 9755 section 4)
    wanted = collections.Counter()
    for name, data in messages:
        eight = b"\0" in data
        result = client.cmd("APPEND INBOX", Literal(data, eight=eight))
        if result.tagged.name == "OK":
            wanted[digest(corpus.as_sent(data))] += 1
        else:
            report.failed(f"roundtrip append {name}", str(result.tagged))
    check("append grammar", client.close)
    in_one_mailbox(server, "odd", "own mail", wanted)


def reopened(server, count):
    """The same after a restart of the server."""
    server.restart()
    messages = corpus.messages()[:count]
    wanted = collections.Counter(digest(corpus.as_sent(data)) for _, data in messages)
    client = connect(server, "maildir", True)
    client.ok("EXAMINE INBOX")
    compare(wanted, fetch_bodies(client, len(messages)), "after a restart")
    client.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="local")
    parser.add_argument("--count", type=int, help="messages of the corpus (default: all)")
    options = parser.parse_args()
    if not program().exists():
        report.failed("roundtrip", f"there is no {program()}: ./dev build makes it")
        report.finish()
    try:
        with tempfile.TemporaryDirectory() as name, Server(options.engine) as server:
            folder = pathlib.Path(name)
            append_odd(server)
            import_corpus(server, folder, options.count)
            check("second import", twice, server, folder)
            if options.engine == "local":
                check("after a restart", reopened, server, options.count)
        report.passed("roundtrip server ended well")
    except (ServerError, corpus.CorpusError) as error:
        report.failed("roundtrip", error)
    report.finish()


if __name__ == "__main__":
    main()
