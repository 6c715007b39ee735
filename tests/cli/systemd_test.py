# SPDX-License-Identifier: Apache-2.0
"""packaging/starling.service as systemd's own tools see it, and the server inside of what it forbids."""

import contextlib
import imaplib
import os
import pathlib
import poplib
import re
import shutil
import signal
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import clicase  # noqa: E402
import fence  # noqa: E402
from clicase import CliCase  # noqa: E402
from server import ROOT, Server, program  # noqa: E402

MOST_EXPOSED = 20  # tenths of systemd's scale from 0 to 10
UNIT = ROOT / "packaging" / "starling.service"
UNKNOWN = {"futex_wait", "futex_wake"}  # newer than systemd's sets, which would not take their names; the C library has futex
SANITIZED = b"__asan_init" in program().read_bytes() or b"__tsan_init" in program().read_bytes() if program().exists() else False


class Fenced(Server):
    """A server inside what the unit forbids."""

    words = (sys.executable, "-B", str(ROOT / "tests" / "lib" / "fence.py"), str(UNIT))


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not here")
class Unit(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="starling-unit-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        text = (ROOT / "packaging" / "starling.service").read_text()
        self.assertIn("ExecStart=/usr/bin/starling serve", text)
        self.unit = self.dir / "starling.service"
        self.unit.write_text(text.replace("/usr/bin/starling", str(program())))

    def analyze(self, *words):
        done = subprocess.run(["systemd-analyze", "--no-pager", *words, str(self.unit)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_verify(self):
        said = [line for line in self.analyze("verify", "--man=no").splitlines() if "starling.service" in line]
        self.assertEqual(said, [])

    def test_exposure(self):
        said = self.analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}")
        self.assertNotIn("ignoring", said)


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not here")
class Inside(CliCase):
    def test_calls(self):
        """What our own filters leave open because it is needed, the unit's does, too."""
        text = (ROOT / "src" / "run" / "calls.def").read_text().split("#ifdef SANDBOX_SANITIZED")[0]
        needed = set(re.findall(r"^CALL\w*\((\w+),", text, re.M))
        self.assertGreater(len(needed), 150)
        self.assertEqual(needed - fence.allowed(UNIT) - UNKNOWN, set())

    @unittest.skipIf(SANITIZED, "a build with sanitizers needs more")
    def test_server(self):
        """It serves mail, by each protocol; its helpers are started again; the certificate is read again; no fault is logged."""
        self.add_user()
        self.serve(Fenced)

    def may_view(self):
        """Root may make the views, and nothing that the test needs is where they have nothing."""
        if os.geteuid() != 0 or not shutil.which("setpriv") or not pathlib.Path("/usr/bin/python3").exists():
            return False
        hidden = [path for path in (ROOT, program()) if str(path).startswith(("/home/", "/root/", "/tmp/", "/run/user/"))]
        done = subprocess.run(["unshare", "--mount", "mount", "-t", "proc", "-o", "hidepid=invisible", "proc", "/proc"], capture_output=True)
        return not hidden and done.returncode == 0

    @unittest.skipIf(SANITIZED, "a build with sanitizers needs more")
    def test_views(self):
        """The same where the file system is as the unit shows it, as another user with its one capability."""
        if not self.may_view():
            self.skipTest("needs root, mount namespaces and setpriv, and a checkout that the unit does not hide")
        self.add_user()
        os.chmod(self.dir, 0o711)
        (self.dir / "backups").mkdir()
        for path in (self.dir / "backups", self.data, *self.data.rglob("*")):
            os.chown(path, 65534, 65534)

        class Viewed(Fenced):
            words = ("unshare", "--mount", str(ROOT / "tests" / "lib" / "fence_views.sh"), str(self.data), "65534", "/usr/bin/python3", *Fenced.words[1:])

        self.serve(Viewed)

    def serve(self, kind):
        with kind(data=self.data, protocols=("imap", "imaps", "pop3", "lmtp", "submission"), config='log_level = "info";\n') as server:
            self.assertEqual(clicase.status(server.process.pid)["NoNewPrivs"], "1")
            client = self.log_in(server)
            self.assertEqual(client.append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")[0], "OK")
            with smtplib.LMTP("127.0.0.1", server.ports["lmtp"], local_hostname="mta.example.org") as mta:
                self.assertEqual(mta.sendmail("s@example.org", ["anna"], "Subject: y\r\n\r\ny\r\n"), {})
            self.assertEqual(client.select("INBOX")[1], [b"2"])
            client.logout()
            pop = poplib.POP3("127.0.0.1", server.ports["pop3"])
            pop.user("anna")
            pop.pass_(clicase.PASSWORD)
            self.assertEqual(pop.stat()[0], 2)
            pop.quit()
            self.fine("backup", self.dir / "backups")
            ssl.get_server_certificate(("127.0.0.1", server.ports["imaps"]))
            server.process.send_signal(signal.SIGHUP)
            auth = clicase.helpers(server)["starling-auth"]
            time.sleep(1.1)  # it is started at most once a second
            faults = re.findall(r".* (?:error|warn) .*", server.log())
            os.kill(auth, signal.SIGKILL)
            deadline = time.monotonic() + 10
            while clicase.helpers(server).get("starling-auth") in (None, auth):
                self.assertLess(time.monotonic(), deadline, server.log())
                with contextlib.suppress(imaplib.IMAP4.error):  # it only asks for the process
                    self.log_in(server).shutdown()
            self.log_in(server).logout()
            self.assertEqual(faults, [])
            self.assertIn("the certificate was read again", server.log())

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv") and shutil.which("unshare"), "needs root, setpriv and unshare")
    def test_ports(self):
        """Without a word about ports it has the usual ones: it was given the right to bind them. In a network of its own."""
        os.chmod(self.dir, 0o711)
        self.data.mkdir()
        os.chown(self.data, 65534, 65534)
        command = ["unshare", "--net", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+net_bind_service",
                   "--ambient-caps=-all,+net_bind_service", "--bounding-set=-all,+net_bind_service", str(program()), "serve", "--data", str(self.data)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        ports, deadline = self.data / "run" / "ports", time.monotonic() + 20
        while not ports.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        text = ports.read_text() if ports.exists() else ""
        process.terminate()
        said = process.stderr.read()
        self.assertEqual(process.wait(), 0, said)
        self.assertIn("imap *:143\n", text, said)
        self.assertIn("imaps *:993\n", text, said)


if __name__ == "__main__":
    unittest.main()
