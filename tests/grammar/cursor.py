# SPDX-License-Identifier: Apache-2.0
"""Terminals of the IMAP grammar (RFC 9051 section 9, RFC 3501 section 9) over one server response.

The rules differ with what the client enabled; that state is a `Mode`.  Everything that does not
match raises `Violation`, which names the offset, the rule and the bytes around it.
"""

import base64
import re
import unicodedata
from dataclasses import dataclass

MAX32 = 4294967295              # number, RFC 9051 section 9
MAX63 = 9223372036854775807     # number64, mod-sequence-value

# ATOM-CHAR: any CHAR but "(" ")" "{" SP CTL "%" "*" DQUOTE "\" "]".
_ATOM = re.compile(rb'[!#$&\'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+')
# ASTRING-CHAR adds resp-specials ("]").
_ASTRING = re.compile(rb'[!#$&\'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+')
_TAG = re.compile(rb'[!#$&\',\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+')
_LABEL = re.compile(rb'[A-Za-z\-_.][A-Za-z\-_.0-9:]*')
_DIGITS = re.compile(rb'[0-9]+')
# Inside quotes: TEXT-CHAR but the two quoted-specials, those escaped, and 8-bit judged afterwards.
_QUOTED = re.compile(rb'"((?:[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\xff]|\\["\\])*)"')
_UNQUOTE = re.compile(rb'\\(["\\])')
_LITERAL = re.compile(rb'\{([0-9]+)\}\r\n')
_LITERAL8 = re.compile(rb'~\{([0-9]+)\}\r\n')
_SEQUENCE_SET = re.compile(rb'[0-9*$][0-9*$:,]*')
_SET_FORM = re.compile(rb'[1-9][0-9]{0,9}(?::[1-9][0-9]{0,9})?(?:,[1-9][0-9]{0,9}(?::[1-9][0-9]{0,9})?)*')
_DATE_TIME = re.compile(
    rb'"( [0-9]|[0-9]{2})-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-([0-9]{4})'
    rb' ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"', re.IGNORECASE)
_BASE64 = re.compile(rb'(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?')
_OBJECTID = re.compile(rb'[A-Za-z0-9_\-]{1,255}(?![A-Za-z0-9_\-])')
_EIGHT_BIT = re.compile(rb'[\x80-\xff]')

# RFC 9051 section 2.3.2.  "flag-extension" must not be generated beyond what a standard defines.
SYSTEM_FLAGS = {'\\answered', '\\flagged', '\\deleted', '\\seen', '\\draft'}


class Violation(Exception):
    """A response that no server may send."""

    def __init__(self, reason, data=b'', offset=0):
        self.reason, self.data, self.offset = reason, bytes(data), offset
        start = max(0, offset - 60)
        before, after = self.data[start:offset], self.data[offset:offset + 60]
        super().__init__(f'{reason} at offset {offset}: {before!r} <<HERE>> {after!r}')


@dataclass
class Mode:
    """What the client enabled; decides which variant of a rule holds."""
    rev2: bool = False          # ENABLE IMAP4rev2: UTF-8, no \\Recent, SEARCH, RECENT, LSUB
    utf8: bool = False          # ENABLE UTF8=ACCEPT (RFC 9755)
    uidonly: bool = False       # ENABLE UIDONLY (RFC 9586): no message numbers at all
    qresync: bool = False       # ENABLE QRESYNC (RFC 7162): VANISHED instead of EXPUNGE
    language: bool = False      # LANGUAGE changed (RFC 5255): UTF-8 in human text
    extra_codes: frozenset = frozenset()    # response codes of drafts that a test wants to allow

    def enable(self, capabilities):
        """Take over what an ENABLED response lists (RFC 5161 section 3.2)."""
        names = {name.upper() for name in capabilities}
        self.rev2 = self.rev2 or 'IMAP4REV2' in names
        self.utf8 = self.utf8 or 'UTF8=ACCEPT' in names
        self.uidonly = self.uidonly or 'UIDONLY' in names
        self.qresync = self.qresync or 'QRESYNC' in names

    def reset(self):
        """UNAUTHENTICATE disables all that was enabled (RFC 8437 section 3)."""
        self.rev2 = self.utf8 = self.uidonly = self.qresync = self.language = False

    @property
    def utf8_strings(self):
        """May quoted strings and mailbox names hold UTF-8?"""
        return self.rev2 or self.utf8


def decode_mutf7(name):
    """Decode modified UTF-7 (RFC 3501 section 5.1.3); ValueError for anything but its one legal form."""
    out, pos = [], 0
    while pos < len(name):
        byte = name[pos]
        if byte != 0x26:
            if not 0x20 <= byte <= 0x7e:
                raise ValueError(f'octet {byte:#04x} must be shifted')
            out.append(chr(byte))
            pos += 1
            continue
        end = name.find(b'-', pos)
        if end < 0:
            raise ValueError('shift without end')
        out.append(_decode_shift(name[pos + 1:end]))
        if end > pos + 1 and name[end + 1:end + 2] == b'&' and name[end + 2:end + 3] != b'-':
            raise ValueError('null shift')
        pos = end + 1
    return ''.join(out)


def _decode_shift(shifted):
    """One base64 run between "&" and "-"."""
    if not shifted:
        return '&'
    if not re.fullmatch(rb'[A-Za-z0-9+,]+', shifted) or len(shifted) % 4 == 1:
        raise ValueError('bad modified base64')
    raw = base64.b64decode(shifted.replace(b',', b'/') + b'=' * (-len(shifted) % 4), validate=True)
    again = base64.b64encode(raw).rstrip(b'=').replace(b'/', b',')
    if again != shifted or len(raw) % 2:
        raise ValueError('stray bits at the end of modified base64')
    text = raw.decode('utf-16-be')      # UnicodeDecodeError (lone surrogate) is a ValueError
    if any(0x20 <= ord(char) <= 0x7e for char in text):
        raise ValueError('printable ASCII must not be shifted')
    return text


class Terminals:
    """A cursor over one complete response with one method per terminal rule."""

    def __init__(self, data, mode=None, pos=0):
        self.s, self.p, self.mode = data, pos, mode or Mode()

    # --- plumbing ------------------------------------------------------------------------------

    def fail(self, reason, at=None):
        raise Violation(reason, self.s, self.p if at is None else at)

    def at(self, token):
        """Does `token` (bytes, exact case) come next?"""
        return self.s.startswith(token, self.p)

    def at_word(self, word):
        """Does the keyword come next, whatever its case?"""
        return self.s[self.p:self.p + len(word)].upper() == word

    def take(self, token):
        """Consume `token` if it comes next."""
        if self.s.startswith(token, self.p):
            self.p += len(token)
            return True
        return False

    def expect(self, token, why=None):
        if not self.take(token):
            self.fail(why or f'expected {token!r}')

    def word(self, word):
        """Consume a keyword, whatever its case (RFC 9051 section 9, note 1)."""
        if not self.at_word(word):
            self.fail(f'expected {word.decode()}')
        self.p += len(word)

    def match(self, pattern, rule):
        found = pattern.match(self.s, self.p)
        if not found:
            self.fail(f'no valid {rule}')
        self.p = found.end()
        return found

    def SP(self):
        """Exactly one space (RFC 9051 section 9, note 2)."""
        if self.s[self.p:self.p + 1] != b' ':
            self.fail('expected SP')
        self.p += 1
        if self.s[self.p:self.p + 1] == b' ':
            self.fail('more than one SP')

    def CRLF(self):
        if self.at(b' '):
            self.fail('trailing SP')
        self.expect(b'\r\n', 'expected CRLF')

    def list_of(self, item, at_least=0):
        """"(" [item *(SP item)] ")" """
        self.expect(b'(')
        items = []
        while not self.take(b')'):
            if items:
                self.SP()
            items.append(item())
        if len(items) < at_least:
            self.fail(f'empty list where at least {at_least} item is needed')
        return items

    def joined(self, item, at_least=0):
        """"(" *item ")" with nothing between the items, as address lists have."""
        self.expect(b'(')
        items = []
        while not self.take(b')'):
            items.append(item())
        if len(items) < at_least:
            self.fail('empty list must be NIL')
        return items

    def unique(self, items, what):
        """Refuse a repeated item; the comparison ignores case."""
        seen = set()
        for item in items:
            key = item.lower()
            if key in seen:
                self.fail(f'{what} {item!r} more than once')
            seen.add(key)
        return items

    # --- numbers -------------------------------------------------------------------------------

    def _digits(self, rule, low, high):
        start = self.p
        text = self.match(_DIGITS, rule).group()
        value = int(text)
        if not low <= value <= high:
            self.fail(f'{rule} out of range', start)
        if low and text[:1] == b'0' and rule.startswith('nz'):
            self.fail(f'{rule} with leading zero', start)
        return value

    def number(self):
        return self._digits('number', 0, MAX32)

    def number64(self):
        return self._digits('number64', 0, MAX63)

    def nz_number(self):
        return self._digits('nz-number', 1, MAX32)

    uniqueid = nz_number

    def nz_number64(self):
        return self._digits('nz-number64', 1, MAX63)

    def number_by_mode(self):
        """Sizes and line counts are number in RFC 3501, number64 in RFC 9051."""
        return self.number64() if self.mode.rev2 else self.number()

    def mod_sequence_value(self):
        """RFC 7162 section 7: 1 <= n <= 2^63-1."""
        return self._digits('mod-sequence-value', 1, MAX63)

    def mod_sequence_valzer(self):
        return self._digits('mod-sequence-valzer', 0, MAX63)

    # --- atoms and strings ---------------------------------------------------------------------

    def atom(self):
        return self.match(_ATOM, 'atom').group().decode('ascii')

    def tag(self):
        return self.match(_TAG, 'tag').group().decode('ascii')

    def tagged_ext_label(self):
        return self.match(_LABEL, 'tagged-ext-label').group().decode('ascii')

    def nil(self):
        """Consume NIL as a whole token if it comes next."""
        if self.at_word(b'NIL') and not _ASTRING.match(self.s, self.p + 3):
            self.p += 3
            return True
        return False

    def quoted(self):
        """RFC 9051 section 4.3; 8-bit only once the client enabled it (RFC 9755 section 3)."""
        start = self.p
        body = self.match(_QUOTED, 'quoted string (bare CR, LF, NUL or bad escape?)').group(1)
        if _EIGHT_BIT.search(body):
            if not self.mode.utf8_strings:
                self.fail('8-bit in quoted string, but neither IMAP4rev2 nor UTF8=ACCEPT is enabled', start)
            self.must_be_utf8(body, start)
        return _UNQUOTE.sub(rb'\1', body)

    def must_be_utf8(self, data, at):
        try:
            return data.decode('utf-8')
        except UnicodeDecodeError:
            self.fail('not UTF-8', at)

    def literal(self):
        """{number} CRLF *CHAR8: no NUL, and never "+" from a server (RFC 9051 section 4.3)."""
        start = self.p
        found = self.match(_LITERAL, 'literal')
        data = self._literal_data(found, start)
        if b'\0' in data:
            self.fail('NUL in literal', found.end() + data.index(b'\0'))
        return data

    def literal8(self):
        """~{number} CRLF *OCTET (RFC 3516 section 7)."""
        start = self.p
        return self._literal_data(self.match(_LITERAL8, 'literal8'), start)

    def _literal_data(self, found, start):
        size = int(found.group(1))
        limit = MAX63 if self.mode.rev2 else MAX32
        if size > limit:
            self.fail('literal size out of range', start)
        if found.end() + size > len(self.s):
            self.fail('literal longer than the response', start)
        self.p = found.end() + size
        return self.s[found.end():self.p]

    def string(self):
        if self.at(b'"'):
            return self.quoted()
        if self.at(b'{'):
            return self.literal()
        if self.at(b'~{'):
            self.fail('literal8 where only a string is allowed')
        if self.nil():
            self.fail('NIL where a string is needed')
        self.fail('expected a string')

    def nstring(self):
        if self.nil():
            return None
        return self.string()

    def nstring_or_literal8(self):
        return self.literal8() if self.at(b'~{') else self.nstring()

    def astring(self):
        if self.at(b'"') or self.at(b'{'):
            return self.string()
        return self.match(_ASTRING, 'astring').group()

    def astring_text(self):
        start = self.p
        return self.must_be_utf8(self.astring(), start)

    def charset(self):
        """atom / quoted (RFC 4466 section 3, RFC 9051 section 9)."""
        return self.quoted().decode('utf-8', 'replace') if self.at(b'"') else self.atom()

    def base64(self):
        return self.match(_BASE64, 'base64').group()

    def objectid(self):
        """1*255(ALPHA / DIGIT / "_" / "-") (RFC 8474 section 7)."""
        return self.match(_OBJECTID, 'objectid').group().decode('ascii')

    def parenthesized_objectid(self):
        self.expect(b'(')
        value = self.objectid()
        self.expect(b')')
        return value

    # --- sets ----------------------------------------------------------------------------------

    def sequence_set(self):
        """A sequence-set in a response.  "*" and "$" stand for numbers that only the receiver of a
        command can know, so a server has no use for them (RFC 9051 section 9, search-return-data)."""
        start = self.p
        text = self.match(_SEQUENCE_SET, 'sequence-set').group()
        if b'*' in text or b'$' in text:
            self.fail('"*" or "$" in a set sent by a server', start)
        return self._ranges(text, start)

    def uid_set(self):
        """RFC 9051 section 9: (uniqueid / uid-range) *("," uid-set)."""
        return self.sequence_set()

    def _ranges(self, text, start):
        """[(first, last)] as sent, each number an nz-number."""
        if not _SET_FORM.fullmatch(text):
            self.fail('bad sequence-set', start)
        ranges = []
        for part in text.split(b','):
            first, _, last = part.partition(b':')
            ranges.append((int(first), int(last or first)))
        if any(max(pair) > MAX32 for pair in ranges):
            self.fail('number in set out of range', start)
        return ranges

    # --- flags ---------------------------------------------------------------------------------

    def flag(self):
        r"""flag, without \Recent and without extensions that no standard defines."""
        start = self.p
        if self.take(b'\\'):
            if self.at(b'*'):
                self.fail(r'"\*" outside PERMANENTFLAGS', start)
            name = '\\' + self.atom()
            if name.lower() == '\\recent':
                self.fail(r'\Recent where only settable flags are allowed', start)
            if name.lower() not in SYSTEM_FLAGS:
                self.fail(f'undefined flag-extension {name}', start)
            return name
        if self.nil():
            self.fail('NIL as a flag', start)
        return self.atom()

    def flag_fetch(self):
        r"""flag / \Recent; the latter is gone in IMAP4rev2 (RFC 9051 appendix E, item 12)."""
        if self.s[self.p:self.p + 7].lower() == b'\\recent' and not _ATOM.match(self.s, self.p + 7):
            if self.mode.rev2:
                self.fail(r'\Recent after ENABLE IMAP4rev2')
            self.p += 7
            return '\\Recent'
        return self.flag()

    def flag_perm(self):
        r"""flag / "\*"."""
        if self.take(b'\\*'):
            return '\\*'
        return self.flag()

    def flag_list(self, item=None):
        return self.unique(self.list_of(item or self.flag), 'flag')

    # --- dates ---------------------------------------------------------------------------------

    def date_time(self):
        """RFC 9051 section 9; the numbers must also be a date that exists."""
        start = self.p
        day, month, year, hour, minute, second, _, zone_h, zone_m = self.match(_DATE_TIME, 'date-time').groups()
        months = b'jan feb mar apr may jun jul aug sep oct nov dec'.split()
        leap = int(year) % 4 == 0 and (int(year) % 100 != 0 or int(year) % 400 == 0)
        days = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][months.index(month.lower())]
        if not (1 <= int(day) <= days and int(hour) < 24 and int(minute) < 60 and int(second) <= 60
                and int(zone_h) < 24 and int(zone_m) < 60):
            self.fail('no such date or time', start)
        return self.s[start + 1:self.p - 1].decode('ascii')

    # --- mailbox names -------------------------------------------------------------------------

    def mailbox(self):
        """A mailbox name as text; "INBOX" in that spelling whatever its case (RFC 9051 section 5.1)."""
        start = self.p
        name = self.mailbox_text(self.astring(), start)
        return 'INBOX' if name.upper() == 'INBOX' else name

    def mailbox_text(self, name, start, nfc=True):
        """Decode a name: modified UTF-7 (RFC 3501 section 5.1.3), or Net-Unicode once enabled
        (RFC 9051 section 5.1, RFC 9755 section 3: no controls, no line or paragraph separator)."""
        if self.mode.utf8_strings:
            text = self.must_be_utf8(name, start)
            if nfc and unicodedata.normalize('NFC', text) != text:
                self.fail('mailbox name is not NFC (RFC 5198 section 2)', start)
        else:
            try:
                text = decode_mutf7(name)
            except ValueError as error:
                self.fail(f'mailbox name is not modified UTF-7: {error}', start)
        for char in text:
            if ord(char) < 0x20 or 0x7f <= ord(char) <= 0x9f or char in '\u2028\u2029':
                self.fail(f'control character {ord(char):#x} in mailbox name', start)
        return text

    def delimiter(self):
        """DQUOTE QUOTED-CHAR DQUOTE / nil, the hierarchy separator of LIST and NAMESPACE."""
        start = self.p
        if self.nil():
            return None
        value = self.quoted() if self.at(b'"') else self.fail('hierarchy delimiter must be quoted or NIL')
        if len(value.decode('utf-8')) != 1:
            self.fail('hierarchy delimiter must be one character', start)
        return value.decode('utf-8')

    # --- the open-ended syntax of extensions (RFC 4466 section 3) --------------------------------

    def tagged_ext_val(self):
        if self.at(b'('):
            return self._tagged_ext_list()
        return self.sequence_set() if not self.at(b'0') else self.number64()

    def _tagged_ext_list(self):
        """"(" [tagged-ext-comp] ")", nested as deep as it goes."""
        return self.list_of(lambda: self._tagged_ext_list() if self.at(b'(') else self.astring())
