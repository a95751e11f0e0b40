"""The product's settings with the floor's addresses beside its own."""

from sharesite.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.baseline"
