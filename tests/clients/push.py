# SPDX-License-Identifier: Apache-2.0
"""Two clients idle on one account: each sees what the other, and a third one, does within a second."""

import time

from harness import message, want
from imapclient import Literal

SOON = 1.0


def timed(idle, name, act):
    began = time.monotonic()
    act()
    response = idle.wait_for(name, timeout=SOON)
    return response, time.monotonic() - began


def run(account):
    account.append("INBOX", message(1), message(2), message(3))
    slowest = 0.0
    with account.proxy() as proxy:
        a, b, actor = (account.client(proxy, "INBOX") for _ in range(3))
        with a.idle() as first, b.idle() as second:
            for round_ in range(5):
                for watcher in (first, second):
                    _, took = timed(watcher, "EXISTS", lambda: actor.ok("APPEND INBOX", Literal(message(10 + round_))))
                    slowest = max(slowest, took)
                for watcher in (first, second):
                    sign = "+" if watcher is first else "-"
                    response, took = timed(watcher, "FETCH", lambda: actor.ok(f"STORE 2 {sign}FLAGS (\\Flagged)"))
                    want(response.number == 2, f"a change of message 2 was told as {response}")
                    slowest = max(slowest, took)
                actor.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
                response, took = timed(first, "EXPUNGE", lambda: actor.ok("EXPUNGE"))
                want(response.number == 1, f"an expunge of message 1 was told as {response}")
                second.wait_for("EXPUNGE", timeout=SOON)
                slowest = max(slowest, took)
        # A command behind DONE in the same packet is answered (iOS does this).
        tag = a.send("IDLE")
        while a._dispatch().kind != "continue":
            pass
        a.raw(b"DONE\r\nz9 NOOP\r\n")
        want(a.wait(tag).tagged.name == "OK" and a.wait("z9").tagged.name == "OK", "a command behind DONE")
        for client in (a, b, actor):
            client.ok("LOGOUT")
            client.close()
    want(slowest < SOON, f"the slowest change took {slowest:.3f} s")
