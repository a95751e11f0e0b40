"""``python -m tests.bench.clicks``: what a click costs, as ratios to bare views in the same run.

Server: one Granian worker, PostgreSQL, 200 shares. Floors: see ``floor.py``. Every round measures each path once, one
after the other; the ratio of a round is click/floor, and the median over the rounds is the figure.
"""

import os
import sys

import django

from tests.stack import Stack

ROUNDS = 7


def main(rounds: int = ROUNDS, requests: int = 2000) -> dict[str, float]:
    stack = Stack()
    os.environ.update(stack.environment(), DJANGO_SETTINGS_MODULE="tests.bench.settings")
    stack.need(stack.database)
    django.setup()
    from tests.bench import clicks_world  # noqa: PLC0415 - needs the settings, which need the stack's ports

    try:
        return clicks_world.measure(stack, rounds, requests)
    finally:
        stack.close()


if __name__ == "__main__":
    figures = main(*(int(number) for number in sys.argv[1:]))
    sys.exit(0 if figures["fresh"] >= 0.6 and figures["granted"] >= 0.8 else 1)
