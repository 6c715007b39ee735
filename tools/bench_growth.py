# SPDX-License-Identifier: Apache-2.0
"""How Starling grows: the same operations in mailboxes of ever more messages. The cost that counts is the median time of one; how
it grows is the exponent e of size^e between the two largest sizes: below 0.1 it does not depend on the size, below 0.35 it is
called O(log n), else O(n^e)."""

import math

MESSAGE_BYTES = 1000
SECONDS = 0.7

OPERATIONS = [  # name, kind of work, its options; None: after a restart
    ("SELECT, first after a start", None, {}),
    ("SELECT again", "select", {}),
    ("APPEND", "append", {"synthetic": MESSAGE_BYTES}),
    ("STORE of one flag", "store", {}),
    ("NOOP after another's change", "noop-change", {}),
    ("FETCH FLAGS of the last 50", "fetch", {"last": 50}),
    ("FETCH FLAGS of 1:*, for each message", "fetch", {"command": "UID FETCH 1:* (FLAGS)"}),
    ("EXPUNGE of one", "expunge", {"count": 100}),
]


def one(bench, server, size, work, options):
    words = dict(options)
    prefix = f"s{size}x"
    if work is None:
        times = []
        for _ in range(3):
            server.restart()
            times.append(bench.load(server, "select", prefix=prefix, count=1)["p50_us"])
        return sorted(times)[1]
    if last := words.pop("last", None):
        words.update(command=f"FETCH {size - last + 1}:{size} (FLAGS)", messages=last)
    said = bench.load(server, work, prefix=prefix, seconds=SECONDS, warm=0.2, **words)
    if work == "fetch" and not last:
        return said["seconds"] * 1e6 / said["ops"]
    return said["p50_us"]


def how(sizes, times, per_message):
    """O(...) as measured, between the two largest sizes."""
    if len(sizes) < 2 or min(times[-2:]) <= 0:
        return "?"
    exponent = math.log(times[-1] / times[-2]) / math.log(sizes[-1] / sizes[-2])
    if per_message:
        exponent += 1
    if exponent < 0.1:
        return "O(1)"
    return "O(log n)" if exponent < 0.35 else "O(n)" if exponent > 0.85 else f"O(n^{exponent:.1f})"


def measure(bench, say):
    """[{name, times: µs by size, how}]"""
    server, sizes = bench.servers[0], bench.sizes["growth"]
    columns = []
    for size in sizes:
        prefix = f"s{size}x"
        bench.load(server, "append", prefix=prefix, users=1, threads=8, count=size, synthetic=MESSAGE_BYTES)
        # EXPUNGE comes last: the sizes are exact for all the others but for what APPEND added.
        columns.append([one(bench, server, size, work, options) for _, work, options in OPERATIONS])
        say(f"growth: {size} messages: " + ", ".join(f"{t:.1f}" for t in columns[-1]) + " µs")
    rows = []
    for i, (name, _, _) in enumerate(OPERATIONS):
        times = [column[i] for column in columns]
        rows.append({"name": name, "sizes": list(sizes), "times": times, "how": how(sizes, times, "each message" in name)})
    return rows
