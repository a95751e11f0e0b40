"""The schedule of Celery beat, and how Celery treats tasks."""

import os
import subprocess
import sys
from typing import Any

import pytest
from celery.schedules import crontab

from sharesite.celery import MAX_TASK_SECONDS, app
from sharesite.env import PROJECT

LINES = sorted(app.conf.beat_schedule.items())


def test_every_line_names_a_task_that_exists_and_every_task_has_a_line() -> None:
    app.loader.import_default_modules()
    task_names = {name for name in app.tasks if name.startswith("shares.")}
    # Where there is no log, nothing is to be read.
    assert {line["task"] for _, line in LINES} == task_names - {"shares.tasks.read_access_log"}


def test_with_an_access_log_the_scheduler_has_it_read() -> None:
    process = subprocess.run(
        [sys.executable, "-c", "from sharesite.celery import app; print(app.conf.beat_schedule['read access log'])"],
        cwd=PROJECT,
        env={**os.environ, "ACCESS_LOG": "/logs/storage.log"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.strip() == str(
        {"task": "shares.tasks.read_access_log", "schedule": 300, "options": {"expires": 300}}
    )


@pytest.mark.parametrize(("name", "line"), LINES)
def test_no_scheduled_task_has_arguments_and_runs_cannot_accumulate(name: str, line: dict[str, object]) -> None:
    assert line.keys() == {"task", "schedule", "options"}
    options, schedule = line["options"], line["schedule"]
    assert isinstance(options, dict)
    assert options.keys() == {"expires"}
    assert isinstance(schedule, crontab) or options["expires"] <= schedule


def test_the_sweep_runs_every_minute() -> None:
    assert app.conf.beat_schedule["sweep"]["schedule"] == 60


def test_a_task_lost_with_its_worker_runs_again() -> None:
    conf: Any = app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)
    assert conf.task_time_limit == MAX_TASK_SECONDS < conf.broker_transport_options["visibility_timeout"]
    assert conf.result_backend is None
    assert conf.accept_content == ["json"]
