"""``manage.py up``: the whole site on one machine, until Ctrl-C."""

import errno
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext

from sharesite.dev_stack import start
from sharesite.dev_stack.journal import Journal
from sharesite.dev_stack.options import add_arguments
from sharesite.dev_stack.part import Failure
from sharesite.dev_stack.supervisor import Supervisor


class Command(BaseCommand):
    help = "Start the site with storage, broker, worker and scheduler on this machine. Ctrl-C stops everything."
    # The checks ask whether the database and the storage are right, which this command sees to first.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not start.prepared:
            raise CommandError(gettext("Start it with: python manage.py up"))
        folder = start.prepared[0]
        try:
            Supervisor(folder, Journal(folder.path / "logs")).run()
        except Failure as failure:
            sys.exit(str(failure))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            sys.exit(start.FULL)
