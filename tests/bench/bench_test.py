#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of ./dev bench itself: its arithmetic, its tables and picture, and the load generator against the echo server."""

import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock as mock
import xml.dom.minidom

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "lib")]

import bench  # noqa: E402
import bench_fit  # noqa: E402
import bench_growth  # noqa: E402
import bench_instructions  # noqa: E402
import bench_lines  # noqa: E402
import bench_report  # noqa: E402
import bench_words  # noqa: E402
from bench_servers import Echo, Trouble  # noqa: E402

SIZES = (1000, 10000, 100000, 1000000)


class Fit(unittest.TestCase):
    def test_constant(self):
        for times in ([50, 50, 50, 50], [64, 54, 34, 52], [246, 622, 249, 319], [26000, 229, 300, 200]):
            self.assertEqual(bench_fit.how(SIZES, times), "O(1)", times)

    def test_linear(self):
        for times in ([100, 1000, 10000, 100000], [208, 4959, 58121, 969795], [50, 50, 60, 250], [50, 59, 150, 1050]):
            self.assertEqual(bench_fit.how(SIZES, times), "O(n)", times)

    def test_logarithm(self):
        sizes = (10, 1000, 100000, 1000000)
        self.assertEqual(bench_fit.how(sizes, [10, 31, 52, 62]), "O(log n)")

    def test_too_little(self):
        self.assertEqual(bench_fit.how((1000, 10000), [1, 10]), "?")
        self.assertEqual(bench_fit.how(SIZES, [1, 0, 1, 1]), "?")

    def test_misses(self):
        self.assertAlmostEqual(bench_fit.miss(lambda n: 0.0, SIZES, [7, 7, 7, 7]), 0)
        self.assertLess(bench_fit.miss(float, SIZES, [10 + n / 100 for n in SIZES]), 0.01)


class Reached(unittest.TestCase):
    @staticmethod
    def line(**more):
        return bench_lines.Line("x", "x", more.pop("target", 4), "/s", None, **more)

    def test_ratio(self):
        line = self.line()
        self.assertEqual(bench_report.reached(line, {"Starling": 400, "Dovecot": 100}), "yes")
        self.assertEqual(bench_report.reached(line, {"Starling": 399, "Dovecot": 100}), "no")
        self.assertEqual(bench_report.reached(line, {"Starling": 399}), "")

    def test_less_is_better(self):
        line = self.line(lower=True)
        self.assertEqual(bench_report.ratio(line, {"Starling": 1, "Dovecot": 5}), 5)
        self.assertEqual(bench_report.reached(line, {"Starling": 1, "Dovecot": 5}), "yes")

    def test_ceiling(self):
        line = self.line(ceiling=True)
        self.assertEqual(bench_report.reached(line, {"Starling": 60, "Dovecot": 50, "echo": 100}), "yes (60% of the ceiling)")
        self.assertEqual(bench_report.reached(line, {"Starling": 59, "Dovecot": 50, "echo": 100}), "no")
        self.assertEqual(bench_report.reached(self.line(), {"Starling": 99, "Dovecot": 50, "echo": 100}), "no")

    def test_who_has_a_ceiling(self):
        """The round trips for which the goal says so, and no others: what falls short of its ratio is not called reached for another reason."""
        self.assertEqual({line.name for line in bench_lines.LINES if line.ceiling},
                         {"noop", "select", "store", "login-1000", "login-one", "tls-noop", "tls-login", "tls-login-resumed"})

    def test_nothing_wanted(self):
        line = self.line(target=0)
        self.assertEqual((bench_report.reached(line, {"Starling": 1, "Dovecot": 9}), bench_report.wanted(line)), ("", ""))

    def test_at_most(self):
        line = self.line(lower=True, most=1.3)
        self.assertEqual(bench_report.reached(line, {"Starling": 1.3, "Dovecot": 1}), "yes")
        self.assertEqual(bench_report.reached(line, {"Starling": 1.31, "Dovecot": 9}), "no")


def some_report():
    detail = {"p50_us": 10.0, "p99_us": 20.0, "p999_us": 30.0, "steps": 100, "client_cpu": 0.25}
    results = []
    for line in bench_lines.LINES:
        values = {"Starling": 500.0, "Dovecot": 100.0, "echo": 900.0}
        results.append({"line": line.name, "errors": {"Cyrus": "copy: a NO | no such thing"}, "rounds": {}, "values": values,
                        "details": {"Starling": detail}, "client_cpu": 0.25})  # fmt: skip
    growth = bench_growth.table("messages", SIZES, ["NOOP"], [[1.0]] * 4)
    return {"command": "./dev bench", "date": "2026-01-01", "servers": ["Starling 1", "Dovecot 2"], "machine": "M, 2 processors",
            "load": 3.0, "seconds": 10.0, "results": results, "absent": {"Cyrus": "why"}, "growth": {"grow-mailboxes": growth},
            "words": {"of": 9, "missed": {"Starling": [], "Dovecot": ["base64"]}}}  # fmt: skip


class Report(unittest.TestCase):
    def test_tables(self):
        text = bench_report.tables(some_report())
        for part in ("busy with other work", "Cyrus is not in the tables: why", "failed: copy: a NO \\| no such thing", "5.00x",
                     "10 / 20 / 30", "25%", "Starling 9 of 9", "Dovecot 8 of 9 (not: base64)", "| NOOP | 1.00"):  # fmt: skip
            self.assertIn(part, text)
        rows = [line for line in text.splitlines() if line.startswith("| APPEND")]
        columns = bench_report.HEAD.splitlines()[0].replace("\\|", "").count("|")
        for row in rows:
            self.assertEqual(row.replace("\\|", "").count("|"), columns, row)

    def test_picture_is_xml(self):
        drawn = bench_report.picture(some_report())
        xml.dom.minidom.parseString(drawn)
        self.assertIn("5.00x", drawn)
        xml.dom.minidom.parseString(bench_report.picture({"results": []}))

    def test_page_keeps_what_is_written_by_hand(self):
        with tempfile.TemporaryDirectory() as folder:
            out, docs = pathlib.Path(folder) / "out", pathlib.Path(folder)
            out.mkdir()
            page = docs / "performance.md"
            page.write_text(f"before\n{bench_report.BEGIN}\nold\n{bench_report.END}\nafter\n")
            bench_report.write(some_report(), out, docs)
            text = page.read_text()
            self.assertTrue((docs / "performance.svg").exists())
        self.assertTrue(text.startswith(f"before\n{bench_report.BEGIN}\n`./dev bench`") and text.endswith("\nafter\n"))
        self.assertNotIn("old", text)

    def test_a_machine_that_changed(self):
        report = some_report()
        report["echoes"] = [("before", 100.0), ("after", 90.0)]
        self.assertIn("100 before, 90.0 after.", bench_report.tables(report))
        self.assertNotIn("not the same", bench_report.tables(report))
        report["echoes"][1] = ("after", 84.0)
        self.assertIn("not the same all the time", bench_report.tables(report))

    def test_resumption_is_told(self):
        def result(line, values, shares):
            details = {name: {"resumed": share} for name, share in shares.items()}
            return {"line": line, "values": values, "errors": {}, "details": details}

        results = [result("tls-login", {"Starling": 100, "Dovecot": 50}, {}),
                   result("tls-login-resumed", {"Starling": 300, "Dovecot": 60}, {"Starling": 1, "Dovecot": 0.5})]  # fmt: skip
        self.assertIn("Starling 100%, 3.00x its full handshakes; Dovecot 50%, 1.20x its full", bench_report.resumed({"results": results})[0])

    def test_what_must_not_be(self):
        report = some_report()
        self.assertEqual(bench.failed(report), [])
        report["results"][0]["errors"]["Starling"] = "no"
        report["words"]["missed"]["Starling"] = ["base64"]
        self.assertEqual(bench.failed(report), [bench_lines.LINES[0].name, "base64"])


class Lines(unittest.TestCase):
    def test_names_are_of_one(self):
        names = [line.name for line in bench_lines.LINES]
        self.assertEqual(len(names), len(set(names)))

    def test_every_mailbox_is_filled(self):
        self.assertLessEqual({line.mail for line in bench_lines.LINES}, {"", *"upfgmt"})


class Words(unittest.TestCase):
    def test_no_word_stands_in_clear(self):
        for how, word, message in bench_words.WORDS:
            if "soft line break" in how or "in base64" in how or "base64" in how:
                self.assertNotIn(word.encode(), message.lower(), how)
            self.assertTrue(word.isascii() or word.encode() not in message, how)


class Instructions(unittest.TestCase):
    def test_tolerance(self):
        kept = {"NOOP": 1000, "APPEND": 1000, "STORE of one flag": 1000}
        _, worse, better = bench_instructions.compare(kept, {"NOOP": 1050, "APPEND": 1050, "STORE of one flag": 500, "new": 1})
        self.assertEqual([name for name, _ in worse], ["NOOP"])
        self.assertEqual([name for name, _ in better], ["STORE of one flag"])


CORPUS = [
    b"Subject: a\r\n\r\nfirst text\r\n",
    b"Subject: b\r\n\r\nsecond text\r\n.\r\n..dots\r\n" + b"long " * 2000 + b"\r\n",
    b"Subject: c\r\n\r\nthird text\r\n",
]


class Taking(unittest.TestCase):
    class Server:
        def __init__(self, name):
            self.name, self.pid = name, 0

    class Bench:
        sizes = {"big": 150}

        def __init__(self, *said):
            self.said = list(said)

        def load(self, *_, **__):
            said = self.said.pop(0)
            if isinstance(said, Exception):
                raise said
            return said

    def test_others_may_tell_too_few_changes(self):
        short = Trouble("qresync: changed messages: 47 came, not 100")
        good = {"bytes_out": 700, "steps": 10, "p50_us": 5}
        take = bench_lines.resync("bytes")
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(take(self.Bench(short, good), self.Server("Dovecot"), 0, 1)[0], 70)
            with self.assertRaises(Trouble):
                take(self.Bench(short, good), self.Server("Starling"), 0, 1)
            with self.assertRaises(Trouble):
                take(self.Bench(Trouble("qresync: SELECT: no"), good), self.Server("Dovecot"), 0, 1)
            with self.assertRaises(Trouble):
                take(self.Bench(*[short] * bench_lines.RESYNC_TRIES, good), self.Server("Dovecot"), 0, 1)

    def test_cleaning_is_told_apart(self):
        server = self.Server("Starling")
        told = [{"commits": 10, "moved": 5, "ahead": 7}, {"commits": 1040, "moved": 405, "ahead": 2007}]
        server.written = lambda: told.pop(0)
        both = [100, 100 + 1030 + 400 + 2000 + 20]
        with mock.patch("bench_lines.bytes_written", lambda _: both.pop(0)), mock.patch("time.sleep"):
            value, said = bench_lines.write_bytes(self.Bench({}, {"bytes_out": 1000}), server, 0, 1)
        self.assertAlmostEqual(value, 3.05)
        self.assertEqual(said["written"], {"commits": 1.03, "moved": 0.4, "ahead": 2.0, "file system": 0.02})
        report = {"results": [{"details": {"Starling": said}}]}
        self.assertIn("commits 1.03, ahead 2.00, file system 0.02; told apart, and not in the table: moved 0.40", bench_report.written(report)[0])


class Client(unittest.TestCase):
    """The load generator against a server whose answers are known."""

    @classmethod
    def setUpClass(cls):
        done = subprocess.run(["ninja", "-C", ROOT / "build", "bench/starling-bench"], capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(done.stdout)
        cls.folder = tempfile.TemporaryDirectory()
        corpus = pathlib.Path(cls.folder.name) / "corpus"
        corpus.mkdir()
        for i, text in enumerate(CORPUS):
            (corpus / f"{i}.eml").write_bytes(text)
        cls.echo = Echo(bench.LOAD, pathlib.Path(cls.folder.name))
        cls.echo.start()
        cls.bench = bench.Bench(pathlib.Path(cls.folder.name), bench.QUICK)

    @classmethod
    def tearDownClass(cls):
        cls.echo.stop()
        cls.echo.process.stdout.close()
        cls.folder.cleanup()

    def test_counts_what_was_asked_for(self):
        for tls in (False, True):
            said = self.bench.load(self.echo, "login", tls=tls, threads=3, count=31)
            self.assertEqual((said["ops"], said["steps"]), (31, 31))
            self.assertLessEqual(said["p50_us"], said["p99_us"])
            self.assertLessEqual(said["p99_us"], said["p999_us"])

    def test_measures_for_the_time_it_was_given(self):
        said = self.bench.load(self.echo, "noop", unchecked=True, seconds=0.2, warm=0.05)
        self.assertGreaterEqual(said["seconds"], 0.15)
        self.assertAlmostEqual(said["per_second"], said["ops"] / said["seconds"], delta=said["per_second"] / 100)

    def test_many_messages_in_one_command(self):
        said = self.bench.load(self.echo, "append-thread", count=2, batch=5)
        self.assertEqual(said["ops"], 10)

    def test_mail_from_the_echo(self):
        said = self.bench.load(self.echo, "pop3", protocol="pop3", count=2, messages=len(CORPUS))
        self.assertEqual(said["ops"], 2 * len(CORPUS))
        dots = CORPUS[1].count(b"\r\n.")
        answers = sum(map(len, CORPUS)) + dots + len(CORPUS) * len(b"+OK\r\n.\r\n")
        self.assertAlmostEqual(said["mb_in"] * said["seconds"] * 1e6, 2 * answers, delta=0.02 * answers + 1000 * said["seconds"])
        said = self.bench.load(self.echo, "pop3", protocol="pop3", count=1, batch=2)
        self.assertEqual(said["ops"], len(CORPUS))
        said = self.bench.load(self.echo, "lmtp", protocol="lmtp", corpus=pathlib.Path(self.folder.name) / "corpus", count=4, recipients=3)
        self.assertEqual(said["ops"], 12)
        kept = (pathlib.Path(self.folder.name) / "echo.log").read_bytes()
        self.assertTrue(all(text.split(b"\r\n\r\n")[1].splitlines()[0] in kept for text in CORPUS))

    def test_a_wrong_count_is_an_error(self):
        with self.assertRaisesRegex(Trouble, "EXISTS of SELECT"):
            self.bench.load(self.echo, "select", count=1)
        self.bench.load(self.echo, "select", count=1, unchecked=True)

    def test_sessions_that_are_resumed_or_not_are_told(self):
        class Forgetful:  # the echo where it gives no tickets
            address = self.echo.address

        for server, share in ((Forgetful, 0), (self.echo, 1)):
            said = self.bench.load(server, "login", tls=True, resume=True, threads=2, count=20)
            self.assertEqual((said["ops"], said["resumed"]), (20, share))

    def test_starling_and_the_ceiling_must_resume(self):
        self.bench.sizes = bench.QUICK
        for who in ("Starling", "echo"):
            class Forgetful:
                name, address = who, self.echo.address

            with self.assertRaisesRegex(Trouble, f"{who} resumed 0.0% of the TLS sessions"):
                bench.bench_lines.resumed_login(self.bench, Forgetful, 0, 0.1)
        bench.bench_lines.resumed_login(self.bench, self.echo, 0, 0.1)

    def test_the_holder_says_why_it_stopped(self):
        host, port = self.echo.address("imap")
        command = [bench.LOAD, "hold", "--host", host, "--port", str(port), "--count", "3"]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertRegex(done.stdout, r"^held 0 ")  # no continuation comes from the echo

    def test_usage(self):
        done = subprocess.run([bench.LOAD, "no-such-work", "--port", "1"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("append-many", done.stderr)

    def test_json(self):
        host, port = self.echo.address("imap")
        done = subprocess.run([bench.LOAD, "login", "--port", str(port), "--count", "1"], capture_output=True, text=True)
        self.assertEqual(json.loads(done.stdout)["work"], "login")


if __name__ == "__main__":
    unittest.main()
