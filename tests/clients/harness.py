# SPDX-License-Identifier: Apache-2.0
"""What the client tests share. Each tests/clients/NAME.py has `run(account)`, which raises when the client or the server did
something else than it should; tests/clients/all.py calls them, each with an account of its own on one server. Every
connection goes through the checking proxy: leaving `account.proxy()` fails on any violation of the grammar."""

import contextlib
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

from imapclient import ImapClient  # noqa: E402
from imapproxy import ImapProxy  # noqa: E402


class ClientError(AssertionError):
    """The client did not do what it was told, or saw something wrong."""


class Account:
    """A user with an empty account, a scratch folder, and ways to reach the server."""

    def __init__(self, server, user, password, full=False):
        self.server, self.user, self.password, self.full = server, user, password, full
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"client-{user}-"))

    def clean(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def proxy(self, proto="imap"):
        """The checking proxy before the server's port: plain (and STARTTLS) for imap, TLS on both sides for imaps."""
        tls = proto == "imaps"
        port = self.server.ports[proto]
        with ImapProxy("127.0.0.1", port, tls="implicit" if tls else None, server_tls=tls) as proxy:
            yield proxy
            proxy.check()

    def client(self, proxy=None, mailbox=None):
        """Our own strict client, logged in; for looking at what the other client did."""
        client = ImapClient("127.0.0.1", proxy.port if proxy else self.server.ports["imap"])
        client.login(self.user, self.password)
        if mailbox:
            client.ok(f'SELECT "{mailbox}"')
        return client

    def append(self, mailbox, *messages):
        """Puts messages there behind the other client's back."""
        from imapclient import Literal

        with self.client() as client:
            for data in messages:
                client.ok(f'APPEND "{mailbox}"', Literal(data))

    def contents(self, mailbox):
        """{uid: (sorted flags without \\Recent, bytes)} of a mailbox."""
        with self.client() as client:
            client.ok(f'EXAMINE "{mailbox}"')
            found = client.fetched(client.ok("UID FETCH 1:* (UID FLAGS BODY.PEEK[])"))
        return {
            items["UID"]: (sorted(f for f in items["FLAGS"] if f.lower() != "\\recent"), items["BODY[]"])
            for items in found.values()
        }


def want(condition, what):
    if not condition:
        raise ClientError(what)


def want_equal(got, wanted, what):
    if got != wanted:
        raise ClientError(f"{what}: got {str(got)[:2000]}, wanted {str(wanted)[:2000]}")


def command(*words, input=None, env=None, timeout=300, good=(0,)):
    """Runs a client program; its standard output as bytes. Its whole output is in the error when it fails."""
    if not shutil.which(words[0]):
        raise ClientError(f"{words[0]} is not installed")
    words = [str(w) for w in words]
    data = input.encode() if isinstance(input, str) else input
    done = subprocess.run(words, input=data, capture_output=True, env={**os.environ, **(env or {})}, timeout=timeout)
    if done.returncode not in good:
        out = (done.stdout + done.stderr).decode("utf-8", "replace")
        raise ClientError(f"{' '.join(words)} ended with {done.returncode}:\n{out[-6000:]}")
    return done.stdout


def in_terminal(*words, env=None, timeout=60):
    """Runs a program that wants a terminal; what it wrote there. ClientError when it does not end well in time."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "vt100", "LINES": "40", "COLUMNS": "200", **(env or {})})
        os.execvp(words[0], [str(w) for w in words])
    output, deadline = b"", time.monotonic() + timeout
    try:
        while time.monotonic() < deadline:
            if select.select([fd], [], [], 0.2)[0]:
                try:
                    data = os.read(fd, 65536)
                except OSError:
                    data = b""
                if not data:
                    break
                output += data
        else:
            os.kill(pid, 9)
            raise ClientError(f"{words[0]} did not end within {timeout} s:\n{output[-3000:].decode(errors='replace')}")
    finally:
        os.close(fd)
        _, status = os.waitpid(pid, 0)
    if status != 0:
        raise ClientError(f"{words[0]} ended with status {status}:\n{output[-3000:].decode(errors='replace')}")
    return output


def message(number, subject=None, body=None):
    """A small message with CRLF line ends."""
    return (
        f"From: Sender <sender@example.org>\r\nTo: anna@example.org\r\nSubject: {subject or f'Message {number}'}\r\n"
        f"Date: Mon, 01 Jan 2024 12:00:{number % 60:02d} +0000\r\nMessage-ID: <client-{number}@example.org>\r\n\r\n"
        f"{body or f'Body of message {number}.'}\r\n"
    ).encode()
