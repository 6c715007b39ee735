# SPDX-License-Identifier: Apache-2.0
"""`starling import`: what people have: mboxes of all sorts, Maildirs, folders of files, whole and broken."""

import os
import select
import pathlib
import poplib
import pty
import shutil
import socket
import struct
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "tools")]

import limits  # noqa: E402
from clicase import CliCase, program  # noqa: E402

FROM = b"From anna@example.org Sat Jan  3 01:05:34 1998\n"


def crlf(text):
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def message(name, body=b"text\n"):
    return b"Subject: " + name + b"\nX-Empty:\n\n" + body


class Import(CliCase):
    def setUp(self):
        super().setUp()
        self.add_user()
        self.source = self.dir / "source"

    def take(self, *more, source=None, status=0):
        done = self.run_cli("import", source or self.source, "--user", "anna", "--data", self.data, *more)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertNotIn("\r", done.stderr)  # the progress bar is for terminals
        return done.stdout

    def twice(self, count, *more, failures=0, **options):
        """Imports, and again: nothing is there twice."""
        out = self.take(*more, **options)
        self.assertIn(f"{count} messages imported, 0 were there already, {failures} could not", out)
        again = self.take(*more, **options)
        self.assertIn(f"0 messages imported, {count} were there already", again)
        return out

    def mail(self):
        """Every mailbox with its messages: name -> list of (octets, flags, INTERNALDATE)."""
        found = {}
        with self.server() as server:
            client = self.log_in(server)
            for line in client.list()[1]:
                name = line.decode().split(' "/" ', 1)[1]
                if client.select(name, readonly=True)[0] != "OK":
                    continue
                rows = client.fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")[1] if client.untagged_responses[
                    "EXISTS"][-1] != b"0" else []
                found[name.strip('"')] = [
                    (row[1], set(row[0].split(b"FLAGS (")[1].split(b")")[0].split()) - {b"\\Recent"},
                     row[0].split(b'INTERNALDATE "')[1].split(b'"')[0].strip())
                    for row in rows if isinstance(row, tuple)]
            client.logout()
        return {name: rows for name, rows in found.items() if rows}

    def bodies(self, box="INBOX"):
        return [row[0] for row in self.mail().get(box, [])]

    # --- mbox ---

    def test_mbox(self):
        one, two = message(b"one"), message(b"two", b"From what I hear\n>From the start\n>>From twice\n")
        three = message(b"three", b"last line has no end")
        self.source.write_bytes(FROM + one + b"\n" + FROM.replace(b"1998", b"1998 +0100") + two + b"\n" + FROM + three)
        self.twice(3)
        mail = self.mail()["INBOX"]
        self.assertEqual([row[0] for row in mail], [
            crlf(one), crlf(two.replace(b">From the", b"From the").replace(b">>From", b">From")), crlf(three)])
        self.assertEqual([row[2] for row in mail], [b"3-Jan-1998 01:05:34 +0000", b"3-Jan-1998 00:05:34 +0000",
                                                    b"3-Jan-1998 01:05:34 +0000"])

    def test_mbox_with_crlf(self):
        text = FROM + message(b"one") + b"\n" + FROM + message(b"two", b">From here\n")
        self.source.write_bytes(crlf(text))
        self.twice(2)
        self.assertEqual(self.bodies(), [crlf(message(b"one")), crlf(message(b"two", b"From here\n"))])

    def test_garbage_first(self):
        self.source.write_bytes(b"\x00\xffgarbage\nmore of it\n" + FROM + message(b"one") + b"\n" + FROM + message(b"two"))
        out = self.twice(2, failures=1)
        self.assertIn("does not begin with", out)
        self.assertEqual(self.bodies(), [crlf(message(b"one")), crlf(message(b"two"))])

    def test_first_line_lost(self):
        self.source.write_bytes(message(b"zero") + b"\n" + FROM + message(b"one") + b"\n" + FROM + message(b"two"))
        self.twice(3)
        self.assertEqual(self.bodies(), [crlf(message(name)) for name in (b"zero", b"one", b"two")])

    def test_byte_order_mark_and_empty_lines(self):
        self.source.write_bytes(b"\xef\xbb\xbf\n\n" + FROM + message(b"one"))
        self.twice(1)
        self.assertEqual(self.bodies(), [crlf(message(b"one"))])

    def test_no_empty_line_between(self):
        """A message that was cut off within base64 does not swallow the next one."""
        cut = b"Subject: cut\nContent-Transfer-Encoding: base64\n\nAAAABBBBCC\n"
        self.source.write_bytes(FROM + cut + FROM + message(b"two"))
        self.twice(2)
        self.assertEqual(self.bodies(), [crlf(cut), crlf(message(b"two"))])

    def test_sentences_do_not_cut(self):
        body = b"He wrote:\n\nFrom Monday on, at 10:30, in May 2005 or so.\nFrom me.\n"
        self.source.write_bytes(FROM + message(b"one", body))
        self.twice(1)
        self.assertEqual(self.bodies(), [crlf(message(b"one", body))])

    def test_empty_messages(self):
        self.source.write_bytes(FROM + FROM + message(b"one") + b"\n" + FROM + b"\n" + FROM + message(b"two") + b"\n" + FROM)
        out = self.take()
        self.assertIn("2 messages imported", out)
        self.assertEqual(self.bodies(), [crlf(message(b"one")), crlf(message(b"two"))])

    def test_odd_octets(self):
        odd = b"Subject: odd \xe4\xf6\n\nNUL \0 here, 8 bit \xff\xfe, lone CR \r here\nlong " + b"x" * 100000 + b"\n"
        self.source.write_bytes(FROM + odd + b"\n" + FROM + b"no header at all\n")
        self.twice(2)
        self.assertEqual(self.bodies(), [crlf(odd).replace(b"\0", b"\x80"), b"no header at all\r\n"])

    def test_flags(self):
        def with_head(head):
            return FROM + head + b"\n\nx\n\n"

        self.source.write_bytes(
            with_head(b"Subject: a\nStatus: RO\nX-Status: AF") + with_head(b"Subject: b\nStatus: O") +
            with_head(b"Subject: c\nX-Keywords: work  $Label1 bad(word \n") +
            with_head(b"Subject: d\nX-Mozilla-Status: 0007\nX-Mozilla-Keys: $label2") +
            with_head(b"Subject: e\nX-Mozilla-Status: 0009") + with_head(b"Subject: f\nX-Status: TD"))
        self.take()
        self.assertEqual([row[1] for row in self.mail()["INBOX"]], [
            {b"\\Seen", b"\\Answered", b"\\Flagged"}, set(), {b"work", b"$Label1"},
            {b"\\Seen", b"\\Answered", b"\\Flagged", b"$label2"}, {b"\\Seen", b"\\Deleted"},
            {b"\\Draft", b"\\Deleted"}])

    def test_many_keywords(self):
        most = limits.values()["KEYWORDS_PER_IMPORT"]
        self.source.write_bytes(FROM + b"Subject: a\nX-Keywords: " + b" ".join(b"k%d" % i for i in range(most + 5)) + b"\n\nx\n\n")
        self.take()
        self.assertEqual([row[1] for row in self.mail()["INBOX"]], [{b"k%d" % i for i in range(most)}])

    def test_more_keywords_than_a_mailbox_can_have(self):
        """They cost their messages the keywords, not everybody behind them the import."""
        values = limits.values()
        most, each = values["KEYWORDS_MAX"], values["KEYWORDS_PER_IMPORT"] - 4
        full, part = divmod(most, each)
        self.source.write_bytes(b"".join(
            FROM + b"Subject: %d\nX-Keywords: " % i + b" ".join(b"k%d.%d" % (i, k) for k in range(each)) + b"\n\nx\n\n"
            for i in range(full + 2)) + FROM + b"Subject: last\nX-Keywords: k0.1 new k0.2\n\nx\n")
        out = self.twice(full + 3)
        self.assertIn("3 messages lost keywords", out)
        flags = [row[1] for row in self.mail()["INBOX"]]
        self.assertEqual([len(f) for f in flags], [each] * full + [part, 0, 2])
        self.assertEqual(flags[-1], {b"k0.1", b"k0.2"})

    def test_equal_messages_stay_two(self):
        self.source.write_bytes((FROM + message(b"one") + b"\n") * 3)
        self.twice(3)
        self.source.write_bytes((FROM + message(b"one") + b"\n") * 4)
        self.assertIn("1 messages imported, 3 were there already", self.take())

    def test_target(self):
        self.source.write_bytes(FROM + message(b"one"))
        self.twice(1, "--mailbox", "Alt/Übung")
        self.assertEqual(set(self.mail()), {"Alt/&ANw-bung"})
        self.take("--mailbox", "inbox")
        self.assertEqual(set(self.mail()), {"Alt/&ANw-bung", "INBOX"})

    def test_large(self):
        big = message(b"big", (b"x" * 75 + b"\n") * (50 * 1024 * 1024 // 76))
        self.source.write_bytes(FROM + big + b"\n" + FROM + message(b"small"))
        self.twice(2)
        bodies = self.bodies()
        self.assertTrue(bodies[0] == crlf(big))
        self.assertEqual(bodies[1], crlf(message(b"small")))

    def test_over_the_limit(self):
        conf = self.dir / "conf"
        conf.write_text('limits = { message_bytes = "64kb"; };\n')
        self.source.write_bytes(FROM + message(b"big", b"x\n" * 50000) + b"\n" + FROM + message(b"small"))
        out = self.twice(1, "--config", str(conf), failures=1)
        self.assertIn("source:1: 150026 octets, more than the limit of 65536", out)

    # --- Maildir ---

    def maildir(self, path, *names, **more):
        for sub in ("cur", "new", "tmp"):
            (path / sub).mkdir(parents=True)
        for name in names:
            (path / "cur" / name).write_bytes(message(name.encode()))

    def test_maildir(self):
        self.maildir(self.source, "1000.a.host:2,RS", "1001.b.host,S=12:2,Fab", "1002.c.host:2,DPT", "1003.d.host",
                     "1004.e.host;2,S")
        (self.source / "new" / "1005.f.host").write_bytes(message(b"new"))
        (self.source / "tmp" / "1006.g.host").write_bytes(message(b"tmp"))
        (self.source / "dovecot-keywords").write_text("0 work\n1 $Junk\n")
        os.utime(self.source / "cur" / "1000.a.host:2,RS", (884000000, 884000000))
        self.twice(6)
        mail = self.mail()["INBOX"]
        self.assertEqual([row[1] for row in mail], [
            {b"\\Seen", b"\\Answered"}, {b"\\Flagged", b"work", b"$Junk"},
            {b"\\Draft", b"\\Deleted", b"$Forwarded"}, set(), {b"\\Seen"}, set()])
        self.assertEqual(mail[0][2], b"5-Jan-1998 11:33:20 +0000")

    def test_maildir_plus_plus(self):
        self.maildir(self.source, "1.a")
        self.maildir(self.source / ".Lists.&ANw-bung", "1.b")
        self.maildir(self.source / ".R&-D", "1.c")
        self.maildir(self.source / ".a&b", "1.d")  # not valid mUTF-7: kept as it is
        (self.source / "subscriptions").write_text("V\t2\n\nLists\t&ANw-bung\nGone\n")
        self.twice(4)
        self.assertEqual(set(self.mail()), {"INBOX", "Lists/&ANw-bung", "R&-D", "a&-b"})
        with self.server() as server:
            client = self.log_in(server)
            subscribed = b"\n".join(client.lsub()[1])
            client.logout()
        for name in (b"Lists/&ANw-bung", b"Gone"):
            self.assertIn(name, subscribed)

    def test_folder_of_maildirs(self):
        """As mbsync keeps them: each folder is a mailbox of its name, at any depth."""
        self.maildir(self.source / "INBOX", "1.a")
        self.maildir(self.source / "Work", "1.b")
        self.maildir(self.source / "Work" / "2024" / "Q1", "1.c")
        self.maildir(self.source / "Work" / "Old", "1.d")
        (self.source / "subscriptions").write_text("Work\n")
        self.take()
        names = set(self.mail())
        self.assertTrue({"INBOX", "Work", "Work/Old"} <= names, names)
        self.assertEqual(self.bodies("Work"), [crlf(message(b"1.b"))])

    # --- unique-ids of POP3 ---

    def uidls(self):
        """Subject -> unique-id, of INBOX."""
        with self.server(protocols=("pop3",)) as server:
            client = poplib.POP3("127.0.0.1", server.ports["pop3"])
            client.user("anna")
            client.pass_("secret")
            found = {}
            for row in client.uidl()[1]:
                number, uidl = row.decode().split(" ")
                subject = next(line for line in client.top(int(number), 0)[1] if line.startswith(b"Subject: "))
                found[subject[9:].decode()] = uidl
            client.quit()
        return found

    def test_uidls_of_dovecot(self):
        """As Dovecot 2.3 writes the list with pop3_save_uidl and pop3_reuse_xuidl; what is not in it is made of its default format."""
        self.maildir(self.source, "1000.a.host:2,S", "1001.b.host", "1002.c.host:2,", "1003.d.host")
        (self.source / "new" / "1004.e.host").write_bytes(message(b"1004.e.host"))
        (self.source / "dovecot-uidlist").write_bytes(
            b"3 V1796042793 N9 Ga9e6b30c29700d6b2673000083ecc375\n1 W33 Pabc123 :1000.a.host\n2 W17 P000000026b0d7029 :1001.b.host\n"
            b"3 W17 :1002.c.host:2,S\n4 Pabc123 :1004.e.host\n7 P" + b"x" * 71 + b" :1003.d.host\n\xff\x00 P\x01\n5")
        self.maildir(self.source / ".Other", "1.other")
        (self.source / ".Other" / "dovecot-uidlist").write_bytes(b"3 V1 N2\n1 Pof-another-mailbox :1.other\n")
        out = self.twice(6)
        self.assertIn("1 messages have a POP3 unique-id that another one has", out)
        found = self.uidls()
        for name, uidl in (("1000.a.host:2,S", "abc123"), ("1001.b.host", "000000026b0d7029"), ("1002.c.host:2,", "000000036b0d7029")):
            self.assertEqual(found[name], uidl)
        for name in ("1003.d.host", "1004.e.host"):  # not valid; given to another: called by their UIDs
            self.assertRegex(found[name], r"\A\d+\.\d+\Z")
        self.assertEqual(len(set(found.values())), 5)

    def test_uidls_of_a_format(self):
        self.maildir(self.source, "1000.a.host:2,S")
        (self.source / "dovecot-uidlist").write_bytes(b"1 1796042793 4\n3 1000.a.host\n")
        self.take("--uidl-format", "%v.%u")
        self.assertEqual(self.uidls(), {"1000.a.host:2,S": "1796042793.3"})
        self.fails(64, "not understood", "import", self.source, "--user", "anna", "--data", self.data, "--uidl-format", "%m")

    def test_uidls_of_an_mbox(self):
        def with_head(head):
            return FROM + head + b"\n\nX-UIDL: body\n\n"

        self.source.write_bytes(
            with_head(b"Subject: a\nX-UIDL: first-one") + with_head(b"X-Uidl: \"!#second\nSubject: b\nX-UIDL: again") +
            with_head(b"Subject: c\nX-UIDL: two words") + with_head(b"Subject: d\nX-UIDL:") + with_head(b"Subject: e\nX-UIDL: first-one"))
        self.take()
        found = self.uidls()
        self.assertEqual((found["a"], found["b"]), ("first-one", '"!#second'))
        for name in "cde":
            self.assertRegex(found[name], r"\A\d+\.\d+\Z")
        # Never given again, also by an import after this one.
        other = self.dir / "other"
        other.write_bytes(with_head(b"Subject: f\nX-UIDL: first-one"))
        self.take(source=other)
        self.assertRegex(self.uidls()["f"], r"\A\d+\.\d+\Z")
        other.write_bytes(with_head(b"Subject: g\nX-UIDL: elsewhere"))
        self.take("--mailbox", "Archive", source=other)
        with self.server() as server:
            client = self.log_in(server)
            client.select("Archive")
            client.copy("1", "INBOX")
            client.logout()
        self.assertRegex(self.uidls()["g"], r"\A\d+\.\d+\Z")

    # --- folders ---

    def test_folder(self):
        self.source.mkdir()
        (self.source / "a.eml").write_bytes(message(b"a"))
        (self.source / "B.EML").write_bytes(crlf(message(b"b")))
        (self.source / "sub").mkdir()
        (self.source / "sub" / "c.eml").write_bytes(message(b"c"))
        (self.source / "sub" / "1").write_bytes(message(b"MH", b"\n" + FROM + message(b"quoted")))
        (self.source / "old.mbox").write_bytes(FROM + message(b"d"))
        (self.source / "Inbox.sbd").mkdir()
        (self.source / "Inbox.sbd" / "Friends").write_bytes(FROM + message(b"e"))
        (self.source / "Inbox.sbd" / "Friends.msf").write_bytes(b"// <!-- <mdb:mork -->")
        (self.source / "Trash").write_bytes(b"")
        (self.source / "notes").write_bytes(b"no message at all\n")
        (self.source / "empty.eml").write_bytes(b"")
        (self.source / "sub" / "again").symlink_to(self.source)  # a circle
        (self.source / "gone.eml").symlink_to(self.dir / "nowhere")
        os.mkfifo(self.source / "fifo.eml")
        out = self.take()
        self.assertIn("6 messages imported, 0 were there already, 2 could not be taken", out)
        for text in ("Friends.msf: neither", "notes: neither", "empty.eml: empty", "again: leads back", "gone.eml: cannot"):
            self.assertIn(text, out)
        self.assertEqual({name: len(rows) for name, rows in self.mail().items()},
                         {"INBOX": 2, "sub": 2, "old": 1, "INBOX/Friends": 1})
        self.assertIn("0 messages imported, 6 were", self.take())

    def test_odd_names(self):
        self.source.mkdir()
        odd = os.fsencode(self.source) + b"/\xff\xfe"
        os.mkdir(odd)
        pathlib.Path(os.fsdecode(odd), "a.eml").write_bytes(message(b"a"))
        long = self.source / ("x" * 255)
        long.mkdir()
        (long / "b.eml").write_bytes(message(b"b"))
        out = self.take()
        self.assertIn("2 messages imported", out)
        self.assertIn("cannot be a mailbox name", out)
        self.assertEqual({name: len(rows) for name, rows in self.mail().items()}, {"Imported": 1, "x" * 255: 1})

    def test_maildir_with_what_is_no_file(self):
        self.maildir(self.source, "1.a")
        os.mkfifo(self.source / "cur" / "2.fifo")
        (self.source / "cur" / "3.dir").mkdir()
        out = self.take()
        self.assertIn("1 messages imported, 0 were there already, 2 could not be taken", out)

    @unittest.skipIf(os.geteuid() != 0, "only root reads for others")
    def test_links_out_of_a_users_maildir(self):
        """Root reads nothing for him that he put a link to: neither what only root may read, nor names of folders."""
        secret = self.dir / "secret"
        self.maildir(secret / "Plans", "7.x")
        (secret / "shadow").write_bytes(message(b"secret"))
        self.maildir(self.source, "1.a")
        (self.source / "cur" / "2.link").symlink_to(secret / "shadow")
        (self.source / "cur" / "3.inside").symlink_to(self.source / "cur" / "1.a")
        (self.source / "cur" / "4.device").symlink_to("/dev/zero")
        (self.source / ".Sub").mkdir()
        (self.source / ".Sub" / "cur").symlink_to(secret)
        (self.source / "dovecot-keywords").symlink_to(secret / "shadow")
        out = self.take()
        self.assertIn("2 messages imported", out)
        self.assertNotIn("secret", str(self.mail()))
        for name in ("cur/2.link", ".Sub/cur/shadow", "dovecot-keywords"):
            self.assertIn(f"{name}: cannot be read: a link that leads out of the source", out)
        self.assertIn("cur/4.device: cannot be read: not a file", out)
        top = self.dir / "top"
        top.mkdir()
        (top / "away").symlink_to(secret)
        self.assertIn("away: cannot be read: a link that leads out", self.take(source=top, status=1))
        self.assertEqual(set(self.mail()), {"INBOX"})

    @unittest.skipIf(os.geteuid() != 0, "only root reads for others")
    def test_a_users_link_in_place_of_his_maildir(self):
        self.maildir(self.source, "1.a")
        link = self.dir / "Maildir"
        link.symlink_to(self.source)
        self.assertIn("1 messages imported", self.take(source=link))  # root's own
        os.chown(link, 1234, 1234, follow_symlinks=False)
        self.fails(1, "root does not follow", "import", link, "--user", "anna", "--data", self.data)

    @unittest.skipIf(os.geteuid() != 0, "only root becomes somebody else")
    def test_links_for_who_asks_himself(self):
        """The kernel says what he may read."""
        os.chmod(self.dir, 0o711)
        here = self.dir / "starling"
        shutil.copy2(program(), here)
        elsewhere = self.dir / "elsewhere.eml"
        elsewhere.write_bytes(message(b"a"))
        self.source.mkdir()
        (self.source / "b.eml").symlink_to(elsewhere)
        data = self.dir / "his"
        data.mkdir()
        os.chown(data, 65534, 65534)
        done = subprocess.run([str(here), "import", str(self.source), "--user", "anna", "--data", str(data)],
                              capture_output=True, text=True, user=65534, group=65534, extra_groups=[])
        self.assertIn("1 messages imported", done.stdout, done.stderr)

    def test_names_for_a_terminal(self):
        """A name in somebody's store writes no line of its own, and moves no cursor."""
        self.maildir(self.source, "1.a")
        (self.source / "cur" / "2.\x1b[2J\nroot: all is well\u009b1m").mkdir()
        out = self.take()
        self.assertIn("cur/2.?[2J?root: all is well??1m: cannot be read", out)

    # --- faults ---

    def test_no_mail_at_all(self):
        """A file that is no mail makes neither a message nor an account."""
        self.source.write_bytes(b"PK\3\4 an archive\n")
        self.fails(1, "neither a message nor an mbox", "import", self.source, "--user", "anna", "--data", self.data)
        data = self.dir / "fresh"
        self.fails(1, "cannot read", "import", self.dir / "none", "--user", "anna", "--data", data)
        self.assertFalse(data.exists())

    def test_faults(self):
        self.fails(1, "cannot read", "import", self.dir / "none", "--user", "anna", "--data", self.data)
        self.source.write_bytes(FROM + message(b"one"))
        self.fails(1, "user name", "import", self.source, "--user", "a:b", "--data", self.data)
        self.source.write_bytes(b"")
        self.assertIn("empty", self.take(status=1))

    def test_too_deep(self):
        """What lies deeper than anybody goes is told, the rest is taken."""
        self.maildir(self.source / "INBOX", "1.a")
        path = self.source
        for _ in range(limits.values()["IMPORT_DEPTH_MAX"] + 1):
            path = path / "d"
        self.maildir(path, "1.b")
        out = self.take()
        self.assertIn("1 messages imported", out)
        self.assertIn("too deep", out)
        self.assertNotIn("/d" * 33, "".join(self.mail()))

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_unreadable(self):
        self.source.mkdir()
        (self.source / "a.eml").write_bytes(message(b"a"))
        (self.source / "b.eml").write_bytes(message(b"b"))
        (self.source / "b.eml").chmod(0)
        out = self.take()
        self.assertIn("1 messages imported, 0 were there already, 1 could not be taken", out)
        self.assertIn("b.eml: cannot be read: Permission denied", out)

    def test_unknown_user(self):
        self.source.write_bytes(FROM + message(b"one"))
        done = self.run_cli("import", self.source, "--user", "ana", "--data", self.data)
        self.assertEqual(done.returncode, 0)
        self.assertIn("note: there is no user ana yet", done.stderr)

    def test_bar_on_a_terminal(self):
        self.source.write_bytes(FROM + message(b"one"))
        leader, follower = pty.openpty()
        done = subprocess.run([str(program()), "import", str(self.source), "--user", "anna", "--data", str(self.data)],
                              stdout=subprocess.PIPE, stderr=follower)
        os.close(follower)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"\r[####", os.read(leader, 4096))
        os.close(leader)


class ImportBesideServer(Import):
    """All of it over the admin socket of a server that runs."""

    def take(self, *more, **options):
        given = list(more)
        conf = ["--config", given[given.index("--config") + 1]] if "--config" in given else []
        with self.server(options=conf):
            return super().take(*more, **options)

    def many(self, count):
        self.source.write_bytes(b"".join(FROM + message(b"%d" % i, b"x" * (i % 50) + b"\n") + b"\n" for i in range(count)))
        return [crlf(message(b"%d" % i, b"x" * (i % 50) + b"\n")) for i in range(count)]

    def start(self):
        return subprocess.Popen([str(program()), "import", str(self.source), "--user", "anna", "--data", str(self.data)],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def admin(self):
        s = socket.socket(socket.AF_UNIX)
        self.addCleanup(s.close)
        s.settimeout(60)
        s.connect(str(self.data / "run" / "admin"))
        return s

    @staticmethod
    def frame(kind, payload=b""):
        return kind + struct.pack("<I", len(payload)) + payload

    def ask(self, s, *frames):
        """The answer's kind and payload."""
        if frames:
            s.sendall(b"".join(frames))
        head = s.recv(5, socket.MSG_WAITALL)
        return head[:1], s.recv(struct.unpack("<I", head[1:])[0], socket.MSG_WAITALL)

    def until_free(self):
        """A command that was killed is served until the server has read what it had sent."""
        s = self.admin()
        while self.ask(s, self.frame(b"Q", b"import begin " + b"anna".hex().encode()))[0] != b"E":
            pass
        self.ask(s, self.frame(b"Q", b"import end"))

    def test_while_the_user_is_at_work(self):
        """Messages show up a batch at a time; the user's own mail stays, and is what an equal one of the source is taken for."""
        want = self.many(1000)
        with self.server() as server:
            client = self.log_in(server)
            client.append("INBOX", None, None, want[3])
            client.append("INBOX", None, None, b"Subject: mine\r\n\r\n")
            client.select("INBOX")
            job = self.start()
            seen = set()
            while job.poll() is None:
                client.noop()
                seen.add(int(client.untagged_responses["EXISTS"][-1]))
            out = job.communicate()[0]
            self.assertIn(b"999 messages imported, 1 were there already, 0 could not", out)
            client.noop()
            self.assertEqual(client.untagged_responses["EXISTS"][-1], b"1001")
            for count in seen:
                self.assertTrue(count == 2 or count % 100 == 1, seen)  # the first batch brings 99
            client.logout()
        self.assertEqual(sorted(self.bodies()), sorted(want + [b"Subject: mine\r\n\r\n"]))

    def test_killed_and_gone_on(self):
        want = self.many(6000)
        with self.server() as server:
            client = self.log_in(server)
            for least in (100, 1500):
                job = self.start()
                while int(client.select("INBOX", readonly=True)[1][0]) < least:
                    self.assertIsNone(job.poll())
                job.kill()
                job.communicate()
                self.until_free()
            there = int(client.select("INBOX", readonly=True)[1][0])
            client.logout()
        self.assertIn(f"{len(want) - there} messages imported, {there} were there already", self.take())
        self.assertEqual(sorted(self.bodies()), sorted(want))

    def test_server_killed(self):
        """What the command counted is there."""
        want = self.many(6000)
        with self.server() as server:
            client = self.log_in(server)
            job = self.start()
            while int(client.select("INBOX", readonly=True)[1][0]) < 300:
                self.assertIsNone(job.poll())
            server.kill()
            out, err = job.communicate()
            self.assertEqual(job.returncode, 1)
            self.assertIn(b"admin socket", err)
            self.assertIn(b"The same command goes on from there", out)
            counted = int(out.split(b" ")[0])
        bodies = self.bodies()
        self.assertGreaterEqual(len(bodies), max(counted, 300))
        self.assertEqual(bodies, want[:len(bodies)])
        self.take()
        self.assertEqual(self.bodies(), want)

    def test_limits_of_the_socket(self):
        """Connections, octets of a request: what lies at the limit works, what lies beyond is told, and the rest goes on."""
        values = limits.values()
        most = values["ADMIN_LINE_MAX"]
        with self.server():
            many = [self.admin() for _ in range(values["ADMIN_CONNECTIONS_MAX"])]
            for s in many:
                self.assertEqual(self.ask(s, self.frame(b"Q", b"hello"))[0], b"E")
            kind, text = self.ask(self.admin())
            self.assertEqual(kind, b"F")
            self.assertIn(b"too many connections", text)
            self.assertEqual(self.ask(many[0], self.frame(b"Q", b"hello ".ljust(most, b"x")))[0], b"E")
            self.assertEqual(self.ask(many[0], self.frame(b"Q", b"hello ".ljust(most + 1, b"x")))[0], b"F")
            self.assertEqual(self.ask(many[0], self.frame(b"Q", b"hello"))[0], b"E")
            many.pop().close()
            kind = b"F"
            while kind == b"F":  # its place is free when the server has seen the end
                s = self.admin()
                kind = s.recv(1, socket.MSG_DONTWAIT) if select.select([s], [], [], 0.1)[0] else b""
            self.assertEqual(self.ask(s, self.frame(b"Q", b"hello"))[0], b"E")

    def test_one_at_a_time(self):
        self.source.write_bytes(FROM + message(b"one"))
        with self.server():
            s = self.admin()
            self.assertEqual(self.ask(s, self.frame(b"Q", b"import begin " + b"anna".hex().encode()))[0], b"E")
            done = self.fails(1, "another import", "import", self.source, "--user", "anna", "--data", self.data)
            self.assertEqual(done.stdout, "")
            self.assertEqual(self.ask(s, self.frame(b"Q", b"import end"))[0], b"E")
            done = self.run_cli("import", self.source, "--user", "anna", "--data", self.data)
            self.assertIn("1 messages imported", done.stdout)

    def test_what_makes_no_sense(self):
        """The connection goes on, and nothing of such a batch is there."""
        def head(size, digest=b"", uidl=b"", *keywords):
            fields = b"".join(bytes([len(f)]) + f for f in (digest, uidl) + keywords)
            return self.frame(b"H", struct.pack("<QIqh", size, 0, 0, 0) + fields)

        most = limits.values()["KEYWORDS_PER_IMPORT"]
        good, data, end = head(3), self.frame(b"D", b"a\r\n"), self.frame(b"E")
        with self.server() as server:
            s = self.admin()
            messages = self.frame(b"Q", b"import messages")
            for request in (b"import mailbox 61", b"import subscribe 61", b"import begin zz"):
                self.assertEqual(self.ask(s, self.frame(b"Q", request))[0], b"F", request)
            self.assertEqual(self.ask(s, messages, good, data, end)[0], b"F")
            self.assertEqual(self.ask(s, self.frame(b"Q", b"import begin " + b"anna".hex().encode()))[0], b"E")
            self.assertEqual(self.ask(s, messages, good, data, end)[0], b"F")  # no mailbox
            self.assertEqual(self.ask(s, self.frame(b"Q", b"import begin 616e6e61"))[0], b"F")
            self.assertEqual(self.ask(s, self.frame(b"Q", b"import mailbox 2f2f"))[0], b"F")
            kind, words = self.ask(s, self.frame(b"Q", b"import mailbox " + b"Work".hex().encode()))
            self.assertEqual((kind, words.split()[1]), (b"E", b"0"))
            for frames in ((data,), (good,), (good, good), (good, data, data), (head(0),), (head(1 << 62),), (head(2), data),
                           (head(3, b"short"), data), (self.frame(b"H", b"x" * 10), data), (head(3, b"", b"", b"a b"), data),
                           (head(3, b"", b"", *[b"k"] * (most + 1)), data), (good, data, self.frame(b"H", b"")),
                           (self.frame(b"D"),), (good, data, self.frame(b"D")),
                           (good, data, self.frame(b"F", struct.pack("<i", -1)))):
                last = () if frames[-1][:1] == b"F" else (end,)
                self.assertEqual(self.ask(s, messages, *frames, *last)[0], b"F", frames)
            kind, words = self.ask(s, messages, good, data, good, self.frame(b"D"), self.frame(b"D", b"a"), self.frame(b"D", b"\r\n"), end)
            self.assertEqual((kind, words), (b"E", b"2 0 0 0"))
            self.assertEqual(self.ask(s, messages, end), (b"E", b"0 0 0 0"))
            s.close()
            client = self.log_in(server)
            self.assertEqual(client.select("Work")[1], [b"2"])
            client.logout()

    def test_mailbox_is_deleted_meanwhile(self):
        with self.server() as server:
            s = self.admin()
            self.ask(s, self.frame(b"Q", b"import begin " + b"anna".hex().encode()))
            self.ask(s, self.frame(b"Q", b"import mailbox " + b"Work".hex().encode()))
            client = self.log_in(server)
            client.delete("Work")
            client.logout()
            kind, text = self.ask(s, self.frame(b"Q", b"import messages"), self.frame(b"H", struct.pack("<QIqh", 1, 0, 0, 0) + b"\0\0"),
                                  self.frame(b"D", b"a"), self.frame(b"E"))
            self.assertEqual(kind, b"F")
            self.assertIn(b"no mailbox", text)


if __name__ == "__main__":
    unittest.main()
