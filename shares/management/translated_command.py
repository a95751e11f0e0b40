"""The base of the commands of this site."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext


class TranslatedCommand(BaseCommand):
    """``help`` is marked with ``gettext_noop`` and translated when it is shown: argparse accepts no lazy texts."""

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        self.help = gettext(self.help)
        return super().create_parser(prog_name, subcommand, **options)
