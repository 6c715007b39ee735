# SPDX-License-Identifier: Apache-2.0
"""The relay of a submission test: a listening socket whose connections the transcript plays (connections named relay...), and
the server's configuration that points to it. With TLS it shows a certificate for localhost, made once for each process."""

import atexit
import functools
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading

PASSWORD = "relay password"
OFFERS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 1000000", "ENHANCEDSTATUSCODES", "DSN")


_making = threading.Lock()


@functools.cache
def _made_folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="starling-relay-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    words += " -addext subjectAltName=DNS:localhost"
    made = [*words.split(), "-keyout", path / "key.pem", "-out", path / "cert.pem"]
    subprocess.run(made, check=True, capture_output=True)
    (path / "password").write_text(PASSWORD + "\n")
    return path


def folder():
    """Has cert.pem, key.pem and password."""
    with _making:  # of threads that want the first one at once, each would make and keep one of its own
        return _made_folder()


class FakeRelay:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=20)

    def close(self):
        self.listener.close()

    def config(self, more):
        """A section for starling.conf; `more`: other keys of it, in which {dir} is folder()."""
        words = [f"port = {self.listener.getsockname()[1]};"]
        if "host" not in more:
            words.append('host = "localhost";')
        if "tls" not in more:
            words.append('tls = "none";')
        if "{dir}" in more:
            more = more.replace("{dir}", str(folder()))
        return f"relay: {{ {' '.join(words)} {more} }};\n"

    def accept(self, timeout):
        self.listener.settimeout(timeout)
        return self.listener.accept()[0]

    def meet_probe(self, offers, timeout=60):
        """The server connects once when it starts, to ask what is offered (src/smtp/relay_probe.h). Without offers it is sent away, and asks no more in this test."""
        with self.accept(timeout) as sock, sock.makefile("rwb") as talk:
            sock.settimeout(timeout)
            talk.write(b"421 not now\r\n" if offers is None else b"220 relay\r\n")
            talk.flush()
            if offers is None:
                return
            assert talk.readline().startswith(b"EHLO "), "the server says no EHLO at its start"
            talk.write("".join(f"250-{offer}\r\n" for offer in ("relay", *offers)).encode() + b"250 HELP\r\n")
            talk.flush()
            assert talk.readline() == b"QUIT\r\n", "the server asks for more than what is offered"


def server_tls(sock):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder() / "cert.pem", folder() / "key.pem")
    return context.wrap_socket(sock, server_side=True)
