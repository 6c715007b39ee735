# SPDX-License-Identifier: Apache-2.0
"""offlineimap: down and up, flags and deletions both ways, and a run that finds nothing to do."""

import corpus
from harness import command, message, want, want_equal

PART = 80

RC = """
[general]
accounts = test
metadata = {folder}/meta
ui = quiet
maxsyncaccounts = 1

[Account test]
localrepository = near
remoterepository = far

[Repository near]
type = Maildir
localfolders = {folder}/mail
sync_deletes = yes

[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = {port}
remoteuser = {user}
remotepass = {password}
ssl = no
starttls = no
maxconnections = 2
folderfilter = lambda name: name in ('INBOX', 'Lists/Birds')
sync_deletes = yes
"""


def maildir(folder):
    """{message number or name in Message-ID: (flags, path)}."""
    found = {}
    for path in [p for sub in ("cur", "new") for p in (folder / sub).iterdir()]:
        data = path.read_bytes()
        key = data.partition(b"Message-ID: <")[2].partition(b">")[0] or path.name.encode()
        found[key] = (path.name.partition(":2,")[2], path)
    return found


def run(account):
    account.append("INBOX", *[message(i) for i in range(1, 21)])
    account.append("INBOX", *[corpus.as_sent(data) for _, data in corpus.messages()[:PART]])
    with account.client() as far:
        far.ok('CREATE "Lists/Birds"')
    account.append("Lists/Birds", message(90))
    folder = account.folder
    inbox = folder / "mail" / "INBOX"
    with account.proxy() as proxy:
        rc = folder / "offlineimaprc"
        rc.write_text(RC.format(folder=folder, port=proxy.port, user=account.user, password=account.password))

        def sync():
            command("offlineimap", "-c", rc, "-o", timeout=300)

        sync()
        here = maildir(inbox)
        want_equal(len(here), 20 + PART, "messages that came down")
        want_equal(len(maildir(folder / "mail" / "Lists.Birds")), 1, "messages of Lists/Birds")

        path = here[b"client-3@example.org"][1]
        path.rename(inbox / "cur" / (path.name.partition(":2,")[0] + ":2,FS"))
        here[b"client-4@example.org"][1].unlink()
        (inbox / "new" / "1700000000.1.host:2,").write_bytes(message(555).replace(b"\r\n", b"\n"))
        with account.client(mailbox="INBOX") as far:
            far.ok("UID STORE 5 +FLAGS (\\Answered)")
            far.ok("UID STORE 6 +FLAGS (\\Deleted)")
            far.ok("UID EXPUNGE 6")
        sync()
        there = {d.partition(b"Message-ID: <")[2].partition(b">")[0]: f for f, d in account.contents("INBOX").values()}
        want_equal(there[b"client-3@example.org"], ["\\Flagged", "\\Seen"], "flags that went up")
        want(b"client-4@example.org" not in there, "a deletion did not go up")
        want(b"client-555@example.org" in there, "a new message did not go up")
        here = maildir(inbox)
        want("R" in here[b"client-5@example.org"][0], "a flag did not come down")
        want(b"client-6@example.org" not in here, "a deletion did not come down")
        before = account.contents("INBOX"), sorted(p.name for _, p in here.values())
        sync()
        after = account.contents("INBOX"), sorted(p.name for _, p in maildir(inbox).values())
        want(before == after, "the last run changed something")
