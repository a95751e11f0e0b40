"""``python -m tests.bench [--short] [NAME...]``: figures of the site compared with baselines of the same run.

Real servers in a temporary folder, PostgreSQL with fsync on. Prints one table; exits with 1 if a figure misses its
target. docs/benchmarks.md explains each.
"""

import argparse
import importlib
import os
import sys

import django

from tests.bench.figures import Figure, table
from tests.bench.machine import TOLERABLE, Neighbors, described
from tests.stack import Stack

# The name on the command line, and the module.
DEFAULT_MODULES = {
    "signing": "signing",
    "clicks": "clicks",
    "pages": "pages",
    "guesses": "password_attempts",
    "uploads": "uploads",
    "purges": "purges",
}
MODULES = DEFAULT_MODULES | {"servers": "servers", "browser": "browser", "trace": "trace"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the site.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(MODULES)}; default: {', '.join(DEFAULT_MODULES)}"
    )
    parser.add_argument(
        "--short", action="store_true", help="fewer and smaller rounds: about two minutes, rougher figures"
    )
    options = parser.parse_args()
    if unknown := set(options.names) - MODULES.keys():
        parser.error(f"there is no benchmark named {', '.join(sorted(unknown))}")
    os.environ["TEST_DATABASE"] = "postgresql"
    stack = Stack(durable=True)
    os.environ.update(stack.environment(), DJANGO_SETTINGS_MODULE="tests.bench.settings")
    print(described(), flush=True)
    neighbors, figures = Neighbors(), list[Figure]()
    try:
        django.setup()
        for name in options.names or DEFAULT_MODULES:
            print(f"\n{name}", flush=True)
            # Its models need the settings, which need the stack's ports.
            figures += importlib.import_module(f"tests.bench.{MODULES[name]}").measure(stack, short=options.short)
        neighbor_share = neighbors.share()
    finally:
        stack.close()
    print(f"\n{table(figures)}\n\nOther programs took {neighbor_share:.0%} of the machine meanwhile.")
    if neighbor_share > TOLERABLE:
        print(f"That is too much for these figures to count (over {TOLERABLE:.0%}): run again on a machine at rest.")
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
