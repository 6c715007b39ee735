# SPDX-License-Identifier: Apache-2.0
"""The servers that ./dev bench compares: plain processes on free loopback ports, data in a folder of their own, the same users
with the same password, the same certificate. Every server here is a class with

    name, version()              what the table calls it
    prepare(users)               makes its configuration and users
    start(), stop(), restart()
    address("imap" | "imaps")    (host, port); also "lmtp", "pop3" where `protocols` has them
    pid                          its first process; all others descend from it

The third, Cyrus, is in bench_cyrus.py. Talk is a session that prepares and checks; what is timed is the load generator's."""

import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "lib")]

import idle_memory  # noqa: E402
import server as starling_server  # noqa: E402

PASSWORD = "secret"
MAIL_UID = 65534  # whom Dovecot's mail belongs to when we are root: it refuses to read mail as root
START_SECONDS = 60


class Trouble(Exception):
    """Something a person should read."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Talk:
    """One session of a user, for what is not timed."""

    def __init__(self, server, user, password=PASSWORD):
        self.name = server.name
        self.socket = socket.create_connection(server.address("imap"), timeout=600)
        self.lines = self.socket.makefile("rb")
        self.lines.readline()
        self.command(f"LOGIN {user} {password}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def command(self, text, literal=None):
        """Its untagged answers, a line each; Trouble when it is not answered OK."""
        data = b"a " + text.encode()
        if literal is not None:
            data += b" {%d+}\r\n" % len(literal) + literal
        self.socket.sendall(data + b"\r\n")
        untagged = []
        while line := self.lines.readline():
            line = line.rstrip(b"\r\n").decode("utf-8", "replace")
            if line.startswith("a OK"):
                return untagged
            if line.startswith("a "):
                raise Trouble(f"{self.name}: {text}: {line}")
            untagged.append(line)
        raise Trouble(f"{self.name}: {text}: the connection was closed")

    def capabilities(self):
        return set(" ".join(line for line in self.command("CAPABILITY") if line.startswith("* CAPABILITY")).split())


def greeted(address):
    """True when a server greets there."""
    try:
        with socket.create_connection(address, timeout=5) as s:
            return s.recv(10).startswith(b"* OK")
    except OSError:
        return False


def certificate_for(folder):
    """(certificate, key) in the folder: ECDSA P-256, as Starling makes its own."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    command += ["-subj", "/CN=localhost", "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def processes(pid):
    try:
        return idle_memory.processes(pid)
    except FileNotFoundError:  # one ended meanwhile
        return idle_memory.processes(pid)


def bytes_written(pid):
    """write_bytes of all processes; those that ended are in the sum of the parent that waited for them."""
    total = 0
    for process in processes(pid):
        with open(f"/proc/{process}/io") as io:
            total += sum(int(line.split()[1]) for line in io if line.startswith("write_bytes:"))
    return total


def connected(path):
    """A socket that is connected with the one of that path, however long it is."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        s = socket.socket(socket.AF_UNIX)
        s.connect(f"/proc/self/fd/{folder}/{path.name}")
        return s
    finally:
        os.close(folder)


class Starling:
    name = "Starling"
    idle_most = 1 << 20
    protocols = {"imap", "imaps", "pop3", "lmtp"}

    def __init__(self, folder):
        self.server = starling_server.Server(data=folder / "starling", config="", protocols=tuple(self.protocols))

    @staticmethod
    def version():
        done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
        return f"Starling {done.stdout.strip() or '(no git)'}"

    def prepare(self, users):
        """The hash of one user serves all: it does not depend on the name."""
        first, *rest = users
        self.server.add_user(first, PASSWORD)
        path = self.server.data / "auth" / "users"
        text = path.read_text()
        line = next(row for row in text.splitlines() if row.startswith(first + ":"))
        more = [user + line[len(first) :] for user in rest]
        path.write_text(text + "".join(row + "\n" for row in more))

    def start(self):
        self.server.start()

    def stop(self):
        self.server.stop()

    def restart(self):
        self.server.restart()

    def address(self, protocol):
        return "127.0.0.1", self.server.ports[protocol]

    def written(self):
        """{what for: octets since the start}, by the server's own count (src/store/store.h: struct store_written)."""
        request = b"written"
        with connected(self.server.data / "run" / "admin") as s, s.makefile("rb") as answer:
            s.sendall(struct.pack("<cI", b"Q", len(request)) + request)
            kind, size = struct.unpack("<cI", answer.read(5))
            words = answer.read(size).decode().split()
        if kind != b"E":
            raise Trouble(f"the admin socket: {' '.join(words)}")
        return {name: int(octets) for name, octets in zip(words[::2], words[1::2])}

    @property
    def pid(self):
        return self.server.process.pid


DOVECOT_CONF = """
protocols = imap{more}
listen = 127.0.0.1
base_dir = {run}
state_dir = {run}
log_path = {folder}/dovecot.log
info_log_path = /dev/null
mail_location = sdbox:{folder}/mail/%u
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
first_valid_uid = 1
mail_max_userip_connections = 0
default_process_limit = 12000
default_client_limit = 24000
default_vsz_limit = 0
{accounts}
service imap-login {{
  # Dovecot's documented high-performance mode, the better one for it here.
  service_count = 0
  process_min_avail = {cpus}
  process_limit = {cpus}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  # Processes that serve one connection after the other: faster log-ins than the default of one process each.
  service_count = 256
  process_min_avail = {cpus}
  # The default of this service is its own (1024), whatever default_process_limit says: too few for the line of idle connections.
  process_limit = 12000
}}
"""
DOVECOT_POP3 = """
service pop3-login {{
  service_count = 0
  process_min_avail = {cpus}
  process_limit = {cpus}
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service pop3 {{
  service_count = 256
  process_min_avail = {cpus}
}}
"""
DOVECOT_LMTP = """
service lmtp {{
  process_min_avail = {cpus}
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
protocol lmtp {{
  auth_username_format = %Ln
}}
"""
DOVECOT_UNPRIVILEGED = """
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
"""


class Dovecot:
    name = "Dovecot"
    idle_most = 5000
    program = "/usr/sbin/dovecot"
    more = {"pop3": DOVECOT_POP3, "lmtp": DOVECOT_LMTP}  # packages of their own: what is there is served

    def __init__(self, folder):
        self.folder = folder / "dovecot"
        self.protocols = {"imap", "imaps"} | {p for p in self.more if pathlib.Path("/usr/lib/dovecot", p).exists()}
        self.run = pathlib.Path(tempfile.mkdtemp(prefix="bench-dovecot-"))  # short: sockets' names have 107 bytes
        self.ports = {}
        self.process = None

    def version(self):
        done = subprocess.run([self.program, "--version"], capture_output=True, text=True)
        return f"Dovecot {done.stdout.split()[0]} (sdbox)"

    def prepare(self, users):
        import getpass
        import grp

        mail = self.folder / "mail"
        mail.mkdir(parents=True)
        certificate, key = certificate_for(self.folder)
        self.ports = {protocol: free_port() for protocol in self.protocols}
        accounts, uid, gid = "", os.getuid(), os.getgid()
        more = sorted(self.protocols & self.more.keys())
        if uid == 0:
            uid = gid = MAIL_UID
            os.chown(mail, uid, gid)
            self.run.chmod(0o755)
        else:
            accounts = DOVECOT_UNPRIVILEGED.format(user=getpass.getuser(), group=grp.getgrgid(gid).gr_name)
        cpus = len(os.sched_getaffinity(0))
        text = "".join([DOVECOT_CONF, *(self.more[protocol] for protocol in more)]).format(
            more="".join(f" {protocol}" for protocol in more), run=self.run, folder=self.folder, certificate=certificate, key=key, password=PASSWORD, uid=uid, gid=gid,
            accounts=accounts, cpus=cpus, **self.ports,
        )  # fmt: skip
        (self.folder / "dovecot.conf").write_text(text)

    def start(self):
        with open(self.folder / "output.log", "ab") as log:
            command = [self.program, "-F", "-c", str(self.folder / "dovecot.conf")]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not greeted(self.address("imap")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Trouble(f"Dovecot did not start:\n{self.log()}")
            time.sleep(0.05)

    def log(self):
        paths = [self.folder / "output.log", self.folder / "dovecot.log"]
        return "".join(p.read_text(errors="replace")[-3000:] for p in paths if p.exists())

    def stop(self):
        if self.process is None:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        shutil.rmtree(self.run, ignore_errors=True)

    def address(self, protocol):
        return "127.0.0.1", self.ports[protocol]

    @property
    def pid(self):
        return self.process.pid


class Echo:
    """The ceiling of round trips: bench/echo.c, and bench/echo_mail.c for POP3 and LMTP."""

    name = "echo"
    resumes = "imaps resumed"  # for clients that offer TLS sessions: elsewhere it gives none away

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.process = None

    def start(self):
        certificate, key = certificate_for(self.folder)
        command = [self.program, "echo", "--certificate", certificate, "--key", key]
        if (self.folder / "corpus").exists():
            command += ["--corpus", self.folder / "corpus", "--file", self.folder / "echo.log"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        ports = map(int, self.process.stdout.readline().split())
        self.ports = dict(zip(("imap", "imaps", "imaps resumed", "pop3", "lmtp"), ports))

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def address(self, protocol):
        return "127.0.0.1", self.ports[protocol]


def file_system(folder):
    done = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def machine(folder):
    """What a reader must know of the machine: processors, memory, file system, kernel, and how busy it was."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) / (1 << 20)
    cpus = len(os.sched_getaffinity(0))
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    kernel = os.uname().release
    name = model[1] if model else os.uname().machine
    return f"{name}, {cpus} processors, {memory:.0f} GB, Linux {kernel}, data on {file_system(folder)}; load average before the run {load}"
