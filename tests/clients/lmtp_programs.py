# SPDX-License-Identifier: Apache-2.0
"""LMTP with Python's smtplib and swaks: many recipients, refusals, sub-addresses, a UNIX socket, STARTTLS."""

import smtplib
import ssl

from harness import command, message, want, want_equal


def lax():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def bodies(account, mailbox="INBOX"):
    """Messages without the lines that LMTP puts before them."""
    return [data[data.index(b"From: ") :] for _, (_, data) in sorted(account.contents(mailbox).items())]


def library(account, address):
    sent = [message(i, body=f".dot {i}\r\n..\r\n.\r\nend") for i in range(1, 6)]
    with smtplib.LMTP(*address, local_hostname="client.example.org") as client:
        client.ehlo_or_helo_if_needed()
        want(client.has_extn("pipelining") and client.has_extn("size"), "LHLO lacks extensions")
        for data in sent:
            want_equal(client.sendmail("s@example.org", [f"{account.user}@example.org"], data), {}, "sendmail")
        bad = client.sendmail("s@example.org", [f"{account.user}+archive@example.org", "nobody@example.org"], sent[0])
        want_equal({k: v[0] for k, v in bad.items()}, {"nobody@example.org": 550}, "refused recipients")
        try:
            client.sendmail("s@example.org", ["nobody@example.org"], sent[0])
            raise AssertionError("an unknown user was accepted")
        except smtplib.SMTPRecipientsRefused:
            pass
        want_equal(client.sendmail("", [account.user], sent[1], ["BODY=8BITMIME"]), {}, "the null sender")
    want_equal(bodies(account), [*sent, sent[1]], "messages")
    want_equal(bodies(account, "Archive"), [sent[0]], "messages in the folder")


def secure(account, port):
    with smtplib.LMTP("127.0.0.1", port, local_hostname="client.example.org") as client:
        client.starttls(context=lax())
        client.sendmail("s@example.org", [account.user], message(50))
    want_equal(bodies(account)[-1], message(50), "over TLS")


def swaks(account, port):
    data = message(77).decode().replace("\r\n", "\\n")
    command(
        "swaks", "--protocol", "LMTP", "--server", "127.0.0.1", "--port", port, "--ehlo", "client.example.org", "--pipeline",
        "--from", "s@example.org", "--to", f"{account.user}@example.org", "--data", data, "--suppress-data",
    )  # fmt: skip
    want(b"Message-ID: <client-77@example.org>" in bodies(account)[-1], "swaks delivered nothing")


def run(account):
    port = account.server.ports["lmtp"]
    library(account, ("127.0.0.1", port))
    secure(account, port)
    swaks(account, port)
    path = account.server.data / "lmtp.socket"
    with smtplib.LMTP(str(path), local_hostname="client.example.org") as client:
        client.sendmail("s@example.org", [account.user], message(60))
    want_equal(bodies(account)[-1], message(60), "over the UNIX socket")
    newest = max(account.contents("INBOX").items())[1][1]
    want(b"(local)" in newest.split(b"Subject:")[0], "Received does not name the local peer")
