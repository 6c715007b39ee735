# SPDX-License-Identifier: Apache-2.0
"""A client that keeps a copy of all of a user's mail, for tests/sync.py. It is up to date only through QRESYNC (RFC 7162 sections 3.2 and 6)
and, where the server has it, NOTIFY (RFC 5465): it never asks for what it has. Its connection breaks between any two responses; what it
keeps survives. It believes a HIGHESTMODSEQ only at tagged responses, by the rule of RFC 7162 section 6. What the selected mailbox is, it knows by
MAILBOXID (RFC 8474), not by name: what NOTIFY tells of names may be older or newer than what SELECT opened."""

import random

from grammar.session import SessionChecker
from imapclient import ImapClient
from syncworld import lower

LAST = 4294967295
STATUS = " STATUS (UIDVALIDITY UIDNEXT HIGHESTMODSEQ MAILBOXID)"


def plain(flags):
    return lower(flags) - {"\\recent"}


def number(code):
    return int(code.args[0] if isinstance(code.args, (list, tuple)) else code.args)


class Cut(Exception):
    """The connection broke."""


class Copy:
    """One mailbox as the client knows it. `top`: every message up to this UID was told once; `stale`: there is more to learn; `whole`: all
    that was there at `modseq` was told, new messages too."""

    def __init__(self):
        self.id = None
        self.forget()

    def forget(self):
        self.messages, self.validity, self.modseq, self.top, self.stale, self.whole = {}, None, 0, 0, True, False


class Seen:
    """What a command's responses told of the selected mailbox."""

    def __init__(self):
        self.max, self.code, self.more = 0, None, False  # more: there are messages that it was not told


class Keeper:
    def __init__(self, server, user, password, seed, name):
        self.server, self.user, self.password, self.name = server, user, password, name
        self.random = random.Random(seed)
        self.boxes, self.subscribed = {}, set()
        self.client, self.selected, self.pending, self.seen = None, None, None, Seen()  # selected: a Copy
        self.notify = self.uidonly = self.unknown = False
        self.cuts = self.commands = self.connections = 0
        self.log, self.steady = [], False
        self.stored = None  # told of this client's own changes: (box, uids, sign, flags)

    @property
    def box(self):
        """The name of the selected mailbox; None: it has none, as far as is known."""
        return next((name for name, box in self.boxes.items() if box is self.selected), None)

    # --- connection ---

    def drop(self):
        if self.client:
            self.client.close()
        self.client, self.selected, self.pending = None, None, None

    def cut(self):
        self.drop()
        self.cuts += 1
        raise Cut

    def connect(self):
        if self.client:
            return
        r = self.random
        checker = SessionChecker(name=self.name)
        self.client = ImapClient("127.0.0.1", self.server.ports["imap"], checker=checker, timeout=120)
        self.connections += 1
        capabilities = {c.upper() for c in self.client.login(self.user, self.password).tagged.code.args}
        self.uidonly = self.notify = False
        self.seen = Seen()
        modes = []
        if "COMPRESS=DEFLATE" in capabilities and r.random() < 0.4:
            self.client.compress()
            modes.append("COMPRESS")
        for capability, chance in (("IMAP4REV2", 0.5), ("UTF8=ACCEPT", 0.3), ("UIDONLY", 0.4)):
            if capability in capabilities and r.random() < chance:
                self.client.ok(f"ENABLE {capability}")
                modes.append(capability)
        self.uidonly = "UIDONLY" in modes
        self.client.ok("ENABLE QRESYNC")
        wants_notify = "NOTIFY" in capabilities and r.random() < 0.7
        if wants_notify:
            self.set_notify(modes)
        self.log = [*self.log[-300:], f"{self.name}: connected with {' '.join(modes)}"]
        self.list_all(status_too="STATUS" not in modes)

    def set_notify(self, modes):
        r = self.random
        selected = r.choice(("selected", "selected", "selected-delayed"))
        status = "STATUS " if r.random() < 0.5 else ""
        modes += ["NOTIFY", selected] + (["STATUS"] if status else [])
        self.notify = True
        self.run(f"NOTIFY SET {status}({selected} (MessageNew (UID FLAGS MODSEQ) MessageExpunge FlagChange)) "
                 "(personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))")

    # --- responses ---

    def rename(self, old, new):
        for name in [n for n in self.boxes if n == old or n.startswith(old + "/")]:
            self.boxes[new + name[len(old) :]] = self.boxes.pop(name)

    def take_list(self, data):
        name, attributes = data["mailbox"], {a.lower() for a in data["attributes"]}
        if "OLDNAME" in data["extended"] and self.notify:
            self.rename(data["extended"]["OLDNAME"], name)
        (self.subscribed.add if "\\subscribed" in attributes else self.subscribed.discard)(name)
        if "\\nonexistent" in attributes:
            self.boxes.pop(name, None)
        elif name not in self.boxes:
            self.boxes[name] = Copy()

    listed = None  # while LIST runs: what it told

    def take_status(self, data):
        box = self.boxes.setdefault(data["mailbox"], Copy())
        items = data["items"]
        if "UIDVALIDITY" in items and box.validity not in (None, items["UIDVALIDITY"]):
            box.forget()
            box.id = None
        if "HIGHESTMODSEQ" in items:
            box.stale = box.stale or items["HIGHESTMODSEQ"] != box.modseq
        if "MAILBOXID" in items:
            box.id = items["MAILBOXID"]

    def take(self, response):
        name, data, seen = response.name, response.data, self.seen
        if name == "LIST":
            if self.listed is not None:
                self.listed.append(data)
            else:
                self.take_list(data)
        elif name == "STATUS":
            if self.listed is not None:
                self.listed.append(data)
            else:
                self.take_status(data)
        elif name in ("FETCH", "UIDFETCH"):
            uid = response.number if name == "UIDFETCH" else data.get("UID")
            if uid and "FLAGS" in data and self.selected:
                self.selected.messages[uid] = plain(data["FLAGS"])
            seen.max = max(seen.max, data.get("MODSEQ", 0))
        elif name == "VANISHED":
            self.vanished(data["uids"])
        elif name == "EXISTS":
            seen.more = True
        if response.code:
            self.take_code(response.code)

    def vanished(self, ranges):
        messages = self.selected.messages if self.selected else {}
        for low, high in ranges:
            low, high = min(low, high), max(low, high)
            gone = range(low, high + 1) if high - low < len(messages) else [u for u in messages if low <= u <= high]
            for uid in gone:
                messages.pop(uid, None)

    def take_code(self, code):
        if code.name == "HIGHESTMODSEQ":
            self.seen.code = number(code)
        elif code.name == "CLOSED":  # the one that is opened is the selected one from here on; without SELECT: it was deleted
            self.selected, self.opening, self.seen = self.opening, None, Seen()
        elif code.name == "UIDVALIDITY" and self.selected:
            box = self.selected
            if box.validity not in (None, number(code)):
                box.forget()
            box.validity = number(code)
        elif code.name == "MAILBOXID" and self.selected:
            self.take_id(code.args)
        elif code.name == "NOTIFICATIONOVERFLOW":
            self.notify, self.unknown = False, True

    def take_id(self, id):
        """SELECT opened this mailbox. If it is not the one that was meant, nothing is known of it: what was asked for was about the other."""
        meant = self.selected
        if meant.id not in (None, id):
            self.selected = Copy()
            self.selected.validity = meant.validity
            meant.forget()
            meant.id = None
            self.boxes.update({name: self.selected for name, box in self.boxes.items() if box.id == id})
        self.selected.id = id

    opening = None  # the Copy of the mailbox that SELECT opens

    # --- commands ---

    def send(self, text):
        self.commands += 1
        self.log = [*self.log[-300:], f"{self.name}: {text}"]
        self.pending = (self.client.send(text), text)

    def finish(self, cut=None):
        """Takes what comes up to the end of the command that was sent; `cut`: the connection breaks after so many responses."""
        tag, text = self.pending
        while True:
            if cut == 0:
                self.cut()
            cut = cut - 1 if cut is not None else None
            response = self.client.read_response()
            if response.name == "BYE":  # IMAP4rev1 has no other way to say that the selected mailbox was deleted (RFC 2180)
                self.cut()
            if response.kind == "continue":
                self.client.raw(b"DONE\r\n")
                continue
            if response.kind == "tagged" and response.tag == tag and response.code and response.code.name == "HIGHESTMODSEQ":
                self.seen.code = number(response.code)
            elif response.kind == "untagged":
                self.take(response)
            if response.kind == "tagged" and response.tag == tag:
                break
        self.pending = None
        if response.name == "BAD" and self.selected:
            raise AssertionError(f"{text}: {response.text}")
        self.settle_modseq()
        return response

    def settle_modseq(self):
        """RFC 7162 section 6: HIGHESTMODSEQ counts even if higher ones were seen."""
        box, seen = self.selected, self.seen
        if box:
            box.modseq = seen.code if seen.code is not None else max(box.modseq, seen.max)
        self.seen = Seen()
        self.seen.more = seen.more and not self.notify  # NOTIFY tells of new messages by itself
        if box and self.seen.more:
            box.stale, box.whole = True, False

    def run(self, text, cut=None):
        self.send(text)
        return self.finish(cut)

    def some_cut(self):
        return None if self.steady or self.random.random() > 0.1 else self.random.randint(0, 12)

    def list_all(self, status_too=True):
        """Names, subscriptions and what has changed; renamed mailboxes are known by their MAILBOXID (RFC 8474)."""
        self.run("NOOP")
        self.listed = []
        try:
            self.run(f'LIST "" * RETURN (SUBSCRIBED{STATUS if status_too else ""})', self.some_cut())
            told = self.listed
        finally:
            self.listed = None
        ids = {d["mailbox"]: d["items"]["MAILBOXID"] for d in told if "items" in d and "MAILBOXID" in d["items"]}
        old = {b.id: b for b in self.boxes.values() if b.id}
        names = {d["mailbox"]: d for d in told if "attributes" in d}
        boxes = {}
        for name, data in names.items():
            if "\\nonexistent" in {a.lower() for a in data["attributes"]} or "\\noselect" in {a.lower() for a in data["attributes"]}:
                continue
            known, id = self.boxes.get(name), ids.get(name)
            boxes[name] = known if known and (id is None or known.id in (None, id)) else old.get(id) or Copy()
        self.boxes = boxes
        for data in [d for d in told if "items" in d and d["mailbox"] in boxes]:
            self.take_status(data)
        self.subscribed = {n for n, d in names.items() if "\\subscribed" in {a.lower() for a in d["attributes"]}}
        self.unknown = False

    def select_text(self, name):
        """SELECT with what the client knows: (command, up to which UID the server is asked about the messages, whether the copy is whole
        afterwards without asking for new ones)."""
        box, r = self.boxes[name], self.random
        command = "EXAMINE" if r.random() < 0.2 else "SELECT"
        if not (box.validity and box.modseq):
            box.forget()  # of what it has, nobody would tell that it is gone
            return f"{command} {name}", LAST, False
        known = [uid for uid in sorted(box.messages) if uid <= box.top]  # all messages up to there: their numbers are known
        uids, limit, match = "", LAST, ""
        if len(known) > 4 and r.random() < 0.3 and not self.uidonly:
            numbers = sorted(r.sample(range(len(known)), 4))
            match = f" ({','.join(str(n + 1) for n in numbers)} {','.join(str(known[n]) for n in numbers)})"
        if box.top and r.random() < 0.4:
            limit = max([box.top, *box.messages])
            uids = f" 1:{limit}"
        return f"{command} {name} (QRESYNC ({box.validity} {box.modseq}{uids}{match}))", limit, box.whole and not uids

    def select(self, name):
        text, limit, whole = self.select_text(name)
        box = self.boxes[name]
        before, validity = box.modseq, box.validity
        if self.selected:
            self.opening = box
        else:
            self.selected, self.opening, self.seen = box, None, Seen()
        done = False
        try:
            done = self.run(text, self.some_cut()).name == "OK"
        finally:
            if not done:
                box.modseq, box.stale = before if box.validity == validity else 0, True
        if not done:  # it is no longer there
            self.selected, self.unknown = None, True
            return
        for uid in [u for u in box.messages if u > limit]:  # told while the command was under way: nobody says whether it is there still
            del box.messages[uid]
        whole = whole and self.selected is box and box.validity == validity
        self.selected.whole, self.selected.stale = whole, True
        self.fill(whole and self.random.random() < 0.7)

    def fill(self, whole=False):
        """Learns of messages that are new to it."""
        box = self.selected
        for _ in range(3):
            if not box:
                return
            more, self.seen.more = not whole, False
            if more:
                self.run(f"UID FETCH {box.top + 1}:{LAST} (UID FLAGS)", self.some_cut())
            if self.selected is not box:
                return
            box.top = max([box.top, *box.messages])
            box.whole = not self.seen.more  # messages that came while it asked: HIGHESTMODSEQ may be above theirs
            box.stale = not box.whole
            if box.whole:
                return
            whole = False

    # --- steps ---

    def begin(self):
        """Sends a command whose responses finish_step() takes: meanwhile others change the mail."""
        self.connect()
        if self.unknown:
            self.list_all()
        if self.box is None or self.random.random() < 0.15:
            self.select(self.random.choice(sorted(self.boxes)))
        if self.box is not None:
            self.send(self.command())

    def command(self):
        box = self.selected
        known = sorted(box.messages)
        some = ",".join(map(str, sorted(self.random.sample(known, min(len(known), 3))))) or "1"
        choices = {"NOOP": 8, "IDLE": 8, f"UID FETCH {some} (UID FLAGS MODSEQ)": 3, f"UID SEARCH UID {some}": 2, f"UID FETCH {some} (UID BODY.PEEK[TEXT])": 2}
        if box.modseq:
            choices[f"UID FETCH 1:{LAST} (UID FLAGS) (CHANGEDSINCE {box.modseq} VANISHED)"] = 3
        if known and not self.uidonly and not self.notify:
            choices[f"FETCH 1:{self.random.randint(1, max(1, len(known) // 3))} (UID FLAGS)"] = 3
            choices["SEARCH ALL"] = 2
        return self.random.choices(list(choices), list(choices.values()))[0]

    def finish_step(self):
        if self.pending:
            # The messages whose numbers it asked for may be gone meanwhile: a number that is too high is BAD, which says nothing.
            self.finish(self.some_cut())
            if self.selected and (self.seen.more or self.selected.stale):
                self.fill()

    def store(self):
        """A change of its own, when nobody else changes anything: (mailbox, uids, sign, flags) or None."""
        if not self.client or self.box is None or not self.selected.messages:
            return None
        box, name = self.selected, self.box
        uids = self.random.sample(sorted(box.messages), 1)
        sign, flags = self.random.choice("+-"), self.random.choice((["\\Seen"], ["$Key1", "\\Flagged"]))
        text = f"UID STORE {uids[0]} {sign}FLAGS{self.random.choice(('', '.SILENT'))} ({' '.join(flags)})"
        if self.run(text).name != "OK":
            return None
        if ".SILENT" in text and uids[0] in box.messages:
            old = box.messages[uids[0]]
            box.messages[uids[0]] = old | lower(flags) if sign == "+" else old - lower(flags)
        return name, uids, sign, flags

    def settle(self):
        """Comes up to date, with no broken connections but those that BYE ends (the selected mailbox was deleted)."""
        self.steady = True
        for _ in range(5):
            try:
                self.catch_up()
                break
            except Cut:
                pass
        self.steady = False

    def catch_up(self):
        self.connect()
        if not self.notify or self.unknown:
            self.list_all()
        self.run("NOOP")
        for _ in range(4):
            for name in sorted(n for n, b in self.boxes.items() if b.stale):
                if name in self.boxes:
                    self.select(name)
            self.run("NOOP")
            if self.selected and (self.seen.more or self.selected.stale):
                self.fill()
            if self.unknown:
                self.list_all()
            if not any(b.stale for b in self.boxes.values()):
                break
