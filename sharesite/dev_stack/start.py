"""What must happen before Django reads its settings: they look for secrets and addresses that are made here."""

import errno
import signal
import sys
from collections.abc import Sequence

from sharesite.dev_stack.data_directory import Folder
from sharesite.dev_stack.managed_process import Failure
from sharesite.dev_stack.options import read

FULL = "The disk of the data folder is full; make room, then start again."
# The one folder of this process, once it is locked and filled.
prepared: list[Folder] = []


def prepare(arguments: Sequence[str]) -> None:
    """Lock and fill the data folder that ``manage.py up ARGUMENTS`` names; end the process with one sentence if not."""
    if {"-h", "--help"} & set(arguments):
        return
    # Until the supervisor takes over, Ctrl-C ends this process at once and without a trace of where it was.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        folder = Folder(read(arguments))
        folder.write()
        prepared.append(folder)
    except Failure as failure:
        sys.exit(str(failure))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit(FULL)
