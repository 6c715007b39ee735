# SPDX-License-Identifier: Apache-2.0
"""mutt, driven by its own commands: files a sent message over IMAP (batch mode), reads a mailbox, flags, saves, deletes, searches
the server."""

import shutil

from harness import Account, ClientError, command, in_terminal, message, want, want_equal

RC = """
set imap_user="{user}"
set imap_pass="{password}"
set imap_authenticators="plain:login"
set folder="{url}"
set spoolfile="{url}INBOX"
set mbox_type=mbox
set header_cache="{header_cache}" message_cachedir=""
set imap_condstore={resync} imap_qresync={resync}
set certificate_file="{certificate}"
set ssl_starttls={starttls} ssl_force_tls=no ssl_verify_host=no ssl_verify_dates=no
set from="anna@example.org" realname="Anna" use_envelope_from=no
set sendmail="/bin/true"
set record="={record}"
set copy=yes
set confirmappend=no confirmcreate=no delete=yes quit=yes move=no wait_key=no mail_check=0 timeout=1
set imap_check_subscribed=no imap_idle=no beep=no read_inc=0
set sort=mailbox-order
"""


def program():
    for name in ("mutt", "neomutt"):
        if shutil.which(name):
            return name
    raise ClientError("mutt is not installed")


def configure(account, proxy, name, url, **values):
    rc = account.folder / name
    values = {"starttls": "no", "record": "Sent", "header_cache": "", "resync": "no", **values}
    rc.write_text(
        RC.format(user=account.user, password=account.password, url=url, certificate=proxy.certificate, **values)
    )
    return rc


def send_in_batch(rc, account):
    """mutt's batch mode: the copy goes to =Sent with APPEND."""
    attachment = account.folder / "picture.bin"
    attachment.write_bytes(bytes(range(256)) * 40)
    text = "A message from batch mode.\nGrüße.\n"
    command(program(), "-F", rc, "-s", "From batch mode", "-a", attachment, "--", "ben@example.org", input=text)
    [(flags, data)] = account.contents("Sent").values()
    want(b"Subject: From batch mode" in data and b"multipart/mixed" in data, "the filed copy")
    want("\\Seen" in flags, f"flags of the filed copy: {flags}")


def drive(rc, url, keys):
    in_terminal(program(), "-F", rc, "-f", url, "-e", f'push "{keys}"')


def read_and_change(rc, account, url):
    account.append("INBOX", *[message(i) for i in range(1, 9)])
    out = account.folder / "saved.mbox"
    keys = "<tag-pattern>~s'Message [23]'<enter><tag-prefix><copy-message>" + str(out) + "<enter>"
    keys += "<untag-pattern>~A<enter><jump>4<enter><flag-message><jump>5<enter><delete-message>"
    keys += "<jump>6<enter><display-message><exit><jump>7<enter><save-message>=Archive<enter><quit>"
    drive(rc, url + "INBOX", keys)
    saved = out.read_bytes()
    want_equal(saved.count(b"\nSubject: Message "), 2, "messages saved to a file")
    left = {d.split(b"Message ")[1][:1]: flags for flags, d in account.contents("INBOX").values()}
    want_equal(sorted(left), [b"1", b"2", b"3", b"4", b"6", b"8"], "left in INBOX")
    want("\\Flagged" in left[b"4"], f"flags of message 4: {left[b'4']}")
    want("\\Seen" in left[b"6"] and "\\Seen" not in left[b"8"], f"flags: {left}")
    want_equal(len(account.contents("Archive")), 1, "messages in Archive")
    # =b searches on the server.
    drive(rc, url + "INBOX", "<delete-pattern>=b'of message 8'<enter><quit>")
    want_equal(len(account.contents("INBOX")), 5, "after a search on the server")


def comes_back(account):
    """With CONDSTORE or QRESYNC and a header cache, mutt learns only what has changed since it was here last (RFC 7162)."""
    for name in ("imap_condstore", "imap_qresync"):
        account.append("INBOX", *[message(i) for i in range(11, 17)])
        with account.proxy() as proxy:
            url = f"imap://127.0.0.1:{proxy.port}/"
            cache = account.folder / f"cache.{name}"
            cache.mkdir()
            rc = configure(account, proxy, f"muttrc.{name}", url, header_cache=cache, resync="no")
            rc.write_text(rc.read_text() + f"set {name}=yes\n")
            drive(rc, url + "INBOX", "<quit>")
            with account.client(mailbox="INBOX") as other:
                have = sorted(account.contents("INBOX"))
                other.ok(f"UID STORE {have[1]} +FLAGS (\\Deleted)")
                other.ok(f"UID EXPUNGE {have[1]}")
                other.ok(f"UID STORE {have[3]} +FLAGS (\\Flagged)")
            account.append("INBOX", message(17))
            # What is flagged and what is new goes: only if mutt knows of both, and of the one that is gone.
            drive(rc, url + "INBOX", "<delete-pattern>~F<enter><delete-pattern>~s'Message 17'<enter><quit>")
            want_equal(sorted(account.contents("INBOX")), [u for u in have if u not in (have[1], have[3])], f"after {name}")
            said = "\n".join(line for c in proxy.connections for line in c.checker.lines)
            wanted = " VANISHED)" if name == "imap_qresync" else "CHANGEDSINCE"
            want(wanted in said, f"mutt did not use {name}:\n{said}")


def run(account):
    comes_back(account)
    account.server.add_user("mutt2", account.password)
    account = Account(account.server, "mutt2", account.password)
    try:
        every_day(account)
    finally:
        account.clean()


def every_day(account):
    with account.proxy() as proxy:
        url = f"imap://127.0.0.1:{proxy.port}/"
        rc = configure(account, proxy, "muttrc", url)
        send_in_batch(rc, account)
        read_and_change(rc, account, url)
    with account.proxy("imaps") as proxy:
        url = f"imaps://127.0.0.1:{proxy.port}/"
        rc = configure(account, proxy, "muttrc.tls", url)
        drive(rc, url + "INBOX", "<limit>~A<enter><last-entry><clear-flag>N<quit>")
