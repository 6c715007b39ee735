# SPDX-License-Identifier: Apache-2.0
"""`starling backup` and `starling restore` (docs/backup.md): drills. What a client can see of the restored accounts is compared with what it saw."""

import fcntl
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from clicase import PASSWORD, CliCase, program  # noqa: E402
from imapclient import ImapClient, Literal  # noqa: E402
import quickusers  # noqa: E402

STATUS = "MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ MAILBOXID"
ITEMS = "UID FLAGS MODSEQ INTERNALDATE RFC822.SIZE EMAILID THREADID SAVEDATE BODY.PEEK[]"
NEW = ("UIDVALIDITY", "MAILBOXID")  # of a restore that is not the latest state


def message(number, size=200, to="someone"):
    return (f"From: a{number}@example.org\r\nTo: {to}@example.org\r\nSubject: message {number}\r\n"
            f"Message-ID: <m{number}.{to}@example.org>\r\n\r\n" + "x" * size + "\r\n").encode()


def connect(server, user):
    client = ImapClient("127.0.0.1", server.ports["imap"])
    client.login(user, PASSWORD)
    client.ok("ENABLE CONDSTORE")
    return client


def picture(server, user):
    """All that a client sees: name -> attributes, subscription, status, annotations, messages by UID."""
    found = {}
    with connect(server, user) as client:
        listed = client.ok(f'LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE STATUS ({STATUS}))')
        status = {data["mailbox"]: data["items"] for data in client.all(listed, "STATUS")}
        for data in client.all(listed, "LIST"):
            name = data["mailbox"]
            found[name] = {"attributes": sorted(map(str, data["attributes"])), "status": status.get(name)}
        for data in client.all(client.ok('LIST (SUBSCRIBED) "" "*"'), "LIST"):
            name = data["mailbox"]
            found.setdefault(name, {"status": None})["subscribed"] = sorted(map(str, data["attributes"]))
        for name, box in found.items():
            if box["status"] is None:
                continue
            client.ok("EXAMINE", Literal(name))
            box["messages"] = client.fetched(client.ok(f"UID FETCH 1:* ({ITEMS})")) if box["status"]["MESSAGES"] else {}
            for row in box["messages"].values():  # who has been shown a message as recent is not durable
                row["FLAGS"] = sorted(set(map(str, row["FLAGS"])) - {"\\Recent"})
            box["messages"] = {row["UID"]: {key: str(value) for key, value in row.items()} for row in box["messages"].values()}
            notes = client.ok("GETMETADATA", Literal(name), "(DEPTH infinity) (/private /shared)")
            box["notes"] = sorted(str(data) for data in client.all(notes, "METADATA"))
    return found


def without(picture, *keys):
    """The picture without these items of STATUS."""
    return {name: {**box, "status": box["status"] and {k: v for k, v in box["status"].items() if k not in keys}}
            for name, box in picture.items()}


class Backup(CliCase):
    def setUp(self):
        super().setUp()
        self.folder = self.dir / "backup"
        self.data.mkdir()
        quickusers.add(self.data, ["anna", "bert"], PASSWORD)

    def take(self, *more, data=None, status=0):
        done = self.run_cli("backup", self.folder, "--data", data or self.data, "--rate", "0", *more)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def give(self, *more, data, status=0):
        done = self.run_cli("restore", self.folder, "--data", data, *more)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def sound(self, data):
        done = self.run_cli("check", "--data", data)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def octets(self):
        return sum(p.stat().st_size for p in self.folder.rglob("*") if p.is_file())

    def elsewhere(self, name="other"):
        data = self.dir / name
        data.mkdir()
        quickusers.add(data, ["anna", "bert", "carl"], PASSWORD)
        return data

    def serve(self, data):
        from server import Server
        return Server(data=data)

    def fill(self, server, user="anna", count=300):
        """Some of everything that an account may hold."""
        with connect(server, user) as client:
            for name in ("Work", "Work/Deep/er", "W&APY-rk", "Notes (USE (\\Memos))"):
                client.ok(f"CREATE {name}")
            client.ok("SUBSCRIBE Nowhere")
            client.ok("UNSUBSCRIBE Junk")
            client.ok('SETMETADATA Work (/private/comment "of work" /shared/comment {3+}\r\na\nb)')
            client.ok('SETMETADATA "" (/private/comment "mine")')
            for start in range(0, count, 50):
                parts = ["APPEND INBOX"]
                for i in range(start, min(count, start + 50)):
                    flags = random.choice(["()", "(\\Seen)", "(\\Flagged $Work)", "(\\Answered \\Draft one two)"])
                    parts += [flags, Literal(message(i, i * 7 % 3000, user), sync=False)]
                client.ok(*parts)
            client.ok("APPEND Work", Literal(message(9000, 700000, user), sync=False))  # of several extents
            client.ok("SELECT INBOX")
            client.ok("UID COPY 5:60 Work")
            client.ok("UID MOVE 61:80 Work/Deep/er")
            client.ok("UID STORE 100:150 +FLAGS.SILENT (\\Deleted)")
            client.ok("UID EXPUNGE 110:140")
            client.ok("UID STORE 1:20 FLAGS.SILENT (kept \\Seen)")

    # --- drills ---

    def test_drill(self):
        """Into an empty server: all of it, but for the new UIDVALIDITYs; THREADIDs go on."""
        with self.serve(self.data) as server:
            self.fill(server)
            self.fill(server, "bert", 40)
            before = {user: picture(server, user) for user in ("anna", "bert")}
            self.assertIn("2 accounts", self.take())
        other = self.elsewhere()
        self.give(data=other)
        self.sound(other)
        with self.serve(other) as server:
            for user, was in before.items():
                now = picture(server, user)
                self.assertEqual(without(now, *NEW), without(was, *NEW))
                for name, box in was.items():
                    if box["status"]:
                        self.assertGreater(int(now[name]["status"]["UIDVALIDITY"]), int(box["status"]["UIDVALIDITY"]))
                        self.assertNotEqual(now[name]["status"]["MAILBOXID"], box["status"]["MAILBOXID"])
            with connect(server, "anna") as client:
                uid = str(client.codes(client.ok("APPEND INBOX", Literal(message(7777))))["APPENDUID"])
                self.assertIn("301", uid)

    def test_into_a_running_server(self):
        with self.serve(self.data) as server:
            self.fill(server)
            was = picture(server, "anna")
            self.take()
            refused = self.give(data=self.data, status=1)
            self.assertIn("there is an account anna", refused)
            self.give("--account", "anna", "--into", "carl", data=self.data)
            self.assertIn("there is no account bert", self.give(
                "--account", "anna", "--mailbox", "Work", "--user", "bert", data=self.data, status=1))
            connect(server, "bert").close()  # makes bert's account
            with connect(server, "anna") as client:
                client.ok("SELECT Work")
                client.ok("UID STORE 1:* +FLAGS (\\Deleted)")
                client.ok("EXPUNGE")
                client.ok("SETMETADATA Work (/private/comment NIL)")
                self.assertIn("there is a mailbox Work",
                              self.give("--account", "anna", "--mailbox", "Work", data=self.data, status=1))
                self.give("--account", "anna", "--mailbox", "Work", "--into", "Back/Work", data=self.data)
                self.give("--account", "anna", "--mailbox", "INBOX", "--replace", data=self.data)
                self.give("--account", "anna", "--mailbox", "Work", "--user", "bert", "--into", "From anna", data=self.data)
            now = picture(server, "anna")
            drop = (*NEW, "HIGHESTMODSEQ")
            for name, source in (("Back/Work", "Work"), ("INBOX", "INBOX")):
                self.assertEqual(now[name]["messages"], was[source]["messages"])
                self.assertEqual(without(now, *drop)[name]["status"], without(was, *drop)[source]["status"])
                self.assertGreaterEqual(int(now[name]["status"]["HIGHESTMODSEQ"]), int(was[source]["status"]["HIGHESTMODSEQ"]))
                self.assertNotIn(now[name]["status"]["UIDVALIDITY"], [b["status"]["UIDVALIDITY"] for b in was.values() if b["status"]])
            self.assertEqual([n.replace("Back/Work", "Work") for n in now["Back/Work"]["notes"]], was["Work"]["notes"])
            self.assertEqual(picture(server, "bert")["From anna"]["messages"], was["Work"]["messages"])
            # The account as a whole, over what it has become.
            self.give("--account", "anna", "--replace", data=self.data)
            now = picture(server, "anna")
            self.assertEqual(without(now, *NEW), without(was, *NEW))
        self.sound(self.data)

    def test_sessions_of_what_is_replaced(self):
        """They are told that their mailbox is gone, and find the new one under its name."""
        with self.serve(self.data) as server:
            self.fill(server, count=50)
            self.take()
            with connect(server, "anna") as client:
                client.ok("SELECT Work")
                self.give("--account", "anna", "--mailbox", "Work", "--replace", data=self.data)
                try:
                    client.cmd("UID FETCH 1:* (FLAGS)")
                    client.cmd("NOOP")
                except Exception:
                    pass  # BYE is fine
            with connect(server, "anna") as client:
                client.ok("SELECT Work")
        self.sound(self.data)

    def test_deliveries_and_unique_ids(self):
        """One message of two users is one in the backup and in what is restored; each has lines of his own. POP3's UIDLs stay."""
        import poplib
        import smtplib
        from server import Server

        def uidls(server, user):
            pop = poplib.POP3("127.0.0.1", server.ports["pop3"])
            pop.user(user)
            pop.pass_(PASSWORD)
            listed = [line.split()[1] for line in pop.uidl()[1]]
            pop.quit()
            return listed

        source = self.dir / "mbox"
        source.write_bytes(b"".join(
            b"From a@example.org Sat Jan  3 01:05:34 1998\nX-UIDL: old-%d\nSubject: %d\n\nbody\n\n" % (i, i) for i in range(5)))
        self.fine("import", source, "--user", "anna")
        body = message(1, 500000)
        with Server(data=self.data, protocols=("imap", "pop3"), unix="lmtp") as server:
            with smtplib.LMTP(str(self.data / "lmtp.socket")) as lmtp:
                for command in ("LHLO here", "MAIL FROM:<s@example.org>", "RCPT TO:<anna>", "RCPT TO:<bert>"):
                    self.assertEqual(lmtp.docmd(command)[0], 250)
                self.assertEqual(lmtp.docmd("DATA")[0], 354)
                lmtp.send(body + b".\r\n")
                self.assertEqual([lmtp.getreply()[0] for _ in range(2)], [250, 250])  # one for each
            was = {user: picture(server, user) for user in ("anna", "bert")}
            ids = {user: uidls(server, user) for user in ("anna", "bert")}
            self.assertIn(b"old-3", ids["anna"])
            self.assertNotEqual(was["anna"]["INBOX"]["messages"][6]["BODY[]"], was["bert"]["INBOX"]["messages"][1]["BODY[]"])
            self.take()
            self.assertLess(self.octets(), 1.5 * len(body))
        other = self.elsewhere()
        out = self.give(data=other)
        self.assertLess(int(out.split(" octets restored")[0].split()[-1]), 1.5 * len(body), out)
        self.sound(other)
        with Server(data=other, protocols=("imap", "pop3")) as server:
            connect(server, "carl").close()
            self.give("--account", "anna", "--mailbox", "INBOX", "--user", "carl", "--replace", data=other)
            for user in was:
                self.assertEqual(without(picture(server, user), *NEW), without(was[user], *NEW))
            self.assertEqual(picture(server, "carl")["INBOX"]["messages"], was["anna"]["INBOX"]["messages"])
            for user in ("anna", "carl"):
                self.assertEqual(uidls(server, user)[:5], ids["anna"][:5])
        self.sound(other)

    # --- incremental ---

    def test_incremental(self):
        with self.serve(self.data) as server:
            self.fill(server, count=200)
            self.take()
            first = self.octets()
            self.take()
            self.assertLess(self.octets() - first, 20000)  # the manifest
            with connect(server, "anna") as client:
                second = self.octets()
                body = message(1, 300000)
                client.ok("APPEND INBOX", Literal(body))
                client.ok("SELECT INBOX")
                client.ok("UID COPY 201 Work")
                out = self.take()
                self.assertIn("1 messages of them new", out)
                self.assertLess(self.octets() - second, len(body) + 400000)
                self.assertGreater(self.octets() - second, len(body))
                third = self.octets()
                client.ok("UID STORE 3 +FLAGS (\\Flagged)")
                self.take()
                self.assertLess(self.octets() - third, 400000)
            was = picture(server, "anna")
            # Others of the same folder: what all mail's backup has is not stored again.
            fourth = self.octets()
            self.take("--account", "anna")
            self.take("--account", "anna", "--mailbox", "Work/Deep/er")
            self.assertLess(self.octets() - fourth, 400000)
        names = sorted(p.name for p in self.folder.glob("packs/*"))
        stamps = {p: p.stat().st_mtime_ns for p in self.folder.glob("packs/*")}
        self.run_cli("backup", "prune", self.folder, "--keep", "3")
        self.assertTrue(set(self.folder.glob("packs/*")) <= set(stamps), names)
        self.assertTrue(all(p.stat().st_mtime_ns == stamps[p] for p in self.folder.glob("packs/*")))
        done = self.run_cli("backup", "verify", self.folder)
        self.assertEqual(done.returncode, 0, done.stdout)
        other = self.elsewhere()
        self.give(data=other)
        self.assertIn("of one mailbox", self.give("--account", "anna", "--backup", "6", data=other, status=1))
        with self.serve(other) as server:
            connect(server, "bert").close()  # makes bert's account
        self.give("--account", "anna", "--mailbox", "Work/Deep/er", "--user", "bert", "--into", "Deep", data=other)
        with self.serve(other) as server:
            self.assertEqual(without(picture(server, "anna"), *NEW), without(was, *NEW))
            self.assertEqual(picture(server, "bert")["Deep"]["messages"], was["Work/Deep/er"]["messages"])

    def test_another_store(self):
        """A store that did not go on from the last backup: nothing is taken for what has the same number there."""
        with self.serve(self.data) as server:
            self.fill(server, count=60)
        self.take()
        other = self.elsewhere()
        with self.serve(other) as server:
            self.fill(server, "bert", count=90)
            was = picture(server, "bert")
        self.take(data=other)
        third = self.elsewhere("third")
        self.give(data=third)
        with self.serve(third) as server:
            self.assertEqual(without(picture(server, "bert"), *NEW), without(was, *NEW))

    # --- while others write ---

    def test_under_writes(self):
        """Backups beside sessions that append, flag, expunge and rename, and beside sweeps: each restores to a sound account."""
        stop = threading.Event()
        faults = []

        def write(server, seed):
            rng = random.Random(seed)
            try:
                with connect(server, "anna") as client:
                    client.cmd(f"CREATE Box{seed}")
                    client.ok(f"SELECT Box{seed}")
                    for i in range(100000):
                        if stop.is_set():
                            return
                        what = rng.random()
                        if what < 0.6:
                            client.ok(f"APPEND Box{seed} (\\Seen)", Literal(message(i, rng.randrange(60000), f"w{seed}"), sync=False))
                        elif what < 0.8:
                            client.cmd(f"UID STORE {rng.randrange(max(1, i - 40), i + 2)}:* +FLAGS (\\Deleted)")
                        elif what < 0.9:
                            client.ok("EXPUNGE")
                        else:
                            client.cmd(f"CREATE Box{seed}/n{i}")
                            client.cmd(f"RENAME Box{seed}/n{i} Moved{seed}.{i}")
            except Exception as fault:  # told by the main thread
                faults.append(fault)

        from server import Server
        config = 'store = { segment_bytes = "4mb"; };\n'
        with Server(data=self.data, config=config) as server:
            self.fill(server, count=100)
            threads = [threading.Thread(target=write, args=(server, seed)) for seed in range(3)]
            for thread in threads:
                thread.start()
            for _ in range(4):
                self.take()
            stop.set()
            for thread in threads:
                thread.join()
            self.assertEqual(faults, [])
            self.take()
            last = picture(server, "anna")
        for number in range(1, 6):
            data = self.elsewhere(f"restored{number}")
            self.give("--backup", str(number), data=data)
            self.sound(data)
        with self.serve(self.dir / "restored5") as server:
            self.assertEqual(without(picture(server, "anna"), *NEW), without(last, *NEW))

    # --- the latest state ---

    def test_final(self):
        """A final backup is the latest state: its first restore keeps UIDVALIDITYs and MAILBOXIDs; the store serves no more."""
        with self.serve(self.data) as server:
            self.fill(server, count=30)
            was = picture(server, "anna")
            self.assertIn("stop it for the final backup",
                          self.run_cli("backup", self.folder, "--final", "--data", self.data).stderr)
        self.take("--final")
        self.fails(1, "given up by a final backup", "serve", "--data", self.data, "--listen", "imap=127.0.0.1:0")
        self.take("--final")  # again, as after a crash
        self.sound(self.data)
        (self.folder / "claims").rmdir()  # as a copy from an object store
        other = self.elsewhere()
        self.give(data=other)
        with self.serve(other) as server:
            self.assertEqual(picture(server, "anna"), was)
        again = self.elsewhere("again")
        self.assertIn("new UIDVALIDITYs", self.give(data=again))
        with self.serve(again) as server:
            now = picture(server, "anna")
            self.assertEqual(without(now, *NEW), without(was, *NEW))
            self.assertNotEqual(now["INBOX"]["status"]["UIDVALIDITY"], was["INBOX"]["status"]["UIDVALIDITY"])

    # --- damage ---

    def flip(self, path, at):
        octets = bytearray(path.read_bytes())
        octets[at] ^= 0x40
        path.chmod(0o600)
        path.write_bytes(octets)

    def test_damaged_message(self):
        with self.serve(self.data) as server:
            with connect(server, "anna") as client:
                for i in range(20):
                    client.ok("APPEND INBOX", Literal(message(i)))
                client.ok("CREATE Work")
                client.ok("APPEND Work", Literal(message(50)))
            was = picture(server, "anna")
            self.take()
        pack = next(self.folder.glob("packs/*.pack"))
        self.flip(pack, pack.read_bytes().index(b"Subject: message 7\r"))
        done = self.run_cli("backup", "verify", self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is damaged", done.stdout)
        other = self.elsewhere()
        out = self.give(data=other, status=1)
        self.assertIn("account anna, mailbox INBOX, UID 8: ", out)
        self.assertIn("1 messages of anna are damaged", out)
        self.give("--account", "anna", "--mailbox", "Work", "--user", "bert", data=other, status=1)  # bert has no account yet
        self.give("--despite-damage", data=other)
        self.sound(other)
        with self.serve(other) as server:
            now = picture(server, "anna")
            for uid, row in was["INBOX"]["messages"].items():
                mine = now["INBOX"]["messages"][uid]
                if str(uid) == "8":
                    self.assertIn("This message was lost", mine["BODY[]"])
                    self.assertEqual(mine["RFC822.SIZE"], row["RFC822.SIZE"])
                    self.assertNotEqual(mine["EMAILID"], row["EMAILID"])
                else:
                    self.assertEqual(mine, row)

    def test_damaged_copies_of_the_latest_state(self):
        """A note is another message: in every mailbox under an EMAILID, and by a UIDVALIDITY, that nobody has seen with the lost one."""
        with self.serve(self.data) as server:
            with connect(server, "anna") as client:
                client.ok("CREATE Work")
                for i in range(3):
                    client.ok("APPEND INBOX", Literal(message(i)))
                client.ok("SELECT INBOX")
                client.ok("UID COPY 2 Work")
            was = picture(server, "anna")
        self.take("--final")
        pack = next(self.folder.glob("packs/*.pack"))
        self.flip(pack, pack.read_bytes().index(b"Subject: message 1\r"))
        other = self.elsewhere()
        out = self.give(data=other, status=1)
        self.assertIn("2 messages of anna are damaged", out)
        out = self.give("--despite-damage", data=other)
        self.assertIn("mailbox INBOX, UID 2: ", out)
        self.assertIn("mailbox Work, UID 1: ", out)
        with self.serve(other) as server:
            now = picture(server, "anna")
        for name, uid in (("INBOX", 2), ("Work", 1)):
            mine = next(row for key, row in now[name]["messages"].items() if str(key) == str(uid))
            theirs = next(row for key, row in was[name]["messages"].items() if str(key) == str(uid))
            self.assertIn("This message was lost", mine["BODY[]"])
            self.assertNotEqual(mine["EMAILID"], theirs["EMAILID"], name)
            self.assertGreater(int(now[name]["status"]["UIDVALIDITY"]), int(was[name]["status"]["UIDVALIDITY"]))

    def test_missing_packs(self):
        """What lay in a pack that is gone or cut off by now is stored again: the next backup is whole."""
        with self.serve(self.data) as server:
            with connect(server, "anna") as client:
                for i in range(30):
                    client.ok("APPEND INBOX", Literal(message(i)))
                was = picture(server, "anna")
                self.take()
                for number, lose in ((2, lambda pack: pack.unlink()), (3, lambda pack: os.truncate(pack, 1000))):
                    for pack in self.folder.glob("packs/*.pack"):
                        lose(pack)
                    done = self.run_cli("backup", self.folder, "--data", self.data, "--rate", "0")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn(f"backup {number - 1} is not whole", done.stderr)
                    other = self.elsewhere(f"other{number}")
                    self.give(data=other)
                    with self.serve(other) as restored:
                        self.assertEqual(without(picture(restored, "anna"), *NEW), without(was, *NEW))
        self.assertEqual(self.run_cli("backup", "verify", self.folder).returncode, 1)  # the first ones stay what they are
        self.fine("backup", "prune", self.folder, "--keep", "1")
        self.fine("backup", "verify", self.folder)

    def test_two_stores_in_one_folder(self):
        """A copier brought backups of two stores together: packs of both have the same numbers. Each backup stays what it is."""
        texts, pictures, other_data, other_folder = {}, {}, self.elsewhere("second"), self.dir / "second-backups"
        for number, data, folder in ((1, self.data, self.folder), (2, other_data, other_folder)):
            with self.serve(data) as server, connect(server, "anna") as client:
                for turn in range(number):
                    texts[number] = message(10 * number + turn)
                    client.ok("APPEND INBOX", Literal(texts[number]))
                    done = self.run_cli("backup", folder, "--data", data)
                    self.assertEqual(done.returncode, 0, done.stderr)
                pictures[number] = without(picture(server, "anna"), *NEW)
        for path in (*other_folder.glob("packs/*.pack"), other_folder / "backups" / "00000002.manifest"):
            shutil.copy(path, self.folder / path.relative_to(other_folder))
        numbers = [path.name.split("-")[0] for path in self.folder.glob("packs/*.pack")]
        self.assertLess(len(set(numbers)), len(numbers))
        self.fine("backup", "verify", self.folder)
        self.fine("backup", "prune", self.folder, "--keep", "2")
        for number in pictures:
            data = self.elsewhere(f"restored{number}")
            self.give("--backup", str(number), data=data)
            with self.serve(data) as server:
                self.assertEqual(without(picture(server, "anna"), *NEW), pictures[number])

    def test_folder_that_takes_no_more(self):
        """It says what it could not write, and leaves no backup; with room it goes on."""
        def small():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100000, resource.RLIM_INFINITY))

        with self.serve(self.data) as server:
            self.fill(server, count=100)
            with connect(server, "anna") as client:
                client.ok("APPEND INBOX", Literal(message(1, size=300000)))
            was = without(picture(server, "anna"), *NEW)
            self.fails(1, "cannot write a pack: File too large", "backup", self.folder, "--data", self.data,
                       restore_signals=False, preexec_fn=small)
            self.assertEqual(list(self.folder.glob("*/*")), [])
            self.take()
        data = self.elsewhere()
        self.give(data=data)
        with self.serve(data) as server:
            self.assertEqual(without(picture(server, "anna"), *NEW), was)

    def test_prune_beside_a_restore(self):
        """It would take packs away that the restore is about to read, and --despite-damage would put notes in their place."""
        with self.serve(self.data) as server, connect(server, "anna") as client:
            client.ok("APPEND INBOX", Literal(message(1)))
            self.take()
        reader = os.open(self.folder / "packs", os.O_RDONLY)
        fcntl.flock(reader, fcntl.LOCK_SH)  # as a restore has it
        self.fails(1, "read by a restore", "backup", "prune", self.folder, "--keep", "1")
        self.fine("backup", "verify", self.folder)
        fcntl.flock(reader, fcntl.LOCK_EX)  # as a prune has it
        self.fails(1, "are pruned just now", "restore", self.folder, "--data", self.elsewhere())
        os.close(reader)
        self.fine("backup", "prune", self.folder, "--keep", "1")

    def test_mailbox_of_which_backup(self):
        """A newer backup of another mailbox is passed over."""
        with self.serve(self.data) as server:
            with connect(server, "anna") as client:
                client.ok("CREATE Work")
                client.ok("APPEND INBOX", Literal(message(1)))
                client.ok("APPEND Work", Literal(message(2)))
            self.take()
            self.take("--account", "Anna", "--mailbox", "Work")  # users write names as they like
            self.give("--account", "anna", "--mailbox", "INBOX", "--into", "Old inbox", data=self.data)
            self.give("--account", "anna", "--mailbox", "Work", "--into", "Old work", data=self.data)
            self.assertIn("has no mailbox INBOX", self.give(
                "--backup", "2", "--account", "anna", "--mailbox", "INBOX", "--into", "Other", data=self.data, status=1))
            now = picture(server, "anna")
            self.assertEqual(now["Old inbox"]["messages"], now["INBOX"]["messages"])
            self.assertEqual(now["Old work"]["messages"], now["Work"]["messages"])
        self.sound(self.data)

    def test_revoked_urls(self):
        """A URL whose key was revoked after the backup does not come back with it."""
        with self.serve(self.data) as server:
            with connect(server, "anna") as client:
                client.ok("APPEND INBOX", Literal(message(1)))
                made = client.ok('GENURLAUTH "imap://anna@localhost/INBOX/;uid=1;urlauth=user+anna" INTERNAL')
                url = str(made).split("imap://", 1)[1].split('"')[0].split("'")[0].rstrip("\\)]} ")
                self.assertIn("message 1", str(client.ok(f'URLFETCH "imap://{url}"')))
                self.take()
                client.ok("RESETKEY INBOX")
                self.assertNotIn("message 1", str(client.ok(f'URLFETCH "imap://{url}"')))
            for more in (("--mailbox", "INBOX"), ()):
                self.give("--account", "anna", *more, "--replace", data=self.data)
                with connect(server, "anna") as client:
                    self.assertNotIn("message 1", str(client.ok(f'URLFETCH "imap://{url}"')))

    def test_damaged_folder(self):
        """Whatever is flipped or cut off: a clean restore of the right state, or a clear No and nothing of it."""
        with self.serve(self.data) as server:
            with connect(server, "anna") as client:
                for i in range(10):
                    client.ok("APPEND INBOX", Literal(message(i)))
            was = without(picture(server, "anna"), *NEW)
            self.take()
        manifest, = self.folder.glob("backups/*.manifest")
        pack, = self.folder.glob("packs/*.pack")
        rng = random.Random(11)
        for round_ in range(24):
            path = rng.choice([manifest, pack, pack])
            whole = path.read_bytes()
            if rng.random() < 0.3:
                path.write_bytes(whole[:rng.randrange(len(whole))])
            else:
                self.flip(path, rng.randrange(len(whole)))
            data = self.elsewhere(f"d{round_}")
            done = self.run_cli("restore", self.folder, "--data", data)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            if done.returncode == 0:
                with self.serve(data) as server:
                    self.assertEqual(without(picture(server, "anna"), *NEW), was, round_)
            else:
                self.assertTrue(done.stderr.startswith("starling: "), done.stderr)
            self.sound(data) if (data / "store" / "volume").exists() else None
            path.write_bytes(whole)

    def test_not_a_folder_of_backups(self):
        self.folder.mkdir()
        (self.folder / "letter").write_text("x")
        self.assertIn("none of backups", self.run_cli("backup", self.folder, "--data", self.data).stderr)
        (self.folder / "starling-backup").write_text("starling-backup 2\n")
        self.assertIn("unknown format version", self.run_cli("backup", self.folder, "--data", self.data).stderr)

    # --- crashes ---

    def run_and_kill(self, after, *words):
        process = subprocess.Popen([str(program()), *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def test_killed_backups(self):
        """A backup that was killed is none; the next one is whole, and leftovers go with the next prune."""
        with self.serve(self.data) as server:
            self.fill(server, count=300)
            was = picture(server, "anna")
            for i in range(12):
                self.run_and_kill(0.004 * i, "backup", self.folder, "--data", self.data, "--rate", "0")
                for path in self.folder.glob("backups/*.manifest"):
                    self.assertEqual(self.run_cli("backup", "verify", self.folder).returncode, 0, path)
            self.take()
        self.assertEqual(self.run_cli("backup", "prune", self.folder, "--keep", "1").returncode, 0)
        self.assertEqual([p.name for p in self.folder.glob("packs/*.new")], [])
        other = self.elsewhere()
        self.give(data=other)
        with self.serve(other) as server:
            self.assertEqual(without(picture(server, "anna"), *NEW), without(was, *NEW))

    def test_killed_before_the_first(self):
        """A folder that a backup had begun to make, or that was carried by what drops empty folders: there is none in it, and no fault."""
        self.folder.mkdir()
        (self.folder / "starling-backup").write_text("starling-backup 1\n")
        for words, text in ((("list",), "no backups\n"), (("verify",), "0 backups, 0 packs"), (("prune", "--keep", "1"), "0 backups dropped")):
            done = self.run_cli("backup", words[0], self.folder, *words[1:])
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)
            self.assertIn(text, done.stdout)
        with self.serve(self.data) as server:
            self.fill(server, count=3)
            self.take()
        self.assertIn(" messages, in packs of ", self.run_cli("backup", "list", self.folder).stdout)

    def test_killed_restores(self):
        """The command or the server killed in the middle: the account is there whole or not at all, and it can be done again."""
        with self.serve(self.data) as server:
            self.fill(server, count=300)
            was = without(picture(server, "anna"), *NEW)
            work = was["Work"]["messages"]
            self.take()
        other = self.elsewhere()
        with self.serve(other) as server:
            connect(server, "bert").close()  # bert's account
            for i in range(16):
                whole = ("restore", self.folder, "--account", "anna", "--data", other)
                part = ("restore", self.folder, "--account", "anna", "--mailbox", "Work", "--user", "bert", "--replace", "--data", other)
                words = whole if i % 2 else part
                if i % 4 < 2:
                    self.run_and_kill(0.005 * i, *words)
                else:
                    process = subprocess.Popen([str(program()), *map(str, words)], stdout=subprocess.DEVNULL,
                                               stderr=subprocess.DEVNULL)
                    time.sleep(0.005 * i)
                    server.kill()
                    process.wait()
                    server.start()
                boxes = picture(server, "bert")
                if "Work" in boxes:
                    self.assertEqual(boxes["Work"]["messages"], work)
                listed = self.run_cli("restore", self.folder, "--account", "anna", "--data", other)
                self.assertIn(listed.returncode, (0, 1), listed.stderr)
                if listed.returncode:
                    self.assertIn("there is an account anna", listed.stderr)
                self.assertEqual(without(picture(server, "anna"), *NEW), was)
                server.stop()
                self.sound(other)
                done = self.run_cli("user", "del", "anna", "--with-mail", "--data", other)
                self.assertEqual(done.returncode, 0, done.stderr)
                quickusers.add(other, ["anna"], PASSWORD)
                server.start()

    # --- the admin socket ---

    def test_admin_socket(self):
        """Garbage, endless frames and requests out of order harm nobody; the socket is its owner's alone."""
        import socket
        import struct

        with self.serve(self.data) as server:
            path = str(self.data / "run" / "admin")
            self.assertEqual(os.stat(path).st_mode & 0o077, 0)

            def talk(*frames):
                with socket.socket(socket.AF_UNIX) as s:
                    s.settimeout(10)
                    try:
                        s.connect(path)
                        for kind, payload in frames:
                            s.sendall(kind + struct.pack("<I", len(payload)) + payload)
                        s.shutdown(socket.SHUT_WR)
                        answer = b""
                        while piece := s.recv(65536):
                            answer += piece
                        return answer
                    except OSError:  # closed meanwhile
                        return b""

            self.assertIn(b"starling 1 ", talk((b"Q", b"hello")))
            for line in (b"", b"x" * 9000, b"backup", b"backup records 2 . -", b"backup begin 00", b"backup begin " + b"zz" * 16,
                         b"backup blobs 1", b"restore commit", b"restore begin . - latest maybe", b"restore blob message 1 1 1 1",
                         b"restore begin 616e6e61 " + b"2f2f", b"backup give-up " + b"00" * 16, b"hello " * 80):
                answer = talk((b"Q", line), (b"E", b""))
                self.assertTrue(answer == b"" or answer[:1] in b"FE", (line, answer))
            talk((b"Q", b"restore begin 636172 6c - replace"), (b"Q", b"restore records"), (b"D", os.urandom(5000)), (b"E", b""))
            begun = talk((b"Q", b"restore begin 6361726c - "), (b"Q", b"restore begin 6361726c -"), (b"Q", b"restore records"),
                         (b"D", struct.pack("<II", 1, 0) + b"Q"), (b"E", b""), (b"Q", b"restore commit"))
            self.assertIn(b"makes no sense", begun)
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(path)
                s.sendall(b"Q\xff\xff\xff\xff" + b"x" * 1000)
                self.assertEqual(s.recv(100)[:1] in (b"", b"F"), True)
            rng = random.Random(3)
            for _ in range(50):
                with socket.socket(socket.AF_UNIX) as s:
                    s.connect(path)
                    try:
                        s.sendall(rng.randbytes(rng.randrange(1, 2000)))
                    except OSError:
                        pass
            held = [socket.socket(socket.AF_UNIX) for _ in range(20)]
            for s in held:
                s.connect(path)
            for s in held:
                s.close()
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline and b"starling 1 " not in talk((b"Q", b"hello")):
                time.sleep(0.05)
            self.assertIn(b"starling 1 ", talk((b"Q", b"hello")))
            connect(server, "anna").close()
        self.sound(self.data)


if __name__ == "__main__":
    unittest.main()
