"""``manage.py deliveries``: count finished downloads from access logs of storage."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from shares import accesslogs
from shares.errors import Refusal
from shares.management.translated_command import TranslatedCommand
from shares.services.finished import counting
from shares.services.finished.accesslogs import follow
from shares.services.finished.counting import ImportStats

READ_BYTES = 64 * 1024
STANDARD_INPUT = "-"


class Command(TranslatedCommand):
    help = gettext_noop(
        "Count finished downloads from access logs: Caddy's JSON, or S3 server access logs, gzipped or not. Without a "
        "file, those that ACCESS_LOG names. A line is counted once, however often it is read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="*", help=gettext("a log, or - for standard input"))

    def handle(self, *_args: Any, file: list[str], **_options: Any) -> None:
        now = timezone.now()
        if not file and not settings.ACCESS_LOG:
            raise CommandError(gettext("Name a log, or - for standard input, or set ACCESS_LOG."))
        stats, problems = ImportStats(), list[str]()
        try:
            if not file:
                stats = follow(now=now, seconds=float("inf"))
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        for name in file:
            try:
                _read(name, stats, now)
            except OSError as error:
                problems.append(gettext("%(name)s can't be read: %(error)s.") % {"name": name, "error": error.strerror})
        # A missing file does not affect the others.
        self.stdout.write(summary(stats))
        if problems:
            raise CommandError(" ".join(problems))


def summary(stats: ImportStats) -> str:
    text = gettext(
        "%(lines)d lines read: %(recorded)d of our files, %(finished)d downloads finished; "
        "%(duplicates)d read before, %(old)d too old, %(unrelated)d not ours, "
        "%(unreadable)d not understood"
    )
    return text % asdict(stats)


def _read(name: str, stats: ImportStats, now: datetime) -> None:
    source = _standard_input() if name == STANDARD_INPUT else accesslogs.read_chunks(Path(name))
    counting.count_downloads(accesslogs.read_lines(source), stats, now=now)


def _standard_input() -> Iterator[bytes]:
    while chunk := os.read(sys.stdin.fileno(), READ_BYTES):
        yield chunk
