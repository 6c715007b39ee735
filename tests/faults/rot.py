#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Bit rot: one byte of a volume is changed, anywhere in its log, its index or its other files. `starling check` must find it, unless no reader could
tell; it must name every message that is refused from then on; the server must serve each message whole or not at all, over IMAP and POP3; and
`check --repair` must bring back what the rest of the volume still knows: all of it after damage to the index, all but damaged octets
after damage to the log. `./dev rot [--flips N]`.

    tests/faults/rot.py [--flips N] [--seed N]"""

import argparse
import collections
import hashlib
import pathlib
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE.parent)]

import quickusers  # noqa: E402
import report  # noqa: E402
from imapclient import Closed, ImapClient, Literal  # noqa: E402
from server import Server, ServerError, program  # noqa: E402

USERS, PASSWORD = ["anna", "bert"], "secret"
PADDING = "x" * 70 + "\r\n"
SEGMENT_HEADER, FRAME_HEADER, FRAME_BATCH = 4096, 32, 2


class Wrong(AssertionError):
    """Something was lost, or shown damaged, or not found."""


def message(number):
    size = (300, 3000, 20000, 400_000)[number % 4 if number % 12 == 3 else number % 3]
    return (
        f"From: Anna <anna@example.org>\r\nTo: bert@example.org\r\nSubject: number {number}\r\nMessage-ID: <{number}@example.org>\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nword{number}\r\n{PADDING * (size // 72)}"
    ).encode()


def fill(server, generator):
    """Mail of two users, with copies, flags, annotations, expunged messages, and a mailbox that was renamed."""
    for user in USERS:
        with ImapClient("127.0.0.1", server.ports["imap"]) as client:
            client.login(user, PASSWORD)
            for name in ("Work", "Work/Old", "Other"):
                client.ok("CREATE", name)
            client.ok("RENAME Other Renamed")
            client.ok('SETMETADATA Work (/private/comment "a text")')
            for n in range(30):
                where = ("INBOX", "Work", "Work/Old")[n % 3]
                flags = " ".join(generator.sample(["\\Seen", "\\Flagged", "\\Answered", "$A", "$B"], n % 3))
                client.ok(f"APPEND {where} ({flags})", Literal(message(n)))
            client.ok("SELECT Work")
            client.ok("UID COPY 2:4 Renamed")
            client.ok("UID MOVE 5 Renamed")
            client.ok("UID STORE 6 +FLAGS (\\Deleted)")
            client.ok("EXPUNGE")


def exact(items):
    body = items["BODY[]"]
    return (frozenset(f for f in items["FLAGS"] if f != "\\Recent"), str(items["INTERNALDATE"]), hashlib.sha256(body).hexdigest())


REFUSED = "refused"


def look_at(client):
    """{UID: what it is} of the selected mailbox; REFUSED where the server gives NO."""
    seen = {}
    uids = sorted(v["UID"] for v in client.fetched(client.ok("UID FETCH 1:* (FLAGS)")).values())
    for uid in uids:
        result = client.cmd("UID FETCH", str(uid), "(FLAGS INTERNALDATE ENVELOPE BODYSTRUCTURE BODY.PEEK[])")
        got = client.fetched(result)
        if result.tagged.name == "OK":
            seen[uid] = exact(next(iter(got.values())))
        elif result.tagged.name == "NO" and result.tagged.code:
            seen[uid] = REFUSED
        else:
            raise Wrong(f"{result.tagged}\n{client.transcript_text(10)}")
    return seen


def look(server):
    """{(user, mailbox, UID): what it is}"""
    world = {}
    for user in USERS:
        with ImapClient("127.0.0.1", server.ports["imap"]) as client:
            result = client.cmd("LOGIN", user, PASSWORD)
            if result.tagged.name == "NO" and result.tagged.code:
                world[(user, None, 0)] = REFUSED
                continue
            names = [item["mailbox"] for item in ImapClient.all(client.ok('LIST "" *'), "LIST")]
            for name in names:
                client.ok("EXAMINE", name)
                world |= {(user, name, uid): what for uid, what in look_at(client).items()}
                world[(user, name, 0)] = "there"
            world[(user, "Work", -1)] = str(ImapClient.all(client.ok("GETMETADATA Work /private/comment"), "METADATA"))
    return world


def pop3(server, user):
    """The digests of INBOX; REFUSED for -ERR, and where the connection is closed in the middle: no client takes that for a message."""
    found, count = [], 1
    while len(found) < count:
        with socket.create_connection(("127.0.0.1", server.ports["pop3"]), 30) as sock, sock.makefile("rb") as lines:
            count = retrieve(sock, lines, user, found)
    return found


def retrieve(sock, lines, user, found):
    def line(command=None):
        if command:
            sock.sendall(command.encode() + b"\r\n")
        return lines.readline()

    line()
    line(f"USER {user}")
    if not line(f"PASS {PASSWORD}").startswith(b"+OK"):
        found.append(REFUSED)
        return 1
    count = int(line("STAT").split()[1])
    while len(found) < count:
        if not line(f"RETR {len(found) + 1}").startswith(b"+OK"):
            found.append(REFUSED)
            continue
        body = b""
        while (got := lines.readline()) != b".\r\n":
            if not got:
                found.append(REFUSED)
                return count
            body += got[1:] if got.startswith(b".") else got
        found.append(hashlib.sha256(body).hexdigest())
    return count


# --- where a byte is changed ---


def frames(data):
    """(offset, type, octets of the first part, of the rest) of each frame of a segment (src/store/local/format.h)."""
    found, at, last = [], SEGMENT_HEADER, 0
    while at + FRAME_HEADER <= len(data):
        _, length, seq, kind, _, _, first = struct.unpack_from("<IIQBBHI", data, at)
        if seq <= last or first > length or at + FRAME_HEADER + length > len(data):
            break
        found.append((at, kind, first, length - first))
        last = seq
        at += FRAME_HEADER + (length + 7) // 8 * 8
    return found


def choose_in_log(path, generator):
    """Headers, heads and bodies of frames alike: by size alone, nearly all would be bodies."""
    data = path.read_bytes()
    if generator.random() < 0.05:
        return generator.randrange(56)  # the segment's own header
    at, _, first, rest = generator.choice(frames(data))
    parts = [(at, FRAME_HEADER), (at + FRAME_HEADER, first), (at + FRAME_HEADER + first, rest)]
    start, size = generator.choice([p for p in parts if p[1]])
    return start + generator.randrange(size)


def choose(folder, generator):
    """A file and an offset in it."""
    kind = generator.choice(["log"] * 5 + ["index"] * 4 + ["volume"])
    if kind == "volume":
        return kind, folder / "store" / "volume", generator.randrange(64)
    files = sorted((folder / "store" / kind).iterdir())
    if kind == "log":
        files = [f for f in files if f.suffix == ".log" and frames(f.read_bytes())]
        path = generator.choice(files)
        return kind, path, choose_in_log(path, generator)
    files = [f for f in files if f.stat().st_size and (f.suffix == ".sst" or f.name.startswith(("MANIFEST", "CURRENT")))]
    path = generator.choice(files)
    return kind, path, generator.randrange(path.stat().st_size)


def flip(path, offset, bits):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ bits]))


def check(folder, *words):
    done = subprocess.run([str(program()), "check", "--data", str(folder), *words], capture_output=True, text=True, errors="replace", timeout=300)
    if done.returncode not in (0, 1):
        raise Wrong(f"check ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.returncode == 1, done.stdout + done.stderr


NAMED = re.compile(r"^(\S+), mailbox (.+?): UID (\d+) is damaged", re.M)


def named(text):
    return {(user, box, int(uid)) for user, box, uid in NAMED.findall(text)}


def serve(folder):
    """What the server shows; None: it refuses to serve the volume."""
    server = Server(data=folder, protocols=("imap", "pop3"), options=["--log-level", "error"])
    try:
        server.start()
    except ServerError as why:
        if "ended with" not in str(why) or "ended with -" in str(why):
            raise Wrong(f"the server crashed: {why}") from why
        return None, None
    try:
        world, inboxes = look(server), {user: pop3(server, user) for user in USERS}
        server.stop()
        return world, inboxes
    finally:
        server.kill()


class Volume:
    """What all the damaged copies are made from."""

    def __init__(self, folder, options):
        self.folder = pathlib.Path(folder)
        self.random = random.Random(options.seed)
        self.whole = self.folder / "whole"
        self.counts = collections.Counter()
        server = Server(data=self.whole, protocols=("imap", "pop3"), options=["--log-level", "error"])
        quickusers.add(self.whole, USERS, PASSWORD)
        try:
            server.start()
            fill(server, self.random)
            server.stop()
        finally:
            server.kill()
        self.truth, self.inboxes = serve(self.whole)

    def copy(self, name):
        to = self.folder / name
        shutil.rmtree(to, ignore_errors=True)
        subprocess.run(["cp", "-r", "--sparse=always", str(self.whole), str(to)], check=True)
        return to


def compare(volume, world, inboxes, may_lack):
    """Each message is as it was, or refused and in `may_lack` (None: any may be)."""
    for key, what in volume.truth.items():
        now = REFUSED if (key[0], None, 0) in world else world.get(key)
        if now == what:
            continue
        if now != REFUSED:
            raise Wrong(f"{key} was {what} and is {now}")
        if may_lack is not None and key not in may_lack:
            raise Wrong(f"{key} is refused, and check did not name it")
    extra = {key for key in world if key[1] is not None} - set(volume.truth)
    if extra:
        raise Wrong(f"came out of nowhere: {extra}")
    for user, digests in volume.inboxes.items():
        for was, now in zip(digests, inboxes[user]):
            if now not in (was, REFUSED):
                raise Wrong(f"POP3 shows {user} a message that is not the one that came in")


def one_flip(volume, number):
    folder = volume.copy("flipped")
    kind, path, offset = choose(folder, volume.random)
    bits = 1 << volume.random.randrange(8)
    where = f"{kind} {path.name} at {offset:#x} xor {bits:#x}"
    flip(path, offset, bits)
    served = volume.copy("served")
    shutil.copy(path, served / path.relative_to(folder))
    text = ""
    try:
        found, text = check(folder)
        world, inboxes = serve(served)
        if not found and world is None:
            raise Wrong("the server does not serve it, and check finds nothing")
        if world is not None:
            # With a damaged index nobody can say which messages need the damaged part.
            compare(volume, world, inboxes, None if kind == "index" and found else named(text) if found else set())
        volume.counts[f"{kind} found" if found else f"{kind} harmless"] += 1
        if found and kind != "volume":
            repaired(volume, folder, kind)
    except (Wrong, ServerError, Closed, OSError, AssertionError) as why:
        report.failed(f"rot {number}: {where}", f"{why}\n--- check said\n{text[-3000:]}")
        return
    volume.counts["flips"] += 1


def repaired(volume, folder, kind):
    """--repair, then all of it again. After damage to the log, the log must be able to make the index again, for it was written there anew."""
    _, said = check(folder, "--repair")
    left, text = check(folder)
    world, inboxes = serve(folder)
    if world is None:
        raise Wrong(f"not served after the repair\n{said}")
    lost = named(text)
    if kind == "index" and left:
        raise Wrong(f"the index is damaged after the repair\n{said}\n{text}")
    compare(volume, world, inboxes, set() if kind == "index" else lost)
    volume.counts[f"{kind} repaired"] += 1
    volume.counts["messages lost"] += len(lost)
    if cards := re.search(r"^(\d+) cards of messages were made again", said, re.M):
        volume.counts["cards made again"] += int(cards[1])
    if kind == "log":
        shutil.rmtree(folder / "store" / "index")
        again, inboxes = serve(folder)
        if again != world:
            raise Wrong(f"the index that was made of the repaired log is another: {said}")


def no_index(volume):
    """The whole index is gone."""
    folder = volume.copy("lost")
    shutil.rmtree(folder / "store" / "index")
    check(folder, "--repair")
    found, text = check(folder)
    world, inboxes = serve(folder)
    if found or world is None:
        raise Wrong(f"after the loss of the index:\n{text}")
    compare(volume, world, inboxes, set())
    if world != volume.truth:
        raise Wrong("not all is as it was after the loss of the index")
    report.passed(f"rot: the whole index is lost: {len(world)} messages and mailboxes are as they were, with flags, names and annotations")


def two_faults(volume):
    """The index cannot be opened, and a change in the log is damaged: what the repair brings in must outlive another loss of the index."""
    folder = volume.copy("both")
    log = sorted((folder / "store" / "log").glob("*.log"))[0]
    batches = [at for at, kind, _, _ in frames(log.read_bytes()) if kind == FRAME_BATCH]
    flip(log, batches[-4] + FRAME_HEADER + 9, 1)  # a change that is not the last
    (folder / "store" / "index" / "CURRENT").write_text("nothing\n")
    _, said = check(folder, "--repair")
    left, text = check(folder)
    world, inboxes = serve(folder)
    shutil.rmtree(folder / "store" / "index")
    again, inboxes = serve(folder)
    if left or world is None or again != world:
        raise Wrong(f"after damage to the log and the index:\n{said}\n{text}")
    report.passed("rot: what is brought in from behind damage is there after another loss of the index")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not program().exists():
        report.failed("rot", f"there is no {program()}: ./dev build makes it")
        report.finish()
    try:
        with tempfile.TemporaryDirectory(prefix="starling-rot-") as folder:
            volume = Volume(folder, options)
            no_index(volume)
            two_faults(volume)
            for number in range(options.flips):
                one_flip(volume, number)
            counts = ", ".join(f"{count} {what}" for what, count in sorted(volume.counts.items()))
            if volume.counts["flips"] == options.flips:
                report.passed(f"rot: {counts}; seed {options.seed}")
            else:
                print(counts)
    except (Wrong, ServerError, Closed, OSError, AssertionError) as error:
        report.failed("rot", error)
    report.finish()


main()
