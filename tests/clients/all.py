#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Runs the clients of this folder against a real server, each with an account of its own, all bytes through the checking
proxy. tests/clients/all.py [--full] [NAME...]"""

import argparse
import importlib
import pathlib
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import report  # noqa: E402
from server import Server, ServerError, program  # noqa: E402

CLIENTS = ["imaplib_client", "curl", "mbsync", "mutt", "offlineimap", "imapflow", "push", "poplib_client", "pop3_programs", "lmtp_programs", "submission_programs", "postfix"]
PASSWORD = "correct horse"


def run_one(server, name, full):
    from harness import Account

    module = importlib.import_module(name)
    user = name.removesuffix("_client")
    server.add_user(user, PASSWORD)
    account = Account(server, user, PASSWORD, full)
    began = time.monotonic()
    try:
        module.run(account)
        report.passed(f"client {user} ({time.monotonic() - began:.1f} s)")
    except AssertionError as failure:
        where = traceback.extract_tb(failure.__traceback__)[-1]
        mine = [f for f in traceback.extract_tb(failure.__traceback__) if str(HERE) in f.filename] or [where]
        report.failed(f"client {user}", f"{pathlib.Path(mine[-1].filename).name}:{mine[-1].lineno}: {failure}")
    except Exception:
        report.failed(f"client {user}", traceback.format_exc())
    finally:
        account.clean()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the whole corpus where a client takes part of it")
    parser.add_argument("names", nargs="*", default=CLIENTS)
    options = parser.parse_args()
    if not program().exists():
        report.failed("clients", f"there is no {program()}: ./dev build makes it")
        report.finish()
    try:
        with Server(protocols=("imap", "imaps", "pop3", "pop3s", "lmtp"), unix="lmtp") as server:
            for name in options.names:
                run_one(server, name, options.full)
                if not server.alive():
                    raise ServerError("the server is gone\n" + server.log())
        report.passed("client server ended well")
    except ServerError as error:
        report.failed("client server", error)
    report.finish()


main()
