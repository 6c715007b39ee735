# SPDX-License-Identifier: Apache-2.0
"""The mail of one user as it must be, and sessions that change it at random, for tests/sync.py.

`World` knows each mailbox's messages with UIDs and flags, without asking: it applies every command to itself as the RFCs say. Changers
send the same commands to the server, many at once: in a burst each changer has mailboxes of its own, so that the result is known whatever
the order in which the server carries them out. Nothing here depends on time: a seed gives the same commands every time.

How changes are counted: each message that a command adds (APPEND, COPY, MOVE to), takes away (EXPUNGE, CLOSE, MOVE from counts once with
its copy) or whose flags differ afterwards is one change, and so is each mailbox created, renamed, deleted, subscribed or unsubscribed."""

import random
import socket

FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted", *(f"$Key{i}" for i in range(24))]
MESSAGE = b"Subject: x\r\n\r\nx\r\n"
BOXES_MAX, BOXES_MIN = 16, 8
SIZE_MAX, SIZE_AIM = 700, 250


class Wire:
    """A connection that sends lines as they are and looks only at the tagged ones: fast."""

    def __init__(self, port, user, password):
        self.sock = socket.create_connection(("127.0.0.1", port), 120)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest, self.count, self.waiting, self.commands = b"", 0, [], []
        self.tail = b""
        self.line()
        self.send([f"LOGIN {user} {password}"])
        self.done()

    def line(self):
        while b"\r\n" not in self.rest:
            data = self.sock.recv(1 << 18)
            if not data:
                raise AssertionError(f"the server closed a changer's connection\n{self.tail[-2000:]!r}")
            self.rest += data
        line, self.rest = self.rest.split(b"\r\n", 1)
        self.tail = (self.tail + line + b"\r\n")[-4000:]
        return line

    def send(self, commands):
        out = bytearray()
        for command in commands:
            self.count += 1
            tag = b"w%d" % self.count
            self.waiting.append(tag)
            self.commands = [*self.commands[-40:], command if isinstance(command, str) else repr(command[:200])]
            out += tag + b" " + (command.encode() if isinstance(command, str) else command) + b"\r\n"
        self.sock.sendall(out)

    def done(self):
        """Reads until every command has its OK; their lines behind the tag."""
        last, answers = self.waiting[-1] + b" ", {}
        data = self.rest
        while True:
            at = data.rfind(b"\r\n" + last)
            at = 0 if data.startswith(last) else at + 2 if at >= 0 else -1
            if at >= 0 and b"\r\n" in data[at:]:
                break
            more = self.sock.recv(1 << 18)
            if not more:
                raise AssertionError(f"the server closed a changer's connection\n{data[-2000:]!r}")
            data += more
        self.rest = b""
        for line in data.split(b"\r\n"):
            if line[:1] == b"w":
                tag, _, text = line.partition(b" ")
                answers[tag] = text
        bad = [(t, answers.get(t)) for t in self.waiting if not answers.get(t, b"").startswith(b"OK")]
        if bad or len(answers) != len(self.waiting):
            raise AssertionError(f"a changer's command failed: {bad}\n" + "\n".join(self.commands))
        self.waiting = []
        self.tail = data[-4000:]
        return answers


class Box:
    def __init__(self):
        self.next, self.messages = 1, {}

    def add(self, flags):
        self.messages[self.next] = frozenset(flags)
        self.next += 1


def lower(flags):
    return frozenset(f.lower() for f in flags)


class World:
    """`boxes`: name -> Box; at first the mailboxes that every account has, empty."""

    def __init__(self, names):
        self.boxes, self.changes = {name: Box() for name in names}, 0

    def store(self, box, uids, sign, flags):
        flags, m = lower(flags), self.boxes[box].messages
        for uid in uids:
            old = m.get(uid)
            if old is None:
                continue
            new = old | flags if sign == "+" else old - flags if sign == "-" else flags
            if new != old:
                m[uid] = new
                self.changes += 1

    def append(self, box, lists):
        for flags in lists:
            self.boxes[box].add(lower(flags))
            self.changes += 1

    def copy(self, box, uids, to, move):
        source = self.boxes[box].messages
        for uid in [u for u in uids if u in source]:
            self.boxes[to].add(source[uid])
            self.changes += 1
            if move:
                del source[uid]

    def expunge(self, box, uids=None):
        m = self.boxes[box].messages
        for uid in list(m) if uids is None else uids:
            if "\\deleted" in m.get(uid, ()):
                del m[uid]
                self.changes += 1


class Changer:
    def __init__(self, world, server, user, password, seed):
        self.world, self.random = world, random.Random(seed)
        self.wire = Wire(server.ports["imap"], user, password)
        self.index, self.used = 0, []

    # --- messages ---

    def some(self, box):
        """(uids, set as text) of messages of the mailbox: mostly a run, sometimes a few here and there."""
        have = list(self.world.boxes[box].messages)
        if not have:
            return [], "1"
        if self.random.random() < 0.25:
            uids = sorted(self.random.sample(have, min(len(have), self.random.randint(1, 12))))
            return uids, ",".join(map(str, uids))
        first = self.random.randrange(len(have))
        run = have[first : first + self.random.choice((1, 3, 20, 60, 150))]
        return run, f"{run[0]}:{run[-1]}"

    def flags(self, most=3):
        return self.random.sample(FLAGS, self.random.randint(0, most))

    def op(self, box, mine):
        """The commands of one change."""
        size = len(self.world.boxes[box].messages)
        weights = {"store": 10, "append": 3 if size < SIZE_AIM else 1, "copy": 1.5 if size else 0, "move": 1.5, "expunge": 2, "close": 0.3, "most": 0}
        if size > SIZE_MAX:
            weights = {"most": 1}
        kind = self.random.choices(list(weights), list(weights.values()))[0]
        return getattr(self, f"op_{kind}")(box, mine)

    def op_store(self, box, mine):
        uids, text = self.some(box)
        sign, flags = self.random.choice("++--") if self.random.random() < 0.9 else "", self.flags()
        silent = ".SILENT" if self.random.random() < 0.6 else ""
        self.world.store(box, uids, sign, flags)
        return [f"UID STORE {text} {sign}FLAGS{silent} ({' '.join(flags)})"]

    def op_append(self, box, mine):
        lists = [self.flags(2) for _ in range(self.random.choice((1, 1, 5, 30)))]
        self.world.append(box, lists)
        return [f"APPEND {box}".encode() + b"".join(b" (%s) {%d+}\r\n%s" % (" ".join(f).encode(), len(MESSAGE), MESSAGE) for f in lists)]

    def op_copy(self, box, mine):
        uids, text = self.some(box)
        to = self.random.choice(mine)
        if len(self.world.boxes[to].messages) > SIZE_MAX:
            return self.op_store(box, mine)
        self.world.copy(box, uids, to, False)
        return [f"UID COPY {text} {to}"]

    def op_move(self, box, mine):
        uids, text = self.some(box)
        to = self.random.choice(mine)
        if len(self.world.boxes[to].messages) > SIZE_MAX or to == box:
            return self.op_store(box, mine)
        self.world.copy(box, uids, to, True)
        return [f"UID MOVE {text} {to}"]

    def op_expunge(self, box, mine):
        uids, text = self.some(box)
        self.world.store(box, uids, "+", ["\\Deleted"])
        by_uid = self.random.random() < 0.7
        self.world.expunge(box, uids if by_uid else None)
        return [f"UID STORE {text} +FLAGS.SILENT (\\Deleted)", f"UID EXPUNGE {text}" if by_uid else "EXPUNGE"]

    def op_close(self, box, mine):
        self.world.expunge(box)
        return ["CLOSE", f"SELECT {box}"]

    def op_most(self, box, mine):
        """A large mailbox becomes a small one."""
        have = list(self.world.boxes[box].messages)
        keep = self.random.randint(1, SIZE_AIM)
        uids = have[:-keep]
        self.world.store(box, uids, "+", ["\\Deleted"])
        self.world.expunge(box, uids)
        return [f"UID STORE {uids[0]}:{uids[-1]} +FLAGS.SILENT (\\Deleted)", f"UID EXPUNGE {uids[0]}:{uids[-1]}"]

    def begin_burst(self, mine):
        """Sends commands on mailboxes that no other session changes meanwhile."""
        box = self.random.choice(mine)
        commands = [f"SELECT {box}"]
        for _ in range(self.random.randint(1, 7)):
            commands += self.op(box, mine)
        self.wire.send([*commands, "UNSELECT"])  # else DELETE of this mailbox ends the session (RFC 2180)

    def end_burst(self):
        self.wire.done()

    # --- mailboxes ---

    def new_name(self):
        used = [n for n in self.used if n not in self.world.boxes and ("/" not in n or n.split("/")[0] in self.world.boxes)]
        if used and self.random.random() < 0.3:
            return self.random.choice(used)  # a new mailbox of an old name
        self.index += 1
        parent = self.random.choice([n for n in self.world.boxes if "/" not in n]) if self.random.random() < 0.4 else None
        name = f"{parent}/c{self.index}" if parent and parent != "INBOX" else f"box{self.index}"
        self.used.append(name)
        return name

    def change_mailboxes(self):
        """Creates, renames, deletes, subscribes: one command after the other."""
        world = self.world
        kind = self.random.choice(("create", "create", "rename", "delete", "subscribe", "unsubscribe"))
        names = [n for n in world.boxes if n != "INBOX"]
        command = None
        if len(world.boxes) < BOXES_MIN or (kind == "create" and len(world.boxes) < BOXES_MAX):
            name = self.new_name()
            world.boxes[name] = Box()
            command = f"CREATE {name}"
        elif kind == "rename":
            old, new = self.random.choice(names), self.new_name()
            if new == old or new.startswith(old + "/"):
                return
            for name in [n for n in names if n == old or n.startswith(old + "/")]:
                world.boxes[new + name[len(old) :]] = world.boxes.pop(name)
            command = f"RENAME {old} {new}"
        elif kind == "delete" and len(world.boxes) > BOXES_MIN:
            leaves = [n for n in names if not any(m.startswith(n + "/") for m in names)]
            name = self.random.choice(leaves)
            del world.boxes[name]
            command = f"DELETE {name}"
        elif kind.endswith("subscribe"):
            command = f"{kind.upper()} {self.random.choice(list(world.boxes))}"
        if command:
            world.changes += 1
            self.wire.send([command])
            self.wire.done()
