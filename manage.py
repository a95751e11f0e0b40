#!/usr/bin/env python3
"""Run a management command; ``manage.py up`` starts everything on one machine."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sharesite.settings")
    if sys.argv[1:2] == ["up"]:
        # Only here: a container has no embedded servers, and needs none for its other commands.
        from sharesite.dev_stack import start

        start.prepare(sys.argv[2:])
    execute_from_command_line(sys.argv)
