"""``manage.py purge``: what the scheduler does every minute, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, gettext_noop, ngettext
from django_stubs_ext import StrPromise

from shares.errors import Refusal
from shares.formats import format_size
from shares.management.translated_command import TranslatedCommand
from shares.services.maintenance import purge

DUE = gettext_lazy("due: %(shares)d shares, %(files)d files (%(size)s), %(uploads)d idle uploads")
PURGED = gettext_lazy("purged: %(shares)d shares, %(files)d files (%(size)s), %(uploads)d idle uploads")


class Command(TranslatedCommand):
    help = gettext_noop(
        "Delete the files of ended shares and idle uploads. Safe to run at any time, as often as you like."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help=gettext("only count what would be deleted"))

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        now = timezone.now()
        self._write_result(DUE, purge.preview(now=now))
        if dry_run:
            return
        try:
            result = purge.sweep(now=now)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self._write_result(PURGED, result)
        if result.failed:
            raise CommandError(
                ngettext(
                    "The storage did not delete %(count)d file; the next sweep tries again.",
                    "The storage did not delete %(count)d files; the next sweep tries again.",
                    len(result.failed),
                )
                % {"count": len(result.failed)}
            )

    def _write_result(self, text: StrPromise, result: purge.PurgeResult) -> None:
        size = format_size(result.size)
        values = {"shares": result.shares, "files": result.files, "size": size, "uploads": result.idle_uploads}
        self.stdout.write(text % values)
