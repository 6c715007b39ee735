#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the session checker: conversations that must pass, and one for each rule that must not."""

import os
import sys
import unittest
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from grammar.session import SessionChecker      # noqa: E402

GREETING = 'S: * OK [CAPABILITY IMAP4rev1] hello\n'
LOGIN = GREETING + 'C: l LOGIN joe pw\nS: l OK in\n'
BOX = r'''
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft foo)
S: * OK [PERMANENTFLAGS (\Deleted \Seen foo \*)] Limited
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UIDVALIDITY 1] valid
S: * OK [UIDNEXT 10] next
'''
SELECT = LOGIN + 'C: s SELECT a' + BOX + 'S: s OK [READ-WRITE] selected\n'
REV2_BOX = BOX.replace('S: * 0 RECENT', 'S: * LIST () "/" a')
REV2 = LOGIN + 'C: e ENABLE IMAP4rev2\nS: * ENABLED IMAP4rev2\nS: e OK x\n'
REV2_SELECT = REV2 + 'C: s SELECT a' + REV2_BOX + 'S: s OK [READ-WRITE] selected\n'
QRESYNC = LOGIN + 'C: e ENABLE QRESYNC\nS: * ENABLED QRESYNC\nS: e OK x\n'
QRESYNC_SELECT = QRESYNC + 'C: s SELECT a' + BOX + 'S: * OK [HIGHESTMODSEQ 5] x\nS: s OK [READ-WRITE] selected\n'
UIDS = 'C: u FETCH 1:3 UID\nS: * 1 FETCH (UID 2)\nS: * 2 FETCH (UID 4)\nS: * 3 FETCH (UID 6)\nS: u OK x\n'


def play(script, checker=None):
    """Feed a conversation, one "C: " or "S: " line after the other; the checker."""
    checker = checker or SessionChecker()
    for line in script.strip('\n').split('\n'):
        who, data = line[:3], line[3:]
        data = data.encode().decode('unicode_escape').encode('latin-1') if '\\r' in data else data.encode()
        if who == 'C: ':
            checker.client(data + b'\r\n')
        elif who == 'S: ':
            checker.server(data + b'\r\n')
        elif line:
            raise ValueError(line)
    checker.closed()
    return checker


class Base(unittest.TestCase):
    """Conversations and verdicts."""

    maxDiff = None

    def good(self, script):
        with self.subTest(script=script[-200:]):
            play(script).check()

    def bad(self, script, reason, count=1):
        """The script has exactly the violation that `reason` describes."""
        with self.subTest(script=script[-200:]):
            found = [finding.reason for finding in play(script).violations]
            self.assertEqual(len(found), count, found)
            self.assertRegex(found[0], reason)


class Connection(Base):
    """Greeting, tags, states."""

    def test_greeting(self):
        self.good(GREETING)
        self.good('S: * PREAUTH x\nC: a LIST "" *\nS: a OK x')
        self.bad('S: * 5 EXISTS', 'greeting')
        self.bad('S: a OK x', 'greeting')
        self.bad(LOGIN + 'S: * PREAUTH x', 'greeting only')

    def test_tags(self):
        self.bad(LOGIN + 'S: b OK x', 'no command in progress')
        self.bad(LOGIN + 'C: b NOOP\nS: b OK x\nS: b OK x', 'no command in progress')
        self.good(LOGIN + 'C: b NOOP\nC: c NOOP\nS: c OK x\nS: b OK x')

    def test_grammar_violations_are_found_and_survived(self):
        self.bad(LOGIN + 'C: b NOOP\nS: * FOO\nS: b OK x', 'unknown response')
        self.bad(LOGIN + 'C: b NOOP\nS: b OK \nC: c NOOP\nS: c OK x', 'text is missing')

    def test_bye(self):
        self.good(LOGIN + 'C: b LOGOUT\nS: * BYE x\nS: b OK x')
        self.bad(LOGIN + 'C: b LOGOUT\nS: b OK x', 'without BYE')
        self.bad(LOGIN + 'S: * BYE x\nS: * OK y', 'after BYE')

    def test_truncated(self):
        checker = SessionChecker()
        checker.server(b'* OK x\r\n* OK incompl')
        checker.closed()
        self.assertRegex(checker.violations[0].reason, 'inside a response')

    def test_states(self):
        self.bad(GREETING + 'C: a NOOP\nS: * LIST () "/" a\nS: a OK x', 'before authentication')
        for data in ('1 EXISTS', '1 EXPUNGE', '1 FETCH (UID 1)', 'FLAGS ()', '0 RECENT'):
            self.bad(LOGIN + f'C: a NOOP\nS: * {data}\nS: a OK x', 'no mailbox is selected')

    def test_close(self):
        for command in ('CLOSE', 'UNSELECT'):
            self.bad(SELECT + f'C: a {command}\nS: a OK x\nC: b NOOP\nS: * 4 EXISTS\nS: b OK x', 'no mailbox is selected')

    def test_unauthenticate(self):
        self.bad(SELECT + 'C: a UNAUTHENTICATE\nS: a OK x\nC: b NOOP\nS: * STATUS a ()\nS: b OK x', 'before authentication')
        self.good(REV2 + 'C: a UNAUTHENTICATE\nS: a OK x\nC: l LOGIN a b\nS: l OK x\nC: s SELECT a' + BOX + 'S: s OK [READ-ONLY] x')

    def test_required(self):
        for command, answer in (('CAPABILITY', 'CAPABILITY IMAP4rev1'), ('NAMESPACE', 'NAMESPACE NIL NIL NIL'), ('ID NIL', 'ID NIL'),
                                ('STATUS a (MESSAGES)', 'STATUS a (MESSAGES 1)'), ('ENABLE X', 'ENABLED'), ('GETQUOTAROOT a', 'QUOTAROOT a'),
                                ('GETACL a', 'ACL a'), ('MYRIGHTS a', 'MYRIGHTS a lr'), ('GETJMAPACCESS', 'JMAPACCESS "u"')):
            self.good(LOGIN + f'C: a {command}\nS: * {answer}\nS: a OK x')
            self.good(LOGIN + f'C: a {command}\nS: a NO x')
            self.bad(LOGIN + f'C: a {command}\nS: a OK x', 'in OK without')
            if command not in ('CAPABILITY',):
                self.bad(LOGIN + f'C: a NOOP\nS: * {answer}\nS: a OK x', 'no command asks')

    def test_enabled(self):
        self.bad(LOGIN + 'C: a ENABLE CONDSTORE\nS: * ENABLED CONDSTORE UTF8=ACCEPT\nS: a OK x', 'did not ask for')

    def test_status_items(self):
        self.bad(LOGIN + 'C: a STATUS b (MESSAGES UNSEEN)\nS: * STATUS b (MESSAGES 1)\nS: a OK x', 'UNSEEN')

    def test_unsolicited_list(self):
        push = 'C: a NOOP\nS: * LIST () "/" a\nS: a OK x'
        self.bad(LOGIN + push, 'no command asks')
        self.good(REV2 + push)
        self.good(LOGIN + 'C: n NOTIFY SET (personal (MailboxName))\nS: n OK x\n' + push)


class Dialogue(Base):
    """Literals, IDLE, SASL, changes of the stream."""

    def test_synchronizing_literal(self):
        self.good(LOGIN + 'C: a LOGIN {3}\nS: + go\nC: joe {2}\nS: + go\nC: pw\nS: a NO already')
        self.good(LOGIN + 'C: a APPEND b {3}\nS: a NO [TRYCREATE] x\nC: b NOOP\nS: b OK x')
        self.good(LOGIN + 'C: a APPEND b {10}\nS: + go\nC: x NOOP\\r\\nyy\nS: a OK x')

    def test_non_synchronizing_literal(self):
        self.good(LOGIN + 'C: a APPEND b {9+}\nC: x NOOP\\r\\ny\nS: a OK x\nC: b NOOP\nS: b OK x')
        self.good(LOGIN + 'C: a APPEND b {9+}\nS: a NO [LIMIT] x\nC: x NOOP\\r\\ny\nC: b NOOP\nS: b OK x')

    def test_unexpected_continuation(self):
        self.bad(LOGIN + 'S: + go', 'waits for none')
        self.bad(LOGIN + 'C: a NOOP\nS: + go\nS: a OK x', 'waits for none')
        self.bad(LOGIN + 'C: a IDLE\nS: + go\nS: + go\nC: DONE\nS: a OK x', 'waits for none')

    def test_idle(self):
        self.good(SELECT + 'C: a IDLE\nS: + idling\nS: * 4 EXISTS\nS: * 1 EXPUNGE\nC: DONE\nS: a OK x')
        self.good(SELECT + 'C: a IDLE\nC: DONE\nC: b NOOP\nS: + idling\nS: a OK x\nS: b OK x')
        self.good(SELECT + 'C: a IDLE\nS: a NO x\nC: b NOOP\nS: b OK x')
        self.bad(SELECT + 'C: a IDLE\nS: + idling\nS: a OK x', 'before DONE')

    def test_authenticate(self):
        self.good(GREETING + 'C: a AUTHENTICATE PLAIN\nS: + \nC: AGEAYg==\nS: a OK x\nC: b NOOP\nS: b OK x')
        self.good(GREETING + 'C: a AUTHENTICATE PLAIN AGEAYg==\nC: b NOOP\nS: a OK x\nS: b OK x')
        self.good(GREETING + 'C: a AUTHENTICATE X\nS: + \nC: b NOOP\nS: + \nC: *\nS: a BAD x\nC: b NOOP\nS: b OK x')

    def test_starttls(self):
        checker = play(GREETING + 'C: a STARTTLS\nS: a OK go')
        self.assertTrue(checker.tls_started)
        checker.check()
        self.good(GREETING + 'C: a STARTTLS\nS: a NO x\nC: b NOOP\nS: b OK x')
        self.bad(GREETING + 'C: a STARTTLS\nS: a OK go\\r\\n* CAPABILITY IMAP4rev1', 'plaintext')
        self.bad(GREETING + 'C: a STARTTLS\nS: a OK go\nC: a STARTTLS\nS: a OK go', 'twice')

    def test_compress(self):
        """Both directions from the OK on, also where one packet holds the seam (RFC 4978)."""
        checker = play(LOGIN + 'C: a COMPRESS DEFLATE')
        deflate, client = zlib.compressobj(wbits=-15), zlib.compressobj(wbits=-15)
        packed = client.compress(b'b NOOP\r\n') + client.flush(zlib.Z_SYNC_FLUSH)
        checker.server(b'a OK go\r\n' + deflate.compress(b'* OK inside\r\n') + deflate.flush(zlib.Z_SYNC_FLUSH))
        checker.client(packed)
        checker.server(deflate.compress(b'* FOO\r\nb OK x\r\n') + deflate.flush(zlib.Z_SYNC_FLUSH))
        self.assertEqual(len(checker.violations), 1)
        self.assertRegex(checker.violations[0].reason, 'FOO')


class Select(Base):
    """What SELECT must tell."""

    def test_good(self):
        self.good(SELECT)
        self.good(REV2_SELECT)
        self.good(SELECT + 'C: t SELECT b\nS: * OK [CLOSED] x' + BOX + 'S: t OK [READ-WRITE] x')
        self.good(LOGIN + 'C: s EXAMINE a' + BOX + 'S: s OK [READ-ONLY] x')
        self.good(SELECT + 'C: t SELECT b\nS: * OK [CLOSED] x\nS: t NO x')

    def test_pipelined(self):
        self.good(LOGIN + 'C: s SELECT a\nC: f FETCH 3 UID' + BOX + 'S: s OK [READ-WRITE] x\nS: * 3 FETCH (UID 6)\nS: f OK x')
        self.good(LOGIN + 'C: n NOOP\nC: s SELECT a\nS: n OK x' + BOX + 'S: s OK [READ-WRITE] x')

    def test_missing(self):
        script = SELECT[len(LOGIN):]
        for piece in ('* FLAGS', '* OK [PERMANENTFLAGS', '* 3 EXISTS', '* 0 RECENT', '* OK [UIDVALIDITY', '* OK [UIDNEXT'):
            cut = '\n'.join(line for line in script.split('\n') if piece not in line)
            self.bad(LOGIN + cut, 'ended in OK without')
        self.bad(REV2_SELECT.replace('S: * LIST () "/" a\n', ''), 'without LIST')
        with_capability = LOGIN.replace('IMAP4rev1', 'IMAP4rev1 {}')
        self.bad(with_capability.format('CONDSTORE') + script, 'HIGHESTMODSEQ')
        self.bad(with_capability.format('OBJECTID') + script, 'MAILBOXID')

    def test_access(self):
        self.bad(SELECT.replace('[READ-WRITE] ', ''), 'with code None')
        self.bad(LOGIN + 'C: s EXAMINE a' + BOX + 'S: s OK [READ-WRITE] x', 'with code READ-WRITE')

    def test_closed(self):
        self.bad(SELECT + 'C: t SELECT b' + BOX + 'S: t OK [READ-WRITE] x', 'without CLOSED')
        self.bad(LOGIN + 'C: n NOOP\nS: * OK [CLOSED] x\nS: n OK x', 'no SELECT closes')

    def test_permanent_flags_are_flags(self):
        self.bad(SELECT.replace('foo \\*)', 'foo bar \\*)'), 'PERMANENTFLAGS not in FLAGS')

    def test_nothing_selected_after_no(self):
        self.bad(SELECT + 'C: t SELECT b\nS: * OK [CLOSED] x\nS: t NO x\nC: n NOOP\nS: * 3 EXISTS\nS: n OK x', 'no mailbox is selected')


class Numbers(Base):
    """Message numbers and UIDs."""

    def test_exists(self):
        self.good(SELECT + 'C: n NOOP\nS: * 5 EXISTS\nS: * 5 EXPUNGE\nS: * 4 EXISTS\nS: n OK x')
        self.bad(SELECT + 'C: n NOOP\nS: * 2 EXISTS\nS: n OK x', 'without EXPUNGE')
        self.bad(SELECT + 'C: n NOOP\nS: * 4 RECENT\nS: n OK x', 'RECENT 4')

    def test_ranges(self):
        self.bad(SELECT + 'C: n NOOP\nS: * 4 EXPUNGE\nS: n OK x', 'EXPUNGE 4 with 3')
        self.bad(SELECT + r'C: n NOOP' + '\nS: * 4 FETCH (FLAGS ())\nS: n OK x', 'FETCH 4 with 3')
        self.bad(SELECT + 'C: n SEARCH ALL\nS: * SEARCH 1 4\nS: n OK x', 'result 4')
        self.good(SELECT + 'C: n UID SEARCH ALL\nS: * SEARCH 1 4\nS: n OK x')

    def test_when_to_expunge(self):
        self.good(SELECT + 'C: n NOOP\nS: * 1 EXPUNGE\nS: n OK x')
        self.bad(SELECT + 'S: * 1 EXPUNGE', 'no command in progress')
        self.bad(SELECT + 'C: a APPEND b {5}\nS: * 1 EXPUNGE\nS: + go\nC: hello\nS: a OK x', 'no command in progress')
        for command in ('SEARCH ALL', 'SORT (DATE) UTF-8 ALL', 'THREAD REFERENCES UTF-8 ALL'):
            name = command.split()[0]
            self.bad(SELECT + f'C: a {command}\nS: * 1 EXPUNGE\nS: * {name}\nS: a OK x', f'EXPUNGE during {name}')
            self.good(SELECT + f'C: a UID {command}\nS: * 1 EXPUNGE\nS: * {name}\nS: a OK x')
        self.bad(SELECT + 'C: a STORE 1 +FLAGS.SILENT foo\nS: * 3 EXPUNGE\nS: a OK x', 'EXPUNGE during STORE')
        self.bad(SELECT + 'C: a FETCH 1 UID\nS: * 1 FETCH (UID 1)\nS: * 3 EXPUNGE\nS: a OK x', 'EXPUNGE during FETCH')
        self.good(SELECT + 'C: n NOTIFY SET (selected (MessageNew MessageExpunge))\nS: n OK x\nS: * 1 EXPUNGE')
        self.bad(SELECT + 'C: n NOTIFY SET (selected-delayed (MessageNew MessageExpunge))\nS: n OK x\nS: * 1 EXPUNGE', 'no command in progress')
        self.bad(SELECT + 'C: a FETCH 1 UID\nC: n NOOP\nS: * 1 EXPUNGE\nS: * 1 FETCH (UID 9)\nS: a OK x\nS: n OK x', 'during FETCH')

    def test_uids(self):
        self.good(SELECT + UIDS)
        self.bad(SELECT + UIDS + 'C: n FETCH 2 UID\nS: * 2 FETCH (UID 5)\nS: n OK x', 'changed its UID')
        self.bad(SELECT + 'C: u FETCH 1:2 UID\nS: * 1 FETCH (UID 4)\nS: * 2 FETCH (UID 4)\nS: u OK x', 'not between', 2)
        self.bad(SELECT + 'C: u FETCH 2:3 UID\nS: * 3 FETCH (UID 4)\nS: * 2 FETCH (UID 5)\nS: u OK x', 'not between', 2)
        self.good(SELECT + UIDS + 'C: n NOOP\nS: * 1 EXPUNGE\nS: * 1 FETCH (UID 4 FLAGS ())\nS: n OK x')
        self.bad(SELECT + UIDS + 'C: n NOOP\nS: * 1 EXPUNGE\nS: * 1 FETCH (UID 2 FLAGS ())\nS: n OK x', 'changed its UID')

    def test_uidnext(self):
        self.bad(SELECT + 'C: u FETCH 3 UID\nS: * 3 FETCH (UID 10)\nS: u OK x', 'contradicts UIDNEXT')
        self.bad(SELECT + 'C: n NOOP\nS: * 4 EXISTS\nS: * 4 FETCH (UID 9 FLAGS ())\nS: n OK x', 'contradicts UIDNEXT')
        self.good(SELECT + 'C: n NOOP\nS: * 1 EXPUNGE\nS: * 3 EXISTS\nS: * 3 FETCH (UID 10 FLAGS ())\nS: n OK x')
        # A UID below UIDNEXT that goes was one of the messages of the SELECT, even if nobody asked for its number.
        self.good(QRESYNC_SELECT + 'C: n NOOP\nS: * 5 EXISTS\nS: * VANISHED 4\nS: n OK x\n'
                  'C: u UID FETCH 10:11 UID\nS: * 3 FETCH (UID 10)\nS: u OK x')

    def test_vanished(self):
        uids = UIDS
        self.good(QRESYNC_SELECT + uids + 'C: n NOOP\nS: * VANISHED 2,6\nS: * 1 EXISTS\nS: n OK x')
        self.bad(QRESYNC_SELECT + uids + 'C: n NOOP\nS: * VANISHED 3\nS: n OK x', 'not in the mailbox')
        self.bad(QRESYNC_SELECT + uids + 'C: n NOOP\nS: * VANISHED 2:9\nS: n OK x', 'more UIDs than')
        self.bad(QRESYNC_SELECT + 'S: * VANISHED 2', 'no command in progress')
        self.bad(QRESYNC_SELECT + 'C: n FETCH 1 UID\nS: * VANISHED 2\nS: * 1 FETCH (UID 5)\nS: n OK x', 'during FETCH')
        self.bad(SELECT + 'C: n NOOP\nS: * VANISHED 2\nS: n OK x', 'without ENABLE QRESYNC')
        self.bad(QRESYNC_SELECT + 'C: n NOOP\nS: * VANISHED (EARLIER) 1:1000\nS: n OK x', r'\(EARLIER\) outside')
        self.good(QRESYNC_SELECT + 'C: n UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)\nS: * VANISHED (EARLIER) 1:1000\nS: n OK x')
        self.good(QRESYNC_SELECT + 'C: n NOOP\nS: * VANISHED 4,7,9\nS: n OK x')

    def test_all_uids_are_compared_at_the_end(self):
        many = SELECT.replace('* 3 EXISTS', '* 200 EXISTS').replace('UIDNEXT 10', 'UIDNEXT 1000')
        script = many + 'C: u FETCH 1,150 UID\nS: * 1 FETCH (UID 50)\nS: * 150 FETCH (UID 40)\nS: u OK x'
        self.bad(script, 'do not ascend')


class Fetches(Base):
    """FETCH gives what was asked for, and truly."""

    def fetch(self, command, *lines, prelude=SELECT):
        return prelude + f'C: f {command}\n' + ''.join(f'S: * {line}\n' for line in lines) + 'S: f OK x'

    def test_all_items(self):
        self.good(self.fetch('FETCH 1 (UID FLAGS BODY.PEEK[HEADER.FIELDS (From to)] BODY[1]<2.3>)',
                             '1 FETCH (FLAGS () UID 2 BODY[HEADER.FIELDS (FROM TO)] "x" BODY[1]<2> "abc")'))
        self.good(self.fetch('FETCH 1 (UID FLAGS)', '1 FETCH (UID 2)', '1 FETCH (FLAGS ())'))
        self.bad(self.fetch('FETCH 1 (UID FLAGS)', '1 FETCH (UID 2)'), "without .'FLAGS'")
        self.bad(self.fetch('FETCH 1 FAST', r'1 FETCH (FLAGS () RFC822.SIZE 5)'), "without .'INTERNALDATE'")
        self.bad(self.fetch('FETCH 1:3 UID', '1 FETCH (UID 2)', '3 FETCH (UID 4)'), 'without a response for .2')
        self.bad(self.fetch('FETCH 2:* UID', '3 FETCH (UID 4)'), 'without a response for .2')
        self.bad(self.fetch('UID FETCH 1:* FLAGS', '1 FETCH (UID 2 FLAGS ())', '3 FETCH (UID 6 FLAGS ())', prelude=SELECT + UIDS),
                 'without a response for .4')
        self.good(self.fetch('UID FETCH 1:* (FLAGS) (CHANGEDSINCE 5)', '1 FETCH (UID 2 FLAGS () MODSEQ (7))', prelude=SELECT + UIDS))

    def test_section_echo(self):
        self.bad(self.fetch('FETCH 1 BODY.PEEK[HEADER.FIELDS (From)]', '1 FETCH (BODY[HEADER.FIELDS (To)] "x")'), 'nobody asked for', 2)
        self.bad(self.fetch('FETCH 1 BODY.PEEK[1]', '1 FETCH (BODY[TEXT] "x")'), 'nobody asked for', 2)
        self.bad(self.fetch('FETCH 1 BODY.PEEK[]<0.5>', '1 FETCH (BODY[] "x")'), 'nobody asked for', 2)
        self.bad(self.fetch('FETCH 1 BODY.PEEK[]', '1 FETCH (BODY[]<0> "x")'), 'nobody asked for', 2)
        self.bad(self.fetch('NOOP', '1 FETCH (UID 2 ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))'), 'nobody asked for')

    def test_partial(self):
        self.bad(self.fetch('FETCH 1 BODY.PEEK[]<0.3>', '1 FETCH (BODY[]<0> "abcd")'), '3 were asked for')
        self.bad(self.fetch('FETCH 1 (RFC822.SIZE BODY.PEEK[]<2.3>)', '1 FETCH (RFC822.SIZE 9 BODY[]<2> "ab")'), 'must have 3')
        self.good(self.fetch('FETCH 1 (RFC822.SIZE BODY.PEEK[]<7.3>)', '1 FETCH (RFC822.SIZE 9 BODY[]<7> "ab")'))

    def test_uid_commands_answer_uids(self):
        self.bad(self.fetch('UID FETCH 2 FLAGS', '1 FETCH (FLAGS ())'), 'lack the UID')
        self.bad(self.fetch('UID STORE 2 FLAGS ()', '1 FETCH (FLAGS ())'), 'lack the UID')
        self.bad(self.fetch('UID FETCH 2 BODY.PEEK[1]', '1 FETCH (BODY[1] NIL)', '1 FETCH (UID 2 BODY[1] NIL)'), 'without UID in answer')
        self.good(self.fetch('UID FETCH 4 FLAGS', '2 FETCH (FLAGS () UID 4)', '1 FETCH (FLAGS (foo))'))
        self.good(self.fetch('STORE 2 FLAGS ()', '2 FETCH (FLAGS ())'))

    def test_what_was_told_on_the_account_of_an_earlier_command(self):
        """Others' flags that NOOP tells while a UID FETCH waits behind it, and messages that go before its turn."""
        begin = SELECT + UIDS + 'C: n NOOP\nC: f UID FETCH 4 (UID FLAGS)\nS: * 2 FETCH (FLAGS (foo))\nS: n OK x\n'
        self.good(begin + 'S: * 2 EXPUNGE\nS: f OK x')
        self.good(begin + 'S: * 2 FETCH (UID 4 FLAGS (foo))\nS: f OK x')
        self.bad(begin + 'S: * 2 FETCH (FLAGS (foo))\nS: f OK x', 'lack the UID', 2)

    def test_unsolicited_needs_uid(self):
        self.bad(self.fetch('NOOP', '1 FETCH (FLAGS ())', prelude=REV2_SELECT), 'unsolicited FETCH without UID')
        self.bad(self.fetch('NOOP', '1 FETCH (FLAGS () MODSEQ (9))', prelude=QRESYNC_SELECT), 'unsolicited FETCH without UID')
        self.good(self.fetch('NOOP', '1 FETCH (FLAGS ())'))

    def test_modseq(self):
        self.bad(self.fetch('NOOP', '1 FETCH (UID 2 FLAGS ())', prelude=QRESYNC_SELECT), 'without MODSEQ')
        self.bad(self.fetch('STORE 1 FLAGS ()', '1 FETCH (UID 2 FLAGS ())', prelude=QRESYNC_SELECT), 'without MODSEQ')
        aware = SELECT + 'C: x FETCH 1 (UID MODSEQ)\nS: * 1 FETCH (UID 2 MODSEQ (9))\nS: x OK x\n'
        self.bad(self.fetch('NOOP', '1 FETCH (UID 2 FLAGS ())', prelude=aware), 'without MODSEQ')
        self.bad(self.fetch('NOOP', '1 FETCH (UID 2 FLAGS () MODSEQ (8))', prelude=aware), 'went down')
        self.bad(self.fetch('UID FETCH 2 FLAGS (CHANGEDSINCE 5)', '1 FETCH (UID 2 FLAGS () BODY[] NIL)'), 'nobody asked', 2)

    def test_flags_are_announced(self):
        self.good(self.fetch('NOOP', 'FLAGS (bar)', '1 FETCH (FLAGS (BAR))'))
        self.bad(self.fetch('NOOP', '1 FETCH (FLAGS (bar))'), 'not announced')

    def test_sizes(self):
        self.bad(self.fetch('FETCH 1 (RFC822.SIZE BODY[])', '1 FETCH (RFC822.SIZE 4 BODY[] "abc")'), 'has 3 octets')
        self.bad(self.fetch('FETCH 1 (RFC822.SIZE BODY[HEADER] BODY[TEXT])', '1 FETCH (RFC822.SIZE 4 BODY[HEADER] "abc" BODY[TEXT] "d2")'), 'add up')
        self.bad(self.fetch('FETCH 1 (UID RFC822.SIZE)', '1 FETCH (UID 2 RFC822.SIZE 4)') + '\nC: g FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] "abc")\nS: g OK x',
                 'says 3 octets')
        self.bad(self.fetch('FETCH 1 (BINARY.SIZE[1] BINARY[1])', '1 FETCH (BINARY.SIZE[1] 2 BINARY[1] "abc")'), 'content has 3')
        part = '("TEXT" "PLAIN" NIL NIL NIL "7BIT" {} 1)'
        self.bad(self.fetch('FETCH 1 (BODY BODY[1])', f'1 FETCH (BODY {part.format(4)} BODY[1] "abc")'), 'gives part 1 4 octets')
        nested = f'(({part.format(3)}{part.format(4)} "ALTERNATIVE"){part.format(5)} "MIXED")'
        for section, size in (('1.1', 3), ('1.2', 4), ('2', 5)):
            line = f'1 FETCH (BODY {nested} BODY[{section}] "{{}}")'
            self.good(self.fetch(f'FETCH 1 (BODY BODY[{section}])', line.format('x' * size)))
            self.bad(self.fetch(f'FETCH 1 (BODY BODY[{section}])', line.format('x' * 9)), f'part {section}')

    def test_message_limit(self):
        over = 'C: f UID FETCH 1:* UID\n{}S: f OK [MESSAGELIMIT 2 {}] x'
        self.good(SELECT + over.format('S: * 2 FETCH (UID 2)\nS: * 3 FETCH (UID 3)\n', 2))
        self.bad(SELECT + over.format('S: * 1 FETCH (UID 1)\nS: * 2 FETCH (UID 2)\nS: * 3 FETCH (UID 3)\n', 1), 'under MESSAGELIMIT 2')

    def test_static_items(self):
        for item, one, two in (('INTERNALDATE', '"17-Jul-1996 02:44:25 -0700"', '"17-Jul-1996 02:44:26 -0700"'), ('EMAILID', '(a)', '(b)'),
                               ('BODY[1]', '"abc"', '"abd"'), ('BINARY.SIZE[1]', '3', '4')):
            first = self.fetch(f'FETCH 1 (UID {item})', f'1 FETCH (UID 2 {item} {one})')
            again = '\nC: g FETCH 1 ({0})\nS: * 1 FETCH ({0} {1})\nS: g OK x'
            self.good(first + again.format(item, one))
            self.bad(first + again.format(item, two), 'of UID 2 changed')

    def test_uidonly(self):
        prelude = LOGIN + 'C: e ENABLE UIDONLY\nS: * ENABLED UIDONLY\nS: e OK x\nC: s SELECT a' + BOX + 'S: s OK [READ-WRITE] x\n'
        self.good(prelude + 'C: f UID FETCH 5 (FLAGS)\nS: * 5 UIDFETCH (FLAGS () UID 5)\nS: f OK x\nC: x EXPUNGE\nS: * VANISHED 5\nS: * 2 EXISTS\nS: x OK x')
        self.bad(prelude + 'C: f UID FETCH 5 (FLAGS)\nS: * 1 FETCH (FLAGS () UID 5)\nS: f OK x', 'after ENABLE UIDONLY')


class Searches(Base):
    """SEARCH and ESEARCH."""

    def search(self, command, *lines, prelude=SELECT):
        return prelude + f'C: q {command}\n' + ''.join(f'S: * {line}\n' for line in lines) + 'S: q OK x'

    def test_which_response(self):
        self.good(self.search('SEARCH ALL', 'SEARCH 1 2'))
        self.bad(self.search('SEARCH ALL'), 'without SEARCH response')
        self.bad(self.search('SEARCH RETURN (COUNT) ALL', 'SEARCH 1'), 'without ESEARCH')
        self.good(self.search('SEARCH RETURN (SAVE) ALL'))
        self.good(self.search('SEARCH ALL', 'ESEARCH (TAG "q") ALL 1:3', prelude=REV2_SELECT))
        self.bad(self.search('SEARCH ALL', prelude=REV2_SELECT), 'without ESEARCH')
        self.bad(self.search('SORT (DATE) UTF-8 ALL'), 'without SORT response')
        self.bad(self.search('THREAD REFERENCES UTF-8 ALL'), 'without THREAD')

    def test_correlator(self):
        self.bad(self.search('SEARCH RETURN (COUNT) ALL', 'ESEARCH (TAG "z") COUNT 1'), 'no command in progress', 2)
        self.bad(self.search('SEARCH RETURN (COUNT) ALL', 'ESEARCH COUNT 1'), 'without .TAG', 2)
        self.bad(self.search('UID SEARCH RETURN (COUNT) ALL', 'ESEARCH (TAG "q") COUNT 1'), 'exactly when')
        self.bad(self.search('SEARCH RETURN (COUNT) ALL', 'ESEARCH (TAG "q") UID COUNT 1'), 'exactly when')

    def test_options(self):
        self.bad(self.search('SEARCH RETURN (COUNT MIN) ALL', 'ESEARCH (TAG "q") MIN 1'), 'without COUNT')
        self.bad(self.search('SEARCH RETURN (MIN MAX) ALL', 'ESEARCH (TAG "q") MIN 2 MAX 1'), 'MIN above MAX')
        self.bad(self.search('SEARCH RETURN (MIN ALL) ALL', 'ESEARCH (TAG "q") MIN 3 ALL 3,1:2'), 'at its end')
        self.good(self.search('SORT RETURN (MIN MAX ALL) (DATE) UTF-8 ALL', 'ESEARCH (TAG "q") MIN 3 MAX 2 ALL 3,1:2'))
        self.bad(self.search('SORT RETURN (MIN ALL) (DATE) UTF-8 ALL', 'ESEARCH (TAG "q") MIN 1 ALL 3,1:2'), 'at its end')
        self.bad(self.search('SEARCH RETURN (COUNT MIN) ALL', 'ESEARCH (TAG "q") COUNT 1'), 'without MIN')
        self.good(self.search('SEARCH RETURN (PARTIAL -1:-2) ALL', 'ESEARCH (TAG "q") PARTIAL (-1:-2 2:3)'))
        self.bad(self.search('SEARCH RETURN (PARTIAL 1:2 COUNT) ALL', 'ESEARCH (TAG "q") COUNT 1'), 'without PARTIAL')
        self.bad(self.search('SEARCH RETURN (PARTIAL 1:2) ALL', 'ESEARCH (TAG "q") PARTIAL (2:1 2)'), 'not the range')

    def test_partial_fetch(self):
        partial = SELECT + 'C: p UID FETCH 1:3 (BODY) (PARTIAL 1:1)\n{}S: * 3 FETCH (UID 3 INTERNALDATE " 1-Jan-2020 00:00:00 +0000")\n{}S: p OK x'
        self.good(partial.format('C: f UID FETCH 3 INTERNALDATE\n', 'S: f OK x\n'))
        self.bad(partial.format('', ''), 'nobody asked', 2)

    def test_updates(self):
        first = self.search('UID SEARCH RETURN (UPDATE COUNT) ALL', 'ESEARCH (TAG "q") UID COUNT 1')
        self.good(first + '\nC: n NOOP\nS: * ESEARCH (TAG "q") UID ADDTO (0 5)\nS: n OK x')
        self.bad(SELECT + 'C: n NOOP\nS: * ESEARCH (TAG "q") UID ADDTO (0 5)\nS: n OK x', 'no command', 2)
        first = self.search('SEARCH RETURN (UPDATE ALL) ALL', 'ESEARCH (TAG "q") ALL 1,3') + '\nC: n NOOP\n{}S: n OK x'
        update = 'S: * ESEARCH (TAG "q") {}\n'
        self.good(first.format(update.format('REMOVEFROM (0 1)') + 'S: * 1 EXPUNGE\n' + update.format('ADDTO (0 1)')))
        self.bad(first.format('S: * 1 EXPUNGE\n'), 'before REMOVEFROM')
        self.bad(first.format(update.format('ADDTO (0 3)')), 'were there')
        self.bad(first.format(update.format('ADDTO (4 2)')), 'at position 4')
        self.bad(first.format(update.format('REMOVEFROM (0 2)')), 'were not there')
        self.bad(first.format(update.format('REMOVEFROM (2 1)')), 'at position 2')
        self.good(first.format(update.format('ADDTO (2 2)') + update.format('REMOVEFROM (3 3)')))
        self.good(first.format('S: * NO [NOUPDATE "q"] x\nS: * 1 EXPUNGE\n'))
        first = self.search('UID SORT RETURN (UPDATE ALL) (DATE) UTF-8 ALL', 'ESEARCH (TAG "q") UID ALL 3,1', 'ESEARCH (TAG "q") UID ADDTO (2 2)')
        first += '\nC: n NOOP\n{}S: n OK x'
        self.good(first.format('S: * ESEARCH (TAG "q") UID REMOVEFROM (1 3,2,1)\n'))
        self.bad(first.format('S: * ESEARCH (TAG "q") UID ADDTO (0 2)\n'), 'were there')

    def test_multisearch(self):
        both = 'ESEARCH (TAG "q" MAILBOX a UIDVALIDITY 1) UID ALL 1'
        self.good(self.search('ESEARCH IN (mailboxes a) ALL', both))
        self.bad(self.search('ESEARCH IN (mailboxes a) ALL', 'ESEARCH (TAG "q") UID ALL 1'), 'MUST be there', 2)
        self.bad(self.search('UID SEARCH RETURN () ALL', both), 'for the ESEARCH command')

    def test_in_progress(self):
        self.good(self.search('SEARCH ALL', 'OK [INPROGRESS ("q" 1 2)] x', 'OK [INPROGRESS] x', 'SEARCH 1'))
        self.bad(self.search('SEARCH ALL', 'OK [INPROGRESS ("z" 1 2)] x', 'SEARCH 1'), 'no command in progress')
        self.bad(self.search('SEARCH ALL', 'OK [INPROGRESS ("q" 2 2)] x', 'SEARCH 1'), '2 of 2')
        self.bad(self.search('SEARCH ALL', 'NO [INPROGRESS] x', 'SEARCH 1'), 'outside')


class Pushes(Base):
    """What comes by itself after NOTIFY, UPDATE and ENABLE METADATA."""

    def test_update_with_items(self):
        for update, check in (('UPDATE (BODY)', self.good), ('UPDATE', lambda text: self.bad(text, 'nobody asked'))):
            check(SELECT + f'C: u SEARCH RETURN ({update} COUNT) ALL\nS: * ESEARCH (TAG "u") COUNT 3\nS: u OK x\n'
                  'S: * 4 EXISTS\nS: * 4 FETCH (BODY ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1))\nS: * ESEARCH (TAG "u") ADDTO (0 4)')

    def notify(self, groups, *lines):
        return SELECT + f'C: n NOTIFY {groups}\nS: n OK x\n' + '\n'.join(f'S: * {line}' for line in lines)

    def test_events(self):
        self.good(self.notify('SET (personal (MessageNew MessageExpunge))', 'STATUS a (MESSAGES 1 UIDNEXT 2)'))
        self.bad(self.notify('SET (personal (MailboxName))', 'STATUS a (MESSAGES 1 UIDNEXT 2)'), 'no command asks')
        self.good(self.notify('SET (personal (MailboxName))', 'LIST () "/" a'))
        self.bad(self.notify('SET (personal (MailboxMetadataChange))', 'LIST () "/" a'), 'no command asks')
        self.bad(self.notify('NONE', 'LIST () "/" a'), 'no command asks')
        self.bad(self.notify('SET (selected (MessageNew MessageExpunge))', 'STATUS a (MESSAGES 1)'), 'no command asks')

    def test_overflow(self):
        self.bad(self.notify('SET (personal (MailboxName))', 'OK [NOTIFICATIONOVERFLOW] x', 'LIST () "/" a'), 'no command asks')

    def test_expunge_between_commands(self):
        self.good(self.notify('SET (selected (MessageNew MessageExpunge))', '1 EXPUNGE'))
        self.bad(self.notify('SET (selected-delayed (MessageNew MessageExpunge))', '1 EXPUNGE'), 'no command in progress')
        self.bad(self.notify('SET (selected NONE)', '1 EXPUNGE'), 'no command in progress')

    def test_metadata(self):
        self.good(self.notify('SET (personal (MailboxMetadataChange))', 'METADATA a /private/comment'))
        self.bad(self.notify('SET (personal (MailboxMetadataChange))', 'METADATA a (/private/comment "x")'), 'no command asks')
        enabled = SELECT + 'C: e ENABLE METADATA\nS: * ENABLED METADATA\nS: e OK x\n'
        self.good(enabled + 'S: * METADATA "" /private/comment')
        self.bad(SELECT + 'S: * METADATA "" /private/comment', 'no command asks')
        self.good(SELECT + 'C: g GETMETADATA "" /private/comment\nS: * METADATA "" (/private/comment NIL)\nS: g OK x')


class Report(Base):
    """What a failing test shows."""

    def test_check_names_everything(self):
        with self.assertRaisesRegex(AssertionError, r'(?s)2 violations.*FOO.*C: b NOOP.*BAR'):
            play(LOGIN + 'C: b NOOP\nS: * FOO\nS: * BAR\nS: b OK x').check()


if __name__ == '__main__':
    unittest.main()
