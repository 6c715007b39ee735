# SPDX-License-Identifier: Apache-2.0
"""resp-text and response codes (RFC 9051 section 7.1 and the IANA "IMAP Response Codes" registry).

Each registered code has one entry: its argument rule, or None where it takes no argument.  A code that
is not registered is a violation; `Mode.extra_codes` allows those of drafts.
"""

import re
from dataclasses import dataclass

from .cursor import Terminals

_TEXT_END = re.compile(rb'[\r\n\0]|\Z')
_TO_BRACKET = re.compile(rb'[\x01-\x09\x0b\x0c\x0e-\x5c\x5e-\x7f]+')
_URL = re.compile(rb'[\x21-\x5c\x5e-\x7e]+')
_FILTER_NAME = re.compile(rb'[!#$&\'+,\-.0-9:;<=>?@A-Z\[^_`a-z|}~]+')
_MECHANISM = re.compile(rb'[A-Za-z0-9.\-]+')
_SASL_NAME = re.compile(r'[A-Z0-9_\-]{1,20}', re.IGNORECASE)    # RFC 4422 section 3.1
_EVENTS = {'messagenew', 'messageexpunge', 'flagchange', 'annotationchange', 'mailboxname',
           'subscriptionchange', 'mailboxmetadatachange', 'servermetadatachange'}


@dataclass
class Code:
    """A response code: its name in capitals and its parsed arguments."""
    name: str
    args: object = None


class Codes(Terminals):
    """Rules for human text and response codes."""

    def resp_text(self):
        """(code or None, text).  RFC 3501 wants text; RFC 9051 made it optional, not the SP before it."""
        code = None
        if self.take(b'['):
            code = self.resp_text_code()
            self.expect(b']', f'extra or malformed argument of response code {code.name}')
            self.expect(b' ', 'expected SP after response code')
        start = self.p
        end = _TEXT_END.search(self.s, start).start()
        text = self.s[start:end]
        if not text and not self.mode.rev2:
            self.fail('human text is missing (RFC 3501 section 9, resp-text)')
        if any(byte >= 0x80 for byte in text):
            # RFC 9051 section 9: "Non-ASCII text can only be returned after ENABLE IMAP4rev2";
            # RFC 5255 section 3.5 allows it after a change of language.
            if not (self.mode.rev2 or self.mode.language):
                self.fail('8-bit in human text', start)
            self.must_be_utf8(text, start)
        self.p = end
        return code, text.decode('utf-8')

    def resp_text_code(self):
        start = self.p
        name = self.atom().upper()
        if name == 'CAPABILITY':
            return Code(name, self.capability_list())
        if name in _BARE:
            return Code(name)
        if name in _WITH_ARGUMENTS:
            return Code(name, _WITH_ARGUMENTS[name](self))
        if name not in self.mode.extra_codes:
            self.fail(f'response code {name} is not registered', start)
        if not self.take(b' '):
            return Code(name)
        return Code(name, self.match(_TO_BRACKET, 'response code argument').group())

    # --- capabilities ------------------------------------------------------------------------------

    def capability_list(self):
        """*(SP capability) with IMAP4rev1 or IMAP4rev2 among them (RFC 9051 section 9)."""
        start, names = self.p, []
        while self.at(b' '):
            self.SP()
            names.append(self.capability())
        self.unique(names, 'capability')
        upper = {name.upper() for name in names}
        if not upper & {'IMAP4REV1', 'IMAP4REV2'}:
            self.fail('capability list names neither IMAP4rev1 nor IMAP4rev2', start)
        if 'IMAP4' in upper and names[0].upper() != 'IMAP4':
            self.fail('IMAP4 must be the first capability (RFC 9051 section 9)', start)
        for pair in ({'LITERAL+', 'LITERAL-'}, {'UTF8=ACCEPT', 'UTF8=ONLY'}):
            # RFC 7888 section 5 and RFC 9755 section 7: one of them, never both.
            if pair <= upper:
                self.fail(f'capabilities {sorted(pair)} exclude each other', start)
        return names

    def capability(self):
        """An atom; capabilities with a value must have a valid one."""
        start = self.p
        name = self.atom()
        key, equals, value = name.upper().partition('=')
        if equals and not value:
            self.fail(f'capability {name} has an empty value', start)
        if key == 'AUTH' and not _SASL_NAME.fullmatch(value):
            self.fail(f'{name}: not a SASL mechanism name', start)
        if key == 'APPENDLIMIT' and equals and not re.fullmatch(r'[0-9]{1,10}', value):
            self.fail(f'{name}: not a number (RFC 7889 section 5)', start)
        if key in ('MESSAGELIMIT', 'SAVELIMIT') and not re.fullmatch(r'[1-9][0-9]{0,9}', value):
            self.fail(f'{name}: not an nz-number (RFC 9738 section 5)', start)
        if key == 'RIGHTS' and not (set('texk') <= set(name[7:]) and re.fullmatch('[a-z]+', name[7:])):
            self.fail(f'{name}: must be lower case and hold t, e, x and k (RFC 4314 section 7)', start)
        return name

    # --- arguments -----------------------------------------------------------------------------------

    def _after_sp(self, rule):
        self.SP()
        return rule()

    def _badcharset(self):
        """[SP "(" charset *(SP charset) ")"]"""
        return self._after_sp(lambda: self.list_of(self.charset, at_least=1)) if self.at(b' ') else []

    def _appenduid(self):
        """SP nz-number SP append-uid; a set only for MULTIAPPEND (RFC 4315 section 4)."""
        validity = self._after_sp(self.nz_number)
        return (validity, self._after_sp(self.uid_set))

    def _copyuid(self):
        """SP nz-number SP uid-set SP uid-set, both sets naming the same number of messages."""
        start = self.p
        validity = self._after_sp(self.nz_number)
        source = self._after_sp(self.uid_set)
        target = self._after_sp(self.uid_set)
        for uids in (source, target):
            covered = sorted((min(pair), max(pair)) for pair in uids)
            if any(left[1] >= right[0] for left, right in zip(covered, covered[1:])):
                self.fail('COPYUID names a UID twice', start)
        if count_of(source) != count_of(target):
            self.fail('COPYUID sets differ in size', start)
        if any(first > last for first, last in target) or any(
                left[1] >= right[0] for left, right in zip(target, target[1:])):
            # RFC 4315 section 3: same order as the source, and UIDs are assigned ascending.
            self.fail('COPYUID target UIDs are not ascending', start)
        return (validity, source, target)

    def _metadata(self):
        """RFC 5464 section 5."""
        kind = self._after_sp(self.atom).upper()
        if kind in ('LONGENTRIES', 'MAXSIZE'):
            return (kind, self._after_sp(self.number))
        if kind not in ('TOOMANY', 'NOPRIVATE'):
            self.fail('unknown METADATA response code')
        return (kind, None)

    def _annotate(self):
        """"ANNOTATE" SP ("TOOBIG" / "TOOMANY") (RFC 5257 section 5)."""
        kind = self._after_sp(self.atom).upper()
        if kind not in ('TOOBIG', 'TOOMANY'):
            self.fail('unknown ANNOTATE response code')
        return kind

    def _annotations(self):
        """ann-size (RFC 5257 section 5)."""
        self.SP()
        if self.at_word(b'NONE'):
            self.word(b'NONE')
            return ('NONE', False)
        if self.at_word(b'READ-ONLY'):
            self.word(b'READ-ONLY')
            size = 'READ-ONLY'
        else:
            size = self.nz_number()
        private = not self.take(b' NOPRIVATE')
        return (size, private)

    def _badevent(self):
        """RFC 5465 section 8: the events that the server does support."""
        names = self._after_sp(lambda: self.list_of(self.atom, at_least=1))
        for name in names:
            if name.lower() not in _EVENTS:
                self.fail(f'{name} is no event-name')
        return names

    def _inprogress(self):
        """[SP "(" inprogress-tag SP inprogress-state ")"] (RFC 9585 section 5)."""
        if not self.at(b' '):
            return None
        self.SP()
        self.expect(b'(')
        tag = None if self.nil() else self.quoted().decode()
        self.SP()
        progress = None if self.nil() else self.number()
        self.SP()
        goal = None if self.nil() else self.nz_number()
        self.expect(b')')
        if progress is None and goal is not None:
            self.fail('INPROGRESS with a goal but no progress')
        if goal is not None and progress > goal:
            self.fail('INPROGRESS beyond its goal')
        return (tag, progress, goal)

    def _messagelimit(self):
        """SP message-limit [SP uniqueid] (RFC 9738 section 5)."""
        limit = self._after_sp(self.nz_number)
        return (limit, self._after_sp(self.uniqueid) if self.at(b' ') else None)

    def _urlmech(self):
        """SP "INTERNAL" *(SP mechanism ["=" base64]) (RFC 4467 section 9)."""
        self.SP()
        self.word(b'INTERNAL')
        mechanisms = [('INTERNAL', None)]
        while self.at(b' '):
            self.SP()
            name = self.match(_MECHANISM, 'mechanism').group().decode()
            mechanisms.append((name, self.base64() if self.take(b'=') else None))
        return mechanisms

    def _referral(self):
        """1*(SP imapurl); more than one for mailbox referrals (RFC 2221 section 5, RFC 2193 section 6)."""
        urls = []
        while self.at(b' ') or not urls:
            urls.append(self._after_sp(lambda: self.match(_URL, 'imapurl').group()))
        return urls

    def _unseen(self):
        """RFC 3501 only (RFC 9051 appendix E, item 11)."""
        if self.mode.rev2:
            self.fail('UNSEEN response code after ENABLE IMAP4rev2')
        return self._after_sp(self.nz_number)


def count_of(ranges):
    """How many numbers a parsed set covers."""
    return sum(abs(last - first) + 1 for first, last in ranges)


_BARE = set('''ALERT PARSE READ-ONLY READ-WRITE TRYCREATE UIDNOTSTICKY UNAVAILABLE AUTHENTICATIONFAILED
    AUTHORIZATIONFAILED EXPIRED PRIVACYREQUIRED CONTACTADMIN NOPERM INUSE EXPUNGEISSUED CORRUPTION SERVERBUG
    CLIENTBUG CANNOT LIMIT OVERQUOTA ALREADYEXISTS NONEXISTENT NOTSAVED HASCHILDREN CLOSED UNKNOWN-CTE
    TOOBIG NOMODSEQ COMPRESSIONACTIVE BADCOMPARATOR TEMPFAIL NOTIFICATIONOVERFLOW USEATTR UIDREQUIRED
    TOOFEW TOOMANY'''.split())

_WITH_ARGUMENTS = {
    'BADCHARSET': Codes._badcharset,
    'PERMANENTFLAGS': lambda c: c._after_sp(lambda: c.flag_list(c.flag_perm)),
    'UIDNEXT': lambda c: c._after_sp(c.nz_number),
    'UIDVALIDITY': lambda c: c._after_sp(c.nz_number),
    'UNSEEN': Codes._unseen,
    'APPENDUID': Codes._appenduid,
    'COPYUID': Codes._copyuid,
    'HIGHESTMODSEQ': lambda c: c._after_sp(c.mod_sequence_value),           # RFC 7162 section 7
    'MODIFIED': lambda c: c._after_sp(c.sequence_set),                      # RFC 7162 section 7
    'MAILBOXID': lambda c: c._after_sp(c.parenthesized_objectid),           # RFC 8474 section 7
    'NOUPDATE': lambda c: c._after_sp(c.quoted).decode(),                   # RFC 5267 section 5
    'BADEVENT': Codes._badevent,
    'INPROGRESS': Codes._inprogress,
    'MESSAGELIMIT': Codes._messagelimit,
    'METADATA': Codes._metadata,
    'ANNOTATE': Codes._annotate,
    'ANNOTATIONS': Codes._annotations,
    'URLMECH': Codes._urlmech,
    'BADURL': lambda c: c._after_sp(lambda: c.match(_TO_BRACKET, 'url-resp-text').group()),     # RFC 4469 section 5
    'REFERRAL': Codes._referral,
    'UNDEFINED-FILTER': lambda c: c._after_sp(lambda: c.match(_FILTER_NAME, 'filter-name').group()),  # RFC 5466 section 4
    'MAXCONVERTMESSAGES': lambda c: c._after_sp(c.nz_number),               # RFC 5259 section 10
    'MAXCONVERTPARTS': lambda c: c._after_sp(c.nz_number),
}
