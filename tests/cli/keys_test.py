# SPDX-License-Identifier: Apache-2.0
"""The process that holds the private TLS key: kinds of keys, renewal, death."""

import hashlib
import imaplib
import os
import pathlib
import signal
import ssl
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from clicase import CliCase, helpers, program  # noqa: E402

KINDS = {
    "RSA": ["-newkey", "rsa:2048"],
    "EC P-256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "EC P-384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "Ed25519": ["-newkey", "ed25519"],
}


class Keys(CliCase):
    def make(self, folder, kind, name="localhost", expired=False):
        certificate, key = folder / "c.pem", folder / "k.pem"
        subprocess.run(["openssl", "req", "-x509", *KINDS[kind], "-nodes", "-subj", f"/CN={name}", "-days", "2",
                        "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
        if expired:
            subprocess.run(["openssl", "x509", "-in", str(certificate), "-signkey", str(key), "-days", "-1", "-out", str(folder / "old.pem")],
                           check=True, capture_output=True)
            (folder / "old.pem").rename(certificate)
        return f'tls = {{ certificate = "{certificate}"; key = "{key}"; }};\n'

    def handshake(self, server, version=ssl.TLSVersion.TLSv1_3):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", server.ports["imaps"])) as plain:
            with context.wrap_socket(plain) as secure:
                self.assertTrue(secure.recv(100).startswith(b"* OK"))
                return secure.getpeercert(binary_form=True)

    def wait_for(self, server, text, times=1):
        deadline = time.monotonic() + 10
        while server.log(1 << 20).count(text) < times and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertGreaterEqual(server.log(1 << 20).count(text), times)

    def test_kinds(self):
        for kind in KINDS:
            with self.subTest(kind), self.server(config=self.make(self.dir, kind)) as server:
                for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                    self.handshake(server, version)
                self.assertEqual("holds the key itself" in server.log(), kind == "Ed25519")
                server.log_path.unlink()

    def test_expired(self):
        """A certificate whose time is over is served (the clock may be wrong), and told of at each start and renewal, and by `config`."""
        text, conf = self.make(self.dir, "EC P-256", expired=True), self.dir / "tls.conf"
        conf.write_text(text)
        done = self.run_cli("config", "--config", conf)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{conf}: tls.certificate: {self.dir}/c.pem: it expired on 20", done.stderr)
        with self.server(config=text) as server:
            self.handshake(server)
            self.assertEqual(server.log().count("c.pem: it expired on 20"), 1)
            self.make(self.dir, "EC P-256")
            server.process.send_signal(signal.SIGHUP)
            self.wait_for(server, "the certificate was read again", 1)
            self.make(self.dir, "EC P-256", expired=True)
            server.process.send_signal(signal.SIGHUP)
            self.wait_for(server, "c.pem: it expired on 20", 2)
            self.assertEqual(server.log(1 << 20).count("it expired on"), 2)
        self.make(self.dir, "EC P-256")
        self.assertEqual(self.run_cli("config", "--config", conf).returncode, 0)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(self.dir / "k.pem")],
                       check=True, capture_output=True)
        self.assertIn(f"{conf}: tls: {self.dir}/k.pem is not the key of {self.dir}/c.pem", self.run_cli("config", "--config", conf).stderr)

    def test_the_key_is_not_in_the_server(self):
        """Its secret number is in the memory of the one process and not of the other."""
        with self.server(config=self.make(self.dir, "RSA")) as server:
            self.handshake(server)
            text = subprocess.run(["openssl", "rsa", "-in", str(self.dir / "k.pem"), "-noout", "-text"], check=True,
                                  capture_output=True, text=True).stdout
            prime = text.split("prime1:", 1)[1].split("prime2:", 1)[0]
            number = bytes.fromhex("".join(prime.split()).replace(":", ""))[-64:]
            words = {number, number[::-1]}  # OpenSSL's numbers are little-endian words
            self.assertTrue(self.memory_has(helpers(server)["starling-keys"], words))
            self.assertFalse(self.memory_has(server.process.pid, words))

    def memory_has(self, pid, words):
        with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                span, rights, *_ = line.split()
                begin, end = (int(word, 16) for word in span.split("-"))
                if not rights.startswith("rw") or end - begin > 1 << 28:
                    continue
                try:
                    memory.seek(begin)
                    octets = memory.read(end - begin)
                except OSError:
                    continue
                if any(word in octets for word in words):
                    return True
        return False

    def ask(self, kind, padding, data):
        """What the key process, started by hand, answers: (rc, field). Its sockets are descriptors 3 to 10."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        os.dup2(theirs.fileno(), high := 100 + theirs.fileno())
        command = f"exec {program()} keys-worker 0 {self.dir}/c.pem {self.dir}/k.pem " + " ".join(f"{fd}<&{high}" for fd in range(3, 11))
        process = subprocess.Popen(["bash", "-c", command + f" {high}<&-"], pass_fds=[high])
        os.close(high)
        theirs.close()
        public = subprocess.run(["openssl", "pkey", "-in", str(self.dir / "k.pem"), "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
        size = bytes([len(data) & 127 | 128, len(data) >> 7]) if len(data) > 127 else bytes([len(data)])
        ours.send(bytes([kind]) + hashlib.sha256(public).digest() + bytes([padding]) + size + data)
        answer = ours.recv(65536)
        ours.close()
        process.wait()
        return int.from_bytes(answer[:4], "little", signed=True), answer

    def test_signs_and_does_not_decrypt(self):
        """The bare RSA operation, of what is no padded hash, would open whatever was encrypted to the key."""
        self.make(self.dir, "RSA")

        def mask(seed, n, name):
            return b"".join(hashlib.new(name, seed + i.to_bytes(4, "big")).digest() for i in range(n // 32 + 1))[:n]

        for name in ("sha256", "sha384", "sha512"):
            h = hashlib.new(name, b"x").digest()
            n = 256 - len(h) - 1
            plain = bytes(n - len(h) - 1) + b"\1" + os.urandom(len(h))
            block = bytearray(a ^ b for a, b in zip(plain, mask(h, n, name))) + h + b"\xbc"
            block[0] &= 0x7f
            self.assertEqual(self.ask(2, 3, bytes(block))[0], 0, name)  # RSA_NO_PADDING
            for at in (1, n - len(h) - 1, 255):
                other = bytearray(block)
                other[at] ^= 1
                self.assertLess(self.ask(2, 3, bytes(other))[0], 0, (name, at))
        self.assertLess(self.ask(2, 3, b"\0" + os.urandom(255))[0], 0)
        self.assertEqual(self.ask(2, 1, b"a hash with its name")[0], 0)  # RSA_PKCS1_PADDING of TLS 1.2

    def external(self, server):
        """Whether the client's certificate is one for a log-in."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(self.dir / "client" / "c.pem", self.dir / "client" / "k.pem")
        with imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=context) as client:
            if "AUTH=EXTERNAL" not in client.capabilities:
                return False
            return client.authenticate("EXTERNAL", lambda _: b"")[0] == "OK"

    def test_authorities_of_clients(self):
        """The key process reads them: they may lie beside the key, and be renewed. More than one answer's worth."""
        for name in ("client", "stranger"):
            (self.dir / name).mkdir()
            self.make(self.dir / name, "RSA", "anna")
        client, stranger = ((self.dir / name / "c.pem").read_text() for name in ("client", "stranger"))
        authorities = self.dir / "ca.pem"
        authorities.write_text(stranger * 60 + client)
        self.assertGreater(authorities.stat().st_size, 60000)
        self.add_user()
        config = self.make(self.dir, "EC P-256").replace("};", f'client_ca = "{authorities}"; }};')
        with self.server(config=config) as server:
            self.assertTrue(self.external(server))
            for turn, (text, known) in enumerate(((stranger, False), (client, True)), 1):
                authorities.with_suffix(".new").write_text(text)
                authorities.with_suffix(".new").rename(authorities)
                os.kill(server.process.pid, signal.SIGHUP)
                self.wait_for(server, "the certificate was read again", turn)
                self.assertEqual(self.external(server), known)
            authorities.write_text("nonsense")
            os.kill(server.process.pid, signal.SIGHUP)
            self.wait_for(server, "cannot read the certificates of client CAs")
            self.assertTrue(self.external(server))

    def test_renewal_under_open_connections(self):
        """A handshake that began with the old certificate is finished with its key."""
        with self.server(config=self.make(self.dir, "EC P-256", "one")) as server:
            first = self.handshake(server)
            for turn, kind in enumerate(("RSA", "EC P-384", "EC P-256"), 1):
                self.make(self.dir, kind, f"turn{turn}")
                os.kill(server.process.pid, signal.SIGHUP)
                self.wait_for(server, "the certificate was read again", turn)
                self.assertNotEqual(self.handshake(server), first)
            (self.dir / "k.pem").write_text("nonsense")
            os.kill(server.process.pid, signal.SIGHUP)
            self.wait_for(server, "the certificate stays as it was")
            self.handshake(server)

    def test_death(self):
        with self.server(config=self.make(self.dir, "EC P-256")) as server:
            self.handshake(server)
            old = helpers(server)["starling-keys"]
            time.sleep(1.1)  # it is started at most once a second
            os.kill(old, signal.SIGKILL)
            deadline = time.monotonic() + 10
            while True:
                try:
                    self.handshake(server)
                    break
                except (OSError, ssl.SSLError):
                    self.assertLess(time.monotonic(), deadline, server.log())
                    time.sleep(0.05)
            self.assertNotEqual(helpers(server)["starling-keys"], old)

    @unittest.skipIf(os.geteuid() != 0, "only root can become another user")
    def test_root_only_files(self):
        """Read at the start and on SIGHUP, although the server has become another user."""
        os.chmod(self.dir, 0o711)
        folder = self.dir / "root-only"
        folder.mkdir(mode=0o700)
        with self.server(config='user = "nobody";\n' + self.make(folder, "EC P-256", "one")) as server:
            first = self.handshake(server)
            self.make(folder, "RSA", "two")
            os.kill(server.process.pid, signal.SIGHUP)
            self.wait_for(server, "the certificate was read again")
            self.assertNotEqual(self.handshake(server), first)

    def test_renewal_through_links(self):
        """certbot's way: a link in one folder to a file in another, which is then replaced by the next."""
        archive, live = self.dir / "archive", self.dir / "live"
        for folder in (archive / "1", archive / "2", live):
            folder.mkdir(parents=True)
        self.make(archive / "1", "EC P-256", "one")
        self.make(archive / "2", "EC P-256", "two")
        names = ("c.pem", "k.pem")
        for name in names:
            (archive / f"1{name}").write_bytes((archive / "1" / name).read_bytes())
            (archive / f"2{name}").write_bytes((archive / "2" / name).read_bytes())
            (live / name).symlink_to(f"../archive/1{name}")
        config = f'tls = {{ certificate = "{live}/c.pem"; key = "{live}/k.pem"; }};\n'
        with self.server(config=config) as server:
            first = self.handshake(server)
            for name in names:
                (live / "new").symlink_to(f"../archive/2{name}")
                (live / "new").rename(live / name)
            os.kill(server.process.pid, signal.SIGHUP)
            self.wait_for(server, "the certificate was read again")
            self.assertNotEqual(self.handshake(server), first)


if __name__ == "__main__":
    unittest.main()
