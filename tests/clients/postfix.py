# SPDX-License-Identifier: Apache-2.0
"""A real Postfix, configured by the snippets of docs/postfix.md, hands mail over by LMTP: to many, to folders, refusing who is not there, and
keeping what cannot be delivered while the server is down; and takes what users send to others. It runs from folders of its own, on free ports."""

import os
import pathlib
import re
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time

from harness import ClientError, message, want, want_equal
from server import Server
from smtpsink import SmtpSink

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
lmtp unix - - n - - lmtp
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """\
queue_directory = {dir}/queue
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.org
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
address_verify_map = internal:verify
relayhost = [127.0.0.1]:{sink}
smtp_host_lookup = native
minimal_backoff_time = 1s
queue_run_delay = 2s
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def snippet(file, address, port):
    """What docs/postfix.md tells to put into a file, with another port for the address that it names."""
    text = (ROOT / "docs" / "postfix.md").read_text()
    block = re.search(rf"<!-- {file} -->\n((?:    .*\n|\n)+)", text)[1]
    lines = "\n".join(line[4:] for line in block.split("\n"))
    want(lines.count(address) == 1, f"docs/postfix.md does not name {address} for {file}")
    return lines.replace(address, f"{address.rpartition(':')[0]}:{port}")


def unchrooted(services):
    """These folders are no chroot."""
    return re.sub(r"^(\S+ +inet +\S+ +\S+ +)y", r"\1n", services, flags=re.M)


class Postfix:
    def __init__(self, lmtp_port, sink_port):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="postfix-test-"))
        self.dir.chmod(0o755)
        self.port, self.relay_port = free_port(), free_port()
        for name in ("config", "queue", "data"):
            (self.dir / name).mkdir()
        shutil.chown(self.dir / "data", "postfix")
        config = self.dir / "config"
        (config / "main.cf").write_text(MAIN.format(dir=self.dir, sink=sink_port) + snippet("main.cf", "127.0.0.1:24", lmtp_port))
        (config / "master.cf").write_text(MASTER.format(port=self.port) + unchrooted(snippet("master.cf", "127.0.0.1:10587", self.relay_port)))
        shutil.copy("/etc/postfix/dynamicmaps.cf", config) if os.path.exists("/etc/postfix/dynamicmaps.cf") else None

    def tool(self, name, *words, good=(0,)):
        done = subprocess.run([name, "-c", self.dir / "config", *words], capture_output=True, text=True)
        if done.returncode not in good:
            raise ClientError(f"{name} {words}: {done.returncode} {done.stdout}{done.stderr}\n{self.log()}")
        return done.stdout

    def log(self):
        path = self.dir / "log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else "(no log)"

    def __enter__(self):
        try:
            self.tool("postfix", "check")
            self.tool("postfix", "start")
            deadline = time.monotonic() + 20
            while True:
                try:
                    smtplib.SMTP("127.0.0.1", self.port, timeout=10).quit()
                    return self
                except OSError:
                    if time.monotonic() > deadline:
                        raise ClientError(f"Postfix does not answer\n{self.log()}") from None
                    time.sleep(0.1)
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        subprocess.run(["postfix", "-c", self.dir / "config", "stop"], capture_output=True)
        shutil.rmtree(self.dir, ignore_errors=True)

    def send(self, recipients, data, sender="s@example.net"):
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.example.net", timeout=60) as client:
            return client.sendmail(sender, recipients, data)

    def flush(self):
        """Until the queue is empty."""
        deadline = time.monotonic() + 60
        while "is empty" not in self.tool("postqueue", "-p"):
            if time.monotonic() > deadline:
                raise ClientError(f"Postfix keeps mail: {self.tool('postqueue', '-p')}\n{self.log()}")
            self.tool("postqueue", "-f")
            time.sleep(0.2)


def bodies(account, mailbox="INBOX"):
    return [data[data.index(b"From: ") :] for _, (_, data) in sorted(account.contents(mailbox).items())]


def sending(postfix, sink, account):
    """Through Starling and Postfix to somebody elsewhere; to somebody here directly."""
    relay = f'relay: {{ host = "127.0.0.1"; port = {postfix.relay_port}; tls = "none"; }};\n'
    config = 'smtp: { hostname = "mx.example.org"; };\nsubmission: { domains = "example.org"; };\n' + relay
    with Server(protocols=("submission", "imap"), config=config) as server:
        server.add_user("anna", account.password)
        mine = type(account)(server, "anna", account.password)
        data = message(9, body=".\r\n..\r\nlast").replace(b"sender@example.org", b"anna@example.org")
        with smtplib.SMTP("127.0.0.1", server.ports["submission"], timeout=60) as client:
            client.login("anna", account.password)
            want_equal(client.sendmail("anna@example.org", ["b@example.net", "anna@example.org"], data), {}, "sendmail")
        sender, recipients, got = sink.wait()
        want_equal((sender, recipients), ("anna@example.org", ["b@example.net"]), "envelope behind Postfix")
        want(got[got.index(b"From: ") :] == data, f"behind Postfix: {got!r}")
        want_equal(bodies(mine), [data], "INBOX of who sent it")
        mine.clean()


def run(account):
    if os.geteuid() != 0:
        print("skip  client postfix: Postfix can be started by root only")
        return
    server = account.server
    server.add_user("postfix2", account.password)
    with SmtpSink() as sink, Postfix(server.ports["lmtp"], sink.port) as postfix:
        sending(postfix, sink, account)
        networks = postfix.tool("postconf", "-h", "mynetworks").split()
        want(all(n.endswith(("/32", "/128")) for n in networks), f"the snippet lets whole networks send: {networks}")
        want_equal(postfix.tool("postconf", "-xh", "smtputf8_enable").strip(), "yes", "smtputf8_enable")
        server.add_user("anna", account.password)
        anna = type(account)(server, "anna", account.password)
        want_equal(postfix.send(["postmaster@example.org"], message(4)), {}, "an alias")
        postfix.flush()
        want_equal(bodies(anna), [message(4)], "INBOX of the postmaster")
        anna.clean()
        first = message(1, body=".\r\n..\r\nlast")
        refused = postfix.send(["postfix@example.org", "postfix2@example.org", "nobody@example.org"], first)
        want_equal({k: v[0] // 100 for k, v in refused.items()}, {"nobody@example.org": 5}, "refused recipients")
        want_equal(postfix.send(["postfix+archive@example.org"], message(2)), {}, "a folder")
        postfix.flush()
        want_equal(bodies(account), [first], "INBOX")
        want_equal(bodies(account, "Archive"), [message(2)], "Archive")
        # While the server is down, Postfix keeps the mail.
        server.stop()
        late = message(3)
        postfix.send(["postfix@example.org"], late)
        server.start()
        # It listens on another port now: the transport is told.
        main = postfix.dir / "config" / "main.cf"
        main.write_text(re.sub(r"(lmtp:inet:127\.0\.0\.1):\d+", rf"\1:{server.ports['lmtp']}", main.read_text()))
        postfix.tool("postfix", "reload")
        postfix.flush()
        want_equal(sorted(bodies(account)), sorted([first, late]), "INBOX after the server came back")
        log = postfix.log()
        want("status=sent" in log and "status=bounced" not in log, log)
