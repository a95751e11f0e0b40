"""The state of a web server after loading."""

import subprocess
import sys

from sharesite.dev_stack.options import PROJECT

COUNT = "import gc, sharesite.wsgi; print(gc.get_freeze_count(), len(gc.get_objects()))"


def test_what_was_loaded_is_no_work_for_the_collector() -> None:
    """Looking through all of it would stop every thread for a tenth of a second, again and again."""
    output = subprocess.run(
        [sys.executable, "-c", COUNT], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    frozen_count, unfrozen_count = map(int, output.split())
    assert frozen_count > 100_000
    assert unfrozen_count < frozen_count / 20
