#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules between responses: one connection's two directions, checked as they flow.

    checker = SessionChecker()
    checker.client(bytes_from_client)       # before they reach the server
    checker.server(bytes_from_server)
    checker.closed()                        # the server closed the connection
    checker.check()                         # AssertionError with every violation and its transcript

It sees the plain IMAP stream: below TLS, but with COMPRESS, which it undoes itself (RFC 4978).
Violations are collected in `violations`, the session goes on.
"""

import re
import zlib
from collections import OrderedDict, deque
from dataclasses import dataclass

from .commands import ClientStream
from .contexts import Context, first_results
from .imapgrammar import Mode, Reader, Response, Violation, printable
from .selected import Selected

TRANSCRIPT = 30         # lines kept for reports
MAX_VIOLATIONS = 50     # of one session: enough to understand, not to drown

# Data that only answers a command: response -> commands that may cause it.
SOLICITED = {
    'SEARCH': {'SEARCH'}, 'SORT': {'SORT'}, 'THREAD': {'THREAD'}, 'LSUB': {'LSUB'}, 'ID': {'ID'},
    'ESEARCH': {'SEARCH', 'SORT', 'ESEARCH'}, 'NAMESPACE': {'NAMESPACE', 'LANGUAGE'}, 'ENABLED': {'ENABLE'},
    'STATUS': {'STATUS', 'LIST', 'NOTIFY'}, 'METADATA': {'GETMETADATA', 'LIST'}, 'LIST': {'LIST', 'SELECT', 'EXAMINE', 'CREATE', 'RENAME', 'DELETE'},
    'QUOTA': {'GETQUOTA', 'GETQUOTAROOT', 'SETQUOTA'}, 'QUOTAROOT': {'GETQUOTAROOT'}, 'ACL': {'GETACL'},
    'LISTRIGHTS': {'LISTRIGHTS'}, 'MYRIGHTS': {'MYRIGHTS', 'LIST'}, 'GENURLAUTH': {'GENURLAUTH'},
    'URLFETCH': {'URLFETCH'}, 'JMAPACCESS': {'GETJMAPACCESS'}, 'UIDBATCHES': {'UIDBATCHES'},
    'LANGUAGE': {'LANGUAGE'}, 'COMPARATOR': {'COMPARATOR'}, 'CONVERSION': {'CONVERSIONS'},
}
# Commands whose OK needs that response first ("REQUIRED untagged response" in RFC 9051 section 6 and elsewhere).
REQUIRED = {
    'CAPABILITY': 'CAPABILITY', 'NAMESPACE': 'NAMESPACE', 'ID': 'ID', 'STATUS': 'STATUS', 'ENABLE': 'ENABLED',
    'THREAD': 'THREAD', 'GETQUOTA': 'QUOTA', 'GETQUOTAROOT': 'QUOTAROOT', 'GETACL': 'ACL',
    'LISTRIGHTS': 'LISTRIGHTS', 'MYRIGHTS': 'MYRIGHTS', 'GENURLAUTH': 'GENURLAUTH', 'URLFETCH': 'URLFETCH',
    'GETJMAPACCESS': 'JMAPACCESS', 'UIDBATCHES': 'UIDBATCHES', 'LOGOUT': 'BYE',
}
MAILBOX_DATA = {'FLAGS', 'EXISTS', 'RECENT', 'EXPUNGE', 'FETCH', 'UIDFETCH', 'VANISHED'}
ANY_STATE = {'CAPABILITY', 'ID', 'LANGUAGE', 'NAMESPACE', 'OK', 'NO', 'BAD', 'BYE'}
# Message numbers must stay as they are during these (RFC 9051 section 7.5.1, RFC 5256 section 3).
NO_EXPUNGE = {'FETCH', 'STORE', 'SEARCH', 'SORT', 'THREAD'}
# What a FETCH response may carry that nobody asked for.
UNASKED_ITEMS = {'FLAGS', 'UID', 'MODSEQ', 'ANNOTATION', 'X-GM-LABELS'}
# What comes by itself after NOTIFY, and the events that ask for it (RFC 5465 section 5).
PUSHED = {
    'STATUS': {'MESSAGENEW', 'MESSAGEEXPUNGE', 'FLAGCHANGE'}, 'LIST': {'MAILBOXNAME', 'SUBSCRIPTIONCHANGE'},
    'METADATA': {'MAILBOXMETADATACHANGE', 'SERVERMETADATACHANGE'},
}
_TAGGED_LINE = re.compile(rb'([^\s*+]+) (OK|NO|BAD)\b', re.IGNORECASE)


@dataclass
class Finding:
    """One violation and the conversation that led to it."""
    reason: str
    transcript: str

    def __str__(self):
        return f'VIOLATION: {self.reason}\n{self.transcript}'


class SessionChecker:
    """State and rules of one connection."""

    def __init__(self, name='', extra_codes=()):
        self.name = name
        self.violations = []
        self.lines = deque(maxlen=TRANSCRIPT)
        self.reader = Reader(Mode(extra_codes=frozenset(extra_codes)))
        self.stream = ClientStream(self._command_started, self._command_complete)
        self.inflate_client = self.inflate_server = None
        self.state = 'greeting'         # then 'nonauth', 'auth', 'bye'; selected is its own field
        self.commands = OrderedDict()   # tag -> Command in progress, in the order they were sent
        self.capabilities = set()
        self.selected = None
        self.pending = None             # the mailbox of a SELECT under way
        self.closed_seen = False
        self.condstore = False
        self.notify = None              # events of other mailboxes that NOTIFY asked for; None: it governs nothing
        self.notify_immediate = False   # the selected mailbox's expunges may come at any time
        self.metadata = False           # ENABLE METADATA
        self.contexts = {}              # tag -> Context: tags whose ESEARCH updates may come at any time (RFC 5267)
        self.tls_started = False
        self.responses = 0

    @property
    def mode(self):
        return self.reader.mode

    # --- input --------------------------------------------------------------------------------------------

    def client(self, data):
        """Bytes from the client."""
        if self.inflate_client:
            data = self.inflate_client.decompress(data)
        self.stream.feed(data)

    def server(self, data):
        """Bytes from the server."""
        if self.inflate_server:
            data = self.inflate_server.decompress(data)
        self.reader.framer.feed(data)
        while True:
            try:
                response = self.reader.next()
            except Violation as violation:
                self._log('S', violation.data)
                self.complain(str(violation))
                response = _salvage(violation.data)
                if response is None:
                    continue
            else:
                if response is None:
                    return
                self._log('S', response.raw)
            self.responses += 1
            self._handle(response)

    def closed(self):
        """End of the server's bytes."""
        if self.reader.framer.buffer:
            self.complain(f'connection closed inside a response: {printable(bytes(self.reader.framer.buffer))}')
        if self.selected:
            self.selected.check_all_uids()
            self.selected = None

    def check(self):
        """Raise AssertionError if anything was wrong."""
        if self.selected:
            self.selected.check_all_uids()
        if self.violations:
            raise AssertionError(f'{len(self.violations)} violations {self.name}\n\n'
                                 + '\n\n'.join(map(str, self.violations)))

    def complain(self, reason):
        if len(self.violations) < MAX_VIOLATIONS:
            self.violations.append(Finding(reason, '\n'.join(self.lines)))

    def _log(self, who, data):
        self.lines.append(f'{who}: {printable(data)}')

    # --- commands ------------------------------------------------------------------------------------------

    def _command_started(self, command):
        self._log('C', command.text.encode('latin-1'))
        if command.tag in self.commands:
            self.commands.move_to_end(command.tag)      # the client's mistake
        self.commands[command.tag] = command

    def _command_complete(self, command):
        if self.selected and self.selected.exists is not None:
            command.known = self.selected.exists
        if command.name in ('SELECT', 'EXAMINE') and self._oldest() is command:
            self._expect_select(command)

    def _oldest(self):
        """The command the server works on: they are answered in order (RFC 9051 section 5.5)."""
        return next((command for command in self.commands.values() if command.complete), None)

    def _expect_select(self, command):
        self.pending = Selected(str(command.args[:1]), self.complain)
        self.closed_seen = False

    # --- responses -------------------------------------------------------------------------------------------

    def _handle(self, response):
        if self.state == 'greeting':
            self._greeting(response)
        elif response.kind == 'continue':
            if not self.stream.continuation():
                self.complain('"+" though the client waits for none')
            self.stream.pump()
        elif response.kind == 'tagged':
            self._tagged(response)
        elif self.state == 'bye':
            self.complain('untagged response after BYE')
        else:
            self._untagged(response)

    def _greeting(self, response):
        """RFC 9051 section 7.1.4 and 7.1.5: OK, PREAUTH or BYE."""
        if response.kind != 'untagged' or response.name not in ('OK', 'PREAUTH', 'BYE'):
            self.complain('the first response must be an OK, PREAUTH or BYE greeting')
        self.state = {'PREAUTH': 'auth', 'BYE': 'bye'}.get(response.name, 'nonauth')
        self._code(response)

    def _untagged(self, response):
        name = response.name
        for command in self.commands.values():
            command.seen.setdefault(name, []).append(response)
        if (oldest := self._oldest()) is not None:
            oldest.told.setdefault(name, []).append(response)
        if name == 'PREAUTH':
            self.complain('PREAUTH is a greeting only')
        elif name == 'BYE':
            self.state = 'bye'
        elif name == 'CAPABILITY':
            self.capabilities = {capability.upper() for capability in response.data}
        elif self.state == 'nonauth' and name not in ANY_STATE:
            self.complain(f'{name} before authentication')
        elif name in MAILBOX_DATA:
            self._mailbox_data(response)
        else:
            self._check_solicited(response)
        self._code(response)
        if name == 'ENABLED':
            self._enabled(response)

    def _check_solicited(self, response):
        """Data that answers a command needs that command; NOTIFY may push LIST, STATUS and METADATA."""
        name = response.name
        causes = SOLICITED.get(name)
        if causes is None or any(command.name in causes for command in self.commands.values()):
            pass
        elif name in PUSHED and self._pushes(response):
            pass
        elif name == 'LIST' and self.mode.rev2:
            pass        # RFC 9051 section 6.3.4: changes by other sessions MAY be announced
        elif name == 'ESEARCH' and response.data['correlator'].get('TAG') in self.contexts:
            pass
        elif name == 'QUOTA':
            pass        # RFC 9208 section 4.2: may be sent unsolicited
        else:
            self.complain(f'{name} though no command asks for it')
        if name in ('SEARCH', 'SORT'):
            self._check_numbers(name, response.data['numbers'])
        elif name == 'ESEARCH':
            self._esearch(response)
        elif name == 'UIDBATCHES':
            command = self.commands.get(response.data['correlator'].get('TAG'))
            if command is None or command.name != 'UIDBATCHES':
                self.complain('UIDBATCHES without the tag of its command (RFC 10022 section 3.1.2)')

    def _pushes(self, response):
        """NOTIFY or ENABLE METADATA asked for it. While a NOTIFY is under way, nobody knows which one governs."""
        if any(command.name == 'NOTIFY' for command in self.commands.values()):
            return True
        if response.name == 'METADATA' and response.data.get('values') is not None:
            return False        # only names (RFC 5464 section 4.4)
        if self.notify is None:
            return response.name == 'METADATA' and self.metadata
        return bool(PUSHED[response.name] & self.notify)

    def _check_numbers(self, name, numbers):
        """Results of a command without UID are message numbers."""
        if any(command.name == name and command.uid for command in self.commands.values()):
            return
        exists = self.selected.exists if self.selected else 0
        if numbers and exists is not None and max(numbers) > exists:
            self.complain(f'{name} result {max(numbers)} with {exists} messages')

    def _esearch(self, response):
        """The correlator names a SEARCH under way (RFC 9051 section 7.3.4) or a context (RFC 5267)."""
        tag = response.data['correlator'].get('TAG')
        if tag is None:
            self.complain('ESEARCH without (TAG ...), which RFC 4731 requires')
        elif tag not in self.commands and tag not in self.contexts:
            self.complain(f'ESEARCH for {tag}, which is no command in progress')
        for item, pairs in response.data['updates']:
            if tag in self.contexts and (problem := self.contexts[tag].update(item, pairs)):
                self.complain(problem)
        command = self.commands.get(tag)
        if command and not response.data['updates'] and ('MAILBOX' in response.data['correlator']) != (command.name == 'ESEARCH'):
            self.complain('MAILBOX and UIDVALIDITY are for the ESEARCH command, and MUST be there (RFC 7377 section 2.1)')
        if command and 'MAILBOX' not in response.data['correlator'] and command.uid != response.data['uid']:
            self.complain('ESEARCH has "UID" exactly when the command had it (RFC 9051 section 7.3.4)')

    def _enabled(self, response):
        """Only what was asked for; the answer has already changed the mode."""
        asked = {word for command in self.commands.values() if command.name == 'ENABLE' for word in command.words()}
        for capability in response.data:
            if capability.upper() not in asked:
                self.complain(f'ENABLED {capability}, which the client did not ask for')
            if capability.upper() in ('CONDSTORE', 'QRESYNC'):
                self.condstore = True
            self.metadata = self.metadata or capability.upper() == 'METADATA'

    # --- the selected mailbox -----------------------------------------------------------------------------------

    def _target(self):
        """The mailbox that data is about: before CLOSED the old one (RFC 7162 section 3.2.11)."""
        if self.pending and (self.closed_seen or not self.selected):
            return self.pending
        return self.selected

    def _mailbox_data(self, response):
        name, box = response.name, self._target()
        if name == 'VANISHED' and response.data['earlier']:
            if not any(c.name in ('SELECT', 'EXAMINE') or (c.uid and c.is_fetch()) for c in self.commands.values()):
                self.complain('VANISHED (EARLIER) outside SELECT and UID FETCH (RFC 7162 section 3.2.10.1)')
            return
        if box is None:
            self.complain(f'{name} though no mailbox is selected')
            return
        box.names.add(name)
        if name == 'FLAGS':
            box.flags = {flag.lower() for flag in response.data}
        elif name == 'EXISTS':
            box.tell_exists(response.number)
        elif name == 'RECENT':
            if box.exists is not None and response.number > box.exists:
                self.complain(f'RECENT {response.number} with {box.exists} messages')
        elif name in ('EXPUNGE', 'VANISHED'):
            self._expunge(response, box)
        else:
            self._fetch(response, box)

    def _expunge(self, response, box):
        """When messages may go (RFC 9051 section 7.5.1, RFC 7162 section 3.2.10.2)."""
        command = self._oldest()
        if command is None and not self.notify_immediate:
            self.complain(f'{response.name} with no command in progress')
        if command is not None and command.name in NO_EXPUNGE and not command.uid and not self.notify_immediate:
            self.complain(f'{response.name} during {command.name}')
        for context in self.contexts.values() if box is self.selected else ():
            gone = context.expunge(response.number) if response.name == 'EXPUNGE' else context.vanish(response.data['uids'])
            if gone:
                self.complain(gone)
        if response.name == 'EXPUNGE':
            box.expunge(response.number)
            return
        if not (self.mode.qresync or self.mode.uidonly):
            self.complain('VANISHED without ENABLE QRESYNC or UIDONLY')
        if self.mode.uidonly:
            box.uids = [None] * (box.exists or 0)       # no numbers, so no order to check
        box.vanish(response.data['uids'])

    def _fetch(self, response, box):
        items, number = response.data, response.number
        if response.name == 'UIDFETCH':
            uid = number
        else:
            uid = items.get('UID')
            if box.exists is None or number > box.exists:
                self.complain(f'FETCH {number} with {box.exists} messages')
                return
            if uid is not None:
                box.tell_uid(number, uid)
            uid = box.uids[number - 1]
        box.tell_message(uid, items, self.mode)
        self._attribute(response, uid)

    def _attribute(self, response, uid):
        """Credit the items to the FETCH commands in progress; what nobody asked for is unsolicited."""
        items, fetches = response.data, [c for c in self.commands.values() if c.is_fetch()]
        asked = set(UNASKED_ITEMS)
        for command in fetches:
            key = uid if command.uid else response.number
            command.fetched.setdefault(key, set()).update(items)
            command.shared = command.shared or len(fetches) > 1
            wanted = command.wanted()
            asked.update(items if wanted is None else wanted)
            self._check_partials(items, wanted or {})
        unasked = [item for item in items if item not in asked]
        if unasked and self.notify is None and not any(context.fetches for context in self.contexts.values()):
            self.complain(f'FETCH with {unasked}, which nobody asked for')
        if response.name == 'FETCH' and 'UID' not in items:
            self._check_without_uid(set(items) - UNASKED_ITEMS)
        if 'FLAGS' in items and 'MODSEQ' not in items and self.condstore and not fetches and not self.pending \
                and self.selected and 'NOMODSEQ' not in self.selected.codes:
            self.complain('FETCH with FLAGS but without MODSEQ to a CONDSTORE-aware client (RFC 7162 section 3.1)')

    def _check_without_uid(self, solicited):
        """A FETCH response caused by a UID command has the UID; flags may also come from another session."""
        causes = [c for c in self.commands.values() if c.name in ('FETCH', 'STORE')]
        if solicited and causes and all(c.uid for c in causes):
            self.complain('FETCH without UID in answer to a UID command (RFC 9051 section 6.4.9)')
        elif not causes and (self.mode.rev2 or self.mode.qresync):
            # RFC 9051 section 7.5.2, RFC 7162 section 3.2.4.
            self.complain('unsolicited FETCH without UID')

    def _check_partials(self, items, wanted):
        """BODY[]<origin> holds at most what was asked for (RFC 9051 section 6.4.5)."""
        for item, octets in wanted.items():
            value = items.get(item)
            if octets is not None and isinstance(value, bytes) and len(value) > octets:
                self.complain(f'{item} has {len(value)} octets, {octets} were asked for')
            if octets is not None and value is not None and 'RFC822.SIZE' in items and item.startswith('BODY[]<'):
                origin = int(item[7:-1])
                rest = max(0, items['RFC822.SIZE'] - origin)
                if len(value) != min(octets, rest):
                    self.complain(f'{item} has {len(value)} octets, it must have {min(octets, rest)}')

    # --- response codes -----------------------------------------------------------------------------------------

    def _code(self, response):
        code = response.code
        if code is None:
            return
        if code.name == 'NOTIFICATIONOVERFLOW' and response.kind == 'untagged':
            self.notify, self.notify_immediate = set(), False       # RFC 5465 section 5.8
        if code.name == 'CAPABILITY':
            self.capabilities = {capability.upper() for capability in code.args}
        elif code.name == 'CLOSED':
            self._closed_code()
        elif code.name == 'NOUPDATE':
            self.contexts.pop(code.args, None)
        elif code.name == 'INPROGRESS':
            self._in_progress(response)
        box = self._target()
        if box is None:
            return
        if code.name in ('UIDVALIDITY', 'UIDNEXT', 'HIGHESTMODSEQ', 'NOMODSEQ', 'MAILBOXID', 'UIDNOTSTICKY', 'UNSEEN'):
            if response.kind == 'untagged':
                box.codes[code.name] = code.args
        elif code.name == 'PERMANENTFLAGS':
            box.permanent = {flag.lower() for flag in code.args}

    def _in_progress(self, response):
        """RFC 9585 section 4: in untagged OKs, about a command in progress that is not done yet."""
        if response.kind != 'untagged' or response.name != 'OK':
            self.complain('INPROGRESS outside an untagged OK (RFC 9585 section 4)')
        tag, progress, goal = response.code.args or (None, None, None)
        if tag is not None and tag not in self.commands:
            self.complain(f'INPROGRESS for {tag}, which is no command in progress')
        if goal is not None and progress >= goal:
            self.complain(f'INPROGRESS {progress} of {goal} (RFC 9585 section 4)')

    def _closed_code(self):
        # RFC 9051 section 3, transition 6: an unsolicited CLOSED, too. Who deletes the mailbox he has selected closes it himself.
        closers = ('SELECT', 'EXAMINE', 'DELETE')
        asked = self.mode.rev2 or any(c.name in closers for c in self.commands.values())
        if not asked or not self.selected:
            self.complain('CLOSED, but no SELECT closes a mailbox')
        self._leave()
        self.closed_seen = True

    def _leave(self):
        self.contexts = {}
        if self.selected:
            self.selected.check_all_uids()
        self.selected = None

    # --- the end of a command -------------------------------------------------------------------------------------

    def _tagged(self, response):
        command = self.commands.get(response.tag)
        if command is None:
            self.complain(f'tagged response {response.tag}, which is no command in progress')
            return
        if command.name == 'IDLE' and response.name == 'OK' and not self.stream.idle_done:
            self.complain('IDLE ended in OK before DONE (RFC 2177)')
        self._code(response)
        if response.name == 'OK':
            self._check_ok(command, response)
        if command.name in ('SELECT', 'EXAMINE'):
            self._end_select(command, response)
        del self.commands[response.tag]
        self._change_state(command, response)
        self.stream.finished(response.tag)
        following = self._oldest()
        if following and following.name in ('SELECT', 'EXAMINE'):
            self._expect_select(following)
        self.stream.pump()

    def _check_ok(self, command, response):
        required = REQUIRED.get(command.name)
        if required and required not in command.seen:
            self.complain(f'{command.name} ended in OK without {required}')
        answers = command.told.get('FETCH', [])
        if command.uid and command.name in ('FETCH', 'STORE') and answers and not any('UID' in r.data for r in answers):
            self.complain(f'all FETCH responses to UID {command.name} lack the UID (RFC 9051 section 6.4.9)')
        check = {'FETCH': self._check_fetch, 'SEARCH': self._check_search, 'SORT': self._check_search,
                 'STATUS': self._check_status, 'ESEARCH': self._check_multisearch}.get(command.name)
        if check:
            check(command, response)

    def _check_fetch(self, command, response):
        """Every message got every item (unless it went, or a modifier leaves some out)."""
        wanted, ranges = command.wanted(), command.set()
        if wanted is None:
            return
        partial = bool(command.modifiers() & {'CHANGEDSINCE', 'PARTIAL'})
        for key, items in command.fetched.items():
            if command.uid and self.selected and key not in self.selected.uids:
                continue    # it went meanwhile; what came for it was told on another command's account
            missing = set(wanted) - items - {'ANNOTATION'}
            named = ranges is not None and any(low is not None and high is not None and low <= key <= high
                                               for low, high in ranges if key is not None)
            if missing and named and not (partial and (command.shared or items <= UNASKED_ITEMS)):
                self.complain(f'FETCH of {key} ended without {sorted(missing)}')
        if ranges is None or partial or (response.code and response.code.name == 'EXPUNGEISSUED') or not self.selected:
            return
        if command.uid:
            keys = [uid for uid in self.selected.uids if uid]
        else:
            keys = range(1, min(command.known, self.selected.exists or 0) + 1)
        if limit := self._message_limit(response):
            most, last = limit.args
            uids = self.selected.uids
            keys = [key for key in keys if ((key if command.uid else uids[key - 1]) or 0) >= (last or 0)]
            answered = sum(set(wanted) <= items for items in command.fetched.values())
            if answered > most:
                self.complain(f'FETCH of {answered} messages under MESSAGELIMIT {most} (RFC 9738 section 3.1)')
        lost = [key for key in keys if key not in command.fetched
                and any(low is not None and low <= key and (high is None or key <= high) for low, high in ranges)]
        if lost:
            self.complain(f'FETCH ended in OK without a response for {lost[:10]}')

    @staticmethod
    def _refused_update(command):
        return any(r.code and r.code.name == 'NOUPDATE' and r.code.args == command.tag for r in command.seen.get('NO', []))

    @staticmethod
    def _message_limit(response):
        return response.code if response.code and response.code.name == 'MESSAGELIMIT' else None

    def _check_search(self, command, _):
        """One SEARCH (SORT) response, or one ESEARCH if RETURN or IMAP4rev2 asked for it."""
        options = command.return_options()
        plain = command.seen.get(command.name, [])
        extended = [r for r in command.seen.get('ESEARCH', []) if r.data['correlator'].get('TAG') == command.tag]
        if options is not None and 'UPDATE' in options:
            if not self._refused_update(command):
                context = Context(command.uid, first_results(extended), command.update_fetches())
                self.contexts[command.tag] = context
                for item, pairs in (update for answer in extended for update in answer.data['updates']):
                    if problem := context.update(item, pairs):      # it came before the OK (RFC 5267 section 4.3.2)
                        self.complain(problem)
        if options is None and not (self.mode.rev2 and command.name == 'SEARCH'):
            if not plain:
                self.complain(f'{command.name} ended in OK without {command.name} response')
            return
        if options == ['SAVE']:
            return      # RFC 5182 section 2.1: nothing to return
        if not extended:
            self.complain(f'{command.name} ended in OK without ESEARCH for its tag')
            return
        items = {name for r in extended for name in r.data['items']}
        for option in options or ():
            if option in ('COUNT', 'PARTIAL') and option not in items:
                self.complain(f'ESEARCH without {option}, which was asked for (RFC 4731 section 3.1, RFC 9394 section 3.1)')
        for answer in extended:
            self._check_ends(command, answer.data['items'])
            partial = answer.data['items'].get('PARTIAL')
            if partial and partial[0] not in (options or ()):
                self.complain(f'ESEARCH PARTIAL of {partial[0]}, which is not the range that was asked for (RFC 9394 section 3.1)')
        if 'COUNT' in items and any(r.data['items'].get('COUNT') for r in extended):
            for option in set(options or ()) & {'MIN', 'MAX', 'ALL'}:
                if option not in items:
                    self.complain(f'ESEARCH without {option}, though there are matches')

    def _check_ends(self, command, items):
        """MIN and MAX are the lowest and highest number of a SEARCH, the first and last one of a SORT (RFC 5267 section 3.1)."""
        low, high = items.get('MIN'), items.get('MAX')
        if command.name != 'SORT' and low and high and low > high:
            self.complain('ESEARCH MIN above MAX')
        if 'ALL' not in items:
            return
        ranges = [(min(pair), max(pair)) for pair in items['ALL']]
        if command.name == 'SORT':
            ends = ranges[0][0], ranges[-1][1]
        else:
            ends = min(ranges)[0], max(pair[1] for pair in ranges)
        if low not in (None, ends[0]) or high not in (None, ends[1]):
            self.complain(f'ESEARCH MIN or MAX is not at its end of ALL: {ends}')

    def _check_multisearch(self, command, _):
        if 'UPDATE' in (command.return_options() or ()) and self.selected:
            if not self._refused_update(command):
                self.contexts[command.tag] = Context(True, None, command.update_fetches())

    def _check_status(self, command, _):
        asked = next((arg for arg in command.args if isinstance(arg, list)), [])
        names = {name.upper() for name in asked if isinstance(name, str)}
        answers = [set(r.data['items']) for r in command.seen.get('STATUS', [])]
        if answers and not any(names <= answer for answer in answers):
            self.complain(f'STATUS lacks {sorted(names - set().union(*answers))}')

    def _end_select(self, command, response):
        """RFC 9051 section 6.3.2: what an OK needs; after NO nothing is selected."""
        old, box, self.pending = self.selected, self.pending, None
        if response.name == 'BAD':
            return
        if old is not None:
            self.complain('SELECT replaced a mailbox without CLOSED (RFC 9051 section 7.1, RFC 7162 section 3.2.11)')
        self._leave()
        if response.name != 'OK' or box is None:
            return
        self.selected = box
        if old is not None:
            box.exists = box.flags = None       # nobody can tell which responses were about which mailbox
            return
        self._check_select(command, response, box)
        box.at_select = box.exists

    def _check_select(self, command, response, box):
        need = ['FLAGS', 'EXISTS'] + ([] if self.mode.rev2 else ['RECENT'])
        missing = [name for name in need if name not in box.names]
        missing += [name for name in ('UIDVALIDITY', 'UIDNEXT') if name not in box.codes]
        if box.permanent is None:
            missing.append('PERMANENTFLAGS')
        elif box.flags is not None and not box.permanent - {'\\*'} <= box.flags:
            self.complain(f'PERMANENTFLAGS not in FLAGS: {sorted(box.permanent - box.flags)}')
        if self.mode.rev2 and 'LIST' not in command.seen:
            missing.append('LIST')
        if self.capabilities & {'CONDSTORE', 'QRESYNC'} and not set(box.codes) & {'HIGHESTMODSEQ', 'NOMODSEQ'}:
            missing.append('HIGHESTMODSEQ or NOMODSEQ')     # RFC 7162 section 3.1.2
        if 'OBJECTID' in self.capabilities and 'MAILBOXID' not in box.codes:
            missing.append('MAILBOXID')                     # RFC 8474 section 4.2
        if missing:
            self.complain(f'{command.name} ended in OK without {", ".join(missing)}')
        access = response.code.name if response.code else None
        if access not in (['READ-ONLY'] if command.name == 'EXAMINE' else ['READ-ONLY', 'READ-WRITE']):
            self.complain(f'{command.name} ended in OK with code {access} (RFC 9051 sections 6.3.2 and 6.3.3)')

    def _change_state(self, command, response):
        """What a finished command does to the connection."""
        if response.name != 'OK':
            return
        name = command.name
        if name in ('LOGIN', 'AUTHENTICATE'):
            self.state = 'auth'
        elif name in ('CLOSE', 'UNSELECT'):
            self._leave()
        elif name == 'UNAUTHENTICATE':      # RFC 8437 section 3
            self._leave()
            self.state, self.condstore, self.metadata = 'nonauth', False, False
            self.notify, self.notify_immediate = None, False
            self.mode.reset()
            self.inflate_client = self.inflate_server = None    # RFC 8437 section 4.1
        elif name == 'NOTIFY':
            groups = [arg for arg in command.args if isinstance(arg, list) and len(arg) > 1]
            self.notify = set()
            self.notify_immediate = False
            for group in groups:
                events = {word.upper() for word in group[-1] if isinstance(word, str)} if isinstance(group[-1], list) else set()
                if str(group[0]).upper() == 'SELECTED':
                    self.notify_immediate = 'MESSAGEEXPUNGE' in events
                elif str(group[0]).upper() != 'SELECTED-DELAYED':
                    self.notify |= events
        elif name == 'CANCELUPDATE':
            for tag in command.args:
                self.contexts.pop(tag.decode('latin-1') if isinstance(tag, bytes) else tag, None)
        elif name == 'STARTTLS':
            self._start_tls()
        elif name == 'COMPRESS':
            self._start_compress()
        if self._enables_condstore(command):
            self.condstore = True

    @staticmethod
    def _enables_condstore(command):
        """A "CONDSTORE enabling command" (RFC 7162 section 3.1)."""
        sign = {'SELECT': {'CONDSTORE', 'QRESYNC'}, 'EXAMINE': {'CONDSTORE', 'QRESYNC'}, 'STATUS': {'HIGHESTMODSEQ'},
                'FETCH': {'MODSEQ', 'CHANGEDSINCE'}, 'STORE': {'UNCHANGEDSINCE'}, 'SEARCH': {'MODSEQ'}}
        return bool(sign.get(command.name, set()) & command.words())

    def _start_tls(self):
        """Nothing in plaintext may follow (RFC 9051 section 6.2.1); what the client knew is void."""
        if self.tls_started:
            self.complain('STARTTLS succeeded twice')
        if self.reader.framer.rest():
            self.complain('plaintext after the answer to STARTTLS')
        self.tls_started = True
        self.stream.buffer.clear()
        self.capabilities = set()

    def _start_compress(self):
        """Both directions are deflated from here on (RFC 4978 section 3)."""
        self.inflate_client, self.inflate_server = zlib.decompressobj(-15), zlib.decompressobj(-15)
        self.reader.framer.feed(self.inflate_server.decompress(self.reader.framer.rest()))
        rest = bytes(self.stream.buffer)
        self.stream.buffer.clear()
        self.stream.buffer += self.inflate_client.decompress(rest)


def _salvage(data):
    """A tagged line too broken for the grammar still ends its command."""
    found = _TAGGED_LINE.match(data)
    if not found:
        return None
    return Response('tagged', found.group(2).decode().upper(), tag=found.group(1).decode('latin-1'), raw=data)
