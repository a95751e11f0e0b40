"""``manage.py prepare``: the set-up step of a deployment."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from sharesite.local.admin import first_admin
from sharesite.local.part import Failure


class Command(BaseCommand):
    help = "Bring the database, the bucket and the first administrator up to date. Safe to run again."

    def handle(self, *_: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        # Before the storage, which may not be there yet or need a person who can sign in.
        try:
            self.stdout.write(first_admin())
        except Failure as failure:
            raise CommandError(str(failure)) from None
        call_command("storage", "setup", stdout=self.stdout, stderr=self.stderr)
