"""``manage.py prepare``: the set-up step of a deployment."""

import os
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.translation import gettext, gettext_noop

from shares.management.translated_command import TranslatedCommand
from sharesite.dev_stack.admin import first_admin
from sharesite.dev_stack.managed_process import StackError


def require_writable(folder: Path) -> None:
    """Raises CommandError with the remedy if a folder of the host belongs to another user than the container's."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CommandError(
            gettext(
                "The data folder %(folder)s cannot be written to (%(error)s). If it is a folder of the host, give it "
                "to the container's user: chown -R %(user)d FOLDER"
            )
            % {"folder": folder, "error": error.strerror, "user": os.getuid()}
        ) from None


class Command(TranslatedCommand):
    help = gettext_noop("Bring the database, the bucket and the first administrator up to date. Safe to run again.")

    def handle(self, *_: Any, **options: Any) -> None:
        require_writable(settings.SITE_DATA)
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        # Before the storage, which may not be available yet or need a person who can sign in.
        try:
            self.stdout.write(first_admin())
        except StackError as failure:
            raise CommandError(str(failure)) from None
        call_command("storage", "setup", stdout=self.stdout, stderr=self.stderr)
