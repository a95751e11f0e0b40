"""A Python console with the settings of a site: it executes code and returns its output.

Starting Django takes seconds. One process for each site serves all tests that read or write the database of the site:
``python -m tests.e2e.console`` reads ``{"code": …}`` from each line of its input and responds with a line of JSON.
"""

import contextlib
import io
import json
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import django
from django.db import connections

PROJECT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 180


class Console:
    """The client: it starts the process and sends code to it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.console"],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, code: str) -> str:
        """Returns what ``code`` printed; an exception in it fails the test with its traceback."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"code": code}) + "\n")
        self.process.stdin.flush()
        watchdog = threading.Timer(TIMEOUT_SECONDS, self.process.kill)
        watchdog.start()
        try:
            line = self.process.stdout.readline()
        finally:
            watchdog.cancel()
        assert line, "The console ended without an answer."
        response = json.loads(line)
        assert response["error"] == "", response["error"]
        output: str = response["printed"]
        return output

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def respond(code: str) -> dict[str, str]:
    output, error = io.StringIO(), ""
    names: dict[str, Any] = {"__name__": "console"}
    with contextlib.redirect_stdout(output):
        try:
            exec(compile(code, "<console>", "exec"), names)
        except Exception:  # noqa: BLE001 - reported to the test
            error = traceback.format_exc()
        finally:
            connections.close_all()  # Between two calls the site has the database to itself.
    return {"printed": output.getvalue(), "error": error}


def main() -> None:
    django.setup()
    for line in sys.stdin:
        print(json.dumps(respond(json.loads(line)["code"])), flush=True)


if __name__ == "__main__":
    main()
