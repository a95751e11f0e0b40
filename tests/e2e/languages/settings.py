"""The project's settings with two pseudo-languages, whose catalogs ``PSEUDO_CATALOGS`` names."""

import os
from pathlib import Path

from sharesite.env import PROJECT
from sharesite.settings import *  # noqa: F403

ACCENTED, RIGHT_TO_LEFT = "en-xa", "ar-xb"
LANGUAGES = [("en", "English"), (ACCENTED, "Accented"), (RIGHT_TO_LEFT, "Right to left")]
LOCALE_PATHS = [PROJECT / "locale", Path(os.environ["PSEUDO_CATALOGS"])]
