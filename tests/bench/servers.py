"""``python -m tests.bench.servers``: Granian against gunicorn, on the same pages, in the same run.

Each serves the same site on the same PostgreSQL with two worker processes of four threads. Both run all the time and
are asked in turn, so that whatever else the machine does meets both; a round's ratio is Granian/gunicorn, and the
median over the rounds is the figure.
"""

import os
import sys

import django

from tests.stack import Stack

ROUNDS = 9


def main(rounds: int = ROUNDS, requests: int = 1500) -> None:
    stack = Stack()
    os.environ.update(stack.environment(), DJANGO_SETTINGS_MODULE="tests.bench.settings")
    stack.need(stack.database)
    django.setup()
    from tests.bench import servers_world  # noqa: PLC0415 - needs the settings, which need the stack's ports

    try:
        servers_world.measure(stack, rounds, requests)
    finally:
        stack.close()


if __name__ == "__main__":
    main(*(int(number) for number in sys.argv[1:]))
