"""Run a program that cannot outlive its parent: ``parent_death_wrapper.py SIGNAL PARENT USER PROGRAM...``.

A process that is killed does not stop what it started. On Linux the kernel can: it sends SIGNAL when the parent dies
(PR_SET_PDEATHSIG). A change of the user resets that, so the wrapper changes the user first. USER may be empty.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def switch_user(name: str) -> None:
    entry = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def main(number: int, parent: int, user: str, program: list[str]) -> None:
    if user:
        switch_user(user)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # It died before the call.
            sys.exit(1)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
