# SPDX-License-Identifier: Apache-2.0
"""SASL's channel binding over real TLS: SCRAM-SHA-256-PLUS with tls-exporter (RFC 9266), by `openssl s_client` and the sums of RFC 5802."""

import base64
import hashlib
import hmac
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from clicase import CliCase  # noqa: E402

LABEL = "EXPORTER-Channel-Binding"
USER, PASSWORD = "alice", "secret"


class Client:
    """IMAP through s_client, which tells what its side of the connection exports."""

    def __init__(self, port, *options):
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-keymatexport", LABEL, "-keymatexportlen", "32", "-ign_eof", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        head = self.until(b"* OK")
        self.exported = bytes.fromhex(re.search(rb"Keying material: ([0-9A-F]+)", head)[1].decode())
        self.cipher = re.search(rb"Cipher is (\S+)", head)[1].decode()

    def until(self, begin):
        said = b""
        while line := self.process.stdout.readline():
            said += line
            if line.startswith(begin):
                return said
        raise AssertionError(f"no {begin} in {said}")

    def send(self, line):
        self.process.stdin.write(line.encode() + b"\r\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def encoded(octets):
    return base64.b64encode(octets).decode()


class Binding(CliCase):
    def log_in(self, client, exported, mechanism="SCRAM-SHA-256-PLUS", flag="p=tls-exporter"):
        """The tagged answer; what the server proves is checked, too (RFC 5802 section 3)."""
        header, bare = f"{flag},,", f"n={USER},r=abcdefgh"
        client.send(f"a AUTHENTICATE {mechanism} {encoded((header + bare).encode())}")
        line = client.process.stdout.readline()
        if not line.startswith(b"+ "):
            return line.decode()
        first = base64.b64decode(line[2:]).decode()
        words = dict(word.split("=", 1) for word in first.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), base64.b64decode(words["s"]), int(words["i"]))

        def mac(key, text):
            return hmac.digest(key, text, "sha256")

        final = f"c={encoded(header.encode() + exported)},r={words['r']}"
        signed = ",".join([bare, first, final]).encode()
        key = mac(salted, b"Client Key")
        proof = bytes(x ^ y for x, y in zip(key, mac(hashlib.sha256(key).digest(), signed)))
        client.send(encoded(f"{final},p={encoded(proof)}".encode()))
        line = client.process.stdout.readline()
        if line.startswith(b"+ "):
            self.assertEqual(base64.b64decode(line[2:]).decode(), "v=" + encoded(mac(mac(salted, b"Server Key"), signed)))
            client.send("")
            line = client.process.stdout.readline()
        return line.decode()

    def test_plus(self):
        with self.server() as server:
            server.add_user(USER, PASSWORD)
            port = server.ports["imaps"]
            # s_client exports without a context, which is the empty one of RFC 9266 in TLS 1.3 alone (RFC 8446 section 7.5).
            with Client(port, "-tls1_3") as client:
                self.assertIn("a OK", self.log_in(client, client.exported))
            for version in ("-tls1_3", "-tls1_2"):
                with self.subTest(version + ", of another connection"), Client(port, version) as client:
                    self.assertIn("a NO", self.log_in(client, bytes(32)))
                # Somebody in between took -PLUS out of what the server offers: the client says that it would have bound (RFC 5802 section 6).
                with self.subTest(version + ", downgraded"), Client(port, version) as client:
                    self.assertIn("a NO", self.log_in(client, b"", "SCRAM-SHA-256", "y"))
                with self.subTest(version + ", unbound"), Client(port, version) as client:
                    self.assertIn("a OK", self.log_in(client, b"", "SCRAM-SHA-256", "n"))

    def test_cipher(self):
        """128 bits where the client leaves it to the server: net/tls.c says why."""
        with self.server() as server:
            for version, cipher in (("-tls1_3", "TLS_AES_128_GCM_SHA256"), ("-tls1_2", "ECDHE-ECDSA-AES128-GCM-SHA256")):
                with self.subTest(version), Client(server.ports["imaps"], version) as client:
                    self.assertEqual(client.cipher, cipher)


if __name__ == "__main__":
    unittest.main()
