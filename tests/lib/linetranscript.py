# SPDX-License-Identifier: Apache-2.0
"""Transcripts of POP3, LMTP and submission (tests/pop3, tests/lmtp, tests/submission): the player of transcript.py for protocols of lines. Connections whose
name begins with `imap` (rev2) or `pop3` speak that, so that a test sees what the other protocol did. tests/README.md is the manual."""

import base64
import re
import socket
import time

import fakerelay
from transcript import TIMEOUT, BadScript, Connection, Failure, Pattern, Player, body_bytes, fill, message

# An answer without its text matches whatever text it has.
SHORT = re.compile(r"\+OK|-ERR(?: \[[A-Z0-9/-]+\])?|\d{3}[ -]?(?:\d\.\d{1,3}\.\d{1,3})?")
DATA = re.compile(r"\$data\(([^)]+)\)")


def stuffed(data):
    """A message as it is sent: dots doubled, and the line that ends it."""
    data = re.sub(rb"(^|\r\n)\.", rb"\1..", data)
    if data and not data.endswith(b"\r\n"):
        data += b"\r\n"
    return data + b".\r\n"


def plain(user, password):
    """The initial response of SASL PLAIN (RFC 4616)."""
    return base64.b64encode(f"\0{user}\0{password}".encode()).decode()


class LineConnection(Connection):
    """One connection of a protocol of lines."""

    def __init__(self, name, port, tls, record):
        super().__init__(name, port, tls, record, False)
        self.buffer = b""

    def receive(self, timeout=TIMEOUT):
        deadline = time.monotonic() + timeout
        while b"\n" not in self.buffer:
            self.sock.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self.sock.recv(65536)
            except (socket.timeout, TimeoutError):
                raise Failure(f"{self.name}: no answer within {timeout} s; so far {self.buffer[:200]!r}") from None
            except ConnectionResetError:
                data = b""
            if not data:
                if self.buffer:
                    raise Failure(f"{self.name}: closed within a line: {self.buffer[:200]!r}")
                return None
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        line += b"\n"
        self.record.append((self.name, "S", line))
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            raise Failure(f"{self.name}: a line without CRLF: {line!r}")
        return line

    def may_pass(self, raw):
        return True


class RelayConnection(LineConnection):
    """A connection that the server has made to the relay, which the test plays."""

    def __init__(self, name, sock, record):
        self.name, self.sock, self.record = name, sock, record
        self.buffer, self.skip, self.never = b"", False, []
        self.checker = self.deflate = None

    def start_tls(self):
        self.sock = fakerelay.server_tls(self.sock)

    def refused_tls(self):
        """The server does not like our certificate."""
        try:
            sock = fakerelay.server_tls(self.sock)
        except OSError:
            return
        # In TLS 1.3 the refusal comes behind our handshake.
        try:
            sock.settimeout(TIMEOUT)
            data = sock.recv(1)
        except OSError:
            data = b""
        if data:
            raise Failure(f"{self.name}: TLS was accepted: {data!r}")


class LinePlayer(Player):
    """Plays a Script of tests/PROTO/."""

    def __init__(self, script, proto, ports, users, relay=None):
        super().__init__(script, "rev2", ports, users)
        self.proto, self.relay = proto, relay
        self.variables["plain"] = plain(*users[0])  # what SASL PLAIN sends

    def _run(self, step):
        if step.kind == "STARTTLS" and step.text == "refused":
            self._connection(step.conn).refused_tls()
            del self.connections[step.conn]
        else:
            super()._run(step)

    def _speaks_imap(self, name):
        return name == "setup" or name.startswith("imap")

    def _proto_of(self, name):
        return next((p for p in ("pop3", "lmtp") if name.startswith(p)), self.proto)

    def _connect(self, name, how):
        if self._speaks_imap(name):
            return super()._connect(name, how)
        if name.startswith("relay"):
            try:
                sock = self.relay.accept(TIMEOUT)
            except TimeoutError:
                raise Failure(f"{name}: nobody has connected") from None
            self.connections[name] = RelayConnection(name, sock, self.record)
            return self.connections[name]
        tls = how == "tls"
        port = self.ports[self._proto_of(name) + ("s" if tls else "")]
        self.connections[name] = LineConnection(name, port, tls, self.record)
        return self.connections[name]

    def _greet_as_relay(self, relay, offers=fakerelay.OFFERS):
        relay.send(b"220 relay.example.net\r\n")
        hello = relay.receive()
        if hello is None or not hello.startswith(b"EHLO "):
            raise Failure(f"{relay.name}: wanted EHLO, got {hello!r}")
        lines = ["relay.example.net", *offers]
        for i, line in enumerate(lines):
            relay.send(f"250{' ' if i == len(lines) - 1 else '-'}{line}\r\n".encode())
        return relay

    def _ask(self, connection, line, good):
        connection.send(line + b"\r\n")
        answer = self._answer(connection)
        if not answer.startswith(good):
            raise Failure(f"{connection.name}: {answer!r}")

    def _answer(self, connection):
        answer = connection.receive()
        while answer is not None and re.match(rb"\d{3}-", answer):
            answer = connection.receive()
        return answer or b""

    def _open(self, name, user):
        if self._speaks_imap(name):
            return super()._open(name, user)
        connection = self._connect(name, "plain")
        if name.startswith("relay"):
            return self._greet_as_relay(connection)
        self._answer(connection)
        if self._proto_of(name) == "pop3":
            self._ask(connection, b"USER " + user[0].encode(), b"+OK")
            self._ask(connection, b"PASS " + user[1].encode(), b"+OK")
        elif self._proto_of(name) == "submission":
            self._ask(connection, b"EHLO client.example.org", b"250")
            self._ask(connection, b"AUTH PLAIN " + plain(*user).encode(), b"235")
        else:
            self._ask(connection, b"LHLO client.example.org", b"250")
        return connection

    def _send(self, connection, step):
        if self._speaks_imap(connection.name):
            super()._send(connection, step)
            return
        text = fill(step.text, self.variables)
        if text == "<<":
            connection.send(stuffed(fill(body_bytes(step).decode(), self.variables).encode()))
        elif match := DATA.fullmatch(text):
            connection.send(stuffed(message(match[1])))
        elif "<<" in text:
            raise BadScript("<< stands alone here")
        else:
            connection.send(text.encode() + b"\r\n")

    def _matches(self, connection, step, raw):
        if self._speaks_imap(connection.name):
            return super()._matches(connection, step, raw)
        text = step.text
        if SHORT.fullmatch(text):
            text += r"{{[^\r\n]*}}"
        return Pattern(text, step, self.variables).match(raw)


__all__ = ["LinePlayer"]
