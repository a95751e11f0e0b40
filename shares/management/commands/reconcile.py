"""``manage.py reconcile``: compare bucket and database, after a restore or if the bucket is too large."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from shares.errors import Refusal
from shares.formats import format_size
from shares.services.maintenance import reconcile


class Command(BaseCommand):
    help = "Delete objects that no file speaks of, and name files whose object is gone. Reads everything first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only compare")
        parser.add_argument(
            "--force", action="store_true", help="delete even over 100 objects, or over one in a hundred"
        )

    def handle(self, *_args: Any, dry_run: bool, force: bool, **_options: Any) -> None:
        try:
            report = reconcile.compare(now=timezone.now())
            self._write_report(report)
            if not dry_run:
                self._remove(report, force=force)
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} Nothing more was deleted.") from refusal
        if report.missing:
            raise CommandError(
                f"{len(report.missing)} files have lost their object. Restore the bucket, or remove the files."
            )

    def _write_report(self, report: reconcile.ReconcileReport) -> None:
        self.stdout.write(f"seen: {report.objects} objects; {report.unrelated} bear foreign names and are left alone")
        size = format_size(report.size)
        self.stdout.write(f"without a file: {len(report.orphans)} objects ({size}), {len(report.uploads)} open uploads")
        for file in report.missing:
            self.stdout.write(f"missing: {file.key} ({file.full_name}) of share {file.share_id}")

    def _remove(self, report: reconcile.ReconcileReport, *, force: bool) -> None:
        if report.suspicious and not force:
            raise CommandError(
                f"{len(report.orphans)} of {report.objects} objects would go, which is a lot. Is this the database "
                "that belongs to this bucket, and is it up to date? If so: manage.py reconcile --force. "
                "Nothing was deleted."
            )
        removed = reconcile.remove(report)
        self.stdout.write(f"removed: {removed.objects} objects, {removed.uploads} open uploads")
        if removed.failed:
            raise CommandError(f"Storage kept {len(removed.failed)} objects; run this again.")
