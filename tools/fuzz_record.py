# SPDX-License-Identifier: Apache-2.0
"""What all of `./dev fuzz` so far adds up to: fuzz/record.json, which is committed with what it is told of in docs/safety.md. For each fuzzer: executions
and CPU seconds of all its slices, and what its corpus reached in the last one (edges, edges in all, features), with the revision of the source then.

The file is replaced whole, under a lock on its folder, so that runs at the same time add up and a stopped one leaves it as it was."""

import contextlib
import fcntl
import json
import os
import re

SUMS = ("executions", "cpu", "slices", "found")
BEGIN, END = "<!-- ./dev fuzz --report --write begins here -->", "<!-- ./dev fuzz --report --write ends here -->"


def measured(output):
    """What libFuzzer's output tells of one slice. Without a line of status (it was killed early) there is no coverage in it."""
    slice_ = {"executions": 0}
    if ran := re.findall(r"^stat::number_of_executed_units:\s*(\d+)", output, re.M) or re.findall(r"^#(\d+)\t", output, re.M):
        slice_["executions"] = int(ran[-1])
    if covered := re.findall(r"\bcov: (\d+) ft: (\d+)", output):
        slice_["edges"], slice_["features"] = (int(n) for n in covered[-1])
    if counters := re.search(r"Loaded \d+ modules\s+\((\d+) inline 8-bit counters\)", output):
        slice_["edges_all"] = int(counters[1])
    return slice_


class Record:
    def __init__(self, path):
        self.path = path

    def read(self):
        """{fuzzer: what is known of it}; empty without a record."""
        if not self.path.exists():
            return {}
        return json.loads(self.path.read_text(encoding="utf-8"))

    @contextlib.contextmanager
    def _locked(self):
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def add(self, name, slice_, revision):
        """Adds one slice: as measured() tells it, with cpu (seconds) and found (0 or 1)."""
        with self._locked():
            known = self.read()
            entry = known.setdefault(name, {})
            for key in SUMS:
                entry[key] = round(entry.get(key, 0) + slice_.get(key, 0), 3)
            entry.update({k: slice_[k] for k in ("edges", "features", "edges_all") if k in slice_})
            entry["revision"] = revision
            whole = self.path.with_suffix(".new")
            with open(whole, "w", encoding="utf-8") as out:
                out.write(json.dumps(known, indent=1, sort_keys=True) + "\n")
                out.flush()
                os.fsync(out.fileno())
            os.replace(whole, self.path)


def cpu_of(known, names):
    return sum(known.get(name, {}).get("cpu", 0) for name in names)


def least(known, names, busy=()):
    """The fuzzer that had the least CPU time and is not running; None without any."""
    free = [n for n in names if n not in busy]
    return min(free, key=lambda n: (known.get(n, {}).get("cpu", 0), n), default=None)


def table(known, names):
    """The report, a line for each fuzzer and one for all."""
    rows = [("fuzzer", "executions", "CPU s", "edges", "of", "share", "features", "found", "revision")]
    for name in sorted({*known, *names}):
        entry = known.get(name, {})
        edges, of = entry.get("edges"), entry.get("edges_all")
        share = f"{100 * edges / of:.0f}%" if edges is not None and of else "-"
        rows.append((name, f"{entry.get('executions', 0):,}", f"{entry.get('cpu', 0):,.0f}", _number(edges), _number(of), share,
                     _number(entry.get("features")), str(entry.get("found", 0)), entry.get("revision", "-")))  # fmt: skip
    total = _total(known)
    rows.append(("all", f"{total['executions']:,}", f"{total['cpu']:,.0f}", f"{total['edges']:,}", "", "", f"{total['features']:,}",
                 str(total["found"]), f"{total['cpu'] / 3600:.2f} h"))  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(w) if i in (0, 8) else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _total(known):
    return {key: sum(e.get(key, 0) for e in known.values()) for key in (*SUMS, "edges", "features")}


def markdown(known, names):
    """The report as docs/safety.md has it."""
    total = _total(known)
    out = [f"So far {total['executions']:,} executions in {total['cpu'] / 3600:.2f} hours of CPU; edges are what the corpus reached in the last run of each, "
           "of all of ours that are linked in:", "",
           "| fuzzer | executions | CPU s | edges reached | last run of |", "|---|--:|--:|--:|---|"]  # fmt: skip
    for name in sorted({*known, *names}):
        entry = known.get(name, {})
        edges = f"{entry['edges']:,} of {_number(entry.get('edges_all'))}" if "edges" in entry else "-"
        out.append(f"| {name} | {entry.get('executions', 0):,} | {entry.get('cpu', 0):,.0f} | {edges} | {entry.get('revision', '-')} |")
    out.append(f"| all | {total['executions']:,} | {total['cpu']:,.0f} | | |")
    return "\n".join(out) + "\n"


def write(known, names, page):
    """Puts the report into the page, between its marks; false when it has none."""
    old = page.read_text(encoding="utf-8")
    text = f"{BEGIN}\n{markdown(known, names)}{END}"
    new, times = re.subn(re.escape(BEGIN) + ".*" + re.escape(END), lambda _: text, old, flags=re.S)
    page.write_text(new, encoding="utf-8")
    return times == 1


def _number(n):
    return "-" if n is None else f"{n:,}"
