# SPDX-License-Identifier: Apache-2.0
"""./dev run: a server on loopback with a demo account full of mail (tests/mail/), and how to connect to it. Its data lie in
build/demo/ and live on from run to run. With DEV_RUN_CHECK=1: start it, read a message through IMAPS with curl, stop it."""

import argparse
import hashlib
import signal
import socket
import ssl
import subprocess
import sys
import time

USER, PASSWORD = "demo", "starling"
START_SECONDS = 30


class Trouble(Exception):
    """Something a person should read."""


def free_port(address, wanted):
    """The wanted port, or a free one when it is taken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in (wanted, 0):
        with socket.socket(family) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((address, port))
            except OSError:
                continue
            return s.getsockname()[1]
    raise Trouble(f"cannot listen on {address}")


def command(program, *words, input=None):
    done = subprocess.run([program, *map(str, words)], input=input, capture_output=True, text=True)
    if done.returncode:
        raise Trouble(f"starling {' '.join(map(str, words))} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return done.stdout


def prepare(root, program, data):
    """The demo account, made once, filled by `starling import`, which imports nothing twice."""
    import mailset

    data.mkdir(parents=True, exist_ok=True)
    has_users = (data / "auth").is_dir()  # an empty folder is no data folder yet
    if not has_users or USER not in command(program, "user", "list", "--data", data).split():
        command(program, "user", "add", USER, "--data", data, "--password-stdin", input=PASSWORD + "\n")
    maildir = root / "build" / "demo-mail"
    mailset.write_maildir(maildir)
    command(program, "import", maildir, "--user", USER, "--data", data)


def read_ports(data, server, deadline):
    """{proto: port} from DIR/run/ports, which the server writes once it listens."""
    path = data / "run" / "ports"
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise Trouble(f"the server ended with {server.returncode}")
        if path.exists():
            lines = [line.split() for line in path.read_text().splitlines()]
            return {proto: int(address.rsplit(":", 1)[1]) for proto, address in lines}
        time.sleep(0.02)
    raise Trouble("the server did not begin to listen")


def fingerprint(address, port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((address, port), timeout=10) as plain, context.wrap_socket(plain) as s:
        digest = hashlib.sha256(s.getpeercert(binary_form=True)).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def explain(address, ports, print_of_certificate):
    print(
        f"""
  Starling is running. Connect a mail client:

    server       {address}
    IMAP         port {ports['imap']} (STARTTLS)
    IMAPS        port {ports['imaps']} (TLS)
    submission   port {ports['submission']} (STARTTLS), {ports['submissions']} (TLS), as {USER}@localhost, to {USER}@localhost
    user         {USER}
    password     {PASSWORD}
    certificate  self-signed, SHA-256 {print_of_certificate}

  or look by hand:

    curl -k --user {USER}:{PASSWORD} imaps://{address}:{ports['imaps']}/            mailboxes
    curl -k --user {USER}:{PASSWORD} 'imaps://{address}:{ports['imaps']}/INBOX;MAILINDEX=1'

  Stop it with Ctrl-C.
""",
        flush=True,
    )


def read_with_curl(address, port):
    """Reads the first message of the INBOX as a client would; its Subject."""
    url = f"imaps://{address}:{port}/INBOX;MAILINDEX=1"
    done = subprocess.run(
        ["curl", "-sS", "-k", "--max-time", "20", "--user", f"{USER}:{PASSWORD}", url], capture_output=True
    )
    if done.returncode:
        raise Trouble(f"curl could not read a message ({done.returncode}): {done.stderr.decode(errors='replace')}")
    head = done.stdout.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    subjects = [line[8:].strip() for line in head.split("\r\n") if line.lower().startswith("subject:")]
    if not subjects:
        raise Trouble(f"curl read something that is no message: {done.stdout[:300]!r}")
    return subjects[0]


def stop(server):
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
            raise Trouble("the server did not stop within 15 s") from None


def serve(root, options, check):
    program, data = root / "build" / "starling", root / "build" / "demo"
    if not program.exists():
        raise Trouble("the build made no program (build/starling)")
    address = options.address
    prepare(root, program, data)
    (data / "run" / "ports").unlink(missing_ok=True)
    listen = [f"--listen=imap={address}:{free_port(address, options.imap)}"]
    listen += [f"--listen=imaps={address}:{free_port(address, options.imaps)}"]
    listen += [f"--listen=submission={address}:{free_port(address, 1587)}", f"--listen=submissions={address}:{free_port(address, 1465)}"]
    words = [w for entry in listen for w in entry.split("=", 1)]
    server = subprocess.Popen([program, "serve", "--data", data, *words])
    try:
        ports = read_ports(data, server, time.monotonic() + START_SECONDS)
        explain(address, ports, fingerprint(address, ports["imaps"]))
        if check:
            print(f"dev: read a message through IMAPS: {read_with_curl(address, ports['imaps'])}", flush=True)
        else:
            server.wait()
            raise Trouble(f"the server ended with {server.returncode}")
    finally:
        stop(server)


def run(root, check, arguments):
    parser = argparse.ArgumentParser(prog="./dev run")
    parser.add_argument("--address", default="127.0.0.1", help="address to listen on (the demo password is no secret)")
    parser.add_argument("--imap", type=int, default=1143, help="port, when it is free")
    parser.add_argument("--imaps", type=int, default=1993, help="port, when it is free")
    try:
        serve(root, parser.parse_args(arguments), check)
    except KeyboardInterrupt:
        print("\ndev: stopped")
    except (Trouble, OSError) as trouble:
        print(f"dev: {trouble}", file=sys.stderr)
        return 1
    return 0
