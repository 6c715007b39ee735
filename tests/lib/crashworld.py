# SPDX-License-Identifier: Apache-2.0
"""What the mail of a crash campaign (tests/crash.py) must be. An actor changes mailboxes of its own, one command at a time, and knows what each leads to:
`now` is what was acknowledged, `next` what the command under way would make of it. After a crash one of the two is there, whole. What
anybody was shown (Shown) stays true as well: modseqs and UIDNEXT never go back, a UID is never another message, a mailbox is not gone that nobody deleted."""

import copy
import hashlib

BOXES_MAX, MESSAGES_MAX = 5, 30
FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted", "$Work", "later"]
LIST = '"" {top}* RETURN (SUBSCRIBED STATUS (UIDVALIDITY UIDNEXT HIGHESTMODSEQ MAILBOXID) METADATA (/private/comment))'


class Wrong(Exception):
    """The server is not what it promised."""


def lower(flags):
    return frozenset(f.lower() for f in flags) - {"\\recent"}


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def numbers(ranges):
    return [n for low, high in ranges for n in range(min(low, high), max(low, high) + 1)]


def some_text(random, kind):
    """A message; now and then a large one, which is written before it is complete."""
    size = 300000 if random.random() < 0.02 else random.randint(0, 2500)
    line = f"{random.getrandbits(64):016x} {kind}\r\n"
    return (f"Subject: {kind} {random.getrandbits(48)}\r\nMessage-ID: <{random.getrandbits(64):x}@example.org>\r\n\r\n" + line * (size // len(line))).encode()


class Message:
    def __init__(self, flags, text_digest, emailid=None, modseq=None):
        self.flags, self.digest, self.emailid, self.modseq = flags, text_digest, emailid, modseq

    def changed(self, flags):
        return self if flags == self.flags else Message(flags, self.digest, self.emailid)


class Box:
    """`id`, `validity` None: not yet known. `modseq`: HIGHESTMODSEQ, where it was read."""

    def __init__(self):
        self.id = self.validity = self.modseq = self.comment = None
        self.next, self.messages = 1, {}

    def add(self, message):
        self.messages[self.next] = message
        self.next += 1


class State:
    """Mailboxes by name. `subscribed`: name -> True, False, or None where it is not known (whether RENAME and DELETE take it along)."""

    def __init__(self):
        self.boxes, self.subscribed = {}, {}

    def copy(self):
        new = State()
        new.subscribed = dict(self.subscribed)
        for name, box in self.boxes.items():
            new.boxes[name] = copy.copy(box)
            new.boxes[name].messages = dict(box.messages)
        return new

    def difference(self, seen):
        """What is otherwise in `seen` (as the server has it), as text; "" when all that is known here is there."""
        if set(self.boxes) != set(seen.boxes):
            return f"mailboxes {sorted(self.boxes)}, there are {sorted(seen.boxes)}"
        for name, box in self.boxes.items():
            there = seen.boxes[name]
            for what in ("id", "validity", "next", "comment"):
                mine, is_there = getattr(box, what), getattr(there, what)
                if mine != is_there and not (mine is None and what != "comment"):
                    return f"{name}: {what} {mine}, there is {is_there}"
            if set(box.messages) != set(there.messages):
                return f"{name}: UIDs {sorted(box.messages)}, there are {sorted(there.messages)}"
            for uid, message in box.messages.items():
                other = there.messages[uid]
                for what in ("flags", "digest", "emailid", "modseq"):
                    mine, is_there = getattr(message, what), getattr(other, what)
                    if mine is not None and mine != is_there:
                        return f"{name} UID {uid}: {what} {mine}, there is {is_there}"
        for name, yes in self.subscribed.items():
            if yes is not None and yes != seen.subscribed.get(name, False):
                return f"{name}: subscribed {yes}, there is {not yes}"
        return ""


class Shown:
    """What any session was told of an actor's mailboxes, by MAILBOXID."""

    def __init__(self):
        self.modseq, self.next, self.emailid, self.validity, self.new = {}, {}, {}, {}, set()
        self.modseqs = {}  # the highest that was shown of a message: (id, uid)
        self.gone, self.deleted = set(), set()  # what the actor did away with: (id, uid), id

    def tell(self, id, modseq=0, next=0):
        self.new.add(id)
        self.modseq[id] = max(self.modseq.get(id, 0), modseq)
        self.next[id] = max(self.next.get(id, 0), next)

    def message(self, id, uid, emailid, modseq):
        self.tell(id, modseq, uid + 1)
        known = self.emailid.setdefault((id, uid), emailid)
        if known != emailid:
            raise Wrong(f"mailbox {id} UID {uid} was {known} and is {emailid}")
        self.modseqs[id, uid] = max(self.modseqs.get((id, uid), 0), modseq)

    def moved_on(self, old, new):
        """The actor's mailboxes became `new`: what is not in it any more may be gone."""
        before = {b.id: b for b in old.boxes.values() if b.id}
        after = {b.id: b for b in new.boxes.values() if b.id}
        self.deleted |= set(before) - set(after)
        for id, box in before.items():
            if id in after:
                self.gone |= {(id, uid) for uid in set(box.messages) - set(after[id].messages)}

    def check(self, seen):
        """That what the server has contradicts nothing."""
        there = {b.id: b for b in seen.boxes.values()}
        for id in self.new - set(there) - self.deleted:
            raise Wrong(f"mailbox {id} was shown to somebody; it is gone, and nobody deleted it")
        for name, box in seen.boxes.items():
            if box.modseq < self.modseq.get(box.id, 0):
                raise Wrong(f"{name}: HIGHESTMODSEQ {box.modseq} after {self.modseq[box.id]} was shown")
            if box.next < self.next.get(box.id, 0):
                raise Wrong(f"{name}: UIDNEXT {box.next} after {self.next[box.id]} was shown")
            if self.validity.setdefault((name, box.validity), box.id) != box.id:
                raise Wrong(f"{name}: UIDVALIDITY {box.validity} was that of another mailbox of this name")
            for uid, message in box.messages.items():
                if (box.id, uid) in self.gone:
                    raise Wrong(f"{name}: UID {uid} was removed and is there again")
                if message.modseq < self.modseqs.get((box.id, uid), 0):
                    raise Wrong(f"{name} UID {uid}: modseq {message.modseq} after {self.modseqs[box.id, uid]} was shown")
                self.message(box.id, uid, message.emailid, message.modseq)
        for id, uid in self.emailid:
            if id in there and uid not in there[id].messages and (id, uid) not in self.gone:
                raise Wrong(f"mailbox {id} UID {uid} was shown to somebody; it is gone, and nobody removed it")
        self.forget(there)

    def forget(self, there):
        """Of mailboxes that are no more, nothing can be asked any more."""
        self.emailid = {key: value for key, value in self.emailid.items() if key[0] in there}
        self.modseqs = {key: value for key, value in self.modseqs.items() if key[0] in there}
        self.gone = {key for key in self.gone if key[0] in there}
        self.new = set(there)


def read_messages(client, name, modseq_of):
    """SELECTs by QRESYNC from what was known (`modseq_of`: (validity, modseq, {uid: flags}) or None), then reads all: (highest modseq, {uid: Message});
    raises Wrong when what QRESYNC told makes something else of what was known."""
    known, command = None, f"SELECT {name}"
    if modseq_of:
        validity, modseq, known = modseq_of
        command += f" (QRESYNC ({validity} {modseq}))"
        known = dict(known)
    result = client.ok(command)
    told = {}
    for response in result.untagged:
        if response.name == "VANISHED" and known is not None:
            for low, high in response.data["uids"]:
                for uid in [u for u in known if min(low, high) <= u <= max(low, high)]:
                    del known[uid]
        elif response.name == "FETCH":
            told[response.data["UID"]] = lower(response.data["FLAGS"])
    codes = client.codes(result)
    high = codes["HIGHESTMODSEQ"]
    messages = {}
    for items in client.fetched(client.ok("UID FETCH 1:* (UID FLAGS MODSEQ EMAILID BODY.PEEK[])")).values():
        messages[items["UID"]] = Message(lower(items["FLAGS"]), digest(items["BODY[]"]), items["EMAILID"], items["MODSEQ"])
    if known is not None:
        known.update(told)
        truth = {uid: m.flags for uid, m in messages.items()}
        if known != truth:
            raise Wrong(f"{command}: QRESYNC makes {known}, the mailbox is {truth}\n{client.transcript_text(20)}")
    return high, messages


def read_state(client, top, synced):
    """The mailboxes whose names begin with `top`. `synced`: what is known of a mailbox by id, for read_messages(); brought up to date."""
    state = State()
    for response in client.ok("LIST " + LIST.format(top=top)).untagged:
        data = response.data
        if response.name == "LIST":
            attributes = lower(data["attributes"])
            state.subscribed[data["mailbox"]] = "\\subscribed" in attributes
            if "\\nonexistent" not in attributes:
                state.boxes[data["mailbox"]] = Box()
        elif response.name == "STATUS":
            box, items = state.boxes[data["mailbox"]], data["items"]
            box.id, box.validity, box.next, box.modseq = (items[k] for k in ("MAILBOXID", "UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ"))
        elif response.name == "METADATA":
            state.boxes[data["mailbox"]].comment = data["values"]["/private/comment"]
    for name, box in state.boxes.items():
        known = synced.get(box.id)
        high, box.messages = read_messages(client, name, known if known and known[0] == box.validity else None)
        if high < box.modseq:
            raise Wrong(f"{name}: HIGHESTMODSEQ {box.modseq} by STATUS, {high} by SELECT")
        box.modseq = high
        synced[box.id] = (box.validity, high, {uid: m.flags for uid, m in box.messages.items()})
    return state
