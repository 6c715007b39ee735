# SPDX-License-Identifier: Apache-2.0
"""Transcripts: the format of tests/imap/*/*.t (tests/README.md is its manual), and the player that holds a conversation
with a server and compares. parse() makes a Script of steps; Player runs one Script against one server."""

import collections
import itertools
import pathlib
import re
import shlex
import socket
import ssl
import sys
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from grammar.imapgrammar import Framer, Violation, parse_response  # noqa: E402

try:
    from grammar.session import SessionChecker
except ImportError:
    SessionChecker = None

MAIL = HERE.parent / "mail"
TIMEOUT = 15.0

LINE = re.compile(r"(?:\[(?P<rev>rev[12])\] )?(?:(?P<conn>[a-z][a-z0-9]*) )?(?P<kind>C:|C=|S:|S~|S!|[A-Z]{4,})(?: (?P<text>.*))?$")
KINDS = {"C:", "C=", "S:", "S~", "S!", "NONE", "SYNC", "CONNECT", "OPEN", "CLOSE", "CLOSED", "STARTTLS", "COMPRESS"}


class Failure(Exception):
    """The test failed: the server did something else."""


class BadScript(Exception):
    """The transcript itself is wrong."""


Step = collections.namedtuple("Step", "number rev conn kind text body")


class Script:
    """A parsed transcript: `revs` to run it in, `engines`, `mailboxes` to preload [(name, what)], `steps`."""

    def __init__(self, name):
        self.name = name
        self.revs = ["rev1", "rev2"]
        self.engines = None
        self.mailboxes = []
        self.needs = []
        self.users = 1
        self.serve = []
        self.config = None
        self.offers = None  # what the relay offers the server that asks at its start: a list; None: that is sent away
        self.relay = None  # not None: the test plays the relay; keys of its section
        self.check_grammar = True
        self.steps = []


def parse(text, name="transcript"):
    """A Script, or BadScript with the line that is wrong."""
    script = Script(name)
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        try:
            _parse_line(script, number, line)
        except BadScript as bad:
            raise BadScript(f"{name}:{number}: {bad}: {line}") from None
    if not script.steps:
        raise BadScript(f"{name}: no steps")
    return script


def _parse_line(script, number, line):
    if not line.strip() or line.startswith("#"):
        return
    if line.startswith("@"):
        if script.steps:
            raise BadScript("@ lines come first")
        _parse_header(script, line[1:].strip())
        return
    if line.startswith(">"):
        if not script.steps or script.steps[-1].body is None:
            raise BadScript("a > line without << above")
        script.steps[-1].body.append(line[2:] if line.startswith("> ") else line[1:])
        return
    found = LINE.match(line)
    if not found or found["kind"] not in KINDS:
        raise BadScript("not a line of a transcript")
    text = found["text"] or ""
    body = [] if re.search(r"<<\+?", text) and found["kind"] in ("C:", "S:", "S~", "S!") else None
    script.steps.append(Step(number, found["rev"], found["conn"] or "main", found["kind"], text, body))


def _parse_header(script, text):
    word, _, rest = text.partition(" ")
    rest = rest.strip()
    if word == "rev":
        if rest not in ("rev1", "rev2", "both", "1", "2"):
            raise BadScript("rev is rev1, rev2 or both")
        script.revs = ["rev1", "rev2"] if rest == "both" else [rest if rest.startswith("rev") else "rev" + rest]
    elif word == "engines":
        script.engines = rest.split()
    elif word == "mailbox":
        words = shlex.split(rest.replace("\\", "\\\\"))
        script.mailboxes.append((words[0], _parse_messages(words[1:])))
    elif word == "needs":
        script.needs += rest.split()
    elif word == "config":
        script.config = (script.config or "") + rest + "\n"
    elif word == "relay":
        script.relay = rest
    elif word == "offers":
        script.offers = (script.offers or []) + [rest]
    elif word == "users":
        script.users = int(rest)
    elif word == "serve":
        script.serve += shlex.split(rest)
    elif word == "grammar" and rest == "off":
        script.check_grammar = False
    else:
        raise BadScript("unknown @ line")


def _parse_messages(words):
    """[(file or number, flags, date)] of `3` or `plain.eml (\\Seen $Foo) "01-Jan-2020 00:00:00 +0000"`."""
    if not words:
        return []
    if len(words) == 1 and words[0].isdigit():
        return [(i, "", None) for i in range(1, int(words[0]) + 1)]
    rest = " ".join(words[1:])
    found = re.fullmatch(r"(?:\(([^)]*)\))? ?(.*)", rest)
    return [(words[0], found[1] or "", found[2] or None)]


def message(which):
    """The bytes of a message to preload: a file of tests/mail/, or number N of the plain generated ones."""
    if isinstance(which, int):
        return (
            f"From: Sender {which} <sender{which}@example.org>\r\nTo: anna@example.org\r\nSubject: Message {which}\r\n"
            f"Date: {1 + (which - 1) % 28:02d} Jan 2024 12:00:00 +0000\r\nMessage-ID: <{which}@example.org>\r\n\r\n"
            f"Body of message {which}.\r\n"
        ).encode()
    found = [p for p in MAIL.rglob(which) if p.is_file()]
    if len(found) != 1:
        raise BadScript(f"no message {which} in tests/mail/")
    return crlf(found[0].read_bytes())


def crlf(data):
    """A lone LF becomes CRLF, as at every entrance of the server."""
    return re.sub(rb"(?<!\r)\n", b"\r\n", data)


# --- what is sent: variables and literals; escapes only inside $lit"..." and in C= lines --------------------------------------------------------------------

ESCAPE = re.compile(r'\\(x[0-9a-fA-F]{2}|[rnt0\\"])')
QUOTED = r'"((?:[^"\\]|\\.)*)"'
VARIABLE = re.compile(r"\$\{(\w+)([+-]\d+)?(?:=((?:[^{}]|\{\d+,?\d*\})*))?\}")
SENT_LITERAL = re.compile(r"\$lit(8?)(\+?)" + QUOTED + r"|\$file(8?)(\+?)\(([^)]+)\)|(<<)(\+?)")


def unescape(text):
    """Bytes of a text with \\r \\n \\t \\0 \\\\ \\" \\xHH; other characters as UTF-8."""

    def one(match):
        word = match.group(1)
        plain = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\", '"': '"'}
        return plain[word] if word in plain else chr(0xDC00 + int(word[1:], 16))

    text = ESCAPE.sub(one, text)
    return b"".join(bytes([ord(c) - 0xDC00]) if 0xDC00 <= ord(c) <= 0xDCFF else c.encode() for c in text)


def body_bytes(step):
    return b"".join(line.encode() + b"\r\n" for line in step.body)


def value_of(match, variables):
    """The value of a ${name}, ${name+1} that is known; a number where something is added."""
    value = variables[match[1]]
    return str(int(value) + int(match[2])) if match[2] else value


def fill(text, variables):
    """${name} replaced in what is sent."""

    def one(match):
        if match[1] not in variables:
            raise BadScript(f"${{{match[1]}}} is not known yet")
        return value_of(match, variables)

    return VARIABLE.sub(one, text)


def sent_parts(text, step, variables):
    """What a C: line sends: [(bytes, None) or (bytes of a literal, "sync" or "now" and its prefix)]."""
    text = fill(text, variables)
    parts, at = [], 0
    for match in SENT_LITERAL.finditer(text):
        parts.append((text[at : match.start()].encode(), None))
        if match[3] is not None:
            data, eight, plus = unescape(match[3]), match[1], match[2]
        elif match[6] is not None:
            data, eight, plus = message(match[6]), match[4], match[5]
        else:
            data, eight, plus = body_bytes(step), "", match[8]
        parts.append((data, ("~" if eight else "", bool(plus))))
        at = match.end()
    parts.append((text[at:].encode(), None))
    return parts


# --- patterns ---------------------------------------------------------------------------------------------------

WORDS = {"any": r"[\s\S]*?", "num": r"\d+", "nz": r"[1-9]\d*", "text": r"[^\r\n]*", "atom": r'[^ (){}"\\\]\r\n]+'}
STRING_WORDS = re.compile(r"\$(lit8?|str|nstr)" + QUOTED)
ANY_STRING = r'(?:"(?:[^"\\\r\n]|\\.)*"|~?\{\d+\}\r\n[\s\S]*?|NIL)'
FREE_TEXT = re.compile(r"(?:[*\w]+ )?(?:OK|NO|BAD|BYE|PREAUTH)(?: \[[\s\S]*\])?\Z")


def _latin(data):
    return data.decode("latin-1")


def _literal_regex(data):
    return r"\{%d\}\r\n%s" % (len(data), re.escape(_latin(data)))


def _string_regex(data, atom=False):
    """The three ways to send a string; the server chooses."""
    ways = [_literal_regex(data), r"~" + _literal_regex(data)]
    if not re.search(rb"[\r\n\0]", data):
        ways.append('"' + re.escape(_latin(re.sub(rb'(["\\])', rb"\\\1", data))) + '"')
    if atom and re.fullmatch(rb"[^\x00-\x20(){}%*\"\\\]\x7f-\xff]+", data):
        ways.append(re.escape(_latin(data)))
    return "(?:" + "|".join(ways) + ")"


def _balanced(text, at):
    """Where the parenthesis that opens at `at` closes."""
    depth = 0
    for i in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    raise BadScript("parenthesis without end")


def _split(text):
    """At commas outside parentheses and quotes."""
    parts, depth, quoted, begin = [], 0, False, 0
    for i, c in enumerate(text):
        if c == '"' and text[i - 1 : i] != "\\":
            quoted = not quoted
        depth += 0 if quoted else {"(": 1, ")": -1}.get(c, 0)
        if c == "," and depth == 0 and not quoted:
            parts.append(text[begin:i].strip())
            begin = i + 1
    return parts + [text[begin:].strip()]


class Pattern:
    """What an S line demands, as a regular expression over the response as latin-1 text, and checks on its groups."""

    def __init__(self, text, step, variables):
        self.step, self.variables = step, variables
        self.captures = []  # (group, variable)
        self.sets = []  # (group, wanted words, exact)
        self.groups = 0
        body = text
        if FREE_TEXT.fullmatch(body) and not body.endswith("$any"):
            body += "$rest"
        self.regex = re.compile(self._compile(body) + r"\r\n\Z")

    def _group(self, inside):
        self.groups += 1
        return f"(?P<g{self.groups}>{inside})"

    def _compile(self, text):
        out, at = [], 0
        while at < len(text):
            piece, at = self._piece(text, at)
            out.append(piece)
        return "".join(out)

    def _piece(self, text, at):
        """(regular expression, where the next piece begins)."""
        rest = text[at:]
        if rest.startswith("{{"):
            end = text.find("}}", at)
            if end < 0:
                raise BadScript("{{ without }}")
            return "(?:" + text[at + 2 : end] + ")", end + 2
        if rest.startswith("<<"):
            return _string_regex(body_bytes(self.step)), at + 2
        if match := VARIABLE.match(rest):
            return self._variable(match), at + match.end()
        if match := STRING_WORDS.match(rest):
            return self._string(match[1], unescape(fill(match[2], self.variables))), at + match.end()
        if match := re.match(r"\$file\(([^)]+)\)", rest):
            return _string_regex(message(match[1])), at + match.end()
        if match := re.match(r"\$(set|has|items|anyorder)\(", rest):
            end = _balanced(text, at + match.end() - 1)
            return self._list(match[1], text[at + match.end() : end]), end + 1
        if rest.startswith("$rest"):
            return r"(?: [^\r\n]*)?", at + 5
        if rest.startswith("$string"):
            return ANY_STRING, at + 7
        if match := re.match(r"\$(any|num|nz|text|atom)", rest):
            return WORDS[match[1]], at + match.end()
        return re.escape(_latin(text[at].encode())), at + 1

    def _variable(self, match):
        name = match[1]
        if name in self.variables:
            return re.escape(_latin(value_of(match, self.variables).encode()))
        if match[2]:
            raise BadScript(f"${{{name}}} is not known yet")
        group = self._group(match[3] or r"[^ (){}\]\r\n\"]+")
        self.captures.append((f"g{self.groups}", name))
        return group

    def _string(self, word, data):
        if word == "lit":
            return _literal_regex(data)
        if word == "lit8":
            return "~" + _literal_regex(data)
        return _string_regex(data, atom=word == "str")

    def _list(self, word, inside):
        if word in ("set", "has"):
            group = self._group(r"[^()\r\n]*")
            wanted = {w.lower() for w in fill(inside, self.variables).split()}
            self.sets.append((f"g{self.groups}", wanted, word == "set"))
            return r"\(" + group + r"\)"
        parts = _split(inside)
        if len(parts) > 6:
            raise BadScript("at most six parts in any order")
        orders = [" ".join(p) for p in itertools.permutations(parts)]
        either = "(?:" + "|".join(self._compile(o) for o in orders) + ")"
        return r"\(" + either + r"\)" if word == "items" else either

    def match(self, raw):
        """True when the response is the one; then the variables it defines are set."""
        found = self.regex.match(_latin(raw))
        if not found:
            return False
        for group, wanted, exact in self.sets:
            if found[group] is None:
                continue
            have = {w.lower() for w in found[group].split()}
            if have != wanted if exact else not wanted <= have:
                return False
        defined = {}
        for group, name in self.captures:
            if found[group] is not None and defined.setdefault(name, found[group]) != found[group]:
                return False
        self.variables.update(defined)
        return True


# --- the conversation -------------------------------------------------------------------------------------------


class Connection:
    """One client connection: sends bytes, cuts what comes into responses, remembers everything for the transcript."""

    def __init__(self, name, port, tls, record, check_grammar):
        self.name, self.record = name, record
        self.sock = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.framer = Framer()
        self.inflate = self.deflate = None
        self.checker = SessionChecker() if SessionChecker and check_grammar else None
        self.check_grammar = check_grammar
        self.tags = collections.deque()  # of commands not yet answered
        self.count = 0
        self.skip = False  # untagged responses that are not asked for may pass
        self.never = []  # patterns that may not come before the next tagged response
        if tls:
            self.start_tls()

    def start_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock)

    def start_compress(self):
        """RFC 4978. What came behind the OK is compressed already."""
        self.inflate, self.deflate = zlib.decompressobj(-15), zlib.compressobj(wbits=-15)
        self.framer.feed(self.inflate.decompress(self.framer.rest()))

    def send(self, data):
        self.record.append((self.name, "C", data))
        if self.deflate:
            data = self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        if self.checker:  # it undoes COMPRESS by itself
            self.checker.client(data)
        self.sock.sendall(data)

    def receive(self, timeout=TIMEOUT):
        """The next response as bytes; None when the server closed the connection."""
        deadline = time.monotonic() + timeout
        while True:
            raw = self.framer.next()
            if raw is not None:
                self.record.append((self.name, "S", raw))
                if self.check_grammar and not self.checker:
                    parse_response(raw)
                return raw
            self.sock.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self.sock.recv(65536)
            except (socket.timeout, TimeoutError):
                raise Failure(f"{self.name}: no response within {timeout} s") from None
            except ConnectionResetError:
                return None
            if not data:
                if self.framer.buffer:
                    raise Failure(f"{self.name}: closed within a response: {bytes(self.framer.buffer[:200])!r}")
                return None
            if self.checker:
                self.checker.server(data)
            self.framer.feed(self.inflate.decompress(data) if self.inflate else data)

    def new_tag(self):
        self.count += 1
        tag = f"{self.name}{self.count}"
        self.tags.append(tag)
        return tag

    def may_pass(self, raw):
        """What `S: ...` lets by."""
        return raw.startswith(b"* ")

    def close(self):
        self.sock.close()


def is_tagged(raw):
    return not raw.startswith((b"* ", b"+"))


class Player:
    """Plays one Script in one revision against a server: `ports` {"imap": N, "imaps": N}, `users` [(name, password)]."""

    def __init__(self, script, rev, ports, users):
        self.script, self.rev, self.ports, self.users = script, rev, ports, users
        self.connections = {}
        self.record = []  # (connection, "C" or "S", bytes)
        self.variables = {"rev": rev}
        for i, (user, password) in enumerate(users, 1):
            suffix = "" if i == 1 else str(i)
            self.variables[f"user{suffix}"], self.variables[f"password{suffix}"] = user, password
        self.step = None

    def play(self):
        """Runs it all; Failure, BadScript or Violation says what went wrong. Returns False if it does not apply."""
        try:
            if not self._preload():
                return False
            for step in self.script.steps:
                if step.rev in (None, self.rev):
                    self.step = step
                    self._run(step)
            self.step = None
            for connection in self.connections.values():
                if connection.checker:
                    connection.checker.check()
            return True
        finally:
            for connection in self.connections.values():
                connection.close()

    def transcript(self):
        """Everything that was said, for a person."""
        lines = []
        for name, who, data in self.record:
            shown = data if len(data) < 4000 else data[:3000] + b" [...] " + data[-500:]
            for line in shown.decode("utf-8", "backslashreplace").replace("\r\n", "\n").rstrip("\n").split("\n"):
                lines.append(f"  {name} {who}: {line}")
        return "\n".join(lines)

    def where(self):
        return f"{self.script.name}:{self.step.number}: {self.step.kind} {self.step.text}" if self.step else self.script.name

    # --- setting the scene ---

    def _preload(self):
        if not self.script.mailboxes and not self.script.needs:
            return True
        setup = self._open("setup", self.users[0])
        if self.script.needs:
            capabilities = self._simple(setup, b"CAPABILITY")
            have = {w for raw in capabilities if raw.upper().startswith(b"* CAPABILITY") for w in raw.upper().split()}
            if any(need.upper().encode() not in have for need in self.script.needs):
                return False
        made = {"INBOX"}
        for name, messages in self.script.mailboxes:
            quoted = ('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"').encode()
            if name not in made:
                self._simple(setup, b"CREATE " + quoted, good=(b"OK", b"NO"))
                made.add(name)
            for which, flags, date in messages:
                words = [b"APPEND", quoted] + ([f"({flags})".encode()] if flags else [])
                words += [f'"{date}"'.encode()] if date else []
                data = message(which)
                tag = setup.new_tag()
                setup.send(tag.encode() + b" " + b" ".join(words) + b" {%d}\r\n" % len(data))
                self._until(setup, lambda raw: raw.startswith(b"+"), tag)
                setup.send(data + b"\r\n")
                self._finish(setup, tag, (b"OK",))
        setup.send(setup.new_tag().encode() + b" LOGOUT\r\n")
        while setup.receive() is not None:
            pass
        setup.close()
        del self.connections["setup"]
        self.record.clear()
        return True

    def _until(self, connection, wanted, tag):
        while True:
            raw = connection.receive()
            if raw is None:
                raise Failure(f"{connection.name}: the server closed the connection")
            if wanted(raw):
                return raw
            if raw.startswith(tag.encode() + b" "):
                raise Failure(f"{connection.name}: {raw!r}")

    def _finish(self, connection, tag, good):
        """Reads to the tagged response of a command; the untagged ones before it."""
        untagged = []
        while True:
            raw = connection.receive()
            if raw is None:
                raise Failure(f"{connection.name}: the server closed the connection")
            if raw.startswith(tag.encode() + b" "):
                connection.tags.remove(tag)
                if raw.split(b" ")[1].strip() not in good:
                    raise Failure(f"{connection.name}: {raw!r}")
                return untagged
            untagged.append(raw)

    def _simple(self, connection, command, good=(b"OK",)):
        tag = connection.new_tag()
        connection.send(tag.encode() + b" " + command + b"\r\n")
        return self._finish(connection, tag, good)

    def _connect(self, name, how):
        tls = how == "tls"
        connection = Connection(
            name, self.ports["imaps" if tls else "imap"], tls, self.record, self.script.check_grammar
        )
        self.connections[name] = connection
        return connection

    def _open(self, name, user):
        """Connects, logs in, and enables IMAP4rev2 where the test runs in rev2."""
        connection = self._connect(name, "plain")
        greeting = connection.receive()
        if greeting is None or not greeting.startswith(b"* OK"):
            raise Failure(f"{name}: greeting {greeting!r}")
        login = 'LOGIN "{}" "{}"'.format(*(w.replace("\\", "\\\\").replace('"', '\\"') for w in user))
        self._simple(connection, login.encode())
        if self.rev == "rev2":
            self._simple(connection, b"ENABLE IMAP4rev2")
        return connection

    def _connection(self, name):
        return self.connections.get(name) or self._open(name, self.users[0])

    # --- steps ---

    def _run(self, step):
        kind = step.kind
        if kind == "CONNECT":
            if step.conn in self.connections:
                self.connections[step.conn].close()
            self._connect(step.conn, step.text or "plain")
        elif kind == "OPEN":
            names = [u for u, _ in self.users]
            user = fill(step.text, self.variables) or names[0]
            self._open(step.conn, self.users[names.index(user)])
        elif kind == "STARTTLS":
            self._connection(step.conn).start_tls()
        elif kind == "COMPRESS":
            self._connection(step.conn).start_compress()
        elif kind == "CLOSE":
            self._connection(step.conn).close()
            del self.connections[step.conn]
        elif kind == "CLOSED":
            self._expect_closed(self._connection(step.conn))
        elif kind in ("NONE", "SYNC"):
            untagged = self._simple(self._connection(step.conn), b"NOOP")
            if kind == "NONE" and untagged:
                raise Failure(f"{step.conn}: NOOP brought {untagged[0]!r}")
        elif kind == "C:":
            self._send(self._connection(step.conn), step)
        elif kind == "C=":
            text = fill(step.text, self.variables)
            end = b"" if text.endswith("\\c") else b"\r\n"
            self._connection(step.conn).send(unescape(text.removesuffix("\\c")) + end)
        else:
            self._expect(self._connection(step.conn), step)

    def _send(self, connection, step):
        tag = connection.new_tag()
        out = tag.encode() + b" "
        for data, literal in sent_parts(step.text, step, self.variables):
            if literal is None:
                out += data
                continue
            prefix, now = literal
            out += f"{prefix}{{{len(data)}{'+' if now else ''}}}\r\n".encode()
            if not now:
                connection.send(out)
                out = b""
                self._await_continuation(connection, tag)
            out += data
        connection.send(out + b"\r\n")

    def _await_continuation(self, connection, tag):
        raw = connection.receive()
        while raw is not None and raw.startswith(b"* "):
            raw = connection.receive()
        if raw is None or not raw.startswith(b"+"):
            raise Failure(f"{connection.name}: wanted a continuation request for {tag}, got {raw!r}")

    def _expect_closed(self, connection):
        raw = connection.receive()
        while raw is not None and connection.skip:
            raw = connection.receive()
        if raw is not None:
            raise Failure(f"{connection.name}: wanted the connection closed, got {raw!r}")
        connection.close()
        del self.connections[connection.name]

    def _expect(self, connection, step):
        if step.kind == "S:" and step.text == "...":
            connection.skip = True
            return
        if step.kind == "S!":
            connection.never.append(step)
            return
        group = [step]
        if step.kind == "S~":
            group = self._group_of(step)
            if group is None:
                return  # handled with its first line
        if any(s.text == "..." for s in group):
            connection.skip = True
        wanted = [s for s in group if s.text != "..."]
        while wanted:
            raw = self._next(connection, wanted)
            found = next((s for s in wanted if self._matches(connection, s, raw)), None)
            if found:
                wanted.remove(found)
                if is_tagged(raw):
                    connection.never.clear()
            elif not (connection.skip and connection.may_pass(raw)):
                raise Failure(f"{connection.name}: wanted {self._wishes(wanted)}\n  got {raw!r}")
        if step.kind == "S:":
            connection.skip = False

    def _next(self, connection, wanted):
        try:
            raw = connection.receive()
        except Failure as failure:
            raise Failure(f"{failure}; wanted {self._wishes(wanted)}") from None
        if raw is None:
            raise Failure(f"{connection.name}: the server closed the connection; wanted {self._wishes(wanted)}")
        for never in connection.never:
            if Pattern(never.text, never, dict(self.variables)).match(raw):
                raise Failure(f"{connection.name}: {raw!r} came; line {never.number} forbids it")
        return raw

    def _wishes(self, wanted):
        return " | ".join(f"{s.text!r} (line {s.number})" for s in wanted)

    def _group_of(self, step):
        """The lines S~ of this connection that stand together; None unless `step` is the first of them."""
        mine = [s for s in self.script.steps if s.rev in (None, self.rev)]
        at = mine.index(step)

        def same(s):
            return s.kind == "S~" and s.conn == step.conn

        if at > 0 and same(mine[at - 1]):
            return None
        return list(itertools.takewhile(same, mine[at:]))

    def _matches(self, connection, step, raw):
        text = step.text
        if re.match(r"(OK|NO|BAD)\b", text):
            if not is_tagged(raw) or not connection.tags:
                return False
            tag = connection.tags[0].encode() + b" "
            if not raw.startswith(tag) or not Pattern(text, step, self.variables).match(raw[len(tag) :]):
                return False
            connection.tags.popleft()
            return True
        return Pattern(text, step, self.variables).match(raw)


__all__ = ["TIMEOUT", "BadScript", "Connection", "Failure", "Pattern", "Player", "Script", "Violation", "body_bytes", "fill", "message", "parse"]
