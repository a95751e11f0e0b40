"""``manage.py purge``: what the scheduler does every minute, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from shares.errors import Refusal
from shares.formats import format_size
from shares.services.maintenance import purge


class Command(BaseCommand):
    help = "Delete the files of ended shares and idle uploads. Safe to run at any time, as often as you like."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what would go")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        now = timezone.now()
        self._write_result("due", purge.preview(now=now))
        if dry_run:
            return
        try:
            result = purge.sweep(now=now)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self._write_result("purged", result)
        if result.failed:
            raise CommandError(f"Storage kept {len(result.failed)} files; the next sweep tries them again.")

    def _write_result(self, word: str, result: purge.PurgeResult) -> None:
        size = format_size(result.size)
        self.stdout.write(
            f"{word}: {result.shares} shares, {result.files} files ({size}), {result.idle_uploads} idle uploads"
        )
