# SPDX-License-Identifier: Apache-2.0
"""`starling spool`, and what a server does with mail that waits for the relay when its configuration says something else by now."""

import pathlib
import smtplib
import socket
import sys
import threading
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools")]

from clicase import PASSWORD, CliCase  # noqa: E402
from imapclient import ImapClient  # noqa: E402
import limits  # noqa: E402
from server import Server  # noqa: E402

MESSAGE = b"From: anna@example.org\r\nSubject: it waits\r\nMessage-ID: <w@example.org>\r\n\r\nhello\r\n"


class Relay:
    """Takes one message, or, while `up` is not set, nothing."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.up, self.taken = False, threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            sock, _ = self.listener.accept()
            with sock, sock.makefile("rb") as lines:
                if self.up:
                    self.talk(sock, lines)

    def talk(self, sock, lines):
        sock.sendall(b"220 r\r\n")
        in_data = False
        for line in lines:
            if in_data and line == b".\r\n":
                in_data = False
                self.taken.set()
            elif in_data:
                continue
            in_data = in_data or line.upper() == b"DATA\r\n"
            sock.sendall(b"354 go\r\n" if in_data else b"250 fine\r\n")


class Spool(CliCase):
    def setUp(self):
        super().setUp()
        self.relay = Relay()

    def config(self, spool="true", relay=True):
        host = f'relay = {{ host = "127.0.0.1"; port = {self.relay.port}; tls = "none"; spool = {spool}; }};\n' if relay else ""
        return 'submission = { domains = "example.org"; };\n' + host

    def server(self, **options):
        return Server(data=self.data, protocols=("imap", "submission"), config=self.config(**options))

    def submit(self, server, *recipients):
        with smtplib.SMTP("127.0.0.1", server.ports["submission"], timeout=60) as client:
            client.login("anna", PASSWORD)
            return client.sendmail("anna@example.org", recipients, MESSAGE)

    def wait_and_stop(self):
        """A message waits, and no server runs."""
        with self.server() as server:
            server.add_user("anna", PASSWORD)
            self.submit(server, "b@far.example", "c@far.example")

    def listed(self):
        return self.fine("spool", "list")

    def reports(self, server):
        with ImapClient("127.0.0.1", server.ports["imap"]) as client:
            client.login("anna", PASSWORD)
            client.ok("SELECT INBOX")
            return [bytes(row["BODY[]"]) for row in client.fetched(client.ok("UID FETCH 1:* (BODY[])")).values()]

    def test_list_try(self):
        with self.server() as server:
            server.add_user("anna", PASSWORD)
            self.assertEqual(self.listed(), "nothing waits for the relay\n")
            self.submit(server, "b@far.example", "c@far.example")
            lines = self.listed().splitlines()
            self.assertRegex(lines[0], r"^1  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  anna  \d+ octets from <anna@example.org> to <b@far.example> <c@far.example>$")
            self.assertRegex(lines[1], r"^the relay is tried again in \d+ s: ")
            self.relay.up = True
            self.fine("spool", "try")
            self.assertTrue(self.relay.taken.wait(60))
            while "nothing waits" not in self.listed():
                time.sleep(0.01)
            self.assertEqual(self.reports(server), [])

    def test_remove(self):
        with self.server() as server:
            server.add_user("anna", PASSWORD)
            for _ in range(2):
                self.submit(server, "b@far.example")
                self.fine("spool", "remove", "1" if _ == 0 else "2")
                self.assertEqual(self.listed(), "nothing waits for the relay\n")
            self.assertEqual(len(self.reports(server)), 2)
            self.assertIn(b"Final-Recipient: rfc822;b@far.example\r\nAction: failed\r\nStatus: 5.3.0\r\n", self.reports(server)[0])
            done = self.run_cli("spool", "remove", "7", "--data", self.data)
            self.assertEqual((done.returncode, done.stderr), (1, "starling: there is no message 7 in the spool\n"))

    def test_many_recipients(self):
        shown = limits.values()["ADMIN_SPOOL_SHOWN"]
        with self.server() as server:
            server.add_user("anna", PASSWORD)
            self.submit(server, *(f"r{i}@far.example" for i in range(shown + 3)))
            line = self.listed().splitlines()[0]
            self.assertTrue(line.endswith(f"<r{shown - 1}@far.example> and 3 more"), line)

    def test_without_a_server(self):
        self.wait_and_stop()
        self.assertIn("<b@far.example> <c@far.example>\nnobody sends them: ", self.listed())
        self.assertEqual(self.run_cli("spool", "try", "--data", self.data).returncode, 1)
        done = self.run_cli("backup", self.dir / "backups", "--final", "--data", self.data)
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 messages wait for the relay", done.stderr)
        self.fine("spool", "remove", "1")
        self.assertEqual(self.listed(), "nothing waits for the relay\n")
        with self.server() as server:
            self.assertEqual(len(self.reports(server)), 1)

    def test_switched_off(self):
        """Nothing comes in any more, but what waits is sent."""
        self.wait_and_stop()
        with self.server(spool="false") as server:
            self.assertIn("1 messages wait for the relay\n", server.log())
            with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
                self.submit(server, "d@far.example")
            self.assertEqual(refused.exception.recipients["d@far.example"][0], 451)
            self.relay.up = True
            self.fine("spool", "try")
            self.assertTrue(self.relay.taken.wait(60))
            while "nothing waits" not in self.listed():
                time.sleep(0.01)
            self.assertEqual(self.submit(server, "b@far.example"), {})

    def test_no_relay_any_more(self):
        self.wait_and_stop()
        with self.server(relay=False) as server:
            self.assertIn("1 messages wait for the relay, but there is none (relay.host): they stay\n", server.log())
            self.assertIn("nobody sends them: ", self.listed())
            self.fine("spool", "remove", "1")
            self.assertEqual(len(self.reports(server)), 1)

    def test_words(self):
        for words in (["spool"], ["spool", "x"], ["spool", "list", "1"], ["spool", "remove"], ["spool", "remove", "x"]):
            with self.subTest(words=words):
                self.data.mkdir(exist_ok=True)
                self.assertEqual(self.run_cli(*words, "--data", self.data).returncode, 64)


if __name__ == "__main__":
    unittest.main()
