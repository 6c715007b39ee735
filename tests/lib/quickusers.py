# SPDX-License-Identifier: Apache-2.0
"""Users for tests by the thousand: `starling user add` takes its time for each (argon2id with 19 MiB), and so does each user's first log-in. Here all
share one password record made with argon2id's least cost; the server reads the cost from the record. The file: src/auth/users.c."""

import base64
import ctypes
import ctypes.util
import fcntl
import functools
import hashlib
import hmac
import os

ARGON2ID13 = 2  # crypto_pwhash_ALG_ARGON2ID13
LEAST_OPS, LEAST_BYTES = 1, 8192
HASH_BYTES = 128  # crypto_pwhash_STRBYTES
SCRAM_ITERATIONS = 4096


def argon2id(password):
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
    room = ctypes.create_string_buffer(HASH_BYTES)
    text = password.encode()
    bad = sodium.sodium_init() < 0 or sodium.crypto_pwhash_str_alg(
        room, text, ctypes.c_ulonglong(len(text)), ctypes.c_ulonglong(LEAST_OPS), ctypes.c_size_t(LEAST_BYTES), ARGON2ID13)
    if bad:
        raise MemoryError("libsodium made no hash")
    return room.value.decode()


def scram_sha_256(password):
    """What RFC 5802 section 3 keeps of an ASCII password."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, SCRAM_ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return "$".join(["SCRAM-SHA-256", str(SCRAM_ITERATIONS), *(base64.b64encode(b).decode() for b in (salt, stored, server))])


@functools.cache
def record(password):
    return f"{argon2id(password)}:{scram_sha_256(password)}"


def add(data, names, password):
    """Adds users, whose names are canonical (lower case) and not there yet, to the data folder, as `starling user` changes the file."""
    (data / "auth").mkdir(mode=0o700, exist_ok=True)
    path = data / "auth" / "users"
    with open(f"{path}.lock", "a") as lock:
        os.chmod(lock.fileno(), 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        old = path.read_text() if path.exists() else ""
        new = data / "auth" / "users.test"
        new.write_text(old + "".join(f"{name}:{record(password)}\n" for name in names))
        new.chmod(0o600)
        new.rename(path)
