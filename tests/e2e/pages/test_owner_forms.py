"""The owner's forms in a browser: two tabs, the Back button, a sign-in in another tab, and feedback in view."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.pages.accessibility import FIRST_VARIANT, VARIANTS, find_problems, wait_ready
from tests.e2e.pages.test_pages import sign_in
from tests.e2e.site import EMAIL, PASSWORD, Site

MAKE = f"""
from datetime import timedelta
from django.utils import timezone
from shares.models import ReshareRequest, Share, User
owner, now = User.objects.get(email={EMAIL!r}), timezone.now()
share = Share.objects.create(owner=owner, title="Forms", created_at=now, expires_at=now + timedelta(days=7))
for number in range(45):
    Share.objects.create(owner=owner, title=f"Row {{number}}", created_at=now, expires_at=now + timedelta(days=7))
ended = Share.objects.create(owner=owner, title="Ended", created_at=now, expires_at=now - timedelta(hours=1))
ReshareRequest.objects.create(share=ended, recipient_name="Rita", created_at=now)
print(share.pk)
"""
SELECT_SHARE = "from shares.models import Share; found = Share.objects.filter(pk={!r})\n"
SHOW = SELECT_SHARE + "print(found.values_list('title', 'message', 'max_downloads', 'strict').get())"
RESET = SELECT_SHARE + "found.update(title='Forms', message='', max_downloads=None, strict=False)"
IN_VIEW = """(element) => {
    const box = element.getBoundingClientRect();
    return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
}"""


@pytest.fixture(scope="module")
def share(site: Site) -> Iterator[str]:
    yield site.execute(MAKE).splitlines()[-1]
    # The lists of other tests are short.
    site.execute("from shares.models import Share; Share.objects.filter(title__startswith='Row ').delete()")


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    browser_context = browser.new_context(base_url=site.url, **FIRST_VARIANT)
    yield browser_context
    browser_context.close()


def opened(context: BrowserContext, path: str) -> Page:
    page = context.new_page()
    page.goto(path)
    wait_ready(page)
    return page


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_load_state()


def read_share(site: Site, share: str) -> str:
    return site.execute(SHOW.format(share)).splitlines()[-1]


def test_two_tabs_and_the_back_button_revert_nothing(context: BrowserContext, site: Site, share: str) -> None:
    site.execute(RESET.format(share))
    first = context.new_page()
    sign_in(first)
    path = f"/shares/{share}/"
    first.goto(path)
    second = opened(context, path)
    second.get_by_label("Download limit").fill("1")
    second.get_by_label("Strict mode").check()
    second.get_by_label("Message").fill("Two\nlines")
    save(second)
    first.get_by_label("Title").fill("Of the first")
    save(first)
    assert read_share(site, share) == r"('Of the first', 'Two\nlines', 1, True)"
    notice = first.get_by_role("status").get_by_text("Saved.")
    expect(notice).to_be_visible()
    assert notice.evaluate(IN_VIEW), "said where nobody looks"
    # Back to the page before, which a browser may fill in as it was left.
    second.goto(path)
    second.get_by_label("Title").fill("Of the second")
    save(second)
    first.go_back()
    wait_ready(first)
    first.get_by_label("Download limit").fill("5")
    save(first)
    assert read_share(site, share) == r"('Of the second', 'Two\nlines', 5, True)"
    # What both changed is shown, and saved when it is submitted again.
    third = opened(context, path)
    first.get_by_label("Title").fill("Theirs")
    save(first)
    third.get_by_label("Title").fill("Mine")
    save(third)
    expect(third.locator("#settings")).to_contain_text("Changed in the meantime: “Theirs”.")
    assert find_problems(third) == []
    save(third)
    assert "Mine" in read_share(site, share)


def test_what_is_done_with_chosen_rows_stays_in_view(context: BrowserContext, share: str) -> None:
    page = context.new_page()
    sign_in(page)
    page.goto("/shares/?sort=oldest")
    wait_ready(page)
    expect(page.locator("body")).to_contain_text("Rita")
    page.locator("[name=ids]").nth(2).check()
    extend = page.get_by_role("button", name="Extend by 7 days")
    expect(extend).to_be_visible()
    for _, width in VARIANTS:
        page.set_viewport_size({"width": width, "height": 800})
        assert extend.evaluate(IN_VIEW)
        # The focus of a keyboard is never behind the bar.
        for _ in range(30):
            page.keyboard.press("Tab")
            box = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
            bar = page.evaluate("document.querySelector('.bulk').getBoundingClientRect().toJSON()")
            is_in_bar = page.evaluate("document.querySelector('.bulk').contains(document.activeElement)")
            assert is_in_bar or box["bottom"] <= bar["top"] + 1 or box["top"] >= bar["bottom"]
    assert find_problems(page) == []


def test_a_page_from_before_a_sign_in_goes_on(context: BrowserContext, site: Site, share: str) -> None:
    site.execute(RESET.format(share))
    page = context.new_page()
    sign_in(page)
    page.goto(f"/shares/{share}/")
    page.get_by_label("Message").fill("Typed before")
    context.clear_cookies(name="session")
    login_page = opened(context, "/accounts/login/")
    login_page.fill("[name=login]", EMAIL)
    login_page.fill("[name=password]", PASSWORD)
    login_page.click("main button")
    login_page.wait_for_selector("upload-app")
    save(page)
    expect(page.get_by_role("heading", name="Press once more")).to_be_visible()
    assert find_problems(page) == []
    # The address bar has the URL of the form now: loaded again, it is the page of the form.
    assert opened(context, page.url).url.partition("#")[0].endswith(f"/shares/{share}/")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#settings")).to_contain_text("Saved.")
    assert "Typed before" in read_share(site, share)
