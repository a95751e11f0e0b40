"""The Celery app, how it treats tasks, and the whole timetable of the clock in one list."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sharesite.settings")

MINUTE, HOUR, DAY = 60, 3600, 86400
# Without a scanner there is only something to do once: to let go what still waited for one.
SCAN_SECONDS = 5 if settings.CLAMD_ADDRESS else 10 * MINUTE
MAX_TASK_SECONDS = 2 * HOUR


def every(task: str, schedule: float | crontab, *, expires: int) -> dict[str, Any]:
    """One line of the timetable. A run that nobody took after ``expires`` seconds is dropped, so runs never pile up."""
    return {"task": f"shares.tasks.{task}", "schedule": schedule, "options": {"expires": expires}}


app = Celery("sharesite", broker=settings.REDIS_URL, set_as_current=True)
app.conf.update(
    # Rows say what is due; a task only says "look now". Losing or doubling one changes nothing, so every setting
    # prefers running again over forgetting.
    beat_schedule={
        "sweep": every("sweep", MINUTE, expires=MINUTE),
        "scan": every("scan", SCAN_SECONDS, expires=SCAN_SECONDS),
        "heartbeat": every("heartbeat", 30, expires=30),
        # Without a log there is nothing to read.
        **(
            {"read access log": every("read_access_log", 5 * MINUTE, expires=5 * MINUTE)} if settings.ACCESS_LOG else {}
        ),
        "notify owners": every("notify_owners", 5 * MINUTE, expires=5 * MINUTE),
        "delete expired rows": every("delete_expired", HOUR, expires=HOUR),
        "clear sessions": every("clear_sessions", crontab(hour="3", minute="17"), expires=DAY // 2),
    },
    # In memory: a file would end the clock when the disk is full, and a run more after a start changes nothing.
    beat_scheduler="celery.beat:Scheduler",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_time_limit=MAX_TASK_SECONDS,
    task_soft_time_limit=MAX_TASK_SECONDS - MINUTE,
    task_serializer="json",
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        # Above the longest task, or Redis hands a running task out a second time.
        "visibility_timeout": MAX_TASK_SECONDS + 10 * MINUTE,
        "socket_connect_timeout": 5,
        "socket_timeout": 30,
        "socket_keepalive": True,
        "health_check_interval": 25,
    },
    worker_cancel_long_running_tasks_on_connection_loss=True,
    # One worker process lives this long at most: a slow leak in any library stays small.
    worker_max_tasks_per_child=500,
    timezone="UTC",
)
app.autodiscover_tasks(["shares"])


@setup_logging.connect
def keep_one_log_format(**_: Any) -> None:
    """Celery brings its own log set-up; with this receiver it leaves ours alone."""
    logging.config.dictConfig(settings.LOGGING)
