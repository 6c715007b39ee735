# SPDX-License-Identifier: Apache-2.0
"""POP3 with curl, fetchmail, getmail and mpop: each fetches all, once, and again only what is new; fetchmail and mpop remove."""

from harness import command, message, want, want_equal


def curl(account, sent):
    base = ["curl", "-sS", "--user", f"{account.user}:{account.password}"]
    plain = f"pop3://127.0.0.1:{account.server.ports['pop3']}"
    secure = f"pop3s://127.0.0.1:{account.server.ports['pop3s']}"
    want_equal(len(command(*base, plain).split(b"\r\n")) - 1, len(sent), "curl LIST")
    want_equal(command(*base, f"{plain}/2"), sent[1], "curl RETR")
    want_equal(command(*base, "-k", "--ssl-reqd", f"{plain}/3"), sent[2], "curl RETR over STLS")
    want_equal(command(*base, "-k", f"{secure}/1"), sent[0], "curl RETR over TLS")
    want(b"\r\n" in command(*base, "-X", "UIDL", plain), "curl UIDL")
    want_equal(command(*base, "-X", "TOP 1 0", plain).split(b"\r\n\r\n")[0], sent[0].split(b"\r\n\r\n")[0], "curl TOP")


def lf(messages):
    return sorted(m.replace(b"\r\n", b"\n") for m in messages)


def maildir(path):
    return sorted(p.read_bytes() for p in (path / "new").iterdir())


def getmail(account, sent):
    config = account.folder / "getmail"
    box = account.folder / "getmail-box"
    for part in ("cur", "new", "tmp"):
        (box / part).mkdir(parents=True)
    config.mkdir(mode=0o700)
    (config / "getmailrc").write_text(
        f"[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\nport = {account.server.ports['pop3']}\n"
        f"username = {account.user}\npassword = {account.password}\n"
        f"[destination]\ntype = MDA_external\npath = /bin/sh\nallow_root_commands = true\n"
        f'arguments = ("-c", "cat >{box}/new/$$")\n'
        "[options]\nread_all = false\ndelete = false\ndelivered_to = false\nreceived = false\n"
    )
    words = ("getmail", "--quiet", f"--getmaildir={config}", f"--rcfile={config}/getmailrc")
    command(*words)
    want_equal(len(maildir(box)), len(sent), "getmail fetched")
    want_equal([m.removeprefix(b"Return-Path: <unknown>\n") for m in maildir(box)], lf(sent), "getmail's messages")
    command(*words)
    want_equal(len(maildir(box)), len(sent), "getmail fetched again what it had")


def mpop(account, sent, late):
    config, box = account.folder / "mpoprc", account.folder / "mpop-box"
    for part in ("cur", "new", "tmp"):
        (box / part).mkdir(parents=True)
    config.write_text(
        f"account default\nhost 127.0.0.1\nport {account.server.ports['pop3']}\ntls on\ntls_starttls on\ntls_certcheck off\n"
        f"user {account.user}\npassword {account.password}\ndelivery maildir {box}\nkeep on\nreceived_header off\n"
        f"uidls_file {account.folder}/uidls\n"
    )
    config.chmod(0o600)
    command("mpop", "-q", f"--file={config}")
    want_equal([m for m in maildir(box)], lf(sent), "mpop's messages")
    account.append("INBOX", late)
    command("mpop", "-q", f"--file={config}")
    want_equal(maildir(box), lf([*sent, late]), "mpop's messages after one more")


def fetchmail(account, sent):
    config, out = account.folder / "fetchmailrc", account.folder / "fetched"
    script = account.folder / "take"
    script.write_text(f"cat >>{out}\n")
    config.write_text(
        f'poll 127.0.0.1 protocol pop3 port {account.server.ports["pop3"]} user "{account.user}" password "{account.password}" '
        f'no sslcertck mda "/bin/sh {script}"\n'
    )
    config.chmod(0o600)
    env = {"FETCHMAILHOME": str(account.folder), "HOME": str(account.folder)}
    command("fetchmail", "--silent", "--nosyslog", "-f", config, env=env)
    fetched = out.read_bytes()
    for i, data in enumerate(sent, 1):
        body = data.split(b"\r\n\r\n", 1)[1].replace(b"\r\n", b"\n")
        want(body in fetched, f"fetchmail lacks message {i}: {fetched[:2000]}")
    want_equal(account.contents("INBOX"), {}, "fetchmail removed all")
    command("fetchmail", "--silent", "--nosyslog", "-f", config, env=env, good=(1,))  # 1: no mail


def run(account):
    sent = [message(i, body=f".dot {i}\r\n..dots\r\n.\r\nend") for i in range(1, 8)]
    late = message(99)
    account.append("INBOX", *sent)
    curl(account, sent)
    getmail(account, sent)
    mpop(account, sent, late)
    fetchmail(account, [*sent, late])
