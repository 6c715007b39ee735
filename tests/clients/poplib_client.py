# SPDX-License-Identifier: Apache-2.0
"""Python's poplib: plain, STLS and TLS; every command it has."""

import poplib
import ssl

from harness import message, want, want_equal


def lax():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def whole(client, account):
    capabilities = client.capa()
    for name in ("TOP", "UIDL", "PIPELINING", "RESP-CODES", "AUTH-RESP-CODE", "LANG"):
        want(name in capabilities, f"CAPA lacks {name}")
    want("PLAIN" in capabilities["SASL"], "CAPA lacks SASL PLAIN")
    client.user(account.user)
    client.pass_(account.password)


def run(account):
    sent = [message(i, body=f".dot {i}\r\n..dots\r\n.\r\nend") for i in range(1, 6)]
    account.append("INBOX", *sent)
    client = poplib.POP3("127.0.0.1", account.server.ports["pop3"], timeout=30)
    client.stls(lax())
    whole(client, account)
    want_equal(client.stat(), (5, sum(map(len, sent))), "STAT")
    sizes = [line.split()[1] for line in client.list()[1]]
    want_equal(sizes, [str(len(m)).encode() for m in sent], "LIST")
    ids = [line.split()[1] for line in client.uidl()[1]]
    want_equal(len(set(ids)), 5, "unique ids")
    for i, data in enumerate(sent, 1):
        want_equal(b"\r\n".join(client.retr(i)[1]) + b"\r\n", data, f"RETR {i}")
    want_equal(client.top(1, 1)[1][-1], b".dot 1", "TOP")
    client.dele(1)
    client.rset()
    client.dele(2)
    client.dele(5)
    client.noop()
    client.quit()

    client = poplib.POP3_SSL("127.0.0.1", account.server.ports["pop3s"], context=lax(), timeout=30)
    whole(client, account)
    want_equal([line.split()[1] for line in client.uidl()[1]], [ids[0], ids[2], ids[3]], "UIDL after QUIT")
    client.close()

    client = poplib.POP3("127.0.0.1", account.server.ports["pop3"], timeout=30)
    client.utf8()
    try:
        client.apop(account.user, account.password)
        raise AssertionError("APOP was accepted")
    except poplib.error_proto:
        pass
    whole(client, account)
    want_equal(client.stat()[0], 3, "messages left")
    client.quit()
