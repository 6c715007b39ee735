#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Clients that keep a copy of all of a user's mail only through QRESYNC (RFC 7162) and NOTIFY (RFC 5465) stay equal to the server's truth
while others change everything at random: messages, flags, keywords, mailboxes, subscriptions. Their connections break at any moment,
between any two responses; each new one is rev1 or rev2, with COMPRESS, UIDONLY and NOTIFY or without (where the server offers them),
and is busy with IDLE, FETCH, SEARCH ... while the others work. All bytes that they get go through the session checker.

After each round three things must be the same: what the commands must have led to (tests/lib/syncworld.py, which also says what counts
as a change), what the server gives a session that knows nothing, and what the clients keep (tests/lib/synckeeper.py).

    tests/sync.py [--changes 4000] [--engine local] [--seed N] [--keepers 2]

The same seed gives the same commands, whatever the machine does."""

import argparse
import pathlib
import random
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))

import report  # noqa: E402
from imapclient import Closed, ImapClient, UnexpectedResult, Violation  # noqa: E402
from server import Server, ServerError, program  # noqa: E402
from synckeeper import Cut, Keeper, plain  # noqa: E402
from syncworld import Changer, World  # noqa: E402

USER, PASSWORD = "sync", "sync"
CHANGERS = 3
BURSTS = 12  # between two comparisons
PATIENCE = 10  # seconds until what NOTIFY pushes must have come
FAILURES = (AssertionError, Violation, OSError, Closed, UnexpectedResult, KeyError)


class Test:
    def __init__(self, server, options):
        self.server, self.options, self.random = server, options, random.Random(options.seed)
        self.truth, self.subscribed = None, set()
        self.world = World(self.ask())
        self.changers = [Changer(self.world, server, USER, PASSWORD, options.seed * 100 + i) for i in range(CHANGERS)]
        names = [f"keeper {i}" for i in range(options.keepers)]
        self.keepers = [Keeper(server, USER, PASSWORD, options.seed * 1000 + i, n) for i, n in enumerate(names)]
        for _ in range(8):
            self.changers[0].change_mailboxes()

    # --- the changes ---

    def burst(self):
        """All changers at once, each with mailboxes of its own; then some mailboxes themselves."""
        names = sorted(self.world.boxes)
        self.random.shuffle(names)
        shares = [names[i::CHANGERS] for i in range(CHANGERS)]
        for changer, mine in zip(self.changers, shares):
            changer.begin_burst(mine)
        for changer in self.changers:
            changer.end_burst()
        for _ in range(self.random.choice((0, 0, 0, 1, 2, 4))):
            self.changers[0].change_mailboxes()

    def step(self):
        online = []
        for keeper in self.keepers:
            if self.random.random() < 0.15:
                keeper.drop()  # offline for a while
            if self.random.random() < 0.5 and not keeper.client:
                continue
            try:
                keeper.begin()
                online.append(keeper)
            except Cut:
                pass
        self.burst()
        for keeper in online:
            try:
                keeper.finish_step()
            except Cut:
                pass

    # --- the comparison ---

    def ask(self):
        """The server's truth, from a session that knows nothing."""
        if self.truth is None:
            self.truth = ImapClient("127.0.0.1", self.server.ports["imap"], timeout=120)
            self.truth.login(USER, PASSWORD)
        real, self.subscribed = {}, set()
        for response in self.truth.ok('LIST "" * RETURN (SUBSCRIBED)').untagged:
            if response.name == "LIST":
                attributes = {a.lower() for a in response.data["attributes"]}
                if "\\subscribed" in attributes:
                    self.subscribed.add(response.data["mailbox"])
                if not {"\\nonexistent", "\\noselect"} & attributes:
                    real[response.data["mailbox"]] = {}
        for name, messages in real.items():
            self.truth.ok(f"EXAMINE {name}")
            for r in self.truth.ok("UID FETCH 1:* (UID FLAGS)").untagged:
                if r.name == "FETCH" and "UID" in r.data:
                    messages[r.data["UID"]] = plain(r.data["FLAGS"])
        self.truth.cmd("UNSELECT")  # DELETE of the selected mailbox would end the session
        del self.truth.transcript[:-100]
        return real

    def compare(self):
        real = self.ask()
        difference = differ({n: b.messages for n, b in self.world.boxes.items()}, real)
        if difference:
            raise AssertionError(f"what the commands must have led to, and the server's truth: {difference}")
        for keeper in self.keepers:
            self.compare_keeper(keeper, real)

    def compare_keeper(self, keeper, real):
        until = time.monotonic() + PATIENCE
        while True:
            keeper.settle()
            difference = differ({n: b.messages for n, b in keeper.boxes.items()}, real)
            mine = keeper.subscribed & real.keys()  # of names without a mailbox LIST says nothing
            if not difference and mine != self.subscribed:
                difference = f"subscriptions: {sorted(mine)}, really {sorted(self.subscribed)}"
            if not difference:
                break
            if not keeper.notify or time.monotonic() > until:  # only what is pushed may take its time
                raise AssertionError(f"the copy of {keeper.name}, and the server's truth: {difference}")
            time.sleep(0.02)
        stored = keeper.store() if self.random.random() < 0.3 else None
        if stored:
            self.world.store(*stored)
            real[stored[0]] = {**real[stored[0]], **{u: self.world.boxes[stored[0]].messages[u] for u in stored[1]}}
        if self.random.random() < 0.5:
            keeper.drop()
        elif keeper.client:
            del keeper.client.transcript[:-400]

    def play(self):
        told = time.monotonic()
        while self.world.changes < self.options.changes:
            for _ in range(BURSTS):
                self.step()
            self.compare()
            if time.monotonic() - told > 30:
                told = time.monotonic()
                print(f"sync: {self.world.changes} changes", flush=True)

    def transcript(self):
        text = []
        for keeper in self.keepers:
            text += [f"--- {keeper.name}: its last commands", *keeper.log[-200:]]
            if keeper.client:
                text += ["--- and its connection", keeper.client.transcript_text(400)]
        for i, changer in enumerate(self.changers):
            text += [f"--- changer {i}", *changer.wire.commands[-20:]]
        return "\n".join(text)

    def close(self):
        for keeper in self.keepers:
            keeper.drop()


def differ(mine, real):
    """What is different, in words; "" if nothing is."""
    if mine == real:
        return ""
    if mine.keys() != real.keys():
        return f"mailboxes only here {sorted(mine.keys() - real.keys())}, only there {sorted(real.keys() - mine.keys())}"
    name = next(n for n in sorted(real) if mine[n] != real[n])
    a, b = mine[name], real[name]
    wrong = {u: (sorted(a[u]), sorted(b[u])) for u in a.keys() & b.keys() if a[u] != b[u]}
    return (f"in {name}: UIDs only here {sorted(a.keys() - b.keys())[:8]}, only there {sorted(b.keys() - a.keys())[:8]}, "
            f"other flags {list(wrong.items())[:5]}")


def play(server, options):
    server.add_user(USER, PASSWORD)
    began, test = time.monotonic(), Test(server, options)
    try:
        test.play()
    except FAILURES:
        report.failed("sync", f"seed {options.seed}, after {test.world.changes} changes\n{test.transcript()}\n{traceback.format_exc()[-6000:]}")
        return
    finally:
        test.close()
    sums = [sum(getattr(k, what) for k in test.keepers) for what in ("commands", "connections", "cuts")]
    report.passed(f"sync {options.engine}: {test.world.changes} changes, {sums[0]} commands on {sums[1]} connections, {sums[2]} of them broken "
                  f"in the middle, {time.monotonic() - began:.0f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=4000)
    parser.add_argument("--engine", default="local")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keepers", type=int, default=2)
    options = parser.parse_args()
    if not program().exists():
        report.failed("sync", f"there is no {program()}: ./dev build makes it")
        report.finish()
    print(f"sync: seed {options.seed}", flush=True)
    try:
        with Server(options.engine) as server:
            play(server, options)
    except (ServerError, *FAILURES) as error:
        report.failed("sync", str(error)[-6000:])
    report.finish()


if __name__ == "__main__":
    main()
