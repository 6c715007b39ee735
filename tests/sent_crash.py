#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Clients that send by submission and then append what they sent to Sent, while the server is killed (SIGKILL) again and again; what lost its answer is
done again. Whatever got its 250 stands in Sent, and once, unless the answer to an APPEND was lost. tests/sent_crash.py [--kills N]"""

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
from imapclient import Closed, ImapClient, Literal  # noqa: E402
from server import Server, ServerError, program  # noqa: E402

CLIENTS = 3
CONFIG = 'submission = { domains = "example.org"; sent_copy = true; };\n'
LOST = (OSError, EOFError, smtplib.SMTPException, Closed)


def message(number):
    return (f"From: anna@example.org\r\nMessage-ID: <crash-{number}@example.org>\r\nSubject: {number}\r\n\r\nnumber {number}\r\n"
            + "x" * 70 * (number % 5) + "\r\n").encode()  # fmt: skip


class Client(threading.Thread):
    """Sends and appends one message after the other."""

    def __init__(self, world, first):
        super().__init__(daemon=True)
        self.world, self.number = world, first

    def run(self):
        while not self.world.over:
            if self.again(self.send) and self.again(self.append):
                self.world.done.add(self.number)
            self.number += CLIENTS

    def again(self, step):
        """Until it is answered; false when the test is over before."""
        while not self.world.over:
            try:
                step()
                return True
            except LOST:
                self.world.lost += 1
                time.sleep(0.02)
        return False

    def send(self):
        with smtplib.SMTP("127.0.0.1", self.world.server.ports["submission"], timeout=20) as client:
            client.login("anna", "secret")
            client.sendmail("anna@example.org", ["bert@example.org"], message(self.number))
            self.world.sent.add(self.number)

    def append(self):
        self.world.appends[self.number] += 1
        with ImapClient("127.0.0.1", self.world.server.ports["imap"]) as client:
            client.login("anna", "secret")
            client.ok("APPEND Sent (\\Seen)", Literal(message(self.number), sync=False))


class World:
    def __init__(self, server):
        self.server, self.over, self.lost = server, False, 0
        self.sent, self.done, self.appends = set(), set(), collections.Counter()


def numbers(server, user, box):
    """How often each number is in the mailbox."""
    with ImapClient("127.0.0.1", server.ports["imap"]) as client:
        client.login(user, "secret")
        client.ok(f"EXAMINE {box}")
        counts = collections.Counter()
        for items in client.fetched(client.ok("FETCH 1:* (BODY.PEEK[])")).values():
            counts[int(re.search(rb"^Subject: (\d+)", items["BODY[]"], re.M)[1])] += 1
        return counts


def judge(world, copies, delivered):
    lost = sorted(n for n in world.sent if not copies[n] or not delivered[n])
    # One whose answer was lost was perhaps made: then the next APPEND is stored, too.
    twice = sorted(n for n in copies if copies[n] > max(1, world.appends[n]))
    delivered_twice = sorted(n for n in delivered if delivered[n] > 1)
    for what, found in (("got 250 and are lost", lost), ("are in Sent twice", twice), ("were delivered twice", delivered_twice)):
        if found:
            report.failed("sent crash", f"{what}: {found[:20]}")


def play(kills):
    options = {"protocols": ("imap", "submission"), "config": CONFIG}
    with tempfile.TemporaryDirectory(prefix="sent-crash-") as folder, Server(data=folder, **options) as server:
        for user in ("anna", "bert"):
            server.add_user(user, "secret")
        world = World(server)
        clients = [Client(world, i) for i in range(1, CLIENTS + 1)]
        for client in clients:
            client.start()
        for i in range(kills):
            before, deadline = len(world.done), time.monotonic() + 30
            while len(world.done) < before + 5 + 7 * i % 20 and time.monotonic() < deadline:
                time.sleep(0.001)
            if len(world.done) == before:
                raise ServerError(f"nothing was answered for half a minute\n{server.log()}")
            server.kill(alive=True)
            server.start()
        world.over = True
        for client in clients:
            client.join(60)
        judge(world, numbers(server, "anna", "Sent"), numbers(server, "bert", "INBOX"))
        server.stop()
        server.command("check")  # ServerError when it finds anything
        report.passed(f"sent crash: {kills} kills, {len(world.sent)} sent, {len(world.done)} appended, {world.lost} connections lost; check finds nothing")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=6)
    options = parser.parse_args()
    if not program().exists():
        report.failed("sent crash", f"there is no {program()}: ./dev build makes it")
        report.finish()
    try:
        play(options.kills)
    except (ServerError, OSError, AssertionError) as error:
        report.failed("sent crash", error)
    report.finish()


main()
