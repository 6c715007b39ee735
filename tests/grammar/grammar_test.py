#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the grammar checker: what must pass, and for every rule something that must not.

A checker that cannot fail is worthless, so the negative tables are the longer part.
"""

import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..'))
from grammar.cursor import decode_mutf7                                     # noqa: E402
from grammar.imapgrammar import Framer, Mode, Reader, Violation, parse_response   # noqa: E402

MODES = {
    'rev1': lambda: Mode(), 'rev2': lambda: Mode(rev2=True), 'utf8': lambda: Mode(utf8=True),
    'uidonly': lambda: Mode(uidonly=True), 'qresync': lambda: Mode(qresync=True), 'language': lambda: Mode(language=True),
}
ADDRESS = rb'((NIL NIL "a" "b.c"))'
ENVELOPE = b'("d" "s" ' + b' '.join([ADDRESS] * 3) + b' NIL NIL NIL NIL "<m@b.c>")'
TEXT = b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 12 1)'


def parse(line, mode='rev1'):
    """Parse one line given without CRLF."""
    line = line.encode('utf-8') if isinstance(line, str) else line
    return parse_response(line + b'\r\n', MODES[mode]())


def examples():
    """(rfc, mode, line) from examples.txt."""
    with open(os.path.join(HERE, 'examples.txt'), encoding='ascii') as lines:
        for line in lines:
            line = line.rstrip('\n')
            if line.startswith('[rfc'):
                rfc, mode = line.strip('[]').split()
            elif line and not line.startswith('#'):
                yield rfc, mode, line


class Base(unittest.TestCase):
    """Table-driven checks."""

    def accept(self, lines, mode='rev1'):
        for line in lines:
            with self.subTest(line=line, mode=mode):
                parse(line, mode)

    def refuse(self, lines, mode='rev1', reason=''):
        for line in lines:
            with self.subTest(line=line, mode=mode):
                with self.assertRaisesRegex(Violation, reason):
                    parse(line, mode)


class Examples(Base):
    """The RFCs' own examples, and what becomes of them with one octet wrong."""

    def test_all(self):
        count = 0
        for _, mode, line in examples():
            self.accept([line], mode)
            count += 1
        self.assertGreater(count, 700)

    def test_rfc9051_examples_hold_under_rev2(self):
        obsolete = re.compile(r'\* (SEARCH|LSUB|\d+ RECENT)|\\Recent|RFC822|UNSEEN \d+\]')
        for rfc, _, line in examples():
            if rfc == 'rfc9051' and not obsolete.search(line):
                self.accept([line], 'rev2')

    def data_examples(self):
        """Untagged data: no free text, so every octet counts."""
        for _, mode, line in examples():
            if line.startswith('* ') and not re.match(r'\* (OK|NO|BAD|BYE|PREAUTH) ', line):
                yield mode, line

    def test_doubled_space(self):
        for mode, line in self.data_examples():
            outside = [m.start() for m in re.finditer(' ', line) if line[:m.start()].count('"') % 2 == 0]
            self.refuse([line[:at] + ' ' + line[at:] for at in outside], mode)

    def test_tab_for_space(self):
        for mode, line in self.data_examples():
            outside = [m.start() for m in re.finditer(' ', line) if line[:m.start()].count('"') % 2 == 0]
            self.refuse([line[:at] + '\t' + line[at + 1:] for at in outside], mode)

    def test_trailing_space(self):
        self.refuse_each(lambda line: line + ' ')

    def test_lost_parenthesis(self):
        self.refuse_each(lambda line: line[:-1] if line.endswith(')') else None)

    def test_extra_parenthesis(self):
        self.refuse_each(lambda line: line + ')')

    def refuse_each(self, change):
        for mode, line in self.data_examples():
            changed = change(line)
            if changed is not None:
                self.refuse([changed], mode)


class Framing(Base):
    """Bytes to responses."""

    STREAM = (b'* OK hello {5}\r\n* 1 FETCH (BODY[] {6}\r\na\r\nb\r\n BODY[HEADER] {0}\r\n FLAGS ())\r\n'
              b'* 1 FETCH (BINARY[1] ~{3}\r\n\0\r\n)\r\na1 OK done ~{3}\r\n+ {2}\r\n')

    def test_whole(self):
        names = [r.name for r in Reader().feed(self.STREAM)]
        self.assertEqual(names, ['OK', 'FETCH', 'FETCH', 'OK', '+'])

    def test_byte_by_byte(self):
        reader, raw = Reader(), []
        for byte in self.STREAM:
            raw += [r.raw for r in reader.feed(bytes([byte]))]
        self.assertEqual(b''.join(raw), self.STREAM)
        self.assertEqual(len(raw), 5)

    def test_incomplete(self):
        self.assertEqual(list(Reader().feed(self.STREAM[:60])), list(Reader().feed(self.STREAM[:16])))

    def test_lf_without_cr(self):
        for stream in (b'* OK x\n', b'\n', b'* 1 EXISTS\r\n* 2 EXISTS\n'):
            with self.assertRaisesRegex(Violation, 'LF without CR'):
                list(Reader().feed(stream))

    def test_goes_on_after_lf(self):
        framer = Framer()
        framer.feed(b'* OK x\n* 1 EXISTS\r\n')
        self.assertRaises(Violation, framer.next)
        self.assertEqual(framer.next(), b'* 1 EXISTS\r\n')

    def test_bare_cr(self):
        self.refuse([b'* OK a\rb', b'* LIST () "/" "a\rb"', b'* 1 FETCH (FLAGS ()\r)'])

    def test_large_literal_is_fast(self):
        reader = Reader()
        reader.framer.feed(b'* 1 FETCH (BODY[] {33554432}\r\n')
        for _ in range(512):
            reader.framer.feed(b'x' * 65536)
            if reader.framer.next():
                self.fail('too early')
        reader.framer.feed(b')\r\n')
        self.assertEqual(len(reader.next().data['BODY[]']), 33554432)

    def test_literal_too_long_for_response(self):
        self.refuse([b'* 1 FETCH (BODY[] {60}\r\nabc)'])

    def test_octets_after_the_end(self):
        self.refuse([b'* 1 EXISTS\r\n* 2 EXISTS'], reason='after the end')


class Terminals(Base):
    """Numbers, strings, atoms, dates, names."""

    def test_literals(self):
        self.accept([b'* 1 FETCH (BODY[] {3}\r\n\xff\r\n)', b'* LIST () "/" {3}\r\nfoo'])
        self.refuse([b'* 1 FETCH (BODY[] {3+}\r\nabc)', b'* 1 FETCH (BODY[] {-1}\r\n)', b'* 1 FETCH (BODY[] {}\r\n)',
                     b'* 1 FETCH (BODY[] { 3}\r\nabc)', b'* 1 FETCH (BODY[] {3}\nabc)', b'* 1 FETCH (BODY[] {2}\r\nabc)'])

    def test_nul(self):
        self.refuse([b'* 1 FETCH (BODY[] {3}\r\na\0b)'], reason='NUL')
        self.refuse([b'* 1 FETCH (BODY[] "a\0b")', b'* OK a\0b', b'* LIST () "/" a\0b'])
        self.accept([b'* 1 FETCH (BINARY[1] ~{3}\r\na\0b)'])

    def test_literal8_only_where_allowed(self):
        self.refuse([b'* 1 FETCH (BODY[] ~{3}\r\nabc)', b'* 1 FETCH (RFC822 ~{3}\r\nabc)', b'* LIST () "/" ~{3}\r\nfoo',
                     b'* 1 FETCH (PREVIEW ~{3}\r\nabc)'])
        self.accept([b'* METADATA "" (/shared/comment ~{3}\r\na\0b)'])

    def test_quoted(self):
        self.accept([rb'* LIST () "/" "a\"b\\c"'])
        self.refuse([rb'* LIST () "/" "a\b"', rb'* LIST () "/" "abc', rb'* LIST () "/" "a"b"', rb'* LIST () "/" abc"',
                     rb'* LIST () "/" "a\"', b'* LIST () "/" "a\nb"'])

    def test_eight_bit(self):
        """Raw UTF-8 in quoted strings without UTF8=ACCEPT: users.md 1.1, thunderbird-android#6291."""
        line = b'* 1 FETCH (ENVELOPE ' + ENVELOPE.replace(b'"s"', '"é"'.encode()) + b')'
        self.refuse([line], reason='8-bit')
        self.accept([line], 'utf8')
        self.accept([line], 'rev2')
        self.refuse([line.replace('é'.encode(), b'\xe9')], 'rev2', 'UTF-8')
        self.refuse([line.replace('é'.encode(), b'\xc0\xaf'), line.replace('é'.encode(), b'\xed\xa0\x80')], 'utf8')
        self.refuse(['* 1 FETCH (FLAGS (é))', '* LIST () "/" é'], 'rev2')

    def test_numbers(self):
        self.accept(['* 4294967295 EXISTS', '* 0 EXISTS'])
        self.refuse(['* 4294967296 EXISTS', '* -1 EXISTS', '* 0 EXPUNGE', '* 0 FETCH (FLAGS ())', '* 01 EXPUNGE',
                     '* 1 FETCH (UID 0)', '* 1 FETCH (UID 4294967296)', '* OK [UIDNEXT 0] x', '* OK [UIDVALIDITY 0] x',
                     '* OK [UIDVALIDITY -5] x', '* 1 FETCH (MODSEQ (0))', '* 1 FETCH (MODSEQ 5)',
                     '* 1 FETCH (MODSEQ (9223372036854775808))', '* OK [HIGHESTMODSEQ 0] x', '* STATUS a (UIDNEXT 0)',
                     '* SEARCH 0', '* SORT 0', '* THREAD (0)', '* ESEARCH (TAG "a") MIN 0', '* 1 FETCH (RFC822.SIZE -1)',
                     '* 1 FETCH (RFC822.SIZE 4294967296)', '* 1 FETCH (BINARY.SIZE[1] 4294967296)', '* 1 FETCH (UID 1.0)'])
        self.accept(['* 1 FETCH (RFC822.SIZE 4294967296)', '* STATUS a (SIZE 9223372036854775807)'], 'rev2')
        self.accept(['* 1 FETCH (MODSEQ (9223372036854775807))'])

    def test_sets(self):
        self.accept(['* VANISHED 5', '* VANISHED (EARLIER) 1:5,7,9:8'], 'qresync')
        self.refuse(['* VANISHED 0', '* VANISHED 1:*', '* VANISHED *', '* VANISHED $', '* VANISHED 1,', '* VANISHED ,1',
                     '* VANISHED 1:2:3', '* VANISHED 1:', '* VANISHED', '* VANISHED ()', '* VANISHED EARLIER 1',
                     '* VANISHED (EARLIER 1)', '* VANISHED 1 2', '* VANISHED 4294967296', '* ESEARCH (TAG "a") ALL *'])

    def test_dates(self):
        self.accept(['* 1 FETCH (INTERNALDATE " 7-Jul-1996 02:44:25 -0700")', '* 1 FETCH (SAVEDATE NIL)',
                     '* 1 FETCH (INTERNALDATE "29-feb-2024 23:59:60 +0000")'])
        self.refuse([f'* 1 FETCH (INTERNALDATE {date})' for date in (
            '"7-Jul-1996 02:44:25 -0700"', '"07-Jul-96 02:44:25 -0700"', '"17-Jul-1996 2:44:25 -0700"',
            '"17-Jul-1996 02:44:25 GMT"', '"17-Jul-1996 02:44:25 0700"', '"17-Jul-1996 02:44:25"', '"32-Jul-1996 02:44:25 +0000"',
            '"17-Foo-1996 02:44:25 +0000"', '"17-Jul-1996 24:44:25 +0000"', '"17-Jul-1996 02:60:25 +0000"',
            '"17-Jul-1996 02:44:25 +0060"', '" 0-Jul-1996 02:44:25 +0000"', '"30-Feb-2024 00:00:00 +0000"', 'NIL',
            '17-Jul-1996', '"29-Feb-2023 00:00:00 +0000"', '""')])

    def test_mutf7(self):
        self.assertEqual(decode_mutf7(b'~peter/mail/&U,BTFw-/&ZeVnLIqe-'), '~peter/mail/台北/日本語')
        self.assertEqual(decode_mutf7(b'&-a&2D3eAA-'), '&a\U0001f600')
        for name in (b'&', b'&AOk', b'&AGE-', b'&AOk=-', b'&AO-', b'&A-', b'\xc3\xa9', b'&U,BTF2XlZyyKng-\x01', b'&2D0-',
                     b'&AOl-', b'a\x7f', b'&U,A-&UxQ-', b'&AO/-', b'& -'):
            with self.subTest(name=name):
                self.assertRaises(ValueError, decode_mutf7, name)

    def test_mailbox_names(self):
        self.assertEqual(parse('* LIST () "/" inbox').data['mailbox'], 'INBOX')
        self.assertEqual(parse('* STATUS "&AOk-" (MESSAGES 1)').data['mailbox'], 'é')
        self.assertEqual(parse('* STATUS "é" (MESSAGES 1)', 'rev2').data['mailbox'], 'é')
        self.assertEqual(parse('* STATUS "&AOk-" (MESSAGES 1)', 'utf8').data['mailbox'], '&AOk-')
        self.refuse(['* LIST () "/" "é"', '* LIST () "/" a&b', b'* LIST () "/" {2}\r\n\xc3\xa9', '* LIST () "/" a b',
                     '* LIST () "/" a%b', '* LIST () "/" a*', '* LIST () "/" NIL x', '* LIST () "/" (a)', '* LSUB () "/" "é"',
                     b'* LIST () "/" "a\x01b"', '* ACL "é" joe lr', '* QUOTAROOT "é" ""', '* NAMESPACE (("é" "/")) NIL NIL'])
        self.refuse(['* LIST () "/" "e\u0301"', '* LIST () "/" "a\u2028b"', '* LIST () "/" "a\u0085b"'], 'rev2')

    def test_base64_continuation(self):
        self.accept(['+ ', '+ PDE4OTYu', '+ idling', '+ Y29uZg==', '+ [ALERT] careful'])
        self.refuse(['+', '+idling', b'+ a\0', b'+ \xff', '+ [NOSUCHCODE] x', '+ [ALERT'])


class Structures(Base):
    """users.md section 1.1: the largest class of server bugs."""

    def fetch(self, item, value):
        return b'* 1 FETCH (' + item + b' ' + value + b')'

    def body(self, good=(), bad=(), mode='rev1', item=b'BODYSTRUCTURE'):
        self.accept([self.fetch(item, value) for value in good], mode)
        self.refuse([self.fetch(item, value) for value in bad], mode)

    def test_good(self):
        message = (b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 99 ' + ENVELOPE + b' ' + TEXT + b' 7)')
        self.body(good=[
            TEXT, b'(' + TEXT + b' "MIXED")', b'(' + TEXT + TEXT + b' "MIXED" ("BOUNDARY" "x") NIL NIL NIL)',
            b'(' + message + b' "DIGEST")', b'("IMAGE" "PNG" NIL "<i>" "d" "BASE64" 5 "md5" ("ATTACHMENT" ("F" "x")) ("en" "de") "u")',
            b'("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 NIL ("INLINE" NIL) "en")',
            b'("MESSAGE" "DELIVERY-STATUS" NIL NIL NIL "7BIT" 5)', b'("MESSAGE" "GLOBAL" NIL NIL NIL "8BIT" 5)',
            b'("TEXT" "PLAIN" ("CHARSET" {5}\r\nUTF-8) NIL NIL "7BIT" 12 1)'])

    def test_nil_where_a_string_is_needed(self):
        self.body(bad=[
            b'(NIL "PLAIN" NIL NIL NIL "7BIT" 12 1)', b'("TEXT" NIL NIL NIL NIL "7BIT" 12 1)', b'(NIL NIL NIL NIL NIL "7BIT" 12)',
            b'("TEXT" "PLAIN" ("CHARSET" NIL) NIL NIL "7BIT" 12 1)', b'("TEXT" "PLAIN" (NIL "x") NIL NIL "7BIT" 12 1)',
            b'("TEXT" "PLAIN" NIL NIL NIL NIL 12 1)', b'(' + TEXT + b' NIL)', b'("IMAGE" "PNG" NIL NIL NIL "7BIT" NIL)',
            b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 12 NIL)', b'NIL', b'("IMAGE" "PNG" NIL NIL NIL "" 5)'])

    def test_multipart_without_children(self):
        self.body(bad=[b'("MIXED")', b'("MULTIPART" "MIXED" NIL NIL NIL "7BIT" 0)', b'( "MIXED")', b'(() "MIXED")', b'()',
                       b'("MULTIPART" "MIXED" ("BOUNDARY" "x"))'])

    def test_half_a_media_type(self):
        self.body(bad=[b'("TEXT" "" NIL NIL NIL "7BIT" 12 1)', b'("" "" NIL NIL NIL "7BIT" 12)', b'("text/plain" "x" NIL NIL NIL "7BIT" 1)',
                       b'("TEXT" ("CHARSET" "x") NIL NIL "7BIT" 12 1)', b'("TEXT" "PLAIN;" NIL NIL NIL "7BIT" 12 1)'])

    def test_disposition(self):
        tail = b'("IMAGE" "PNG" NIL NIL NIL "7BIT" 5 NIL %s)'
        self.body(good=[tail % b'NIL', tail % b'("attachment" NIL)', tail % b'("attachment" ("filename" "x"))'],
                  bad=[tail % b'"attachment"', tail % b'("attachment")', tail % b'("attachment" ())', tail % b'(NIL NIL)',
                       tail % b'("attachment" ("filename"))', tail % b'()', tail % b'("attachment" "filename" "x")'])

    def test_parameters(self):
        basic = b'("IMAGE" "PNG" %s NIL NIL "7BIT" 5)'
        self.body(good=[basic % b'("a" "b" "c" "d")'],
                  bad=[basic % b'()', basic % b'("a")', basic % b'("a" "b" "c")', basic % b'(("a" "b"))', basic % b'"a"',
                       basic % b'(a b)', basic % b'("" "x")'])

    def test_language_and_location(self):
        tail = b'("IMAGE" "PNG" NIL NIL NIL "7BIT" 5 NIL NIL %s)'
        self.body(good=[tail % b'NIL "loc"', tail % b'("en")', tail % b'"en" NIL'],
                  bad=[tail % b'()', tail % b'(NIL)', tail % b'en', tail % b'NIL ("loc")', tail % b'NIL NIL NIL', tail % b'NIL NIL ("x" 1)'])

    def test_counts(self):
        self.body(bad=[b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" -1 1)', b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 12 -1)',
                       b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" "12" 1)', b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 12)',
                       b'("IMAGE" "PNG" NIL NIL NIL "7BIT" 12 7)', b'("TEXT" "PLAIN" NIL NIL "7BIT" 12 1)',
                       b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 4294967296 1)'])

    def test_encoding_and_types_are_quoted(self):
        self.body(bad=[b'("TEXT" "PLAIN" NIL NIL NIL 7BIT 12 1)', b'(TEXT PLAIN NIL NIL NIL "7BIT" 12 1)',
                       b'({4}\r\nTEXT "PLAIN" NIL NIL NIL "7BIT" 12 1)', b'({4}\r\nTEXT "PLAIN" NIL NIL NIL "7BIT" 12)'])

    def test_no_space_between_parts(self):
        self.body(bad=[b'(' + TEXT + b' ' + TEXT + b' "MIXED")', b'(' + TEXT + TEXT + b'"MIXED")', b'(' + TEXT + b')',
                       b'(' + TEXT + b' "MIXED" ' + TEXT + b')', b'((' + TEXT + b') "MIXED")'])

    def test_extension_data_only_in_bodystructure(self):
        self.body(good=[TEXT, b'(' + TEXT + b' "MIXED")'], item=b'BODY',
                  bad=[TEXT[:-1] + b' NIL)', b'(' + TEXT + b' "MIXED" NIL)', b'(' + TEXT[:-1] + b' NIL NIL) "MIXED")'])

    def test_undefined_body_extension(self):
        self.body(bad=[TEXT[:-1] + b' NIL NIL NIL NIL 5)', b'(' + TEXT + b' "MIXED" NIL NIL NIL NIL ("x"))'])

    def test_message(self):
        head = b'("MESSAGE" "%s" NIL NIL NIL "7BIT" 99 '
        full = ENVELOPE + b' ' + TEXT + b' 7)'
        rfc822, globl = head % b'RFC822', head % b'GLOBAL'
        self.body(good=[rfc822 + full],
                  bad=[rfc822[:-1] + b')', globl + full, rfc822 + ENVELOPE + b' ' + TEXT + b')', rfc822 + TEXT + b' 7)',
                       rfc822 + ENVELOPE + b' NIL 7)', rfc822.replace(b'"MESSAGE"', b'{7}\r\nMESSAGE') + full, rfc822 + b'NIL ' + TEXT + b' 7)', rfc822 + b'5)'])
        # message/global by mode: RFC 9755 section 6.
        self.body(good=[globl + full, globl[:-1] + b')'], mode='utf8')
        self.body(good=[globl + full], bad=[globl[:-1] + b')'], mode='rev2')

    def test_depth(self):
        self.body(good=[b'(' * 90 + TEXT + b' "MIXED")' * 90], bad=[b'(' * 3000 + TEXT + b' "MIXED")' * 3000])

    def test_envelope_field_count(self):
        self.body(item=b'ENVELOPE', good=[ENVELOPE, b'(' + b' '.join([b'NIL'] * 10) + b')'],
                  bad=[b'(' + b' '.join([b'NIL'] * n) + b')' for n in (0, 1, 9, 11)] + [b'NIL', b'()'])

    def test_envelope_addresses(self):
        def with_to(value):
            return ENVELOPE.replace(b') NIL NIL NIL NIL "<m', b') ' + value + b' NIL NIL NIL "<m')
        self.assertNotEqual(with_to(b'x'), ENVELOPE)
        self.body(item=b'ENVELOPE', good=[with_to(v) for v in (
                      b'((NIL NIL "a" "b")("N" NIL "c" "d"))', b'((NIL NIL "group" NIL)(NIL NIL "a" "b")(NIL NIL NIL NIL))',
                      b'((NIL NIL "undisclosed" NIL)(NIL NIL NIL NIL))')],
                  bad=[with_to(v) for v in (
                      b'()', b'(NIL)', b'""', b'((NIL NIL "a"))', b'((NIL NIL "a" "b" NIL))', b'((NIL NIL "a" "b") (NIL NIL "c" "d"))',
                      b'(("a" "b"))', b'(NIL NIL "a" "b")', b'((NIL NIL "group" NIL))', b'((NIL NIL NIL NIL))', b'((NIL NIL NIL "b"))',
                      b'((NIL NIL "g" NIL)(NIL NIL "h" NIL)(NIL NIL NIL NIL))', b'((a NIL "a" "b"))')])

    def test_envelope_defaults(self):
        """Sender and Reply-To default to From (RFC 9051 section 7.5.2)."""
        self.body(item=b'ENVELOPE', bad=[b'(NIL NIL ' + ADDRESS + b' NIL ' + ADDRESS + b' NIL NIL NIL NIL NIL)',
                                         b'(NIL NIL ' + ADDRESS + b' ' + ADDRESS + b' NIL NIL NIL NIL NIL NIL)'])

    def test_envelope_strings(self):
        self.body(item=b'ENVELOPE', bad=[ENVELOPE.replace(b'"d"', b'd'), ENVELOPE.replace(b'"d"', b'("d")'),
                                         ENVELOPE.replace(b'"s"', b'~{1}\r\ns'), ENVELOPE.replace(b'"d" "s"', b'"d"  "s"')])


class Fetch(Base):
    """FETCH items."""

    def test_items(self):
        self.accept([rb'* 1 FETCH (FLAGS (\Seen \Recent $Forwarded))', '* 1 FETCH (THREADID NIL EMAILID (M1))', '* 1 FETCH (PREVIEW NIL)',
                     '* 1 FETCH (BODY[1.2.HEADER.FIELDS.NOT (a "b c"d)] NIL)'.replace('"b c"d', 'b'), '* 1 FETCH (BODY[1.MIME]<5> "x")',
                     rb'* 1 FETCH (X-GM-LABELS (\Inbox "Muy" foo) X-GM-MSGID 12 X-GM-THRID 18446744073709551615)',
                     '* 1 FETCH (ANNOTATION (/comment (value.priv "x" value.shared NIL)))'])
        self.refuse(['* 1 FETCH ()', '* 1 FETCH FLAGS ()', '* 1 FETCH (FLAGS)', '* 1 FETCH (FLAGS NIL)', '* 1 FETCH (FOO 1)',
                     '* 1 FETCH (UID NIL)', '* 1 FETCH (UID "1")', '* 1 FETCH (EMAILID M1)', '* 1 FETCH (EMAILID NIL)', '* 1 FETCH (EMAILID (a.b))',
                     '* 1 FETCH (EMAILID ())', f'* 1 FETCH (EMAILID ({"a" * 256}))', '* 1 FETCH (PREVIEW x)', f'* 1 FETCH (PREVIEW "{"a" * 257}")',
                     '* 1 FETCH (UID 1 UID 2)', '* 1 FETCH (UID 1,FLAGS ())', '* 1 FETCH(UID 1)', '* 1 FETCH (SAVEDATE "")', '* FETCH 1 (UID 1)',
                     '* 1 FETCH (ANNOTATION ())', '* 1 FETCH (ANNOTATION (/a (value "x") /b))', '* 1 FETCH (ANNOTATION (comment (value "x")))', '* 1 FETCH (X-GM-MSGID x)',
                     b'* 1 FETCH (PREVIEW {1}\r\n\xff)', '* 1 FETCH (THREADID (a b))', '* 1 FETCH (MODSEQ (5 6))', '* 1 FETCH (BODY[] x)'])

    def test_sections(self):
        self.refuse([f'* 1 FETCH (BODY[{section}] NIL)' for section in (
            'MIME', '0', '1.', '.1', '1..2', '1.FOO', 'HEADER.FIELDS', 'HEADER.FIELDS ()', 'HEADER.FIELDS(a)', 'HEADER.FIELDS  (a)',
            'HEADER.FIELDS (a  b)', '1.2.', 'TEXT.1', '01', 'HEADER.FIELDS (a:b)', ' ')]
            + ['* 1 FETCH (BINARY[TEXT] NIL)', '* 1 FETCH (BINARY[1.HEADER] NIL)', '* 1 FETCH (BINARY.SIZE[1] NIL)', '* 1 FETCH (BODY.PEEK[] NIL)',
               '* 1 FETCH (BINARY.PEEK[1] NIL)', '* 1 FETCH (BINARY.SIZE[1]<0> 5)', '* 1 FETCH (BODY[]<0.5> "x")', '* 1 FETCH (BODY[]<-1> "x")',
               '* 1 FETCH (BODY[]<> "x")', '* 1 FETCH (FLAGS[1] ())', '* 1 FETCH (RFC822.HEADER[] "")', '* 1 FETCH (BODY[] <0> "x")'])

    def test_flags(self):
        self.refuse([r'* 1 FETCH (FLAGS (\*))', r'* 1 FETCH (FLAGS ("\\Seen"))', '* 1 FETCH (FLAGS (NIL))', r'* 1 FETCH (FLAGS (\Foo))',
                     r'* 1 FETCH (FLAGS (\Seen \seen))', '* 1 FETCH (FLAGS (a]))', '* 1 FETCH (FLAGS (a{b))', '* 1 FETCH (FLAGS ( a))',
                     '* 1 FETCH (FLAGS (a ))', r'* 1 FETCH (FLAGS (\))', r'* 1 FETCH (FLAGS (\Seen\Draft))', '* 1 FETCH (FLAGS (\\\\Seen))',
                     r'* FLAGS (\Recent)', r'* FLAGS (\*)', r'* FLAGS \Seen', '* FLAGS', r'* FLAGS (\Seen) x', '* FLAGS NIL'])
        self.accept([r'* OK [PERMANENTFLAGS (\Deleted \*)] x', '* OK [PERMANENTFLAGS ()] x'])
        self.refuse([r'* OK [PERMANENTFLAGS (\Recent)] x', r'* OK [PERMANENTFLAGS] x', r'* OK [PERMANENTFLAGS \*] x', '* OK [PERMANENTFLAGS (\\** )] x'])

    def test_numbering_modes(self):
        self.accept(['* 7 UIDFETCH (FLAGS ())', '* VANISHED 7', '* 3 EXISTS'], 'uidonly')
        self.refuse(['* 7 FETCH (FLAGS ())', '* 7 EXPUNGE', '* 7 UIDFETCH (UID 8)'], 'uidonly')
        self.refuse(['* 7 UIDFETCH (FLAGS ())'])
        self.refuse(['* 7 EXPUNGE'], 'qresync')

    def test_rev2_drops(self):
        lines = [r'* 1 FETCH (FLAGS (\Recent))', '* 1 RECENT', '* SEARCH 1', '* SEARCH', '* LSUB () "/" a', '* STATUS a (RECENT 1)',
                 '* 1 FETCH (RFC822 "x")', '* 1 FETCH (RFC822.HEADER "x")', '* OK [UNSEEN 1] x']
        self.accept(lines)
        self.refuse(lines, 'rev2')


class MailboxData(Base):
    """LIST, STATUS, NAMESPACE and the like."""

    def test_list(self):
        self.accept([r'* LIST () NIL INBOX', r'* LIST (\Noselect) "\\" "\\"', '* LIST () "/" a ("CHILDINFO" ("SUBSCRIBED" "SPECIAL-USE"))',
                     '* LIST () "/" a (OLDNAME (b))', '* LIST () "/" a ()', r'* LIST (\Snoozed) "/" a', '* LIST () "/" ""'])
        self.refuse([r'* LIST (\Noselect \Marked) "/" a', r'* LIST (\Sent \sent) "/" a', r'* LIST (\HasChildren \HasNoChildren) "/" a',
                     r'* LIST (\Noinferiors \HasChildren) "/" a', r'* LIST (\Foo) "/" a', '* LIST (Sent) "/" a', '* LIST "/" a', '* LIST () / a',
                     '* LIST () "//" a', '* LIST () "" a', '* LIST () {1}\r\n/ a', '* LIST () "/"', '* LIST () "/" a b', '* LIST () "/" a (b)',
                     '* LIST () "/" a ("CHILDINFO" (SUBSCRIBED))', '* LIST () "/" a ("CHILDINFO" ())', '* LIST () "/" a ("CHILDINFO" "SUBSCRIBED")',
                     '* LIST () "/" a ("OLDNAME" b)', '* LIST () "/" a ("OLDNAME" ())', '* LIST () "/" a ("FOO" (b))', '* LIST () "/" a ("OLDNAME" (b c))',
                     '* LIST () "/" a ("OLDNAME" (b) "OLDNAME" (c))', '* LIST NIL "/" a', r'* LIST (\Noselect ) "/" a', '* LIST () "/" a ("CHILDINFO" ("FOO"))'])

    def test_status(self):
        self.accept(['* STATUS a ()', '* STATUS a (APPENDLIMIT NIL HIGHESTMODSEQ 0 MAILBOXID (F1) SIZE 5 DELETED 1 DELETED-STORAGE 3)'])
        self.refuse(['* STATUS a (MESSAGES 1 )', '* STATUS a (MESSAGES 1) ', '* STATUS a (MESSAGES)', '* STATUS a (MESSAGES 1 MESSAGES 1)',
                     '* STATUS a MESSAGES 1', '* STATUS a', '* STATUS a (FOO 1)', '* STATUS a (MESSAGES -1)', '* STATUS a (MAILBOXID F1)',
                     '* STATUS a (MESSAGES NIL)', '* STATUS a (UIDVALIDITY 0)', '* STATUS a (SIZE 9223372036854775808)', '* STATUS (MESSAGES 1)',
                     '* STATUS a (MESSAGES 1, UNSEEN 2)'])

    def test_namespace(self):
        self.refuse(['* NAMESPACE NIL NIL', '* NAMESPACE NIL NIL NIL NIL', '* NAMESPACE () NIL NIL', '* NAMESPACE (("" "/") ("a" "/")) NIL NIL',
                     '* NAMESPACE (("")) NIL NIL', '* NAMESPACE ("" "/") NIL NIL', '* NAMESPACE ((NIL "/")) NIL NIL', '* NAMESPACE (("" "//")) NIL NIL',
                     '* NAMESPACE (("" "/" "X")) NIL NIL', '* NAMESPACE (("" "/" "X" ())) NIL NIL', '* NAMESPACE (("" "/"))NIL NIL'])

    def test_identity(self):
        self.accept(['* ID NIL', '* ID ("name" "x" "version" NIL)', '* LANGUAGE (DE)', '* COMPARATOR i;basic', '* COMPARATOR a (a b)', '* ENABLED',
                     '* JMAPACCESS "https://x/"'])
        self.refuse(['* ID', '* ID ("name")', '* ID (name "x")', '* ID ("name" x)', '* ID ("name" "x" "Name" "y")', '* ID ((' + '"a" "b"))',
                     f'* ID ("{"a" * 31}" "x")', f'* ID ("a" "{"x" * 1025}")', '* ID (' + ' '.join(f'"k{i}" "v"' for i in range(31)) + ')',
                     '* LANGUAGE DE', '* LANGUAGE ()', '* LANGUAGE (not_a_tag)', '* COMPARATOR', '* COMPARATOR a ()', '* ENABLED CONDSTORE condstore',
                     '* ENABLED ', '* JMAPACCESS https://x/', '* JMAPACCESS'])

    def test_capability(self):
        self.accept(['* CAPABILITY IMAP4rev1 AUTH=PLAIN APPENDLIMIT=5 RIGHTS=texk', '* CAPABILITY IMAP4 IMAP4rev2 APPENDLIMIT'])
        self.refuse(['* CAPABILITY', '* CAPABILITY IDLE', '* CAPABILITY IMAP4rev1 ', '* CAPABILITY IMAP4rev1 IDLE idle', '* CAPABILITY IMAP4rev1 AUTH=', '* CAPABILITY IMAP4rev1 FOO=',
                     '* CAPABILITY IMAP4rev1 AUTH=A.B', '* CAPABILITY IMAP4rev1 IMAP4', '* CAPABILITY IMAP4rev1 LITERAL+ LITERAL-',
                     '* CAPABILITY IMAP4rev1 UTF8=ACCEPT UTF8=ONLY', '* CAPABILITY IMAP4rev1 APPENDLIMIT=x', '* CAPABILITY IMAP4rev1 APPENDLIMIT=',
                     '* CAPABILITY IMAP4rev1 RIGHTS=te', '* CAPABILITY IMAP4rev1 RIGHTS=TEXK', '* CAPABILITY IMAP4rev1 MESSAGELIMIT=0',
                     '* CAPABILITY "IMAP4rev1"', '* CAPABILITY (IMAP4rev1)', '* OK [CAPABILITY IDLE] x', '* OK [CAPABILITY IMAP4rev1 ] x'])

    def test_rights_quota_metadata(self):
        self.accept(['* ACL a joe lrs "" ""', '* ACL a', '* MYRIGHTS a ""', '* LISTRIGHTS a joe "" l r', '* QUOTAROOT a', '* QUOTAROOT a "" b'])
        self.refuse(['* ACL a joe', '* ACL a joe LRS', '* ACL a joe l-r', '* ACL a joe ll', '* MYRIGHTS a', '* MYRIGHTS a é', '* LISTRIGHTS a joe',
                     '* QUOTA "" ()', '* QUOTA "" (STORAGE 1)', '* QUOTA "" (STORAGE 1 2 3)', '* QUOTA "" (FOO 1 2)', '* QUOTA "" (STORAGE -1 2)',
                     '* QUOTA ""', '* QUOTA "" NIL', '* QUOTA "" (STORAGE 1 2 STORAGE 1 2)', '* QUOTAROOT', '* QUOTA (STORAGE 1 2)',
                     '* METADATA "" ()', '* METADATA ""', '* METADATA "" (/private/x)', '* METADATA "" (/private/x y)', '* METADATA "" (/foo/x "y")',
                     '* METADATA "" (/private/x/ "y")', '* METADATA "" (/private//x "y")', '* METADATA "" ("/private/*" "y")', '* METADATA "" /private/x ',
                     '* METADATA "" (/private/x "y" /PRIVATE/X "z")', '* METADATA "" ("/private/\u00e9" "y")'])

    def test_urlauth(self):
        self.accept(['* GENURLAUTH "imap://x/" "imap://y/"', '* URLFETCH "imap://x/" NIL', '* URLFETCH "u" (BINARY NIL) (BODYPARTSTRUCTURE '
                     '("IMAGE" "PNG" NIL NIL NIL "7BIT" 5))'])
        self.refuse(['* GENURLAUTH', '* URLFETCH', '* URLFETCH "u"', '* URLFETCH "u" x', '* URLFETCH "u" (FOO NIL)', '* URLFETCH "u" ()'])

    def test_conversion(self):
        self.accept(['* CONVERSION "image/gif" "image/jpeg" ("pix-x" "pix-y")'])
        self.refuse(['* CONVERSION "image" "image/jpeg"', '* CONVERSION image/gif "image/jpeg"', '* CONVERSION "image/gif" "image/jpeg" ()'])

    def test_unknown(self):
        self.refuse(['* FOO', '* 5 FOO', '* 5', '* X-FOO bar', '*  OK x', '*OK x', '* ', '* EXISTS 5', '* 5 EXISTS x', '* 5  EXISTS', '* 5EXISTS', ''])


class Searches(Base):
    """SEARCH, SORT, THREAD, ESEARCH, UIDBATCHES."""

    def test_search(self):
        self.accept(['* SEARCH', '* SEARCH 1 3 2', '* SEARCH 2 (MODSEQ 917162500)', '* SORT', '* SORT 5 1 (MODSEQ 3)'])
        self.refuse(['* SEARCH ', '* SEARCH 1,2', '* SEARCH 1:2', '* SEARCH 1 1', '* SEARCH (MODSEQ 5)', '* SEARCH 1 (MODSEQ 0)',
                     '* SEARCH 1 (MODSEQ 5) 2', '* SEARCH 1 MODSEQ 5', '* SEARCH NIL', '* SORT ', '* SORT 1 1', '* SEARCH 1 2 ',
                     '* SEARCH 1 (FOOSEQ 5)'])

    def test_thread(self):
        self.assertEqual(parse('* THREAD (2)(3 6 (4 23)(44 7 96))').data, [[2], [3, 6, [4, 23], [44, 7, 96]]])
        self.accept(['* THREAD', '* THREAD ((1)(2))', '* THREAD (' + '1 (2)(' * 1000 + '3' + ')' * 1001])
        self.refuse(['* THREAD ', '* THREAD 1', '* THREAD ()', '* THREAD (1 )', '* THREAD (1)(', '* THREAD (1) (2)', '* THREAD (1 (2))',
                     '* THREAD ((1))', '* THREAD (1(2)(3))', '* THREAD (1 (2)(3) 4)', '* THREAD (1 (2)(3)4)', '* THREAD (1 (2) (3))', '* THREAD (1', '* THREAD (a)', '* THREAD 1)'])

    def test_esearch(self):
        self.accept(['* ESEARCH', '* ESEARCH (TAG "a") UID', '* ESEARCH (TAG "a") COUNT 0', '* ESEARCH (TAG "a") UID MIN 1 MAX 9 COUNT 3 ALL 1:2,9',
                     '* ESEARCH (TAG "a") PARTIAL (-1:-100 NIL)', '* ESEARCH (TAG "a" MAILBOX "b" UIDVALIDITY 1) UID COUNT 2',
                     '* ESEARCH (TAG "a") UID ALL 2 MODSEQ 5 RELEVANCY (4 99)', '* ESEARCH (TAG "a") UID ADDTO (0 5) REMOVEFROM (0 4)',
                     '* ESEARCH (TAG "a") MIN 5 MAX 4 ALL 5,1:3,4'])
        self.refuse(['* ESEARCH (TAG a) COUNT 1', '* ESEARCH (TAG "a") ALL NIL', '* ESEARCH (TAG "a") ALL ()', '* ESEARCH (TAG "a") ALL ""',
                     '* ESEARCH (TAG "a")  COUNT 1', '* ESEARCH () COUNT 1', '* ESEARCH (TAG "a" TAG "b") COUNT 1', '* ESEARCH (TAG "a" MAILBOX "b") COUNT 1',
                     '* ESEARCH (TAG "a") COUNT', '* ESEARCH (TAG "a") COUNT 1 COUNT 1', '* ESEARCH (TAG "a") COUNT 0 MIN 1', '* ESEARCH (TAG "a") MIN 5 ALL 4,6,7',
                     '* ESEARCH (TAG "a") COUNT 3 ALL 1:2', '* ESEARCH (TAG "a") MIN 2 ALL 1:2', '* ESEARCH (TAG "a") FOO 1', '* ESEARCH (TAG "a") (COUNT 1)',
                     '* ESEARCH (TAG "a") PARTIAL (1:5)', '* ESEARCH (TAG "a") PARTIAL (1:-5 NIL)', '* ESEARCH (TAG "a") PARTIAL 1:5 NIL',
                     '* ESEARCH (TAG "a") ADDTO (5)', '* ESEARCH (TAG "a") ADDTO ()', '* ESEARCH (TAG "a") RELEVANCY (0)', '* ESEARCH (TAG "a") RELEVANCY (101)',
                     '* ESEARCH TAG "a" COUNT 1', '* ESEARCH (TAG "a") COUNT 1 UID', '* ESEARCH (TAG "a") MODSEQ 0', '* ESEARCH (FOO "a") COUNT 1', '* ESEARCH (TAG "a" FOO "b") COUNT 1'])
        self.accept(['* ESEARCH (TAG a) COUNT 1'], 'rev2')

    def test_uidbatches(self):
        self.accept(['* UIDBATCHES (TAG "A143") 215295:99695,99694:20350', '* UIDBATCHES (TAG "A")'])
        self.refuse(['* UIDBATCHES', '* UIDBATCHES (TAG "A") ', '* UIDBATCHES (TAG "A") 5', '* UIDBATCHES (TAG "A") 1:2,', '* UIDBATCHES (TAG "A") 1:2, 3:4',
                     '* UIDBATCHES (TAG "A") 0:5', '* UIDBATCHES (TAG "A") 1:5', '* UIDBATCHES (TAG "A") 9:5,5:1'])


class Conditions(Base):
    """Tagged lines, human text, response codes."""

    def test_tagged(self):
        self.accept(['a]1 OK x', 'a1 no x', 'A.1 BAD [PARSE] x'])
        self.refuse(['a1 OK  x', 'a+1 OK x', 'a1 BYE x', 'a1 PREAUTH x', 'a1  OK x', 'a1 OKAY x', 'a(1 OK x', ' a1 OK x', 'OK x', 'a1 FETCH x', 'a1', '"a1" OK x'])

    def test_text(self):
        """Answer text missing (users.md 1.13): RFC 3501 needs it, RFC 9051 only the space."""
        for line in ('a1 OK ', '* OK [READ-WRITE] ', '* BYE '):
            self.refuse([line], 'rev1', 'text is missing')
            self.accept([line], 'rev2')
        self.refuse(['a1 OK', '* OK [READ-WRITE]', '* OK [READ-WRITE]x', '* BYE'], 'rev2')
        self.refuse(['* OK é'])
        self.accept(['* OK é'], 'rev2')
        self.accept(['* OK é'], 'language')
        self.refuse(['* OK é'], 'utf8')
        self.refuse([b'* OK \xff'], 'rev2')

    def test_codes_without_arguments(self):
        for name in ('ALERT', 'PARSE', 'READ-ONLY', 'TRYCREATE', 'UIDNOTSTICKY', 'CLOSED', 'UNAVAILABLE', 'EXPUNGEISSUED', 'NOMODSEQ', 'USEATTR',
                     'UIDREQUIRED', 'TOOFEW', 'TOOMANY', 'NOTSAVED', 'HASCHILDREN', 'UNKNOWN-CTE', 'COMPRESSIONACTIVE', 'OVERQUOTA'):
            self.accept([f'a1 NO [{name}] x', f'a1 NO [{name.lower()}] x'])
            self.refuse([f'a1 NO [{name} 5] x', f'a1 NO [{name} ] x', f'a1 NO [ {name}] x', f'a1 NO [{name}  x', f'a1 NO [{name}]  [ALERT]'.replace('  ', '')])

    def test_codes_with_arguments(self):
        good = ['UIDNEXT 5', 'UIDVALIDITY 5', 'UNSEEN 5', 'BADCHARSET', 'BADCHARSET (UTF-8 "US-ASCII")', 'APPENDUID 1 5', 'APPENDUID 1 5:7', 'COPYUID 1 3:4 7:8',
                'COPYUID 1 4,3 7,8', 'HIGHESTMODSEQ 5', 'MODIFIED 1,3:4', 'MAILBOXID (F-_1)', 'NOUPDATE "B02"', 'BADEVENT (MessageNew FlagChange)', 'INPROGRESS',
                'INPROGRESS ("a" 5 NIL)', 'INPROGRESS (NIL NIL NIL)', 'INPROGRESS ("a" 5 10)', 'MESSAGELIMIT 1000', 'MESSAGELIMIT 1000 5', 'METADATA LONGENTRIES 5',
                'METADATA MAXSIZE 5', 'METADATA TOOMANY', 'METADATA NOPRIVATE', 'ANNOTATE TOOBIG', 'ANNOTATIONS NONE', 'ANNOTATIONS 5 NOPRIVATE', 'ANNOTATIONS READ-ONLY',
                'URLMECH INTERNAL', 'URLMECH INTERNAL XSAMPLE=P34OKhO7VEkCbsiYY8rGEg==', 'BADURL /a', 'REFERRAL imap://x/', 'UNDEFINED-FILTER f',
                'CAPABILITY IMAP4rev1', 'MAXCONVERTPARTS 1']
        bad = ['UIDNEXT', 'UIDNEXT 5 6', 'UIDNEXT x', 'UNSEEN 0', 'BADCHARSET UTF-8', 'BADCHARSET ()', 'APPENDUID 5', 'APPENDUID 0 5', 'APPENDUID 1 *', 'APPENDUID 1 5 6',
               'COPYUID 1 3:4 7', 'COPYUID 1 3 7:8', 'COPYUID 1 3:4', 'COPYUID 1 3,4 8,7', 'COPYUID 1 3:4 8:7', 'COPYUID 1 3,3 7,8', 'COPYUID 1 * 7', 'COPYUID 1 3,4 7,7',
               'COPYUID 1', 'COPYUID 1  3 7', 'MODIFIED', 'MODIFIED *', 'MODIFIED ()', 'MAILBOXID F1', 'MAILBOXID ()', 'MAILBOXID (a.b)', 'NOUPDATE B02', 'BADEVENT MessageNew',
               'BADEVENT ()', 'BADEVENT (Foo)', 'INPROGRESS ()', 'INPROGRESS ("a" NIL 5)', 'INPROGRESS (a 5 NIL)', 'INPROGRESS ("a" 5 0)', 'INPROGRESS ("a" 11 10)',
               'MESSAGELIMIT', 'MESSAGELIMIT 0', 'MESSAGELIMIT 5 0', 'METADATA', 'METADATA FOO', 'METADATA MAXSIZE', 'METADATA TOOMANY 5', 'ANNOTATE', 'ANNOTATE FOO',
               'ANNOTATIONS', 'ANNOTATIONS 0', 'ANNOTATIONS 5 FOO', 'URLMECH', 'URLMECH XSAMPLE', 'URLMECH INTERNAL X=!', 'BADURL', 'REFERRAL', 'UNDEFINED-FILTER a/b',
               'CAPABILITY', 'FOO', 'X-FOO bar', '', 'MAXCONVERTPARTS 0', 'HIGHESTMODSEQ', 'NIL', '"ALERT"']
        self.accept([f'* OK [{code}] x' for code in good])
        self.refuse([f'* OK [{code}] x' for code in bad])

    def test_extra_codes(self):
        mode = Mode(extra_codes=frozenset({'OBJECTID'}))
        self.assertEqual(parse_response(b'* OK [OBJECTID x y] z\r\n', mode).code.args, b'x y')


class Modes(Base):
    """The reader follows ENABLED and LANGUAGE."""

    def test_enabled(self):
        reader = Reader()
        list(reader.feed(b'* ENABLED imap4rev2 QRESYNC UTF8=ACCEPT UIDONLY\r\n'))
        self.assertEqual((reader.mode.rev2, reader.mode.qresync, reader.mode.utf8, reader.mode.uidonly), (True,) * 4)

    def test_language(self):
        reader = Reader()
        list(reader.feed(b'* LANGUAGE (EN DE)\r\n'))
        self.assertFalse(reader.mode.language)
        list(reader.feed(b'* LANGUAGE (DE)\r\n'))
        self.assertTrue(reader.mode.language)


if __name__ == '__main__':
    unittest.main()
