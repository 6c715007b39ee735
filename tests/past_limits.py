#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Goes past the limits of src/base/limits.h in the protocols, one by one: what lies at a limit works, what lies beyond it is refused as the comment there
says, and the connection goes on unless it says otherwise. Their values are read from that file. docs/limits.md lists, for each limit, where it is
named by a test: here, or in unit tests. tests/past_limits.py [WORDS]: only tests with this in their names."""

import base64
import pathlib
import re
import socket
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "lib"), str(HERE.parent / "tools")]

import quickusers  # noqa: E402
import report  # noqa: E402
from imapclient import Closed, ImapClient, Literal, Raw, UnexpectedResult  # noqa: E402
from limits import values  # noqa: E402
from server import Server, ServerError, program  # noqa: E402

PASSWORD = "secret"
MAILBOXES, SESSIONS = 200, 10  # of an account, of a user, as configured here
CONFIG = f"limits = {{ mailboxes = {MAILBOXES}; sessions_per_user = {SESSIONS}; memory = \"16mb\"; memory_per_user = \"8mb\"; }};\n"
L = values()


class World:
    def __init__(self, server):
        self.server, self.user = server, ""

    def client(self, login=True):
        client = ImapClient("127.0.0.1", self.server.ports["imap"])
        if login:
            client.login(self.user, PASSWORD)
        return client

    def selected(self, messages=1):
        client = self.client()
        client.ok("APPEND INBOX", *[Literal(f"Subject: {i}\r\n\r\nx\r\n", sync=False) for i in range(messages)])
        client.ok("SELECT INBOX")
        return client

    def line(self, protocol):
        """A socket and its lines of input."""
        sock = socket.create_connection(("127.0.0.1", self.server.ports[protocol]), 20)
        return Lines(sock)


class Lines:
    """A connection of lines: POP3, LMTP, submission."""

    def __init__(self, sock):
        self.sock, self.file = sock, sock.makefile("rb")
        self.answer()

    def answer(self):
        """The last line of an answer; b"" at the end."""
        while True:
            line = self.file.readline()
            if line[3:4] != b"-" or not line[:3].isdigit():
                return line

    def ask(self, text):
        self.sock.sendall(text if isinstance(text, bytes) else text.encode() + b"\r\n")
        return self.answer()

    def close(self):
        self.file.close()
        self.sock.close()


def want(line, beginning):
    if not line.startswith(beginning):
        raise AssertionError(f"wanted {beginning!r}, got {line[:300]!r}")


def is_closed(client):
    try:
        while True:
            client.read_response(10)
    except (Closed, ConnectionResetError):
        return True


# --- IMAP: lines, literals, commands ---


def imap_before_log_in(w):
    most = L["IMAP_PREAUTH_COMMAND_MAX"]
    with w.client(login=False) as c:
        c.no("LOGIN", "a" * (most - 40), "b")  # long, and only wrong
        c.bad("LOGIN", "a" * most, "b", code="LIMIT")
        c.no("LOGIN", Literal("a" * (most + 1)), code="TOOBIG")
        c.ok("NOOP")
        tag = c.send("LOGIN", Literal("a" * L["IMAP_PREAUTH_SKIP_MAX"], sync=False), "b")
        assert c.wait(tag).tagged.name == "NO"
        c.raw(f"x LOGIN {{{L['IMAP_PREAUTH_SKIP_MAX'] + 1}+}}\r\n")
        assert is_closed(c)


def imap_errors_before_log_in(w):
    with w.client(login=False) as c:
        for _ in range(L["IMAP_PREAUTH_BAD_MAX"] - 1):
            c.bad("FROB")
        c.raw("x FROB\r\n")
        assert is_closed(c)


def imap_auth_line(w):
    most = L["IMAP_AUTH_LINE_MAX"] // 4 * 4
    with w.client(login=False) as c:
        for size, code in ((most, None), (most + 8, "LIMIT")):
            tag = c.send("AUTHENTICATE PLAIN")
            assert c._await_continuation(tag)
            c.raw(b"A" * size + b"\r\n")
            tagged = c.wait(tag).tagged
            assert tagged.name in ("NO", "BAD") and (tagged.code.name if tagged.code else None) == code, tagged
        c.ok("NOOP")


def imap_line(w):
    most = L["IMAP_LINE_MAX"]
    with w.selected() as c:
        c.ok("SEARCH UID 1" + ",1" * ((most - 30) // 2))
        c.bad("SEARCH UID 1" + ",1" * (most // 2), code="LIMIT")
        c.ok("NOOP")


def imap_line_without_end(w):
    with w.client() as c:
        with socket_dies():
            c.raw(b"a" * (L["LINE_DROP_MAX"] + L["IMAP_LINE_MAX"] + 65536))
        assert is_closed(c)


class socket_dies:
    """The server may close before it has read all."""

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return kind is not None and issubclass(kind, (BrokenPipeError, ConnectionResetError))


def imap_command(w):
    most = L["IMAP_COMMAND_MAX"]
    with w.selected() as c:
        c.no("SEARCH SUBJECT", Literal("a" * (L["SEARCH_NEEDLE_MAX"] + 1)), code="LIMIT")
        c.ok("SEARCH SUBJECT", Literal("a" * L["SEARCH_NEEDLE_MAX"]))
        c.no("SEARCH SUBJECT", Literal("a" * most, sync=False), code="TOOBIG")
        tag = c.send(f"SEARCH SUBJECT {{{L['IMAP_SKIP_MAX'] + 1}}}")
        assert c.wait(tag).tagged.name == "NO"  # nothing of it was sent
        c.ok("NOOP")
        c.raw(f"x SEARCH SUBJECT {{{L['IMAP_SKIP_MAX'] + 1}+}}\r\n")
        assert is_closed(c)


def imap_literals(w):
    most = L["IMAP_LITERALS_MAX"]
    with w.selected() as c:
        literal = [p for _ in range(most) for p in ("SUBJECT", Literal("a", sync=False))]
        c.ok("SEARCH", *literal)
        c.bad("SEARCH", *literal, "SUBJECT", Literal("a", sync=False), code="LIMIT")
        c.ok("NOOP")


def imap_memory(w):
    """Half-sent commands of one user: 8 MiB, and no more."""
    big = L["IMAP_COMMAND_MAX"] - 1000
    clients = [w.client() for _ in range(9)]
    for c in clients:
        c.ok("EXAMINE INBOX")
    answers = []
    for c in clients:
        tag = c.send(f"SEARCH SUBJECT {{{big}}}")
        answers.append(c._await_continuation(tag) or c.wait(tag).tagged.code.name)
    assert answers == [True] * 8 + ["LIMIT"], answers
    clients[0].close()
    while True:  # what it held comes back when the server has seen that it is gone
        tag = clients[8].send(f"SEARCH SUBJECT {{{big}}}")
        if clients[8]._await_continuation(tag):
            break
        clients[8].wait(tag)
    for c in clients[1:]:
        c.close()


# --- IMAP: arguments ---


def many(w, make, most, state="LIMIT", select=True):
    """make(most) is OK; make(most + 1) is refused with that code; the connection goes on."""
    with w.selected() if select else w.client() as c:
        c.ok(make(most))
        result = c.cmd(make(most + 1)).tagged
        if result.name == "OK" or (state and (not result.code or result.code.name != state)):
            raise AssertionError(f"wanted a refusal with {state}, got {result}")
        c.ok("NOOP")


def search_depth(w):
    # Every "(" and NOT is one level.
    with w.selected() as c:
        deep = L["SEARCH_DEPTH_MAX"]
        c.bad("SEARCH " + "(" * (deep + 1) + "ALL" + ")" * (deep + 1))
        c.ok("SEARCH " + "(" * (deep // 4) + "ALL" + ")" * (deep // 4))
        c.ok("NOOP")


def search_keys(w):
    with w.selected() as c:
        c.ok("SEARCH" + " 1" * (L["SEARCH_KEYS_MAX"] - 2))
        tagged = c.cmd("SEARCH" + " 1" * (L["SEARCH_KEYS_MAX"] + 1)).tagged
        assert tagged.name in ("NO", "BAD") and tagged.code.name == "LIMIT", tagged
        c.ok("NOOP")


def fetch_items(w):
    many(w, lambda n: "FETCH 1 (" + " ".join(f"BODY.PEEK[{i + 1}.MIME]" for i in range(n)) + ")", L["FETCH_ITEMS_MAX"])


def id_fields(w):
    with w.client() as c:
        most = L["IMAP_ID_FIELDS_MAX"]
        c.ok("ID (" + " ".join(f'"k{i}" "v"' for i in range(most)) + ")")
        c.bad("ID (" + " ".join(f'"k{i}" "v"' for i in range(most + 1)) + ")")
        c.ok("NOOP")


def object_ids(w):
    with w.selected() as c:
        most = L["OBJECTID_MAX"]
        c.ok("SEARCH EMAILID " + "M" * most)
        c.bad("SEARCH EMAILID " + "M" * (most + 1))
        c.ok("NOOP")


def list_patterns(w):
    many(w, lambda n: 'LIST "" (' + " ".join(["a"] * n) + ")", L["IMAP_PATTERNS_MAX"], select=False)


def list_pattern_length(w):
    with w.client() as c:
        c.ok('LIST "" "' + "*" * (L["LIST_PATTERN_MAX"] + 1) + '"')  # matches no name that can be
        assert not c.all(c.ok('LIST "" "' + "*" * (L["LIST_PATTERN_MAX"] + 1) + '"'), "LIST")
        assert c.all(c.ok('LIST "" "' + "*" * L["LIST_PATTERN_MAX"] + '"'), "LIST")


def comparators(w):
    many(w, lambda n: "COMPARATOR " + " ".join(['"i;octet"'] * n), L["COMPARATORS_MAX"], select=False)


def languages(w):
    many(w, lambda n: "LANGUAGE " + " ".join(["de"] * n), L["LANGUAGE_RANGES_MAX"], select=False)


def contexts(w):
    with w.selected() as c:
        for _ in range(L["CONTEXTS_MAX"]):
            assert not any(r.code and r.code.name == "NOUPDATE" for r in c.ok("SEARCH RETURN (UPDATE) ALL").untagged)
        assert any(r.code and r.code.name == "NOUPDATE" for r in c.ok("SEARCH RETURN (UPDATE) ALL").untagged)
        tags = " ".join(f'"x{i}"' for i in range(L["CONTEXTS_MAX"] + 1))
        assert c.cmd(f"CANCELUPDATE {tags}").tagged.code.name == "LIMIT"


def context_program(w):
    with w.selected() as c:
        words = [p for _ in range(L["CONTEXT_MEMORY"] // 4000 * 2) for p in ("SUBJECT", Literal("a" * 4000, sync=False))]
        result = c.ok("SEARCH RETURN (UPDATE)", *words)
        assert any(r.code and r.code.name == "NOUPDATE" for r in result.untagged), result


def notify_groups(w):
    def make(n):
        return "NOTIFY SET " + " ".join(f"(mailboxes m{i} (MailboxName))" for i in range(n))

    with w.client() as c:
        most = L["NOTIFY_GROUPS_MAX"]
        c.ok(make(most))
        tagged = c.cmd(make(most + 1)).tagged
        assert tagged.name == "NO", tagged
        c.ok("NOOP")


def notify_names(w):
    with w.client() as c:
        names = " ".join(f"{i:x}" for i in range(L["NOTIFY_NAMES_MAX"] + 1))
        assert len(names) < L["IMAP_LINE_MAX"] - 100
        assert c.cmd(f"NOTIFY SET (mailboxes ({names}) (MailboxName))").tagged.name == "NO"
        c.ok("NOOP")


def fetch_later(w):
    with w.selected() as c:
        def items(n):
            return f"NOTIFY SET (selected (MessageNew (BODY.PEEK[HEADER.FIELDS ({'x' * n})]) MessageExpunge))"

        room = L["FETCH_LATER_MAX"] - len("BODY.PEEK[HEADER.FIELDS ()]") - 8
        c.ok(items(room))
        assert c.cmd(items(L["FETCH_LATER_MAX"])).tagged.code.name == "LIMIT"
        c.ok("NOOP")


def uid_batches(w):
    with w.selected() as c:
        least = L["UIDBATCHES_SIZE_MIN"]
        c.ok(f"UIDBATCHES {least}")
        c.no(f"UIDBATCHES {least - 1}", code="TOOFEW")
        batches = L["UIDBATCHES_SPAN_MAX"] // least
        c.ok(f"UIDBATCHES {least} 2:{batches + 1}")
        c.no(f"UIDBATCHES {least} 1:{batches + 1}", code="TOOMANY")
        for i in range(L["UIDBATCHES_REMEMBERED"] + 1):  # the first is forgotten by then
            c.ok(f"UIDBATCHES {least + 1 + i}")
        c.ok(f"UIDBATCHES {least + 1}")


# --- what is kept ---


def keywords(w):
    with w.selected(2) as c:
        most, length = L["KEYWORDS_MAX"], L["KEYWORD_LENGTH_MAX"]
        c.ok(f"STORE 1 +FLAGS.SILENT ({'k' * length})")
        assert c.cmd(f"STORE 1 +FLAGS.SILENT ({'l' * (length + 1)})").tagged.name in ("NO", "BAD")
        names = [f"k{i}" for i in range(most - 1)]
        for first in range(0, len(names), 2000):
            c.ok(f"STORE 1 +FLAGS.SILENT ({' '.join(names[first : first + 2000])})")
        c.no("STORE 2 +FLAGS.SILENT (one-more)", code="LIMIT")
        c.ok("STORE 2 +FLAGS.SILENT (k7)")


def mailbox_names(w):
    with w.client() as c:
        level, depth, whole = L["MAILBOX_LEVEL_MAX"], L["MAILBOX_DEPTH_MAX"], L["MAILBOX_NAME_MAX"]
        c.ok("CREATE " + "a" * level)
        c.no("CREATE " + "b" * (level + 1))
        c.ok("CREATE " + "/".join("d" * depth))
        c.no("CREATE " + "/".join("e" * (depth + 1)))
        name = "/".join(["f" * 100] * 9)
        c.ok("CREATE " + name + "/" + "f" * (whole - len(name) - 1))
        c.no("CREATE " + name + "/" + "g" * (whole - len(name)))
        c.no("SUBSCRIBE " + "h" * (whole + 1))


def mailboxes(w):
    with w.client() as c:
        have = len(c.all(c.ok('LIST "" *'), "LIST"))
        for i in range(MAILBOXES - have):
            c.ok(f"CREATE m{i}")
        c.no("CREATE one-more", code="LIMIT")
        c.no("CREATE m0/one-more", code="LIMIT")
        c.ok("DELETE m1")
        c.ok("CREATE one-more")


def metadata(w):
    with w.client() as c:
        name, value, entries = L["METADATA_NAME_MAX"], L["METADATA_VALUE_MAX"], L["METADATA_ENTRIES_MAX"]
        long = "/private/" + "n" * (name - len("/private/"))
        c.ok(f'SETMETADATA INBOX ({long} "x")')
        assert c.cmd(f'SETMETADATA INBOX ({long}n "x")').tagged.name in ("NO", "BAD")
        c.ok("SETMETADATA INBOX (/private/v", Literal("v" * value, sync=False), Raw(")"))
        c.no("SETMETADATA INBOX (/private/v", Literal("v" * (value + 1), sync=False), Raw(")"))
        for i in range(entries - 2):
            c.ok(f'SETMETADATA INBOX (/private/e{i} "x")')
        c.no('SETMETADATA INBOX (/private/one-more "x")')
        c.ok('SETMETADATA INBOX (/private/e1 "y")')
        named = " ".join(f"/private/q{i}" for i in range(L["IMAP_METADATA_NAMED_MAX"] + 1))
        assert c.cmd(f"GETMETADATA INBOX ({named})").tagged.name in ("NO", "BAD")


def metadata_octets(w):
    with w.client() as c:
        size = L["METADATA_VALUE_MAX"]
        fit = L["METADATA_OCTETS_MAX"] // size - 1
        for i in range(fit):
            c.ok(f"SETMETADATA INBOX (/private/v{i}", Literal("v" * size, sync=False), Raw(")"))
        refused = [c.cmd(f"SETMETADATA INBOX (/private/w{i}", Literal("v" * size, sync=False), Raw(")")).tagged.name for i in range(2)]
        assert refused[-1] == "NO", refused


def append_messages(w):
    with w.client() as c:
        most = L["APPEND_MESSAGES_MAX"]
        c.ok("APPEND INBOX", *[Literal("a: b\r\n\r\n", sync=False)] * most)
        c.no("APPEND INBOX", *[Literal("a: b\r\n\r\n", sync=False)] * (most + 1), code="MESSAGELIMIT")


def append_held(w):
    """More than APPEND keeps in memory: the first messages are written before the last ones come."""
    size, count = 60000, L["APPEND_HELD_MAX"] // 60000 * 2
    with w.client() as c:
        c.ok("APPEND INBOX", *[Literal(b"a: b\r\n\r\n" + b"x" * (size - 8), sync=False)] * count)
        c.ok("EXAMINE INBOX")
        found = c.fetched(c.ok("FETCH 1:* (RFC822.SIZE)"))
        assert len(found) == count and all(row["RFC822.SIZE"] == size for row in found.values())


def keyword_sets(w):
    """Each message with other keywords of fifteen; then what is left of them makes up the messages of a large mailbox, for a sorted context."""
    def meta(n):
        return "(" + " ".join(f"k{i}" for i in range(15) if n >> i & 1) + ")"

    most = L["KEYWORD_SETS_MAX"]
    with w.client() as c:
        for first in range(1, most + 1, 1000):  # besides that of none
            c.ok("APPEND INBOX", *[p for n in range(first, min(first + 1000, most + 1)) for p in (meta(n), Literal("a: b\r\n\r\n", sync=False))])
        c.no("APPEND INBOX", meta(most + 1), Literal("a: b\r\n\r\n", sync=False), code="LIMIT")
        c.ok("APPEND INBOX", meta(most), Literal("a: b\r\n\r\n", sync=False))
        c.ok("EXAMINE INBOX")
        sort = "SORT RETURN (UPDATE) (ARRIVAL) UTF-8 ALL"
        assert not any(r.code and r.code.name == "NOUPDATE" for r in c.ok(sort).untagged)
        for _ in range((L["CONTEXT_SORTED_MAX"] - most) // 1000 + 1):
            c.ok("APPEND INBOX", *[Literal("a: b\r\n\r\n", sync=False)] * 1000)
        c.ok("NOOP")
        assert any(r.code and r.code.name == "NOUPDATE" for r in c.ok(sort).untagged)


def sessions(w):
    clients = [w.client() for _ in range(SESSIONS)]
    with w.client(login=False) as c:
        c.no("LOGIN", w.user, PASSWORD, code="LIMIT")
        clients.pop().ok("LOGOUT")
        for _ in range(100):  # its seat is free when the server has seen the end
            if c.cmd("LOGIN", w.user, PASSWORD).tagged.name == "OK":
                break
        c.ok("NOOP")
    for client in clients:
        client.close()


# --- POP3, LMTP, submission ---


def pop3_line(w):
    c = w.line("pop3")
    most = L["POP3_LINE_MAX"]
    want(c.ask("USER " + "a" * (most - 20)), b"+OK")
    want(c.ask("USER " + "a" * most), b"-ERR")
    want(c.ask("CAPA"), b"+OK")
    c.close()
    c = w.line("pop3")
    with socket_dies():
        c.sock.sendall(b"a" * (L["LINE_DROP_MAX"] + most + 65536))
    want(c.answer(), b"-ERR")
    c.close()


def pop3_errors(w):
    c = w.line("pop3")
    for _ in range(L["POP3_BAD_MAX"]):
        want(c.ask("FROB"), b"-ERR")
    c.ask("FROB")
    assert not c.answer() or not c.answer()
    c.close()


def smtp_lines(w):
    for protocol, hello in (("lmtp", "LHLO"), ("submission", "EHLO")):
        c = w.line(protocol)
        most = L["SMTP_LINE_MAX"]
        want(c.ask(f"{hello} x"), b"250")
        want(c.ask("NOOP " + "a" * (most - 20)), b"250")
        want(c.ask("NOOP " + "a" * most), b"500")
        want(c.ask("NOOP"), b"250")
        with socket_dies():
            c.sock.sendall(b"a" * (L["LINE_DROP_MAX"] + most + 65536))
        want(c.answer(), b"421")
        assert not c.answer()
        c.close()


def smtp_errors(w):
    c = w.line("lmtp")
    for _ in range(L["LMTP_BAD_MAX"]):
        want(c.ask("FROB"), b"5")
    c.ask("FROB")
    want(c.answer(), b"421")
    c.close()


def lmtp_envelope(w):
    c = w.line("lmtp")
    want(c.ask("LHLO x"), b"250")
    path = L["SMTP_PATH_MAX"]
    want(c.ask("MAIL FROM:<" + "a" * (path - 2) + "@b>"), b"250")
    want(c.ask("RSET"), b"250")
    want(c.ask("MAIL FROM:<" + "a" * (path - 1) + "@b>"), b"5")
    params = " ".join(f"X{i}=1" for i in range(L["SMTP_PARAMS_MAX"] + 1))
    want(c.ask(f"MAIL FROM:<a@b> {params}"), b"5")
    want(c.ask("MAIL FROM:<a@b>"), b"250")
    most = L["SMTP_RECIPIENTS_MAX"]
    c.sock.sendall(f"RCPT TO:<{w.user}>\r\n".encode() * (most + 1))
    for _ in range(most):
        want(c.answer(), b"250")
    want(c.answer(), b"452")
    c.close()


def sasl_response(w):
    """What is longer than a request to the auth process may be (AUTH_MESSAGE_MAX) does not get that far."""
    assert L["IMAP_AUTH_LINE_MAX"] < L["AUTH_MESSAGE_MAX"] and L["POP3_LINE_MAX"] < L["AUTH_MESSAGE_MAX"]
    c = w.line("pop3")
    secret = base64.b64encode(b"\0" + w.user.encode() + b"\0" + b"p" * (L["PASSWORD_MAX"] + 1)).decode()
    want(c.ask(f"AUTH PLAIN {secret}"), b"-ERR")
    c.close()


def pop3_header(w):
    """A header in UTF-8 goes out as a surrogate (RFC 6858) to who did not ask for UTF-8, up to so many octets."""
    c = w.line("lmtp")
    want(c.ask("LHLO x"), b"250")
    for more in (-100, 1000):
        want(c.ask("MAIL FROM:<a@b.example> SMTPUTF8"), b"250")
        want(c.ask(f"RCPT TO:<{w.user}>"), b"250")
        want(c.ask("DATA"), b"354")
        fill = b"".join(b"X-%06d: %s\r\n" % (i, b"x" * 88) for i in range((L["POP3_HEADER_MAX"] + more) // 100))
        want(c.ask("Subject: ü\r\n".encode() + fill + b"\r\nx\r\n.\r\n"), b"250")
    c.close()
    c = w.line("pop3")
    want(c.ask(f"USER {w.user}"), b"+OK")
    want(c.ask(f"PASS {PASSWORD}"), b"+OK")
    for number, encoded in ((1, True), (2, False)):
        want(c.ask(f"TOP {number} 0"), b"+OK")
        lines = []
        while not lines or lines[-1] != b".\r\n":
            lines.append(c.file.readline())
        subject = [line for line in lines if line.startswith(b"Subject: ")][0]
        assert subject.isascii() == encoded and (encoded or subject == "Subject: ü\r\n".encode()), subject
    c.close()


# --- URLs ---


def urls_of_one_command(w):
    many(w, lambda n: "URLFETCH " + " ".join(["imap://x/y"] * n), L["IMAP_URLS_MAX"], select=False)


def urls_of_an_append(w):
    """CATENATE: the lines between texts are short enough, and the URLs too many."""
    most, each = L["CATENATE_PARTS_MAX"], 1000
    with w.selected() as c:
        def append(n):
            """n URLs, a text behind each thousand."""
            words = []
            for first in range(0, n, each):
                urls = " ".join(['URL "/INBOX/;UID=1/;SECTION=HEADER"'] * min(each, n - first))
                words += [Raw(f" {urls} TEXT"), Literal("a: b\r\n", sync=False)]
            return c.cmd("APPEND INBOX CATENATE (URL \"/INBOX/;UID=1/;SECTION=HEADER\"", *words, Raw(")")).tagged

        most_of_all = append(most - 1)
        assert most_of_all.name == "OK", most_of_all
        refused = append(most)
        assert refused.name == "NO" and refused.code.name == "LIMIT", refused
        c.ok("NOOP")


# --- large mailboxes, many mailboxes: a server of their own ---


def ranges(w):
    """Every second message of a mailbox matches, then goes: ranges of a context, and of what a view has not told yet."""
    most = L["CONTEXT_RANGES_MAX"]
    assert most == L["VIEW_PENDING_MAX"]
    text = Literal("a:b\r\n\r\n", sync=False)
    at_once, left = L["APPEND_MESSAGES_MAX"] // 2, most + 1
    with w.client() as c, w.client() as other:
        while left:
            n = min(at_once, left)
            c.ok("APPEND INBOX", *[Raw(" (\\Flagged)"), text, text] * n)
            left -= n
        for client in (c, other):
            client.ok("ENABLE QRESYNC")  # VANISHED is short
            client.ok("SELECT INBOX")
        assert not any(r.code and r.code.name == "NOUPDATE" for r in c.ok(f"SEARCH RETURN (UPDATE) UID 1:{2 * most} FLAGGED").untagged)
        assert any(r.code and r.code.name == "NOUPDATE" for r in c.ok("SEARCH RETURN (UPDATE) FLAGGED").untagged)
        c.ok("UNSELECT")
        c.ok("SELECT INBOX")
        c.ok("SEARCH RETURN (SAVE) FLAGGED")
        c.ok("STORE $ +FLAGS.SILENT (\\Deleted)")
        c.ok(f"UID EXPUNGE 1:{2 * most}")
        other.ok("FETCH 2 FLAGS")
        c.ok("EXPUNGE")
        other.no("FETCH 2 FLAGS", code="LIMIT")  # it may not be told now
        other.ok("NOOP")
        other.ok("FETCH 2 FLAGS")


def mailboxes_of_a_search(w):
    most = L["MULTISEARCH_MAILBOXES_MAX"]
    with w.client() as c:
        for first in range(0, most, 1000):
            for i in range(first, first + 1000):
                c.send(f"CREATE m/{i}" if i else "CREATE m")
            c.ok("NOOP")
        c.ok("ESEARCH IN (subtree m) RETURN (COUNT) ALL")
        c.ok("CREATE m/one-more")
        c.no("ESEARCH IN (subtree m) RETURN (COUNT) ALL", code="LIMIT")
        c.ok("ESEARCH IN (mailboxes m) RETURN (COUNT) ALL")


def references(w):
    """Of more references than a THREAD takes only the last one of each message counts."""
    each = L["CARD_REFERENCES_MAX"]
    within = L["THREAD_REFERENCES_FREE"] // each - 10
    beyond = 10 + (within + 20) * L["THREAD_REFERENCES_EACH"] // each + 2

    def fillers(first, n):
        for k in range(first, first + n):
            refs = "\r\n ".join(f"<{k}-{i}@nobody>" for i in range(each))
            yield Literal(f"Message-ID: <f{k}@b>\r\nReferences: {refs}\r\n\r\n", sync=False)

    def child(name):
        refs = "\r\n ".join(f"<{name}-{i}@nobody>" for i in range(each - 1))
        return Literal(f"Message-ID: <{name}@b>\r\nReferences: <root@b>\r\n {refs}\r\n\r\n", sync=False)

    with w.client() as c:
        c.ok("APPEND INBOX", Literal("Message-ID: <root@b>\r\n\r\n", sync=False))
        for first, n in ((0, within), (within, beyond)):
            for at in range(first, first + n, 100):
                c.ok("APPEND INBOX", *fillers(at, min(100, first + n - at)))
            c.ok("APPEND INBOX", child(f"child{first}"))
        c.ok("EXAMINE INBOX")
        threads = c.all(c.ok("THREAD REFERENCES UTF-8 ALL"), "THREAD")[0]
        assert [1, within + 2] in threads and [within + beyond + 3] in threads, (threads[:3], threads[-3:])


LARGE = [ranges, mailboxes_of_a_search, references]
TESTS = [
    imap_before_log_in, imap_errors_before_log_in, imap_auth_line, imap_line, imap_line_without_end, imap_command, imap_literals, imap_memory,
    search_depth, search_keys, fetch_items, id_fields, object_ids, list_patterns, list_pattern_length, comparators, languages, contexts, context_program,
    notify_groups, notify_names, fetch_later, uid_batches, keywords, mailbox_names, mailboxes, metadata, metadata_octets,
    append_messages, append_held, keyword_sets, sessions, pop3_line, pop3_errors, smtp_lines, smtp_errors, lmtp_envelope, sasl_response,
    pop3_header, urls_of_one_command, urls_of_an_append,
]


def main():
    if not program().exists():
        report.failed("limits", f"there is no {program()}: ./dev build makes it")
        report.finish()
    for tests, config in ((TESTS, CONFIG), (LARGE, "")):
        chosen = [t for t in tests if any(word in t.__name__ for word in sys.argv[1:] or [""])]
        if chosen:
            go_past(chosen, config)
    report.finish()


def go_past(chosen, config):
    try:
        with Server("memory", protocols=("imap", "pop3", "lmtp", "submission"), config=config) as server:
            world = World(server)
            quickusers.add(server.data, [f"user{i}" for i in range(len(chosen))], PASSWORD)
            for i, test in enumerate(chosen):
                world.user = f"user{i}"
                name = "limits: " + re.sub("_", " ", test.__name__)
                try:
                    test(world)
                    report.passed(name)
                except (AssertionError, UnexpectedResult, OSError, Closed, AttributeError, KeyError) as error:
                    report.failed(name, re.sub(r"(.{300}).*", r"\1...", f"{type(error).__name__}: {error}")[-3000:])
        report.passed("limits: the server ended well")
    except ServerError as error:
        report.failed("limits", error)


if __name__ == "__main__":
    main()
