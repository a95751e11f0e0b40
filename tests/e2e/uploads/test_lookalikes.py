"""Files in stores without some features of AWS, in a real browser: uploaded, resumed, downloaded, purged."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import signed_in_page
from tests.e2e.site import Site
from tests.e2e.upload_page import (
    LEAVE,
    RequestBarrier,
    choose,
    collect_stored_parts,
    expect_state,
    fetch_page_files,
    is_multipart_part,
    link,
    random_file,
    wait_until,
)
from tests.stack import Stack
from tests.storage.lookalikes import KINDS, Lookalike, variables

MIB = 1024 * 1024
# In the process that the site's code runs in anyway: each of its own takes a second to start.
COMMAND = "from django.core.management import call_command\ncall_command(*{})\n"
# By its owner, and later than the last URL that could write to it.
REMOVE = """
from django.utils import timezone
from shares.models import Share, Upload
Share.objects.filter(pk={!r}).update(revoked_at=timezone.now())
Upload.objects.exclude(direct_until=None).update(direct_until=timezone.now())
"""


class LikeSite(Site):
    """One whose storage has the manners of another store, in a bucket that ``manage.py storage setup`` made."""

    def __init__(self, stack: Stack, proxy: Lookalike, kind: str) -> None:
        super().__init__(stack, f"like-{kind}")
        storage = {"S3_ENDPOINT_URL": proxy.url, "S3_PUBLIC_ENDPOINT_URL": proxy.url, "S3_BUCKET": f"site-like-{kind}"}
        self.environment.update(storage | variables(kind))


# B2 lacks most; the others lack a part of it.
@pytest.fixture(params=["b2", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("minio", "access-point"))])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def proxy(stack: Stack, kind: str) -> Iterator[Lookalike]:
    stack.need(stack.storage)
    with Lookalike(stack.storage.url, kind) as lookalike:
        yield lookalike


@pytest.fixture
def like(stack: Stack, proxy: Lookalike, kind: str) -> Iterator[LikeSite]:
    like_site = LikeSite(stack, proxy, kind)
    try:
        like_site.set_up()
        assert "not known to this store" in like_site.execute(COMMAND.format(["storage", "setup"]))
        proxy.rejected_codes.clear()
        like_site.start()
        yield like_site
    finally:
        like_site.close()


def half_way(page: Page, path: Path) -> None:
    """Two parts of several are stored; then the page is reloaded."""
    barrier = RequestBarrier(page, is_multipart_part, allowed_requests=2)
    parts = collect_stored_parts(page)
    choose(page, path)
    wait_until(page, lambda: len(parts) == 2)
    page.evaluate(LEAVE)
    page.reload()
    barrier.remove()


def test_a_file_is_uploaded_in_parts_and_downloaded(
    like: LikeSite, proxy: Lookalike, browser: Browser, tmp_path: Path, kind: str
) -> None:
    big = random_file(tmp_path / "big.bin", 22 * MIB)
    small = random_file(tmp_path / "small.txt", 1000)
    random_file(tmp_path / "empty", 0)
    for page in signed_in_page(browser, like.url):
        half_way(page, tmp_path / "big.bin")
        resumed_parts = collect_stored_parts(page)
        page.locator("[data-part=offer-go]").click()
        choose(page, tmp_path / "big.bin")
        expect_state(page, "done")
        assert len(resumed_parts) == 3
        choose(page, tmp_path / "small.txt", tmp_path / "empty")
        expect(page.locator("[data-part=list] > li[data-state=ready]")).to_have_count(3)
        expect_state(page, "done")
        sums = fetch_page_files(page, like)
        assert {name: sums[name] for name in ("big.bin", "small.txt")} == {"big.bin": big, "small.txt": small}
        address = link(page)
        page.goto(address)
        text = page.locator("[data-row]", has_text="small.txt").locator(".file-sum").text_content() or ""
        assert ("by size and MD5" in text) is (KINDS[kind].options.get("checksums") == "md5")
        like.execute(REMOVE.format(address.rpartition("/")[2]))
        assert "purged: 1 shares, 3 files" in like.execute(COMMAND.format(["purge"]))
        assert "without a file: 0 objects" in like.execute(COMMAND.format(["reconcile"]))
    assert proxy.rejected_codes == []
