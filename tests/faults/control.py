# SPDX-License-Identifier: Apache-2.0
"""The page that a test shares with tests/faults/interpose.c, which says what each word means."""

import contextlib
import ctypes
import mmap
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LIBRARY = ROOT / "build" / "tests" / "faults" / "libstarling_faults.so"
KINDS = {
    "memory": 1, "write": 2, "sync": 3, "read": 4, "create": 5, "allocate": 6, "rename": 7, "unlink": 8, "map": 9, "thread": 10, "change": 15,
}
PID, KIND, COUNTDOWN, ERRNO, LASTING, INJECTED, SPACE, SHIFT, CALLER, SEEN = 0, 1, 2, 3, 4, 5, 6, 7, 8, 16
WORDS = 64
NO_END = (1 << 64) - 1
DIES = 9999  # in place of an errno: the process ends at the call


class Control:
    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "faults"
        self.path.write_bytes(bytes(WORDS * 8))
        with open(self.path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), WORDS * 8)
        self.words = (ctypes.c_uint64 * WORDS).from_buffer(self.page)
        self.words[SPACE] = NO_END

    def environment(self):
        return {"LD_PRELOAD": str(LIBRARY), "STARLING_FAULTS": str(self.path)}

    def mean(self, pid):
        """From now on calls of that process count; 0: of none."""
        self.words[PID] = pid

    def mean_next(self):
        """Calls of the process that starts next count, from its first on."""
        self.words[PID] = NO_END

    def arm(self, kind, nth, error, lasting=False):
        self.words[COUNTDOWN] = 0
        self.words[KIND], self.words[ERRNO], self.words[LASTING] = KINDS[kind], error, lasting
        self.words[COUNTDOWN] = nth

    def disarm(self):
        self.words[COUNTDOWN] = 0
        self.words[KIND] = 0

    @contextlib.contextmanager
    def failing(self, kind, nth, error, lasting=False):
        self.arm(kind, nth, error, lasting)
        try:
            yield
        finally:
            self.disarm()

    @property
    def injected(self):
        return self.words[INJECTED]

    def seen(self, kind):
        return self.words[SEEN + KINDS[kind]]

    def caller(self, pid):
        """Where the last fault was made, as FILE+OFFSET, for addr2line."""
        at = self.words[CALLER]
        with open(f"/proc/{pid}/maps", encoding="ascii") as maps:
            for line in maps:
                span, _, offset, _, _, *path = line.split()
                first, last = (int(x, 16) for x in span.split("-"))
                if first <= at < last:
                    return f"{path[0] if path else '?'}+{at - first + int(offset, 16):#x}"
        return f"{at:#x}"

    def set_space(self, octets):
        self.words[SPACE] = NO_END if octets is None else octets

    def shift_clock(self, seconds):
        self.words[SHIFT] = seconds % (1 << 64)


def is_there():
    return LIBRARY.exists() and os.access(LIBRARY, os.R_OK)
