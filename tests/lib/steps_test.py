# SPDX-License-Identifier: Apache-2.0
"""The steps of `./dev test`: what they do by chance is the same each time, but in the long campaigns; and a failure says how to see it again."""

import contextlib
import io
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import types
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "lib")]

import powercut  # noqa: E402
import steps  # noqa: E402

BY_CHANCE = re.compile(r'"--seed", type=int, default=int\(time\.time\(\)\)')


class Steps(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        results = pathlib.Path(folder) / "results"
        results.write_text("")
        self.enterContext(mock.patch.dict(os.environ, {"STARLING_RESULTS": str(results)}))
        self.said = self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def runs(self, name, full, code=0):
        """The words of the command of a step."""
        context = types.SimpleNamespace(full=full, build=lambda flavour=None, target=None: True, env={})
        with mock.patch.object(subprocess, "run", return_value=types.SimpleNamespace(returncode=code)) as run:
            steps.STEPS[name](context)
        return [str(word) for word in run.call_args.args[0]]

    def by_chance(self):
        """Steps whose script takes its seed from the clock, unless it is given one."""
        text = (ROOT / "tools" / "steps.py").read_text()
        scripts = dict(re.findall(r'^    "([\w-]+)": script\("([\w/.]+)"', text, re.M))
        return [name for name, path in scripts.items() if (ROOT / path).exists() and BY_CHANCE.search((ROOT / path).read_text())]

    def test_seeds_are_the_same_each_time(self):
        self.assertGreater(len(self.by_chance()), 3)
        for name in self.by_chance():
            with self.subTest(name), mock.patch.object(steps.time, "time", return_value=1234567):
                words = self.runs(name, full=False)
                self.assertEqual(words[words.index("--seed") + 1], "1")
                words = self.runs(name, full=True)
                self.assertEqual(words[words.index("--seed") + 1], "1234567")

    def test_powercut_has_the_same_seed(self):
        said = []
        with mock.patch.object(powercut, "main", lambda words, build: said.append(words)):
            steps.step_powercut(types.SimpleNamespace(full=False, build=None))
        self.assertEqual(said[0][said[0].index("--seed") + 1], "1")

    def test_a_failure_says_how_to_see_it_again(self):
        self.runs("crash", full=False)
        self.assertNotIn("again", self.said.getvalue())
        self.runs("crash", full=False, code=1)
        self.assertIn("again: python3 -B tests/crash.py --kills 15 --seed 1\n", self.said.getvalue())
        self.runs("stress-tsan", full=False, code=1)
        self.assertIn("again: STARLING_PROGRAM=build-tsan/src/cli/starling python3 -B tests/stress.py --clients 20", self.said.getvalue())

    def test_a_wrong_disk_says_how_to_see_it_again(self):
        with mock.patch.object(powercut.Seeds, "one", return_value=({"states": 7, "wrong": 1}, False, "this disk is wrong\n")):
            powercut.campaign(1, seed=5, jobs=1, more=("--fills",))
        self.assertIn("again: ./dev powercut --plants none --states 1 --jobs 1 --seed 5 --fills)", self.said.getvalue())
        self.assertIn("this disk is wrong", self.said.getvalue())


if __name__ == "__main__":
    unittest.main()
