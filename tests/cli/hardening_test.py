# SPDX-License-Identifier: Apache-2.0
"""The built program has what meson.build asks the compiler and linker for, so that a change of either is seen."""

import pathlib
import platform
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from server import ROOT  # noqa: E402

PROGRAM = ROOT / "build" / "starling"


def readelf(*options):
    done = subprocess.run(["readelf", "--wide", *options, str(PROGRAM)], capture_output=True, text=True, check=True)
    return done.stdout


class Hardening(unittest.TestCase):
    def test_position_independent(self):
        self.assertRegex(readelf("-h"), r"Type:\s+DYN")
        self.assertRegex(readelf("-d"), r"FLAGS_1.*\bPIE\b")
        self.assertNotIn("TEXTREL", readelf("-d"))

    def test_relocations_are_read_only(self):
        self.assertIn("GNU_RELRO", readelf("-l"))
        self.assertRegex(readelf("-d"), r"\bBIND_NOW\b|FLAGS_1.*\bNOW\b")

    def test_memory_is_writable_or_executable(self):
        for line in readelf("-l").splitlines():
            if re.match(r"\s+(LOAD|GNU_STACK)\s", line):
                flags = re.sub(r"0x\w+", "", line)
                self.assertFalse("W" in flags and "E" in flags.replace("LOAD", ""), line)

    def test_no_library_path(self):
        self.assertNotRegex(readelf("-d"), r"R(UN)?PATH")

    def test_checked_calls(self):
        """Stack protector and FORTIFY leave their calls behind."""
        symbols = readelf("--dyn-syms")
        self.assertIn("__stack_chk_fail", symbols)
        checked = set(re.findall(r"__(\w+)_chk\b", symbols))
        self.assertIn("memcpy", checked)
        self.assertGreaterEqual(len(checked), 5, checked)

    def test_indirect_branches(self):
        """Our functions begin with a landing pad. (The program's note, by which a kernel would turn the check on, is there only when
        the C library's start-up files have them, too: Debian 12's do not.)"""
        pads = {"x86_64": "endbr64", "aarch64": r"bti\b|paciasp|hint"}
        if platform.machine() not in pads:
            self.skipTest("no such thing here")
        for name in ("main", "server_run", "crew_run"):
            done = subprocess.run(["objdump", "-d", "--no-show-raw-insn", f"--disassemble={name}", str(PROGRAM)],
                                  capture_output=True, text=True, check=True)
            code = done.stdout.split(f"<{name}>:\n", 1)
            self.assertEqual(len(code), 2, f"{name} is not in the program")
            self.assertRegex(code[1].split("\n", 1)[0], pads[platform.machine()], name)


if __name__ == "__main__":
    unittest.main()
