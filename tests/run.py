#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Plays the transcripts tests/imap/TOPIC/*.t against the built server, on every engine and in each revision they name, and those of
tests/pop3, tests/lmtp and tests/submission, once per engine.

    tests/run.py                          all of IMAP
    tests/run.py tests/pop3               all of POP3
    tests/run.py tests/imap/search a.t    some
    tests/run.py --engine memory --port 1143 --user u --password p FILE    against a server that runs already

A test that fails prints its whole transcript. tests/README.md says how to write one."""

import argparse
import concurrent.futures
import contextlib
import pathlib
import re
import sys
import threading
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))

import quickusers  # noqa: E402
import report  # noqa: E402
from fakerelay import FakeRelay  # noqa: E402
from linetranscript import LinePlayer  # noqa: E402
from server import Server, ServerError, program  # noqa: E402
from transcript import BadScript, Failure, Player, Violation, parse  # noqa: E402

ENGINES = ["local", "memory"]
PASSWORD = 'se"c\\ret'
PROTOCOLS = ("imap", "imaps", "pop3", "pop3s", "lmtp", "submission", "submissions")
CONFIG = 'submission: { domains = "example.org"; };\n'


class Runner:
    """One engine's server and its users; plays scripts in threads."""

    def __init__(self, engine):
        self.engine, self.server = engine, Server(engine, config=CONFIG, protocols=PROTOCOLS)
        self.count, self.lock = 0, threading.Lock()
        self.skipped = []

    def names(self, how_many):
        with self.lock:
            self.count += how_many
            return [f"user{self.count - how_many + i}" for i in range(1, how_many + 1)]

    def play(self, script, rev):
        """None when it passed, else what went wrong with the transcript."""
        names = self.names(script.users)
        if script.relay is not None:
            with contextlib.closing(FakeRelay()) as relay:
                config = (script.config or CONFIG) + relay.config(script.relay)
                with Server(self.engine, options=script.serve, config=config, protocols=PROTOCOLS) as server:
                    try:
                        relay.meet_probe(script.offers)
                    except (OSError, AssertionError) as failure:
                        return f"at the server's start: {failure}"
                    return self.play_on(server, script, rev, names, relay)
        if script.serve or script.config:
            config = script.config and re.sub(r"\$\{user(\d*)\}", lambda m: names[int(m[1] or 1) - 1], script.config)
            with Server(self.engine, options=script.serve, config=config, protocols=PROTOCOLS) as server:
                return self.play_on(server, script, rev, names)
        return self.play_on(self.server, script, rev, names)

    def play_on(self, server, script, rev, names, relay=None):
        quickusers.add(server.data, names, PASSWORD)
        users = [(name, PASSWORD) for name in names]
        if script.proto == "imap":
            player = Player(script, rev, server.ports, users)
        else:
            player = LinePlayer(script, script.proto, server.ports, users, relay)
        try:
            if not player.play():
                self.skipped.append(f"{script.name} ({rev})")
            return None
        except (Failure, BadScript, Violation, OSError, AssertionError) as failure:
            return f"{player.where()}\n  {failure}\n{player.transcript()}"
        except Exception:  # a fault of the runner is a failure with its trace
            return f"{player.where()}\n{traceback.format_exc()}\n{player.transcript()}"


def find(paths):
    """Transcript files of the arguments, each a file or a folder."""
    found = []
    for path in map(pathlib.Path, paths):
        found += sorted(path.rglob("*.t")) if path.is_dir() else [path]
    return found


def load(paths):
    scripts = []
    for path in find(paths):
        name = str(path.resolve().relative_to(HERE)) if HERE in path.resolve().parents else str(path)
        try:
            script = parse(path.read_text(), name)
            script.proto = next((p for p in ("pop3", "lmtp", "submission") if name.startswith(p + "/")), "imap")
            if script.proto != "imap":
                script.revs = ["rev2"]
            scripts.append(script)
        except BadScript as bad:
            report.failed(f"imap {name}", bad)
    return scripts


def run_engine(engine, scripts, jobs):
    todo = [(s, rev) for s in scripts if s.engines is None or engine in s.engines for rev in s.revs]
    if not todo:
        return
    runner = Runner(engine)
    try:
        with runner.server, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for (script, rev), why in zip(todo, pool.map(lambda t: runner.play(*t), todo)):
                name = f"{script.proto} {script.name} {rev} {engine}" if script.proto == "imap" else f"{script.name} {engine}"
                if why is None:
                    report.passed(name)
                else:
                    report.failed(name, why)
                if not runner.server.alive():
                    raise ServerError("the server is gone\n" + runner.server.log())
        report.passed(f"{todo[0][0].proto} server on {engine} ended well")
    except ServerError as error:
        report.failed(f"{todo[0][0].proto} server on {engine}", error)
    for name in runner.skipped:
        print(f"skip  {name} on {engine}: capability not there")


def run_against(options, scripts):
    """Against a server that somebody else started, as one user."""
    for script in scripts:
        for rev in script.revs:
            player = Player(script, rev, {"imap": options.port}, [(options.user, options.password)])
            try:
                player.play()
                report.passed(f"imap {script.name} {rev}")
            except (Failure, BadScript, Violation, OSError, AssertionError) as failure:
                report.failed(f"imap {script.name} {rev}", f"{player.where()}\n  {failure}\n{player.transcript()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", default=[str(HERE / "imap")])
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--rev", choices=["rev1", "rev2"])
    parser.add_argument("--jobs", "-j", type=int, default=4)
    parser.add_argument("--port", type=int)
    parser.add_argument("--user")
    parser.add_argument("--password")
    options = parser.parse_args()
    scripts = load(options.paths)
    for script in scripts:
        script.revs = [r for r in script.revs if options.rev in (None, r)]
    if options.port:
        run_against(options, scripts)
    elif not program().exists():
        report.failed("imap transcripts", f"there is no {program()}: ./dev build makes it")
    else:
        for engine in options.engine or ENGINES:
            run_engine(engine, scripts, options.jobs)
    report.finish()


main()
