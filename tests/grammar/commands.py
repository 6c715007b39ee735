# SPDX-License-Identifier: Apache-2.0
"""The client's half of a conversation, as far as one must understand it to judge the server's half.

No check of the client: what it sends wrongly is taken as it comes.
"""

import re
from dataclasses import dataclass, field

from .imapgrammar import Grammar, Violation

_ATOM_RUN = re.compile(rb'[^\s(){"\[]+')
_SECTION = re.compile(rb'\[[^\]]*\]')
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_LITERAL = re.compile(rb'~?\{(\d+)\+?\}\r?\n')
LITERAL_AT_END = re.compile(rb'~?\{(\d{1,18})(\+?)\}\r?\n\Z')
_BODY_ITEM = re.compile(r'(BODY|BINARY)(?:\.PEEK)?(\[.*\])(?:<(\d+)\.(\d+)>)?\Z', re.IGNORECASE | re.DOTALL)
_MACROS = {'ALL': ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
           'FAST': ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
           'FULL': ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY']}
_PLAIN_ITEMS = {'FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY', 'BODYSTRUCTURE', 'UID', 'RFC822',
                'RFC822.HEADER', 'RFC822.TEXT', 'MODSEQ', 'EMAILID', 'THREADID', 'SAVEDATE', 'PREVIEW',
                'X-GM-MSGID', 'X-GM-THRID', 'X-GM-LABELS', 'ANNOTATION'}


def tokenize(raw):
    """Arguments as a list: atoms as str, strings as bytes, lists as lists.  Forgiving."""
    pos, stack = 0, [[]]
    while pos < len(raw):
        byte = raw[pos:pos + 1]
        if byte == b'(':
            stack.append([])
            pos += 1
        elif byte == b')':
            if len(stack) > 1:
                done = stack.pop()
                stack[-1].append(done)
            pos += 1
        elif byte == b'"' and (found := _QUOTED.match(raw, pos)):
            stack[-1].append(re.sub(rb'\\(.)', rb'\1', found.group(1)))
            pos = found.end()
        elif byte in b'{~' and (found := _LITERAL.match(raw, pos)):
            pos = found.end() + int(found.group(1))
            stack[-1].append(bytes(raw[found.end():pos]))
        elif byte.isspace():
            pos += 1
        else:
            start, pos = pos, _atom_end(raw, pos)
            stack[-1].append(raw[start:pos].decode('latin-1'))
    while len(stack) > 1:
        done = stack.pop()
        stack[-1].append(done)
    return stack[0]


def _atom_end(raw, pos):
    """An atom may hold a section in brackets, with spaces and parentheses in it."""
    start = pos
    while pos < len(raw):
        found = _SECTION.match(raw, pos) or _ATOM_RUN.match(raw, pos)
        if not found:
            break
        pos = found.end()
    return max(pos, start + 1)


@dataclass
class Command:
    """One client command and what the server has answered to it so far."""
    tag: str
    name: str = ''              # 'FETCH', 'SELECT', ...; without the UID prefix
    uid: bool = False
    args: list = field(default_factory=list)
    complete: bool = False      # RFC 9051 section 7.5.1: not "in progress" before its last octet
    text: str = ''              # for reports
    fetched: dict = field(default_factory=dict)     # number (UID if .uid) -> names of items answered
    shared: bool = False                            # another FETCH was under way: what came may have been its answer
    seen: dict = field(default_factory=dict)        # response name -> [Response] while it was in progress
    told: dict = field(default_factory=dict)        # the same while it was the oldest in progress
    known: int = 0              # EXISTS when the command was completed

    def words(self):
        """All atoms of the arguments, at any depth, in capitals."""
        found, queue = set(), list(self.args)
        while queue:
            item = queue.pop()
            if isinstance(item, list):
                queue.extend(item)
            elif isinstance(item, str):
                found.add(item.upper())
        return found

    def is_fetch(self):
        return self.name == 'FETCH'

    def modifiers(self):
        """Words of FETCH's or STORE's last or middle list of modifiers (RFC 4466 section 3)."""
        lists = [arg for arg in self.args[2 if self.is_fetch() else 1:] if isinstance(arg, list)]
        return {word.upper() for one in lists[:1] for word in one if isinstance(word, str)}

    def wanted(self):
        """{item name as the server must write it: octets asked for or None} of a FETCH; None if unclear."""
        if len(self.args) < 2:
            return None
        asked = self.args[1] if isinstance(self.args[1], list) else [self.args[1]]
        result = {}
        for item in asked:
            if not isinstance(item, str):
                continue        # arguments of the item before, as in PREVIEW (LAZY)
            for name in _MACROS.get(item.upper(), [item]):
                answer = fetch_item(name)
                if answer is None:
                    return None
                result[answer[0]] = answer[1]
        if self.uid:
            result['UID'] = None
        if 'CHANGEDSINCE' in self.modifiers():
            result['MODSEQ'] = None
        return result

    def return_options(self):
        """Words after RETURN, or None without RETURN (RFC 4731 section 3.1)."""
        for index, arg in enumerate(self.args[:-1]):
            if isinstance(arg, str) and arg.upper() == 'RETURN' and isinstance(self.args[index + 1], list):
                return [word.upper() for word in self.args[index + 1] if isinstance(word, str)]
        return None

    def update_fetches(self):
        """RETURN (UPDATE (fetch-att ...)): new messages that match are fetched unasked (RFC 5465 section 7)."""
        return any(isinstance(arg, list) and any(isinstance(word, list) for word in arg)
                   for before, arg in zip(self.args, self.args[1:]) if isinstance(before, str) and before.upper() == 'RETURN')

    def set(self):
        """The first argument as a set: [(low, high or None for "*")]; None if it is "$" or no set."""
        if not self.args or not isinstance(self.args[0], str) or not re.fullmatch(r'[0-9*:,]+', self.args[0]):
            return None
        ranges = []
        for part in self.args[0].split(','):
            ends = [None if end == '*' else int(end) for end in part.split(':') if end]
            if not ends:
                return None
            low, high = ends[0], ends[-1]
            if low is None or (high is not None and high < low):
                low, high = high, low
            ranges.append((low, high))
        return ranges


def fetch_item(name):
    """(item as the response names it, octets asked for); None if this checker does not know it."""
    found = _BODY_ITEM.match(name)
    if found:
        kind, section, origin, octets = found.groups()
        grammar = Grammar(section.encode('latin-1'))
        try:
            spec = grammar.section() if kind.upper() == 'BODY' else grammar.section_binary()
        except Violation:
            return None
        key = f'{kind.upper()}[{spec}]' + (f'<{int(origin)}>' if origin else '')
        return key, int(octets) if octets else None
    if name.upper().startswith('BINARY.SIZE['):
        return name.upper(), None
    return (name.upper(), None) if name.upper() in _PLAIN_ITEMS else None


class ClientStream:
    """Cuts the client's bytes into commands.  Where only the server's answer says how to read on (a
    synchronizing literal, SASL, STARTTLS, COMPRESS), it waits for `continuation` or `finished`."""

    def __init__(self, on_start, on_complete):
        self.on_start, self.on_complete = on_start, on_complete
        self.buffer = bytearray()
        self.pieces = []            # the command being received
        self.current = None
        self.literal_left = 0
        self.literal_waiting = 0    # size of a synchronizing literal that awaits "+"
        self.auth_lines = 0         # SASL answers the server asked for
        self.blocked = None         # (why, tag): 'literal', 'auth' or 'result'
        self.idle_tag = None
        self.idle_confirmed = False
        self.idle_done = False

    def feed(self, data):
        self.buffer += data
        self.pump()

    def pump(self):
        """Read on as far as possible."""
        while self.buffer:
            if self.blocked:
                if self.blocked[0] != 'auth' or not self.auth_lines or b'\n' not in self.buffer:
                    return
                self._line()
                self.auth_lines -= 1
            elif self.literal_left:
                self._literal()
            else:
                if b'\n' not in self.buffer:
                    return
                self._command_line(self._line())

    def _line(self):
        end = self.buffer.index(b'\n') + 1
        line = bytes(self.buffer[:end])
        del self.buffer[:end]
        return line

    def _literal(self):
        piece = bytes(self.buffer[:self.literal_left])
        del self.buffer[:len(piece)]
        self.literal_left -= len(piece)
        if self.current.name != 'APPEND':      # message bodies are not needed, names and patterns are
            self.pieces.append(piece)
        elif self.pieces and not self.literal_left:
            self.pieces.append(b'""')

    def _command_line(self, line):
        if self.idle_tag and not self.current:
            self.idle_done = True
            self.idle_tag = None
            return                              # DONE (RFC 2177)
        if not self.current:
            words = line.split(None, 3)
            if not words:
                return
            names = [word.decode('latin-1').upper() for word in words[1:3]]
            uid = names[:1] == ['UID']
            name = (names[1:2] if uid else names[:1]) or ['']
            self.current = Command(words[0].decode('latin-1'), name[0], uid, text=line.decode('latin-1').rstrip())
            self.on_start(self.current)
        found = LITERAL_AT_END.search(line)
        self._add(line, found)
        if not found:
            self._complete()
        elif found.group(2):
            self.literal_left = int(found.group(1))
        else:
            self.blocked = ('literal', self.current.tag)
            self.literal_waiting = int(found.group(1))

    def _add(self, line, found):
        if found and self.current.name == 'APPEND':
            line = line[:found.start()]
        self.pieces.append(line)

    def _complete(self):
        command, self.current = self.current, None
        raw = b''.join(self.pieces)
        self.pieces = []
        command.args = tokenize(raw)[3 if command.uid else 2:]
        command.complete = True
        if command.name == 'IDLE':
            self.idle_tag, self.idle_confirmed, self.idle_done = command.tag, False, False
        elif command.name == 'AUTHENTICATE':
            self.blocked, self.auth_lines = ('auth', command.tag), 0
        elif command.name in ('STARTTLS', 'COMPRESS'):
            self.blocked = ('result', command.tag)
        self.on_complete(command)

    def continuation(self):
        """The server sent "+"; False if the client has no use for it."""
        if self.blocked and self.blocked[0] == 'literal':
            self.blocked, self.literal_left = None, self.literal_waiting
        elif self.blocked and self.blocked[0] == 'auth':
            self.auth_lines += 1
        elif (self.idle_tag or self.idle_done) and not self.idle_confirmed:
            self.idle_confirmed = True
        else:
            return False
        return True

    def finished(self, tag):
        """The server ended that command."""
        if self.blocked and self.blocked[1] == tag:
            if self.blocked[0] == 'literal':
                self.current, self.pieces = None, []
            self.blocked = None
        if self.idle_tag == tag:
            self.idle_tag = None
