# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command line share: a data folder that goes away, the program, a log-in through imaplib."""

import imaplib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from server import Server, program  # noqa: E402

PASSWORD = "secret"


def children(pid):
    """Whichever thread began them."""
    lists = [path.read_text() for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(word) for text in lists for word in text.split()]


def status(pid):
    """/proc/PID/status as a dict."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines)


def helpers(server):
    """The processes that the server's spawner started, by name."""
    spawner, = children(server.process.pid)
    return {status(pid)["Name"]: pid for pid in children(spawner)}


class CliCase(unittest.TestCase):
    """`self.dir` is a fresh folder, `self.data` the data folder in it (not made yet)."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="starling-cli-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.data = self.dir / "data"

    def run_cli(self, *words, input=b"", **options):
        """Runs `starling WORDS`; the finished process, output as text."""
        if isinstance(input, str):
            input = input.encode()
        done = subprocess.run([str(program()), *map(str, words)], input=input, capture_output=True,
                              timeout=120, **options)
        done.stdout = done.stdout.decode("utf-8", "replace")
        done.stderr = done.stderr.decode("utf-8", "replace")
        self.assertNotIn("Sanitizer", done.stderr)
        self.assertNotIn("runtime error", done.stderr)
        return done

    def fine(self, *words, **options):
        done = self.run_cli(*words, "--data", self.data, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def fails(self, status, text, *words, **options):
        """Ends with this status and one line (a usage line may follow) that holds the text."""
        done = self.run_cli(*words, **options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        lines = [line for line in done.stderr.splitlines() if line.startswith("starling: ")]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertIn(text, lines[0])
        return done

    def add_user(self, name="anna", password=PASSWORD):
        self.fine("user", "add", name, "--password-stdin", input=password + "\n")

    def server(self, **options):
        return Server(data=self.data, **options)

    def log_in(self, server, name="anna", password=PASSWORD):
        client = imaplib.IMAP4("127.0.0.1", server.ports["imap"])
        client.login(name, password)
        return client
