# SPDX-License-Identifier: Apache-2.0
"""How a cost grows with the size, from what was measured: O(1), O(log n) or O(n).

Each of a, a + b·log n and a + b·n (a and b not negative) is fitted to all sizes; what counts is by which factor it misses, so that
a small size counts as much as a large one. The constant is believed unless it misses by a factor of more than 1.5 on average (times on
a shared machine differ by that much) and another law misses by less than half of that (in logarithms). Of two laws that fit
alike, the slower one is named."""

import math

NOISE = math.log(1.5)
BETTER = 0.5
SAME = 0.05

LAWS = [("O(1)", lambda n: 0.0), ("O(log n)", math.log2), ("O(n)", float)]


def miss(law, sizes, times):
    """The mean miss (root of the mean square of the logarithms of the factors) of the best a + b·law(n)."""
    largest = law(sizes[-1])
    best = math.inf
    for share in [0.0, *(10 ** (power / 20) for power in range(-80, 81)), None] if largest else [0.0]:
        # The part that grows is `share` times the constant one at the largest size; None: there is no constant one.
        shape = [law(n) / largest if share is None else 1 + share * (law(n) / largest if largest else 0) for n in sizes]
        off = [math.log(t / s) for t, s in zip(times, shape)]
        mean = sum(off) / len(off)
        best = min(best, math.sqrt(sum((o - mean) ** 2 for o in off) / len(off)))
    return best


def how(sizes, times):
    """The name of the law; "?" where there is too little to say it."""
    if len(sizes) < 3 or min(times) <= 0:
        return "?"
    misses = [(name, miss(law, sizes, times)) for name, law in LAWS]
    (slowest, constant), *others = misses
    if constant <= NOISE:
        return slowest
    least = min(miss for _, miss in others)
    name, missed = next(other for other in others if other[1] <= least + SAME)
    return name if missed < BETTER * constant else slowest
