# SPDX-License-Identifier: Apache-2.0
"""imapflow from npm (pinned in tests/npm/): imapflow.js plain with STARTTLS, then with TLS and a fresh account."""

import corpus
from harness import HERE, Account, command


def run(account):
    module = corpus.npm_modules() / "imapflow"
    with account.proxy() as proxy:
        command("node", HERE / "imapflow.js", module, "127.0.0.1", proxy.port, "plain", account.user, account.password)
    account.server.add_user("imapflow2", account.password)
    second = Account(account.server, "imapflow2", account.password)
    try:
        with second.proxy("imaps") as proxy:
            command("node", HERE / "imapflow.js", module, "127.0.0.1", proxy.port, "tls", second.user, second.password)
    finally:
        second.clean()
