# SPDX-License-Identifier: Apache-2.0
"""What the processes of a running server have given up. That the kernel then forbids it: src/run/sandbox_test.c."""

import ctypes
import os
import pathlib
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from clicase import CliCase, children, helpers, status  # noqa: E402

SYS_LANDLOCK_CREATE_RULESET, VERSION_FLAG = 444, 1
HAS_LANDLOCK = ctypes.CDLL(None).syscall(SYS_LANDLOCK_CREATE_RULESET, None, 0, VERSION_FLAG) >= 1


class Sandbox(CliCase):
    def wait_for(self, server, text):
        deadline = time.monotonic() + 10
        while text not in server.log() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertIn(text, server.log())

    def processes(self, server):
        pid = server.process.pid
        return {"starling": pid, "starling-spawn": children(pid)[0], **helpers(server)}

    def test_all_processes_are_restricted(self):
        self.add_user()
        with self.server() as server:
            self.log_in(server).logout()
            self.assertNotIn("the sandbox is off", server.log())
            processes = self.processes(server)
            self.assertEqual(len(processes), 4, processes)
            for name, pid in processes.items():
                seen = status(pid)
                self.assertEqual(seen["Name"], name)
                self.assertEqual(seen["Seccomp"], "2", name)
                self.assertEqual(seen["NoNewPrivs"], "1", name)
                for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
                    self.assertIn("Seccomp:\t2", (thread / "status").read_text(), name)
                limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
                core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
                self.assertEqual(core.split()[4:6], ["0", "0"], name)

    def reload_with(self, server, target):
        """The certificate becomes a link to another file; what the log says of it."""
        certificate = self.data / "tls" / "certificate.pem"
        certificate.rename(self.data / "tls" / "kept.pem")
        certificate.symlink_to(target)
        os.kill(server.process.pid, signal.SIGHUP)
        self.wait_for(server, "the certificate stays as it was")
        return server.log()

    @unittest.skipUnless(HAS_LANDLOCK, "this kernel has no Landlock")
    def test_users_cannot_be_read(self):
        """Reading it gets as far as finding no certificate in it only without the sandbox."""
        self.add_user()
        users = self.data / "auth" / "users"
        for sandbox, text in (("yes", False), ("no", True)):
            with self.server(config=f'sandbox = "{sandbox}";\n') as server:
                self.assertEqual("holds none in PEM form" in self.reload_with(server, users), text)
                self.log_in(server).logout()
            (self.data / "tls" / "kept.pem").rename(self.data / "tls" / "certificate.pem")
            server.log_path.unlink()

    def test_off(self):
        self.add_user()
        with self.server(config="sandbox = false;\n") as server:
            self.assertIn("the sandbox is off", server.log())
            self.log_in(server).logout()
            for pid in self.processes(server).values():
                self.assertEqual(status(pid)["Seccomp"], status("self")["Seccomp"])

    def test_first_start_and_restart(self):
        """Files that the store replaces in its folder are made and read again."""
        self.add_user()
        with self.server() as server:
            for turn in range(3):
                client = self.log_in(server)
                self.assertEqual(client.append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")[0], "OK")
                client.logout()
                (self.data / "store" / "reserve").unlink(missing_ok=True)
                server.restart()
            client = self.log_in(server)
            self.assertEqual(client.select("INBOX")[1], [b"3"])
            client.logout()


if __name__ == "__main__":
    unittest.main()
