#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Deliveries by LMTP and submission while the server is killed (SIGKILL) again and again. Whatever got its 250 must be there; what lost its answer is
sent again, as MTAs and mail programs do, and must be there once. tests/lmtp_crash.py [--kills N]"""

import argparse
import collections
import pathlib
import re
import smtplib
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))

import report  # noqa: E402
from imapclient import ImapClient  # noqa: E402
from server import Server, ServerError, program  # noqa: E402

USERS = ["anna", "bert", "carl"]
SENDERS = 4


def message(number):
    big = "x" * 70 + "\r\n"
    return (
        f"From: s@example.org\r\nSubject: {number}\r\nMessage-ID: <crash-{number}@example.org>\r\n\r\nnumber {number}\r\n"
        + big * (number % 7 * 300)
    )


class Sender(threading.Thread):
    """Delivers one message after the other, each until every recipient has its answer."""

    def __init__(self, world, first):
        super().__init__(daemon=True)
        self.world, self.number = world, first

    def run(self):
        while not self.world.over:
            self.deliver(self.number)
            self.number += SENDERS

    def connect(self):
        return smtplib.LMTP("127.0.0.1", self.world.server.ports["lmtp"], local_hostname="mta.example.org", timeout=20)

    def deliver(self, number):
        left = [USERS[number % 3]] if number % 2 else list(USERS)
        while left and not self.world.over:
            try:
                with self.connect() as client:
                    left = self.attempt(client, number, left)
            except (OSError, smtplib.SMTPException):
                self.world.lost += 1
                time.sleep(0.02)

    def attempt(self, client, number, left):
        """Those who are still without an answer. Each answer is noted as it comes."""
        client.ehlo_or_helo_if_needed()
        client.mail("s@example.org")
        for user in left:
            code, text = client.rcpt(user)
            if code != 250:
                raise smtplib.SMTPException(f"RCPT {user}: {code} {text}")
        client.putcmd("data")
        code, text = client.getreply()
        if code != 354:
            raise smtplib.SMTPException(f"DATA: {code} {text}")
        client.send(message(number).encode() + b".\r\n")
        for user in list(left):
            code, text = client.getreply()
            if code == 250:
                self.world.acknowledged[user].add(number)
                left = [u for u in left if u != user]
        return left


class Submitter(Sender):
    """A mail program: one answer for all recipients."""

    def connect(self):
        return smtplib.SMTP("127.0.0.1", self.world.server.ports["submission"], local_hostname="client.example.org", timeout=20)

    def attempt(self, client, number, left):
        client.login(USERS[0], "secret")
        client.sendmail(USERS[0], left, message(number).encode())
        for user in left:
            self.world.acknowledged[user].add(number)
        return []


class World:
    def __init__(self, server):
        self.server, self.over, self.lost = server, False, 0
        self.acknowledged = collections.defaultdict(set)


def inbox(server, user):
    """How often each number is in INBOX."""
    with ImapClient("127.0.0.1", server.ports["imap"]) as client:
        client.login(user, "secret")
        client.ok("EXAMINE INBOX")
        found = client.fetched(client.ok("FETCH 1:* (BODY.PEEK[])"))
        counts = collections.Counter()
        for items in found.values():
            data = items["BODY[]"]
            number = int(re.search(rb"^Subject: (\d+)", data, re.M)[1])
            if not data.endswith(message(number).encode()):
                raise ServerError(f"message {number} of {user} is not what was sent")
            counts[number] += 1
        return counts


def play(kills):
    with tempfile.TemporaryDirectory(prefix="lmtp-crash-") as folder, Server(data=folder, protocols=("imap", "lmtp", "submission")) as server:
        for user in USERS:
            server.add_user(user, "secret")
        world = World(server)
        senders = [(Sender, Submitter)[i % 2](world, i) for i in range(1, SENDERS + 1)]
        for sender in senders:
            sender.start()
        for i in range(kills):
            before = sum(map(len, world.acknowledged.values()))
            deadline = time.monotonic() + 30
            # At least some deliveries between two kills; then at any moment.
            while sum(map(len, world.acknowledged.values())) < before + 20 + 7 * i % 40 and time.monotonic() < deadline:
                time.sleep(0.001)
            if sum(map(len, world.acknowledged.values())) == before:
                raise ServerError(f"nothing was answered for half a minute\n{server.log()}")
            server.kill(alive=True)
            server.start()
        world.over = True
        for sender in senders:
            sender.join(60)
        total = 0
        for user in USERS:
            counts = inbox(server, user)
            missing = sorted(world.acknowledged[user] - set(counts))
            twice = sorted(n for n, count in counts.items() if count > 1)
            if missing:
                report.failed(f"lmtp crash: {user}", f"got 250 and are lost: {missing[:20]}")
            elif twice:
                report.failed(f"lmtp crash: {user}", f"are there twice: {twice[:20]}")
            else:
                report.passed(f"lmtp crash: {user} has all {len(world.acknowledged[user])} messages, each once")
            total += len(world.acknowledged[user])
        server.stop()
        server.command("check")  # ServerError when it finds anything
        report.passed(f"lmtp crash: {kills} kills, {total} deliveries, {world.lost} connections lost; check finds nothing")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=8)
    options = parser.parse_args()
    if not program().exists():
        report.failed("lmtp crash", f"there is no {program()}: ./dev build makes it")
        report.finish()
    try:
        play(options.kills)
    except (ServerError, OSError, AssertionError) as error:
        report.failed("lmtp crash", error)
    report.finish()


main()
