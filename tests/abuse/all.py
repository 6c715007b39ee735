#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Attacks on a running server (tests/abuse/attacks.py), while other users go on with their work. For each: the server lives and answers, other users are
served, its memory stays within the bound of the row and within MEMORY_MOST in all, what must be refused is.

    tests/abuse/all.py               every attack for a moment: no figures of time (a step of ./dev test)
    ./dev abuse [--only WORDS]       in full, ending with a table. The attacker is held to a tenth of a core. All attacks go by in rounds, a quiet window
                                     before and after each, so that what else the machine does hits both. The 99th percentile of what others wait
                                     stays under twice the quiet one: the median over the rounds of the ratio of each window to the quiet ones beside
                                     it. Where it does not, the attack has more rounds before it is called slow. A process that touches no server and
                                     burns a tenth of a core goes by in the same rounds: where it makes others slower, that is the machine's, and the
                                     bound for the attacks is as much higher, but never more than twice.

Memory is what the processes have for themselves (Pss_Anon): mapped mail is the page cache, which the kernel takes back when it wants to. With it (Pss)
they have no more than that and what lies in files. It is measured in a round of its own: looking stops the server for a moment."""

import argparse
import collections
import pathlib
import re
import resource
import socket
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import report  # noqa: E402
from attacks import ATTACKS, CONTROL, Attacker  # noqa: E402
from server import Server, ServerError, program  # noqa: E402
from world import Bystander, Child, Duty, Watch, cpu, files_mapped, greets, memory, prepare  # noqa: E402

MIB = 1 << 20
# Small, so that a campaign meets them: what one user's commands hold, and all users'.
USER_MOST, USERS_MOST = 64, 128
CONFIG = f'limits = {{ memory = "{USERS_MOST}mb"; memory_per_user = "{USER_MOST}mb"; }};\n'
MEMORY_MOST = 384 << 20  # of all processes of the server, whatever anybody does
PROTOCOLS = ("imap", "imaps", "pop3", "lmtp", "submission")
HALF_OPEN_MOST = 4096  # octets of memory of a connection that says nothing
SHARE = 0.1  # of a core, for the attacker
SHARE_MOST = 0.15  # as measured: who had more was not held to it
LEAST_STEPS = 6  # of others, however short the attack
ROUNDS, MORE_ROUNDS = 3, 6
MINUTES = 9  # of the whole campaign, after which there are no more rounds
SLOWER = 2.0  # times the quiet 99th percentile
FLOOR_S = 0.004  # or one tick of the kernel's clock (250 Hz): who is woken may wait so long for whoever runs, with nobody to blame


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))] if values else 0.0


class Others:
    """The other users, all the time in a process of their own; what they waited is asked for at the end."""

    def __init__(self, server):
        self.bystander = Bystander(server.ports["imap"])
        self.child = Child(lambda is_over: (self.bystander.run(is_over, 0.003), self.bystander.took, self.bystander.failed)[1:])
        self.samples = []

    def steps(self):
        return self.bystander.steps.value

    def end(self):
        (self.samples, failed), _ = self.child.end()
        return failed

    def p99(self, window):
        return quantile([took for began, took in self.samples if window[0] <= began < window[1]], 0.99)


class Row:
    """What came of one attack."""

    def __init__(self, attack, connections):
        self.attack, self.connections = attack, connections
        self.sent = 0
        self.cpu = 0.0  # processor seconds of the server beyond the quiet ones
        self.own = self.share = self.more = 0  # peaks: of the processes alone, with mapped files, and the first beyond what was before
        self.windows = []  # (quiet before, attacked, quiet after)
        self.findings = []
        self.held = []  # what the attacker had of a core
        self.waits = ([0.0], [0.0], [0.0])

    def judge(self, others):
        before, during, after = zip(*self.windows)
        quiet = [(others.p99(b) + others.p99(a)) / 2 for b, a in zip(before, after)]
        attacked = [others.p99(d) for d in during]
        self.waits = (quiet, attacked, [a / q for a, q in zip(attacked, quiet) if q])

    def ratio(self):
        return statistics.median(self.waits[2] or [0])

    def is_slow(self, machine):
        """`machine`: the ratio of a process that only burns its share."""
        return self.ratio() > SLOWER * min(max(machine, 1.0), 2.0) and statistics.median(self.waits[1]) > FLOOR_S

    def cells(self):
        quiet, attacked, ratio = (statistics.median(w or [0]) for w in self.waits)
        held = statistics.mean(self.held or [0])
        each = f"{self.cpu / self.sent * 1e9:.0f} ns" if self.sent > 10000 else "-"
        return (f"| {self.attack.name} | {self.sent / 1e6:.2f} MB | {each} | {self.share / MIB:.0f} MiB ({self.own / MIB:.0f}) | "
                f"{held * 100:.0f}% | {quiet * 1000:.1f} ms | {attacked * 1000:.1f} ms | {ratio:.1f} |")


HEAD = """| attack | octets sent | server CPU for each | peak memory (without mapped files) | attacker's CPU | others' p99: quiet | attacked | ratio |
|---|---:|---:|---:|---:|---:|---:|---:|"""


class Campaign:
    def __init__(self, server, seconds, full):
        self.server, self.seconds, self.full = server, seconds, full
        self.pid = server.process.pid
        self.others = Others(server)
        self.began = time.monotonic()
        self.quiet = (0.0, 0.0)
        self.quiet_cpu = 0.0
        self.count = collections.Counter()

    def window(self, seconds):
        """Waits; ((began, ended), processor seconds of the server in it)."""
        spent, began, steps = cpu(self.pid), time.monotonic(), self.others.steps()
        time.sleep(seconds)
        late = began + 30
        while not self.full and self.others.steps() < steps + LEAST_STEPS and time.monotonic() < late:
            time.sleep(0.01)
        return (began, time.monotonic()), cpu(self.pid) - spent

    def settle(self):
        """Until the server has come to the end of what it was asked."""
        late, before = time.monotonic() + 2, cpu(self.pid)
        while time.monotonic() < late:
            time.sleep(0.1)
            now = cpu(self.pid)
            if now - before <= 0.03:  # the others' work
                return
            before = now

    def be_quiet(self):
        self.settle()
        window, spent = self.window(self.seconds * 0.8)
        self.quiet_cpu = spent / (window[1] - window[0])
        return window

    def attacked(self, row, measure):
        """Calls measure(attacker) while the attack is on; what the server said."""
        self.count[row.attack.name] += 1
        attacker = Attacker(row.attack, self.server.ports[row.attack.protocol], row.connections, self.count[row.attack.name] * 1000000)

        def run(is_over):
            attacker.run(is_over)
            return attacker.report()

        child = Child(run)
        attacker.pid = child.process.pid
        attacker.is_ready.wait(10)
        duty = Duty(child.process.pid, SHARE if self.full else 0.5)
        duty.start()
        try:
            measure(attacker)
        finally:
            duty.end()
            heard, _ = child.end()
        return heard

    def measure_memory(self, row):
        """The first round: memory, answers."""
        base, _ = memory(self.pid)
        watch = Watch(self.pid)
        watch.start()
        try:
            heard = self.attacked(row, lambda attacker: self.window(self.seconds if self.full else 0.1))
        finally:
            watch.end()
        row.own, row.share, row.more = watch.own, watch.share, watch.own - base
        row.findings = list(self.findings(row, heard))

    def measure_time(self, row):
        """One of the other rounds."""
        before = self.quiet if time.monotonic() - self.quiet[1] < 1 else self.be_quiet()
        quiet_cpu = self.quiet_cpu

        def measure(attacker):
            sent, had = attacker.sent.value, cpu(attacker.pid)
            window, spent = self.window(self.seconds)
            row.held.append((cpu(attacker.pid) - had) / (window[1] - window[0]))
            row.sent += attacker.sent.value - sent
            row.cpu += max(0.0, spent - quiet_cpu * (window[1] - window[0]))
            row.windows.append([before, window, None])

        self.attacked(row, measure)
        self.quiet = row.windows[-1][2] = self.be_quiet()

    def findings(self, row, heard):
        attack = row.attack
        bound = row.connections * attack.per_connection + attack.fixed
        if not self.server.alive():
            yield "the server has ended\n" + self.server.log()
            return
        if row.more > bound:
            yield f"{row.more / MIB:.0f} MiB more memory, allowed are {bound / MIB:.0f}"
        if row.own > MEMORY_MOST:
            yield f"{row.own / MIB:.0f} MiB in all, allowed are {MEMORY_MOST / MIB:.0f}"
        if row.share > MEMORY_MOST + files_mapped(self.server.data):
            yield f"{row.share / MIB:.0f} MiB with mapped files, more than there are"
        if attack.answer and not re.search(attack.answer, heard["heard"]):
            yield f"{attack.answer!r} is not among what the server said: {heard['heard'][:500]!r}"
        if not heard["sent"] and attack.payload:
            yield f"the attacker sent nothing: {heard}"
        for protocol in ("imap", "pop3", "lmtp", "submission"):
            if not greets(self.server.ports[protocol], protocol):
                yield f"{protocol} does not greet"


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
    campaign.settle()
    window, _ = campaign.window(2)
    for sock in held:
        sock.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    each = (own - base) / max(1, len(held))
    print(f"{len(held)} connections before log-in at a time (descriptors: {hard}), {each:.0f} octets of memory for each, opened in {took:.0f} s", flush=True)
    if each > HALF_OPEN_MOST:
        return f"{each:.0f} octets for each connection, allowed are {HALF_OPEN_MOST}", window
    return "" if len(held) > hard // 2 and server.alive() else f"{len(held)} connections only, {refused} refused", window


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


def rounds(campaign, rows, count):
    for _ in range(count):
        for row in rows:
            if time.monotonic() - campaign.began > MINUTES * 60 and row.windows:
                return
            campaign.measure_time(row)


def play(server, options, chosen):
    campaign = Campaign(server, options.seconds, options.full)
    rows = [Row(a, a.connections if options.full else min(a.connections, 60)) for a in chosen]
    others_failed, crowded = "", None
    try:
        if options.full and options.only in "as many connections as can be":
            crowded = crowd(campaign)  # first: what was used and freed before would hide what they cost
        for row in rows:
            campaign.measure_memory(row)
            if not options.full or not server.alive():
                verdict(row.attack.name, "\n".join(row.findings))
            if not server.alive():
                return
        if options.full:
            rounds(campaign, rows, options.rounds)
    finally:
        others_failed = campaign.others.end()
    verdict("other users were served", others_failed)
    if options.full:
        judge(campaign, rows, crowded)


def judge(campaign, rows, crowded):
    """The figures of time, where they look bad from more rounds."""
    control, attacks = rows[0], rows[1:]
    for row in rows:
        row.judge(campaign.others)
    doubtful = [row for row in attacks if row.is_slow(control.ratio())]
    if doubtful:
        print(f"once more: {', '.join(row.attack.name for row in doubtful)}", flush=True)
        before = campaign.others.samples
        campaign.others = Others(campaign.server)
        doubtful.insert(0, control)
        rounds(campaign, doubtful, MORE_ROUNDS)
        verdict("other users were served again", campaign.others.end())
        campaign.others.samples += before
    for row in doubtful:
        row.judge(campaign.others)
    for row in attacks:
        quiet, attacked, ratios = row.waits
        pairs = ", ".join(f"{a * 1000:.1f}/{q * 1000:.1f}" for q, a in zip(quiet, attacked))
        if statistics.median(row.held) > SHARE_MOST:
            row.findings.append(f"the attacker had {statistics.median(row.held):.2f} of a core")
        if row.is_slow(control.ratio()):
            row.findings.append(f"others' p99 is {statistics.median(ratios):.1f} times the quiet one: {pairs} ms")
        verdict(row.attack.name, "\n".join(row.findings))
    if crowded:
        verdict("as many connections as can be", crowded[0])
        print(f"others' p99 beside as many connections as can be: {campaign.others.p99(crowded[1]) * 1000:.1f} ms")
    print(f"the machine's share: {CONTROL.name} makes others' p99 {control.ratio():.1f} times the quiet one")
    print(HEAD)
    for row in rows:
        print(row.cells())
    print(f"most memory of all processes: {max(r.share for r in rows) / MIB:.0f} MiB, without mapped files {max(r.own for r in rows) / MIB:.0f} MiB "
          f"(bound: {MEMORY_MOST / MIB:.0f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="with figures of time")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each window")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of windows")
    parser.add_argument("--only", default="", help="attacks whose name has this in it")
    options = parser.parse_args()
    if not program().exists():
        report.failed("abuse", f"there is no {program()}: ./dev build makes it")
        report.finish()
    control = [CONTROL] if options.full else []
    chosen = control + [a for a in ATTACKS if options.only.lower() in a.name.lower() and (options.full or not a.long)]
    if options.full:
        descriptors_raise()
    try:
        with Server(protocols=PROTOCOLS, config=CONFIG) as server:
            prepare(server, options.full)
            play(server, options, chosen)
        report.passed("abuse: the server ended well")
    except (ServerError, AssertionError, OSError) as error:
        report.failed("abuse", f"{error}")
    report.finish()


if __name__ == "__main__":
    main()
