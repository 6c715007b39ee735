#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Mail that waits for the relay (relay.spool) while the server dies at each step of src/smtp/README.md's table; the test plays the relay and counts there.
Nothing that got its 250 is lost; nothing comes twice but what the relay had whole when the server died without its answer on the disk; who is here, Sent and
the reports have each once. tests/spool_crash.py [--kills N]

Steps on the disk: the program dies of itself before its nth write, then its nth flush, for every n that there is (tests/faults/interpose.c). Steps at the
relay: it is killed when the relay has got so far. Then N kills at any moment."""

import argparse
import collections
import contextlib
import pathlib
import random
import re
import smtplib
import socket
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "lib"), str(HERE / "faults")]

import report  # noqa: E402
from control import DIES, Control, is_there  # noqa: E402
from imapclient import ImapClient  # noqa: E402
from server import Server, ServerError, program  # noqa: E402

USERS = ("anna", "bert")
PATIENCE = 60  # seconds for what must happen
LOST = (OSError, EOFError, smtplib.SMTPException)
AT_RELAY = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "octets", "dot", "answered")


class Relay:
    """An MTA that counts. `up`: it takes mail; else it hangs up. At the point `stop_at` it calls `stopped` and hangs up."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.lock = threading.Lock()
        self.up, self.stop_at, self.stopped = False, None, None
        self.taken = collections.Counter()  # (number, recipient)
        self.cut = collections.Counter()  # number: so often nothing came behind it on its connection, so what the relay said of it may not be known
        threading.Thread(target=self._accept, daemon=True).start()

    def config(self):
        return f'relay: {{ host = "127.0.0.1"; port = {self.listener.getsockname()[1]}; tls = "none"; spool = true; }};\n'

    def _accept(self):
        while True:
            sock, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def cuts(self):
        with self.lock:
            return self.cut.copy()

    def _at(self, point):
        with self.lock:
            if self.stop_at != point:
                return
            self.stop_at = None
            self.stopped()
        raise ConnectionError

    def _serve(self, sock):
        with contextlib.suppress(OSError), sock, sock.makefile("rb") as lines:
            if self.up:
                self._at("connect")
                sock.sendall(b"220 relay\r\n")
                self._session(sock, lines)

    def _session(self, sock, lines):
        last = []  # the message that nothing has come behind so far
        try:
            self._commands(sock, lines, last)
        finally:
            with self.lock:
                self.cut.update(last)

    def _commands(self, sock, lines, last):
        recipients = []
        for line in lines:
            last.clear()
            words = re.match(rb"(\w+) ?(?:TO:<([^>]*)>)?", line)
            verb = words[1].decode().upper() if words else ""
            self._at(verb)
            if verb == "EHLO":
                sock.sendall(b"250-relay\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == "RCPT" and words[2].startswith(b"no-"):
                sock.sendall(b"550 5.1.1 nobody\r\n")
            elif verb == "RCPT":
                recipients.append(words[2].decode())
                sock.sendall(b"250 2.1.5 fine\r\n")
            elif verb == "DATA":
                sock.sendall(b"354 go on\r\n")
                self._message(sock, lines, recipients, last)
                recipients = []
            else:
                recipients = []
                sock.sendall(b"250 fine\r\n")

    def _message(self, sock, lines, recipients, last):
        number = None
        for line in lines:
            subject = re.match(rb"Subject: (\d+)\r\n", line)
            number = int(subject[1]) if subject else number
            if line == b"\r\n":
                self._at("octets")
            if line == b".\r\n":
                break
        else:
            return  # without its end it is nothing
        with self.lock:
            for recipient in recipients:
                self.taken[number, recipient] += 1
        last.append(number)
        self._at("dot")
        sock.sendall(b"250 2.0.0 taken\r\n")
        self._at("answered")


def message(number):
    big = "x" * 70 + "\r\n"
    return (f"From: anna@example.org\r\nBcc: secret@far.example\r\nSubject: {number}\r\nMessage-ID: <spool-{number}@example.org>\r\n\r\n"
            + big * (number % 3 * 3000)).encode()  # fmt: skip


class World:
    def __init__(self, folder):
        self.relay = Relay()
        self.control = Control(folder)
        config = 'submission = { domains = "example.org"; sent_copy = true; };\n' + self.relay.config()
        self.server = Server(data=folder, protocols=("imap", "submission"), config=config, env=self.control.environment())
        self.number = 0
        self.acknowledged = {}  # number: recipients elsewhere
        self.excused = collections.Counter()  # number: so often the relay may have it once more
        self.deaths = 0

    def submit(self, number, recipients, here=("bert@example.org",)):
        with smtplib.SMTP("127.0.0.1", self.server.ports["submission"], local_hostname="c.example.org", timeout=PATIENCE) as client:
            client.login("anna", "secret")
            refused = client.sendmail("anna@example.org", [*recipients, *here], message(number))
        self.acknowledged[number] = [r for r in recipients if r not in refused]

    def submit_until(self, number, recipients):
        while number not in self.acknowledged:
            with contextlib.suppress(*LOST):
                self.submit(number, recipients)
            self.revive()

    def next(self):
        self.number += 1
        return self.number

    def revive(self):
        """Starts a server that has died."""
        if self.server.alive():
            return False
        self.server.kill()
        self.deaths += 1
        self.server.start()
        return True

    def die_at(self, kind, nth):
        self.before = self.control.injected
        self.control.mean(self.server.process.pid)
        self.control.arm(kind, nth, DIES)

    def live_on(self):
        """Has it died meanwhile? Then it is started again."""
        self.control.disarm()
        self.control.mean(0)
        if self.control.injected == self.before:
            return False
        self.server.process.wait(PATIENCE)
        return self.revive()

    def empty(self):
        """All that waits is sent now; over server's deaths."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.revive()
            listed = self.server.command("spool", "list", check=False)
            if listed.returncode == 0 and "nothing waits" in listed.stdout:
                return
            if time.monotonic() > deadline:
                raise ServerError(f"the spool is not empty\n{listed.stdout}{listed.stderr}{self.server.log()}")
            self.server.command("spool", "try", check=False)
            time.sleep(0.02)

    def subjects(self, user, box, pattern):
        """How often each number is there."""
        with ImapClient("127.0.0.1", self.server.ports["imap"]) as client:
            client.login(user, "secret")
            client.ok(f"EXAMINE {box}")
            counts = collections.Counter()
            for items in client.fetched(client.ok("UID FETCH 1:* (BODY.PEEK[])")).values():
                counts[int(re.findall(pattern, items["BODY[]"], re.M)[-1])] += 1
            return counts

    def judge(self, name):
        reports = self.subjects("anna", "INBOX", rb"^Subject: (\d+)")
        here = self.subjects("bert", "INBOX", rb"^Subject: (\d+)")
        sent = self.subjects("anna", "Sent", rb"^Subject: (\d+)")
        wrong = []
        for number, recipients in self.acknowledged.items():
            for recipient in recipients:
                times, refused = self.relay.taken[number, recipient], recipient.startswith("no-")
                least = 0 if refused else 1
                if not least <= times <= least + (0 if refused else self.excused[number]):
                    wrong.append(f"{number} came to {recipient} {times} times")
            # Where the relay refused somebody at once, it may have been told before, too, by a try whose answer was lost.
            if not any(r.startswith("no-") for r in recipients) <= reports[number] <= 1:
                wrong.append(f"{number}: {reports[number]} reports")
            wrong += [f"{number}: {times} times {where}" for where, times in (("here", here[number]), ("in Sent", sent[number])) if times != 1]
        excused = sum(1 for number in self.acknowledged if self.excused[number])
        if wrong:
            report.failed(f"spool crash: {name}", "; ".join(wrong[:20]) + f"\n{self.server.log()}")
        else:
            report.passed(f"spool crash: {name}: {self.deaths} deaths, {len(self.acknowledged)} messages, {excused} of them may come twice")
        self.acknowledged, self.excused, self.deaths = {}, collections.Counter(), 0


def coming(world):
    """Step 1: killed while the octets come."""
    world.relay.up = False
    for _ in range(3):
        number = world.next()
        with smtplib.SMTP("127.0.0.1", world.server.ports["submission"], timeout=PATIENCE) as client:
            client.login("anna", "secret")
            client.mail("anna@example.org")
            if client.rcpt("a@far.example")[0] != 250 or client.docmd("DATA")[0] != 354:
                raise ServerError("the message is not taken")
            client.send(message(number)[:-10])
            world.server.kill(alive=True)
            client.close()
        world.revive()
        if "nothing waits" not in world.server.command("spool", "list").stdout:
            raise ServerError("a half of a message waits")
        world.submit_until(number, ["a@far.example"])
        world.relay.up = True
        world.empty()
        world.relay.up = False
    world.judge("killed within a message")


def taking_in(world, kind):
    """Steps 2 to 4: it dies at each write or flush while a message comes in. The client, having no answer, sends it again."""
    world.relay.up = False
    nth = died = 1
    while died:
        number = world.next()
        world.die_at(kind, nth)
        with contextlib.suppress(*LOST):
            world.submit(number, ["a@far.example"])
        died = world.live_on()
        world.submit_until(number, ["a@far.example"])
        nth += 1
    world.relay.up = True
    world.empty()
    world.judge(f"a message comes in, dies at each {kind}")
    if nth < 3:
        report.failed("spool crash", f"there was no {kind} to die at")


def waiting_long(world):
    """Who sends again is known while the message waits, however long the relay is down: no record is written meanwhile."""
    world.relay.up = False
    number = world.next()
    for hours in (0, 18, 36):
        world.control.shift_clock(hours * 3600)
        world.control.mean(world.server.process.pid)
        world.submit(number, ["a@far.example"], here=())
    world.relay.up = True
    world.empty()
    world.control.shift_clock(0)
    world.control.mean(0)
    del world.acknowledged[number]  # Sent, which does not know it for so long, has it more than once
    if world.relay.taken[number, "a@far.example"] == 1:
        report.passed("spool crash: sent again after a long time: it came once")
    else:
        report.failed("spool crash", f"sent again after a long time: it came {world.relay.taken[number, 'a@far.example']} times")


def settling(world, kind):
    """Steps 7 to 9: it dies at each write or flush while the relay has one recipient and refuses another."""
    nth = died = 1
    while died:
        number = world.next()
        world.relay.up = False
        world.submit_until(number, ["a@far.example", "no-b@far.example"])
        world.relay.up = True
        world.die_at(kind, nth)
        world.server.command("spool", "try", check=False)
        deadline = time.monotonic() + PATIENCE
        while world.control.injected == world.before and time.monotonic() < deadline:
            if "nothing waits" in world.server.command("spool", "list", check=False).stdout:
                break
            time.sleep(0.005)
        died = world.live_on()
        if died and world.relay.taken[number, "a@far.example"]:
            world.excused[number] = 1
        world.empty()
        nth += 1
    world.judge(f"outcomes are written down, dies at each {kind}")
    if nth < 3:
        report.failed("spool crash", f"there was no {kind} to die at")


def sending(world):
    """Steps 5 and 6: it is killed when the relay has got so far."""
    for point in AT_RELAY:
        for size in range(3):
            number = world.next()
            world.relay.up = False
            world.submit_until(number, ["a@far.example", "c@far.example"])
            killed = threading.Event()

            def stopped(killed=killed):
                world.server.kill(alive=True)
                killed.set()

            with world.relay.lock:
                world.relay.stop_at, world.relay.stopped = point, stopped
            world.relay.up = True
            world.server.command("spool", "try", check=False)  # it may be killed before it has answered
            if not killed.wait(PATIENCE):
                raise ServerError(f"the relay was not asked for {point}\n{world.server.log()}")
            if point in ("dot", "answered"):
                world.excused[number] = 1
            world.empty()
        world.judge(f"killed at the relay's {point}")


class Client(threading.Thread):
    """Sends one message after the other, each until it has its answer."""

    def __init__(self, world, numbers):
        super().__init__(daemon=True)
        self.world, self.numbers, self.over = world, numbers, False

    def run(self):
        for number in self.numbers:
            recipients = ["a@far.example", *(["no-b@far.example"] if number % 2 else [])]
            while number not in self.world.acknowledged and not self.over:
                try:
                    self.world.submit(number, recipients)
                except LOST:
                    time.sleep(0.02)


def any_moment(world, kills):
    """The relay comes and goes, and the server is killed whenever. What the relay had when that happened may come again."""
    first = world.number + 1
    world.number += 10**6
    clients = [Client(world, range(first + i, first + 10**6, 2)) for i in range(2)]
    dice = random.Random(kills)
    for client in clients:
        client.start()
    for _ in range(kills):
        world.relay.up = True
        world.server.command("spool", "try", check=False)
        time.sleep(dice.random() * 0.3)
        world.relay.up = False
        time.sleep(dice.random() * 0.3)
        world.server.kill()
        world.deaths += 1
        world.server.start()
    world.relay.up = True
    for client in clients:
        client.over = True
        client.join(PATIENCE)
    world.empty()
    twice = collections.Counter({key[0]: n - 1 for key, n in world.relay.taken.items() if n > 1 and key[0] >= first})
    deadline = time.monotonic() + PATIENCE
    world.excused = world.relay.cuts()
    while twice - world.excused and time.monotonic() < deadline:  # the relay may not have seen yet that a connection was cut
        time.sleep(0.02)
        world.excused = world.relay.cuts()
    refused = [n for n, r in world.acknowledged.items() if len(r) > 1]
    world.judge(f"at any moment, {len(refused)} of them partly refused")


def play(kills):
    with tempfile.TemporaryDirectory(prefix="spool-crash-") as folder:
        world = World(folder)
        with world.server as server:
            for user in USERS:
                server.add_user(user, "secret")
            coming(world)
            for kind in ("write", "sync"):
                taking_in(world, kind)
            sending(world)
            waiting_long(world)
            for kind in ("write", "sync"):
                settling(world, kind)
            any_moment(world, kills)
            server.stop()
            server.command("check")  # ServerError when it finds anything
            report.passed("spool crash: check finds nothing")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=8)
    options = parser.parse_args()
    if not program().exists() or not is_there():
        report.failed("spool crash", f"there is no {program()}, or no tests/faults library: ./dev build makes them")
        report.finish()
    try:
        play(options.kills)
    except (ServerError, OSError, AssertionError) as error:
        report.failed("spool crash", error)
    report.finish()


main()
