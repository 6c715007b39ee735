#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Three clients of one account (two in rev1, one in rev2) send valid commands at random, some pipelined, about few mailboxes that come
and go. Every answer goes through the strict grammar and the session checker; no command that is valid may be BAD.

    tests/random_commands.py [--commands 6000] [--engine local] [--seed N]"""

import argparse
import pathlib
import random
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))

import report  # noqa: E402
from grammar.session import SessionChecker  # noqa: E402
from imapclient import Closed, ImapClient, Literal, Raw, Violation  # noqa: E402
from server import Server, ServerError, program  # noqa: E402

USER, PASSWORD = "random", "random"
BOXES = ["INBOX", "inbox", "F1", "F2", "F1/a", "F2/b/c", '"F 3"', "F&APw-", "nope", "Sent", "F4"]
FLAGS = ["\\Seen", "\\Deleted", "\\Flagged", "\\Answered", "\\Draft", "$k1", "k2"]
SECTIONS = ["", "TEXT", "HEADER", "1", "1.MIME", "2", "1.1", "HEADER.FIELDS (Subject From)", "HEADER.FIELDS.NOT (To)",
            "1.HEADER", "1.TEXT", "2.1.MIME", "1.HEADER.FIELDS (x)"]
ITEMS = ["FLAGS", "UID", "INTERNALDATE", "ENVELOPE", "BODY", "BODYSTRUCTURE", "RFC822.SIZE"]
ITEMS_REV1 = ["RFC822", "RFC822.HEADER", "RFC822.TEXT"]
KEYS = ["ALL", "SEEN", "DELETED", "UNSEEN", "KEYWORD $k1", "UNKEYWORD k2", "SUBJECT one", 'TEXT "o"', "BODY x", "FROM a",
        'HEADER Subject ""', "LARGER 10", "SMALLER 100", "SINCE 1-Jan-2020", "BEFORE 1-Jan-2021", "SENTON 1-Jan-2020",
        "YOUNGER 10", "OLDER 10", "FLAGGED", "DRAFT"]
KEYS_REV1 = ["NEW", "OLD", "RECENT"]
STATUS = ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "SIZE", "DELETED"]
MESSAGES = [b"Subject: one\r\nFrom: a@b\r\n\r\nbody\r\n",
            b"Subject: two\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\np1\r\n--b\r\n"
            b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n--b--\r\n",
            b"x",
            b"a: b\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECA\r\n"]


class Talk:
    """One client and what it may say."""

    def __init__(self, server, rng, rev2):
        self.server, self.rng, self.rev2 = server, rng, rev2
        self.sent = {}
        self.urls = [f"imap://{USER}@h/INBOX/;UID=1;URLAUTH=user+{USER}:INTERNAL:{'0' * 98}"]  # that GENURLAUTH gave
        self.open()

    def open(self):
        self.client = ImapClient("127.0.0.1", self.server.ports["imap"], checker=SessionChecker())
        self.client.ok(f"LOGIN {USER} {PASSWORD}")
        if self.rev2:
            self.client.ok("ENABLE IMAP4rev2")

    # --- what to say -----------------------------------------------------------------------------------

    def some(self, things, most):
        return " ".join(self.rng.sample(things, self.rng.randint(0, most)))

    def number(self):
        return self.rng.choice(["1", "2", "3", "*", "5", "9", "99", "4294967295", "7"])

    def numbers(self):
        if self.rng.random() < .1:
            return "$"
        return ",".join(self.number() if self.rng.random() < .6 else self.number() + ":" + self.number()
                        for _ in range(self.rng.randint(1, 3)))

    def box(self):
        return self.rng.choice(BOXES)

    def item(self):
        r, choose = self.rng.random(), self.rng.choice
        if r < .3:
            return f"BODY{choose(['', '.PEEK'])}[{choose(SECTIONS)}]{choose(['', '', '<0.10>', '<5.100>', '<1000.1>'])}"
        if r < .4:
            return f"BINARY{choose(['', '.PEEK', '.SIZE'])}[{choose(['', '1', '2', '1.1'])}]"
        return choose(ITEMS if self.rev2 else ITEMS + ITEMS_REV1)

    def key(self, depth=0):
        r = self.rng.random() if depth < 3 else 1
        if r < .15:
            return f"OR {self.key(depth + 1)} {self.key(depth + 1)}"
        if r < .25:
            return f"NOT {self.key(depth + 1)}"
        if r < .3:
            return f"({self.key(depth + 1)} {self.key(depth + 1)})"
        if r < .4:
            return self.rng.choice(["UID ", ""]) + self.numbers()
        return self.rng.choice(KEYS if self.rev2 else KEYS + KEYS_REV1)

    def about_names(self):
        choose, box = self.rng.choice, self.box
        return choose([
            lambda: f"CREATE {box()}", lambda: f"DELETE {choose(BOXES[2:])}", lambda: f"RENAME {box()} {box()}",
            lambda: f"SUBSCRIBE {box()}", lambda: f"UNSUBSCRIBE {box()}",
            lambda: f"""LIST {choose(['""', 'F1/'])} {choose(['*', '%', 'F%', '"%/%"', 'INB*'])}""",
            lambda: f"""LIST {choose(['', '(SUBSCRIBED) ', '(SPECIAL-USE) ', '(SUBSCRIBED RECURSIVEMATCH) '])}"" """
                    f"{choose(['*', '%', 'F%'])} RETURN "
                    f"({self.some(['SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE', 'STATUS (MESSAGES UNSEEN)'], 3)})",
            lambda: f"STATUS {box()} (MESSAGES {self.some(STATUS[1:], 3)}".rstrip() + ")",
            lambda: f'GENURLAUTH "imap://{USER}@h/INBOX/;UID={choose("1259")}{self.part()};URLAUTH=user+{USER}" INTERNAL',
            lambda: f"RESETKEY{choose(['', ' INBOX'])}",
            lambda: f'URLFETCH "{choose(self.urls)}" ("{choose(self.urls)}" {choose(["BODY", "BINARY"])} BODYPARTSTRUCTURE)',
            lambda: "APPEND", lambda: "APPEND", lambda: "APPEND", lambda: "CATENATE"])()

    def part(self):
        section, partial = self.rng.choice(SECTIONS + [""] * 9).replace(" ", "%20").replace('"', ""), self.rng.choice(["", "", "/;PARTIAL=3.9"])
        return (f"/;SECTION={section}" if section else "") + partial

    def catenate(self):
        """CATENATE (...) in pieces; a URL in it may mean nothing, then the answer is NO."""
        pieces, words = [], "CATENATE ("
        for _ in range(self.rng.randint(1, 3)):
            if self.rng.random() < .5:
                pieces += [words + "TEXT", Literal(self.rng.choice(MESSAGES), sync=self.rng.random() < .5)]
                words = ""
            else:
                words += f"URL \"/INBOX/;UID={self.rng.choice('12')}{self.part()}\" "
        return [*pieces, words.strip() + ")"] if words else [*pieces, Raw(")")]

    def about_messages(self):
        choose, uid = self.rng.choice, self.rng.choice(["", "", "UID "])
        store = f"{uid}STORE {self.numbers()} {choose(['', '+', '-'])}FLAGS{choose(['', '.SILENT'])} ({self.some(FLAGS, 3)})"
        saved = choose(["", "RETURN () ", "RETURN (MIN MAX) ", "RETURN (COUNT ALL) ", "RETURN (SAVE) ", "RETURN (SAVE MIN) ",
                        "RETURN (PARTIAL 2:3) ", "RETURN (SAVE PARTIAL -1:-2 MAX) ",
                        "RETURN (UPDATE ALL) ", "RETURN (UPDATE ALL) ", "RETURN (CONTEXT UPDATE COUNT) "])
        return choose([
            lambda: f"{uid}FETCH {self.numbers()} ({' '.join(self.item() for _ in range(self.rng.randint(1, 4)))})",
            lambda: f"{uid}FETCH {self.numbers()} {choose(['ALL', 'FAST', 'FULL'])}",
            lambda: f"UID FETCH {self.numbers()} ({self.item()}) (PARTIAL {choose(['1:2', '-1:-1', '3:2', '-9:-2'])})",
            lambda: f"ESEARCH IN ({choose(['personal', 'inboxes subtree F1', 'mailboxes (F1 nope)', 'subscribed', 'subtree-one F1'])}) "
                    f"{choose(['', 'RETURN (MIN MAX) ', 'RETURN (COUNT ALL) ', 'RETURN (PARTIAL 1:2) '])}{self.key()}",
            lambda: f"UID SORT {choose(['', 'RETURN (UPDATE ALL) '])}({choose(['SUBJECT', 'REVERSE DATE', 'SIZE'])}) UTF-8 {self.key()}",
            lambda: f"UIDBATCHES {choose(['500', '1000', '499', '500 1:2'])}",
            lambda: store, lambda: store,
            lambda: f"{uid}{choose(['COPY', 'MOVE'])} {self.numbers()} {self.box()}",
            lambda: f"{uid}SEARCH {saved}{' '.join(self.key() for _ in range(self.rng.randint(1, 3)))}",
            lambda: "EXPUNGE", lambda: f"UID EXPUNGE {self.numbers()}", lambda: "NOOP", lambda: "NOOP",
            lambda: choose(["CLOSE", "UNSELECT", "NOOP"])])()

    def command(self):
        r = self.rng.random()
        if r < .15:
            return f"{self.rng.choice(['SELECT', 'SELECT', 'EXAMINE'])} {self.box()}"
        return self.about_names() if r < .5 else self.about_messages()

    # --- saying it -------------------------------------------------------------------------------------

    def say(self):
        command = self.command()
        if command == "APPEND":
            messages = [Literal(self.rng.choice(MESSAGES), sync=self.rng.random() < .5) for _ in range(self.rng.randint(1, 2))]
            tag = self.client.send(f"APPEND {self.box()} ({self.some(FLAGS, 3)})", *messages)
        elif command == "CATENATE":
            tag = self.client.send(f"APPEND {self.box()}", *self.catenate())
        else:
            tag = self.client.send(command)
        self.sent[tag] = command

    def hear(self, tag, command):
        result = self.client.wait(tag)
        answer = result.tagged
        self.urls += [r.raw.split()[2].decode().strip('"') for r in result.untagged if r.raw.startswith(b"* GENURLAUTH")]
        # BAD is right for numbers beyond the mailbox, and where nothing is selected.
        if answer.name == "BAD" and b"there is no message" not in answer.raw and b"without a selected" not in answer.raw:
            raise AssertionError(f"{command}: {answer.raw!r}")

    def turn(self):
        self.sent = {}
        try:
            for _ in range(self.rng.randint(1, 4)):
                self.say()
            for tag, command in self.sent.items():
                self.hear(tag, command)
        except Closed as closed:
            if "the selected mailbox was deleted" not in str(closed):
                raise
            self.client.close()
            self.open()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=int, default=6000)
    parser.add_argument("--engine", default="local")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    name = f"random commands, seed {options.seed}"
    if not program().exists():
        report.failed(name, f"there is no {program()}: ./dev build makes it")
        report.finish()
    try:
        with Server(options.engine) as server:
            server.add_user(USER, PASSWORD)
            rng = random.Random(options.seed)
            talks = [Talk(server, rng, rev2) for rev2 in (False, True, False)]
            done = 0
            while done < options.commands:
                talk = rng.choice(talks)
                talk.turn()
                done += len(talk.sent)
            for talk in talks:
                talk.client.close()
        report.passed(name)
    except (ServerError, AssertionError, Violation, Closed, OSError) as error:
        report.failed(name, str(error)[-6000:])
    report.finish()


if __name__ == "__main__":
    main()
