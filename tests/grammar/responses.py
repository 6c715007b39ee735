# SPDX-License-Identifier: Apache-2.0
"""Every untagged response, one method each (RFC 9051 sections 7.2 to 7.5 and the extensions named below)."""

import re

from .codes import Codes
from .structure import Structure

# mbx-list-sflag: only one per LIST response (RFC 9051 section 9).
SELECT_ATTRIBUTES = {'\\nonexistent', '\\noselect', '\\marked', '\\unmarked'}
# mbx-list-oflag and the IANA "IMAP Mailbox Name Attributes"; \NoAccess from RFC 5465 section 8.
OTHER_ATTRIBUTES = {'\\noinferiors', '\\haschildren', '\\hasnochildren', '\\subscribed', '\\remote', '\\all',
                    '\\archive', '\\drafts', '\\flagged', '\\important', '\\junk', '\\sent', '\\trash', '\\noaccess'}
# RFC 9979 section 9.2 registers these without the backslash that mbx-list-oflag needs; both forms pass.
BARE_ATTRIBUTES = {'memos', 'scheduled', 'snoozed'}
QUOTA_RESOURCES = {'STORAGE', 'MESSAGE', 'MAILBOX', 'ANNOTATION-STORAGE'}       # RFC 9208 section 5
_RIGHTS = re.compile(rb'[a-z0-9]*')
_LANGUAGE_TAG = re.compile(rb'[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*')
_HEADER_FIELD = re.compile(rb'[\x21-\x39\x3b-\x7e]+')                            # RFC 5322 section 3.6.8
_GM_NUMBER = re.compile(rb'[0-9]{1,20}')
_SCORE = re.compile(rb'[0-9]{1,3}')
_SIGNED_RANGE = re.compile(rb'(-?)([1-9][0-9]{0,9}):(-?)([1-9][0-9]{0,9})')
_MIME_TYPE = re.compile(rb'[!#$&\-^_.+A-Za-z0-9]+/[!#$&\-^_.+A-Za-z0-9]+')


class Responses(Codes, Structure):
    """Rules for untagged data.  A rule starts after its keyword and ends before CRLF."""

    # --- capabilities, identity, language ----------------------------------------------------------

    def capability_data(self):
        return self.capability_list()

    def enable_data(self):
        """"ENABLED" *(SP capability) (RFC 5161 section 4)."""
        names = []
        while self.at(b' '):
            self.SP()
            names.append(self.capability())
        return self.unique(names, 'capability')

    def id_response(self):
        """"ID" SP id_params_list; limits of RFC 2971 section 3.3."""
        self.SP()
        start = self.p
        if self.nil():
            return None
        pairs = self.list_of(self._id_pair)
        if len(pairs) > 30:
            self.fail('ID with more than 30 pairs', start)
        self.unique([name for name, _ in pairs], 'ID field')
        return dict(pairs)

    def _id_pair(self):
        start = self.p
        name = self.string()
        self.SP()
        value = self.nstring()
        if len(name) > 30 or len(value or b'') > 1024:
            self.fail('ID field or value too long', start)
        return name.decode('utf-8', 'replace').lower(), value

    def language_data(self):
        """RFC 5255 section 3.5."""
        self.SP()
        return self.list_of(self._language_tag, at_least=1)

    def _language_tag(self):
        start = self.p
        value = self.astring()
        if not _LANGUAGE_TAG.fullmatch(value):
            self.fail('not a language tag', start)
        return value.decode()

    def comparator_data(self):
        """RFC 5255 section 4.10."""
        self.SP()
        active, others = self.astring_text(), []
        if self.at(b' '):
            self.SP()
            others = self.list_of(self.astring_text, at_least=1)
        return {'active': active, 'matching': others}

    # --- mailboxes -----------------------------------------------------------------------------------

    def flags_data(self):
        self.SP()
        return self.flag_list()

    def mailbox_list(self):
        """"(" [mbx-list-flags] ")" SP delimiter SP mailbox [SP mbox-list-extended]"""
        self.SP()
        start = self.p
        attributes = self.unique(self.list_of(self.mbx_list_flag), 'mailbox attribute')
        self._check_attributes({name.lower() for name in attributes}, start)
        self.SP()
        delimiter = self.delimiter()
        self.SP()
        result = {'attributes': attributes, 'delimiter': delimiter, 'mailbox': self.mailbox(), 'extended': {}}
        if self.at(b' '):
            self.SP()
            items = self.list_of(self.mbox_list_extended_item)
            self.unique([name for name, _ in items], 'extended LIST item')
            result['extended'] = dict(items)
        return result

    def mbx_list_flag(self):
        """mbx-list-sflag / mbx-list-oflag, registered ones only."""
        start = self.p
        if not self.take(b'\\'):
            name = self.atom()
            if name.lower() not in BARE_ATTRIBUTES:
                self.fail(f'mailbox attribute {name} without backslash', start)
            return name
        name = '\\' + self.atom()
        known = name.lower() in SELECT_ATTRIBUTES | OTHER_ATTRIBUTES or name[1:].lower() in BARE_ATTRIBUTES
        if not known:
            self.fail(f'mailbox attribute {name} is not registered', start)
        return name

    def _check_attributes(self, names, start):
        if len(names & SELECT_ATTRIBUTES) > 1:
            self.fail('more than one selectability attribute (RFC 9051 section 9, mbx-list-sflag)', start)
        if '\\haschildren' in names and names & {'\\hasnochildren', '\\noinferiors'}:
            # RFC 9051 section 7.3.1.
            self.fail(r'\HasChildren contradicts \HasNoChildren and \Noinferiors', start)

    def mbox_list_extended_item(self):
        """CHILDINFO and OLDNAME are all that is registered (RFC 5258 section 6, RFC 9051 section 9)."""
        start = self.p
        name = self.astring_text().upper()
        self.SP()
        if name == 'CHILDINFO':
            return name, self.list_of(self._quoted_option, at_least=1)
        if name != 'OLDNAME':
            self.fail(f'extended LIST item {name} is not registered', start)
        self.expect(b'(')
        old_start = self.p     # the name as the client gave it: no NFC (RFC 9051 section 6.3.9.7)
        old = self.mailbox_text(self.astring(), old_start, nfc=False)
        self.expect(b')')
        return name, old

    def _quoted_option(self):
        """list-select-base-opt-quoted: "always returned quoted"."""
        start = self.p
        value = self.quoted().upper().decode('utf-8')
        if value not in ('SUBSCRIBED', 'SPECIAL-USE'):
            self.fail(f'{value} is no selection option', start)
        return value

    def lsub_data(self):
        """Removed in IMAP4rev2."""
        if self.mode.rev2:
            self.fail('LSUB after ENABLE IMAP4rev2')
        return self.mailbox_list()

    def namespace_response(self):
        """namespace SP namespace SP namespace (RFC 2342 section 6, RFC 9051 section 9)."""
        result = {}
        for kind in ('personal', 'other', 'shared'):
            self.SP()
            result[kind] = None if self.nil() else self.joined(self.namespace_descr, at_least=1)
        return result

    def namespace_descr(self):
        self.expect(b'(')
        start = self.p
        prefix = self.mailbox_text(self.string(), start)
        self.SP()
        delimiter, extensions = self.delimiter(), {}
        while self.at(b' '):
            self.SP()
            name = self.string().decode()
            self.SP()
            extensions[name.upper()] = self.list_of(self.string, at_least=1)
        self.expect(b')')
        return {'prefix': prefix, 'delimiter': delimiter, 'extensions': extensions}

    def status_data(self):
        """"STATUS" SP mailbox SP "(" [status-att-list] ")" """
        self.SP()
        mailbox = self.mailbox()
        self.SP()
        items = self.list_of(self.status_att_val)
        self.unique([name for name, _ in items], 'STATUS item')
        return {'mailbox': mailbox, 'items': dict(items)}

    def status_att_val(self):
        start = self.p
        name = self.match(re.compile(rb'[A-Za-z\-]+'), 'status-att').group().decode().upper()
        rule = {
            'MESSAGES': self.number, 'UIDNEXT': self.nz_number, 'UIDVALIDITY': self.nz_number,
            'UNSEEN': self.number, 'DELETED': self.number, 'SIZE': self.number64, 'RECENT': self.number,
            'HIGHESTMODSEQ': self.mod_sequence_valzer,          # RFC 7162 section 7
            'APPENDLIMIT': lambda: None if self.nil() else self.number(),   # RFC 7889 section 5
            'MAILBOXID': self.parenthesized_objectid,           # RFC 8474 section 7
            'DELETED-STORAGE': self.number64,                   # RFC 9208 section 7
        }.get(name)
        if rule is None:
            self.fail(f'STATUS item {name} is not defined', start)
        if name == 'RECENT' and self.mode.rev2:
            self.fail('STATUS RECENT after ENABLE IMAP4rev2', start)
        self.SP()
        return name, rule()

    # --- search ----------------------------------------------------------------------------------------

    def search_data(self):
        """"SEARCH" *(SP nz-number) [SP "(" "MODSEQ" SP mod-sequence-value ")"] (RFC 7162 section 7)."""
        if self.mode.rev2:
            self.fail('SEARCH response after ENABLE IMAP4rev2 (ESEARCH replaces it)')
        return self.sort_data()

    def sort_data(self):
        """RFC 5256 section 5 and RFC 7162 section 7; no number twice."""
        numbers, modseq, start = [], None, self.p
        while self.at(b' '):
            self.SP()
            if self.at(b'('):
                if not numbers:
                    self.fail('MODSEQ in an empty result (RFC 7162 section 7)')
                modseq = self._search_sort_mod_seq()
                break
            numbers.append(self.nz_number())
        if len(set(numbers)) != len(numbers):
            self.fail('a number twice in one result', start)
        return {'numbers': numbers, 'modseq': modseq}

    def _search_sort_mod_seq(self):
        self.expect(b'(')
        self.word(b'MODSEQ')
        self.SP()
        value = self.mod_sequence_value()
        self.expect(b')')
        return value

    def thread_data(self):
        """"THREAD" [SP 1*thread-list] (RFC 5256 section 5); [members..., nested...] as nested lists."""
        if not self.at(b' '):
            return []
        self.SP()
        threads = []
        while self.at(b'('):
            threads.append(self.thread_list())
        if not threads:
            self.fail('THREAD with a space but no thread')
        return threads

    def thread_list(self):
        """"(" (thread-members / thread-nested) ")"; depth on a stack of our own, threads get deep."""
        self.expect(b'(')
        root, stack = [], []
        current = root
        while True:
            if self.take(b')'):
                nested = [item for item in current if isinstance(item, list)]
                if not current or len(nested) == 1:
                    self.fail('thread-nested needs two lists, a thread at least one number')
                if not stack:
                    return root
                current = stack.pop()
                continue
            if self.at(b'('):
                self.p += 1
                child = []
                current.append(child)
                stack.append(current)
                current = child
                continue
            if current and isinstance(current[-1], list):
                self.fail('a number after nested threads')
            current.append(self.nz_number())
            if not self.at(b')'):
                self.SP()
                if self.at(b')'):
                    self.fail('SP before ")"')

    def search_correlator(self):
        """SP "(" one-correlator *(SP one-correlator) ")" (RFC 7377 section 4): TAG alone, or all three once."""
        start = self.p
        pairs = self.list_of(self._one_correlator, at_least=1)
        found = dict(pairs)
        if len(found) != len(pairs) or set(found) not in ({'TAG'}, {'TAG', 'MAILBOX', 'UIDVALIDITY'}):
            self.fail('search-correlator must hold TAG, or TAG, MAILBOX and UIDVALIDITY', start)
        return found

    def _one_correlator(self):
        name = self.match(re.compile(rb'[A-Za-z]+'), 'correlator').group().decode().upper()
        self.SP()
        if name == 'TAG':
            # RFC 4466 section 3 has string, RFC 9051 section 9 astring.
            return name, (self.astring() if self.mode.rev2 else self.string()).decode('ascii')
        if name == 'MAILBOX':
            return name, self.mailbox()
        if name == 'UIDVALIDITY':
            return name, self.nz_number()
        self.fail(f'unknown correlator {name}')

    def esearch_response(self):
        """[search-correlator] [SP "UID"] *(SP search-return-data)"""
        result = {'correlator': {}, 'uid': False, 'items': {}, 'updates': []}
        if self.at(b' ('):
            self.SP()
            result['correlator'] = self.search_correlator()
        if self.at_word(b' UID ') or self.at_word(b' UID\r'):
            self.p += 4
            result['uid'] = True
        while self.at(b' '):
            self.SP()
            self._search_return_data(result)
        self._check_esearch(result)
        return result

    def _search_return_data(self, result):
        start = self.p
        name = self.tagged_ext_label().upper()
        rule = {
            'MIN': self.nz_number, 'MAX': self.nz_number, 'COUNT': self.number, 'ALL': self.sequence_set,
            'MODSEQ': self.mod_sequence_value,                  # RFC 4731 section 4
            'PARTIAL': self.ret_data_partial,                   # RFC 9394 section 4
            'ADDTO': self.ret_data_update, 'REMOVEFROM': self.ret_data_update,      # RFC 5267 section 5
            'RELEVANCY': lambda: self.list_of(self._score),     # RFC 6203 section 7
        }.get(name)
        if rule is None:
            self.fail(f'search-return-data {name} is not defined', start)
        self.SP()
        value = rule()
        if name in ('ADDTO', 'REMOVEFROM'):     # may come several times, RFC 5267 section 4.3.3
            result['updates'].append((name, value))
        elif name in result['items']:
            self.fail(f'search-return-data {name} twice', start)
        else:
            result['items'][name] = value

    def _check_esearch(self, result):
        """What the items of one answer say must agree (RFC 9051 section 7.3.4); of a SORT they follow its order (RFC 5267 section 3.1)."""
        items = result['items']
        if items.get('COUNT') == 0 and set(items) & {'MIN', 'MAX', 'ALL'}:
            self.fail('ESEARCH COUNT 0 with results')
        if 'ALL' not in items:
            return
        numbers = sum(abs(last - first) + 1 for first, last in items['ALL'])
        low = min(min(pair) for pair in items['ALL'])
        high = max(max(pair) for pair in items['ALL'])
        if items.get('COUNT', numbers) != numbers:
            self.fail('ESEARCH COUNT is not the size of ALL')
        first, last = min(items['ALL'][0]), max(items['ALL'][-1])
        if items.get('MIN', low) not in (low, first) or items.get('MAX', high) not in (high, last):
            self.fail('ESEARCH MIN or MAX is not at an end of ALL')

    def _score(self):
        start = self.p
        value = int(self.match(_SCORE, 'score').group())
        if not 1 <= value <= 100:
            self.fail('score out of range', start)
        return value

    def ret_data_partial(self):
        """"(" partial-range SP partial-results ")" (RFC 9394 section 4)."""
        self.expect(b'(')
        start = self.p
        found = self.match(_SIGNED_RANGE, 'partial-range')
        if found.group(1) != found.group(3):
            self.fail('partial-range mixes both directions', start)
        self.SP()
        results = None if self.nil() else self.sequence_set()
        self.expect(b')')
        return found.group().decode(), results

    def ret_data_update(self):
        """"(" context-position SP sequence-set *(...) ")" (RFC 5267 section 5)."""
        def pair():
            position = self.number()
            self.SP()
            return position, self.sequence_set()
        return self.list_of(pair, at_least=1)

    def uidbatches_response(self):
        """search-correlator [SP uid-range *("," uid-range)] (RFC 10022 section 4)."""
        self.SP()
        result = {'correlator': self.search_correlator(), 'ranges': []}
        if self.at(b' '):
            self.SP()
            start = self.p
            text = self.match(re.compile(rb'[0-9:,]+'), 'uid-range').group()
            if not all(part.count(b':') == 1 for part in text.split(b',')):
                self.fail('UIDBATCHES needs ranges', start)
            result['ranges'] = self._ranges(text, start)
            ends = [end for pair in result['ranges'] for end in pair]
            if any(high < low for high, low in result['ranges']) or any(
                    above[1] <= below[0] for above, below in zip(result['ranges'], result['ranges'][1:])):
                self.fail(f'UIDBATCHES not in descending order: {ends} (RFC 10022 section 3.1.2)', start)
        return result

    # --- rights, quota, metadata -----------------------------------------------------------------------

    def rights(self):
        """astring of lower-case letters and digits (RFC 4314 section 7)."""
        start = self.p
        value = self.astring()
        if not _RIGHTS.fullmatch(value) or len(set(value)) != len(value):
            self.fail('rights must be lower-case letters and digits, each once', start)
        return value.decode()

    def acl_data(self):
        self.SP()
        mailbox, entries = self.mailbox(), []
        while self.at(b' '):
            self.SP()
            identifier = self.astring_text()
            self.SP()
            entries.append((identifier, self.rights()))
        return {'mailbox': mailbox, 'entries': entries}

    def listrights_data(self):
        self.SP()
        mailbox = self.mailbox()
        self.SP()
        result = {'mailbox': mailbox, 'identifier': self.astring_text()}
        self.SP()
        result['required'], result['optional'] = self.rights(), []
        while self.at(b' '):
            self.SP()
            result['optional'].append(self.rights())
        return result

    def myrights_data(self):
        self.SP()
        mailbox = self.mailbox()
        self.SP()
        return {'mailbox': mailbox, 'rights': self.rights()}

    def quota_response(self):
        """"QUOTA" SP quota-root-name SP quota-list (RFC 9208 section 7)."""
        self.SP()
        root = self.astring_text()
        self.SP()
        resources = self.list_of(self.quota_resource, at_least=1)
        self.unique([name for name, _, _ in resources], 'quota resource')
        return {'root': root, 'resources': {name: (used, limit) for name, used, limit in resources}}

    def quota_resource(self):
        start = self.p
        name = self.atom().upper()
        if name not in QUOTA_RESOURCES:
            self.fail(f'quota resource {name} is not registered', start)
        self.SP()
        usage = self.number64()
        self.SP()
        return name, usage, self.number64()

    def quotaroot_response(self):
        self.SP()
        mailbox, roots = self.mailbox(), []
        while self.at(b' '):
            self.SP()
            roots.append(self.astring_text())
        return {'mailbox': mailbox, 'roots': roots}

    def metadata_resp(self):
        """"METADATA" SP mailbox SP (entry-values / entry-list) (RFC 5464 section 5)."""
        self.SP()
        mailbox = self.mailbox()
        self.SP()
        if self.at(b'('):
            values = self.list_of(self.entry_value, at_least=1)
            self.unique([name for name, _ in values], 'metadata entry')
            return {'mailbox': mailbox, 'values': dict(values)}
        entries = [self.entry()]
        while self.at(b' '):
            self.SP()
            entries.append(self.entry())
        return {'mailbox': mailbox, 'entries': entries}

    def entry_value(self):
        name = self.entry()
        self.SP()
        return name, self.nstring_or_literal8()

    def entry(self, roots=(b'/private/', b'/shared/')):
        """An entry name (RFC 5464 section 3.2): ASCII path under /private/ or /shared/."""
        start = self.p
        name = self.astring()
        if any(byte in b'*%' or byte < 0x20 or byte > 0x7e for byte in name):
            self.fail('entry name with wildcard, control or 8-bit', start)
        if not name.lower().startswith(roots) or name.endswith(b'/') or b'//' in name:
            self.fail('not a valid entry name', start)
        return name.decode('ascii')

    # --- URLAUTH, JMAPACCESS, CONVERT ------------------------------------------------------------------

    def genurlauth_data(self):
        """1*(SP url-full) (RFC 4467 section 9)."""
        urls = []
        while self.at(b' ') or not urls:
            self.SP()
            urls.append(self.astring_text())
        return urls

    def urlfetch_data(self):
        """1*(SP (urldata-simple / urldata-ext)) (RFC 4467 section 9, RFC 5524 section 5)."""
        answers = []
        while self.at(b' ') or not answers:
            self.SP()
            url = self.astring_text()
            self.SP()
            if not self.at(b'('):
                answers.append((url, self.nstring()))
                continue
            parts = dict([self.url_metadata_el()])
            while self.at(b' ('):
                self.SP()
                parts.update([self.url_metadata_el()])
            answers.append((url, parts))
        return answers

    def url_metadata_el(self):
        self.expect(b'(')
        name = self.atom().upper()
        self.SP()
        rule = {'BODYPARTSTRUCTURE': lambda: self.body(True), 'BINARY': self.nstring_or_literal8,
                'BODY': self.nstring}.get(name)
        if rule is None:
            self.fail(f'{name} is no url-metadata-el')
        value = rule()
        self.expect(b')')
        return name, value

    def resp_jmapaccess(self):
        """"JMAPACCESS" SP quoted (RFC 9698 section 4)."""
        self.SP()
        return self.quoted().decode()

    def conversion_data(self):
        """RFC 5259 section 10."""
        self.SP()
        source = self._quoted_mime_type()
        self.SP()
        result = {'from': source, 'to': self._quoted_mime_type(), 'params': []}
        if self.at(b' '):
            self.SP()
            result['params'] = self.list_of(self.astring_text, at_least=1)
        return result

    def _quoted_mime_type(self):
        start = self.p
        value = self.quoted()
        if not _MIME_TYPE.fullmatch(value):
            self.fail('not a media type', start)
        return value.decode()

    # --- messages ----------------------------------------------------------------------------------------

    def expunged_resp(self):
        """"VANISHED" [SP "(EARLIER)"] SP known-uids (RFC 7162 section 7)."""
        self.SP()
        earlier = self.at_word(b'(EARLIER)')
        if earlier:
            self.p += len(b'(EARLIER)')
            self.SP()
        return {'earlier': earlier, 'uids': self.sequence_set()}

    def msg_att(self):
        """"(" item *(SP item) ")" as {name: value}; names as the client would write them, in capitals."""
        start = self.p
        items = {}
        for name, value in self.list_of(self.msg_att_item, at_least=1):
            if name in items and items[name] != value:
                self.fail(f'{name} twice in one FETCH response, with two values', start)
            items[name] = value
        return items

    def msg_att_item(self):
        start = self.p
        name = self.match(_FETCH_NAME, 'msg-att').group().decode().upper()
        if self.at(b'['):
            return self._section_item(name, start)
        rule = _FETCH_ITEMS.get(name)
        if rule is None:
            self.fail(f'FETCH item {name} is not defined', start)
        if name in ('RFC822', 'RFC822.HEADER', 'RFC822.TEXT') and self.mode.rev2:
            self.fail(f'{name} after ENABLE IMAP4rev2', start)
        self.SP()
        return name, rule(self)

    def _section_item(self, name, start):
        """BODY[section]<origin> / BINARY[section]<origin> / BINARY.SIZE[section]"""
        if name not in ('BODY', 'BINARY', 'BINARY.SIZE'):
            self.fail(f'{name} takes no section', start)
        key = f'{name}[{self.section() if name == "BODY" else self.section_binary()}]'
        if name != 'BINARY.SIZE' and self.take(b'<'):
            key += f'<{self.number_by_mode()}>'
            self.expect(b'>')
        self.SP()
        if name == 'BINARY.SIZE':
            return key, self.number()
        return key, self.nstring() if name == 'BODY' else self.nstring_or_literal8()

    def section_binary(self):
        """"[" [section-part] "]" """
        self.expect(b'[')
        part = '' if self.at(b']') else self.section_part()
        self.expect(b']')
        return part

    def section_part(self):
        numbers = [str(self.nz_number())]
        while self.at(b'.') and self.s[self.p + 1:self.p + 2].isdigit():
            self.p += 1
            numbers.append(str(self.nz_number()))
        return '.'.join(numbers)

    def section(self):
        """"[" [section-spec] "]" in one spelling: keywords and header names in capitals."""
        self.expect(b'[')
        if self.take(b']'):
            return ''
        spec = ''
        if self.s[self.p:self.p + 1].isdigit():
            spec = self.section_part()
            if self.take(b']'):
                return spec
            self.expect(b'.')
            spec += '.'
        start = self.p
        text = self.match(re.compile(rb'[A-Za-z.]+'), 'section-text').group().decode().upper()
        if text in ('HEADER.FIELDS', 'HEADER.FIELDS.NOT'):
            self.SP()
            text += f" ({' '.join(self.list_of(self.header_fld_name, at_least=1))})"
        elif text not in ('HEADER', 'TEXT') and not (text == 'MIME' and spec):
            self.fail(f'{text} is no section-text here', start)
        self.expect(b']')
        return spec + text

    def header_fld_name(self):
        start = self.p
        name = self.astring()
        if not _HEADER_FIELD.fullmatch(name):
            self.fail('not a header field name', start)
        return name.decode('ascii').upper()

    def permsg_modsequence(self):
        """"(" mod-sequence-value ")" """
        self.expect(b'(')
        value = self.mod_sequence_value()
        self.expect(b')')
        return value

    def preview(self):
        """nstring, UTF-8, at most 256 characters (RFC 8970 section 3)."""
        start = self.p
        value = self.nstring()
        if value is not None and len(self.must_be_utf8(value, start)) > 256:
            self.fail('PREVIEW longer than 256 characters', start)
        return value

    def annotation(self):
        """"(" entry-att *(SP entry-att) ")" / "(" entry *(SP entry) ")" (RFC 5257 section 5)."""
        def item():
            name = self.entry(roots=(b'/',))
            if not self.at(b' ('):
                return name, None
            self.SP()
            return name, dict(self.list_of(self._att_value, at_least=1))
        items = self.list_of(item, at_least=1)
        if len({values is None for _, values in items}) > 1:
            self.fail('ANNOTATION mixes both forms')
        return dict(items)

    def _att_value(self):
        name = self.astring_text()
        self.SP()
        return name, self.nstring_or_literal8()

    def gm_label(self):
        r"""astring / ("\" atom) (X-GM-EXT-1)."""
        start = self.p
        if self.take(b'\\'):
            return '\\' + self.atom()
        return self.mailbox_text(self.astring(), start)


def _nil_or(rule):
    return lambda c: None if c.nil() else rule(c)


_FETCH_NAME = re.compile(rb'[A-Za-z][A-Za-z0-9.\-]*')
_FETCH_ITEMS = {
    'FLAGS': lambda c: c.flag_list(c.flag_fetch),
    'ENVELOPE': Responses.envelope,
    'INTERNALDATE': Responses.date_time,
    'RFC822': Responses.nstring, 'RFC822.HEADER': Responses.nstring, 'RFC822.TEXT': Responses.nstring,  # RFC 3501
    'RFC822.SIZE': Responses.number_by_mode,
    'BODY': lambda c: c.body(False),
    'BODYSTRUCTURE': lambda c: c.body(True),
    'UID': Responses.uniqueid,
    'MODSEQ': Responses.permsg_modsequence,                         # RFC 7162 section 7
    'EMAILID': Responses.parenthesized_objectid,                    # RFC 8474 section 7
    'THREADID': _nil_or(Responses.parenthesized_objectid),
    'SAVEDATE': _nil_or(Responses.date_time),                       # RFC 8514 section 5
    'PREVIEW': Responses.preview,
    'ANNOTATION': Responses.annotation,
    'X-GM-MSGID': lambda c: int(c.match(_GM_NUMBER, 'X-GM-MSGID').group()),
    'X-GM-THRID': lambda c: int(c.match(_GM_NUMBER, 'X-GM-THRID').group()),
    'X-GM-LABELS': lambda c: c.list_of(c.gm_label),
}
