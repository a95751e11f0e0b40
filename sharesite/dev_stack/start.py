"""Runs before Django reads its settings, which need the secrets and addresses that are generated here."""

import errno
import signal
import sys
from collections.abc import Sequence

from sharesite.dev_stack.data_directory import DataDirectory
from sharesite.dev_stack.managed_process import StackError
from sharesite.dev_stack.options import read

FULL = "The disk of the data folder is full; free some space, then start again."
# The data folder of this process, once it is locked and filled.
prepared: list[DataDirectory] = []


def prepare(arguments: Sequence[str]) -> None:
    """Lock and fill the data folder that ``manage.py up ARGUMENTS`` names; exit with one sentence if that fails."""
    if {"-h", "--help"} & set(arguments):
        return
    # Until the supervisor runs, Ctrl-C ends this process immediately and without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        folder = DataDirectory(read(arguments))
        folder.write()
        prepared.append(folder)
    except StackError as failure:
        sys.exit(str(failure))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit(FULL)
