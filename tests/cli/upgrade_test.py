# SPDX-License-Identifier: Apache-2.0
"""Data folders of earlier versions (tests/fixtures) are opened, checked and served with all that was in them; those of a later version are refused
with a clear message, and left as they were."""

import hashlib
import json
import pathlib
import re
import struct
import sys
import tarfile
import unittest

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(FIXTURES)]

import datafolder  # noqa: E402
from clicase import CliCase  # noqa: E402


def crc32c(octets):
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Upgrade(CliCase):
    maxDiff = 4000

    def unpack(self, name):
        self.data.mkdir()
        with tarfile.open(FIXTURES / name / "data.tar.xz") as tar:
            tar.extractall(self.data)
        return json.loads((FIXTURES / name / "seen.json").read_text())

    def contents(self):
        """What is in the folder, but for traces that any start leaves."""
        passed = ("server.log", "test.conf", "run/", "tls/")
        names = {str(path.relative_to(self.data)): path for path in self.data.rglob("*") if path.is_file()}
        return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in names.items() if not name.startswith(passed)}

    def fixtures(self):
        return sorted(path.parent.name for path in FIXTURES.glob("*/seen.json"))

    def each(self):
        for name in self.fixtures():
            self.doCleanups()
            self.setUp()
            with self.subTest(name):
                yield self.unpack(name)

    def test_there_is_one(self):
        self.assertIn("v1", self.fixtures())

    def test_served_whole(self):
        for seen in self.each():
            with datafolder.serve(self.data) as server:
                self.assertEqual(datafolder.all_seen(server), seen)
                self.check_beside(server)
                server.restart()  # what the first start may have changed is read again
                self.assertEqual(datafolder.all_seen(server), seen)

    def check_beside(self, server):
        said = server.command("check").stdout
        self.assertRegex(said, r"beside the running server, 0 faults found")

    def test_checked_before_it_is_served(self):
        for seen in self.each():
            said = self.fine("check")
            self.assertRegex(said, r"messages checked, 0 faults found")
            messages = sum(len(box["messages"]) for user in seen.values() for box in user["mailboxes"].values())
            self.assertEqual(int(re.search(r"and (\d+) messages", said)[1]), messages)

    def test_cards_say_what_new_ones_would(self):
        """What was parsed then is answered as what is parsed now."""
        items = "(ENVELOPE BODYSTRUCTURE PREVIEW)"
        for seen in self.each():
            with datafolder.serve(self.data) as server:
                client = datafolder.log_in(server, "anna")
                datafolder.good(client.create("New"))
                datafolder.good(client.select("INBOX"))
                uids = list(seen["anna"]["mailboxes"]["INBOX"]["messages"])
                old = []
                for uid in uids:
                    old.append(self.fetched(client, uid, items))
                    body = datafolder.good(client.uid("FETCH", uid, "BODY.PEEK[]"))[0][1]
                    datafolder.good(client.append("New", None, None, body))
                datafolder.good(client.select("New"))
                new = [self.fetched(client, str(n), items) for n in range(1, len(uids) + 1)]
                self.assertEqual(old, new)
                client.logout()

    def fetched(self, client, uid, items):
        parts = []
        for item in datafolder.good(client.uid("FETCH", uid, items)):
            parts += item if isinstance(item, tuple) else [item]
        text = b" ".join(parts)
        self.assertIn(b"ENVELOPE", text)
        return re.sub(rb"^\d+ \(UID \d+ ", b"", text)

    def test_changed_and_kept(self):
        for seen in self.each():
            with datafolder.serve(self.data) as server:
                client = datafolder.log_in(server, "anna")
                datafolder.good(client.append("INBOX", None, None, b"Subject: later\r\n\r\nx\r\n"))
                before = seen["anna"]["mailboxes"]["INBOX"]["status"]
                after = datafolder.good(client.status("INBOX", "(UIDNEXT UIDVALIDITY)"))[0].decode()
                number = {word: int(re.search(word + r" (\d+)", before)[1]) for word in ("UIDNEXT", "UIDVALIDITY")}
                self.assertIn(f"UIDNEXT {number['UIDNEXT'] + 1}", after)
                self.assertIn(f"UIDVALIDITY {number['UIDVALIDITY']}", after)
                client.logout()
            self.assertRegex(self.fine("check"), "0 faults found")

    def test_store_gets_a_folder(self):
        """What earlier versions had beside the files of others is moved, once; they would not find half of it, they refuse."""
        for _ in self.each():
            self.fine("check")
            self.assertTrue(any((self.data / "store" / "log").glob("*.log")))
            self.assertFalse([name for name in ("log", "index", "reserve", "store.new") if (self.data / name).exists()])
            self.assertEqual(struct.unpack_from("<I", (self.data / "volume").read_bytes(), 8)[0], 2)

    # --- later versions ---

    def each_as_now(self):
        """A folder of a later version is like those of this one, but for what the test changes."""
        for seen in self.each():
            self.fine("check")
            yield seen

    def refused(self, text):
        """Neither served nor checked, and not an octet changed."""
        before = self.contents()
        for words in (("serve", "--listen", "imap=127.0.0.1:0"), ("check",)):
            done = self.run_cli(*words, "--data", self.data)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn(text, done.stdout + done.stderr)
            self.assertEqual(self.contents(), before)

    def put(self, path, at, octets):
        old = path.read_bytes()
        path.write_bytes(old[:at] + octets + old[at + len(octets):])

    def test_later_volume(self):
        for _ in self.each_as_now():
            path = self.data / "store" / "volume"
            self.put(path, 8, struct.pack("<I", 2))
            self.put(path, 40, struct.pack("<I", crc32c(path.read_bytes()[:40])))
            self.refused("unknown format version")

    def test_later_segment(self):
        for _ in self.each_as_now():
            path = sorted((self.data / "store" / "log").glob("*.log"))[0]
            self.put(path, 8, struct.pack("<I", 2))
            self.put(path, 48, struct.pack("<I", crc32c(path.read_bytes()[:48])))
            self.refused("unknown format version")

    def test_later_users(self):
        for _ in self.each():
            users = self.data / "auth" / "users"
            lines = users.read_text()
            users.write_text("# Starling users, version 2\n" + lines)
            done = self.run_cli("user", "list", "--data", self.data)
            self.assertEqual(done.returncode, 1)
            self.assertIn("unknown format version", done.stderr)
            done = self.run_cli("user", "add", "carla", "--password-stdin", "--data", self.data, input="x\n")
            self.assertEqual(done.returncode, 1)
            self.assertEqual(users.read_text(), "# Starling users, version 2\n" + lines)

    def test_users_of_the_first_days(self):
        """They were in DATA/users."""
        self.add_user()
        (self.data / "auth" / "users").rename(self.data / "users")
        with self.server() as server:
            self.log_in(server).logout()
        self.assertIn("anna", self.fine("user", "list"))
        self.assertFalse((self.data / "users").exists())


if __name__ == "__main__":
    unittest.main()
