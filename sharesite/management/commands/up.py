"""``manage.py up``: the whole site on one machine, until Ctrl-C."""

import errno
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext, gettext_noop

from shares.management.translated_command import TranslatedCommand
from sharesite.dev_stack import start
from sharesite.dev_stack.log_multiplexer import LogMultiplexer
from sharesite.dev_stack.managed_process import StackError
from sharesite.dev_stack.options import add_arguments
from sharesite.dev_stack.supervisor import Supervisor


class Command(TranslatedCommand):
    help = gettext_noop(
        "Start the site with storage, broker, worker and scheduler on this machine. Ctrl-C stops everything."
    )
    # The checks need the database and the storage, which this command sets up first.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not start.prepared:
            raise CommandError(gettext("Start it with: python manage.py up"))
        folder = start.prepared[0]
        try:
            Supervisor(folder, LogMultiplexer(folder.path / "logs")).run()
        except StackError as failure:
            sys.exit(str(failure))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            sys.exit(start.FULL)
