# SPDX-License-Identifier: Apache-2.0
"""curl: IMAP, STARTTLS and IMAPS; list, append, fetch (whole, part, by UID), search, examine, custom commands."""

from harness import command, message, want, want_equal


class Curl:
    def __init__(self, account, base, *more):
        self.account, self.base = account, base
        self.words = ["curl", "-sS", "--max-time", "30", "--user", f"{account.user}:{account.password}", *more]

    def __call__(self, path, *words, **how):
        return command(*self.words, *words, f"{self.base}/{path}", **how)


def conversation(curl, account, number):
    """Everything, with message `number` appended to INBOX, which holds number - 1."""
    listing = curl("")
    want(b"INBOX" in listing and b"\\Sent" in listing, f"list: {listing}")
    data = message(number, body="line\r\n.dot\r\n" + "x" * 3000)
    path = account.folder / "message.eml"
    path.write_bytes(data)
    curl("INBOX", "-T", path)
    want_equal(curl(f"INBOX;MAILINDEX={number}"), data, "fetch by number")
    uid = max(account.contents("INBOX"))
    want_equal(curl(f"INBOX;UID={uid}"), data, "fetch by UID")
    want(data.startswith(curl(f"INBOX;UID={uid};SECTION=HEADER")), "fetch of a section")
    want_equal(curl(f"INBOX;UID={uid};SECTION=TEXT"), data.partition(b"\r\n\r\n")[2], "fetch of the text")
    found = curl(f"INBOX?SUBJECT%20%22Message%20{number}%22")
    want_equal(found.strip(), f"* SEARCH {number}".encode(), "search")
    flags = curl("INBOX", "-X", f"STORE {number} +FLAGS \\Flagged")
    want(b"\\Flagged" in flags, f"STORE: {flags}")
    want(b"EXISTS" in curl("", "-X", "EXAMINE INBOX"), "EXAMINE")


def run(account):
    with account.proxy() as proxy:
        plain = Curl(account, f"imap://127.0.0.1:{proxy.port}")
        conversation(plain, account, 1)
        conversation(Curl(account, plain.base, "--ssl-reqd", "-k"), account, 2)
        command(*plain.words[:-1], f"{account.user}:wrong", f"{plain.base}/", good=(67,))
        # A mailbox that is not there: curl says access denied or login denied, and ends.
        command(*plain.words, f"{plain.base}/nowhere;UID=1", good=(9, 67, 78))
    with account.proxy("imaps") as proxy:
        conversation(Curl(account, f"imaps://127.0.0.1:{proxy.port}", "-k"), account, 3)
        conversation(Curl(account, f"imaps://127.0.0.1:{proxy.port}", "-k", "--sasl-ir", "--login-options", "AUTH=PLAIN"), account, 4)
