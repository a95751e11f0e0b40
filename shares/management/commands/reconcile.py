"""``manage.py reconcile``: compare bucket and database, after a restore or if the bucket is too large."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, ngettext

from shares.errors import Refusal
from shares.formats import format_size
from shares.management.translated_command import TranslatedCommand
from shares.services.maintenance import reconcile


class Command(TranslatedCommand):
    help = gettext_noop(
        "Delete objects that belong to no file, and list files whose object is gone. Reads everything first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help=gettext("only compare"))
        parser.add_argument(
            "--force", action="store_true", help=gettext("delete even over 100 objects, or over one in a hundred")
        )

    def handle(self, *_args: Any, dry_run: bool, force: bool, **_options: Any) -> None:
        try:
            report = reconcile.compare(now=timezone.now())
            self._write_report(report)
            if not dry_run:
                self._remove(report, force=force)
        except Refusal as refusal:
            raise CommandError(
                gettext("%(problem)s Nothing more was deleted.") % {"problem": refusal.message}
            ) from refusal
        if report.missing:
            raise CommandError(
                ngettext(
                    "%(count)d file has lost its object. Restore the bucket, or remove the file.",
                    "%(count)d files have lost their object. Restore the bucket, or remove the files.",
                    len(report.missing),
                )
                % {"count": len(report.missing)}
            )

    def _write_report(self, report: reconcile.ReconcileReport) -> None:
        self.stdout.write(
            gettext("seen: %(objects)d objects; %(unrelated)d have names of other programs and are left alone")
            % {"objects": report.objects, "unrelated": report.unrelated}
        )
        size = format_size(report.size)
        self.stdout.write(
            gettext("without a file: %(objects)d objects (%(size)s), %(uploads)d open uploads")
            % {"objects": len(report.orphans), "size": size, "uploads": len(report.uploads)}
        )
        for file in report.missing:
            self.stdout.write(
                gettext("missing: %(key)s (%(name)s) of share %(share)s")
                % {"key": file.key, "name": file.full_name, "share": file.share_id}
            )

    def _remove(self, report: reconcile.ReconcileReport, *, force: bool) -> None:
        if report.suspicious and not force:
            raise CommandError(
                gettext(
                    "%(orphans)d of %(objects)d objects would be deleted, which is a lot. Is this the database that "
                    "belongs to this bucket, and is it up to date? If so: manage.py reconcile --force. "
                    "Nothing was deleted."
                )
                % {"orphans": len(report.orphans), "objects": report.objects}
            )
        removed = reconcile.remove(report)
        self.stdout.write(
            gettext("removed: %(objects)d objects, %(uploads)d open uploads")
            % {"objects": removed.objects, "uploads": removed.uploads}
        )
        if removed.failed:
            raise CommandError(
                ngettext(
                    "The storage did not delete %(count)d object; run this again.",
                    "The storage did not delete %(count)d objects; run this again.",
                    len(removed.failed),
                )
                % {"count": len(removed.failed)}
            )
