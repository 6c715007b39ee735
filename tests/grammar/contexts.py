# SPDX-License-Identifier: Apache-2.0
"""The results of searches with RETURN (UPDATE) as the client keeps them (RFC 5267 section 4.3): each update must fit them."""


class Context:
    """One of them; `results` in the requested order, None where the first answer did not tell them all. `fetches`: UPDATE has FETCH items."""

    def __init__(self, uid, results, fetches=False):
        self.uid, self.results, self.fetches = uid, results, fetches

    def update(self, item, pairs):
        """Apply ADDTO or REMOVEFROM; why it cannot be, or None."""
        for position, ranges in pairs if self.results is not None else ():
            numbers = [number for first, last in ranges for number in range(min(first, last), max(first, last) + 1)]
            problem = (self._add if item == 'ADDTO' else self._remove)(position, numbers)
            if problem:
                self.results = None     # one complaint is enough
                return f'{item} {problem}'
        return None

    def _add(self, position, numbers):
        if known := set(numbers) & set(self.results):
            return f'of {sorted(known)}, which were there'
        if position > len(self.results) + 1:
            return f'at position {position} of {len(self.results)} results'
        if position:
            self.results[position - 1:position - 1] = numbers
        else:
            self.results = sorted(self.results + numbers)
        return None

    def _remove(self, position, numbers):
        if position and self.results[position - 1:position - 1 + len(numbers)] != numbers:
            return f'of {numbers} at position {position}, where {self.results[position - 1:position + 9]} stand'
        if not set(numbers) <= set(self.results):
            return f'of {sorted(set(numbers) - set(self.results))}, which were not there'
        self.results = [number for number in self.results if number not in numbers]
        return None

    def expunge(self, number):
        """A message number goes, and others move down."""
        if self.uid or self.results is None:
            return None
        if number in self.results:
            self.results = None
            return f'EXPUNGE {number} before REMOVEFROM (RFC 5267 section 4.3.4)'
        self.results = [other - (other > number) for other in self.results]
        return None

    def vanish(self, ranges):
        """UIDs go."""
        if self.uid and self.results is not None:
            gone = [uid for uid in self.results if any(min(pair) <= uid <= max(pair) for pair in ranges)]
            if gone:
                self.results = None
                return f'VANISHED {gone} before REMOVEFROM (RFC 5267 section 4.3.4)'
        return None


def first_results(answers):
    """All results of the first answer, or None."""
    for answer in answers:
        if 'ALL' in answer.data['items']:
            return [number for first, last in answer.data['items']['ALL']
                    for number in range(min(first, last), max(first, last) + 1)]
        if answer.data['items'].get('COUNT') == 0:
            return []
    return None
