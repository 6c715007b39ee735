# SPDX-License-Identifier: Apache-2.0
"""The record of `./dev fuzz`: what it takes from libFuzzer's output, that runs add up, also at the same time and when stopped, that
CPU time is spread evenly, and how it comes into docs/safety.md. The fuzzers here are scripts that print what libFuzzer prints."""

import contextlib
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "lib")]

import fuzz_record  # noqa: E402
import fuzzing  # noqa: E402

OUTPUT = """INFO: Seed: 3
INFO: Loaded 1 modules   (4321 inline 8-bit counters): 4321 [0x1, 0x2),
#2	INITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 30Mb
#900	NEW    cov: 321 ft: 654 corp: 2/5b lim: 4 exec/s: 0 rss: 30Mb L: 4/4 MS: 1 ChangeByte-
"""
STATS = "stat::number_of_executed_units: 1000\nstat::average_exec_per_sec:     9\n"
WORKS = f"cat <<'END'\n{OUTPUT}{STATS}END\n"
# Says that it runs by a file, and ends only when told to.
WAITS = f"trap 'echo; cat <<END\n{OUTPUT}{STATS}END\nexit 72' TERM\ntouch running\nwhile :; do sleep 0.05; done\n"


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "fuzz").mkdir()
        self.path = self.folder / "record.json"
        self.record = fuzz_record.Record(self.path)
        os.environ.pop("STARLING_RESULTS", None)  # what the fake fuzzers find is not a result
        self.said = self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def fuzzer(self, name, body):
        path = self.folder / "fuzz" / f"{name}_fuzz"
        path.write_text("#!/bin/bash\n" + body)
        path.chmod(0o755)
        return path

    def runner(self, grown=True):
        return fuzzing.Runner(self.folder, seeds=self.folder / "seeds", grown=grown, record=self.path if grown else None)


class Measured(Case):
    def test_of_a_whole_run(self):
        self.assertEqual(fuzz_record.measured(OUTPUT + STATS), {"executions": 1000, "edges": 321, "features": 654, "edges_all": 4321})

    def test_of_a_run_without_its_end(self):
        self.assertEqual(fuzz_record.measured(OUTPUT)["executions"], 900)
        self.assertEqual(fuzz_record.measured("Killed"), {"executions": 0})


class Adding(Case):
    def test_runs_add_up_and_coverage_is_the_last_ones(self):
        self.record.add("a", {"executions": 5, "cpu": 1.5, "slices": 1, "edges": 9, "features": 8, "edges_all": 20}, "r1")
        self.record.add("a", {"executions": 7, "cpu": 1, "slices": 1, "found": 1}, "r2")
        self.record.add("b", {"executions": 1, "cpu": 0.5, "edges": 5, "edges_all": 10}, "r3")
        a = fuzz_record.Record(self.path).read()["a"]
        self.assertEqual(a, {"executions": 12, "cpu": 2.5, "slices": 2, "found": 1, "edges": 9, "features": 8, "edges_all": 20, "revision": "r2"})
        lines = fuzz_record.table(self.record.read(), ["a", "c"]).splitlines()
        self.assertEqual([line.split() for line in lines[1:]], [
            ["a", "12", "2", "9", "20", "45%", "8", "1", "r2"],
            ["b", "1", "0", "5", "10", "50%", "-", "0", "r3"],
            ["c", "0", "0", "-", "-", "-", "-", "0", "-"],
            ["all", "13", "3", "14", "8", "1", "0.00", "h"],
        ])  # fmt: skip

    def test_many_at_once(self):
        code = ("import pathlib, sys, fuzz_record\nrecord = fuzz_record.Record(pathlib.Path(sys.argv[1]))\n"
                "for i in range(25): record.add(sys.argv[2], {'executions': 1, 'cpu': 2}, 'r')\n")  # fmt: skip
        runs = [subprocess.Popen([sys.executable, "-B", "-c", code, str(self.path), name], env={**os.environ, "PYTHONPATH": str(ROOT / "tools")})
                for name in "aabb"]  # fmt: skip
        self.assertEqual([run.wait() for run in runs], [0] * 4)
        self.assertEqual([(e["executions"], e["cpu"]) for e in self.record.read().values()], [(50, 100), (50, 100)])


class Telling(Case):
    KNOWN = {"a": {"executions": 1200, "cpu": 7200.4, "edges": 9, "edges_all": 2000, "revision": "r2"}, "b": {"executions": 1, "cpu": 3600}}

    def test_it_is_written_between_the_marks(self):
        page = self.folder / "page.md"
        page.write_text(f"before\n\n{fuzz_record.BEGIN}\nold\n{fuzz_record.END}\n\nbehind\n")
        for _ in range(2):
            self.assertEqual(fuzzing.tell(self.KNOWN, page), 0)
        lines = page.read_text().splitlines()
        self.assertEqual((lines[:3], lines[-3:]), (["before", "", fuzz_record.BEGIN], [fuzz_record.END, "", "behind"]))
        self.assertIn("1,201 executions in 3.00 hours of CPU", lines[3])
        self.assertIn("| a | 1,200 | 7,200 | 9 of 2,000 | r2 |", lines)
        self.assertIn("| b | 1 | 3,600 | - | - |", lines)
        self.assertIn("| url | 0 | 0 | - | - |", lines)  # there is one, which never ran
        self.assertIn("| all | 1,201 | 10,800 | | |", lines)

    def test_a_page_without_marks_is_told_and_left(self):
        page = self.folder / "page.md"
        page.write_text("nothing\n")
        self.assertEqual(fuzzing.tell(self.KNOWN, page), 1)
        self.assertEqual(page.read_text(), "nothing\n")

    def test_the_page_has_a_place(self):
        page = (ROOT / "docs" / "safety.md").read_text()
        self.assertEqual((page.count(fuzz_record.BEGIN), page.count(fuzz_record.END)), (1, 1))

    def test_the_record_is_no_change_of_the_source(self):
        def git(*words):
            subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@y", "-C", str(self.folder), *words], check=True, capture_output=True)

        def put(text):
            (self.folder / "fuzz" / "record.json").write_text(text)

        put("{}")
        (self.folder / "source").write_text("1")
        git("init", "-q")
        git("add", ".")
        git("commit", "-qm", "x")
        first = fuzzing.revision(self.folder)
        put('{"a": {}}')
        self.assertEqual((len(first), fuzzing.revision(self.folder)), (9, first))
        (self.folder / "source").write_text("2")
        self.assertEqual(fuzzing.revision(self.folder), first + "+")


class Running(Case):
    def test_a_slice_is_recorded(self):
        program = self.fuzzer("good", WORKS + 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo "$@" >words\n')
        (self.folder / "seeds" / "corpus" / "good").mkdir(parents=True)
        self.assertTrue(self.runner().each([program], 7))
        good = self.record.read()["good"]
        self.assertEqual((good["executions"], good["edges"], good["found"]), (1000, 321, 0))
        self.assertGreater(good["cpu"], 0)
        words = (self.folder / "words").read_text()
        self.assertIn("-max_total_time=7 ", words)
        self.assertTrue(words.endswith(f"{self.folder}/corpus/good {self.folder}/seeds/corpus/good\n"))

    def test_tests_leave_corpus_and_record(self):
        program = self.fuzzer("good", WORKS)
        self.assertTrue(self.runner(grown=False).each([program], 1))
        self.assertFalse((self.folder / "corpus").exists())
        kept = fuzzing.RECORD.read_bytes()
        for full in (False, True):
            with unittest.mock.patch.object(fuzzing, "FOLDER", self.folder):
                fuzzing.test(lambda _flavour: True, full)
        self.assertEqual(fuzzing.RECORD.read_bytes(), kept)
        self.assertFalse(self.path.exists())

    def test_seeds_alone_run_the_same_each_time(self):
        program, seeds = self.fuzzer("good", WORKS + 'echo "$@" >>words\n'), self.folder / "seeds" / "corpus" / "good"
        seeds.mkdir(parents=True)
        for name in "bca":
            (seeds / name).write_text(name)
        runner = self.runner(grown=False)
        self.assertTrue(runner.each([program], 1) and runner.each([program], 1))
        first, second = ((line.rsplit(" ", 1)[0]) for line in (self.folder / "words").read_text().splitlines())
        self.assertEqual(first, second)  # but for the folder
        self.assertIn(f" -seed=1 -runs={fuzzing.RUNS} -seed_inputs={seeds}/a,{seeds}/b,{seeds}/c", first)

    def test_runs_are_known_of_fuzzers_that_there_are(self):
        there = {path.name.removesuffix("_fuzz.c") for path in (ROOT / "src").rglob("*_fuzz.c")}
        self.assertEqual(set(fuzzing.RUNS_OF) - there, set())

    def test_a_finding_prints_its_input(self):
        def found(data):
            kept = self.folder / "crash-1"
            kept.write_bytes(data)
            program = self.fuzzer("bad", WORKS + f"echo 'Test unit written to {kept}'\nexit 77\n")
            self.assertFalse(self.runner().each([program], 1))
            return self.said.getvalue()

        self.assertIn("\nAAECCg==\n", found(b"\0\1\2\n"))
        self.assertIn("input: 16385 octets, in ", found(b"x" * 16385))

    def test_a_timeout_is_a_finding_when_it_comes_again(self):
        kept = self.folder / "timeout-1"
        found = f"echo x >{kept}; echo 'ERROR: libFuzzer: timeout'; echo 'Test unit written to {kept}'; exit 70\n"
        often, once = self.fuzzer("often", WORKS + found), self.fuzzer("once", WORKS + f'[ "$2" = {kept} ] && exit 0\n{found}')
        self.assertFalse(self.runner().each([often], 1))
        self.assertTrue(kept.exists())
        self.assertTrue(self.runner().each([once], 1))
        self.assertFalse(kept.exists())
        self.assertEqual({n: (e["slices"], e["found"]) for n, e in self.record.read().items()}, {"often": (1, 1), "once": (1, 0)})

    def test_seeds_that_were_not_run_are_a_failure(self):
        program, seeds = self.fuzzer("lazy", WORKS.replace("1000", "1")), self.folder / "seeds" / "corpus" / "lazy"
        seeds.mkdir(parents=True)
        for name in "ab":
            (seeds / name).write_text(name)
        self.assertFalse(self.runner(grown=False).each([program], 1))
        self.assertIn("not even its 2 seeds", self.said.getvalue())

    def test_a_finding_fails_and_the_others_run(self):
        programs = [self.fuzzer("bad", WORKS + "echo ERROR: something\nexit 77\n"), self.fuzzer("good", WORKS)]
        self.assertFalse(self.runner().each(programs, 1))
        self.assertEqual({n: e["found"] for n, e in self.record.read().items()}, {"bad": 1, "good": 0})
        self.assertIn("ERROR: something", self.said.getvalue())

    def test_interrupted_by_itself_is_a_finding(self):
        self.assertFalse(self.runner().each([self.fuzzer("odd", WORKS + "exit 72\n")], 1))

    def test_a_stopped_run_keeps_what_it_has(self):
        program, runner = self.fuzzer("slow", WAITS), self.runner()

        def stop():
            while not (self.folder / "running").exists():
                pass
            os.kill(os.getpid(), signal.SIGTERM)

        stopper = threading.Thread(target=stop)
        stopper.start()
        with self.assertRaises(KeyboardInterrupt):
            runner.until([program], 1)
        stopper.join()
        slow = self.record.read()["slow"]
        self.assertEqual((slow["executions"], slow["slices"], slow["found"]), (1000, 1, 0))
        self.assertTrue(runner.slice(program, 1))  # none begins any more
        self.assertEqual(self.record.read()["slow"]["slices"], 1)


class Spreading(Case):
    def test_the_one_that_had_least_comes_next(self):
        known = {"a": {"cpu": 5}, "b": {"cpu": 3}}
        self.assertEqual(fuzz_record.least(known, ["a", "b"]), "b")
        self.assertEqual(fuzz_record.least(known, ["a", "b", "c"]), "c")
        self.assertEqual(fuzz_record.least(known, ["a", "b", "c"], {"b", "c"}), "a")
        self.assertIsNone(fuzz_record.least(known, [], {"a"}))

    def test_until_the_hours_are_in_the_record(self):
        self.record.add("a", {"cpu": 1000}, "r")
        programs = [self.fuzzer(name, WORKS) for name in "abc"]
        runner, lasting = self.runner(), []

        def slice_(program, seconds):
            lasting.append((program.name[0], seconds))
            self.record.add(program.name[0], {"cpu": seconds, "slices": 1}, "r")
            return program.name[0] != "c"

        runner.slice = slice_
        self.assertFalse(runner.until(programs, 2000 / 3600))
        self.assertEqual(lasting[:4], [("b", 120), ("c", 120), ("b", 120), ("b", 120)])  # c found something
        cpu = {name: entry["cpu"] for name, entry in self.record.read().items()}
        self.assertEqual((cpu["a"], cpu["c"]), (1000, 120))
        self.assertTrue(2000 <= sum(cpu.values()) <= 2002, json.dumps(cpu))
        self.assertTrue(runner.until(programs, 2000 / 3600))  # they are there already


if __name__ == "__main__":
    unittest.main()
