# SPDX-License-Identifier: Apache-2.0
"""An auth or a key process that does not answer, or dies while it is asked: those who need it wait, and nobody else does. More of them than the server
would ever have threads."""

import base64
import contextlib
import os
import pathlib
import re
import signal
import socket
import ssl
import sys
import time
import unittest

for folder in ("../lib", "."):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / folder))

import quickusers  # noqa: E402
from clicase import PASSWORD, CliCase, helpers  # noqa: E402

CROWD = 480  # threads: two for each core, 64 for each of four kinds of blocking, and 64 (src/run/crew.c)
SECONDS = 30  # for all of them, on a busy machine
AT_ONCE = 3  # for who waits for none of that
PER_USER = 20


class Waiting(CliCase):
    def setUp(self):
        super().setUp()
        self.assertGreater(CROWD, 2 * os.cpu_count() + 5 * 64)
        self.users = [f"user{i}" for i in range(CROWD // PER_USER)]
        self.add_user()
        quickusers.add(self.data, self.users, PASSWORD)

    def connect(self, server, protocol):
        one = socket.create_connection(("127.0.0.1", server.ports[protocol]))
        one.settimeout(SECONDS)
        self.addCleanup(one.close)
        return one

    def read(self, one, wanted):
        """What comes until `wanted` matches."""
        said = b""
        while not re.search(wanted, said):
            more = one.recv(65536)
            self.assertTrue(more, said)
            said += more
        return said.decode()

    def crowd(self, server):
        """Log-ins of all protocols, without their answers: (socket, what shows success)."""
        found = []
        for i in range(CROWD):
            user = self.users[i % len(self.users)].encode()
            plain = base64.b64encode(b"\0%s\0%s" % (user, PASSWORD.encode()))
            kind = i // len(self.users) % 4
            one = self.connect(server, ("imap", "imap", "pop3", "submission")[kind])
            self.read(one, rb"\r\n")
            one.sendall([b"a LOGIN %s %s\r\n" % (user, PASSWORD.encode()), b"a AUTHENTICATE PLAIN %s\r\n" % plain,
                         b"USER %s\r\nPASS %s\r\n" % (user, PASSWORD.encode()), b"EHLO x\r\nAUTH PLAIN %s\r\n" % plain][kind])  # fmt: skip
            found.append((one, (rb"a OK", rb"a OK", rb"OK \d+ messages", rb"235 ")[kind], (rb"a NO", rb"a NO", rb"-ERR", rb"454 ")[kind]))
        return found

    def started(self):
        return self.server(protocols=("imap", "imaps", "pop3", "submission", "lmtp"))

    def nobody_else_waits(self, server, client):
        """Who is in, and who comes and does not log in."""
        began = time.monotonic()
        self.assertEqual(client.noop()[0], "OK")
        other = self.connect(server, "imap")
        other.sendall(b"b CAPABILITY\r\n")
        self.read(other, rb"b OK")
        self.assertLess(time.monotonic() - began, AT_ONCE)

    def test_auth_stopped(self):
        with self.started() as server:
            client = self.log_in(server)
            client.sock.settimeout(SECONDS)
            worker = helpers(server)["starling-auth"]
            os.kill(worker, signal.SIGSTOP)
            try:
                crowd = self.crowd(server)
                time.sleep(0.5)
                self.nobody_else_waits(server, client)
                for one, _, _ in crowd[::5]:  # some lose patience
                    one.close()
                time.sleep(0.2)
                self.nobody_else_waits(server, client)
            finally:
                with contextlib.suppress(ProcessLookupError):  # taken for dead
                    os.kill(worker, signal.SIGCONT)
            for i, (one, fine, _) in enumerate(crowd):
                if i % 5:
                    self.read(one, fine)
            self.nobody_else_waits(server, client)
            self.assertEqual(helpers(server)["starling-auth"], worker)
            client.logout()

    def test_auth_dies(self):
        """Whose request it had is told; the others' are answered by the next one."""
        with self.started() as server:
            client = self.log_in(server)
            client.sock.settimeout(SECONDS)
            worker = helpers(server)["starling-auth"]
            os.kill(worker, signal.SIGSTOP)
            crowd = self.crowd(server)
            time.sleep(0.5)
            os.kill(worker, signal.SIGKILL)
            said = [self.read(one, fine + b"|" + refused) for one, fine, refused in crowd]
            lost = [text for text in said if "Authentication is not available just now, try again." in text]
            self.assertEqual(len(lost), 16)  # AUTH_WORKERS
            self.assertEqual(sum(bool(re.search(fine, text.encode())) for (_, fine, _), text in zip(crowd, said, strict=True)), CROWD - 16)
            self.nobody_else_waits(server, client)
            self.assertNotEqual(helpers(server)["starling-auth"], worker)
            client.logout()

    def test_commands_behind(self):
        """What clients send behind a log-in that waits is run behind its answer, in its order: also when they have said that no more comes, and across a
        reload of the configuration."""
        user, word = self.users[0].encode(), PASSWORD.encode()
        plain = base64.b64encode(b"\0%s\0%s" % (user, word))
        dialogues = [
            ("imap", b"a LOGIN %s %s\r\nb NOOP\r\nc SELECT INBOX\r\nd LOGOUT\r\n" % (user, word),
             rb"(?s)\* OK .*a OK .*b OK .*c OK .*\* BYE .*d OK "),
            ("imap", b"a LOGIN %s wrong\r\nb SELECT INBOX\r\nc AUTHENTICATE PLAIN %s\r\nd SELECT INBOX\r\ne LOGOUT\r\n" % (user, plain),
             rb"(?s)a NO .*b BAD .*c OK .*d OK .*\* BYE .*e OK "),
            ("pop3", b"USER %s\r\nPASS %s\r\nSTAT\r\nQUIT\r\n" % (user, word), rb"\+OK .*\r\n\+OK .*\r\n\+OK 0 .*\r\n\+OK 0 0\r\n\+OK "),
            ("submission", b"EHLO x\r\nAUTH PLAIN %s\r\nNOOP\r\nAUTH PLAIN %s\r\nQUIT\r\n" % (plain, plain),
             rb"(?s)220 .*250 .*235 .*250 .*503 .*221 "),
        ]  # fmt: skip
        with self.started() as server:
            self.log_in(server).logout()
            worker = helpers(server)["starling-auth"]
            os.kill(worker, signal.SIGSTOP)
            asked = []
            for i in range(4 * len(dialogues)):
                protocol, sent, wanted = dialogues[i // 4]
                one = self.connect(server, protocol)
                said = self.read(one, rb"\r\n").encode() if i % 4 >= 2 else b""  # or all at once
                one.sendall(sent)
                if i % 2:
                    one.shutdown(socket.SHUT_WR)
                asked.append((one, said, wanted))
            time.sleep(0.3)
            os.kill(server.process.pid, signal.SIGHUP)
            time.sleep(0.2)
            os.kill(worker, signal.SIGCONT)
            for one, said, wanted in asked:
                while more := one.recv(65536):
                    said += more
                self.assertRegex(said, wanted)

    def test_stop_while_waiting(self):
        """The server's end does not wait for it either."""
        with self.started() as server:
            self.log_in(server).logout()
            os.kill(helpers(server)["starling-auth"], signal.SIGSTOP)
            self.crowd(server)
            began = time.monotonic()
            server.stop()
            self.assertLess(time.monotonic() - began, 15)

    # --- looking up recipients and senders ---

    def say(self, one, line, wanted):
        one.sendall(line + b"\r\n")
        return self.read(one, wanted)

    def askers(self, server):
        """As crowd(), of those who are about to ask for a name: (socket, what it says then, what shows success, trouble)."""
        found = []
        for i in range(CROWD):
            user = self.users[i % len(self.users)].encode()
            kind = i // len(self.users) % 5
            one = self.connect(server, ("lmtp", "submission", "submission", "submission", "imap")[kind])
            self.read(one, rb"\r\n")
            plain = base64.b64encode(b"\0%s\0%s" % (user, PASSWORD.encode()))
            if kind == 0:
                self.say(one, b"LHLO x\r\nMAIL FROM:<>", rb"2\.1\.0")
                found.append((one, b"RCPT TO:<%s>" % user, rb"250 2\.1\.5", rb"451 "))
            elif kind == 4:
                self.say(one, b"a LOGIN %s %s" % (user, PASSWORD.encode()), rb"a OK")
                url = b"imap://%s@x/INBOX/;UID=1;URLAUTH=anonymous" % user
                found.append((one, b"b GENURLAUTH %s INTERNAL" % url, rb"b OK", rb"b NO \[UNAVAILABLE\]"))
            else:
                self.say(one, b"EHLO x\r\nAUTH PLAIN %s" % plain, rb"235 ")
                mail = b"MAIL FROM:<%s>" % user
                if kind > 1:
                    self.say(one, mail, rb"250 ")
                if kind > 2:
                    self.say(one, b"RCPT TO:<%s>\r\nDATA" % user, rb"354 ")
                line = (mail, b"RCPT TO:<%s>" % user, b"From: list@elsewhere.example\r\n\r\nx\r\n.")[kind - 1]
                found.append((one, line, rb"250 ", rb"451 "))
        time.sleep(1.1)  # AUTH_FOUND_MS: nothing is known any more
        return found

    def test_lookups_auth_stopped(self):
        with self.started() as server:
            client = self.log_in(server)
            client.sock.settimeout(SECONDS)
            crowd = self.askers(server)
            worker = helpers(server)["starling-auth"]
            os.kill(worker, signal.SIGSTOP)
            try:
                for one, line, _, _ in crowd:
                    one.sendall(line + b"\r\n")
                time.sleep(0.5)
                self.nobody_else_waits(server, client)
                for one, _, _, _ in crowd[::5]:
                    one.close()
                time.sleep(0.2)
                self.nobody_else_waits(server, client)
                before = self.spent(server)
                time.sleep(0.5)
                self.assertLess(self.spent(server) - before, 0.3)
            finally:
                with contextlib.suppress(ProcessLookupError):  # taken for dead
                    os.kill(worker, signal.SIGCONT)
            for i, (one, _, fine, _) in enumerate(crowd):
                if i % 5:
                    self.read(one, fine)
            self.assertEqual(helpers(server)["starling-auth"], worker)
            client.logout()

    def test_lookups_auth_dies(self):
        with self.started() as server:
            crowd = self.askers(server)
            worker = helpers(server)["starling-auth"]
            os.kill(worker, signal.SIGSTOP)
            for one, line, _, _ in crowd:
                one.sendall(line + b"\r\n")
            time.sleep(0.5)
            os.kill(worker, signal.SIGKILL)
            said = [self.read(one, fine + b"|" + refused).encode() for one, _, fine, refused in crowd]
            lost = sum(bool(re.search(refused, text)) for (_, _, _, refused), text in zip(crowd, said, strict=True))
            self.assertEqual(lost, 16)  # AUTH_WORKERS

    def test_lookups_in_order(self):
        """What a pipelining client sent behind an address that is awaited is answered behind it."""
        with self.started() as server:
            one = self.connect(server, "lmtp")
            self.say(one, b"LHLO x\r\nMAIL FROM:<>", rb"2\.1\.0")
            worker = helpers(server)["starling-auth"]
            os.kill(worker, signal.SIGSTOP)
            one.sendall(b"RCPT TO:<user0>\r\nRCPT TO:<nobody>\r\nRCPT TO:<user1>\r\nNOOP\r\nMAIL FROM:<>\r\nQUIT\r\n")
            time.sleep(0.2)
            os.kill(worker, signal.SIGCONT)
            codes = re.findall(r"^\d+", self.read(one, rb"221 "), re.M)
            self.assertEqual(codes, ["250", "550", "250", "250", "503", "221"])

    def test_stop_while_looking_up(self):
        with self.started() as server:
            crowd = self.askers(server)
            os.kill(helpers(server)["starling-auth"], signal.SIGSTOP)
            for one, line, _, _ in crowd:
                one.sendall(line + b"\r\n")
            time.sleep(0.2)
            began = time.monotonic()
            server.stop()
            self.assertLess(time.monotonic() - began, 15)

    # --- the key process ---

    def spent(self, server):
        """Seconds of processors that the server has used."""
        words = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def hello(self, server):
        """A handshake that waits for the server's answer."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        one = context.wrap_socket(self.connect(server, "imaps"), do_handshake_on_connect=False)
        self.addCleanup(one.close)
        one.settimeout(0)
        with self.assertRaises(ssl.SSLWantReadError):
            one.do_handshake()
        one.settimeout(SECONDS)
        return one

    def shake(self, one):
        """Its end, and what the server says then."""
        one.do_handshake()
        self.read(one, rb"\r\n")

    def test_keys_stopped(self):
        with self.started() as server:
            client = self.log_in(server)
            client.sock.settimeout(SECONDS)
            worker = helpers(server)["starling-keys"]
            os.kill(worker, signal.SIGSTOP)
            try:
                crowd = [self.hello(server) for _ in range(CROWD)]
                time.sleep(0.5)
                self.nobody_else_waits(server, client)
                for one in crowd[1::5]:
                    one.close()
                for one in crowd[2::5]:  # what is not read now must not make the server run in circles
                    os.write(one.fileno(), b"x" * 100)
                time.sleep(0.2)
                self.nobody_else_waits(server, client)
                before = self.spent(server)
                time.sleep(0.5)
                self.assertLess(self.spent(server) - before, 0.3)
            finally:
                with contextlib.suppress(ProcessLookupError):  # taken for dead
                    os.kill(worker, signal.SIGCONT)
            for i, one in enumerate(crowd):
                if i % 5 not in (1, 2):
                    self.shake(one)
            self.nobody_else_waits(server, client)
            client.logout()

    def test_keys_die(self):
        """Those that it was to sign for fail, the others go on with the next one."""
        with self.started() as server:
            client = self.log_in(server)
            worker = helpers(server)["starling-keys"]
            os.kill(worker, signal.SIGSTOP)
            crowd = [self.hello(server) for _ in range(CROWD)]
            time.sleep(1.1)  # it is started at most once a second
            os.kill(worker, signal.SIGKILL)
            failed = 0
            for one in crowd:
                try:
                    self.shake(one)
                except OSError:
                    failed += 1
            self.assertEqual(failed, 8)  # TLS_KEYS_SOCKETS
            self.assertNotEqual(helpers(server)["starling-keys"], worker)
            client.logout()


if __name__ == "__main__":
    unittest.main()
