"""What administrators decide: presets fill and limit the options, and rules by type name what is not sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages.accessibility import FIRST_VARIANT, find_problems
from tests.e2e.site import Site
from tests.e2e.upload_page import choose, expect_state, random_file, row, share

OPTIONS = ".options summary"
BOXES = (
    "[...document.querySelectorAll('.options .field:not([hidden])')].map((field) => field.getBoundingClientRect().top)"
)


def values(page: Page) -> list[str]:
    names = ("expires_in", "max_downloads")
    return [page.locator(f".options [name={name}]").input_value() for name in names]


def test_a_preset_fills_and_limits_the_options_and_nothing_jumps(page: Page) -> None:
    page.set_viewport_size(FIRST_VARIANT["viewport"])
    page.locator(OPTIONS).click()
    page.get_by_label("None").focus()
    before = page.evaluate(BOXES)
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    confidential = page.get_by_label("Confidential")
    expect(confidential).to_be_checked()
    expect(confidential).to_be_focused()
    assert values(page) == ["7200", "1"]
    assert page.evaluate(BOXES) == before
    expect(page.locator("[data-part=options-summary]")).to_have_text(
        "Confidential · Expires in 2 hours · 1 download · password needed"
    )
    enabled = page.locator("[name=expires_in] option:enabled")
    assert enabled.evaluate_all("(options) => options.map(({ value }) => value)") == ["3600", "7200", "own"]
    expect(page.get_by_text("(required)")).to_be_visible()
    assert find_problems(page) == []
    # What a person entered stays where it is allowed; what the last preset filled does not.
    page.locator("[name=expires_in]").select_option("3600")
    page.get_by_label("Temporary").check()
    assert values(page) == ["3600", ""]
    page.get_by_label("None").check()
    assert values(page) == ["3600", ""]
    expect(page.locator("[name=expires_in] option:disabled")).to_have_count(0)


def test_a_share_is_made_with_it_and_changed_to_another_during_the_upload(
    page: Page, site: Site, tmp_path: Path
) -> None:
    random_file(tmp_path / "a.txt", 100)
    page.locator(OPTIONS).click()
    page.get_by_label("Confidential").check()
    choose(page, tmp_path / "a.txt")
    expect(page.locator("[data-part=error-password]")).to_have_text(
        "With the preset “Confidential”, a share needs a password."
    )
    page.locator("[name=password]").fill("a secret")
    page.locator("[data-part=alert-retry]").click()
    expect_state(page, "done")
    new_share = share(page, site)
    assert (new_share["preset"], new_share["max_downloads"], new_share["has_password"]) == ("confidential", 1, True)
    page.get_by_label("Temporary").check()
    expect(page.locator("[data-part=options-state]")).to_have_text("Saved")
    changed = share(page, site)
    assert (changed["preset"], changed["max_downloads"]) == ("temporary", None)
    assert changed["expires_at"] > new_share["expires_at"]


@pytest.fixture
def pdf_only(site: Site) -> Iterator[None]:
    site.execute("from shares.models import TypeRule; TypeRule.objects.create(extensions='pdf')")
    yield
    site.execute("from shares.models import TypeRule; TypeRule.objects.all().delete()")


def test_a_program_is_not_added_and_one_with_another_name_is_refused_by_its_bytes(
    pdf_only: None, page: Page, site: Site, tmp_path: Path
) -> None:
    program = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 200
    for name, body in {"setup.exe": program, "invoice.pdf": program, "report.pdf": b"%PDF-1.7\n"}.items():
        (tmp_path / name).write_bytes(body)
    choose(page, tmp_path / "setup.exe", tmp_path / "invoice.pdf", tmp_path / "report.pdf")
    expect(page.locator("[data-part=notes]")).to_contain_text("Not added: “setup.exe”. Allowed here: .pdf.")
    expect(row(page, "invoice.pdf")).to_contain_text("This type of file can't be shared here. Allowed here: .pdf.")
    expect(row(page, "report.pdf")).to_contain_text("Ready")
    expect(page.locator("[data-part=list] > li")).to_have_count(2)
    assert [(file["name"], file["state"]) for file in share(page, site)["files"]] == [("report.pdf", "ready")]
    assert find_problems(page) == []
