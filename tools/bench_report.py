# SPDX-License-Identifier: Apache-2.0
"""What ./dev bench prints and writes: Markdown tables and a picture."""

import html
import math
import re

import bench_lines

BY_NAME = {line.name: line for line in bench_lines.LINES}
BEGIN, END = "<!-- ./dev bench --write begins here -->", "<!-- ./dev bench --write ends here -->"
CEILING_SHARE = 0.6


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


def reached(line, values):
    """"yes", "no", or "yes (… of the ceiling)"."""
    ours = values.get("Starling")
    if line.most and ours is not None:
        return "yes" if ours <= line.most else "no"
    times = ratio(line, values)
    if times is None:
        return ""
    if times >= line.target:
        return "yes"
    share = ours / values["echo"] if line.ceiling and values.get("echo") else 0
    return f"yes ({share:.0%} of the ceiling)" if share >= CEILING_SHARE else "no"


def one_line(line, result):
    values = result["values"]
    text = ", ".join(f"{name} {number(value)}" for name, value in values.items())
    times = ratio(line, values)
    return f"{line.name}: {text} {line.unit}; {number(times)}x of {line.target}x; {reached(line, values)}"


def row(result):
    line, values = BY_NAME[result["line"]], result["values"]
    if "failed" in result:
        return f"| {line.title} | failed: {result['failed']} | | | | | | |"
    target = f"at most {line.most}" if line.most else "less" if line.target == 1 else f"{line.target:g}x"
    times = ratio(line, values)
    cells = [line.title, number(values.get("Dovecot")), number(values.get("Starling")), line.unit]
    cells += [number(times) + "x" if times else "", target, reached(line, values)]
    detail = result["details"].get("Starling", {})
    tail = f"{detail['p50_us']:,.0f} / {detail['p99_us']:,.0f} / {detail['p999_us']:,.0f}" if "p50_us" in detail else ""
    echo = number(values["echo"]) if "echo" in values else ""
    client = f"{result['client_cpu']:.0%}" if result.get("client_cpu") is not None else ""
    return "| " + " | ".join([*cells, echo, tail, client]) + " |"


HEAD = (
    "| work | Dovecot | Starling | | ratio | wanted | reached | echo | Starling's p50 / p99 / p99.9, µs | client's CPU |\n"
    "|---|--:|--:|---|--:|--:|---|--:|--:|--:|"
)


def growth_table(rows):
    sizes = rows[0]["sizes"]
    lines = ["| µs for one | " + " | ".join(f"{s:,}" for s in sizes) + " | grows |", "|---|" + "--:|" * len(sizes) + "---|"]
    for one in rows:
        lines.append("| " + " | ".join([one["name"], *map(number, one["times"]), one["how"]]) + " |")
    return "\n".join(lines)


def tables(report):
    """All of it as Markdown."""
    plain = [r for r in report["results"] if not BY_NAME[r["line"]].name.startswith("tls-")]
    tls = [r for r in report["results"] if BY_NAME[r["line"]].name.startswith("tls-")]
    out = [f"`{report['command']}`, {report['date']}: {', '.join(report['servers'])}. {report['machine']}. "
           f"It took {report['seconds']:.0f} s."]  # fmt: skip
    if plain:
        out += ["### Beside Dovecot", HEAD + "\n" + "\n".join(map(row, plain))]
    if tls:
        out += ["### The same over TLS 1.3", HEAD + "\n" + "\n".join(map(row, tls))]
    if report["growth"]:
        out += ["### How it grows", growth_table(report["growth"])]
    return "\n\n".join(out) + "\n"


# --- the picture ---

WIDTH, LEFT, BAR, STEP = 900, 430, 14, 22


def picture(report):
    """Bars of the ratios on a logarithmic scale; the dark mark is what was wanted."""
    bars = [(BY_NAME[r["line"]], ratio(BY_NAME[r["line"]], r["values"])) for r in report["results"]]
    bars = [(line, times) for line, times in bars if times]
    most = max([times for _, times in bars] + [10])
    decades = math.ceil(math.log10(most) * 2) / 2

    def at(times):
        return LEFT + (WIDTH - LEFT - 70) * max(0.0, math.log10(max(times, 1))) / decades

    height = 60 + STEP * len(bars)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        '<text x="10" y="20" font-size="15">Starling: how many times better than Dovecot, same machine, same work</text>',
    ]
    for power in range(int(decades) + 1):
        x = at(10**power)
        out.append(f'<line x1="{x:.0f}" y1="44" x2="{x:.0f}" y2="{height - 8}" stroke="#ddd"/>')
        out.append(f'<text x="{x:.0f}" y="40" fill="#666" text-anchor="middle">{10**power}x</text>')
    for i, (line, times) in enumerate(bars):
        y = 52 + STEP * i
        name = line.title + (" (TLS)" if line.tls and "TLS" not in line.title else "")
        out.append(f'<text x="{LEFT - 8}" y="{y + 11}" text-anchor="end">{html.escape(name)}</text>')
        colour = "#3a7d44" if times >= 1 else "#b3402e"
        width = max(at(times) - LEFT, 2)
        out.append(f'<rect x="{LEFT}" y="{y}" width="{width:.0f}" height="{BAR}" fill="{colour}"/>')
        if line.target > 1:
            x = at(line.target)
            out.append(f'<line x1="{x:.0f}" y1="{y - 2}" x2="{x:.0f}" y2="{y + BAR + 2}" stroke="#111" stroke-width="2"/>')
        out.append(f'<text x="{max(at(times), at(line.target)) + 6:.0f}" y="{y + 11}">{number(times)}x</text>')
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
