# SPDX-License-Identifier: Apache-2.0
"""mbsync: two-way sync of the corpus (a part of it, or all with --full) with a Maildir: what is new, flags and deletions go
both ways, and the next run finds nothing to do."""

import os
import re
import shutil

import corpus
from harness import command, message, want, want_equal

PART = 600

CONFIG = """
IMAPAccount test
Host localhost
Port {port}
User {user}
Pass "{password}"
SSLType IMAPS
CertificateFile {certificate}
SystemCertificates no
PipelineDepth 20

IMAPStore far
Account test

MaildirStore near
Path {folder}/near/
Inbox {folder}/near/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns INBOX Work "Old stuff"
Create Both
Remove Both
Expunge Both
SyncState {folder}/state/
CopyArrivalDate yes
"""


def without_tuid(data):
    """mbsync marks a message that it uploads where the server cannot say its UID."""
    return re.sub(rb"(?m)^X-TUID: .*\r?\n", b"", data).replace(b"\r\n", b"\n")


class Near:
    """The Maildir side."""

    def __init__(self, folder):
        self.folder = folder

    def files(self, box="INBOX"):
        return sorted(p for sub in ("cur", "new") for p in (self.folder / box / sub).iterdir())

    def contents(self, box="INBOX"):
        """Sorted [(flags, bytes)]."""
        return sorted((p.name.partition(":2,")[2], without_tuid(p.read_bytes())) for p in self.files(box))

    def flag(self, path, letters):
        name, _, flags = path.name.partition(":2,")
        target = path.parent.parent / "cur" / f"{name}:2,{''.join(sorted(set(flags) | set(letters)))}"
        path.rename(target)


LETTERS = {"\\Seen": "S", "\\Flagged": "F", "\\Answered": "R", "\\Deleted": "T", "\\Draft": "D"}


def far_contents(account, box="INBOX"):
    found = account.contents(box).values()
    return sorted(("".join(sorted(LETTERS[f] for f in flags if f in LETTERS)), without_tuid(data)) for flags, data in found)


def same(account, near, boxes, what):
    for box in boxes:
        there, here = far_contents(account, box), near.contents(box)
        want_equal([f for f, _ in there], [f for f, _ in here], f"flags of {box} {what}")
        want([d for _, d in there] == [d for _, d in here], f"messages of {box} differ {what}")


def snapshot(account, near, boxes):
    return [(sorted(account.contents(b).items()), [p.name for p in near.files(b)]) for b in boxes]


def edit_both_sides(account, near):
    files = near.files()
    near.flag(files[1], "F")
    near.flag(files[2], "R")
    near.flag(files[3], "T")
    os.unlink(files[4])
    new = near.folder / "INBOX" / "new" / "1700000001.near.host"
    new.write_bytes(message(70001).replace(b"\r\n", b"\n"))
    with account.client(mailbox="INBOX") as far:
        uids = sorted(account.contents("INBOX"))
        far.ok(f"UID STORE {uids[10]}:{uids[12]} +FLAGS.SILENT (\\Flagged \\Answered)")
        far.ok(f"UID STORE {uids[13]} -FLAGS.SILENT (\\Seen)")
        far.ok(f"UID STORE {uids[20]}:{uids[24]} +FLAGS.SILENT (\\Deleted)")
        far.ok("EXPUNGE")
        far.ok(f"UID MOVE {uids[30]}:{uids[32]} Work")
    account.append("INBOX", message(70002), message(70003))


def run(account):
    count = None if account.full else PART
    near = Near(account.folder / "near")
    corpus.write_maildir(near.folder / "INBOX", count)
    total = len(near.files())
    (account.folder / "state").mkdir()
    with account.client() as far:
        far.ok('CREATE "Old stuff"')
        far.ok("CREATE Work")
    account.append("Work", message(1), message(2))
    account.append("Old stuff", *[message(i) for i in range(3, 30)])
    boxes = ["INBOX", "Work", "Old stuff"]
    with account.proxy("imaps") as proxy:
        rc = account.folder / "mbsyncrc"
        rc.write_text(
            CONFIG.format(
                port=proxy.port,
                user=account.user,
                password=account.password,
                certificate=proxy.certificate,
                folder=account.folder,
            )
        )

        def sync():
            command("mbsync", "-c", rc, "-a", "-q", timeout=1200)

        sync()
        same(account, near, boxes, "after the first run")
        want_equal(len(account.contents("INBOX")), total, "messages uploaded")
        before = snapshot(account, near, boxes)
        sync()
        want(snapshot(account, near, boxes) == before, "the second run changed something")
        edit_both_sides(account, near)
        sync()
        same(account, near, boxes, "after changes on both sides")
        want_equal(len(account.contents("INBOX")), total - 2 + 1 - 5 - 3 + 2, "messages after changes")
        want_equal(len(near.files("Work")), 5, "messages in Work")
        before = snapshot(account, near, boxes)
        sync()
        want(snapshot(account, near, boxes) == before, "the last run changed something")
    shutil.rmtree(near.folder)
