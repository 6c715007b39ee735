# SPDX-License-Identifier: Apache-2.0
"""What ./dev bench prints and writes: Markdown tables and a picture."""

import html
import math
import re

import bench_lines

BY_NAME = {line.name: line for line in bench_lines.LINES}
BEGIN, END = "<!-- ./dev bench --write begins here -->", "<!-- ./dev bench --write ends here -->"
CEILING_SHARE = 0.6
OTHERS = ["Dovecot", "Cyrus"]
BUSY = 0.5  # load average for each processor, before the run, from which on the tables say so


def number(value):
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def ratio(line, values, other="Dovecot"):
    """How many times better Starling is."""
    ours, theirs = values.get("Starling"), values.get(other)
    if not ours or not theirs:
        return None
    return theirs / ours if line.lower else ours / theirs


def times(value):
    return f"{number(value)}x" if value else ""


def reached(line, values):
    """ "yes", "no", or "yes (… of the ceiling)"; against Dovecot."""
    ours = values.get("Starling")
    if line.most and ours is not None:
        return "yes" if ours <= line.most else "no"
    if not line.target:
        return ""
    better = ratio(line, values)
    if better is not None and better >= line.target:
        return "yes"
    share = ours / values["echo"] if line.ceiling and ours and values.get("echo") else 0
    if share >= CEILING_SHARE:
        return f"yes ({share:.0%} of the ceiling)"
    return "no" if better is not None else ""


def wanted(line):
    if line.most:
        return f"at most {line.most}"
    if not line.target:
        return ""
    if line.target == 1:
        return "less" if line.lower else "more"
    return f"{line.target:g}x"


def one_line(line, result):
    values = result["values"]
    text = ", ".join([f"{name} {number(value)}" for name, value in values.items()]
                     + [f"{name}: {why}" for name, why in result["errors"].items()])  # fmt: skip
    return f"{line.name}: {text} {line.unit}; {times(ratio(line, values))} of {wanted(line) or 'any'}; {reached(line, values)}"


def escaped(text):
    """As the cell of a table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def latency(result):
    detail = result["details"].get("Starling", {})
    if "p50_us" not in detail or detail.get("steps", 0) < 3:
        return ""
    return f"{detail['p50_us']:,.0f} / {detail['p99_us']:,.0f} / {detail['p999_us']:,.0f}"


def row(result):
    line, values, errors = BY_NAME[result["line"]], result["values"], result["errors"]

    def cell(name):
        return escaped("failed: " + errors[name]) if name in errors else number(values.get(name))

    cells = [line.title, *map(cell, OTHERS), cell("Starling"), line.unit]
    cells += [times(ratio(line, values, other)) for other in OTHERS]
    cells += [wanted(line), reached(line, values), number(values.get("echo")), latency(result)]
    cells.append(f"{result['client_cpu']:.0%}" if result.get("client_cpu") is not None else "")
    return "| " + " | ".join(cells) + " |"


HEAD = (
    "| work | Dovecot | Cyrus | Starling | | times Dovecot | times Cyrus | wanted of Dovecot | reached | echo "
    "| Starling's p50 / p99 / p99.9, µs | client's CPU |\n|---|--:|--:|--:|---|--:|--:|--:|---|--:|--:|--:|"
)


def growth_table(part):
    out = []
    if part["rows"]:
        sizes = part["sizes"]
        lines = [f"| {part['what']} | " + " | ".join(sizes) + " | grows |", "|---|" + "--:|" * len(sizes) + "---|"]
        for one in part["rows"]:
            lines.append("| " + " | ".join([one["name"], *map(number, one["values"]), one["how"]]) + " |")
        out.append("\n".join(lines))
    if part.get("note"):
        out.append(part["note"])
    return "\n\n".join(out)


def words(report):
    found = report.get("words")
    if not found:
        return []
    said = []
    for name, missed in found["missed"].items():
        said.append(f"{name} {found['of'] - len(missed)} of {found['of']}" + (f" (not: {'; '.join(missed)})" if missed else ""))
    return ["Words hidden in base64, quoted-printable and other charsets than UTF-8 that SEARCH TEXT finds (checked, not timed): "
            + "; ".join(said) + "."]  # fmt: skip


def written(report):
    """What Starling wrote for what."""
    for result in report["results"]:
        parts = result["details"].get("Starling", {}).get("written")
        if not parts:
            continue
        said = {False: [], True: []}
        for name, octets in parts.items():
            said[name in bench_lines.CLEANING].append(f"{name} {octets:.2f}")
        return [f"Bytes that Starling wrote for each appended: {', '.join(said[False])}; told apart, and not in the table: "
                f"{', '.join(said[True])}."]  # fmt: skip
    return []


def resumed(report):
    """What each server made of the TLS sessions that clients offered: those that it does not take are full handshakes."""
    for result in report["results"]:
        shares = {name: detail["resumed"] for name, detail in result["details"].items() if name != "echo" and detail.get("resumed") is not None}
        if result["line"] != "tls-login-resumed" or not shares:
            continue
        full = next((r["values"] for r in report["results"] if r["line"] == "tls-login"), {})
        said = []
        for name, share in shares.items():
            gain = f", {times(result['values'][name] / full[name])} its full handshakes" if full.get(name) and name in result["values"] else ""
            said.append(f"{name} {share:.0%}{gain}")
        return [f"TLS sessions that were resumed, of those that clients offered (the others were full handshakes): {'; '.join(said)}."]
    return []


DRIFT = 0.15  # of the bare echo, from which on the tables say so


def steadiness(report):
    """How fast the bare echo was in the course of the run: what the machine did to all figures alike."""
    found = report.get("echoes", [])
    if not found:
        return []
    text = "NOOPs that the bare echo answered each second: " + ", ".join(f"{number(value)} {when}" for when, value in found) + "."
    slowest, fastest = min(value for _, value in found), max(value for _, value in found)
    if slowest < fastest * (1 - DRIFT):
        text += " The machine was not the same all the time: figures of lines that are far apart should not be compared; ratios within a line may."
    return [text]


def preface(report):
    out = [f"`{report['command']}`, {report['date']}: {', '.join(report['servers'])}. {report['machine']}. "
           f"It took {report['seconds']:.0f} s."]  # fmt: skip
    cpus = re.search(r"(\d+) processors", report["machine"])
    if cpus and report["load"] > BUSY * int(cpus[1]):
        out.append("The machine was busy with other work when this run began (see the load average): both the figures and their "
                   "ratios are worth less for that.")  # fmt: skip
    out += steadiness(report)
    out += [f"{name} is not in the tables: {why}" for name, why in report.get("absent", {}).items()]
    return out


def tables(report):
    """All of it as Markdown."""
    plain = [r for r in report["results"] if not BY_NAME[r["line"]].name.startswith("tls-")]
    tls = [r for r in report["results"] if BY_NAME[r["line"]].name.startswith("tls-")]
    out = preface(report)
    if plain:
        out += ["### Beside Dovecot and Cyrus", HEAD + "\n" + "\n".join(map(row, plain))]
    out += words(report) + written(report)
    if tls:
        out += ["### The same over TLS 1.3", HEAD + "\n" + "\n".join(map(row, tls))]
    out += resumed(report)
    parts = [growth_table(part) for part in report["growth"].values()]
    if parts:
        out += ["### How it grows", *parts]
    return "\n\n".join(out) + "\n"


# --- the picture ---

WIDTH, LEFT, TOP, BAR, STEP = 860, 290, 78, 11, 34
COLOURS = {"Dovecot": "#2f6f4f", "Cyrus": "#8fb89b"}
WORSE = {"Dovecot": "#a8402d", "Cyrus": "#dba194"}


def bars(report):
    """[(line, {other: times})] of the lines of the picture."""
    found = []
    for result in report["results"]:
        line = BY_NAME[result["line"]]
        better = {other: ratio(line, result["values"], other) for other in OTHERS}
        better = {other: value for other, value in better.items() if value}
        if line.pictured and better:
            found.append((line, better))
    return found


def scale(rows):
    """How many decades the axis has."""
    most = max([value for _, better in rows for value in better.values()] + [10])
    return max(1, math.ceil(math.log10(most) * 2) / 2)


def text_at(x, y, text, **more):
    words = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<text x="{x:.0f}" y="{y:.0f}"{words}>{html.escape(text)}</text>'


def draw_row(out, at, y, line, better):
    out.append(text_at(LEFT - 12, y + 16, line.pictured, text_anchor="end"))
    for i, (other, value) in enumerate(better.items()):
        top = y + i * (BAR + 2)
        width = max(abs(at(value) - at(1)), 2)
        colour = (COLOURS if value >= 1 else WORSE)[other]
        out.append(f'<rect x="{min(at(value), at(1)):.0f}" y="{top}" width="{width:.0f}" height="{BAR}" fill="{colour}"/>')
        out.append(text_at(max(at(value), at(1)) + 6, top + 10, times(value), font_size=11, fill="#333"))


def picture(report):
    """Bars of the ratios on a logarithmic scale."""
    rows = bars(report)
    decades = scale(rows)
    room = WIDTH - LEFT - 80
    low = min([value for _, better in rows for value in better.values()] + [1.0])
    begin = math.log10(max(low, 0.1)) if low < 1 else 0.0

    def at(value):
        return LEFT + room * (math.log10(max(value, 0.1)) - begin) / (decades - begin)

    height = TOP + STEP * len(rows) + 8
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
           'font-family="DejaVu Sans, Verdana, sans-serif" font-size="13">',
           f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
           text_at(12, 24, "Starling: how many times better on the same machine", font_size=17, font_weight="bold")]  # fmt: skip
    x = LEFT
    for other, colour in COLOURS.items():
        out.append(f'<rect x="{x}" y="36" width="12" height="12" fill="{colour}"/>')
        out.append(text_at(x + 18, 47, f"than {other}"))
        x += 140
    for power in range(int(decades) + 1):
        mark = at(10**power)
        out.append(f'<line x1="{mark:.0f}" y1="{TOP - 8}" x2="{mark:.0f}" y2="{height - 8}" stroke="#ccc"/>')
        out.append(text_at(mark, TOP - 12, f"{10**power}x", fill="#666", text_anchor="middle", font_size=11))
    for i, (line, better) in enumerate(rows):
        draw_row(out, at, TOP + STEP * i, line, better)
    return "\n".join([*out, "</svg>"]) + "\n"


def write(report, out, docs):
    text, drawn = tables(report), picture(report)
    (out / "performance.md").write_text(text)
    (out / "performance.svg").write_text(drawn)
    if docs is None:
        return
    (docs / "performance.svg").write_text(drawn)
    page = docs / "performance.md"
    old = page.read_text() if page.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    page.write_text(re.sub(re.escape(BEGIN) + ".*" + re.escape(END), lambda _: f"{BEGIN}\n{text}{END}", old, flags=re.S))
