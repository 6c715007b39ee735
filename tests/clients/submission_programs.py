# SPDX-License-Identifier: Apache-2.0
"""Submission with Python's smtplib (STARTTLS, implicit TLS), swaks, msmtp and curl: to an account here and, through a relay, elsewhere; and
through a relay that wants TLS and a log-in: another Starling, asked with SCRAM-SHA-256."""

import smtplib
import ssl

from harness import ClientError, command, message, want, want_equal
from server import Server
from smtpsink import SmtpSink

HOME, FAR = "anna@example.org", "b@example.net"
PASSWORD = "a pass word"


def trusting(server):
    return ssl.create_default_context(cafile=server.data / "tls" / "certificate.pem")


def text(number):
    return message(number, body=".dot\r\n..\r\nend").replace(b"sender@example.org", HOME.encode())


def body_of(data):
    return data[data.index(b"From: ") :]


class Sending:
    """A server whose relay is a sink; every message goes to an account here and to the sink."""

    def __init__(self, server, sink, inbox):
        self.server, self.sink, self.inbox = server, sink, inbox
        self.count = 0

    def check(self, data):
        self.count += 1
        sender, recipients, got = self.sink.wait()
        want_equal((sender, recipients), (HOME, [FAR]), "envelope at the relay")
        want_equal(body_of(got), data, "message at the relay")
        want(got.startswith(b"Received: from ") and b" with ESMTP" in got, "no Received")
        here = self.inbox()
        want_equal(len(here), self.count, "messages here")
        want_equal(body_of(here[-1]), data, "message here")


def library(sending):
    ports = sending.server.ports
    with smtplib.SMTP("localhost", ports["submission"], local_hostname="client.example.org", timeout=60) as client:
        client.starttls(context=trusting(sending.server))
        client.login(HOME, PASSWORD)
        want_equal(client.sendmail(HOME, [HOME, FAR], text(1)), {}, "sendmail")
        sending.check(text(1))
        try:
            client.sendmail("other@example.org", [FAR], text(2))
            raise ClientError("a sender who is somebody else was accepted")
        except smtplib.SMTPSenderRefused as refused:
            want_equal(refused.smtp_code, 550, "a sender who is somebody else")
    with smtplib.SMTP_SSL("localhost", ports["submissions"], context=trusting(sending.server), timeout=60) as client:
        client.login(HOME, PASSWORD)
        client.sendmail(HOME, [HOME, FAR], text(3))
        sending.check(text(3))


def swaks(sending):
    data = text(4)
    command(
        "swaks", "--server", "localhost", "--port", sending.server.ports["submission"], "--ehlo", "client.example.org", "--pipeline",
        "--auth", "PLAIN", "--auth-user", HOME, "--auth-password", PASSWORD, "--from", HOME, "--to", f"{HOME},{FAR}",
        "--data", data.decode().removesuffix("\r\n").replace("\r\n", "\\n"), "--suppress-data",
    )  # fmt: skip
    sending.check(data)


def msmtp(sending, folder):
    certificate = sending.server.data / "tls" / "certificate.pem"
    for number, mechanism, port in ((5, "plain", "submission"), (8, "scram-sha-256", "submissions")):
        data = text(number)
        config = folder / "msmtprc"
        config.write_text(
            f"account default\nhost localhost\nport {sending.server.ports[port]}\nfrom {HOME}\nauth {mechanism}\nuser {HOME}\n"
            f"password {PASSWORD}\ntls on\ntls_starttls {'on' if port == 'submission' else 'off'}\ntls_trust_file {certificate}\n"
        )
        config.chmod(0o600)
        command("msmtp", "-C", config, HOME, FAR, input=data.replace(b"\r\n", b"\n"))
        sending.check(data)


def curl(sending, folder):
    data = text(6)
    path = folder / "message"
    path.write_bytes(data)
    command(
        "curl", "-sS", "--ssl-reqd", "--cacert", sending.server.data / "tls" / "certificate.pem", "--user", f"{HOME}:{PASSWORD}",
        "--url", f"smtp://localhost:{sending.server.ports['submission']}/client.example.org", "--mail-from", HOME, "--mail-rcpt", HOME, "--mail-rcpt", FAR,
        "--upload-file", path,
    )  # fmt: skip
    sending.check(data)


def inbox_of(server, user):
    from harness import Account

    account = Account(server, user, PASSWORD)

    def inbox():
        return [data for _, (_, data) in sorted(account.contents("INBOX").items())]

    return inbox


def chain(folder):
    """Our relay client against our own server: TLS that is checked, SCRAM-SHA-256."""
    protocols = ("submission", "imap")
    with Server(protocols=protocols, config='submission: { domains = "example.net"; };\n') as far:
        far.add_user("b", PASSWORD)
        far.add_user("star", PASSWORD)
        secret = folder / "password"
        secret.write_text(PASSWORD + "\n")
        relay = f'host = "localhost"; port = {far.ports["submission"]}; ca = "{far.data}/tls/certificate.pem"; user = "star"; password_file = "{secret}";'
        config = f'submission: {{ domains = "example.org"; }};\nrelay: {{ {relay} }};\n'
        with Server(protocols=protocols, config=config) as near:
            near.add_user("anna", PASSWORD)
            with smtplib.SMTP("localhost", near.ports["submission"], timeout=60) as client:
                client.login("anna", PASSWORD)
                # The null sender: the far server knows no other that is not its own user's.
                client.sendmail("", [FAR], text(7))
        got = inbox_of(far, "b")()
        want_equal([body_of(data) for data in got], [text(7)], "behind two servers")
        want("star: logged in with TLS" in far.log(1 << 20), "no log-in over TLS at the relay")


def run(account):
    with SmtpSink() as sink:
        config = f'submission: {{ domains = "example.org"; }};\nrelay: {{ host = "localhost"; port = {sink.port}; tls = "none"; }};\n'
        with Server(protocols=("submission", "submissions", "imap"), config=config) as server:
            server.add_user(HOME, PASSWORD)
            sending = Sending(server, sink, inbox_of(server, HOME))
            library(sending)
            swaks(sending)
            msmtp(sending, account.folder)
            curl(sending, account.folder)
    chain(account.folder)
