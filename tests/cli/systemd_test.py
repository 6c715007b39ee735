# SPDX-License-Identifier: Apache-2.0
"""packaging/starling.service as systemd's own tools see it."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from server import ROOT, program  # noqa: E402

MOST_EXPOSED = 20  # tenths of systemd's scale from 0 to 10


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not here")
class Unit(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="starling-unit-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        text = (ROOT / "packaging" / "starling.service").read_text()
        self.assertIn("ExecStart=/usr/bin/starling serve", text)
        self.unit = self.dir / "starling.service"
        self.unit.write_text(text.replace("/usr/bin/starling", str(program())))

    def analyze(self, *words):
        done = subprocess.run(["systemd-analyze", "--no-pager", *words, str(self.unit)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_verify(self):
        said = [line for line in self.analyze("verify", "--man=no").splitlines() if "starling.service" in line]
        self.assertEqual(said, [])

    def test_exposure(self):
        said = self.analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}")
        self.assertNotIn("ignoring", said)


if __name__ == "__main__":
    unittest.main()
