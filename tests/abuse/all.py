#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Attacks on a running server (tests/abuse/attacks.py), while other users go on with their work. For each: the server lives and answers, other users are
served, its memory stays within the bound of the row and within MEMORY_MOST in all, what must be refused is.

    tests/abuse/all.py               every attack for a moment: no figures of time (a step of ./dev test)
    ./dev abuse [--only WORDS]       in full: the attacker is held to a tenth of a core; the 99th percentile of what others wait stays under twice the
                                     quiet one (or under 20 ms); processor time of the server for each attacking octet. Ends with a table."""

import argparse
import pathlib
import re
import resource
import socket
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import time  # noqa: E402

import report  # noqa: E402
from attacks import ATTACKS, Attacker  # noqa: E402
from server import Server, ServerError, program  # noqa: E402
from world import Bystander, Child, Duty, Watch, cpu, greets, memory, prepare  # noqa: E402

MIB = 1 << 20
# Small, so that a campaign meets them: what one user's commands hold, and all users'.
USER_MOST, USERS_MOST = 64, 128
CONFIG = f'limits = {{ memory = "{USERS_MOST}mb"; memory_per_user = "{USER_MOST}mb"; }};\n'
MEMORY_MOST = 384 << 20  # of all processes of the server, whatever anybody does
PROTOCOLS = ("imap", "imaps", "pop3", "lmtp", "submission")
HALF_OPEN_MOST = 4096  # octets of memory of a connection that says nothing
FLOOR_S = 0.020  # below it a quantile is not called slow


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))] if values else 0.0


class Campaign:
    def __init__(self, server, seconds, full):
        self.server, self.seconds, self.full = server, seconds, full
        self.pid = server.process.pid
        self.rows = []

    def bystand(self, seconds, work=lambda: None):
        """Others at work for so long; (what they waited, processor seconds of the server)."""
        bystander = Bystander(self.server.ports["imap"])

        def run(is_over):
            bystander.run(is_over, 0.004)
            return bystander.took, bystander.failed

        child = Child(run)
        time.sleep(0.3 if self.full else 0.05)
        before, began = cpu(self.pid), time.monotonic()
        try:
            work()
            time.sleep(max(0.0, seconds - (time.monotonic() - began)))
            spent = (cpu(self.pid) - before) / (time.monotonic() - began)
        finally:
            (took, failed), _ = child.end()
        if failed:
            raise ServerError(f"another user was not served: {failed}")
        return took, spent

    def attack(self, attack):
        """The findings, "" when all is well."""
        connections = attack.connections if self.full else min(attack.connections, 60)
        quiet, quiet_cpu = self.bystand(self.seconds / 2) if self.full else ([], 0)
        base, _ = memory(self.pid)
        watch = Watch(self.pid)
        attacker = Attacker(attack, self.server.ports[attack.protocol], connections)

        def run(is_over):
            attacker.run(is_over)
            return attacker.report()

        watch.start()
        child = Child(run)
        duty = Duty(child.process.pid, 0.1 if self.full else 0.5)
        duty.start()
        try:
            time.sleep(0.2 if self.full else 0)
            waited, busy_cpu = self.bystand(self.seconds)
        finally:
            duty.end()
            heard, own = child.end()
            watch.end()
        row = {
            "name": attack.name, "connections": connections, "held": heard["held"], "opened": heard["opened"], "sent": heard["sent"],
            "own": own, "cpu": max(0.0, busy_cpu - quiet_cpu), "per_octet": max(0.0, busy_cpu - quiet_cpu) * self.seconds / max(1, heard["sent"]),
            "memory": watch.own - base, "all": watch.own, "share": watch.share,
            "quiet": quantile(quiet, 0.99), "waited": quantile(waited, 0.99), "asked": len(waited),
        }
        self.rows.append(row)
        return "\n".join(self.findings(attack, row, heard))

    def findings(self, attack, row, heard):
        bound = row["connections"] * attack.per_connection + attack.fixed
        if not self.server.alive():
            yield "the server has ended\n" + self.server.log()
            return
        if row["memory"] > bound:
            yield f"{row['memory'] / MIB:.0f} MiB more memory, allowed are {bound / MIB:.0f}"
        if row["all"] > MEMORY_MOST:
            yield f"{row['all'] / MIB:.0f} MiB in all, allowed are {MEMORY_MOST / MIB:.0f}"
        if attack.answer and not re.search(attack.answer, heard["heard"]):
            yield f"{attack.answer!r} is not among what the server said: {heard['heard'][:500]!r}"
        if not row["sent"] and attack.payload:
            yield f"the attacker sent nothing: {heard}"
        if not row["asked"]:
            yield "other users did nothing"
        for protocol in ("imap", "pop3", "lmtp", "submission"):
            if not greets(self.server.ports[protocol], protocol):
                yield f"{protocol} does not greet"
        if self.full and row["waited"] > max(2 * row["quiet"], FLOOR_S):
            yield f"others' p99 is {row['waited'] * 1000:.1f} ms, quiet {row['quiet'] * 1000:.1f} ms"


def crowd(campaign):
    """As many connections that say nothing as the descriptors allow: how many, what each costs; somebody more is told, the others are served."""
    server, pid = campaign.server, campaign.pid
    base, _ = memory(pid)
    held, refused = [], 0
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    began = time.monotonic()
    for n in range(hard):
        sock = socket.socket()
        sock.settimeout(20)
        try:
            sock.bind((f"127.{1 + n // 20000}.0.{1 + n // 1000 % 20}", 0))
            sock.connect(("127.0.0.1", server.ports["imap"]))
            word = sock.recv(5)
        except OSError:
            word = b""
        if word != b"* OK ":
            refused += 1
            sock.close()
            if refused == 3:
                break
        else:
            held.append(sock)
        if len(held) >= hard - 300:
            break
    took = time.monotonic() - began
    own, _ = memory(pid)
    for sock in held[-200:]:  # places for others, as a limit for each address would leave them
        sock.close()
    del held[-200:]
    waited, _ = campaign.bystand(2)
    for sock in held:
        sock.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    each = (own - base) / max(1, len(held))
    print(f"{len(held)} connections before log-in at a time (descriptors: {hard}), {each:.0f} octets of memory for each, opened in {took:.0f} s; "
          f"others' p99 meanwhile {quantile(waited, 0.99) * 1000:.1f} ms")
    if each > HALF_OPEN_MOST:
        return f"{each:.0f} octets for each connection, allowed are {HALF_OPEN_MOST}"
    return "" if len(held) > hard // 2 and server.alive() else f"{len(held)} connections only, {refused} refused"


def table(rows):
    yield "| attack | connections | sent | server CPU | CPU per octet sent | memory | others' p99: quiet | attacked |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for r in rows:
        yield (f"| {r['name']} | {r['connections']} | {r['sent'] / 1e6:.2f} MB | {r['cpu']:.2f} cores | {r['per_octet'] * 1e9:.0f} ns | "
               f"{max(0, r['memory']) / MIB:.0f} MiB | {r['quiet'] * 1000:.1f} ms | {r['waited'] * 1000:.1f} ms |")


def descriptors_raise():
    """For the server and for us, where we may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for most in (100000, hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            return
        except (ValueError, OSError):
            continue


def verdict(name, why):
    if why:
        report.failed(f"abuse: {name}", why)
    else:
        report.passed(f"abuse: {name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="with figures of time")
    parser.add_argument("--seconds", type=float, help="for each attack")
    parser.add_argument("--only", default="", help="attacks whose name has this in it")
    options = parser.parse_args()
    if not program().exists():
        report.failed("abuse", f"there is no {program()}: ./dev build makes it")
        report.finish()
    chosen = [a for a in ATTACKS if options.only.lower() in a.name.lower() and (options.full or not a.long)]
    seconds = options.seconds or (8 if options.full else 0.1)
    campaign = None
    if options.full:
        descriptors_raise()
    try:
        with Server(protocols=PROTOCOLS, config=CONFIG) as server:
            prepare(server, options.full)
            campaign = Campaign(server, seconds, options.full)
            for attack in chosen:
                why = campaign.attack(attack)
                verdict(attack.name, why)
            if options.full and options.only in "as many connections as can be":
                verdict("as many connections as can be", crowd(campaign))
        report.passed("abuse: the server ended well")
    except (ServerError, AssertionError, OSError) as error:
        report.failed("abuse", f"{error}")
    if campaign and campaign.rows and options.full:
        print("\n".join(table(campaign.rows)))
        print(f"most memory of all processes: {max(r['all'] for r in campaign.rows) / MIB:.0f} MiB, with mapped mail "
              f"{max(r['share'] for r in campaign.rows) / MIB:.0f} MiB")
    report.finish()


if __name__ == "__main__":
    main()
