"""A site in two pseudo-languages: its shares, and the words on its pages that no language changes."""

import json
from collections.abc import Iterator

import pytest

from tests.e2e.languages.pages import NAMES, WORD
from tests.e2e.site import Site
from tests.project.catalogs.pseudo import write_pseudo_language
from tests.stack import Stack

SCENARIOS = (
    "barred",
    "big",
    "blocked",
    "expired",
    "folders",
    "locked",
    "open",
    "removed",
    "scanning",
    "single",
    "uploading",
    "used-up",
    "waiting",
    "wanted",
    "withheld",
)
# What people have written and what the virus scanner has found: no language changes it.
WRITTEN_BY_PEOPLE = """
import json
from shares.models import Event, Preset, Scan, Share, SharedFile, User
columns = [Share.objects.values_list("title", "message"), SharedFile.objects.values_list("name", "path")]
columns += [Event.objects.values_list("name", "user_email", "share_id", "reference")]
columns += [Event.objects.filter(kind__in=["asked", "withheld"]).values_list("detail")]
upload_urls = Event.objects.filter(kind="put_urls").values_list("detail", flat=True)
columns += [{tuple(word for word in detail.split() if word.startswith("key=")) for detail in upload_urls}]
columns += [User.objects.values_list("email", "name")]
columns += [Preset.objects.values_list("name", "help")]
columns += [Scan.objects.values_list("signature")]
print(json.dumps([value for rows in columns for row in rows for value in row if value]))
"""


@pytest.fixture(scope="session")
def translated_site(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    catalogs = tmp_path_factory.mktemp("catalogs")
    write_pseudo_language(catalogs, "en_XA")
    write_pseudo_language(catalogs, "ar_XB")
    stack.need(stack.storage)
    site = Site(stack, "pseudo-languages")
    site.environment |= {
        "DJANGO_SETTINGS_MODULE": "tests.e2e.languages.settings",
        "PSEUDO_CATALOGS": str(catalogs),
        "EMAIL_URL": "console:",
    }
    with site.running():
        yield site


@pytest.fixture(scope="session")
def scenarios(translated_site: Site) -> dict[str, str]:
    code = f"from tests.e2e.scenarios import stage; stage(*{SCENARIOS})"
    share_ids: dict[str, str] = json.loads(translated_site.execute(code).splitlines()[-1])
    return share_ids


@pytest.fixture
def known_words(translated_site: Site, scenarios: dict[str, str]) -> set[str]:
    values = json.loads(translated_site.execute(WRITTEN_BY_PEOPLE).splitlines()[-1])
    names = {word for value in values for word in WORD.findall(value)}
    return names | {word.upper() for word in names} | NAMES | {*WORD.findall(translated_site.url)}
