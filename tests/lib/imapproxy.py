#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An IMAP proxy that judges the server: real clients talk through it, the session checker listens.

    with ImapProxy(host, port) as proxy:
        run_client('127.0.0.1', proxy.port)
        proxy.check()               # AssertionError with every violation and its transcript

Client side: plain, or tls='implicit'; STARTTLS works either way, ended here on both sides.  Server side: plain,
or server_tls=True.  COMPRESS passes through (the checker inflates a copy).  A certificate is made if none is given.

One thread a connection: an SSL object must not be used by two threads at once.
"""

import argparse
import os
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from grammar.session import SessionChecker      # noqa: E402

CHUNK = 256 * 1024
HIGH_WATER = 4 * 1024 * 1024    # unsent octets above which the other side is not read
HANDSHAKE_TIMEOUT = 20


def make_certificate(folder):
    """A self-signed certificate for localhost: (cert file, key file)."""
    cert, key = os.path.join(folder, 'proxy.crt'), os.path.join(folder, 'proxy.key')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                    '-days', '30', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
                    '-out', cert, '-keyout', key], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return cert, key


class Peer:
    """One side of a connection: a non-blocking socket, plain or TLS, and what waits to be sent to it."""

    def __init__(self, sock):
        self.sock, self.out = sock, bytearray()
        self.wants_write = False    # TLS may need to write in order to read
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fileno(self):
        return self.sock.fileno()

    def wrap(self, context, server_side):
        """TLS handshake, blocking."""
        self.sock.settimeout(HANDSHAKE_TIMEOUT)
        self.sock = context.wrap_socket(self.sock, server_side=server_side)
        self.sock.setblocking(False)

    def receive(self):
        """What can be read now; None at the end, b'' if nothing is there."""
        self.wants_write = False
        try:
            return self.sock.recv(CHUNK) or None
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError):
            return b''
        except ssl.SSLWantWriteError:
            self.wants_write = True
            return b''
        except OSError:
            return None

    def flush(self):
        """Send what can be sent now; False if the peer is gone."""
        while self.out:
            try:
                # A bounded copy: del from a bytearray's front is cheap, a copy of megabytes is not.
                sent = self.sock.send(bytes(self.out[:CHUNK]))
            except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return True
            except OSError:
                return False
            del self.out[:sent]
        return True

    def drain(self, seconds=10):
        """Send everything, waiting where it must."""
        deadline = time.monotonic() + seconds
        while self.out and self.flush() and self.out and time.monotonic() < deadline:
            select.select([], [self], [], 0.2)


class Connection(threading.Thread):
    """One client, one server connection, one checker."""

    def __init__(self, proxy, client_sock, name):
        super().__init__(daemon=True)
        self.proxy, self.client_sock = proxy, client_sock
        self.checker = SessionChecker(name, proxy.extra_codes)
        self.broken = False         # the checker failed; that is reported, the bytes still flow

    def run(self):
        try:
            server_sock = socket.create_connection(self.proxy.server, HANDSHAKE_TIMEOUT)
            self.client, self.server = Peer(self.client_sock), Peer(server_sock)
            if self.proxy.server_tls:
                self.server.wrap(self.proxy.client_context, False)
            if self.proxy.tls == 'implicit':
                self.client.wrap(self.proxy.server_context, True)
            for peer in (self.client, self.server):
                peer.sock.setblocking(False)
            self._loop()
        except (OSError, ssl.SSLError) as error:
            self.proxy.errors.append(f'{self.checker.name}: {error}')
        finally:
            self._close()

    def _close(self):
        for peer in (getattr(self, 'client', None), getattr(self, 'server', None)):
            if peer:
                peer.drain(2)
                peer.sock.close()
        self.client_sock.close()

    def _loop(self):
        """Move bytes until one side ends; the other still gets what is on its way."""
        while not self.proxy.stopping:
            readers = [peer for peer, other in ((self.client, self.server), (self.server, self.client))
                       if len(other.out) < HIGH_WATER]
            writers = [peer for peer in (self.client, self.server) if peer.out or peer.wants_write]
            ready, writable, _ = select.select(readers, writers, [], 0.5)
            for peer in writable:
                if not peer.flush():
                    return
            # select() does not see what TLS has already decrypted: read until there is no more.
            for peer in readers:
                if (peer in ready or peer in writable) and not self._move(peer):
                    return

    def _move(self, peer):
        """Everything readable from one side to the other; False at its end."""
        other, see = (self.server, self.checker.client) if peer is self.client else (self.client, self.checker.server)
        while True:
            data = peer.receive()
            if data is None:
                if peer is self.server:
                    self._see(lambda _: self.checker.closed(), b'')
                return False
            if not data:
                return True
            tls_before = self.checker.tls_started
            self._see(see, data)
            other.out += data
            if self.checker.tls_started and not tls_before:
                self._start_tls()
            elif not other.flush():
                return False
            if len(other.out) >= HIGH_WATER and not getattr(peer.sock, 'pending', int)():
                return True

    def _see(self, see, data):
        if self.broken:
            return
        try:
            see(data)
        except Exception:       # a fault of the checker must be reported, not hidden in a thread
            self.broken = True
            self.checker.complain('the checker failed: ' + traceback.format_exc())

    def _start_tls(self):
        """The server's OK goes to the client, then both handshakes (RFC 9051 section 6.2.1)."""
        self.client.drain()
        self.server.wrap(self.proxy.client_context, False)
        self.client.wrap(self.proxy.server_context, True)


class ImapProxy:
    """Listens on a free port of loopback (`port`) and forwards to `host`:`port`."""

    def __init__(self, host, port, tls=None, cert=None, key=None, server_tls=False, extra_codes=(), listen_port=0):
        self.server, self.tls, self.server_tls = (host, port), tls, server_tls
        self.extra_codes = extra_codes
        self.connections, self.errors, self.stopping = [], [], False
        self.folder = None
        if not cert:
            self.folder = tempfile.mkdtemp(prefix='imapproxy')
            cert, key = make_certificate(self.folder)
        self.server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server_context.load_cert_chain(cert, key)
        self.client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client_context.check_hostname = False
        self.client_context.verify_mode = ssl.CERT_NONE
        self.certificate = cert
        self.listener = socket.create_server(('127.0.0.1', listen_port), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _accept(self):
        while not self.stopping:
            try:
                sock, address = self.listener.accept()
            except OSError:
                return
            connection = Connection(self, sock, f'connection {len(self.connections) + 1} from port {address[1]}')
            self.connections.append(connection)
            connection.start()

    def wait(self, seconds=5):
        """Wait until the clients that are connected have gone."""
        deadline = time.monotonic() + seconds
        for connection in list(self.connections):
            connection.join(max(0, deadline - time.monotonic()))

    def stop(self):
        """End all connections."""
        self.wait(1)
        self.stopping = True
        self.listener.close()
        for connection in list(self.connections):
            connection.join(5)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def violations(self):
        """All findings so far: (connection, finding)."""
        return [(c.checker.name, finding) for c in self.connections for finding in c.checker.violations]

    @property
    def responses(self):
        """How many responses were checked; a test that saw none has tested nothing."""
        return sum(connection.checker.responses for connection in self.connections)

    def report(self):
        """Text about every violation."""
        return '\n\n'.join(f'{name}: {finding}' for name, finding in self.violations)

    def check(self, at_least=1):
        """AssertionError if a server response broke a rule, or if fewer responses were seen than expected."""
        self.wait()
        if self.violations:
            raise AssertionError(f'{len(self.violations)} violations\n\n{self.report()}')
        if self.responses < at_least:
            raise AssertionError(f'only {self.responses} responses were seen')


def main():
    """The command line: run until SIGINT or SIGTERM, write the report, exit 1 if there is one."""
    parser = argparse.ArgumentParser(description='IMAP proxy that checks the server')
    parser.add_argument('server', help='HOST:PORT')
    parser.add_argument('--listen-port', type=int, default=0)
    parser.add_argument('--tls', action='store_true', help='implicit TLS towards the client')
    parser.add_argument('--server-tls', action='store_true', help='implicit TLS towards the server')
    parser.add_argument('--cert')
    parser.add_argument('--key')
    parser.add_argument('--report', default='imapproxy.report', help='file for the violations')
    args = parser.parse_args()
    host, _, port = args.server.rpartition(':')
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with ImapProxy(host, int(port), 'implicit' if args.tls else None, args.cert, args.key, args.server_tls,
                   listen_port=args.listen_port) as proxy:
        print(f'listening on 127.0.0.1:{proxy.port}', flush=True)
        ended.wait()
        proxy.stop()
        with open(args.report, 'w', encoding='utf-8') as report:
            report.write(proxy.report())
        print(f'{proxy.responses} responses, {len(proxy.violations)} violations', flush=True)
        return 1 if proxy.violations else 0


if __name__ == '__main__':
    sys.exit(main())
