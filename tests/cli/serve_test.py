# SPDX-License-Identifier: Apache-2.0
"""`starling serve` as a process: how it starts, fails to start, is told by signals, and stops."""

import contextlib
import imaplib
import os
import pathlib
import poplib
import resource
import select
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from clicase import CliCase, children, helpers, program, status  # noqa: E402

CAP_DAC_READ_SEARCH = 1 << 2


class Start(CliCase):
    def refused(self, text, *words, **options):
        done = self.run_cli("serve", *words, **options)
        self.assertEqual(done.returncode, 1, done.stderr)
        lines = [line for line in done.stderr.splitlines() if line.startswith("starling: ")]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertIn(text, lines[0])

    def test_failures(self):
        self.add_user()
        file = self.dir / "file"
        file.write_text("x")
        bad = self.dir / "bad.conf"
        bad.write_text(f'tls = {{ certificate = "{file}"; key = "{file}"; }};\n')
        half = self.dir / "half.conf"
        half.write_text(f'tls = {{ certificate = "{file}"; }};\n')
        data = ("--data", str(self.dir / "other"))
        self.refused("cannot make", "--data", "/proc/none")
        self.refused(f"{file} is not a folder", "--data", str(file))
        self.refused("cannot read the certificate: the file holds none in PEM form", *data, "--config", str(bad))
        self.refused("belong together", *data, "--config", str(half))
        self.refused("no engine", *data, "--engine", "cloud")
        self.refused("not an address", *data, "--listen", "imap=somewhere")
        with self.server() as server:
            ports = (self.data / "run" / "ports").read_text()
            self.refused("in use by another process", "--data", str(self.data))
            self.refused("Address already in use", *data, "--listen", f"imap=127.0.0.1:{server.ports['imap']}")
            self.assertEqual((self.data / "run" / "ports").read_text(), ports)
            self.log_in(server).logout()
            self.assertEqual(len(children(server.process.pid)), 1)
            self.assertEqual(set(helpers(server)), {"starling-auth", "starling-keys"})
        self.assertFalse((self.data / "run" / "ports").exists())

    def test_certificates_that_cannot_be_used(self):
        """None is made in the place of one that was given; what is wrong with it is said."""
        certificate, key, other, locked = (self.dir / name for name in ("c.pem", "k.pem", "o.pem", "l.pem"))
        conf = self.dir / "starling.conf"
        words = ("--data", str(self.dir / "data"), "--config", str(conf), "--listen", "imap=127.0.0.1:0")

        def serve_with(key, text):
            conf.write_text(f'tls = {{ certificate = "{certificate}"; key = "{key}"; }};\n')
            self.refused(text, *words)

        serve_with(key, f"{certificate}: cannot read the certificate: No such file")
        self.assertFalse(certificate.exists() or key.exists())
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=x", "-days", "2", "-keyout", str(key), "-out", str(certificate)],
                       check=True, capture_output=True)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-out", str(other)], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", str(key), "-aes256", "-passout", "pass:x", "-out", str(locked)],
                       check=True, capture_output=True)
        serve_with(other, f"{other} is not the key of {certificate}")
        serve_with(locked, "it wants a passphrase, and nobody is there to give one")
        serve_with(certificate, f"{certificate}: cannot read the private key: the file holds none in PEM form")
        serve_with(self.dir / "none", "cannot read the private key: No such file")

    def test_log_of_refusals(self):
        """Whose device has an old password; a name writes no line of its own, and moves no cursor."""
        self.add_user()
        with self.server(protocols=("imap", "pop3", "submission")) as server:
            client = imaplib.IMAP4("127.0.0.1", server.ports["imap"])
            client.send('x ID ("name" "we\u009b2J")\r\n'.encode())
            self.assertIn(b"* ID", client.readline())
            self.assertIn(b"x OK", client.readline())
            with self.assertRaises(imaplib.IMAP4.error):
                client.authenticate("PLAIN", lambda _: b"\0Anna\0old")
            with self.assertRaises(imaplib.IMAP4.error):
                client.login("bert", "old")
            client.logout()
            pop = poplib.POP3("127.0.0.1", server.ports["pop3"])
            pop.user("anna")
            with self.assertRaises(poplib.error_proto):
                pop.pass_("old")
            pop.quit()
            with smtplib.SMTP("127.0.0.1", server.ports["submission"]) as smtp:
                with self.assertRaises(smtplib.SMTPAuthenticationError):
                    smtp.login("anna", "old")
            log = server.log()
            for front, name in (("imap", "anna"), ("imap", "bert"), ("pop3", "anna"), ("submission", "anna")):
                self.assertRegex(log, rf"info {front}: \d+ 127.0.0.1 {name}: log-in refused: Authentication failed")
            self.assertRegex(log, r"info imap: \d+ 127.0.0.1: closed")
            self.assertRegex(log, r"ID .*we\?.2J")
            self.assertNotIn("\u009b", log)

    @unittest.skipIf(os.geteuid() != 0, "a disk of its own takes root")
    def test_start_on_a_full_disk(self):
        """Started again while the disk is full, it uses its reserve: people can delete, and there is room again."""
        disk = self.dir / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], capture_output=True).returncode:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", str(disk)], check=True)
        self.data = disk / "data"
        self.add_user()
        conf = 'store = { segment_bytes = "1mb"; reserve_bytes = "16mb"; };\n'
        with self.server(config=conf) as server:
            client = self.log_in(server)
            self.assertEqual(client.append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")[0], "OK")
            client.logout()
            server.stop()
            with open(disk / "fill", "wb", buffering=0) as fill, contextlib.suppress(OSError):
                while True:
                    fill.write(bytes(4096))
            self.assertEqual(os.statvfs(disk).f_bavail, 0)
            server.start()
            client = self.log_in(server)
            client.select("INBOX")
            self.assertEqual(client.store("1", "+FLAGS", "\\Deleted")[0], "OK")
            self.assertEqual(client.expunge(), ("OK", [b"1"]))
            client.logout()

    def test_worker_has_nothing_but_its_sockets(self):
        with self.server() as server:
            worker = helpers(server)["starling-auth"]
            names = {}
            for fd in pathlib.Path(f"/proc/{worker}/fd").iterdir():
                names[int(fd.name)] = os.readlink(fd)
            for fd, name in names.items():
                if name.startswith(str(self.data)) and fd > 2:
                    self.fail(f"the auth process has {name}")
                if 3 <= fd < 27:
                    self.assertTrue(name.startswith("socket:"), name)
            self.assertLessEqual({n for n in names.values() if n.startswith("socket:")},
                                 {names[fd] for fd in range(3, 27)})

    @unittest.skipIf(os.geteuid() != 0, "only root can become another user")
    def test_user(self):
        """Root's first start gives the folder away; the process and its worker have no rights left."""
        os.chmod(self.dir, 0o711)
        self.add_user()  # as root, before any server ran
        with self.server(config='user = "nobody";\n') as server:
            pid = server.process.pid
            for process in (pid, *children(pid), *helpers(server).values()):
                seen = status(process)
                self.assertEqual(seen["Uid"].split(), ["65534"] * 4)
                self.assertEqual(seen["NoNewPrivs"], "1")
                reads = seen["Name"] in ("starling-spawn", "starling-keys")  # keys that are root's alone
                rights = CAP_DAC_READ_SEARCH if reads else 0
                for thread in pathlib.Path(f"/proc/{process}/task").iterdir():  # each has rights of its own
                    of_thread = status(f"{process}/task/{thread.name}")
                    self.assertEqual([int(of_thread[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")],
                                     [rights] * 4, (seen["Name"], thread.name))
            client = self.log_in(server)
            self.assertEqual(client.append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")[0], "OK")
            client.logout()
            self.add_user("bob")  # as root, beside it
            self.log_in(server, "bob").logout()
            server.process.send_signal(signal.SIGHUP)
            self.wait_for(server, "the certificate was read again")
        for path in (self.data / "tls", self.data / "auth" / "users", *(self.data / "store" / "log").iterdir()):
            self.assertEqual(path.stat().st_uid, 65534, path)

    def test_socket_beside_the_users(self):
        """The right to remove a socket holds for all that is beneath its folder: it should have one of its own."""
        self.add_user()
        for folder, told in ((self.data, True), (self.data / "run", False)):
            with self.subTest(folder), self.server(options=["--listen", f"lmtp=unix:{folder}/l.socket"]) as server:
                self.assertEqual(f"may remove all files beneath {self.data}, and so" in server.log(), told)
                server.log_path.unlink()

    def test_priorities(self):
        """Who gives way does so from wherever the server stands."""
        self.add_user()
        base = min(19, os.nice(0) + 5)
        server = self.server()
        server.words = ("nice", "-n", "5")
        with server:
            threads = pathlib.Path(f"/proc/{helpers(server)['starling-auth']}/task").iterdir()
            self.assertEqual({os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in threads}, {base, min(19, base + 10)})

    def rights(self, process):
        """The capabilities of all its threads together."""
        return {int(status(f"{process}/task/{thread.name}")[name], 16)
                for thread in pathlib.Path(f"/proc/{process}/task").iterdir() for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")}

    @unittest.skipIf(os.geteuid() != 0, "only root can stay root")
    def test_root_without_user(self):
        """Root whom nobody told to become another keeps none of root's rights, but that for the keys; mail comes and goes."""
        self.add_user()
        with self.server() as server:
            for process in (server.process.pid, *helpers(server).values()):
                seen = status(process)
                reads = seen["Name"] in ("starling-spawn", "starling-keys")
                self.assertEqual(seen["Uid"].split(), ["0"] * 4)
                self.assertEqual(seen["NoNewPrivs"], "1")
                self.assertLessEqual(self.rights(process), {0, CAP_DAC_READ_SEARCH} if reads else {0}, seen["Name"])
            self.assertIn("stays root", server.log())
            client = self.log_in(server)
            self.assertEqual(client.append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")[0], "OK")
            client.logout()
            server.process.send_signal(signal.SIGHUP)
            self.wait_for(server, "the certificate was read again")

    @unittest.skipIf(os.geteuid() != 0, "only root can stay root")
    def test_root_in_a_closed_folder(self):
        """A folder of root's in one that only somebody else may enter, as beneath a home: the right to go there is kept, and told."""
        closed = self.dir / "closed"
        closed.mkdir(mode=0o700)
        self.data = closed / "data"
        self.add_user()
        os.chown(closed, 65534, 65534)
        with self.server() as server:
            self.assertLessEqual(self.rights(server.process.pid), {0, CAP_DAC_READ_SEARCH})
            self.assertIn("can be reached with the right to read any file alone", server.log())
            client = self.log_in(server)
            self.assertEqual(client.append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")[0], "OK")
            client.logout()

    @unittest.skipIf(os.geteuid() != 0, "only root can become another user")
    def test_owner(self):
        """Root whom nobody told to become another becomes the owner of the folder: what it writes there must be the owner's."""
        self.data.mkdir()
        os.chown(self.data, 65534, 65534)
        os.chmod(self.dir, 0o711)
        with self.server() as server:
            self.add_user()
            for process in (server.process.pid, *helpers(server).values()):
                seen = status(process)
                reads = seen["Name"] in ("starling-spawn", "starling-keys")
                self.assertEqual((seen["Uid"].split(), seen["Groups"].split()), (["65534"] * 4, []))
                self.assertLessEqual(self.rights(process), {0, CAP_DAC_READ_SEARCH} if reads else {0}, seen["Name"])
            self.log_in(server).logout()
        for path in (self.data / "auth" / "users", *(self.data / "store" / "log").iterdir()):
            self.assertEqual(path.stat().st_uid, 65534, path)

    @unittest.skipIf(os.geteuid() != 0, "only root can become another user")
    def test_user_without_sandbox(self):
        """The right to read any file is for the keys alone, then, too."""
        os.chmod(self.dir, 0o711)
        with self.server(config='user = "nobody";\nsandbox = false;\n') as server:
            seen = status(helpers(server)["starling-auth"])
            self.assertEqual([int(seen[name], 16) for name in ("CapPrm", "CapEff", "CapAmb")], [0] * 3)

    def wait_for(self, server, text):
        deadline = time.monotonic() + 10
        while text not in server.log() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertIn(text, server.log())


class Signals(Start):
    test_start_on_a_full_disk = None
    test_certificates_that_cannot_be_used = test_log_of_refusals = None
    test_failures = test_worker_has_nothing_but_its_sockets = test_user = test_user_without_sandbox = None
    test_root_without_user = test_root_in_a_closed_folder = test_owner = None

    def test_stop_with_sessions(self):
        """BYE to all, at once; what was answered is there afterwards."""
        self.add_user()
        with self.server() as server:
            clients = [self.log_in(server) for _ in range(20)]
            self.assertEqual(clients[0].append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")[0], "OK")
            for client in clients[1:10]:
                client.select("INBOX")
                client.send(b"x IDLE\r\n")
            half = socket.create_connection(("127.0.0.1", server.ports["imaps"]))  # never begins TLS
            worker = helpers(server)["starling-auth"]
            began = time.monotonic()
            server.stop()
            self.assertLess(time.monotonic() - began, 4)
            for client in clients:
                rest = client.sock.makefile("rb").read() if not hasattr(client, "_file") else client._file.read()
                self.assertIn(b"* BYE", rest)
                client.shutdown()
            half.close()
            self.assertFalse(pathlib.Path(f"/proc/{worker}").exists())
            server.start()
            client = self.log_in(server)
            self.assertEqual(client.select("INBOX")[1], [b"1"])
            client.logout()

    def test_reload(self):
        self.add_user()
        with self.server() as server:
            certificate, key = (self.data / "tls" / name for name in ("certificate.pem", "key.pem"))
            first = ssl.get_server_certificate(("127.0.0.1", server.ports["imaps"]))
            good = certificate.read_text()
            certificate.write_text("nonsense")
            server.process.send_signal(signal.SIGHUP)
            self.wait_for(server, "the certificate stays as it was")
            self.assertEqual(ssl.get_server_certificate(("127.0.0.1", server.ports["imaps"])), first)
            self.assertEqual(good.strip(), first.strip())
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=new", "-days", "2",
                            "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
            server.process.send_signal(signal.SIGHUP)
            self.wait_for(server, "the certificate was read again")
            self.assertNotEqual(ssl.get_server_certificate(("127.0.0.1", server.ports["imaps"])), first)

    def test_worker_killed(self):
        self.add_user()
        with self.server() as server:
            client = self.log_in(server)
            worker = helpers(server)["starling-auth"]
            time.sleep(1.1)  # it is started at most once a second
            os.kill(worker, signal.SIGKILL)
            deadline = time.monotonic() + 10
            while True:
                try:
                    self.log_in(server).logout()
                    break
                except Exception as fault:
                    self.assertIn("UNAVAILABLE", str(fault))
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.1)
            self.assertEqual(client.noop()[0], "OK")
            spawner, = children(server.process.pid)
            self.assertEqual(len(children(spawner)), 2)  # the dead one was buried
            self.assertNotEqual(helpers(server)["starling-auth"], worker)
            client.logout()

    def test_program_replaced(self):
        """An upgrade replaces the program's file; a helper that dies before the restart is started from the old one."""
        here = self.dir / "starling"
        shutil.copy2(program(), here)
        self.add_user()
        with mock.patch.dict(os.environ, {"STARLING_PROGRAM": str(here)}), self.server() as server:
            newer = self.dir / "newer"
            newer.write_text("#!/bin/false\n")
            newer.chmod(0o755)
            newer.rename(here)
            for name in ("starling-auth", "starling-keys"):
                old = helpers(server)[name]
                time.sleep(1.1)  # it is started at most once a second
                os.kill(old, signal.SIGKILL)
                deadline = time.monotonic() + 10
                while helpers(server).get(name) in (None, old):
                    self.assertLess(time.monotonic(), deadline, server.log())
                    with contextlib.suppress(Exception):  # they only ask for the helper
                        self.log_in(server).shutdown()
                    with contextlib.suppress(OSError):
                        ssl.get_server_certificate(("127.0.0.1", server.ports["imaps"]))
                    time.sleep(0.05)
            self.log_in(server).logout()
            ssl.get_server_certificate(("127.0.0.1", server.ports["imaps"]))

    def test_helper_that_cannot_start(self):
        """The log says why; strangers do not hear it."""
        self.add_user()
        with self.server() as server:
            spawner, = children(server.process.pid)
            auth = helpers(server)["starling-auth"]
            time.sleep(1.1)  # it is started at most once a second
            os.kill(spawner, signal.SIGKILL)
            os.kill(auth, signal.SIGKILL)
            for _ in range(3):
                with self.assertRaisesRegex(imaplib.IMAP4.error, "Authentication is not available just now"):
                    self.log_in(server)
                time.sleep(0.6)
            self.assertRegex(server.log(), "error server: the auth process cannot be started again: the spawner")

    def test_few_descriptors(self):
        """Out of descriptors, newcomers are told or wait; who is there works on; afterwards all is well."""
        self.add_user()
        with self.server() as server:
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (120, 120))
            client = self.log_in(server)
            crowd = [socket.create_connection(("127.0.0.1", server.ports["imap"])) for _ in range(150)]
            time.sleep(0.5)
            self.assertEqual(client.append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")[0], "OK")
            for one in crowd:
                one.close()
            time.sleep(0.5)
            self.log_in(server).logout()
            client.logout()


class Turns(CliCase):
    def test_urls_before_a_text(self):
        """A connection for each core has many URLs of a huge header looked up before the "+" of a text; others have their turns meanwhile."""
        self.add_user()
        fields = b"".join(b"X%d: %s\r\n" % (i, b"x" * 70) for i in range(16000))
        url = b'"/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20(X)/;PARTIAL=99"'  # nothing of it
        urls = b'URL "/INBOX/;UID=1/;PARTIAL=0.12" ' + b" ".join([b"URL " + url] * 800)
        with self.server() as server:
            other = self.log_in(server)
            self.assertEqual(other.append("INBOX", None, None, b"Subject: x\r\n" + fields + b"\r\nx\r\n")[0], "OK")
            clients = [self.log_in(server) for _ in range(os.cpu_count())]
            for client in clients:
                client.send(b"x APPEND INBOX CATENATE (" + urls + b" TEXT {3}\r\n")
            self.assertEqual(other.noop()[0], "OK")
            self.assertEqual(select.select([client.sock for client in clients], [], [], 0)[0], [])
            for client in clients:
                self.assertTrue(client.readline().startswith(b"+ "))
                client.send(b"\r\ny)\r\n")
                self.assertIn(b"x OK [APPENDUID ", client.readline())
                client.shutdown()
            other.select("INBOX")
            wanted = b"Subject: x\r\n\r\ny"
            for i in range(len(clients)):
                self.assertEqual(other.fetch(str(i + 2), "BODY.PEEK[]")[1][0][1], wanted)
            other.logout()


if __name__ == "__main__":
    unittest.main()
