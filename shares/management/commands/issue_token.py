"""``manage.py issue_token``: create an API token for an account, and print it once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from shares.callers import READ, WRITE
from shares.errors import Refusal
from shares.management.translated_command import TranslatedCommand
from shares.models import User
from shares.services.accounts import tokens


class Command(TranslatedCommand):
    help = gettext_noop("Create an API token for an account and print it once; only a digest of it is stored.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help=gettext("the account that the token acts for"))
        parser.add_argument(
            "--scope", action="append", choices=(READ, WRITE), help=gettext("default: both; can be repeated")
        )
        parser.add_argument(
            "--days", type=int, default=90, help=gettext("days until it expires (default 90); 0 for never")
        )
        parser.add_argument("--name", default="", help=gettext("what it is for, shown in lists"))

    def handle(self, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"], is_active=True).first()
        if user is None:
            raise CommandError(
                gettext("There is no active account with the address %(email)s.") % {"email": options["email"]}
            )
        try:
            token = tokens.issue(
                user=user,
                scopes=options["scope"] or (READ, WRITE),
                days=options["days"] or None,
                name=options["name"],
                now=timezone.now(),
            )
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(token)
