# SPDX-License-Identifier: Apache-2.0
"""The client of tests/sync.py against scripted answers: what it may believe when its connection breaks, and whose the responses are."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from grammar.imapgrammar import Reader  # noqa: E402
from synckeeper import Copy, Cut, Keeper  # noqa: E402


class Script:
    """A connection: (how the command begins, its untagged responses) one after the other; each ends with OK."""

    def __init__(self, *answers):
        self.answers, self.sent, self.reader = list(answers), [], Reader()

    def send(self, text):
        start, untagged = self.answers.pop(0)
        assert text.startswith(start), f"{text!r} in place of {start!r}"
        self.sent.append(text)
        lines = [*untagged, f"t{len(self.sent)} OK done"]
        self.reader.framer.feed("".join(line + "\r\n" for line in lines).encode())
        return f"t{len(self.sent)}"

    def read_response(self):
        return self.reader.next()

    def close(self):
        pass


def opened(validity, id, modseq, *more, closed=False):
    return [*(["* OK [CLOSED] closed"] if closed else []), "* FLAGS ()", "* 3 EXISTS", f"* OK [UIDVALIDITY {validity}] x", "* OK [UIDNEXT 9] x",
            f"* OK [MAILBOXID ({id})] x", f"* OK [HIGHESTMODSEQ {modseq}] x", *more]  # fmt: skip


def keeper_with(*answers, cuts=(), notify=False):
    keeper = Keeper(None, "u", "p", 1, "keeper")
    keeper.client, keeper.notify, cuts = Script(*answers), notify, list(cuts)
    keeper.some_cut = lambda: cuts.pop(0) if cuts else None
    return keeper


def copy(id, validity, modseq, uids=(), whole=True):
    box = Copy()
    box.id, box.validity, box.modseq, box.messages = id, validity, modseq, {uid: frozenset() for uid in uids}
    box.top, box.whole, box.stale = max(uids, default=0), whole, False
    return box


class KeeperTest(unittest.TestCase):
    def test_more_came_while_it_asked_and_the_connection_broke(self):
        more = ["* 4 FETCH (UID 4 FLAGS ())", "* 5 EXISTS", "* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (30))"]  # UID 5 may have modseq 29
        keeper = keeper_with(("UID FETCH 4:", more), ("UID FETCH 5:", []), cuts=(None, 0))
        box = keeper.boxes["a"] = keeper.selected = copy("F1", 7, 20, (1, 2, 3))
        with self.assertRaises(Cut):
            keeper.fill()
        self.assertEqual((box.modseq, box.whole, box.stale), (30, False, True))
        keeper.client = Script(("SELECT a (QRESYNC (7 30", opened(7, "F1", 30)), ("UID FETCH 5:", ["* 5 FETCH (UID 5 FLAGS ())"]))
        keeper.random.random = lambda: 0.5
        keeper.select("a")
        self.assertEqual((sorted(box.messages), box.whole, box.stale), ([1, 2, 3, 4, 5], True, False))

    def test_the_connection_broke_before_it_asked(self):
        keeper = keeper_with(("SELECT a", opened(7, "F1", 30)), ("UID FETCH 4:", []), cuts=(None, 0), notify=True)
        box = keeper.boxes["a"] = copy("F1", 7, 20, (1, 2, 3), whole=False)
        keeper.random.random = lambda: 0.5
        with self.assertRaises(Cut):
            keeper.select("a")
        self.assertEqual((box.modseq, box.whole, box.stale), (30, False, True))

    def test_what_it_has_without_uidvalidity_is_nothing(self):
        keeper = keeper_with(("SELECT a", opened(7, "F1", 30)), ("UID FETCH 1:", ["* 1 FETCH (UID 2 FLAGS ())"]), notify=True)
        box = keeper.boxes["a"] = copy("F1", None, 20, (1, 2))
        keeper.random.random = lambda: 0.5
        keeper.select("a")
        self.assertEqual((list(box.messages), box.validity), ([2], 7))

    def test_told_while_select_was_under_way(self):
        """UID 4 was not among the known UIDs of the command, so VANISHED (EARLIER) does not have it."""
        told = ["* 4 FETCH (UID 4 FLAGS () MODSEQ (25))", *opened(7, "F1", 30, "* VANISHED (EARLIER) 2", closed=True)]
        keeper = keeper_with(("SELECT a (QRESYNC (7 20 1:3))", told), ("UID FETCH 4:", []), notify=True)
        box = keeper.boxes["a"] = keeper.selected = copy("F1", 7, 20, (1, 2, 3))
        keeper.random.random = lambda: 0.35
        keeper.select("a")
        self.assertEqual((sorted(box.messages), box.modseq), ([1, 3], 30))

    def test_another_mailbox_of_that_name(self):
        """NOTIFY tells of the new name when SELECT has opened it already."""
        names = ['* LIST (\\NonExistent) "/" a', '* LIST () "/" a', "* STATUS a (UIDVALIDITY 8 HIGHESTMODSEQ 40)"]
        keeper = keeper_with(
            ("SELECT a (QRESYNC (7 20", opened(8, "F2", 40)),
            ("UID FETCH 1:", ["* 1 FETCH (UID 1 FLAGS ())"]),
            ("NOOP", [*names, "* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (41))"]),
            notify=True,
        )
        old = keeper.boxes["a"] = copy("F1", 7, 20, (5, 6))
        keeper.random.random = lambda: 0.5
        keeper.select("a")
        self.assertEqual((old.messages, old.id, keeper.box, list(keeper.selected.messages)), ({}, None, None, [1]))
        keeper.run("NOOP")
        new = keeper.boxes["a"]
        self.assertEqual((new.messages, new.validity, new.stale, keeper.box), ({}, None, True, None))
        keeper.client = Script(("SELECT a", opened(8, "F2", 41, closed=True)), ("UID FETCH 1:", ["* 1 FETCH (UID 1 FLAGS ())"]))
        keeper.select("a")
        self.assertEqual((list(new.messages), new.id, new.validity, keeper.box), ([1], "F2", 8, "a"))


if __name__ == "__main__":
    unittest.main()
