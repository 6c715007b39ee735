#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Faults in a real server: one call at a time fails (memory, writes, flushes, reads, names, threads), while commands come in. Each command must
end in OK or in a NO that says why, or the connection be closed where no more can be said; the server lives; what was answered OK is there and
what was answered NO is not; and the same command works once the fault is over. `./dev faults [--rounds N]`.

    tests/faults/faults.py [--rounds N] [--seed N] [--only memory,write,...]"""

import argparse
import collections
import concurrent.futures
import copy
import errno
import pathlib
import random
import smtplib
import socket
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib"), str(HERE.parent)]

import quickusers  # noqa: E402
import report  # noqa: E402
from control import Control, is_there  # noqa: E402
from imapclient import Closed, ImapClient, Literal, Raw  # noqa: E402
from server import Server, ServerError, program  # noqa: E402

USERS, PASSWORD = ["anna", "bert"], "secret"
BIG = 700_000  # more than an extent of a blob
FROM_THE_START = {"Archive", "Drafts", "Junk", "Sent", "Trash"}
OVER = (Closed, OSError, EOFError, smtplib.SMTPException)


def message(number, size=0):
    filler = ("x" * 70 + "\r\n") * (size // 72)
    return (
        f"From: Anna <anna@example.org>\r\nTo: bert@example.org\r\nSubject: number {number}\r\nMessage-ID: <{number}@example.org>\r\n"
        f"References: <{number // 2}@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\nword{number} caf=E9\r\n{filler}"
    ).encode()


class Refused(Exception):
    """NO, or what another protocol has for it; the text says which."""


class Unclear(AssertionError):
    """An answer that no fault may cause."""


class Pop3:
    """Just enough."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), 30)
        self.file = self.sock.makefile("rb")
        self.line()

    def line(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise Closed("closed")
        if line.startswith(b"-ERR"):
            if not line.startswith(b"-ERR ["):
                raise Unclear(f"no response code (RFC 2449 section 8): {line!r}")
            raise Refused(line.decode())
        return line

    def do(self, text, many=False):
        self.sock.sendall(text.encode() + b"\r\n")
        self.line()
        got = []
        while many:
            line = self.file.readline()
            if not line:
                raise Closed("closed")
            if line == b".\r\n":
                break
            got.append(line)
        return got


class World:
    """A server, what should be in it, and a session."""

    def __init__(self, folder, options):
        self.control = Control(folder)
        self.random = random.Random(options.seed)
        self.every = options.every
        self.names = options.actions.split(",") if options.actions else list(ACTIONS)
        self.data = pathlib.Path(folder) / "data"
        self.server = Server(data=self.data, protocols=("imap", "imaps", "pop3", "lmtp"), options=["--log-level", "warn"], env=self.control.environment())
        self.number = 0
        self.model = {"INBOX": {}, "Work": {}, "Other": {}}  # mailbox -> message number -> keywords
        self.client = None
        self.outcomes = collections.Counter()

    def start(self):
        self.server.start()
        self.control.mean(self.server.process.pid)
        self.client = None

    def connect(self, select=True):
        client = ImapClient("127.0.0.1", self.server.ports["imap"], timeout=20)
        client.login(USERS[0], PASSWORD)
        if select:
            client.ok("SELECT Work")
        return client

    def session(self):
        if self.client is None:
            self.client = self.connect()
        return self.client

    def next(self):
        self.number += 1
        return self.number

    def some(self, mailbox="Work"):
        return self.random.choice(sorted(self.model[mailbox]))

    def observe(self):
        """The model as the server shows it to a new session."""
        seen = {}
        with self.connect(select=False) as client:
            listed = ImapClient.all(client.ok('LIST "" *'), "LIST")
            names = [item["mailbox"] for item in listed if item["mailbox"] not in FROM_THE_START]
            for name in names:
                client.ok("EXAMINE", name)
                got = client.fetched(client.ok("UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[TEXT])"))
                seen[name] = {}
                for items in got.values():
                    number = int(items["BODY[HEADER.FIELDS (SUBJECT)]"].split()[2])
                    if not items["BODY[TEXT]"].startswith(b"word%d " % number):
                        raise Unclear(f"message {number} in {name} has another's text")
                    seen[name][number] = frozenset(f for f in items["FLAGS"] if f != "\\Recent")
        return seen


# --- actions: each says what the world will be and gives a function that does it and returns the answer's text ---


def imap(world, *parts):
    def run():
        client = world.session()
        result = client.cmd(*parts)
        if result.tagged.name == "OK":
            return
        if result.tagged.name == "NO" and result.tagged.code:
            raise Refused(str(result.tagged))
        raise Unclear(f"{parts[0]!r}: {result.tagged}\n{client.transcript_text()}")

    return run


def changed(world, mailbox, number, flags=frozenset()):
    """A copy of the model where a message is added or changed (flags None: is gone)."""
    after = copy.deepcopy(world.model)
    if flags is None:
        after[mailbox].pop(number, None)
    else:
        after[mailbox][number] = frozenset(flags)
    return after


def append(world, size=0):
    n = world.next()
    return changed(world, "Work", n, ["\\Flagged"]), imap(world, "APPEND Work (\\Flagged)", Literal(message(n, size)))


def append_big(world):
    return append(world, BIG)


def append_three(world):
    after, parts = copy.deepcopy(world.model), ["APPEND Work"]
    for _ in range(3):
        n = world.next()
        after["Work"][n] = frozenset()
        parts.append(Literal(message(n, 5000)))
    return after, imap(world, *parts)


def store(world):
    n, word = world.some(), f"$k{world.random.randrange(6)}"
    after = changed(world, "Work", n, world.model["Work"][n] ^ {word})
    sign = "-" if word in world.model["Work"][n] else "+"
    return after, in_place(world, n, lambda uid: ["UID STORE", uid, sign + "FLAGS", f"({word})"])


def in_place(world, number, command):
    """A command on the message of that number, whose UID is asked for without faults."""
    client = world.session()
    found = client.fetched(client.ok("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
    uid = next(str(v["UID"]) for v in found.values() if int(v["BODY[HEADER.FIELDS (SUBJECT)]"].split()[2]) == number)
    return imap(world, *command(uid))


def copy_one(world):
    n = world.some()
    return changed(world, "Other", n, world.model["Work"][n]), in_place(world, n, lambda uid: ["UID COPY", uid, "Other"])


def move_one(world):
    n = world.next()
    world.session().ok("APPEND Work", Literal(message(n)))
    world.model = changed(world, "Work", n)
    after = changed(world, "Work", n, None)
    after["Other"][n] = frozenset()
    return after, in_place(world, n, lambda uid: ["UID MOVE", uid, "Other"])


def expunge_one(world):
    n = world.next()
    world.session().ok("APPEND Work (\\Deleted)", Literal(message(n)))
    world.model = changed(world, "Work", n, ["\\Deleted"])
    return changed(world, "Work", n, None), in_place(world, n, lambda uid: ["UID EXPUNGE", uid])


def create(world):
    after = copy.deepcopy(world.model)
    name = f"Box{world.next()}"
    after[name] = {}
    return after, imap(world, "CREATE", name)


def of_box(world):
    return next((n for n in world.model if n.startswith("Box")), None)


def rename(world):
    old = of_box(world)
    if not old:
        return create(world)
    after, new = copy.deepcopy(world.model), f"Box{world.next()}"
    after[new] = after.pop(old)
    return after, imap(world, "RENAME", old, new)


def delete(world):
    old = of_box(world)
    if not old:
        return create(world)
    after = copy.deepcopy(world.model)
    del after[old]
    return after, imap(world, "DELETE", old)


def reading(*parts):
    return lambda world: (world.model, imap(world, *parts))


def annotate(world):
    return world.model, imap(world, 'SETMETADATA Work (/private/comment "', Raw(f"text {world.next()}"), Raw('")'))


def new_session(tls=None, compress=False):
    def action(world):
        def run():
            port = world.server.ports["imaps" if tls == "implicit" else "imap"]
            with ImapClient("127.0.0.1", port, tls=tls, timeout=20) as client:
                if client.greeting.name not in ("OK", "PREAUTH"):
                    raise Refused(str(client.greeting))
                result = client.cmd("LOGIN", USERS[0], PASSWORD)
                if compress and result.tagged.name == "OK":
                    result = client.cmd("COMPRESS DEFLATE")
                    if result.tagged.name == "OK":
                        import zlib

                        client.inflate, client.deflate = zlib.decompressobj(-15), zlib.compressobj(wbits=-15)
                        client._take(client.reader.framer.rest())
                if result.tagged.name == "OK":
                    result = client.cmd("SELECT Work")
                if result.tagged.name == "OK":
                    result = client.cmd("FETCH 1:* (FLAGS ENVELOPE)")
                if result.tagged.name == "OK":
                    return
                if result.tagged.name == "NO" and result.tagged.code:
                    raise Refused(str(result.tagged))
                raise Unclear(client.transcript_text())

        return world.model, run

    return action


def pop3(world):
    def run():
        client = Pop3(world.server.ports["pop3"])
        try:
            client.do(f"USER {USERS[0]}")
            client.do(f"PASS {PASSWORD}")
            client.do("UIDL", many=True)
            if world.model["INBOX"]:
                client.do("RETR 1", many=True)
                client.do("TOP 1 2", many=True)
            client.do("QUIT")
        finally:
            client.sock.close()

    return world.model, run


def lmtp(world):
    n = world.next()

    def run():
        with smtplib.LMTP("127.0.0.1", world.server.ports["lmtp"], local_hostname="mta.example.org", timeout=20) as client:
            client.ehlo_or_helo_if_needed()
            for code, text in (client.mail("s@example.org"), *(client.rcpt(u) for u in USERS), client.docmd("DATA")):
                if code >= 400:
                    raise refusal(code, text)
            client.send(message(n, 3000) + b".\r\n")
            answers = [client.getreply() for _ in USERS]
            if answers[0][0] != 250:
                raise refusal(*answers[0])

    return changed(world, "INBOX", n), run


def refusal(code, text):
    if not 400 <= code < 500:
        return Unclear(f"a fault of the server is for ever: {code} {text}")
    return Refused(f"{code} {text}")


ACTIONS = {
    "append": append,
    "append big": append_big,
    "append three": append_three,
    "store": store,
    "copy": copy_one,
    "move": move_one,
    "expunge": expunge_one,
    "create": create,
    "rename": rename,
    "delete": delete,
    "setmetadata": annotate,
    "getmetadata": reading("GETMETADATA Work /private/comment"),
    "fetch": reading("FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER] BODY.PEEK[1]<0.100>)"),
    "fetch all": reading("UID FETCH 1:* (BODY.PEEK[] BINARY.PEEK[1] PREVIEW)"),
    "search": reading('SEARCH OR BODY "word3" SUBJECT "number 7"'),
    "search charset": reading("SEARCH CHARSET UTF-8 TEXT", Literal("café".encode())),
    "sort": reading("SORT (SUBJECT DATE) UTF-8 ALL"),
    "thread": reading("THREAD REFERENCES UTF-8 ALL"),
    "list": reading('LIST "" * RETURN (STATUS (MESSAGES UNSEEN UIDNEXT HIGHESTMODSEQ))'),
    "select": reading("SELECT Work (CONDSTORE)"),
    "context": reading("UID SEARCH RETURN (COUNT ALL) 1:*"),
    "noop": reading("NOOP"),
    "session": new_session(),
    "session tls": new_session("implicit"),
    "session starttls": new_session("starttls"),
    "session compress": new_session(compress=True),
    "pop3": pop3,
    "lmtp": lmtp,
}
CHANGING = ["append", "append big", "append three", "store", "copy", "move", "expunge", "create", "rename", "delete", "setmetadata", "lmtp"]


def attempt(world, run):
    """done, refused, or lost: the connection ended."""
    try:
        run()
        return "done", ""
    except Refused as why:
        return "refused", str(why)
    except OVER as why:
        if isinstance(why, (socket.timeout, TimeoutError)):
            raise Unclear(f"no answer: {why}") from why
        world.client = None
        return "lost", str(why)[-2000:]


def settle(world, outcome, after):
    """What the server shows must be what the outcome says; it becomes the model."""
    seen = world.observe()
    allowed = {"done": [after], "refused": [world.model], "lost": [world.model, after]}[outcome]
    if seen not in allowed:
        differences = {name: (allowed[0].get(name), seen.get(name)) for name in {*seen, *allowed[0]} if seen.get(name) != allowed[0].get(name)}
        raise Unclear(f"after {outcome}, expected and seen: {differences}")
    world.model = seen


def must_work(world, name):
    after, run = ACTIONS[name](world)
    outcome, why = attempt(world, run)
    if outcome == "lost":  # the session ended when the fault came; a new one must do
        after, run = ACTIONS[name](world)
        outcome, why = attempt(world, run)
    if outcome != "done":
        raise Unclear(f"{name} does not work after the fault: {outcome} {why}")
    settle(world, outcome, after)


def count_calls(world, kind, name):
    """How many calls of the kind the action makes."""
    after, run = ACTIONS[name](world)
    before = world.control.seen(kind)
    outcome, why = attempt(world, run)
    calls = world.control.seen(kind) - before
    if outcome != "done":
        raise Unclear(f"{name}: {outcome} {why} without a fault")
    settle(world, outcome, after)
    return calls


def one_round(world, kind, name, nth, error, lasting=False):
    after, run = ACTIONS[name](world)
    world.session()
    before = world.control.injected
    with world.control.failing(kind, nth, error, lasting):
        outcome, why = attempt(world, run)
    made = world.control.injected - before
    world.outcomes[(kind, outcome if made else "not reached")] += 1
    if not world.server.alive():
        raise Unclear(f"the server died\n{world.server.log(4000)}")
    if outcome != "done" and not made:
        raise Unclear(f"{outcome} without a fault: {why}")
    settle(world, outcome, after)
    return outcome, why, made


def begin(world):
    quickusers.add(world.data, USERS, PASSWORD)
    world.start()
    with world.connect(select=False) as client:
        client.ok("CREATE Work")
        client.ok("CREATE Other")
    for _ in range(12):
        after, run = append(world)
        if attempt(world, run)[0] != "done":
            raise Unclear("cannot fill the mailbox")
        world.model = after
    must_work(world, "lmtp")


def guarded(world, title, play):
    """Runs one round; a failure is reported with the conversation and the server's log, and the world begins anew."""
    try:
        trim(world)
        play()
        return True
    except (Unclear, AssertionError, ServerError, *OVER) as why:
        where = world.control.caller(world.server.process.pid) if world.server.alive() else "the server is dead"
        text = world.client.transcript_text(30) if world.client else ""
        report.failed(f"faults: {title}", f"{why!s}\nthe last fault was made at {where}\n{text}\n{world.server.log(3000)}")
        recover(world)
        return False


def recover(world):
    world.control.disarm()
    world.server.kill()
    world.start()
    world.model = world.observe()


def trim(world):
    """The mailboxes stay small: each round looks at all of them."""
    world.control.disarm()
    client = world.session()
    for name, messages in world.model.items():
        if len(messages) > 40:
            client.ok("SELECT", name)
            client.ok("UID STORE 1:* +FLAGS.SILENT (\\Deleted)")
            client.ok("EXPUNGE")
            messages.clear()
    client.ok("SELECT Work")
    while len(world.model["Work"]) < 8:
        n = world.next()
        client.ok("APPEND Work", Literal(message(n)))
        world.model = changed(world, "Work", n)


def memory(world, rounds):
    """The nth allocation fails, of every kind of command; `every`: each of them once."""
    names = world.names
    calls = {}
    for name in names if world.every else []:
        n = count_calls(world, "memory", name)
        for nth in range(1, n + n // 8 + 2):
            guarded(world, f"memory {name} {nth} of {n}", lambda: (one_round(world, "memory", name, nth, errno.ENOMEM), must_work(world, name)))
    for i in range(0 if world.every else rounds):
        name = names[i % len(names)]
        if i < len(names):
            calls[name] = count_calls(world, "memory", name)
        nth = world.random.randint(1, max(1, calls[name]))
        guarded(world, f"memory {name} {nth} of {calls[name]}", lambda: (
            one_round(world, "memory", name, nth, errno.ENOMEM), must_work(world, name)))


def transient(world, rounds, kind, error, names=None):
    """A call fails once; the volume need not turn read-only."""
    names = names or CHANGING
    for i in range(rounds):
        name = names[i % len(names)]
        guarded(world, f"{kind} {name}", lambda: (one_round(world, kind, name, world.random.randint(1, 3), error), must_work(world, name)))


def sealing(world, rounds, kind):
    """A failed write or flush of the log: NO, read-only with a loud message, reading goes on, and all is well after a restart."""
    for i in range(rounds):
        name = CHANGING[i % len(CHANGING)]
        guarded(world, f"{kind} EIO {name}", lambda: seal_once(world, kind, name))


def seal_once(world, kind, name):
    outcome, why, made = one_round(world, kind, name, 1, errno.EIO)
    if not made:
        return
    if outcome == "done":
        raise Unclear("done, although the log could not be written")
    deadline = time.monotonic() + 5
    while "read-only from now on" not in world.server.log(1 << 20) and time.monotonic() < deadline:
        time.sleep(0.01)
    if "read-only from now on" not in world.server.log(1 << 20):
        raise Unclear(f"no loud message\n{world.server.log()}")
    again, text = attempt(world, ACTIONS["append"](world)[1])
    if again != "refused" or "UNAVAILABLE" not in text:
        raise Unclear(f"a read-only volume took a message: {again} {text}")
    settle(world, "done", world.model)
    world.server.log_path.write_bytes(b"")
    world.server.restart()
    world.control.mean(world.server.process.pid)
    world.client = None
    seen = world.observe()
    world.model = seen
    must_work(world, name)


def expect_refused(world, name):
    after, run = ACTIONS[name](world)
    outcome, why = attempt(world, run)
    if outcome != "refused":
        raise Unclear(f"{name}: {outcome} {why}, although it cannot be done")
    settle(world, outcome, after)


def full_disk(world, rounds):
    """New mail is refused, deleting works, and new mail comes in again once there is space, without a restart."""
    for _ in range(rounds):
        guarded(world, "full disk", lambda: fill_once(world))


def fill_once(world):
    client = world.session()
    world.control.set_space(100_000)
    for sent in range(200):
        n = world.next()
        result = client.cmd("APPEND INBOX", Literal(message(n, BIG)))
        if result.tagged.name != "OK":
            break
        world.model["INBOX"][n] = frozenset()
    if result.tagged.name != "NO" or not result.tagged.code:
        raise Unclear(f"a full disk took {sent} large messages, then {result.tagged}")
    expect_refused(world, "append big")
    client = world.session()
    client.ok("SELECT INBOX")
    client.ok("UID STORE 1:* +FLAGS.SILENT (\\Deleted)")
    client.ok("EXPUNGE")
    client.ok("SELECT Work")
    world.model["INBOX"].clear()
    settle(world, "done", world.model)
    world.control.set_space(None)
    n = world.next()
    wait_until(lambda: client.cmd("APPEND INBOX", Literal(message(n, BIG))).tagged.name == "OK", "no new mail although there is space again")
    world.model["INBOX"][n] = frozenset()
    settle(world, "done", world.model)
    must_work(world, "append big")
    world.outcomes[("full disk", "refused")] += 1


def wait_until(asked, text):
    deadline = time.monotonic() + 30
    while not asked():
        if time.monotonic() > deadline:
            raise Unclear(text)
        time.sleep(0.1)


def read_only(world, rounds):
    """A file system that turned read-only: NO, reading goes on; with a new start on a sound one all is well."""
    for i in range(rounds):
        name = CHANGING[i % len(CHANGING)]
        guarded(world, f"read-only file system {name}", lambda: read_only_once(world, name))


def read_only_once(world, name):
    world.control.arm("change", 1, errno.EROFS, lasting=True)
    try:
        after, run = ACTIONS[name](world)
    except AssertionError:
        world.control.disarm()  # what the action needs first is refused already: take one that needs nothing
        after, run = ACTIONS["append"](world)
        world.control.arm("change", 1, errno.EROFS, lasting=True)
    outcome, why = attempt(world, run)
    if outcome != "refused":
        raise Unclear(f"{outcome} on a read-only file system: {why}")
    settle(world, outcome, after)
    expect_refused(world, "append")
    world.control.disarm()
    fresh_start(world)
    must_work(world, name)


def fresh_start(world):
    world.control.disarm()
    world.server.restart()
    world.control.mean(world.server.process.pid)
    world.client = None
    world.model = world.observe()


def cold_reads(world, rounds):
    """Reads fail right after a start, when the index is in files and not in memory: NO, and the next time it works."""
    names = ["fetch", "fetch all", "search", "select", "list", "store", "append", "copy", "session", "pop3", "lmtp"]
    for i in range(rounds):
        name = names[i % len(names)]
        guarded(world, f"read EIO {name}", lambda: cold_once(world, name))


def cold_once(world, name):
    world.server.restart()
    world.client = None
    world.control.mean(world.server.process.pid)
    after, run = ACTIONS[name](world) if name in ("session", "pop3", "lmtp") else (world.model, imap(world, "SELECT Work"))
    with world.control.failing("read", world.random.randint(1, 4), errno.EIO):
        outcome, why = attempt_session(world, run)
    world.outcomes[("read", outcome)] += 1
    if "read-only from now on" in world.server.log(1 << 20):  # RocksDB reads while it writes: then it is a write that failed
        world.server.log_path.write_bytes(b"")
        fresh_start(world)
    settle(world, outcome, after)
    must_work(world, name)


def attempt_session(world, run):
    """attempt(), where the session itself may be what is refused."""
    try:
        return attempt(world, run)
    except AssertionError as why:
        if world.client is None and " NO [" in str(why):
            return "refused", str(why)
        raise


def bad_sector(world, rounds):
    """The disk fails below a segment that is mapped (here: the file ends early). NO for what lies there; once it can be read again it is read again."""
    for _ in range(rounds):
        guarded(world, "bad sector", lambda: bad_once(world))


def bad_once(world):
    segment = sorted((world.data / "store" / "log").glob("*.log"))[-2]
    must_work(world, "append")
    octets = segment.read_bytes()
    used = len(octets.rstrip(b"\0"))
    with open(segment, "r+b") as file:
        file.truncate(used // 2 & ~4095)
        refused = world.session().cmd("UID FETCH 1:* (BODY.PEEK[])").tagged
        file.seek(0)
        file.write(octets)
    if not world.server.alive():
        raise Unclear(f"the server died\n{world.server.log()}")
    if refused.name == "NO" and not refused.code:
        raise Unclear(f"not clear: {refused}")
    world.outcomes[("bad sector", refused.name)] += 1
    wait_until(lambda: world.session().cmd("UID FETCH 1:* (BODY.PEEK[])").tagged.name == "OK", "not read again")
    settle(world, "done", world.model)


def clocks(world, rounds):
    """The real-time clock jumps: nothing fails, and no UIDVALIDITY goes back."""
    for i in range(rounds):
        years = (20, -20, 0, -40, 80, 0)[i % 6]
        guarded(world, f"clock {years:+} years", lambda: clock_once(world, years))
    world.control.shift_clock(0)


def clock_once(world, years):
    before = uid_validities(world)
    world.control.shift_clock(years * 365 * 86400)
    for name in ("create", "append", "store", "copy", "move", "lmtp", "session tls", "search", "pop3"):
        must_work(world, name)
    after = uid_validities(world)
    for name, number in after.items():
        if name in before and number != before[name]:
            raise Unclear(f"UIDVALIDITY of {name} was {before[name]} and is {number}")
        if name not in before and number <= max(before.values()):
            raise Unclear(f"UIDVALIDITY {number} of the new {name} is not above {max(before.values())}")
    world.outcomes[("clock", "done")] += 1


def uid_validities(world):
    client = world.session()
    found = {}
    for name in world.model:
        status = ImapClient.all(client.ok("STATUS", name, "(UIDVALIDITY)"), "STATUS")[0]
        found[name] = int(status["items"]["UIDVALIDITY"])
    return found


def last_writes(world, rounds):
    """Calls fail while the server stops: it ends all the same, and the log has everything."""
    for i in range(rounds):
        kind = ("create", "write", "sync", "allocate", "rename", "unlink", "memory")[i % 7]
        guarded(world, f"stopping, {kind} fails", lambda: stop_once(world, kind))


def stop_once(world, kind):
    must_work(world, "append")
    must_work(world, "store")
    error = errno.ENOMEM if kind == "memory" else errno.EIO
    world.control.arm(kind, world.random.randint(1, 4), error, lasting=kind != "memory")
    world.server.stop()
    world.control.disarm()
    world.server.log_path.write_bytes(b"")
    world.start()
    settle(world, "done", world.model)
    must_work(world, "append")
    world.outcomes[("stop", kind)] += 1


def starts(world, rounds):
    """A call fails while the server starts: it serves, or ends by itself and says why; the next start finds all."""
    kinds = [("thread", errno.EAGAIN), ("map", errno.ENOMEM), ("read", errno.EIO), ("create", errno.EMFILE), ("write", errno.EIO), ("sync", errno.EIO)]
    for i in range(rounds):
        kind, error = kinds[i % len(kinds)]
        nth = 1 + i // len(kinds) + (kind == "create")  # the first that is opened is /dev/null: before it there is nowhere to say why
        guarded(world, f"start, {kind} {nth} fails", lambda: start_once(world, kind, nth, error))


def start_once(world, kind, nth, error):
    must_work(world, "append")
    world.server.stop()
    world.server.log_path.write_bytes(b"")
    before = world.control.injected
    world.control.mean_next()
    world.control.arm(kind, nth, error)
    process = None
    try:
        world.server.start()
        result = "serves"
    except ServerError:
        process = world.server.process
        result = "ends"
    made = world.control.injected - before
    world.control.disarm()
    if process:
        code = process.poll()
        if code is None or code <= 0 or "starling: " not in world.server.log():
            raise Unclear(f"the start ended with {code}\n{world.server.log()}")
        if not made:
            raise Unclear(f"no start without a fault\n{world.server.log()}")
    world.server.kill()
    world.start()
    world.outcomes[(f"start, {kind}", result if made else "not reached")] += 1
    settle(world, "done", world.model)
    must_work(world, "append")


def cold_threads(world, rounds):
    """Threads cannot be started while many wait for the disk right after a start: those that are there do the work."""
    for i in range(min(rounds, 8)):
        guarded(world, "thread", lambda: cold_thread_once(world, i))


def cold_thread_once(world, i):
    world.server.stop()
    world.client = None
    world.control.mean_next()
    before = world.control.injected
    world.server.start()
    world.control.arm("thread", 1 + i // 2, errno.EAGAIN, lasting=i % 2 == 0)
    plans = [[world.next() for _ in range(4)] for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(len(plans)) as pool:
        done = list(pool.map(lambda numbers: append_all(world, numbers), plans))
    world.control.disarm()
    world.outcomes[("thread", "done" if world.control.injected - before else "not reached")] += 1
    for numbers in done:
        world.model["INBOX"].update((n, frozenset()) for n in numbers)
    settle(world, "done", world.model)
    must_work(world, "append")


def append_all(world, numbers):
    """In a session of its own; memory and disk are there, so every one must be taken."""
    with ImapClient("127.0.0.1", world.server.ports["imap"], timeout=20) as client:
        client.login(USERS[0], PASSWORD)
        for n in numbers:
            client.ok("APPEND INBOX", Literal(message(n, 20000)))
    return numbers


def maps(world, rounds):
    """A new segment of the log cannot be mapped, once or for long: NO at most, and all is well later."""
    for i in range(min(rounds, 6)):
        guarded(world, "map", lambda: map_once(world, i % 2 == 1))


def map_once(world, lasting):
    fresh_start(world)
    before = world.control.injected
    world.control.arm("map", 1, errno.ENOMEM, lasting)
    outcome = "done"
    for _ in range(120):  # enough to fill what is left of a segment
        after, run = append_big(world)
        outcome, _ = attempt(world, run)
        settle(world, outcome, after)
        if world.control.injected > before and (outcome != "done" or not lasting):
            break
        world.control.disarm()
        trim(world)
        world.control.arm("map", 1, errno.ENOMEM, lasting) if world.control.injected == before or lasting else None
    made = world.control.injected - before
    world.control.disarm()
    if not world.server.alive():
        raise Unclear(f"the server died\n{world.server.log(4000)}")
    world.outcomes[("map", outcome if made else "not reached")] += 1
    if "read-only from now on" in world.server.log(1 << 20):
        world.server.log_path.write_bytes(b"")
        fresh_start(world)
    must_work(world, "append big")


SCENARIOS = {
    "full": (1, lambda w, n: full_disk(w, min(n, 2))),  # first, and not often: the log has to be filled each time, and its segments grow
    "memory": (60, memory),
    "write": (4, lambda w, n: sealing(w, n, "write")),
    "sync": (4, lambda w, n: sealing(w, n, "sync")),
    "space": (8, lambda w, n: transient(w, n, "write", errno.ENOSPC)),
    "readonly": (3, read_only),
    "read": (6, cold_reads),
    "sector": (2, bad_sector),
    "start": (8, starts),
    "thread": (4, cold_threads),
    "map": (1, maps),
    "clock": (2, clocks),
    "stop": (4, last_writes),
}


def play(options):
    shares = {n: s for n, s in SCENARIOS.items() if not options.only or n in options.only.split(",")}
    whole = sum(share for share, _ in shares.values())
    with tempfile.TemporaryDirectory(prefix="starling-faults-") as folder:
        world = World(folder, options)
        try:
            begin(world)
            for name, (share, scenario) in shares.items():
                before, bad = world.control.injected, report.counts()[1]
                scenario(world, max(1, options.rounds * share // whole))
                text = f"faults: {name}: {world.control.injected - before} injected"
                if report.counts()[1] == bad:
                    report.passed(text)
                else:
                    print(text)
            world.server.stop()
            world.server.command("check")
            report.passed(f"faults: {world.control.injected} in all, seed {options.seed}; check finds nothing")
            print(dict(world.outcomes))
        finally:
            world.server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="scenarios, with commas between: " + ", ".join(SCENARIOS))
    parser.add_argument("--every", action="store_true", help="each allocation of each action fails once, whatever --rounds says")
    parser.add_argument("--actions", help="for memory, with commas between: " + ", ".join(ACTIONS))
    options = parser.parse_args()
    if not program().exists() or not is_there():
        report.failed("faults", "the program or the library of faults is missing: ./dev build makes them")
        report.finish()
    try:
        play(options)
    except (ServerError, OSError, AssertionError, Closed) as error:
        report.failed("faults", error)
    report.finish()


main()
