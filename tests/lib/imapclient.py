#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small blocking IMAP client for tests.

Every response is parsed strictly (tests/grammar); one that no server may send raises `Violation`, with the
transcript of the connection in its text.  Nothing is hidden: commands are written as they go over the wire.

    with ImapClient(host, port, tls='starttls') as c:
        c.login('alice', 'secret')
        untagged, tagged = c.ok('SELECT INBOX')
        c.ok('APPEND INBOX (\\Seen)', Literal(message))         # synchronizing literal
        c.ok('APPEND INBOX', Literal(message, sync=False))      # {n+}
        first, second = c.send('NOOP'), c.send('NOOP')          # pipelining
        c.wait(second), c.wait(first)
        with c.idle() as idle:
            response = idle.next(timeout=5)
"""

import base64
import contextlib
import os
import socket
import ssl
import sys
import time
import zlib
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from grammar.imapgrammar import Reader, Violation, printable     # noqa: E402

Result = namedtuple('Result', 'untagged tagged')


class Literal:
    """A literal argument; `eight` makes it a literal8 (RFC 3516), `sync=False` a {n+} one (RFC 7888)."""

    def __init__(self, data, sync=True, eight=False):
        self.data = data.encode() if isinstance(data, str) else bytes(data)
        self.sync, self.eight = sync, eight

    def header(self):
        return b'%s{%d%s}\r\n' % (b'~' if self.eight else b'', len(self.data), b'' if self.sync else b'+')


class Raw:
    """A part that follows the one before it without a space, such as the ")" after a literal in a list."""

    def __init__(self, text):
        self.text = text


class Closed(Exception):
    """The server closed the connection."""


class UnexpectedResult(AssertionError):
    """A command ended otherwise than the test demands."""


def quote(text):
    """A quoted string."""
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def lax_tls_context():
    """TLS without a check of the name: tests use self-signed certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class ImapClient:
    """One connection.  `tls` is None, 'implicit' or 'starttls'."""

    def __init__(self, host, port, tls=None, context=None, timeout=30, greeting=True, checker=None):
        """`checker` (grammar.session.SessionChecker) sees both directions if given; close() asks it."""
        self.context = context or lax_tls_context()
        self.timeout, self.checker = timeout, checker
        self.reader = Reader()
        self.transcript = []        # (time, 'C' or 'S', bytes)
        self.untagged = []          # responses not yet handed out
        self.tagged = {}            # tag -> tagged response not yet waited for
        self.inflate = self.deflate = None
        self.count = 0
        self.greeting = None
        self.sock = socket.create_connection((host, port), timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls == 'implicit':
            self._wrap()
        if greeting:
            self.greeting = self.read_response()
        if tls == 'starttls':
            self.starttls()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.close(check=kind is None)

    def close(self, check=True):
        """Close without LOGOUT; let the checker judge."""
        self.sock.close()
        if check and self.checker:
            self.checker.check()

    # --- the wire ------------------------------------------------------------------------------------

    def _wrap(self):
        self.sock = self.context.wrap_socket(self.sock)

    def raw(self, data):
        """Send bytes as they are."""
        data = data.encode() if isinstance(data, str) else data
        self.transcript.append((time.time(), 'C', data))
        if self.deflate:
            data = self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        if self.checker:
            self.checker.client(data)
        self.sock.sendall(data)

    def _receive(self, timeout):
        self.sock.settimeout(timeout)
        data = self.sock.recv(262144)
        if not data:
            raise Closed('connection closed by the server\n' + self.transcript_text())
        if self.checker:
            self.checker.server(data)       # it undoes COMPRESS by itself
        self._take(data)

    def _take(self, data):
        """Bytes from the socket to the reader, inflated."""
        self.reader.framer.feed(self.inflate.decompress(data) if self.inflate else data)

    def read_response(self, timeout=None):
        """The next response; socket.timeout if there is none in time, Closed at the end."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            try:
                response = self.reader.next()
            except Violation as violation:
                violation.args = (f'{violation}\n{self.transcript_text()}',)
                raise
            if response is not None:
                self.transcript.append((time.time(), 'S', response.raw))
                return response
            left = deadline - time.monotonic()
            if left <= 0:
                raise socket.timeout('no response in time\n' + self.transcript_text(20))
            try:
                self._receive(left)
            except socket.timeout:
                raise socket.timeout('no response in time\n' + self.transcript_text(20)) from None

    def quiet(self, seconds):
        """Assert that the server says nothing for so long."""
        try:
            response = self.read_response(seconds)
        except socket.timeout:
            return
        raise AssertionError(f'unexpected {response}\n{self.transcript_text()}')

    def transcript_text(self, last=60):
        """The end of the conversation, for a failing test."""
        lines = [f'{who}: {printable(data)}' for _, who, data in self.transcript[-last:]]
        pending = bytes(self.reader.framer.buffer)
        if pending:
            lines.append(f'S (incomplete): {printable(pending)}')
        return '\n'.join(lines)

    # --- commands ----------------------------------------------------------------------------------------

    def new_tag(self):
        self.count += 1
        return f't{self.count}'

    def send(self, *parts, tag=None):
        """Send one command and return its tag; waits only where a synchronizing literal makes it.

        The parts are joined by single spaces: text as it is, Literal, or Raw (no space before it).
        If the server refuses a literal, the command ends there; wait() gives the answer.
        """
        tag = tag or self.new_tag()
        out = bytearray(tag.encode())
        for part in parts:
            if isinstance(part, Raw):
                out += part.text.encode()
                continue
            out += b' '
            if not isinstance(part, Literal):
                out += part if isinstance(part, bytes) else part.encode()
                continue
            out += part.header()
            if part.sync:
                self.raw(bytes(out))
                out.clear()
                if not self._await_continuation(tag):
                    return tag
            out += part.data
        self.raw(bytes(out + b'\r\n'))
        return tag

    def _await_continuation(self, tag):
        """True at "+", False if the command was ended instead."""
        while tag not in self.tagged:
            response = self._dispatch()
            if response.kind == 'continue':
                return True
        return False

    def _dispatch(self, timeout=None):
        """Read one response and file it."""
        response = self.read_response(timeout)
        if response.kind == 'tagged':
            if response.tag in self.tagged:
                raise AssertionError(f'second answer to {response.tag}\n{self.transcript_text()}')
            self.tagged[response.tag] = response
        elif response.kind == 'untagged':
            self.untagged.append(response)
        return response

    def wait(self, tag, timeout=None):
        """(untagged responses since the last wait, tagged response) of a command that was sent."""
        while tag not in self.tagged:
            if self._dispatch(timeout).kind == 'continue':
                raise AssertionError(f'"+" nobody waits for\n{self.transcript_text()}')
        untagged, self.untagged = self.untagged, []
        return Result(untagged, self.tagged.pop(tag))

    def cmd(self, *parts, timeout=None):
        """Send a command and wait for its end, whatever that is."""
        return self.wait(self.send(*parts), timeout)

    def _want(self, state, parts, code):
        result = self.cmd(*parts)
        got = result.tagged.code.name if result.tagged.code else None
        if result.tagged.name != state or (code and got != code):
            raise UnexpectedResult(f'{parts[0]!r}: wanted {state} {code or ""}, got {result.tagged}\n'
                                   f'{self.transcript_text()}')
        return result

    def ok(self, *parts, code=None):
        """cmd() that must end in OK (with that response code)."""
        return self._want('OK', parts, code)

    def no(self, *parts, code=None):
        return self._want('NO', parts, code)

    def bad(self, *parts, code=None):
        return self._want('BAD', parts, code)

    # --- what changes the stream or needs a dialogue ---------------------------------------------------

    def login(self, user, password):
        return self.ok('LOGIN', quote(user), quote(password))

    def authenticate(self, mechanism, answers, initial=None):
        """AUTHENTICATE; `answers` are bytes, or functions of the challenge, one per "+"."""
        parts = ['AUTHENTICATE', mechanism]
        if initial is not None:
            parts.append(base64.b64encode(initial).decode() or '=')     # RFC 4959 section 3
        tag, answers = self.send(*parts), list(answers)
        while tag not in self.tagged:
            response = self._dispatch()
            if response.kind == 'continue':
                answer = answers.pop(0) if answers else b'*'
                if callable(answer):
                    answer = answer(base64.b64decode(response.text))
                self.raw((answer if answer == b'*' else base64.b64encode(answer)) + b'\r\n')
        return self.wait(tag)

    def starttls(self):
        """STARTTLS; nothing the server sent before the handshake may count (RFC 9051 section 6.2.1)."""
        result = self.ok('STARTTLS')
        rest = self.reader.framer.rest()
        if rest.startswith(b'\x15\x03'):  # an alert (RFC 8446 section 6): TLS has begun, and ended
            raise ConnectionAbortedError('the server gave TLS up')
        if rest:
            raise AssertionError(f'plaintext after the answer to STARTTLS: {rest!r}\n{self.transcript_text()}')
        self._wrap()
        return result

    def compress(self):
        """COMPRESS DEFLATE (RFC 4978)."""
        result = self.ok('COMPRESS DEFLATE')
        self.inflate, self.deflate = zlib.decompressobj(-15), zlib.compressobj(wbits=-15)
        self._take(self.reader.framer.rest())
        return result

    def unauthenticate(self):
        """UNAUTHENTICATE (RFC 8437); it ends compression, too."""
        result = self.ok('UNAUTHENTICATE')
        self.inflate = self.deflate = None
        return result

    @contextlib.contextmanager
    def idle(self):
        """IDLE (RFC 2177) as a context; leaving it sends DONE and waits for OK."""
        tag = self.send('IDLE')
        if not self._await_continuation(tag):
            raise UnexpectedResult(f'IDLE refused\n{self.transcript_text()}')
        idle = Idle(self)
        yield idle
        self.raw(b'DONE\r\n')
        idle.result = self.wait(tag)
        if idle.result.tagged.name != 'OK':
            raise UnexpectedResult(f'IDLE ended in {idle.result.tagged}\n{self.transcript_text()}')

    # --- what tests want to know of an answer ------------------------------------------------------------

    @staticmethod
    def fetched(result):
        """{message number or UID: items} of the FETCH and UIDFETCH responses; later ones add to earlier."""
        found = {}
        for response in result.untagged:
            if response.name in ('FETCH', 'UIDFETCH'):
                found.setdefault(response.number, {}).update(response.data)
        return found

    @staticmethod
    def all(result, name):
        """The data of each untagged response of that name (its number where it has no data)."""
        return [r.number if r.data is None else r.data for r in result.untagged if r.name == name]

    @staticmethod
    def codes(result):
        """{name: arguments} of all response codes of a result."""
        return {r.code.name: r.code.args for r in [*result.untagged, result.tagged] if r.code}


class Idle:
    """A running IDLE."""

    def __init__(self, client):
        self.client, self.result = client, None

    def next(self, timeout=10):
        """The next untagged response; the server may have sent some before "+"."""
        if self.client.untagged:
            return self.client.untagged.pop(0)
        response = self.client.read_response(timeout)
        if response.kind != 'untagged':
            raise AssertionError(f'{response} during IDLE\n{self.client.transcript_text()}')
        return response

    def wait_for(self, name, timeout=10):
        """Skip to the next response of that name."""
        while True:
            response = self.next(timeout)
            if response.name == name:
                return response

    def quiet(self, seconds):
        self.client.quiet(seconds)
