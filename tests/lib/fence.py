# SPDX-License-Identifier: Apache-2.0
"""Starts a program inside what a systemd unit forbids, as far as a process can do that to itself: fence.py UNIT PROGRAM WORDS...

SystemCallFilter= (with the sets of `systemd-analyze syscall-filter`), RestrictAddressFamilies=, RestrictNamespaces=, MemoryDenyWriteExecute=, NoNewPrivileges=,
UMask=. The views of the file system, which need root: fence_views.sh."""

import ctypes
import ctypes.util
import os
import pathlib
import re
import subprocess
import sys

ACT_ALLOW, ACT_ERRNO, ENOSYS = 0x7FFF0000, 0x00050000, 38
CMP_EQ, CMP_MASKED_EQ = 4, 7
PR_SET_NO_NEW_PRIVS, PR_SET_MDWE, REFUSE_EXEC_GAIN = 38, 65, 1
NAMESPACES = 0x7E020080  # every CLONE_NEW…
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}


class Condition(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def values(unit, key):
    return re.findall(rf"^{key}=(.*)$", pathlib.Path(unit).read_text(encoding="utf-8"), re.M)


def sets():
    """Names of system calls and sets by set."""
    text = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter"], capture_output=True, text=True, check=True).stdout
    found, members = {}, None
    for line in text.splitlines():
        if line.startswith("@"):
            members = found[line.split()[0]] = []
        elif line.startswith("    ") and members is not None and not line.strip().startswith("#"):
            members.append(line.strip())
    return found


def allowed(unit):
    """The system calls that the unit leaves."""
    known, left = sets(), set()

    def spread(name):
        return set().union(*map(spread, known[name])) if name.startswith("@") else {name}

    for line in values(unit, "SystemCallFilter"):
        words = set().union(*map(spread, line.lstrip("~").split()))
        left = left - words if line.startswith("~") else left | words
    return left | spread("@default")


def load_filter(unit):
    seccomp = ctypes.CDLL(ctypes.util.find_library("seccomp") or "libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(ACT_ERRNO | ENOSYS)))
    families = [FAMILIES[name] for name in values(unit, "RestrictAddressFamilies")[0].split()]

    def rule(name, *conditions):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return  # not of this machine
        array = (Condition * max(1, len(conditions)))(*conditions)
        code = seccomp.seccomp_rule_add_array(context, ctypes.c_uint32(ACT_ALLOW), number, len(conditions), array)
        if code not in (0, -17, -33):  # there already, not of this machine
            raise OSError(-code, f"no rule for {name}")

    for name in sorted(allowed(unit)):
        if name == "socket":
            for family in families:
                rule(name, Condition(0, CMP_EQ, family, 0))
        elif name == "clone":
            rule(name, Condition(0, CMP_MASKED_EQ, NAMESPACES, 0))
        elif name not in ("clone3", "unshare", "setns"):
            rule(name)
    if seccomp.seccomp_load(context) != 0:
        raise OSError("the filter cannot be loaded")


def main():
    unit, *command = sys.argv[1:]
    libc = ctypes.CDLL(None)
    os.umask(int(values(unit, "UMask")[0], 8))
    if values(unit, "NoNewPrivileges") != ["yes"] or libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError("NoNewPrivileges")
    load_filter(unit)
    if values(unit, "MemoryDenyWriteExecute") == ["yes"]:
        libc.prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0)  # older kernels have it not
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
