#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A client that keeps its copy of a mailbox only through QRESYNC (RFC 7162 sections 3.2 and 6) stays equal to the server's truth while others
change the mailbox at random and its connection breaks at any moment, between any two responses. It never asks for what it has; it believes a
HIGHESTMODSEQ only at tagged responses, by the RFC's rule. All bytes go through the session checker.

    tests/sync.py [--changes 2000] [--engine local] [--seed N]"""

import argparse
import pathlib
import random
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

USER, PASSWORD, BOX, SIDE = "sync", "sync", "Sync", "Side"
FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "$A", "$B", "$C"]
ROUND = 250  # changes between two comparisons
CHANGERS = 3


def connect(server, name):
    client = ImapClient("127.0.0.1", server.ports["imap"], checker=SessionChecker(name=name), timeout=60)
    client.login(USER, PASSWORD)
    return client


def plain(flags):
    return frozenset(flag.lower() for flag in flags if flag.lower() != "\\recent")


class Changer:
    """Another session that changes the mailbox; it keeps no copy."""

    def __init__(self, server, index, seed):
        self.random = random.Random(seed * 100 + index)
        self.client = connect(server, f"changer {index}")
        if index % 2:
            self.client.ok("ENABLE QRESYNC")
        self.client.ok(f"SELECT {BOX}")
        self.top = 1

    def uids(self, most):
        """Some UIDs, most of them of recent messages; many are gone already."""
        low = max(1, self.top - self.random.choice((20, 60, 400)))
        picked = sorted({self.random.randint(low, self.top) for _ in range(self.random.randint(1, most))})
        return ",".join(map(str, picked))

    def change(self):
        kind = self.random.choices(("append", "store", "silent", "expunge", "move", "back"), (5, 8, 5, 3, 1, 1))[0]
        flags = " ".join(self.random.sample(FLAGS, self.random.randint(0, 3)))
        if kind == "append":
            self.client.ok(f"APPEND {BOX} ({flags})", Literal(b"Subject: x\r\n\r\nx\r\n"))
            self.top = self.last()
        elif kind in ("store", "silent"):
            sign = self.random.choice(("+", "-", ""))
            self.client.cmd(f"UID STORE {self.uids(12)} {sign}FLAGS{'.SILENT' if kind == 'silent' else ''} ({flags})")
        elif kind == "expunge":
            uids = self.uids(3)
            self.client.cmd(f"UID STORE {uids} +FLAGS.SILENT (\\Deleted)")
            self.client.cmd(f"UID EXPUNGE {uids}" if self.random.random() < 0.7 else "EXPUNGE")
        elif kind == "move":
            self.client.cmd(f"UID MOVE {self.uids(3)} {SIDE}")
        else:
            self.client.cmd(f"UID COPY {self.uids(4)} {BOX}")

    def last(self):
        for response in self.client.ok(f"STATUS {BOX} (UIDNEXT)").untagged:
            if response.name == "STATUS":
                return int(response.data["items"]["UIDNEXT"]) - 1
        return self.top


class Cut(Exception):
    """The connection broke."""


class Keeper:
    """The client under test. `copy` is UID -> flags; it survives connections, as do `validity`, `modseq` and `top`."""

    def __init__(self, server, seed):
        self.server, self.random = server, random.Random(seed)
        self.copy, self.validity, self.modseq = {}, None, 0
        self.top = 0  # every message up to this UID was fetched once
        self.client, self.cuts, self.commands = None, 0, 0
        self.lines = []

    def drop(self):
        if self.client:
            self.client.close()
        self.client = None

    # --- responses ---

    def take(self, response, seen):
        name, data = response.name, response.data
        if name == "FETCH" and "UID" in data:
            if "FLAGS" in data:
                self.copy[data["UID"]] = plain(data["FLAGS"])
            if "MODSEQ" in data:
                seen["max"] = max(seen["max"], data["MODSEQ"])
        elif name == "VANISHED":
            for low, high in data["uids"]:
                for uid in [u for u in self.copy if low <= u <= high]:
                    del self.copy[uid]
        elif name == "EXISTS":
            seen["more"] = True
        if response.code and response.code.name == "HIGHESTMODSEQ":
            seen["code"] = self.number(response.code)
        elif response.code and response.code.name == "UIDVALIDITY":
            assert self.validity in (None, self.number(response.code)), "UIDVALIDITY changed"
            self.validity = self.number(response.code)

    @staticmethod
    def number(code):
        return int(code.args[0] if isinstance(code.args, (list, tuple)) else code.args)

    def run(self, text, cut=None, idle=0):
        """Sends a command and takes what comes; `cut`: the connection breaks after so many responses."""
        tag, seen = self.client.send(text), {"max": 0, "code": None, "more": False}
        self.commands += 1
        while True:
            if cut is not None:
                if cut == 0:
                    self.drop()
                    self.cuts += 1
                    raise Cut
                cut -= 1
            response = self.client.read_response()
            if response.kind == "continue":
                time.sleep(idle)
                self.client.raw(b"DONE\r\n")
                continue
            self.take(response, seen)
            if response.kind == "tagged" and response.tag == tag:
                break
        if response.name == "BAD":
            raise AssertionError(f"{text}: {response.text}")
        if seen["code"] is not None:  # section 6: it counts even if higher ones were seen
            self.modseq = seen["code"]
        else:
            self.modseq = max(self.modseq, seen["max"])
        return seen["more"]

    # --- commands ---

    def maybe_cut(self):
        return self.random.randint(0, 8) if self.random.random() < 0.15 else None

    def connect(self):
        if self.client:
            return
        self.client = connect(self.server, "keeper")
        if self.random.random() < 0.3:
            self.client.compress()
        if self.random.random() < 0.5:
            self.client.ok("ENABLE IMAP4rev2")
        self.client.ok("ENABLE QRESYNC")
        select = f"SELECT {BOX}"
        if self.validity and self.modseq:
            known = [uid for uid in sorted(self.copy) if uid <= self.top]  # all messages up to there: their numbers are known
            match = ""
            if len(known) > 4 and self.random.random() < 0.4:
                numbers = sorted(self.random.sample(range(len(known)), 4))
                match = f" ({','.join(str(n + 1) for n in numbers)} {','.join(str(known[n]) for n in numbers)})"
            uids = f" 1:{max([self.top, *self.copy])}" if self.top and self.random.random() < 0.5 else ""
            select += f" (QRESYNC ({self.validity} {self.modseq}{uids}{match}))"
        self.lines.append(select)
        self.resync(select)

    def resync(self, select):
        """SELECT, then the messages that are new to it."""
        before = self.modseq
        try:
            self.run(select, self.maybe_cut())
            before = None
        finally:
            if before is not None:
                self.modseq = before
        self.fill()

    def fill(self):
        self.run(f"UID FETCH {self.top + 1}:* (UID FLAGS)", self.maybe_cut())
        self.top = max([self.top, *self.copy])

    def step(self):
        try:
            self.connect()
            known = sorted(self.copy)
            some = ",".join(map(str, sorted(self.random.sample(known, min(len(known), 3))))) or "1"
            number = self.random.randint(1, max(1, len(known) // 2))
            choice = self.random.choices(
                ("NOOP", "IDLE", f"UID STORE {some} {self.random.choice('+-')}FLAGS (\\Seen $K)",
                 f"UID FETCH {some} (UID FLAGS MODSEQ)", f"FETCH 1:{number} (UID FLAGS)", "SEARCH ALL",
                 f"UID SEARCH 1:{number} SEEN", f"UID FETCH {some} (UID BODY[TEXT])",
                 f"UID STORE {some} (UNCHANGEDSINCE {self.modseq}) +FLAGS (\\Answered)",
                 f"UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE {max(1, self.modseq)} VANISHED)",
                 "UID EXPUNGE " + some, "again"), (8, 2, 4, 3, 3, 2, 2, 2, 4, 3, 1, 2))[0]
            if not known and " 1:" in choice.replace("1:*", ""):
                choice = "NOOP"  # there is no message 1
            if choice == "again":
                self.drop()
            elif self.run(choice, self.maybe_cut(), idle=0.02):
                self.fill()
        except Cut:
            pass

    def settle(self):
        """Comes up to date, with no broken connections."""
        self.maybe_cut, saved = (lambda: None), self.maybe_cut
        if self.random.random() < 0.7:
            self.drop()
        self.connect()
        self.run("NOOP")
        self.fill()
        self.run("NOOP")
        self.maybe_cut = saved


def truth(server):
    client = connect(server, "truth")
    client.ok(f"EXAMINE {BOX}")
    result = client.ok("UID FETCH 1:* (UID FLAGS)")
    real = {r.data["UID"]: plain(r.data["FLAGS"]) for r in result.untagged if r.name == "FETCH" and "UID" in r.data}
    client.close()
    return real


def difference(mine, real):
    wrong = {u: (sorted(mine[u]), sorted(real[u])) for u in mine.keys() & real.keys() if mine[u] != real[u]}
    return (f"only in the copy {sorted(mine.keys() - real.keys())[:8]}, only in truth {sorted(real.keys() - mine.keys())[:8]}, "
            f"other flags {list(wrong.items())[:5]}")


def round_of(changers, keeper, changes):
    """The changers change, the keeper keeps up, all at once."""
    failures = []

    def work(changer):
        try:
            for _ in range(changes // len(changers)):
                changer.change()
        except Exception:
            failures.append(traceback.format_exc() + changer.client.transcript_text(12))

    threads = [threading.Thread(target=work, args=(c,)) for c in changers]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if keeper.random.random() < 0.2:
            keeper.drop()  # offline for a while
            time.sleep(0.05)
        keeper.step()
    for thread in threads:
        thread.join()
    if failures:
        raise AssertionError(failures[0])


def play(server, options):
    server.add_user(USER, PASSWORD)
    client = connect(server, "prepare")
    for box in (BOX, SIDE):
        client.ok(f"CREATE {box}")
    client.close()
    changers = [Changer(server, i, options.seed) for i in range(CHANGERS)]
    keeper, done = Keeper(server, options.seed), 0
    while done < options.changes:
        try:
            round_of(changers, keeper, ROUND)
            keeper.settle()
        except (AssertionError, Violation, OSError) as failure:
            text = keeper.client.transcript_text(30) if keeper.client else ""
            report.failed("sync", f"after {done} changes: {traceback.format_exc()}\n{str(failure)[-4000:]}\n{text}")
            return
        done += ROUND
        real = truth(server)
        if keeper.copy != real:
            report.failed("sync: the copy is the mailbox", f"after {done} changes, modseq {keeper.modseq}: "
                          f"{difference(keeper.copy, real)}\n{keeper.lines[-5:]}\n{keeper.client.transcript_text(60)}")
            return
    keeper.drop()
    report.passed(f"sync {options.engine}: {done} changes, {keeper.commands} commands, {keeper.cuts} broken connections, "
                  f"{len(keeper.copy)} messages left")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=2000)
    parser.add_argument("--engine", default="local")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    if not program().exists():
        report.failed("sync", f"there is no {program()}: ./dev build makes it")
        report.finish()
    print(f"sync: seed {options.seed}", flush=True)
    try:
        with Server(options.engine) as server:
            play(server, options)
    except (ServerError, AssertionError, Violation, OSError) as error:
        report.failed("sync", str(error)[-6000:])
    report.finish()


if __name__ == "__main__":
    main()
