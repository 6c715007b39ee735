#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of lib/imapproxy.py and lib/imapclient.py against a small scripted server."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
import zlib

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
sys.path.insert(0, os.path.join(TESTS, 'lib'))
from imapclient import Closed, ImapClient, Literal, Raw, UnexpectedResult, Violation     # noqa: E402
from grammar.session import SessionChecker                  # noqa: E402
from imapproxy import ImapProxy, make_certificate           # noqa: E402

BIG = b'0123456789abcdef' * (2 * 1024 * 1024)       # 32 MiB


class FakeServer:
    """Accepts connections; answers each command by its name.  What it does not know gets OK."""

    def __init__(self, context, implicit=False):
        self.context, self.implicit = context, implicit
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.received = bytearray()     # literals of APPEND
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        if self.implicit:
            sock = self.context.wrap_socket(sock, server_side=True)
        self.Session(self, sock).run()

    class Session:
        """One connection."""

        def __init__(self, server, sock):
            self.server, self.sock = server, sock
            self.buffer, self.inflate, self.deflate = b'', None, None

        def send(self, data):
            if self.deflate:
                data = self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
            self.sock.sendall(data)

        def fill(self):
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self.buffer += self.inflate.decompress(data) if self.inflate else data

        def line(self):
            while b'\r\n' not in self.buffer:
                self.fill()
            line, self.buffer = self.buffer.split(b'\r\n', 1)
            return line

        def exactly(self, size):
            pieces, left = [self.buffer[:size]], size - len(self.buffer[:size])
            self.buffer = self.buffer[size:]
            while left:
                self.fill()
                pieces.append(self.buffer[:left])
                left, self.buffer = left - len(pieces[-1]), self.buffer[left:]
            return b''.join(pieces)

        def run(self):
            try:
                self.send(b'* OK hello\r\n')
                while self.command():
                    pass
            except (EOFError, OSError):
                pass
            self.sock.close()

        def command(self):
            line = self.line()
            tag, name = line.split()[:2]
            found = re.search(rb'\{(\d+)(\+?)\}$', line)
            if found:
                if not found.group(2):
                    self.send(b'+ go\r\n')
                self.server.received += self.exactly(int(found.group(1)))
                self.line()
            name = name.upper().decode()
            answer = {
                'LOGOUT': b'* BYE x\r\n', 'BROKEN': b'* LIST (NIL) "/" a\r\n',
                'SELECT': b'* FLAGS ()\r\n* OK [PERMANENTFLAGS ()] x\r\n* 1 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 9] x\r\n',
                'FETCH': b'* 1 FETCH (BODY[] {%d}\r\n%s)\r\n' % (len(BIG), BIG),
            }.get(name, b'')
            if name == 'IDLE':
                self.send(b'+ idling\r\n* OK still here\r\n')
                self.line()
            if name == 'DIE':
                raise EOFError
            code = b'[READ-WRITE] ' if name == 'SELECT' else b''
            self.send(answer + tag + b' OK %sdone\r\n' % code)
            if name == 'STARTTLS':
                self.sock = self.server.context.wrap_socket(self.sock, server_side=True)
            if name == 'COMPRESS':
                self.inflate, self.deflate = zlib.decompressobj(-15), zlib.compressobj(wbits=-15)
            return name != 'LOGOUT'


class Base(unittest.TestCase):
    """A certificate and servers."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.cert, cls.key = make_certificate(cls.folder.name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.cert, cls.key)
        cls.plain, cls.implicit = FakeServer(context), FakeServer(context, implicit=True)

    @classmethod
    def tearDownClass(cls):
        cls.plain.listener.close()
        cls.implicit.listener.close()
        cls.folder.cleanup()

    def proxy(self, server=None, **options):
        return ImapProxy('127.0.0.1', (server or self.plain).port, cert=self.cert, key=self.key, **options)

    def talk(self, client):
        """A conversation with everything that changes the stream."""
        client.login('joe', 'pw')
        client.ok('SELECT a')
        fetched = client.fetched(client.ok('FETCH 1 BODY[]'))
        self.assertEqual(fetched[1]['BODY[]'], BIG)
        client.ok('LOGOUT')


class Proxy(Base):
    """The proxy passes bytes, and judges them."""

    def test_plain(self):
        with self.proxy() as proxy:
            with ImapClient('127.0.0.1', proxy.port) as client:
                self.talk(client)
            proxy.check(at_least=10)

    def test_implicit_tls_on_both_sides(self):
        with self.proxy(self.implicit, tls='implicit', server_tls=True) as proxy:
            with ImapClient('127.0.0.1', proxy.port, tls='implicit') as client:
                self.talk(client)
            proxy.check(at_least=10)

    def test_tls_to_plain(self):
        with self.proxy(tls='implicit') as proxy:
            with ImapClient('127.0.0.1', proxy.port, tls='implicit') as client:
                self.talk(client)
            proxy.check(at_least=10)

    def test_starttls_and_compress(self):
        with self.proxy() as proxy:
            with ImapClient('127.0.0.1', proxy.port, tls='starttls') as client:
                self.assertIsInstance(client.sock, ssl.SSLSocket)
                client.login('joe', 'pw')
                client.compress()
                client.ok('NOOP')
                self.talk(client)
            proxy.check(at_least=10)

    def test_large_upload(self):
        with self.proxy() as proxy:
            with ImapClient('127.0.0.1', proxy.port) as client:
                client.login('joe', 'pw')
                for sync in (True, False):
                    self.plain.received.clear()
                    client.ok('APPEND a', Literal(BIG, sync=sync))
                    self.assertEqual(bytes(self.plain.received), BIG)
            proxy.check()

    def test_violation(self):
        for tls in (None, 'starttls'):
            with self.proxy() as proxy:
                with ImapClient('127.0.0.1', proxy.port, tls=tls) as client:
                    client.login('joe', 'pw')
                    with self.assertRaisesRegex(Violation, r'(?s)LIST \(.*C: t\d BROKEN'):
                        client.ok('BROKEN')
                with self.assertRaisesRegex(AssertionError, r'(?s)1 violations.*connection 1.*without backslash.*C: t\d BROKEN'):
                    proxy.check()

    def test_violation_under_compress(self):
        with self.proxy() as proxy:
            with ImapClient('127.0.0.1', proxy.port) as client:
                client.login('joe', 'pw')
                client.compress()
                self.assertRaises(Violation, client.ok, 'BROKEN')
            self.assertEqual(len(proxy.violations), 1)

    def test_nothing_seen_is_no_success(self):
        with self.proxy() as proxy:
            self.assertRaisesRegex(AssertionError, 'only 0 responses', proxy.check)

    def test_fault_of_the_checker_is_reported(self):
        with self.proxy() as proxy:
            with ImapClient('127.0.0.1', proxy.port) as client:
                client.login('joe', 'pw')
                proxy.connections[0].checker.server = None
                client.ok('NOOP')
            self.assertRaisesRegex(AssertionError, 'the checker failed', proxy.check)

    def test_command_line(self):
        for command, status in (('NOOP', 0), ('BROKEN', 1)):
            report = os.path.join(self.folder.name, 'report')
            with subprocess.Popen([sys.executable, os.path.join(TESTS, 'lib', 'imapproxy.py'), f'127.0.0.1:{self.plain.port}',
                                   '--cert', self.cert, '--key', self.key, '--report', report], stdout=subprocess.PIPE, text=True) as process:
                port = int(process.stdout.readline().rpartition(':')[2])
                with ImapClient('127.0.0.1', port) as client:
                    client.login('joe', 'pw')
                    try:
                        client.ok(command)
                    except Violation:
                        self.assertEqual(status, 1)
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=20)
                self.assertEqual(process.returncode, status)
            with open(report, encoding='utf-8') as text:
                self.assertEqual('VIOLATION' in text.read(), bool(status))


class Client(Base):
    """The test client itself."""

    def test_idle(self):
        with ImapClient('127.0.0.1', self.plain.port) as client:
            client.login('joe', 'pw')
            with client.idle() as idle:
                self.assertEqual(idle.next(5).text, 'still here')
                idle.quiet(0.1)
            self.assertEqual(idle.result.tagged.name, 'OK')

    def test_pipelining(self):
        with ImapClient('127.0.0.1', self.plain.port) as client:
            first, second = client.send('NOOP'), client.send('NOOP')
            self.assertEqual([client.wait(second).tagged.tag, client.wait(first).tagged.tag], [second, first])

    def test_parts(self):
        with ImapClient('127.0.0.1', self.plain.port) as client:
            self.plain.received.clear()
            client.ok('APPEND a (', Raw('\\Seen)'), Literal(b'x', sync=False, eight=True))
            self.assertEqual([data for _, who, data in client.transcript if who == 'C'], [b't1 APPEND a (\\Seen) ~{1+}\r\nx\r\n'])

    def test_wrong_result(self):
        with ImapClient('127.0.0.1', self.plain.port) as client:
            self.assertRaisesRegex(UnexpectedResult, r'(?s)wanted NO.*S: t1 OK', client.no, 'NOOP')
            self.assertRaises(UnexpectedResult, lambda: client.ok('NOOP', code='ALERT'))

    def test_checker_inside(self):
        for tls in (None, 'starttls'):
            checker = SessionChecker()
            with ImapClient('127.0.0.1', self.plain.port, tls=tls, checker=checker) as client:
                client.login('joe', 'pw')
                client.compress()
                client.ok('NOOP')
            self.assertGreater(checker.responses, 3)
            client = ImapClient('127.0.0.1', self.plain.port, tls=tls, checker=SessionChecker())
            client.send('STATUS a (MESSAGES)')
            client.wait('t2' if tls else 't1')
            self.assertRaisesRegex(AssertionError, 'without STATUS', client.close)

    def test_closed(self):
        with ImapClient('127.0.0.1', self.plain.port) as client:
            self.assertRaises(Closed, client.ok, 'DIE')

    def test_timeout(self):
        with ImapClient('127.0.0.1', self.plain.port) as client:
            self.assertRaises(socket.timeout, client.read_response, 0.1)


if __name__ == '__main__':
    unittest.main()
