"""Stacks for these tests: each with a data folder of its own, and removed at the end whatever happened."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.dev_stack.runner import Run

Starter = Callable[..., Run]


@contextmanager
def starting(folder: Path) -> Iterator[Starter]:
    """Starts the stack on a folder with a space in its name, or on the folder given."""
    runs: list[Run] = []

    def starter(data: Path | None = None, **options: str | int | bool | Path) -> Run:
        runs.append(Run(data or folder / "my data", **options))  # type: ignore[arg-type]
        return runs[-1]

    yield starter
    for run in runs:
        if run.process.poll() is None:
            os.killpg(run.process.pid, signal.SIGKILL)
            run.wait()
        run.clear()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    with starting(tmp_path) as starter:
        yield starter
