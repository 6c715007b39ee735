# SPDX-License-Identifier: Apache-2.0
"""An MTA that takes everything and keeps it: where mail that leaves ends up in a test.

    with SmtpSink() as sink:
        ... sink.port ...
        sender, recipients, data = sink.wait()"""

import queue
import re
import socketserver
import threading


class Handler(socketserver.StreamRequestHandler):
    timeout = 60

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def data(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def handle(self):
        sender, recipients = None, []
        self.say("220 sink.example.net")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            path = re.search(rb"<([^>]*)>", line)
            if word == b"EHLO":
                self.say("250-sink.example.net\r\n250-PIPELINING\r\n250 8BITMIME")
            elif word == b"MAIL":
                sender, recipients = path[1].decode(), []
                self.say("250 fine")
            elif word == b"RCPT":
                recipients.append(path[1].decode())
                self.say("250 fine")
            elif word == b"DATA":
                self.say("354 go on")
                data = self.data()
                self.server.messages.put((sender, recipients, data))
                self.say("250 kept")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")


class SmtpSink(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.messages = queue.Queue()
        self.port = self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def wait(self, seconds=60):
        """The next message: (sender, recipients, data)."""
        return self.messages.get(timeout=seconds)
