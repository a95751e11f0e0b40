"""The product's settings with the URLs of the baseline beside its own."""

from sharesite.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.baseline"
