# SPDX-License-Identifier: Apache-2.0
"""The command line: its words and options, `user`, `check`, `config`."""

import imaplib
import os
import pathlib
import pty
import shutil
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from clicase import CliCase, program  # noqa: E402


class Words(CliCase):
    def test_faults(self):
        for words, text in (
            (("frobnicate",), "unknown command frobnicate"),
            (("serve", "now"), "serve takes no words"),
            (("serve", "--nonsense"), "unknown option --nonsense"),
            (("serve", "--data"), "--data needs a value"),
            (("serve", "--data="), "--data needs a value"),
            (("serve", "--allow-plaintext=yes"), "--allow-plaintext takes no value"),
            (("serve", "--user", "anna"), "--user is an option of import, restore, not of serve"),
            (("serve", "-c", "x"), "unknown option -c"),
            (("backup", "-x"), "unknown option -x"),
            (("-v",), "unknown command -v"),
            (("config", "starling.conf"), "--config starling.conf"),
            (("check", "--listen", "imap=*:1"), "--listen is an option of serve"),
            (("serve", "--listen", "gopher=*:70"), "PROTO"),
            (("serve", "--listen", "imap"), "PROTO"),
            (("user",), "user list"),
            (("user", "add"), "user list"),
            (("user", "list", "anna"), "user list"),
            (("import",), "import needs one path"),
            (("import", "x"), "import needs one path"),
            (("import", "x", "y", "--user", "anna"), "import needs one path"),
            (("check", "x"), "check takes no words"),
        ):
            with self.subTest(words=words):
                self.fails(64, text, *words)
        self.fails(1, "log level loud", "check", "--log-level", "loud")
        self.fails(1, "cannot read", "serve", "--config", self.dir / "none.conf")
        self.assertFalse(self.data.exists())

    def test_help(self):
        for words in ((), ("--help",), ("-h",), ("help",)):
            self.assertIn("starling serve", self.run_cli(*words).stdout)
        done = self.run_cli("serve", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("--listen", done.stdout)
        self.assertEqual(self.run_cli("serve", "-h").stdout, done.stdout)
        self.assertTrue(self.run_cli("--version").stdout.startswith("starling "))

    def test_full_output(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([str(program()), "--version"], stdout=full)
            self.assertEqual(done.returncode, 0)  # nothing was asked but this
            done = subprocess.run([str(program()), "config"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)

    def test_words_behind_dashes(self):
        self.fails(1, "cannot read --x", "import", "--user", "anna", "--data", self.data, "--", "--x")

    def test_config_faults(self):
        conf = self.dir / "bad.conf"
        conf.write_text('datta = "/x";\nlimits = { stal = "5s"; };\n')
        done = self.run_cli("config", "--config", conf)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{conf}:1: datta: unknown key; did you mean data?", done.stderr)
        self.assertIn(f"{conf}:2: limits.stal", done.stderr)

    def test_config_that_cannot_be_served(self):
        """All that is known before a start, at once: addresses, files, users, what belongs together."""
        conf = self.dir / "bad.conf"
        conf.write_text(f"""listen = {{ imap = "localhost:143"; imaps = ("*:993", "*:99999"); pop3s = "*:993"; }};
            user = "nobody-of-that-name";
            tls = {{ certificate = "{self.dir}/none.pem"; key = "{self.dir}"; }};
            auth = {{ passwd_file = "{self.dir}/users"; }};
            relay = {{ user = "us"; }};
            submission = {{ senders = "info@example.org=anna sales@example.org"; }};
            """)
        done = self.run_cli("config", "--config", conf)
        self.assertEqual(done.returncode, 1, done.stderr)
        for text in ('listen: imap: "localhost:143" is not an address', 'listen: imaps: "*:99999" is not an address',
                     "listen: pop3s: *:993 is there twice", "user: there is no system user nobody-of-that-name",
                     f"tls.certificate: cannot read {self.dir}/none.pem: No such file", f"tls.key: {self.dir} is a folder",
                     f"auth.passwd_file: cannot read {self.dir}/users", "relay.user: relay.password_file is missing",
                     "submission.senders: sales@example.org: ADDRESS@DOMAIN=USER is expected"):
            self.assertIn(f"{conf}: {text}", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 10, done.stderr)
        conf.write_text('log_level = "loud";\n')
        self.assertIn("1: log_level: one of these", self.run_cli("config", "--config", conf).stderr)
        conf.write_text('listen = { imap = ["127.0.0.1:0", "127.0.0.1:0", "unix:/run/x", "[::1]:143"]; };\n')
        self.assertEqual(self.run_cli("config", "--config", conf).returncode, 0)

    @unittest.skipIf(os.geteuid() != 0, "only root becomes somebody else")
    def test_config_of_files_of_others(self):
        """What the user may not look at is said to be so: it does not pass for looked at."""
        (self.dir / "closed").mkdir(mode=0o700)
        (self.dir / "key.pem").touch(mode=0o600)
        conf, here = self.dir / "a.conf", self.dir / "starling"
        conf.write_text(f"""tls = {{ certificate = "{self.dir}/closed/c.pem"; key = "{self.dir}/key.pem"; }};""")
        os.chmod(self.dir, 0o711)
        shutil.copy2(program(), here)
        done = subprocess.run([str(here), "config", "--config", str(conf)], capture_output=True, text=True, user=65534, group=65534, extra_groups=[])
        self.assertEqual(done.stdout, f"{conf}: no faults in what may be looked at\n")
        self.assertEqual(done.stderr.splitlines(), [
            f"{conf}: tls.certificate: whether {self.dir}/closed/c.pem is there cannot be seen by user 65534",
            f"{conf}: tls.key: {self.dir}/key.pem cannot be read by user 65534, and was not looked at"])
        self.assertEqual(done.returncode, 0)

    def test_closed_descriptors(self):
        """With 0 to 2 closed, no file of the store gets one of these numbers: log lines would go into the mail."""
        self.add_user()
        (self.dir / "m.eml").write_text("Subject: x\n\nx\n")
        words = ["import", str(self.dir / "m.eml"), "--user", "anna", "--data", str(self.data)]
        shell = 'exec "$0" "$@" <&- >&- 2>&-'
        done = subprocess.run(["sh", "-c", shell, str(program()), *words])
        self.assertEqual(done.returncode, 0)
        self.assertIn("1 messages", self.fine("check"))


class User(CliCase):
    def test_life(self):
        self.add_user("Anna@Example.org")
        self.fails(1, "already", "user", "add", "anna@example.ORG", "--password-stdin", "--data", self.data,
                   input="x\n")
        self.assertEqual(self.fine("user", "list"), "anna@example.org\n")
        self.fine("user", "passwd", "ANNA@example.org", "--password-stdin", input="other\n")
        self.fails(1, "no user", "user", "passwd", "bob", "--password-stdin", "--data", self.data, input="x\n")
        self.fine("user", "del", "anna@example.org")
        self.assertEqual(self.fine("user", "list"), "")
        self.fails(1, "no user", "user", "del", "anna@example.org", "--data", self.data)

    def test_bad_names(self):
        for name in ("", "a" * 256, "a:b", "a/b", "a b", "a\tb", "a\nb", b"\xff\xfe"):
            with self.subTest(name=name):
                if isinstance(name, bytes):
                    self.bad_bytes(name)
                else:
                    self.fails(1, "user name", "user", "add", name, "--password-stdin", "--data", self.data, input="x\n")
        self.add_user("ä" * 127)
        self.assertEqual(self.fine("user", "list"), "ä" * 127 + "\n")

    def bad_bytes(self, name):
        done = subprocess.run([str(program()).encode(), b"user", b"add", name, b"--password-stdin", b"--data",
                               str(self.data).encode()], input=b"x\n", capture_output=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"not valid UTF-8", done.stderr)

    def test_passwords(self):
        for password in (b"", b"\n", b"\r\n", b"a" * 1025 + b"\n", b"a" * 5000 + b"\n", b"a\0b\n"):
            with self.subTest(password=password[:10]):
                done = self.run_cli("user", "add", "anna", "--password-stdin", "--data", self.data, input=password)
                self.assertEqual(done.returncode, 1)
                self.assertIn("password", done.stderr)
        self.assertEqual(self.fine("user", "list"), "")
        self.add_user("long", "a" * 1024)
        self.add_user("anna", "pässwörd ☃")
        with self.server() as server:
            client = self.log_in(server, "long", "a" * 1024)
            client.logout()
            client = imaplib.IMAP4("127.0.0.1", server.ports["imap"])
            token = b"\0ANNA\0" + "pässwörd ☃".encode()
            self.assertEqual(client.authenticate("PLAIN", lambda _: token)[0], "OK")
            client.logout()

    def test_many_at_a_time(self):
        failed = []

        def add(k):
            done = self.run_cli("user", "add", f"user{k}", "--password-stdin", "--data", self.data, input="x\n")
            if done.returncode:
                failed.append(done.stderr)

        threads = [threading.Thread(target=add, args=(k,)) for k in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])
        self.assertEqual(sorted(self.fine("user", "list").split()), sorted(f"user{k}" for k in range(12)))

    def test_modes(self):
        self.add_user()
        (self.dir / "m.eml").write_text("Subject: x\n\nx\n")
        self.fine("import", self.dir / "m.eml", "--user", "anna")
        for path in [self.data, *self.data.rglob("*")]:
            self.assertEqual(path.stat().st_mode & 0o077 & ~(0o044 if path.name == "certificate.pem" else 0), 0, path)
        other = self.dir / "other"
        self.run_cli("user", "add", "anna", "--password-stdin", "--data", f"{other}/", input="x\n")
        self.assertEqual(other.stat().st_mode & 0o777, 0o700)

    def test_delete_with_mail(self):
        self.add_user()
        (self.dir / "m.eml").write_text("Subject: x\n\nx\n")
        self.fine("import", self.dir / "m.eml", "--user", "anna")
        self.fine("user", "del", "anna", "--with-mail")
        self.add_user()
        with self.server() as server:
            client = self.log_in(server)
            self.assertEqual(client.select("INBOX")[1], [b"0"])
            client.logout()

    @unittest.skipIf(os.geteuid() != 0, "only root becomes somebody else")
    def test_root_writes_as_the_owner(self):
        self.data.mkdir()
        os.chown(self.data, 65534, 65534)
        os.chmod(self.dir, 0o711)
        mail = self.dir / "private"
        mail.mkdir(mode=0o700)  # only root may read it
        (mail / "m.eml").write_text("Subject: x\n\nx\n")
        self.add_user()
        self.fine("import", mail, "--user", "anna")
        for path in self.data.rglob("*"):
            self.assertEqual(path.stat().st_uid, 65534, path)

    def test_prompt(self):
        """The password is asked for twice, and not shown."""
        def child(words, typed):
            pid, terminal = pty.fork()
            if pid == 0:
                os.execv(str(program()), [str(program()), *words, "--data", str(self.data)])
            shown = b""
            for wait, text in typed:
                while wait not in shown:
                    shown += os.read(terminal, 1000)
                shown = shown[shown.index(wait) + len(wait):]
                os.write(terminal, text)
            try:
                while more := os.read(terminal, 1000):
                    shown += more
            except OSError:
                pass
            os.close(terminal)
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown

        status, shown = child(["user", "add", "anna"], [(b"Password: ", b"geheim\n"), (b"Again: ", b"geheim\n")])
        self.assertEqual(status, 0, shown)
        self.assertNotIn(b"geheim", shown)
        status, shown = child(["user", "add", "bob"], [(b"Password: ", b"geheim\n"), (b"Again: ", b"anders\n")])
        self.assertEqual(status, 1)
        self.assertIn(b"differ", shown)
        status, shown = child(["user", "add", "bob"], [(b"Password: ", b"\x03")])
        self.assertEqual(status, 1)
        self.assertEqual(self.fine("user", "list"), "anna\n")


class Check(CliCase):
    def test_no_folder(self):
        for words in (("check",), ("backup", self.dir / "b"), ("spool", "list"), ("user", "list"),
                      ("user", "del", "anna", "--with-mail")):
            with self.subTest(words=words):
                self.fails(1, "no data folder", *words, "--data", self.data)
                self.assertFalse(self.data.exists())
        self.assertFalse((self.dir / "b").exists())

    def test_foreign_folder(self):
        """Of a mistyped --data nothing is said that would be true of the mail, and nothing is written there."""
        other = self.dir / "other"
        (other / "log").mkdir(parents=True)
        for words in (("check",), ("backup", self.dir / "b"), ("spool", "list"), ("user", "list"),
                      ("user", "del", "anna", "--with-mail")):
            with self.subTest(words=words):
                self.fails(1, f"{other} is no data folder", *words, "--data", other)
        self.assertEqual(sorted(path.name for path in self.dir.rglob("*")), ["log", "other"])

    @unittest.skipIf(os.geteuid() != 0, "only root becomes somebody else")
    def test_another_users_folder(self):
        self.add_user()
        os.chmod(self.dir, 0o711)
        here = self.dir / "starling"
        shutil.copy2(program(), here)
        for words in (("check",), ("user", "list"), ("serve", "--listen", "imap=127.0.0.1:0")):
            with self.subTest(words=words):
                done = subprocess.run([str(here), *words, "--data", str(self.data)], capture_output=True, text=True,
                                      user=65534, group=65534, extra_groups=[])
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"no right to use the data folder {self.data}: root may, and user 0", done.stderr)

    def test_damage(self):
        self.add_user()
        source = self.dir / "mail"
        source.mkdir()
        for k in range(20):
            (source / f"{k}.eml").write_text(f"Subject: number {k}\n\n" + f"text {k:04} of this message\n" * 200)
        self.fine("import", source, "--user", "anna")
        self.assertIn("20 messages checked, 0 faults", self.fine("check"))
        damaged = 0
        for path in (self.data / "store" / "log").iterdir():
            octets = bytearray(path.read_bytes())
            at = octets.find(b"text 0007 of this message")
            if at >= 0:
                octets[at + 5] ^= 1
                path.write_bytes(octets)
                damaged += 1
        self.assertEqual(damaged, 1)
        done = self.run_cli("check", "--data", self.data)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)

    def test_online(self):
        self.add_user()
        with self.server() as server:
            client = self.log_in(server)
            client.append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")
            self.assertIn("beside the running server, 0 faults", self.fine("check"))
            client.logout()


if __name__ == "__main__":
    unittest.main()
