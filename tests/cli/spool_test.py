# SPDX-License-Identifier: Apache-2.0
"""`starling spool`, and what a server does with mail that waits for the relay when its configuration says something else by now."""

import contextlib
import pathlib
import re
import smtplib
import socket
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "faults"), str(HERE.parent.parent / "tools")]

from clicase import PASSWORD, CliCase  # noqa: E402
from control import DIES, Control  # noqa: E402
from imapclient import ImapClient  # noqa: E402
import limits  # noqa: E402
from server import Server  # noqa: E402

MESSAGE = b"From: anna@example.org\r\nSubject: it waits\r\nMessage-ID: <w@example.org>\r\n\r\nhello\r\n"


class Relay:
    """Takes messages, but not for who is called no, nor for who is called late so far; or, while `up` is not set, nothing."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.up, self.taken = False, threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            sock, _ = self.listener.accept()
            with contextlib.suppress(OSError), sock, sock.makefile("rb") as lines:  # a server that dies resets it
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
            answers = {b"RCPT TO:<no@": b"550 5.1.1 nobody\r\n", b"RCPT TO:<late@": b"450 4.2.1 later\r\n"}
            refusal = next((answer for begin, answer in answers.items() if line.startswith(begin)), b"250 fine\r\n")
            sock.sendall(b"354 go\r\n" if in_data else refusal)


class Spool(CliCase):
    def setUp(self):
        super().setUp()
        self.relay = Relay()

    def config(self, spool="true", relay=True):
        host = f'relay = {{ host = "127.0.0.1"; port = {self.relay.port}; tls = "none"; spool = {spool}; }};\n' if relay else ""
        return 'submission = { domains = "example.org"; };\n' + host

    def server(self, env=None, **options):
        return Server(data=self.data, protocols=("imap", "submission"), config=self.config(**options), env=env)

    def submit(self, server, *recipients):
        with smtplib.SMTP("127.0.0.1", server.ports["submission"], timeout=60) as client:
            client.login("anna", PASSWORD)
            return client.sendmail("anna@example.org", recipients, MESSAGE)

    def wait_and_stop(self):
        """A message waits, and no server runs."""
        with self.server() as server:
            server.add_user("anna", PASSWORD)
            self.submit(server, "b@far.example", "c@far.example")

    def listed(self, check=True):
        return self.fine("spool", "list") if check else self.run_cli("spool", "list", "--data", self.data).stdout

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

    def test_failed_and_not_told(self):
        """Who has failed is noted before the report: the server dies at each write, and in between nobody who has failed is shown as one who waits."""
        control, shown, died = Control(self.dir), [], 1
        self.data.mkdir()
        self.add_user("anna")
        while died:
            self.relay.up = False
            with self.server(env=control.environment()) as server:
                self.submit(server, "late@far.example", "no@far.example")
                self.relay.up = True
                before = control.injected
                control.mean(server.process.pid)
                control.arm("write", len(shown) + 1, DIES)
                self.run_cli("spool", "try", "--data", self.data)
                while control.injected == before and "to <late@far.example>, put off" not in self.listed(check=False):
                    time.sleep(0.01)
                control.disarm()
                died = control.injected - before
                server.kill()
            number, line = re.fullmatch(r"(\d+)  .* to (.*)", self.listed().splitlines()[0]).groups()
            shown.append(line)
            self.fine("spool", "remove", number)
        self.assertEqual(shown[0], "<late@far.example> <no@far.example>")
        self.assertIn("<late@far.example> <no@far.example> (failed: 550 5.1.1 nobody), put off 1 times: 450 4.2.1 later", shown)
        self.assertEqual(shown[-1], "<late@far.example>, put off 1 times: 450 4.2.1 later")

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
