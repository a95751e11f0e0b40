"""Each page of docs/install/ has a complete .env: its files exist, and nothing required is missing."""

import re

import pytest

from sharesite.env import PROJECT
from tests.deployment import compose_reader
from tests.deployment.compose_reader import COMPOSE_FILES

FOLDER = PROJECT / "docs" / "install"
PAGES = sorted(path.name for path in FOLDER.glob("*.md") if path.name != "README.md")
LINE = re.compile(r"^([A-Z][A-Z0-9_]*)=([^\s#]*)", re.MULTILINE)


def environments(page: str) -> list[dict[str, str]]:
    """The blocks that set COMPOSE_FILE; later ones only say what is different."""
    blocks = re.findall(r"```sh\n(.*?)```", (FOLDER / page).read_text(), re.DOTALL)
    result: list[dict[str, str]] = []
    for block in blocks:
        variables = dict(LINE.findall(block))
        if "COMPOSE_FILE" in variables:
            result.append((result[0] if result else {}) | variables)
    return result


@pytest.mark.parametrize("page", PAGES)
def test_its_environment_is_complete(page: str) -> None:
    page_environments = environments(page)
    assert page_environments
    for variables in page_environments:
        assert variables.keys() <= compose_reader.example().keys()
        files = variables["COMPOSE_FILE"].split(":")
        assert set(files) <= set(COMPOSE_FILES)
        services = compose_reader.filled(compose_reader.raw(files), variables)["services"]
        web = services["web"]["environment"]
        # The supplied parts name themselves; for any other there is an address, or AWS.
        assert web["DATABASE_URL"]
        assert web["REDIS_URL"]
        assert web["S3_ENDPOINT_URL"] or page == "aws.md"
        assert ("proxy" in services) != any("own-proxy" in name for name in files)


def test_every_page_shows_what_was_verified() -> None:
    for page in PAGES:
        assert "proven:" in (FOLDER / page).read_text().lower(), page


def test_every_page_is_listed() -> None:
    assert set(re.findall(r"\]\((\w[\w-]*\.md)\)", (FOLDER / "README.md").read_text())) == set(PAGES)


def test_links_lead_somewhere() -> None:
    for page in FOLDER.glob("*.md"):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / link).resolve().exists(), (page.name, link)


def test_the_example_itself_is_complete_but_for_its_secrets() -> None:
    needed = set(re.findall(r"\$\{(\w+):\?", "".join((PROJECT / name).read_text() for name in compose_reader.WHOLE)))
    empty = {name for name in needed if not compose_reader.example().get(name)}
    assert empty == {
        "DATABASE_PASSWORD",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "STORAGE_ENCRYPTION_KEY",
        "SITE_ADMIN_EMAIL",
    }
