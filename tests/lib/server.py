# SPDX-License-Identifier: Apache-2.0
"""A real server for a test: the built program on loopback, free ports, data in a folder of its own that goes away.

    with Server(engine="local") as server:
        server.add_user("anna", "secret")
        server.import_mail("some/maildir", "anna", mailbox="INBOX")
        socket.create_connection(("127.0.0.1", server.ports["imap"]))

The program is build/starling, or STARLING_PROGRAM (a sanitizer build). The server writes DIR/run/ports once it listens:
lines `imap 127.0.0.1:PORT`. Leaving the context stops it with SIGTERM; anything but a clean end, or a report of a
sanitizer in its log, raises ServerError with the end of the log."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
START_SECONDS = 30
STOP_SECONDS = 20
SANITIZER = re.compile(r"(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|invariant broken)")


class ServerError(Exception):
    """The server or the command did not do what it was asked."""


def program():
    return pathlib.Path(os.environ.get("STARLING_PROGRAM", ROOT / "build" / "starling"))


class Server:
    """One server. `engine` is "local" or "memory"; `options` are more words for `starling serve`; `config` is the text of
    a configuration file; `data` keeps an existing data folder (which then stays); `env` is added to its environment."""

    words = ()  # in front of the program: what starts it

    def __init__(self, engine="local", options=(), data=None, protocols=("imap", "imaps"), config=None, unix=None, env=None):
        self.engine, self.options, self.protocols = engine, list(options), protocols
        self.keep = data is not None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="starling-test-"))
        self.data.mkdir(parents=True, exist_ok=True)
        self.log_path = self.data / "server.log"
        self.config = config
        self.env = env or {}
        self.unix = unix  # a protocol that is served on DATA/PROTO.socket, too
        self.process = None
        self.ports = {}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.kill()
            self.clean()
            raise
        return self

    def __exit__(self, kind, value, traceback):
        try:
            self.stop()
        finally:
            self.clean()

    # --- life ---

    def start(self):
        ports = self.data / "run" / "ports"
        ports.unlink(missing_ok=True)
        command = [*self.words, str(program()), "serve", "--data", str(self.data), "--allow-plaintext"]
        for proto in self.protocols:
            command += ["--listen", f"{proto}=127.0.0.1:0"]
        if self.unix:
            command += ["--listen", f"{self.unix}=unix:{self.data}/{self.unix}.socket"]
        if self.engine != "local":
            command += ["--engine", self.engine]
        if self.config is not None:
            path = self.data / "test.conf"
            path.write_text(self.config)
            command += ["--config", str(path)]
        command += self.options
        with open(self.log_path, "ab") as log:
            # In a process group of its own, which kill() ends as a whole.
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.env}, process_group=0)
        deadline = time.monotonic() + START_SECONDS
        while not ports.exists():
            if self.process.poll() is not None:
                raise ServerError(f"the server ended with {self.process.returncode}\n{self.log()}")
            if time.monotonic() > deadline:
                raise ServerError(f"the server does not listen after {START_SECONDS} s\n{self.log()}")
            time.sleep(0.01)
        lines = [line.split() for line in ports.read_text().splitlines()]
        self.ports = {proto: int(address.rsplit(":", 1)[1]) for proto, address in lines if not address.startswith("unix:")}

    def stop(self):
        """Ends it in the orderly way and checks that it was."""
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise ServerError(f"the server did not stop within {STOP_SECONDS} s\n{self.log()}") from None
        if code != 0:
            raise ServerError(f"the server ended with {code}\n{self.log()}")
        if SANITIZER.search(self.log(1 << 22)):
            raise ServerError(f"the server's log has a report\n{self.log(60000)}")

    def kill(self, alive=False):
        """Ends it as a power cut would (what is on disk stays). `alive`: it must not have ended by itself before, which would pass for the kill."""
        if alive and not self.alive():
            raise ServerError(f"the server ended by itself\n{self.log()}")
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def restart(self):
        self.stop()
        self.start()

    def clean(self):
        if not self.keep:
            shutil.rmtree(self.data, ignore_errors=True)

    def log(self, most=8000):
        """The end of what it wrote to standard error."""
        if not self.log_path.exists():
            return "(no log)"
        return self.log_path.read_bytes()[-most:].decode("utf-8", "replace")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    # --- the command line beside it ---

    def command(self, *words, input=None, check=True):
        """Runs `starling WORDS --data DIR`; its output."""
        command = [str(program()), *map(str, words), "--data", str(self.data)]
        done = subprocess.run(command, input=input, capture_output=True, text=True, errors="replace")
        if check and done.returncode:
            raise ServerError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def add_user(self, name, password):
        self.command("user", "add", name, "--password-stdin", input=password + "\n")

    def import_mail(self, path, user, mailbox=None):
        """`starling import`: through the server if it runs."""
        more = ["--mailbox", mailbox] if mailbox else []
        return self.command("import", path, "--user", user, *more)
