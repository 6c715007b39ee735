# SPDX-License-Identifier: Apache-2.0
"""The selected mailbox as the client was told of it: message numbers, UIDs, flags, what may not change."""

import zlib

# How far to look for the next known UID on both sides of a message; all are compared at the end.
NEIGHBOURS = 64
# "MUST NOT change for a message" (RFC 9051 section 9, msg-att-static).
STATIC = {'ENVELOPE', 'INTERNALDATE', 'RFC822.SIZE', 'BODY', 'BODYSTRUCTURE', 'EMAILID', 'THREADID', 'X-GM-MSGID',
          'X-GM-THRID', 'SAVEDATE', 'RFC822', 'RFC822.HEADER', 'RFC822.TEXT'}


class Selected:
    """One mailbox from SELECT on; `complain(reason)` takes what is wrong."""

    def __init__(self, name, complain):
        self.name, self.complain = name, complain
        self.exists = None          # as last told; None before the first EXISTS
        self.uids = []              # by message number, None where unknown
        self.flags = None           # of the FLAGS response, in lower case
        self.permanent = None
        self.codes = {}             # UIDVALIDITY, UIDNEXT, ... of the SELECT
        self.at_select = None       # how many of the messages existed at SELECT
        self.static = {}            # UID -> {item: hash}
        self.modseqs = {}           # UID -> highest MODSEQ seen
        self.names = set()          # untagged responses seen during SELECT

    # --- counts -----------------------------------------------------------------------------------------

    def tell_exists(self, count):
        """EXISTS never shrinks; only EXPUNGE and VANISHED do that (RFC 9051 section 7.4.1)."""
        if self.exists is not None and count < self.exists:
            self.complain(f'EXISTS {count} after {self.exists}, without EXPUNGE')
            del self.uids[count:]
        self.uids += [None] * (count - len(self.uids))
        self.exists = count

    def expunge(self, number):
        if self.exists is None or not 1 <= number <= self.exists:
            self.complain(f'EXPUNGE {number} with {self.exists} messages')
            return
        del self.uids[number - 1]
        self.exists -= 1
        if self.at_select is not None and number <= self.at_select:
            self.at_select -= 1

    def vanish(self, ranges):
        """VANISHED without (EARLIER): each UID takes one message away (RFC 7162 section 3.2.10.2)."""
        for low, high in ranges:
            low, high = min(low, high), max(low, high)
            if self.exists is None or high - low >= self.exists:
                self.complain(f'VANISHED {low}:{high} names more UIDs than the {self.exists} messages there are')
                return
            for uid in range(low, high + 1):
                number = self._number_of(uid)
                if number is None:
                    self.complain(f'VANISHED names UID {uid}, which is not in the mailbox')
                else:
                    self.expunge(number)

    def _number_of(self, uid):
        """The message number of a UID; for an unknown one some number that it could have: on its side of the UIDNEXT of the SELECT."""
        gap, uidnext = None, self.codes.get('UIDNEXT')
        for number, known in enumerate(self.uids, 1):
            if known == uid:
                return number
            if known is None:
                if not uidnext or self.at_select is None or (number <= self.at_select) == (uid < uidnext):
                    gap = number
            elif known > uid:
                return gap
            else:
                gap = None
        return gap

    # --- UIDs --------------------------------------------------------------------------------------------

    def tell_uid(self, number, uid):
        """A UID never changes, and they ascend with the numbers (RFC 9051 section 2.3.1.1)."""
        known = self.uids[number - 1]
        if known == uid:
            return
        if known is not None:
            self.complain(f'message {number} changed its UID from {known} to {uid}')
        self.uids[number - 1] = uid
        lower = next((u for u in reversed(self.uids[max(0, number - 1 - NEIGHBOURS):number - 1]) if u), 0)
        upper = next((u for u in self.uids[number:number + NEIGHBOURS] if u), uid + 1)
        if not lower < uid < upper:
            self.complain(f'UID {uid} of message {number} is not between its neighbours {lower} and {upper}')
        uidnext = self.codes.get('UIDNEXT')
        if uidnext and self.at_select is not None and (number <= self.at_select) != (uid < uidnext):
            self.complain(f'UID {uid} of message {number} contradicts UIDNEXT {uidnext} of the SELECT, '
                          f'when {self.at_select} of these messages existed')

    def check_all_uids(self):
        known = [uid for uid in self.uids if uid]
        for left, right in zip(known, known[1:]):
            if left >= right:
                self.complain(f'UIDs do not ascend: {left} before {right}')
                return

    # --- messages ----------------------------------------------------------------------------------------

    def tell_message(self, uid, items, mode):
        """Facts about one message that hold whatever was asked."""
        if self.flags is not None:
            for flag in items.get('FLAGS', ()):
                if flag.lower() not in self.flags and flag != '\\Recent':
                    self.complain(f'flag {flag} was not announced in FLAGS (RFC 9051 section 7.3.5)')
        _check_sizes(items, self.complain)
        if uid is None:
            return
        modseq = items.get('MODSEQ')
        if modseq is not None:
            if modseq < self.modseqs.get(uid, 0):
                self.complain(f'MODSEQ of UID {uid} went down to {modseq} from {self.modseqs[uid]}')
            self.modseqs[uid] = max(modseq, self.modseqs.get(uid, 0))
        self._compare_static(uid, items, (mode.rev2, mode.utf8))

    def _compare_static(self, uid, items, mode):
        known = self.static.setdefault(uid, {})
        for item, value in items.items():
            if item not in STATIC and not item.startswith(('BODY[', 'BINARY[', 'BINARY.SIZE[')):
                continue
            digest = zlib.crc32(value) if isinstance(value, bytes) else hash(repr(value))
            key = (item, mode)      # the renderings may differ with what was enabled
            if known.setdefault(key, digest) != digest:
                self.complain(f'{item} of UID {uid} changed')
            size = {'BODY[]': len(value or b''), 'RFC822': len(value or b'')}.get(item) \
                if isinstance(value, bytes) else None
            if item == 'RFC822.SIZE':
                size = value
            if size is not None and known.setdefault('size', size) != size:
                self.complain(f'{item} of UID {uid} says {size} octets, before it was {known["size"]}')


def _check_sizes(items, complain):
    """What one response says about lengths must agree."""
    size = items.get('RFC822.SIZE')
    whole = items.get('BODY[]', items.get('RFC822'))
    if whole is not None and size is not None and len(whole) != size:
        complain(f'RFC822.SIZE is {size}, but the message has {len(whole)} octets')
    header, text = items.get('BODY[HEADER]', items.get('RFC822.HEADER')), items.get('BODY[TEXT]')
    if size is not None and header is not None and text is not None and len(header) + len(text) != size:
        complain(f'header ({len(header)}) and text ({len(text)}) do not add up to RFC822.SIZE {size}')
    for item, value in items.items():
        section = item[12:-1] if item.startswith('BINARY.SIZE[') else None
        content = items.get(f'BINARY[{section}]') if section is not None else None
        if content is not None and len(content) != value:
            complain(f'{item} is {value}, but the content has {len(content)} octets')
    tree = items.get('BODYSTRUCTURE', items.get('BODY'))
    if tree is not None:
        for section, octets in part_sizes(tree):
            content = items.get(f'BODY[{section}]')
            if content is not None and len(content) != octets:
                complain(f'BODYSTRUCTURE gives part {section} {octets} octets, it has {len(content)}')


def part_sizes(tree, prefix=''):
    """Yield (section, octets) of each leaf of a body tree (RFC 9051 section 6.4.5.1)."""
    if 'parts' in tree:
        for index, part in enumerate(tree['parts'], 1):
            yield from _numbered(part, f'{prefix}{index}')
    else:
        yield from _numbered(tree, f'{prefix}1')


def _numbered(part, section):
    if 'parts' in part:
        yield from part_sizes(part, section + '.')
        return
    yield section, part['octets']
    if 'body' in part:
        yield from part_sizes(part['body'], section + '.')
