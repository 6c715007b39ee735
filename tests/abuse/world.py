# SPDX-License-Identifier: Apache-2.0
"""What the attacks of tests/abuse/all.py meet: a server with an attacker's account full of odd mail, other users who only want to read theirs, and the
eyes that watch the server's memory and time."""

import base64
import multiprocessing
import os
import pathlib
import re
import signal
import socket
import threading
import time

import quickusers
from attacks import PASSWORD
from imapclient import ImapClient, Literal

BYSTANDERS = 4
TICKS = os.sysconf("SC_CLK_TCK")


# --- mail ---


def plain(number, size=600):
    return f"From: a@b.example\r\nSubject: message {number}\r\nMessage-ID: <m{number}@b.example>\r\n\r\n".encode() + (b"y" * 70 + b"\r\n") * (size // 72)


def referring(number):
    """It refers to sixteen messages that nobody has."""
    refs = " ".join(f"<{number}-{i}@nobody.example>" for i in range(16))
    return f"Subject: s{number % 977}\r\nMessage-ID: <o{number}@b.example>\r\nReferences: {refs}\r\n\r\nx\r\n".encode()


def nested(depth):
    """multipart in multipart, deeper than anybody looks."""
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(depth))
    return b"Subject: deep\r\n" + head + b"\r\nx\r\n"


def odd_messages():
    return [
        nested(300),
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 12000 + b"--b--\r\n",
        b"To: " + b", ".join(b"a%d@b.example" % i for i in range(60000)) + b"\r\n\r\nx\r\n",
        b"Content-Type: text/plain" + b"".join(b";\r\n a*%d*=x%d" % (i, i) for i in range(5000)) + b"\r\n\r\nx\r\n",
        b"X-A: " + b"(" * 200000 + b"\r\nFrom: " + b"(" * 100000 + b"\r\n\r\nx\r\n",
        b"".join(b"X-%d: y\r\n" % i for i in range(60000)) + b"\r\nx\r\n",
        b"Subject: " + b"=?utf-8?q?=41?= " * 60000 + b"\r\n\r\nx\r\n",
    ]


def encoded(size):
    body = base64.encodebytes(os.urandom(1 << 16) * (size >> 16)).replace(b"\n", b"\r\n")
    return b"Subject: big\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body


def fill(client, mailbox, messages, at_once=200):
    client.ok(f"CREATE {mailbox}")
    messages = list(messages)
    for first in range(0, len(messages), at_once):
        client.ok(f"APPEND {mailbox}", *[Literal(m, sync=False) for m in messages[first : first + at_once]])


def prepare(server, full):
    quickusers.add(server.data, ["mallory", *(f"bystander{i}" for i in range(BYSTANDERS))], PASSWORD)
    with ImapClient("127.0.0.1", server.ports["imap"], timeout=120) as client:
        client.login("mallory", PASSWORD)
        fill(client, "big", (plain(i, 20000) for i in range(300 if full else 60)))
        fill(client, "odd", (referring(i) for i in range(5000 if full else 800)))
        fill(client, "mime", odd_messages(), 4)
        fill(client, "base64", (encoded(9 << 20) for _ in range(4 if full else 1)), 1)
        client.ok("APPEND INBOX", Literal(plain(0, 100000), sync=False))
    for i in range(BYSTANDERS):
        with ImapClient("127.0.0.1", server.ports["imap"], timeout=120) as client:
            client.login(f"bystander{i}", PASSWORD)
            client.ok("APPEND INBOX", *[Literal(plain(n), sync=False) for n in range(200)])


# --- the server, seen from outside ---


def processes(pid):
    """It and its descendants."""
    found = [pid]
    for parent in found:
        for children in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                pass  # the thread is gone
    return found


def memory(pid):
    """(octets that are the processes' own, their proportional share of everything): mapped mail can be dropped at any time, so the first is what a bound
    is about. A process that may not be looked into counts with its resident set."""
    own = share = 0
    for p in processes(pid):
        try:
            text = pathlib.Path(f"/proc/{p}/smaps_rollup").read_text()
            rows = dict(re.findall(r"^(\w+): +(\d+) kB", text, re.M))
            own += int(rows.get("Pss_Anon", rows["Pss"])) << 10
            share += int(rows["Pss"]) << 10
        except (OSError, KeyError):
            try:
                pages = int(pathlib.Path(f"/proc/{p}/statm").read_text().split()[1])
            except OSError:
                continue
            own += pages * os.sysconf("SC_PAGESIZE")
            share += pages * os.sysconf("SC_PAGESIZE")
    return own, share


def files_mapped(data):
    """Octets of files that its processes may have mapped: the log, the index, themselves."""
    mine = sum(p.stat().st_blocks * 512 for p in pathlib.Path(data).rglob("*") if p.is_file())
    return mine + (64 << 20)


def cpu(pid):
    """Seconds of processor time of it and its descendants."""
    total = 0
    for p in processes(pid):
        try:
            fields = pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total / TICKS


class Watch(threading.Thread):
    """Notes the most memory that was seen."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.over = pid, threading.Event()
        self.own = self.share = 0

    def look(self):
        own, share = memory(self.pid)
        self.own, self.share = max(self.own, own), max(self.share, share)

    def run(self):
        while not self.over.wait(0.03):
            self.look()

    def end(self):
        self.look()
        self.over.set()
        self.join()


class Duty(threading.Thread):
    """Lets a process run for a tenth of the time (all of it where `share` is 1)."""

    def __init__(self, pid, share=0.1, period=0.05):
        super().__init__(daemon=True)
        self.pid, self.share, self.period, self.over = pid, share, period, threading.Event()

    def run(self):
        while not self.over.is_set():
            os.kill(self.pid, signal.SIGCONT)
            time.sleep(self.period * self.share)
            os.kill(self.pid, signal.SIGSTOP)
            time.sleep(self.period * (1 - self.share))
        os.kill(self.pid, signal.SIGCONT)

    def end(self):
        self.over.set()
        self.join()


# --- other users ---


class Bystander:
    """Does what mail clients do, one thing after the other, at a steady pace, and notes how long each took."""

    STEPS = (
        "SELECT INBOX",
        "UID FETCH 1:* (FLAGS)",
        "FETCH 7 (ENVELOPE BODYSTRUCTURE)",
        "FETCH 9 BODY.PEEK[]",
        "STORE 5 +FLAGS (\\Flagged)",
        "STORE 5 -FLAGS (\\Flagged)",
        "SEARCH SUBJECT 17",
        'LIST "" *',
        "STATUS INBOX (MESSAGES UNSEEN)",
        "NOOP",
    )

    def __init__(self, port):
        self.port, self.took, self.failed = port, [], ""  # took: (when it began, seconds)
        self.steps = multiprocessing.Value("L", 0, lock=False)  # so far; for whoever started the process
        self.clients = []

    def log_in(self, i):
        client = ImapClient("127.0.0.1", self.port, timeout=60)
        client.login(f"bystander{i}", PASSWORD)
        return client

    def step(self, n):
        i = n % BYSTANDERS
        began = time.monotonic()
        if n % 53 == 52:  # somebody comes anew
            self.clients[i].close(check=False)
            self.clients[i] = self.log_in(i)
            self.note(began)
            self.clients[i].ok("SELECT INBOX")
            return
        self.clients[i].ok(self.STEPS[n // BYSTANDERS % len(self.STEPS)])
        self.note(began)
        self.clients[i].transcript.clear()

    def note(self, began):
        self.took.append((began, time.monotonic() - began))
        self.steps.value += 1

    def run(self, is_over, pace):
        try:
            self.clients = [self.log_in(i) for i in range(BYSTANDERS)]
            for client in self.clients:
                client.ok("SELECT INBOX")
            n = 0
            while not is_over():
                self.step(n)
                n += 1
                time.sleep(pace)
            for client in self.clients:
                client.close(check=False)
        except (OSError, AssertionError, Exception) as error:  # pylint: disable=broad-except
            self.failed = f"{type(error).__name__}: {error}"[:3000]


class Child:
    """A function(is_over) in a process of its own; end() gives what it returned."""

    def __init__(self, function):
        self.over = multiprocessing.Event()
        self.mine, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=self._main, args=(function, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def _main(self, function, pipe):
        self.mine.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        before = os.times()
        result = function(self.over.is_set)
        after = os.times()
        pipe.send((result, after.user + after.system - before.user - before.system))
        pipe.close()

    def end(self, seconds=60):
        self.over.set()
        try:
            if not self.mine.poll(seconds):
                self.process.kill()
                raise TimeoutError("a process of the test did not end")
            return self.mine.recv()
        finally:
            self.process.join(5)
            self.mine.close()


def greets(port, protocol):
    """Whether a new connection gets the first line of the protocol."""
    word = {"imap": b"* OK", "pop3": b"+OK", "lmtp": b"220", "submission": b"220"}[protocol]
    with socket.create_connection(("127.0.0.1", port), 20) as sock:
        return sock.recv(4096).startswith(word)
