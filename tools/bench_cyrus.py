# SPDX-License-Identifier: Apache-2.0
"""Debian's Cyrus for ./dev bench. cyrus-imapd conflicts with dovecot-imapd as a package, so it is not installed: its .debs are fetched
once into .cache/cyrus/ and unpacked beside its data; the libraries it wants are packages of tools/packages.txt.

It runs with the settings of Debian's imapd.conf (proc files and locks in RAM, as /run is there; hashed spool directories), but for
folders, which stand beside INBOX with "/" between as the others have them. Its processes are kept for 250 connections each and
some are started ahead. Log-ins are checked against sasldb, mailboxes are made at the first log-in (autocreate_quota)."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

from bench_servers import MAIL_UID, PASSWORD, ROOT, START_SECONDS, Trouble, certificate_for, free_port, greeted

CACHE = ROOT / ".cache" / "cyrus"
PACKAGES = ["cyrus-common", "cyrus-imapd", "sasl2-bin"]
RAM = pathlib.Path("/dev/shm")

IMAPD_CONF = """
configdirectory: {data}/lib
defaultpartition: default
partition-default: {data}/spool
sieveusehomedir: false
sievedir: {data}/sieve
proc_path: {run}/proc
mboxname_lockpath: {run}/lock
lmtpsocket: {run}/lmtp
idlesocket: {run}/idle
notifysocket: {run}/notify
cyrus_user: {user}
servername: localhost
altnamespace: yes
unixhierarchysep: yes
umask: 077
hashimapspool: true
autocreate_quota: 0
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {data}/sasldb2
sasl_mech_list: PLAIN
tls_server_cert: {certificate}
tls_server_key: {key}
"""
CYRUS_CONF = """
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {data}/imapd.conf -r"
  idled cmd="{bin}/idled -C {data}/imapd.conf"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {data}/imapd.conf -U 250" listen="127.0.0.1:{imap}" prefork={ahead} maxchild=12000 maxforkrate=1000
  imaps cmd="{bin}/imapd -C {data}/imapd.conf -s -U 250" listen="127.0.0.1:{imaps}" prefork={ahead} maxchild=12000 maxforkrate=1000
}}
EVENTS {{
  checkpoint cmd="{bin}/ctl_cyrusdb -C {data}/imapd.conf -c" period=30
}}
"""


def fetch():
    """The .debs, from the cache or from the archive."""
    CACHE.mkdir(parents=True, exist_ok=True)
    found = {name: sorted(CACHE.glob(f"{name}_*.deb")) for name in PACKAGES}
    if not all(found.values()):
        done = subprocess.run(["apt-get", "download", *PACKAGES], cwd=CACHE, capture_output=True, text=True)
        if done.returncode:
            raise Trouble(f"Cyrus: apt-get download: {done.stderr.strip()[-300:]}")
        found = {name: sorted(CACHE.glob(f"{name}_*.deb")) for name in PACKAGES}
    return [paths[-1] for paths in found.values()]


class Cyrus:
    name = "Cyrus"
    protocols = {"imap", "imaps"}
    idle_most = 500  # a process for each connection: the slope is the same, and memory is not without end

    def __init__(self, folder):
        self.data = folder / "cyrus"
        self.program = self.data / "program"
        self.bin = self.program / "usr" / "lib" / "cyrus" / "bin"
        self.run = pathlib.Path(tempfile.mkdtemp(prefix="bench-cyrus-", dir=RAM if RAM.is_dir() else None))
        self.ports, self.process, self.deb = {}, None, ""

    def version(self):
        return f"Cyrus {self.deb.split('_')[1].split('-')[0]}" if self.deb else self.name

    def environment(self):
        libraries = self.program / "usr" / "lib"
        paths = [str(path) for path in libraries.glob("*-linux-gnu*")]
        return {**os.environ, "LD_LIBRARY_PATH": ":".join(paths), "CYRUS_USER": self.user}

    def as_user(self):
        """It refuses to run as root."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if os.getuid() == 0 else {}

    def prepare(self, users):
        self.uid, self.gid = (MAIL_UID, MAIL_UID) if os.getuid() == 0 else (os.getuid(), os.getgid())
        self.user = pwd.getpwuid(self.uid).pw_name
        for name in ("", "lib", "spool", "sieve", "program"):
            (self.data / name).mkdir(parents=True, exist_ok=True)
        for deb in fetch():
            subprocess.run(["dpkg", "-x", deb, self.program], check=True, capture_output=True)
            self.deb = deb.name if deb.name.startswith("cyrus-imapd") else self.deb
        certificate, key = certificate_for(self.data)
        self.ports = {"imap": free_port(), "imaps": free_port()}
        words = {"data": self.data, "run": self.run, "user": self.user, "bin": self.bin, "certificate": certificate, "key": key,
                 "ahead": 4 * len(os.sched_getaffinity(0)), **self.ports}  # fmt: skip
        (self.data / "imapd.conf").write_text(IMAPD_CONF.format(**words))
        (self.data / "cyrus.conf").write_text(CYRUS_CONF.format(**words))
        for name in ("proc", "lock"):
            (self.run / name).mkdir()
        for name in ("socket", "db", "log", "msg", "ptclient", "user", "quota"):
            (self.data / "lib" / name).mkdir()
        if os.getuid() == 0:
            for top in (self.data, self.run):
                subprocess.run(["chown", "-R", f"{self.uid}:{self.gid}", top], check=True)
        self.add_users(users)

    def add_users(self, users):
        for user in users:
            command = [self.program / "usr" / "sbin" / "saslpasswd2", "-p", "-c", "-f", self.data / "sasldb2", "-u", "localhost", user]
            done = subprocess.run(command, input=PASSWORD, text=True, capture_output=True, env=self.environment(), **self.as_user())
            if done.returncode:
                raise Trouble(f"Cyrus: saslpasswd2: {done.stderr}")

    def start(self):
        command = [self.bin / "master", "-C", self.data / "imapd.conf", "-M", self.data / "cyrus.conf", "-p", self.run / "master.pid"]
        with open(self.data / "output.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.data,
                env=self.environment(), **self.as_user(),
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not greeted(self.address("imap")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Trouble(f"Cyrus did not start: {(self.data / 'output.log').read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)

    def stop(self):
        if self.process is None:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGQUIT)  # master(8): a graceful end, its children's too
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
