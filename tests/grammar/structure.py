# SPDX-License-Identifier: Apache-2.0
"""ENVELOPE and BODYSTRUCTURE (RFC 9051 sections 7.5.2 and 9, RFC 3501 sections 7.4.2 and 9).

These two break clients most often: one bad message spoils the answer to a whole FETCH range.
"""

from .cursor import Terminals

ENVELOPE_FIELDS = ('date', 'subject', 'from', 'sender', 'reply-to', 'to', 'cc', 'bcc',
                   'in-reply-to', 'message-id')
MAX_DEPTH = 200


class Structure(Terminals):
    """Rules for message structures."""

    depth = 0

    # --- ENVELOPE --------------------------------------------------------------------------------

    def envelope(self):
        """Exactly ten fields in a fixed order."""
        start = self.p
        self.expect(b'(', 'ENVELOPE must be a list')
        result = {}
        for index, field in enumerate(ENVELOPE_FIELDS):
            if index:
                if self.at(b')'):
                    self.fail(f'ENVELOPE ends before its field {field}')
                self.SP()
            result[field] = self.env_addresses() if 2 <= index <= 7 else self.nstring()
        self.expect(b')', 'ENVELOPE has more than ten fields')
        for field in ('sender', 'reply-to'):
            # RFC 9051 section 7.5.2: absent or empty Sender and Reply-To take the value of From.
            if result['from'] is not None and result[field] is None:
                self.fail(f'ENVELOPE {field} is NIL though from is not', start)
        return result

    def env_addresses(self):
        """"(" 1*address ")" / nil: never "()" nor "(NIL)", nothing between the addresses."""
        if self.nil():
            return None
        start = self.p
        addresses = self.joined(self.address, at_least=1)
        self._check_groups(addresses, start)
        return addresses

    def _check_groups(self, addresses, start):
        """Group markers must pair (RFC 9051 section 7.5.2): host NIL opens, host and mailbox NIL closes."""
        inside = False
        for _, _, mailbox, host in addresses:
            if host is not None:
                continue
            if inside == (mailbox is not None):
                self.fail('address group start and end do not pair', start)
            inside = mailbox is not None
        if inside:
            self.fail('address group is not closed', start)

    def address(self):
        """(name adl mailbox host), four nstrings."""
        self.expect(b'(', 'expected an address')
        name = self.nstring()
        self.SP()
        adl = self.nstring()
        self.SP()
        mailbox = self.nstring()
        self.SP()
        host = self.nstring()
        self.expect(b')', 'address must have four fields')
        if host is not None and mailbox is None:
            self.fail('address with a host but no mailbox')
        return (name, adl, mailbox, host)

    # --- BODY and BODYSTRUCTURE --------------------------------------------------------------------

    def body(self, extensible):
        """body; `extensible` is False for the BODY data item, which has no extension data."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail('BODYSTRUCTURE nested too deeply')
        self.expect(b'(', 'expected a body')
        tree = self.body_type_mpart(extensible) if self.at(b'(') else self.body_type_1part(extensible)
        self.expect(b')', 'body has extra or misplaced fields')
        self.depth -= 1
        return tree

    def body_type_mpart(self, extensible):
        """1*body SP media-subtype [SP body-ext-mpart]"""
        parts = []
        while self.at(b'('):
            parts.append(self.body(extensible))
        self.SP()
        tree = {'type': b'MULTIPART', 'subtype': self.media_subtype(), 'parts': parts}
        if self.at(b' '):
            self.extension_data(tree, extensible, 'params', self.body_fld_param)
        return tree

    def body_type_1part(self, extensible):
        """The type decides which of body-type-text, -msg and -basic holds."""
        quoted_type = self.at(b'"')
        kind = self.media_token()
        self.SP()
        quoted_subtype = self.at(b'"')
        subtype = self.media_subtype()
        self.SP()
        tree = {'type': kind, 'subtype': subtype}
        self.body_fields(tree)
        if kind.upper() == b'MULTIPART':
            self.fail('multipart without a child')
        if kind.upper() == b'TEXT':
            if not quoted_type:
                self.fail('media-text must be a quoted string')
            self.SP()
            tree['lines'] = self.number_by_mode()
        elif self._is_message(kind, subtype):
            if not (quoted_type and quoted_subtype):
                self.fail('media-message must be quoted strings')
            self._body_type_msg_rest(tree, extensible)
        if self.at(b' '):
            self.extension_data(tree, extensible, 'md5', self.nstring)
        return tree

    def _is_message(self, kind, subtype):
        """message/rfc822 always; message/global in IMAP4rev2, and at the server's choice under
        UTF8=ACCEPT alone (RFC 9755 section 6)."""
        if kind.upper() != b'MESSAGE':
            return False
        if subtype.upper() == b'RFC822':
            return True
        if subtype.upper() != b'GLOBAL':
            return False
        return self.mode.rev2 or (self.mode.utf8 and self.at(b' ('))

    def _body_type_msg_rest(self, tree, extensible):
        """SP envelope SP body SP body-fld-lines"""
        self.SP()
        tree['envelope'] = self.envelope()
        self.SP()
        tree['body'] = self.body(extensible)
        self.SP()
        tree['lines'] = self.number_by_mode()

    def media_token(self):
        """A type or subtype: a string that is not empty and has no slash (half of "type/subtype")."""
        start = self.p
        value = self.string()
        if not value or any(byte <= 0x20 or byte >= 0x7f or byte in b'/()<>@,;:\\"[]?=' for byte in value):
            self.fail('not a MIME type token (RFC 2045 section 5.1)', start)
        return value

    media_subtype = media_token

    def body_fields(self, tree):
        """body-fld-param SP -id SP -desc SP -enc SP -octets"""
        tree['params'] = self.body_fld_param()
        self.SP()
        tree['id'] = self.nstring()
        self.SP()
        tree['description'] = self.nstring()
        self.SP()
        tree['encoding'] = self.body_fld_enc()
        self.SP()
        tree['octets'] = self.number()

    def body_fld_enc(self):
        """A string, "7BIT" when the header is absent, so never NIL and never empty."""
        start = self.p
        value = self.string()
        if not value:
            self.fail('empty body-fld-enc', start)
        return value

    def body_fld_param(self):
        """"(" string SP string *(SP string SP string) ")" / nil, as [(name, value)]."""
        if self.nil():
            return None
        return self.list_of(self._param, at_least=1)

    def _param(self):
        name = self.string()
        if not name:
            self.fail('empty parameter name')
        self.SP()
        return (name, self.string())

    def extension_data(self, tree, extensible, first_name, first_rule):
        """body-ext-1part / body-ext-mpart, which differ in their first field only."""
        if not extensible:
            self.fail('extension data (or an extra field) in a BODY item')
        self.SP()
        tree[first_name] = first_rule()
        for name, rule in (('disposition', self.body_fld_dsp), ('language', self.body_fld_lang),
                           ('location', self.nstring)):
            if not self.at(b' '):
                return
            self.SP()
            tree[name] = rule()
        if self.at(b' '):
            # RFC 9051 section 9: servers MUST NOT generate body-extension before a standard defines one.
            self.fail('body-extension that no standard defines')

    def body_fld_dsp(self):
        """"(" string SP body-fld-param ")" / nil"""
        if self.nil():
            return None
        self.expect(b'(', 'disposition must be a list or NIL')
        kind = self.string()
        self.SP()
        params = self.body_fld_param()
        self.expect(b')')
        return (kind, params)

    def body_fld_lang(self):
        """nstring / "(" string *(SP string) ")" """
        return self.list_of(self.string, at_least=1) if self.at(b'(') else self.nstring()
