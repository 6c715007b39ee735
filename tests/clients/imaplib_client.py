# SPDX-License-Identifier: Apache-2.0
"""Python's imaplib: plain, STARTTLS and implicit TLS; every command it has that this server answers."""

import imaplib
import ssl

from harness import message, want, want_equal


def ok(answer, what):
    want_equal(answer[0], "OK", what)
    return answer[1]


def lax():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def mailboxes(m):
    ok(m.create('"Projects/2024 plans"'), "CREATE")
    ok(m.create("Gr&APwA3w-e"), "CREATE in modified UTF-7")
    names = b"\n".join(ok(m.list(), "LIST"))
    for name in (b"INBOX", b"Projects/2024 plans", b"Gr&APwA3w-e", b"\\Drafts", b"\\Sent", b"\\Trash", b"\\Junk"):
        want(name in names, f"LIST lacks {name}: {names}")
    ok(m.subscribe("Archive"), "SUBSCRIBE")
    want(any(b"Archive" in line for line in ok(m.lsub(), "LSUB") if line), "LSUB lacks Archive")
    ok(m.unsubscribe("Archive"), "UNSUBSCRIBE")
    ok(m.rename('"Projects/2024 plans"', "Plans"), "RENAME")
    want(b"Plans" in b"\n".join(ok(m.list(), "LIST")), "RENAME did nothing")
    ok(m.delete("Plans"), "DELETE")
    want(b"Plans" not in b"\n".join(ok(m.list(), "LIST")), "DELETE did nothing")
    ok(m.namespace(), "NAMESPACE")


def messages(m):
    sent = [message(i) for i in range(1, 6)]
    for i, data in enumerate(sent):
        date = imaplib.Time2Internaldate(1700000000 + i)
        ok(m.append("INBOX", "(\\Seen $Label)" if i == 0 else None, date, data), "APPEND")
    status = ok(m.status("INBOX", "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)"), "STATUS")[0]
    want(b"MESSAGES 5" in status and b"UNSEEN 4" in status, f"STATUS: {status}")
    want_equal(ok(m.select("INBOX"), "SELECT"), [b"5"], "EXISTS")
    fetched = ok(m.fetch("1:5", "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])"), "FETCH")
    bodies = [part[1] for part in fetched if isinstance(part, tuple)]
    want_equal(bodies, sent, "BODY[]")
    want_equal(ok(m.search(None, "UNSEEN"), "SEARCH"), [b"2 3 4 5"], "SEARCH UNSEEN")
    want_equal(ok(m.search("UTF-8", "SUBJECT", '"message 3"'), "SEARCH"), [b"3"], "SEARCH CHARSET UTF-8")
    want_equal(ok(m.uid("SEARCH", "KEYWORD", "$Label"), "UID SEARCH"), [b"1"], "UID SEARCH KEYWORD")
    ok(m.store("2:3", "+FLAGS", "(\\Flagged)"), "STORE")
    want_equal(ok(m.search(None, "FLAGGED"), "SEARCH"), [b"2 3"], "SEARCH FLAGGED")
    ok(m.copy("1:2", "Archive"), "COPY")
    ok(m.store("4", "+FLAGS.SILENT", "\\Deleted"), "STORE")
    want_equal(ok(m.expunge(), "EXPUNGE"), [b"4"], "EXPUNGE")
    ok(m.uid("MOVE", "5", "Archive"), "UID MOVE")
    ok(m.noop(), "NOOP")
    want_equal(ok(m.select("Archive", readonly=True), "EXAMINE"), [b"3"], "Archive")
    part = ok(m.fetch("3", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[TEXT]<0.4>)"), "FETCH parts")
    want_equal([p[1] for p in part if isinstance(p, tuple)], [b"Subject: Message 5\r\n\r\n", b"Body"], "parts")
    ok(m.check(), "CHECK")
    ok(m.close(), "CLOSE")


def refused(account, port):
    m = imaplib.IMAP4("127.0.0.1", port)
    try:
        m.login(account.user, "wrong")
        want(False, "a wrong password was taken")
    except imaplib.IMAP4.error as error:
        want("AUTHENTICATIONFAILED" in str(error), f"the refusal says {error}")
    ok(m.login(account.user, account.password), "LOGIN after a refusal")
    m.logout()


def run(account):
    with account.proxy() as proxy:
        with imaplib.IMAP4("127.0.0.1", proxy.port) as m:
            ok(m.login(account.user, account.password), "LOGIN")
            want("IMAP4REV1" in m.capabilities, f"capabilities {m.capabilities}")
            mailboxes(m)
            messages(m)
        with imaplib.IMAP4("127.0.0.1", proxy.port) as m:
            ok(m.starttls(lax()), "STARTTLS")
            credentials = f"\0{account.user}\0{account.password}".encode()
            ok(m.authenticate("PLAIN", lambda _: credentials), "AUTHENTICATE PLAIN")
            ok(m.enable("UTF8=ACCEPT"), "ENABLE") if "UTF8=ACCEPT" in m.capabilities else None
            want_equal(ok(m.select("INBOX"), "SELECT"), [b"3"], "INBOX after all")
        refused(account, proxy.port)
    with account.proxy("imaps") as proxy:
        with imaplib.IMAP4_SSL("127.0.0.1", proxy.port, ssl_context=lax()) as m:
            ok(m.login(account.user, account.password), "LOGIN over TLS")
            want_equal(ok(m.select("Archive"), "SELECT"), [b"3"], "Archive over TLS")
