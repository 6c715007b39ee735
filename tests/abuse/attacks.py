# SPDX-License-Identifier: Apache-2.0
"""The attacks of tests/abuse/all.py: rows of a table, driven by one engine. An attacker keeps some connections, each brought into its state by
`before`, and writes `payload` to all of them as fast as the server takes it, again and again; what the server ends is opened anew. It reads what
comes, or leaves it where it is (`reads=False`: the slow reader). `once`: the payload goes out once, then the connection is held.

An attacker is a process of its own, so that it can be stopped and continued: held to a share of a core once its connections are there."""

import base64
import dataclasses
import itertools
import multiprocessing
import re
import selectors
import socket
import ssl
import time
import zlib

PASSWORD = "secret"
LOGIN = (b"a LOGIN mallory secret\r\n", b"a OK")
SELECT = (b"b SELECT big\r\n", b"b OK")
ODD = (b"b SELECT odd\r\n", b"b OK")
SASL = base64.b64encode(b"\0mallory\0secret")
POP3_IN = ((b"USER mallory\r\n", b"+OK"), (b"PASS secret\r\n", b"+OK"))
LMTP_IN = ((b"LHLO evil.example\r\n", b"250 "),)


@dataclasses.dataclass
class Attack:
    name: str
    protocol: str
    payload: object  # octets, or a function of a counter that gives them
    before: tuple = ()  # (what is sent, what the answer must hold)
    connections: int = 8
    reads: bool = True
    once: bool = False
    piece: int = 0  # so many octets at a time, and a rest between: the slow writer
    spread: bool = False  # from many addresses of loopback
    answer: bytes = b""  # a pattern that must stand in what the server says
    per_connection: int = 256 << 10  # octets of memory that a connection may cost
    fixed: int = 64 << 20  # and all of them together beyond that: heaps that grow, caches, mapped mail
    tls: bool = False
    long: bool = False  # only in the full campaign
    burns: bool = False  # touches no server, and uses all the processor time that it gets


def deflated(octets):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(octets) + packer.flush(zlib.Z_SYNC_FLUSH)


def numbered(text):
    """A payload with a number in it, for what must differ each time."""
    return lambda i: text.replace(b"%d", b"%d" % i)


COMPRESS = (b"c COMPRESS DEFLATE\r\n", b"c OK")
NESTED = b"x SEARCH " + b"NOT (" * 900 + b"ALL" + b")" * 900 + b"\r\n"
# What anybody costs who has a tenth of a core of this machine: all attacks are held against it.
CONTROL = Attack("nothing but a tenth of a core", "imap", b"", connections=0, burns=True, long=True)
STARS = b'x LIST "" "' + b"*a" * 500 + b'*b"\r\n'
BIG_SET = b"x FETCH " + b",".join(b"%d" % n for n in range(1, 12000, 2)) + b" FLAGS\r\n"

ATTACKS = [
    # --- before log-in ---
    Attack("endless tag", "imap", b"a" * 65536, answer=b"BYE .LIMIT"),
    Attack("endless line of LMTP", "lmtp", b"a" * 65536, answer=b"421"),
    Attack("endless line of POP3", "pop3", b"a" * 65536, answer=b"-ERR"),
    Attack("endless line of submission", "submission", b"a" * 65536, answer=b"421"),
    Attack("parentheses before log-in", "imap", b"a FETCH " + b"(" * 8000 + b"\r\n", answer=b"too many"),
    Attack("literals before log-in", "imap", b"a LOGIN " + b"{8000+}\r\n" + b"x" * 8000 + b" {8000+}\r\n" + b"x" * 8000 + b"\r\n",
           answer=b"TOOBIG|BYE"),
    Attack("pipelined CAPABILITY, unread", "imap", b"a CAPABILITY\r\n" * 4000, connections=500, reads=False, spread=True, per_connection=64 << 10),
    Attack("pipelined CAPA, unread", "pop3", b"CAPA\r\n" * 8000, connections=500, reads=False, spread=True, per_connection=64 << 10),
    Attack("pipelined EHLO, unread", "submission", b"EHLO a\r\n" * 8000, connections=500, reads=False, spread=True, per_connection=64 << 10),
    Attack("pipelined NOOP before log-in", "imap", b"a NOOP\r\n" * 8000, answer=b"a OK"),
    Attack("half-open connections", "imap", b"", connections=2000, once=True, spread=True, per_connection=16 << 10),
    Attack("half commands", "imap", b"a LOGIN {8000+}\r\n" + b"x" * 7900, connections=500, once=True, spread=True, per_connection=64 << 10),
    Attack("slow writers", "imap", b"a NOOP\r\n", connections=500, piece=1, spread=True, per_connection=64 << 10),
    Attack("half-open TLS", "imaps", b"\x16\x03\x01\x02\x00\x01\x00", connections=500, once=True, spread=True, per_connection=64 << 10),
    Attack("TLS handshakes", "imaps", b"", connections=4, tls=True, per_connection=128 << 10),
    Attack("wrong passwords", "imap", numbered(b"a LOGIN bystander%d wrong\r\n"), connections=200, spread=True, answer=b"AUTHENTICATIONFAILED",
           fixed=192 << 20),
    Attack("wrong passwords by POP3", "pop3", numbered(b"USER nobody%d\r\nPASS wrong\r\n"), connections=50, spread=True, fixed=192 << 20),
    Attack("exchanges without end", "imap", b"a AUTHENTICATE PLAIN\r\n*\r\n" * 100, spread=True, answer=b"a BAD"),
    Attack("recipients without end", "lmtp", b"MAIL FROM:<a@b>\r\n" + b"RCPT TO:<mallory>\r\n" * 1200 + b"RSET\r\n", LMTP_IN, answer=b"452"),
    Attack("message without end", "lmtp", b"x" * 65000 + b"\r\n", (*LMTP_IN, (b"MAIL FROM:<a@b>\r\n", b"250"), (b"RCPT TO:<mallory>\r\n", b"250"),
           (b"DATA\r\n", b"354")), connections=4, per_connection=24 << 20),
    # --- by a user ---
    Attack("endless line after log-in", "imap", b"a" * 65536, (LOGIN,), answer=b"BYE .LIMIT"),
    Attack("pipelined NOOP", "imap", b"a NOOP\r\n" * 8000, (LOGIN,), answer=b"a OK"),
    Attack("literals within a command", "imap", b"x SEARCH" + b" SUBJECT {1+}\r\na" * 300 + b"\r\n", (LOGIN, SELECT), answer=b"LIMIT|literals"),
    Attack("big commands", "imap", b"x SEARCH SUBJECT {900000+}\r\n" + b"a" * 900000 + b"\r\n", (LOGIN, SELECT), per_connection=8 << 20),
    Attack("half commands of a user", "imap", b"x SEARCH SUBJECT {1000000+}\r\n" + b"a" * 999000, (LOGIN, SELECT), connections=100, once=True,
           per_connection=2 << 20),
    Attack("slow readers", "imap", b"x FETCH 1:* (BODY.PEEK[] ENVELOPE BODYSTRUCTURE)\r\n" * 50, (LOGIN, SELECT), connections=100, reads=False,
           per_connection=1 << 20),
    Attack("slow readers of decoded parts", "imap", b"x FETCH 1:* BINARY.PEEK[1]\r\n", (LOGIN, (b"b SELECT base64\r\n", b"b OK")), connections=40,
           reads=False, per_connection=1 << 20, fixed=512 << 20),
    Attack("slow readers of POP3", "pop3", b"RETR 1\r\n" * 5000, POP3_IN, connections=20, reads=False, per_connection=1 << 20),
    Attack("headers without end", "imap", b"x" * 65000 + b"\r\n", (LOGIN, (b"x APPEND INBOX {120000000}\r\n", b"+ ")), connections=30, per_connection=1 << 20,
           fixed=128 << 20),
    Attack("deep search", "imap", NESTED, (LOGIN, SELECT), per_connection=2 << 20),
    Attack("wide search", "imap", b"x SEARCH" + b" NOT SEEN" * 7000 + b"\r\n", (LOGIN, SELECT), per_connection=8 << 20),
    Attack("search of bodies", "imap", b"x SEARCH TEXT zzz TEXT yyy BODY xxx\r\n", (LOGIN, SELECT), per_connection=2 << 20),
    Attack("stars in LIST", "imap", STARS, (LOGIN,), per_connection=2 << 20),
    Attack("SORT again and again", "imap", b"x SORT (SUBJECT FROM TO CC ARRIVAL) UTF-8 ALL\r\n", (LOGIN, ODD), per_connection=4 << 20),
    Attack("THREAD again and again", "imap", b"x THREAD REFERENCES UTF-8 ALL\r\n", (LOGIN, ODD), per_connection=16 << 20),
    Attack("THREAD, unread", "imap", b"x THREAD REFERENCES UTF-8 ALL\r\n" * 20, (LOGIN, ODD), connections=50, reads=False, per_connection=16 << 20),
    Attack("sets of numbers", "imap", BIG_SET, (LOGIN, SELECT), per_connection=4 << 20),
    Attack("odd messages", "imap", b"x FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (X-A)])\r\n", (LOGIN, (b"b SELECT mime\r\n", b"b OK")),
           per_connection=8 << 20),
    Attack("COMPRESS bomb of NOOPs", "imap", deflated(b"a NOOP\r\n" * 500000), (LOGIN, COMPRESS), connections=4, per_connection=1 << 20),
    Attack("COMPRESS bomb of one line", "imap", deflated(b"a" * (32 << 20)), (LOGIN, COMPRESS), connections=4, per_connection=1 << 20),
    Attack("keywords", "imap", numbered(b"x STORE 1:3 +FLAGS (k%d)\r\n"), (LOGIN, SELECT), connections=2, answer=b"x (OK|NO)"),
    Attack("annotations", "imap", lambda i: b'x SETMETADATA "" (/private/a%d {60000+}\r\n' % i + b"m" * 60000 + b")\r\n", (LOGIN,), connections=2,
           answer=b"METADATA", per_connection=2 << 20),
    Attack("contexts", "imap", numbered(b"x%d SEARCH RETURN (UPDATE) ALL\r\n"), (LOGIN, SELECT), connections=20, answer=b"NOUPDATE", per_connection=4 << 20),
    Attack("NOTIFY again and again", "imap", b"x NOTIFY SET (subtree \"\" (MessageNew MessageExpunge FlagChange MailboxName))\r\n", (LOGIN,),
           per_connection=2 << 20),
    Attack("mailboxes", "imap", numbered(b"x CREATE many/m%d\r\n"), (LOGIN,), connections=2, answer=b"x (OK|NO)"),
]


class Wire:
    """One connection of an attacker."""

    def __init__(self, attack, port, number):
        self.attack, self.port, self.number = attack, port, number
        self.sock = None
        self.out, self.at = b"", 0
        self.sent = self.opened = 0
        self.heard = bytearray()
        self.rest_until = 0.0

    def open(self, seconds=10.0):
        """Connects and goes through `before`."""
        self.close()
        sock = socket.socket()
        sock.settimeout(seconds)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)  # our kernel is the server's: what waits on our side must not fill it
        if not self.attack.reads:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        if self.attack.spread:
            n = self.number
            sock.bind((f"127.{1 + n // 200 % 200}.{n % 200}.9", 0))
        sock.connect(("127.0.0.1", self.port))
        self.opened += 1
        if self.attack.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            sock = context.wrap_socket(sock)
            self.sent += 600  # about what a handshake sends
        elif self.attack.protocol != "imaps" and (self.attack.before or not self.attack.once):
            self.expect(sock, b"\r\n")
        for out, answer in self.attack.before:
            sock.sendall(out)
            self.sent += len(out)
            self.expect(sock, answer)
        sock.setblocking(False)
        self.sock, self.out, self.at = sock, b"", 0

    def expect(self, sock, pattern):
        got = b""
        while pattern not in got:
            more = sock.recv(65536)
            if not more:
                raise ConnectionError(f"closed after {got[-300:]!r}")
            got += more
        self.heard += got[:2000]

    def close(self):
        if self.sock:
            self.sock.close()
        self.sock = None

    def write(self, number):
        """Some of the payload. False: it is at its end (`once`)."""
        attack = self.attack
        if self.at >= len(self.out):
            if attack.once and self.out:
                return False
            self.out = attack.payload(next(number)) if callable(attack.payload) else attack.payload
            self.at = 0
            if not self.out:
                return False
        n = self.sock.send(memoryview(self.out)[self.at : self.at + (attack.piece or 1 << 20)])
        self.at += n
        self.sent += n
        return True

    def read(self):
        """False: the server closed."""
        more = self.sock.recv(1 << 18)
        if len(self.heard) < 1 << 20:
            self.heard += more
        return bool(more)


class Attacker:
    """Runs an attack until it is told to end."""

    def __init__(self, attack, port, connections, first=0):
        self.attack = attack
        self.sent = multiprocessing.Value("d", 0.0, lock=False)  # octets so far; for whoever started the process
        self.is_ready = multiprocessing.Event()  # all connections are there
        self.wires = [Wire(attack, port, i) for i in range(connections)]
        self.selector = selectors.DefaultSelector()
        self.number = itertools.count(first)
        self.refused = 0
        self.closed = 0

    def join(self, wire):
        try:
            wire.open()
        except OSError:
            self.refused += 1
            wire.close()
            return
        events = selectors.EVENT_WRITE | (selectors.EVENT_READ if self.attack.reads else 0)
        self.selector.register(wire.sock, events, wire)

    def leave(self, wire):
        self.selector.unregister(wire.sock)
        wire.close()

    def serve(self, wire, mask):
        """One connection that can go on."""
        try:
            if mask & selectors.EVENT_READ and not wire.read():
                raise ConnectionError
            if mask & selectors.EVENT_WRITE and not wire.write(self.number):
                if self.attack.tls:
                    raise ConnectionError
                watch = selectors.EVENT_READ if self.attack.reads else 0
                if watch:
                    self.selector.modify(wire.sock, watch, wire)
                else:
                    self.selector.unregister(wire.sock)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            self.closed += 1
            self.leave(wire)
            self.join(wire)

    def is_answered(self):
        """Whether the server has said what it must."""
        return not self.attack.answer or any(re.search(self.attack.answer, w.heard) for w in self.wires)

    def run(self, time_is_over):
        late = time.monotonic() + 20

        def is_over():
            return time_is_over() and (self.is_answered() or time.monotonic() > late)

        for wire in self.wires:
            if is_over():
                break
            self.join(wire)
        self.is_ready.set()
        while self.attack.burns and not is_over():
            sum(range(1000))
        while not is_over():
            self.sent.value = sum(w.sent for w in self.wires)
            if not self.selector.get_map():
                time.sleep(0.02)
                for wire in self.wires:
                    if not wire.sock and not is_over():
                        self.join(wire)
                continue
            ready = self.selector.select(0.05)
            for key, mask in ready:
                self.serve(key.data, mask)
            if self.attack.piece:
                time.sleep(0.01)

    def report(self):
        return {
            "sent": sum(w.sent for w in self.wires),
            "opened": sum(w.opened for w in self.wires),
            "held": sum(w.sock is not None for w in self.wires),
            "refused": self.refused,
            "closed": self.closed,
            "heard": b"".join(bytes(w.heard) for w in self.wires)[: 4 << 20],
        }
