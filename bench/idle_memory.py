#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an idle connection costs: logs in, selects and idles on many connections, and reads the proportional set size (PSS) of all of the
server's processes at two counts; the slope between them is the cost of one connection.

    idle_memory.py PID HOST:PORT USER PASSWORD [--users N] [--tls] [--compress] [--low 1000] [--high 5000]

With --users N the connections are those of USER0 ... USER(N-1) in turn.
"""

import argparse
import os
import socket
import ssl
import sys
import zlib


def processes(pid):
    """The process and all that descend from it."""
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as children:
            for child in children.read().split():
                found += processes(int(child))
    return found


def pss(pid):
    total = 0
    for process in processes(pid):
        with open(f"/proc/{process}/smaps_rollup") as rollup:
            total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    return total * 1024


class Connection:
    """One session, brought to IDLE."""

    def __init__(self, address, user, password, tls, compress):
        self.socket = socket.create_connection(address)
        if tls:
            self.socket = tls.wrap_socket(self.socket)
        self.inflate = self.deflate = None
        self.pending = b""
        self.line()
        self.command(f"LOGIN {user} {password}")
        if compress:
            self.command("COMPRESS DEFLATE")
            self.inflate = zlib.decompressobj(-15)
            self.deflate = zlib.compressobj(wbits=-15)
        self.command("SELECT INBOX")
        self.send(b"i IDLE\r\n")
        while not self.line().startswith(b"+"):
            pass
        # The client's own buffers are not the server's cost.
        self.inflate = self.deflate = None

    def send(self, data):
        if self.deflate:
            data = self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        self.socket.sendall(data)

    def line(self):
        while b"\r\n" not in self.pending:
            data = self.socket.recv(65536)
            if not data:
                sys.exit("the server closed a connection")
            self.pending += self.inflate.decompress(data) if self.inflate else data
        line, self.pending = self.pending.split(b"\r\n", 1)
        return line

    def command(self, text):
        self.send(b"a " + text.encode() + b"\r\n")
        while True:
            line = self.line()
            if line.startswith(b"a "):
                if not line.startswith(b"a OK"):
                    sys.exit(f"{text}: {line.decode()}")
                return


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pid", type=int)
    parser.add_argument("address")
    parser.add_argument("user")
    parser.add_argument("password")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--compress", action="store_true")
    parser.add_argument("--users", type=int, default=0)
    parser.add_argument("--low", type=int, default=1000)
    parser.add_argument("--high", type=int, default=5000)
    args = parser.parse_args()
    host, port = args.address.rsplit(":", 1)
    tls = None
    if args.tls:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    connections, sizes = [], []
    for count in (args.low, args.high):
        while len(connections) < count:
            user = f"{args.user}{len(connections) % args.users}" if args.users else args.user
            connections.append(Connection((host, int(port)), user, args.password, tls, args.compress))
        sizes.append(pss(args.pid))
        print(f"{count} idle connections: {sizes[-1] / 1024:.0f} KiB")
    print(f"one idle connection: {(sizes[1] - sizes[0]) / (args.high - args.low) / 1024:.2f} KiB")


if __name__ == "__main__":
    main()
