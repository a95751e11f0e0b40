"""The Celery app, its settings, and the schedule of all tasks."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sharesite.settings")

MINUTE, HOUR, DAY = 60, 3600, 86400
# Without a scanner there is only one thing to do: release the files that still wait for one.
SCAN_SECONDS = 5 if settings.CLAMD_ADDRESS else 10 * MINUTE
MAX_TASK_SECONDS = 2 * HOUR


def every(task: str, schedule: float | crontab, *, expires: int) -> dict[str, Any]:
    """An entry of the schedule. A run that no worker starts within ``expires`` seconds is dropped, so none pile up."""
    return {"task": f"shares.tasks.{task}", "schedule": schedule, "options": {"expires": expires}}


app = Celery("sharesite", broker=settings.REDIS_URL, set_as_current=True)
app.conf.update(
    # Rows state what is due. Losing or repeating a task changes nothing, so every setting prefers repeating one over
    # losing one.
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
    # In memory: a file would stop the scheduler when the disk is full, and another run after a start changes nothing.
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
        # Longer than the longest task, or Redis delivers a running task a second time.
        "visibility_timeout": MAX_TASK_SECONDS + 10 * MINUTE,
        "socket_connect_timeout": 5,
        "socket_timeout": 30,
        "socket_keepalive": True,
        "health_check_interval": 25,
    },
    worker_cancel_long_running_tasks_on_connection_loss=True,
    # The maximum of a worker process, so that a slow leak in a library stays small.
    worker_max_tasks_per_child=500,
    timezone="UTC",
)
app.autodiscover_tasks(["shares"])


@setup_logging.connect
def keep_one_log_format(**_: Any) -> None:
    """With this receiver Celery does not replace the logging configuration."""
    logging.config.dictConfig(settings.LOGGING)
