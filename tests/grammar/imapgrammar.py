#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole of what an IMAP server may send, strictly.

    reader = Reader()                       # one per connection
    for response in reader.feed(data):      # bytes as they come from the socket
        response.kind, response.name, response.data ...

`parse_response(data)` parses one complete response.  Both raise `Violation` with offset and context.
The rules lie in cursor.py, structure.py, codes.py and responses.py; here stand framing, tagged lines,
continuation requests and the table of untagged responses.
"""

import re
import sys
from dataclasses import dataclass

from .codes import Code
from .cursor import Mode, Violation
from .responses import Responses

__all__ = ['Code', 'Mode', 'Reader', 'Response', 'Violation', 'parse_response']

# BODYSTRUCTURE is parsed by recursion, three frames a level; structure.MAX_DEPTH bounds it.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 5000))

# Responses that end in human text, where "{5}" at the end of the line is no literal.
_TEXT_RESPONSE = re.compile(rb'(?:\* (?:OK|NO|BAD|BYE|PREAUTH)[ \r]|\+|[^*])', re.IGNORECASE)
_LITERAL_AT_END = re.compile(rb'~?\{([0-9]{1,19})\}\r\n\Z')
_KEYWORD = re.compile(rb'[A-Za-z][A-Za-z0-9\-]*')
_STATES = {'OK', 'NO', 'BAD'}
MAX_LINE = 64 * 1024 * 1024     # a line without end is no response


@dataclass
class Response:
    """One parsed response.

    kind    'tagged', 'untagged' or 'continue'
    name    'OK', 'FETCH', 'EXISTS', ... in capitals ('+' for a continuation)
    tag     of a tagged response
    number  before EXISTS, RECENT, EXPUNGE, FETCH, UIDFETCH
    code    Code(name, args) of OK, NO, BAD, BYE, PREAUTH and '+', or None
    text    the human text
    data    what the response carries; see the method of that name in responses.py
    raw     its bytes
    """
    kind: str
    name: str
    tag: str = None
    number: int = None
    code: Code = None
    text: str = None
    data: object = None
    raw: bytes = b''

    def __str__(self):
        return printable(self.raw)


def printable(raw, limit=400):
    """Bytes for a transcript: readable, one line, not endless."""
    text = raw if len(raw) <= limit else raw[:limit // 2] + b' [...] ' + raw[-limit // 2:]
    return text.decode('latin-1').encode('unicode_escape').decode('ascii')


class Grammar(Responses):
    """One response, beginning to end."""

    def response(self):
        if self.at(b'+'):
            return self.continue_req()
        if self.at(b'* '):
            self.p += 2
            return self.response_data()
        if self.at(b'*'):
            self.fail('"*" must be followed by SP')
        return self.response_tagged()

    def continue_req(self):
        """"+" SP (resp-text / base64) CRLF (RFC 9051 section 7.6); base64 may be empty, SP may not miss."""
        self.p += 1
        self.expect(b' ', '"+" must be followed by SP')
        start = self.p
        end = self.s.find(b'\r\n', start)
        try:
            code, text = None, self.base64().decode()
            matched = self.p == end
        except Violation:
            matched = False
        if not matched:
            self.p = start
            code, text = self.resp_text()
        self.CRLF()
        return Response('continue', '+', code=code, text=text, raw=self.s)

    def response_tagged(self):
        """tag SP resp-cond-state CRLF"""
        tag = self.tag()
        self.SP()
        state = self.match(_KEYWORD, 'resp-cond-state').group().decode().upper()
        if state not in _STATES:
            self.fail(f'{state} in a tagged response')
        return self._cond('tagged', state, tag)

    def _cond(self, kind, state, tag=None):
        self.SP()
        code, text = self.resp_text()
        self.CRLF()
        return Response(kind, state, tag=tag, code=code, text=text, raw=self.s)

    def response_data(self):
        """"*" SP (state / bye / data) CRLF, and the greeting, which looks the same (RFC 9051 section 7.1)."""
        if self.s[self.p:self.p + 1].isdigit():
            return self._numbered()
        start = self.p
        name = self.match(_KEYWORD, 'response name').group().decode().upper()
        if name in _STATES or name in ('BYE', 'PREAUTH'):
            return self._cond('untagged', name)
        rule = _UNTAGGED.get(name)
        if rule is None:
            self.fail(f'unknown response {name}', start)
        data = rule(self)
        self.CRLF()
        return Response('untagged', name, data=data, raw=self.s)

    def _numbered(self):
        """number SP ("EXISTS" / "RECENT"), nz-number SP (...): message-data."""
        start = self.p
        number = self.number()
        self.SP()
        name = self.match(_KEYWORD, 'message-data').group().decode().upper()
        if name not in ('EXISTS', 'RECENT'):
            self.p, after = start, self.p
            self.nz_number()
            self.p = after
        data = None
        if name in ('FETCH', 'UIDFETCH'):
            self._check_numbering(name, start)
            self.SP()
            data = self.msg_att()
            if name == 'UIDFETCH' and data.get('UID', number) != number:
                self.fail('UIDFETCH with another UID inside', start)    # RFC 9586 section 3.3
        elif name == 'EXPUNGE':
            self._check_numbering(name, start)
            if self.mode.qresync:
                self.fail('EXPUNGE after ENABLE QRESYNC (RFC 7162 section 3.2.10)', start)
        elif name == 'RECENT' and self.mode.rev2:
            self.fail('RECENT after ENABLE IMAP4rev2', start)
        elif name not in ('EXISTS', 'RECENT'):
            self.fail(f'unknown response {name}', start)
        self.CRLF()
        return Response('untagged', name, number=number, data=data, raw=self.s)

    def _check_numbering(self, name, start):
        """RFC 9586 section 3: with UIDONLY no message numbers, without it no UIDFETCH."""
        if self.mode.uidonly and name != 'UIDFETCH':
            self.fail(f'{name} after ENABLE UIDONLY', start)
        if name == 'UIDFETCH' and not self.mode.uidonly:
            self.fail('UIDFETCH without ENABLE UIDONLY', start)


_UNTAGGED = {
    'CAPABILITY': Grammar.capability_data, 'ENABLED': Grammar.enable_data, 'ID': Grammar.id_response,
    'LANGUAGE': Grammar.language_data, 'COMPARATOR': Grammar.comparator_data,
    'FLAGS': Grammar.flags_data, 'LIST': Grammar.mailbox_list, 'LSUB': Grammar.lsub_data,
    'NAMESPACE': Grammar.namespace_response, 'STATUS': Grammar.status_data,
    'SEARCH': Grammar.search_data, 'ESEARCH': Grammar.esearch_response, 'SORT': Grammar.sort_data,
    'THREAD': Grammar.thread_data, 'UIDBATCHES': Grammar.uidbatches_response, 'VANISHED': Grammar.expunged_resp,
    'ACL': Grammar.acl_data, 'LISTRIGHTS': Grammar.listrights_data, 'MYRIGHTS': Grammar.myrights_data,
    'QUOTA': Grammar.quota_response, 'QUOTAROOT': Grammar.quotaroot_response, 'METADATA': Grammar.metadata_resp,
    'GENURLAUTH': Grammar.genurlauth_data, 'URLFETCH': Grammar.urlfetch_data,
    'JMAPACCESS': Grammar.resp_jmapaccess, 'CONVERSION': Grammar.conversion_data,
}


def parse_response(data, mode=None):
    """Parse one complete response, CRLF included."""
    grammar = Grammar(bytes(data), mode)
    response = grammar.response()
    if grammar.p != len(grammar.s):
        grammar.fail('octets after the end of the response')
    return response


class Framer:
    """Cuts a byte stream into responses: lines, with the literals they announce."""

    def __init__(self):
        self.buffer = bytearray()
        self._reset()

    def _reset(self):
        self.line_start = 0     # where the current line of the current response begins
        self.scanned = 0        # no LF before this offset of that line

    def feed(self, data):
        self.buffer += data

    def next(self):
        """The next complete response as bytes, or None."""
        while True:
            newline = self.buffer.find(b'\n', max(self.line_start, self.scanned))
            if newline < 0:
                self.scanned = len(self.buffer)
                if len(self.buffer) - self.line_start > MAX_LINE:
                    raise Violation('line without end', self.rest()[:200])
                return None
            if newline == 0 or self.buffer[newline - 1] != 0x0d:
                wrong, offset = bytes(self.buffer[:newline + 1]), newline
                del self.buffer[:newline + 1]   # so that a checker can go on after it
                self._reset()
                raise Violation('LF without CR', wrong, offset)
            end = newline + 1
            size = self._literal_size(end)
            if size is None:
                response = bytes(self.buffer[:end])
                del self.buffer[:end]
                self._reset()
                return response
            if len(self.buffer) < end + size:
                self.scanned = newline      # look at this line again when more has come
                return None
            self.line_start = self.scanned = end + size

    def _literal_size(self, end):
        """The octets that a literal at the end of this line announces."""
        tail = bytes(self.buffer[max(self.line_start, end - 32):end])
        found = _LITERAL_AT_END.search(tail)
        if not found or _TEXT_RESPONSE.match(self.buffer[:16]):
            return None
        return int(found.group(1))

    def rest(self):
        """Take what is left, for a change of the stream below (TLS, COMPRESS)."""
        rest = bytes(self.buffer)
        self.buffer.clear()
        self._reset()
        return rest


class Reader:
    """Framing and parsing of one connection's server bytes; `mode` may be changed between responses."""

    def __init__(self, mode=None):
        self.mode = mode or Mode()
        self.framer = Framer()

    def feed(self, data):
        """Yield each response that `data` completes."""
        self.framer.feed(data)
        while (response := self.next()) is not None:
            yield response

    def next(self):
        """The next complete response, or None.  Follows ENABLED and LANGUAGE by itself."""
        raw = self.framer.next()
        if raw is None:
            return None
        response = parse_response(raw, self.mode)
        if response.name == 'ENABLED':
            self.mode.enable(response.data)
        elif response.name == 'LANGUAGE':
            # One tag: the language in use from now on; more: a list of what there is (RFC 5255 section 3.4).
            if len(response.data) == 1:
                self.mode.language = response.data[0].lower() != 'i-default'
        return response
