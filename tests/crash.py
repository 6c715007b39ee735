#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The server is killed (SIGKILL, with its auth process) again and again while several connections change mail by IMAP, LMTP and POP3 and others look on;
also while it starts, recovers, sweeps. After each kill: everything acknowledged is there, by its octets; what was not is there wholly or not at
all; everything that any session was shown stays true; QRESYNC from before the crash leads to the truth. tests/lib/crashworld.py says what must be.

    tests/crash.py [--kills 12] [--seed N] [--check 20]

`starling check` looks over the folder after every --check kills."""

import argparse
import collections
import contextlib
import os
import pathlib
import poplib
import random
import re
import signal
import smtplib
import sys
import tempfile
import threading
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))

import quickusers  # noqa: E402
import report  # noqa: E402
from crashworld import BOXES_MAX, FLAGS, MESSAGES_MAX, Message, Shown, State, Wrong, digest, lower, numbers, read_state, some_text  # noqa: E402
from crashworld import Box  # noqa: E402
from imapclient import Closed, ImapClient, Literal, UnexpectedResult, Violation, quote  # noqa: E402
from server import Server, ServerError, program  # noqa: E402

PASSWORD = "secret"
ACCOUNTS, ACTORS_EACH, DELIVERERS = ["anna", "bert"], 2, 2
POP_USER = "carl"
RECIPIENTS = [*ACCOUNTS, POP_USER]
INBOX_MAX = 60
# Segments are small. In half of the lives there is a sweep all the time, which flushes the tables as well: kills fall into both. In the others, what is
# replayed from the log grows.
CONFIG = 'log_level = "warn"; store = {{ segment_bytes = "4mb"; reserve_bytes = "1mb"; grace = "1ms"; sweep_interval = "20ms"; sweep_always = {}; page_cache = "{}"; }};\n'
IDLE_KILLS = 50  # so many more, until everybody has done something
DELETED = "* BYE the selected mailbox was deleted"
ENDED = (OSError, Closed, EOFError, smtplib.SMTPException)


class Ending:
    """When a connection came to its end. Before the kill, nobody's may: a server that ends by itself, or sends somebody away, would pass for one that was killed."""

    ended = ending = None

    def note_end(self, error):
        if self.ended is None:
            self.ended, self.ending = time.monotonic(), f"{type(error).__name__}: {error}"

    def end_before(self, moment):
        """What it was, if that was before the moment."""
        ended, self.ended = self.ended, None
        return self.ending if ended is not None and ended < moment else None


def connect(server, user):
    client = ImapClient("127.0.0.1", server.ports["imap"], timeout=60)
    client.login(user, PASSWORD)
    client.ok("ENABLE QRESYNC")
    return client


class Actor(Ending):
    """Mailboxes of one account whose names begin with `top`."""

    def __init__(self, user, top, seed):
        self.user, self.top, self.random = user, top, random.Random(seed)
        self.now, self.next, self.shown, self.synced = State(), None, Shown(), {}
        self.client = self.selected = self.failure = None
        self.done, self.log = 0, collections.deque(maxlen=30)

    # --- after a crash ---

    def verify(self, server):
        self.client, self.selected = connect(server, self.user), None
        seen = read_state(self.client, self.top, self.synced)
        why = self.now.difference(seen)
        if why and self.next:
            self.shown.moved_on(self.now, self.next)
            why_next = self.next.difference(seen)
            if why_next:
                raise Wrong(f"{self.top}: neither what was acknowledged ({why}) nor what was under way ({why_next})")
            self.shown.moved_on(self.now, seen)
        elif why:
            raise Wrong(f"{self.top}: what was acknowledged is not there: {why}")
        self.shown.check(seen)
        self.now, self.next = seen, None
        self.selected = next(reversed(seen.boxes), None)  # read_state() selected it last

    # --- working ---

    def work(self, world):
        try:
            while not world.over:
                self.step()
        except ENDED as error:
            self.note_end(error)
        except Exception as error:  # noqa: BLE001 - told by the main thread
            self.failure = f"{self.top}: {error}\n{traceback.format_exc()}"

    def run(self, new, *parts):
        """A command that makes `new` of what is there; its result."""
        self.next = new
        self.log.append(" ".join(str(p) if isinstance(p, str) else "{...}" for p in parts))
        result = self.client.ok(*parts)
        self.done += 1
        self.shown.moved_on(self.now, new)
        self.now, self.next = new, None
        return result

    def step(self):
        boxes = self.now.boxes
        if not boxes:
            return self.do_create()
        name = self.random.choice(sorted(boxes))
        size = len(boxes[name].messages)
        kinds = {"append": 6 if size < MESSAGES_MAX else 0, "flags": 6, "copy": 1, "move": 2, "expunge": 3 if size < MESSAGES_MAX else 12, "replace": 2, "names": 2, "comment": 1}
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        if kind in ("flags", "copy", "move", "expunge", "replace"):
            if not size:
                return None
            self.select(name)
        return getattr(self, f"do_{kind}")(name)

    def select(self, name):
        if self.selected != name:
            self.client.ok(f"SELECT {name}")
            self.selected = name

    def leave(self):
        """Else DELETE of the selected mailbox ends the session (RFC 2180)."""
        if self.selected:
            self.client.ok("UNSELECT")
            self.selected = None

    def some_flags(self):
        return self.random.sample(FLAGS, self.random.randint(0, 3))

    def some_uids(self, name):
        have = sorted(self.now.boxes[name].messages)
        uids = sorted(self.random.sample(have, min(len(have), self.random.choice((1, 1, 2, 5)))))
        return uids, ",".join(map(str, uids))

    def do_append(self, name):
        new, parts, added = self.now.copy(), [f"APPEND {name}"], []
        box = new.boxes[name]
        for _ in range(self.random.choice((1, 1, 1, 2, 4))):
            flags, text = self.some_flags(), some_text(self.random, self.top)
            parts += [f"({' '.join(flags)})", Literal(text, sync=False)]
            added.append(box.next)
            box.add(Message(lower(flags), digest(text)))
        self.expect(self.run(new, *parts).tagged.code.args, (box.validity, None, added))

    def expect(self, got, want):
        """The code says the UIDs that were to be given (APPENDUID: two arguments, COPYUID: three)."""
        validity, uids = got[0], numbers(got[-1])
        if uids != want[2] or (want[0] is not None and validity != want[0]):
            raise Wrong(f"{self.top}: got {got}, expected {want}")

    def do_flags(self, name):
        uids, text = self.some_uids(name)
        sign, flags = self.random.choice(("+", "-", "")), self.some_flags()
        new = self.now.copy()
        messages = new.boxes[name].messages
        condition, chosen = "", uids
        if self.random.random() < 0.3:
            modseqs = [messages[u].modseq for u in uids]
            limit = 1 if None in modseqs else self.random.choice(modseqs)
            condition, chosen = f" (UNCHANGEDSINCE {limit})", [] if None in modseqs else [u for u in uids if messages[u].modseq <= limit]
            if None in modseqs and any(m is not None and m <= limit for m in modseqs):
                return
        for uid in chosen:
            old, change = messages[uid].flags, lower(flags)
            messages[uid] = messages[uid].changed(old | change if sign == "+" else old - change if sign == "-" else change)
        silent = self.random.choice(("", ".SILENT"))
        result = self.run(new, f"UID STORE {text}{condition} {sign}FLAGS{silent} ({' '.join(flags)})")
        modified = numbers(result.tagged.code.args) if result.tagged.code and result.tagged.code.name == "MODIFIED" else []
        if sorted(modified) != sorted(set(uids) - set(chosen)):
            raise Wrong(f"{self.top}: MODIFIED {modified}, of {uids} {chosen} were to be changed")

    def do_copy(self, name, move=False):
        others = [n for n in sorted(self.now.boxes) if n != name]
        if not others:
            return
        to, (uids, text) = self.random.choice(others), self.some_uids(name)
        new = self.now.copy()
        source, target, added = new.boxes[name].messages, new.boxes[to], []
        for uid in uids:
            old = source[uid]
            added.append(target.next)
            target.add(Message(old.flags, old.digest, old.emailid))
            if move:
                del source[uid]
        result = self.run(new, f"UID {'MOVE' if move else 'COPY'} {text} {to}")
        self.expect(self.client.codes(result)["COPYUID"], (target.validity, uids, added))

    def do_move(self, name):
        self.do_copy(name, move=True)

    def do_expunge(self, name):
        uids, text = self.some_uids(name)
        if self.random.random() < 0.3:
            uids = sorted(self.now.boxes[name].messages)
            text = f"{uids[0]}:{uids[-1]}"
        new = self.now.copy()
        for uid in uids:
            message = new.boxes[name].messages[uid]
            new.boxes[name].messages[uid] = message.changed(message.flags | {"\\deleted"})
        self.run(new, f"UID STORE {text} +FLAGS.SILENT (\\Deleted)")
        by_uid = self.random.random() < 0.6
        new = self.now.copy()
        messages = new.boxes[name].messages
        for uid in [u for u, m in messages.items() if "\\deleted" in m.flags and (not by_uid or u in uids)]:
            del messages[uid]
        self.run(new, f"UID EXPUNGE {text}" if by_uid else "EXPUNGE")

    def do_replace(self, name):
        uid, to = self.random.choice(sorted(self.now.boxes[name].messages)), self.random.choice(sorted(self.now.boxes))
        flags, text, new = self.some_flags(), some_text(self.random, self.top), self.now.copy()
        target = new.boxes[to]
        del new.boxes[name].messages[uid]
        added = [target.next]
        target.add(Message(lower(flags), digest(text)))
        result = self.run(new, f"UID REPLACE {uid} {to} ({' '.join(flags)})", Literal(text, sync=False))
        self.expect(self.client.codes(result)["APPENDUID"], (target.validity, None, added))

    def do_comment(self, name):
        new, value = self.now.copy(), None if self.random.random() < 0.3 else f"c{self.random.getrandbits(32)}"
        new.boxes[name].comment = value and value.encode()
        self.run(new, f'SETMETADATA {name} (/private/comment {"NIL" if value is None else quote(value)})')

    def new_name(self):
        free = [n for n in (f"{self.top}{c}" for c in "abcdefgh") if n not in self.now.boxes]
        return self.random.choice(free)

    def do_create(self):
        name, new = self.new_name(), self.now.copy()
        box = new.boxes[name] = Box()
        box.id = self.run(new, f"CREATE {name}").tagged.code.args
        self.shown.tell(box.id)

    def do_names(self, name):
        kind = self.random.choice(("create", "rename", "delete", "subscribe"))
        if kind == "create" and len(self.now.boxes) < BOXES_MAX:
            return self.do_create()
        self.leave()
        new = self.now.copy()
        if kind == "delete":
            del new.boxes[name]
            new.subscribed[name] = None
            self.run(new, f"DELETE {name}")
        elif kind == "subscribe":
            yes = self.random.random() < 0.5
            new.subscribed[name] = yes
            self.run(new, f"{'' if yes else 'UN'}SUBSCRIBE {name}")
        else:
            to = self.new_name()
            new.boxes[to] = new.boxes.pop(name)
            new.subscribed[name] = new.subscribed[to] = None
            self.run(new, f"RENAME {name} {to}")
        return None


class Looker(Ending):
    """Looks into mailboxes of one account, and notes what it is shown."""

    def __init__(self, user, actors, seed):
        self.user, self.actors, self.random, self.failure, self.looks = user, actors, random.Random(seed), None, 0

    def work(self, world):
        while not world.over:
            try:
                with connect(world.server, self.user) as client:
                    while not world.over:
                        self.look(client, self.random.choice(self.actors))
            except ENDED as error:
                if DELETED not in str(error):
                    self.note_end(error)
                    return
            except UnexpectedResult:
                pass  # the mailbox was deleted, or renamed, in between
            except Exception as error:  # noqa: BLE001 - told by the main thread
                self.failure = f"{self.user}: {error}\n{traceback.format_exc()}"
                return

    def look(self, client, actor):
        names = client.all(client.ok(f'LIST "" {actor.top}*'), "LIST")
        if not names:
            return
        codes = client.codes(client.ok(f"SELECT {self.random.choice(names)['mailbox']}"))
        id, since = codes["MAILBOXID"], 0
        actor.shown.tell(id, codes["HIGHESTMODSEQ"], codes["UIDNEXT"])
        for _ in range(6):
            changed = f" (CHANGEDSINCE {since})" if since else ""
            for response in client.ok(f"UID FETCH 1:* (FLAGS MODSEQ EMAILID){changed}").untagged:
                items = response.data
                if response.name == "FETCH" and "EMAILID" in items:  # each by itself: numbers change in between
                    since = max(since, items["MODSEQ"])
                    actor.shown.message(id, items["UID"], items["EMAILID"], items["MODSEQ"])
                    self.looks += 1


class Post(Ending):
    """Deliveries by LMTP into the INBOX of each recipient. Numbers are unique; each was offered once."""

    def __init__(self, seed):
        self.random, self.lock, self.number, self.done = random.Random(seed), threading.Lock(), 0, 0
        self.acknowledged = {user: set() for user in RECIPIENTS}
        self.text, self.uids, self.validity, self.next = {}, {user: {} for user in RECIPIENTS}, {}, {}
        self.removed, self.removing, self.failure = set(), set(), None  # by POP3; while QUIT has no answer
        self.expunged = {user: set() for user in RECIPIENTS}  # by IMAP

    def deliver(self, world):
        try:
            while not world.over:
                with smtplib.LMTP("127.0.0.1", world.server.ports["lmtp"], local_hostname="mta.example.org", timeout=30) as client:
                    client.ehlo_or_helo_if_needed()
                    for _ in range(10):
                        self.one(client)
        except ENDED as error:
            self.note_end(error)
        except Exception as error:  # noqa: BLE001 - told by the main thread
            self.failure = f"LMTP: {error}\n{traceback.format_exc()}"

    def one(self, client):
        with self.lock:
            self.number += 1
            number, users = self.number, self.random.sample(RECIPIENTS, self.random.randint(1, len(RECIPIENTS)))
            text = self.text[number] = f"X-Number: {number}\r\n".encode() + some_text(self.random, "post")
        client.mail("s@example.org")
        for user in users:
            client.rcpt(user)
        client.putcmd("data")
        client.getreply()
        client.send(text + b".\r\n")
        for user in users:
            code, reply = client.getreply()
            if code != 250:
                raise Wrong(f"LMTP: {code} {reply}")
            self.acknowledged[user].add(number)
            self.done += 1

    def fetch(self, world):
        """Takes mail by POP3 and removes it."""
        try:
            while not world.over:
                client = poplib.POP3("127.0.0.1", world.server.ports["pop3"], timeout=30)
                client.user(POP_USER)
                client.pass_(PASSWORD)
                count, taken = client.stat()[0], set()
                for i in range(1, min(count, 6) + 1):
                    taken.add(int(re.search(rb"X-Number: (\d+)", b"\n".join(client.retr(i)[1]))[1]))
                    client.dele(i)
                self.removing = taken
                client.quit()
                self.removed |= taken
                self.removing = set()
                time.sleep(0.005)
        except (*ENDED, poplib.error_proto) as error:
            self.note_end(error)
        except Exception as error:  # noqa: BLE001 - told by the main thread
            self.failure = f"POP3: {error}\n{traceback.format_exc()}"

    def verify(self, server):
        for user in RECIPIENTS:
            with connect(server, user) as client:
                self.verify_inbox(client, user)

    def verify_inbox(self, client, user):
        codes = client.codes(client.ok("SELECT INBOX"))
        if self.validity.setdefault(user, codes["UIDVALIDITY"]) != codes["UIDVALIDITY"] or codes["UIDNEXT"] < self.next.get(user, 0):
            raise Wrong(f"INBOX of {user}: {codes}, was {self.validity[user]} {self.next.get(user)}")
        self.next[user] = codes["UIDNEXT"]
        found = {}
        for items in client.fetched(client.ok("UID FETCH 1:* (UID BODY.PEEK[])")).values():
            number = int(re.search(rb"^X-Number: (\d+)", items["BODY[]"], re.M)[1])
            if number in found or not items["BODY[]"].endswith(self.text[number]):
                raise Wrong(f"INBOX of {user}: message {number} is there twice, or is not what was sent")
            if self.uids[user].setdefault(items["UID"], number) != number:
                raise Wrong(f"INBOX of {user}: UID {items['UID']} was message {self.uids[user][items['UID']]}, is {number}")
            if number in self.expunged[user]:
                raise Wrong(f"INBOX of {user}: message {number} was expunged and is there again")
            found[number] = items["UID"]
        wanted = set(self.acknowledged[user])
        if user == POP_USER:
            wanted -= self.removed
            again = set(found) & self.removed
            half = set(found) & self.removing
            if again or (half and half != self.removing):
                raise Wrong(f"POP3: removed and there again {again}; of {self.removing} only {half} is left")
            if self.removing and not half:
                self.removed |= self.removing
                wanted -= self.removing
            self.removing = set()
        lost = wanted - set(found)
        if lost:
            raise Wrong(f"INBOX of {user}: {sorted(lost)} got 250 and are not there")
        if len(found) > INBOX_MAX:  # not to be read again each time
            client.ok("UID STORE 1:* +FLAGS.SILENT (\\Deleted)")
            client.ok("EXPUNGE")
            self.expunged[user] |= set(found)
            found = {}
        self.acknowledged[user] = set(found)


def start_and_kill(server, delay):
    """Kills it at some moment of its start, or just behind: nobody is served yet, or just so."""

    def cut():
        with contextlib.suppress(ProcessLookupError, AttributeError):  # it ended by itself; it is not yet started
            os.killpg(server.process.pid, signal.SIGKILL)

    timer = threading.Timer(delay, cut)
    timer.start()
    try:
        server.start()
    except ServerError as error:
        if "ended with -9" not in str(error):
            raise
    timer.join()
    server.kill()


def first_start(rng):
    """Of a new folder: a server that was killed while it made the volume, the certificate and the secret of its auth process starts nevertheless."""
    with tempfile.TemporaryDirectory(prefix="crash-first-") as folder:
        quickusers.add(pathlib.Path(folder), [POP_USER], PASSWORD)
        server = Server(data=folder, protocols=("imap", "imaps"), config=CONFIG.format("false", "auto"))
        kills = rng.randint(1, 4)
        try:
            for _ in range(kills):
                start_and_kill(server, rng.uniform(0.001, 0.2))
            server.start()
            with connect(server, POP_USER) as client:
                client.ok("SELECT INBOX")
            server.stop()
        finally:
            server.kill()
    return kills


class World:
    """One life of the server after the other."""

    def __init__(self, server, options):
        self.server, self.options, self.random = server, options, random.Random(options.seed)
        self.over, self.kills, self.early = False, 0, 0
        tops = [(user, f"{user[0]}{i}") for user in ACCOUNTS for i in range(ACTORS_EACH)]
        self.actors = [Actor(user, top, f"{options.seed} {top}") for user, top in tops]
        self.lookers = [Looker(user, [a for a in self.actors if a.user == user], f"{options.seed} {user}") for user in ACCOUNTS]
        self.post = Post(options.seed)

    def count(self, kills, early):
        self.kills += kills
        self.early += kills if early else 0
        if self.kills // self.options.check > (self.kills - kills) // self.options.check:
            self.server.command("check")  # ServerError when it finds anything

    def live(self):
        self.server.start()
        self.verify()
        self.over = False
        works = [(a.work, self) for a in [*self.actors, *self.lookers]] + [(self.post.deliver, self)] * DELIVERERS + [(self.post.fetch, self)]
        threads = [threading.Thread(target=work, args=(world,), daemon=True) for work, world in works]
        for thread in threads:
            thread.start()
        time.sleep(self.random.uniform(0.02, 0.5))
        killed = time.monotonic()
        self.server.kill(alive=True)
        self.over = True
        for thread in threads:
            thread.join(60)
            if thread.is_alive():
                raise Wrong("a connection does not end although the server was killed")
        for who in [*self.actors, *self.lookers, self.post]:
            if who.failure:
                raise Wrong(who.failure)
            ending = who.end_before(killed)
            if ending:
                raise Wrong(f"{type(who).__name__}: a connection ended before the server was killed: {ending}")
        self.count(1, early=False)

    def verify(self):
        for actor in self.actors:
            actor.verify(self.server)
        self.post.verify(self.server)

    def play(self):
        while self.kills < self.options.kills + (IDLE_KILLS if self.idle() else 0):
            kind, before = self.random.random(), self.kills
            self.server.config = CONFIG.format(self.random.choice(("true", "false")), self.random.choice(("yes", "no", "auto")))
            if kind < 0.04:
                self.count(first_start(self.random), early=True)
            elif kind < 0.27:
                start_and_kill(self.server, self.random.uniform(0.005, 0.3))
                self.count(1, early=True)
            else:
                self.live()
            if self.kills // 100 > before // 100:
                print(f"crash: {self.kills} kills, {self.changes()} changes", flush=True)
        self.server.start()
        self.verify()
        self.server.stop()
        self.server.command("check")
        if self.idle():
            raise Wrong(f"in {self.kills} kills nobody did {self.idle()}")

    def idle(self):
        """What nobody has done yet."""
        done = {"changes by IMAP": sum(a.done for a in self.actors), "deliveries": self.post.done, "removals by POP3": len(self.post.removed),
                "looking on": sum(one.looks for one in self.lookers)}
        return [what for what, times in done.items() if not times]

    def changes(self):
        return sum(a.done for a in self.actors) + self.post.done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--check", type=int, default=20)
    options = parser.parse_args()
    name = f"crash, seed {options.seed}"
    if not program().exists():
        report.failed(name, f"there is no {program()}: ./dev build makes it")
        report.finish()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        quickusers.add(pathlib.Path(folder), RECIPIENTS, PASSWORD)
        server = Server(data=folder, protocols=("imap", "lmtp", "pop3"), config=CONFIG.format("false", "auto"))
        world = World(server, options)
        try:
            world.play()
            report.passed(f"{name}: {world.kills} kills ({world.early} while it started), {world.changes()} changes acknowledged, {time.monotonic() - began:.0f} s")
        except (Wrong, ServerError, AssertionError, Violation, *ENDED) as error:
            logs = "\n".join(f"{a.top}: " + "; ".join(list(a.log)[-6:]) for a in world.actors)
            report.failed(f"{name}: after {world.kills} kills", f"{error}\n{traceback.format_exc()[-1500:]}\n{logs}\n{server.log(3000)}")
        finally:
            server.kill()
    report.finish()


if __name__ == "__main__":
    main()
