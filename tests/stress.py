#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Many clients change one mailbox at random for some time: append, store, expunge, copy, move, idle, select again. Each keeps a
picture of the mailbox from nothing but what it is told; the picture must never contradict itself, and in the end, after
one NOOP, it must be what the mailbox is. Nothing acknowledged may be lost. All bytes go through the session checker.

    tests/stress.py [--seconds 20] [--clients 50] [--engine local] [--seed N]"""

import argparse
import pathlib
import random
import socket
import sys
import threading
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))

import report  # noqa: E402
from grammar.session import SessionChecker  # noqa: E402
from imapclient import ImapClient, Literal, Violation  # noqa: E402
from server import Server, ServerError, program  # noqa: E402

USER, PASSWORD = "stress", "stress"
MAIN, SIDE = "Stress", "Stress/Side"
FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "$A", "$B"]


class Inconsistent(AssertionError):
    """What the server told does not fit together."""


class Picture:
    """What one client knows of the selected mailbox: [uid, flags], either None where it was not told."""

    def __init__(self):
        self.messages = []
        self.expunged = set()  # UIDs that it was told are gone
        self.highest = 0

    def clear(self):
        self.messages, self.highest = [], 0

    def apply(self, responses):
        for response in responses:
            if response.name == "EXISTS":
                self._exists(response.number)
            elif response.name == "EXPUNGE":
                self._expunge(response.number)
            elif response.name == "FETCH":
                self._fetch(response.number, response.data)

    def _exists(self, number):
        if number < len(self.messages):
            raise Inconsistent(f"EXISTS {number} after {len(self.messages)} without EXPUNGE")
        self.messages += [[None, None] for _ in range(number - len(self.messages))]

    def _expunge(self, number):
        if not 1 <= number <= len(self.messages):
            raise Inconsistent(f"EXPUNGE {number} of {len(self.messages)}")
        uid, _ = self.messages.pop(number - 1)
        if uid:
            self.expunged.add(uid)

    def _fetch(self, number, items):
        if not 1 <= number <= len(self.messages):
            raise Inconsistent(f"FETCH {number} of {len(self.messages)}")
        message = self.messages[number - 1]
        uid = items.get("UID")
        if uid is not None:
            if message[0] not in (None, uid):
                raise Inconsistent(f"message {number} has UID {uid}, was {message[0]}")
            if uid in self.expunged:
                raise Inconsistent(f"UID {uid} came back after its EXPUNGE")
            message[0] = uid
            self._check_order(number)
        if "FLAGS" in items:
            message[1] = frozenset(f for f in items["FLAGS"] if f.lower() != "\\recent")

    def _check_order(self, number):
        uid = self.messages[number - 1][0]
        before = [m[0] for m in self.messages[: number - 1] if m[0]]
        after = [m[0] for m in self.messages[number:] if m[0]]
        if (before and before[-1] >= uid) or (after and after[0] <= uid):
            raise Inconsistent(f"UID {uid} at {number} is out of order")

    def gaps(self):
        """Numbers of messages of which something is not known."""
        return [i for i, m in enumerate(self.messages, 1) if None in m]


class Worker(threading.Thread):
    """One client. `stop` ends its changes; settle() then brings its picture up to date."""

    def __init__(self, server, index, seed, stop):
        super().__init__(name=f"client {index}")
        self.index, self.stop, self.random = index, stop, random.Random(seed * 1000 + index)
        self.client = ImapClient("127.0.0.1", server.ports["imap"], checker=SessionChecker(name=f"client {index}"), timeout=60)
        self.client.login(USER, PASSWORD)
        if index % 2:
            self.client.ok("ENABLE IMAP4rev2")
        self.picture = Picture()
        self.created = set()  # UIDs of what it appended
        self.removed = set()  # UIDs that it marked \\Deleted or moved away
        self.operations = 0
        self.failure = None
        self.select()

    def told(self, result):
        self.picture.apply(result.untagged)
        return result

    def cmd(self, *parts):
        return self.told(self.client.cmd(*parts))

    def ok(self, *parts):
        return self.told(self.client.ok(*parts))

    def select(self):
        self.picture.clear()
        self.ok(f'SELECT "{MAIN}"')
        self.fill()

    def fill(self):
        """Asks for what it does not know."""
        gaps = self.picture.gaps()
        if gaps:
            numbers = ",".join(map(str, gaps)) if len(gaps) < 200 else "1:*"
            self.cmd(f"FETCH {numbers} (UID FLAGS)")

    def run(self):
        operations = [
            (self.append, 8), (self.store, 12), (self.store_silent, 5), (self.uid_store, 6), (self.delete, 5), (self.expunge, 2),
            (self.uid_expunge, 2), (self.copy, 2), (self.move, 2), (self.move_back, 1), (self.noop, 6), (self.fetch, 5),
            (self.idle, 3), (self.search, 3), (self.again, 1), (self.pipeline, 2),
        ]
        chosen, weights = zip(*operations)
        try:
            while not self.stop.is_set():
                self.random.choices(chosen, weights)[0]()
                self.operations += 1
                if self.random.random() < 0.5:
                    self.fill()
        except (AssertionError, Violation, OSError) as failure:
            self.failure = f"{failure}\n{self.client.transcript_text(25)}"
            self.stop.set()
        except Exception:
            self.failure = traceback.format_exc()
            self.stop.set()

    # --- what it does ---

    def some(self, most=4):
        """A few numbers of messages as a set, or None when there are none."""
        count = len(self.picture.messages)
        if not count:
            return None
        first = self.random.randint(1, count)
        last = min(count, first + self.random.randint(0, most - 1))
        return f"{first}:{last}" if last > first else str(first)

    def some_uids(self):
        known = [m[0] for m in self.picture.messages if m[0]]
        return ",".join(map(str, sorted(self.random.sample(known, min(len(known), 3))))) if known else None

    def flags(self):
        return " ".join(self.random.sample(FLAGS, self.random.randint(1, 2)))

    def append(self):
        data = f"Subject: {self.index}.{self.operations}\r\n\r\n{'x' * self.random.randint(0, 500)}\r\n"
        count = self.random.choice([1, 1, 1, 2])  # sometimes MULTIAPPEND
        parts = [p for _ in range(count) for p in (f"({self.flags()})", Literal(data, sync=False))]
        code = self.ok(f'APPEND "{MAIN}"', *parts).tagged.code
        if code is None or code.name != "APPENDUID":
            raise Inconsistent("APPEND without APPENDUID")
        self.created |= set(numbers_of(code.args[1]))

    def store(self):
        numbers = self.some()
        if numbers:
            self.cmd(f"STORE {numbers} {self.random.choice(['+', '-', ''])}FLAGS ({self.flags()})")

    def store_silent(self):
        """What it then knows of these messages' flags depends on others: it forgets them and asks."""
        numbers = self.some()
        if numbers:
            before = [m for m in self.picture.messages]
            self.cmd(f"STORE {numbers} {self.random.choice(['+', '-', ''])}FLAGS.SILENT ({self.flags()})")
            first, _, last = numbers.partition(":")
            for message in before[int(first) - 1 : int(last or first)]:
                message[1] = None
            self.fill()

    def uid_store(self):
        uids = self.some_uids()
        if uids:
            self.cmd(f"UID STORE {uids} {self.random.choice(['+', '-'])}FLAGS ({self.flags()})")

    def delete(self):
        uids = self.some_uids()
        if uids and len(self.picture.messages) > 30:
            self.removed |= set(numbers_of(uids))
            self.cmd(f"UID STORE {uids} +FLAGS (\\Deleted)")

    def expunge(self):
        self.cmd("EXPUNGE")

    def uid_expunge(self):
        uids = self.some_uids()
        if uids:
            self.cmd(f"UID EXPUNGE {uids}")

    def copy(self):
        numbers = self.some()
        if numbers:
            self.cmd(f'COPY {numbers} "{self.random.choice([MAIN, SIDE])}"')

    def move(self):
        uids = self.some_uids()
        if uids and len(self.picture.messages) > 30:
            self.removed |= set(numbers_of(uids))
            self.cmd(f'UID MOVE {uids} "{SIDE}"')

    def move_back(self):
        """A few messages from the side mailbox come home."""
        self.client.ok(f'SELECT "{SIDE}"')
        self.client.cmd(f'MOVE 1:2 "{MAIN}"')
        self.select()

    def noop(self):
        self.ok("NOOP")

    def fetch(self):
        numbers = self.some(10)
        if numbers:
            self.cmd(f"FETCH {numbers} (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER])")

    def idle(self):
        deadline = time.monotonic() + self.random.uniform(0.02, 0.3)
        with self.client.idle() as idle:
            while (left := deadline - time.monotonic()) > 0:
                try:
                    self.picture.apply([idle.next(left)])
                except socket.timeout:
                    break
        self.told(idle.result)

    def search(self):
        self.cmd(self.random.choice(["SEARCH DELETED", "UID SEARCH UNSEEN", "SEARCH KEYWORD $A", "UID SEARCH 1:5"]))

    def again(self):
        self.client.ok(self.random.choice(["CLOSE", "UNSELECT"]))
        self.select()

    def pipeline(self):
        """Several commands before the first answer; numbers only where no EXPUNGE can come between (RFC 9051 section 5.5)."""
        uids = self.some_uids()
        tags = [self.client.send(c) for c in ("NOOP", f"UID FETCH {uids or 1} (FLAGS)", "CHECK" if not self.index % 2 else "NOOP")]
        for tag in tags:
            self.told(self.client.wait(tag))

    # --- the end ---

    def settle(self):
        """One NOOP must tell all that it was not told yet."""
        self.ok("NOOP")
        known = [m for m in self.picture.messages if None not in m]
        self.fill()
        return known

    def final(self):
        return [(uid, tuple(sorted(flags))) for uid, flags in self.picture.messages]


def numbers_of(uid_set):
    """The numbers of a UID set, as text or as pairs."""
    if isinstance(uid_set, int):
        return [uid_set]
    if not isinstance(uid_set, (str, bytes)):
        return [n for part in uid_set for n in (range(min(part), max(part) + 1) if isinstance(part, tuple) else [part])]
    text = uid_set.decode() if isinstance(uid_set, bytes) else uid_set
    found = []
    for part in text.split(","):
        first, _, last = part.partition(":")
        found += range(min(int(first), int(last or first)), max(int(first), int(last or first)) + 1)
    return found


def truth(server):
    """The mailbox as a fresh session sees it."""
    with ImapClient("127.0.0.1", server.ports["imap"], timeout=60) as client:
        client.login(USER, PASSWORD)
        client.ok(f'EXAMINE "{MAIN}"')
        found = client.fetched(client.ok("FETCH 1:* (UID FLAGS)"))
        rows = [found[n] for n in sorted(found)]
        return [(r["UID"], tuple(sorted(f for f in r["FLAGS"] if f.lower() != "\\recent"))) for r in rows]


def prepare(server):
    server.add_user(USER, PASSWORD)
    with ImapClient("127.0.0.1", server.ports["imap"]) as client:
        client.login(USER, PASSWORD)
        client.ok(f'CREATE "{MAIN}"')
        client.ok(f'CREATE "{SIDE}"')
        for i in range(100):
            client.ok(f'APPEND "{MAIN}"', Literal(f"Subject: {i}\r\n\r\nx\r\n", sync=False))


def judge(server, workers):
    for worker in workers:
        if worker.failure:
            report.failed(f"stress {worker.name}", worker.failure[-6000:])
    if any(w.failure for w in workers):
        return
    for worker in workers:
        worker.settle()
    real = truth(server)
    for worker in workers:
        try:
            if worker.final() != real:
                mine, other = set(worker.final()), set(real)
                raise Inconsistent(f"its picture differs: only there {sorted(mine - other)[:5]}, only in truth {sorted(other - mine)[:5]}")
            worker.client.close()
            report.passed(f"stress {worker.name}: {worker.operations} operations")
        except AssertionError as failure:
            report.failed(f"stress {worker.name}", str(failure)[-6000:] + "\n" + worker.client.transcript_text(25))
    created = set().union(*(w.created for w in workers))
    expunged = set().union(*(w.picture.expunged for w in workers))
    removed = set().union(*(w.removed for w in workers))
    lost = created - removed - {uid for uid, _ in real}
    if lost:
        report.failed("stress nothing is lost", f"appended, never deleted by anyone, gone: {sorted(lost)[:20]}")
    else:
        report.passed(f"stress nothing is lost: {len(created)} appended, {len(expunged)} expunged, {len(real)} left")
    unasked = (expunged & created) - removed
    if unasked:
        report.failed("stress nothing is expunged unasked", f"UIDs {sorted(unasked)[:20]}")


def after_restart(server, before):
    server.restart()
    if truth(server) == before:
        report.passed("stress the same after a restart")
    else:
        report.failed("stress the same after a restart", "the mailbox differs")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--engine", default="local")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    if not program().exists():
        report.failed("stress", f"there is no {program()}: ./dev build makes it")
        report.finish()
    print(f"stress: seed {options.seed}", flush=True)
    try:
        with Server(options.engine) as server:
            prepare(server)
            stop = threading.Event()
            workers = [Worker(server, i, options.seed, stop) for i in range(options.clients)]
            for worker in workers:
                worker.start()
            stop.wait(options.seconds)
            stop.set()
            for worker in workers:
                worker.join(120)
            judge(server, workers)
            if options.engine == "local":
                after_restart(server, truth(server))
        report.passed("stress server ended well")
    except (ServerError, AssertionError, Violation, OSError) as error:
        report.failed("stress", str(error)[-6000:])
    report.finish()


if __name__ == "__main__":
    main()
