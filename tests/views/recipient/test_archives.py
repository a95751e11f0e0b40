"""All files as one ZIP without JavaScript: exact length, one download, names kept, never silently incomplete."""

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlencode
from uuid import uuid4

import pytest
from django.utils import timezone

from shares.callers import Caller
from shares.errors import StorageUnavailable
from shares.file_names import distinct_paths
from shares.models import Event, Grant, Share, SharedFile
from shares.services.downloads import streams
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from shares.storage import share_storage
from tests.fixtures import fetch, send
from tests.views.browser import Browser

MakeShare = Callable[..., Share]


@pytest.fixture(autouse=True)
def _every_slot_is_given_back() -> Iterator[None]:
    yield
    for _ in range(streams.MAX_CONCURRENT_STREAMS):
        assert streams._permits.acquire(blocking=False)
    streams._permits.release(streams.MAX_CONCURRENT_STREAMS)


def body(response: Any) -> bytes:
    data = b"".join(response.streaming_content)
    assert len(data) == int(response.headers["Content-Length"])
    return data


def hang_up(response: Any) -> None:
    """What the server does when the browser disconnects; the test client's own close would close the database too."""
    for close in response._resource_closers:
        close()


def test_all_files_come_as_one_zip_of_the_announced_length(storage: None, as_owner: Caller) -> None:
    now = timezone.now()
    contents = [
        ("plans", "Grundriß 🚢.txt", b"one"),
        ("plans", "GRUNDRISS 🚢.txt", b"two"),
        ("", "empty.bin", b""),
        ("", "big.bin", bytes(range(256)) * 4096),
        ("", "big.bin", b"another of the same name"),
    ]
    specs = [FileSpec(name=name, path=path, size=len(data)) for path, name, data in contents]
    share = shares.create(
        caller=as_owner,
        values={"title": "Überblick", "expires_at": now + timedelta(days=1)},
        specs=specs,
        now=now,
    )
    for file, (_, _, data) in zip(share.files.select_related("share__owner", "upload__file"), contents, strict=True):
        send(file, data, as_owner, now)
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    assert "Download all, 1 MB" in browser.text
    response = browser.send(f"/share/{share.pk}/download", status=200)
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%C3%9Cberblick.zip" in response.headers["Content-Disposition"]
    archive = zipfile.ZipFile(io.BytesIO(body(response)))
    assert archive.testzip() is None
    names = ["plans/Grundriß 🚢.txt", "plans/GRUNDRISS 🚢 (2).txt", "empty.bin", "big.bin", "big (2).bin"]
    assert archive.namelist() == names
    assert [archive.read(name) for name in names] == [data for _, _, data in contents]
    assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


def test_a_zip_and_single_files_are_one_download_and_no_url_is_signed(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two"], max_downloads=1)
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    for _ in range(2):
        body(browser.send(f"/share/{share.pk}/download", status=200))
    assert (Grant.objects.count(), Event.objects.filter(kind=Event.Kind.SIGNED).count()) == (1, 0)
    assert Event.objects.filter(kind=Event.Kind.STREAMED).count() == 2
    first = share.files.first()
    assert first is not None
    browser.client.post(f"/share/{share.pk}/files/{first.pk}/download", browser_token(browser, share))
    share.refresh_from_db()
    assert share.download_count == 1
    other_browser = Browser()
    other_browser.see(f"/share/{share.pk}", status=410)


def browser_token(browser: Browser, share: Share) -> dict[str, str]:
    browser.see(f"/share/{share.pk}")
    return browser.page.forms[f"/share/{share.pk}/download"]


def pick(browser: Browser, share: Share, *ids: str) -> Any:
    """A form with boxes ticked, as browsers send it."""
    fields = urlencode({**browser_token(browser, share), "file": ids}, doseq=True)
    form = "application/x-www-form-urlencoded"
    return browser.client.post(f"/share/{share.pk}/download", fields, content_type=form)


def test_some_files_come_as_a_zip_and_one_as_it_is(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two", b"three"], max_downloads=1)
    first, second, third = (str(pk) for pk in share.files.order_by("position").values_list("pk", flat=True))
    browser = Browser()
    archive = zipfile.ZipFile(io.BytesIO(body(pick(browser, share, third, first, third))))
    assert {name: archive.read(name) for name in archive.namelist()} == {"file-0.txt": b"one", "file-2.txt": b"three"}
    assert archive.namelist() == ["file-0.txt", "file-2.txt"]
    for selection in ([second], [second, second]):
        response = pick(browser, share, *selection)
        assert (response.status_code, fetch(response["Location"])) == (303, b"two")
    plan = browser.client.post(f"/share/{share.pk}/archive", {**browser_token(browser, share), "file": [third, second]})
    assert [file["id"] for file in plan.json()["files"]] == [second, third]
    assert 'filename="file-1.txt and 1 more.zip"' in plan.json()["disposition"]
    share.refresh_from_db()
    assert (share.download_count, Grant.objects.count()) == (1, 1)


def test_a_single_file_keeps_its_number(make_share: MakeShare) -> None:
    """By page, by script and over storage: the name that the list shows."""
    share = make_share([b"one", b"two"])
    second = share.files.get(position=1)
    SharedFile.objects.filter(pk=second.pk).update(name="file-0.txt", number=2)
    browser = Browser()
    form = {**browser_token(browser, share), "file": [second.pk]}
    assert "file-0 (2).txt" in browser.text
    plan = browser.client.post(f"/share/{share.pk}/archive", form).json()
    assert 'filename="file-0 (2).txt"' in plan["disposition"]
    assert "file-0 (2).txt" in unquote(browser.client.post(f"/share/{share.pk}/download", form)["Location"])


def test_missing_and_unfinished_files_are_refused_with_a_message_and_not_counted(make_share: MakeShare) -> None:
    share, other_share = make_share([b"one", b"two", b"three"]), make_share([b"foreign", b"files"])
    own_ids = [str(pk) for pk in share.files.order_by("position").values_list("pk", flat=True)]
    SharedFile.objects.filter(pk=own_ids[1]).update(ready_at=None)
    removed = share.files.get(pk=own_ids[2])
    browser = Browser()
    for strange in (str(other_share.files.first().pk), "x" * 22, "a\0b", "", "../../x"):  # type: ignore[union-attr]
        for selection in ([strange], [own_ids[0], strange]):
            response = pick(browser, share, *selection)
            assert (response.status_code, "There is no such file in this share." in response.content.decode()) == (
                404,
                True,
            )
    for selection in ([own_ids[1]], [own_ids[0], own_ids[1]]):
        response = pick(browser, share, *selection)
        assert (response.status_code, "still" in response.content.decode()) == (409, True)
    plan = browser.client.post(f"/share/{share.pk}/archive", {**browser_token(browser, share), "file": own_ids[:2]})
    assert plan.status_code == 409
    assert len(zipfile.ZipFile(io.BytesIO(body(pick(browser, share, own_ids[0], own_ids[2])))).namelist()) == 2
    SharedFile.objects.filter(pk=removed.pk).update(removed_at=timezone.now())
    assert pick(browser, share, own_ids[0], own_ids[2]).status_code == 404
    share.refresh_from_db()
    assert (share.download_count, Event.objects.filter(kind=Event.Kind.GRANTED).count()) == (0, 1)
    locked = make_share([b"one", b"two"], password="open sesame")
    browser.see(f"/share/{locked.pk}")
    token = browser.page.forms[f"/share/{locked.pk}/unlock"]
    response = browser.client.post(f"/share/{locked.pk}/download", {**token, "file": own_ids[:2]})
    assert (response.status_code, "no such file" in response.content.decode()) == (403, False)


def test_thousands_can_be_named(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two"])
    ids = [str(pk) for pk in share.files.values_list("pk", flat=True)]
    assert body(pick(Browser(), share, *ids * 2500))


def test_no_two_files_get_in_each_others_way() -> None:
    names = [
        ("", "a"),
        ("a", "b.txt"),
        ("a/B.TXT", "c"),
        ("", "x" * 251 + ".txt"),
        ("", "x" * 251 + ".txt"),
    ]
    names += [("", "same.txt")] * 10_000
    start = time.process_time()
    paths = list(distinct_paths((path, name, 1) for path, name in names))
    assert time.process_time() - start < 2
    assert paths[:5] == ["a (2)", "a/b (2).txt", "a/B.TXT/c", "x" * 251 + ".txt", "x" * 247 + " (2).txt"]
    assert paths[5:7] == ["same.txt", "same (2).txt"]
    assert paths[-1] == "same (10000).txt"
    assert len({name.casefold() for name in paths}) == len(paths)


def test_of_a_strict_share_the_browser_makes_no_archive(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two"], strict=True, max_downloads=1)
    browser = Browser()
    plan = browser.client.post(f"/share/{share.pk}/archive", browser_token(browser, share))
    assert (plan.status_code, plan.content, Grant.objects.count()) == (204, b"", 0)
    assert (
        len(zipfile.ZipFile(io.BytesIO(body(browser.send(f"/share/{share.pk}/download", status=200)))).namelist()) == 2
    )


def test_a_locked_or_unfinished_share_gives_no_zip(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two"], password="open sesame")
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    token = browser.page.forms[f"/share/{share.pk}/unlock"]
    assert browser.client.post(f"/share/{share.pk}/download", token).status_code == 403
    browser.send(f"/share/{share.pk}/unlock", password="open sesame")
    SharedFile.objects.filter(position=1).update(ready_at=None)
    browser.see(f"/share/{share.pk}")
    assert "Download all" not in browser.text
    browser.send(f"/share/{share.pk}/download", status=409)
    assert "Some of these files are still uploading" in browser.text
    assert not Grant.objects.exists()


def test_only_so_many_are_made_at_once_and_the_rest_lose_nothing(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two"], max_downloads=9)
    running = []
    for _ in range(streams.MAX_CONCURRENT_STREAMS):
        browser = Browser()
        browser.see(f"/share/{share.pk}")
        running.append(browser.send(f"/share/{share.pk}/download", status=200))
    late = Browser()
    late.see(f"/share/{share.pk}")
    response = late.send(f"/share/{share.pk}/download", status=503)
    assert int(response.headers["Retry-After"]) > 0
    assert "passing through this server" in late.text
    share.refresh_from_db()
    assert share.download_count == streams.MAX_CONCURRENT_STREAMS
    hang_up(running[0])  # Canceled before the first byte.
    hang_up(late.send(f"/share/{share.pk}/download", status=200))
    hang_up(running[1])


def test_a_file_that_went_missing_or_short_breaks_the_stream(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two" * 100])
    second = share.files.get(position=1)
    for break_it in (
        lambda: SharedFile.objects.filter(pk=second.pk).update(size=400),
        lambda: share_storage().objects.delete([second.key]),
    ):
        break_it()
        browser = Browser()
        browser.see(f"/share/{share.pk}")
        response: Any = browser.send(f"/share/{share.pk}/download", status=200)
        with pytest.raises(StorageUnavailable):
            list(response.streaming_content)


def test_a_plan_costs_one_download_and_its_links_cost_none(storage: None, make_share: MakeShare) -> None:
    share = make_share([b"one", b"two"], max_downloads=1)
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    token = browser.page.forms[f"/share/{share.pk}/download"]
    ids = [str(pk) for pk in share.files.order_by("position").values_list("pk", flat=True)]
    links = f"/share/{share.pk}/archive/links"
    assert browser.client.post(links, {**token, "file": ids}).status_code == 403
    plan = browser.client.post(f"/share/{share.pk}/archive", token).json()
    assert [(file["id"], file["name"], file["size"]) for file in plan["files"]] == [
        (ids[0], "file-0.txt", 3),
        (ids[1], "file-1.txt", 3),
    ]
    assert plan["disposition"].startswith("attachment; ")
    signed_links = browser.client.post(links, {**token, "file": ids[::-1]}).json()["links"]
    assert [fetch(link["url"]) for link in signed_links] == [b"two", b"one"]
    browser.client.post(f"/share/{share.pk}/archive", token)
    share.refresh_from_db()
    kinds = list(Event.objects.filter(share_id=share.pk).order_by("pk").values_list("kind", flat=True))
    assert (share.download_count, Grant.objects.count(), kinds.count("signed")) == (1, 1, 2)
    for invalid_ids in ([], ["x" * 22], ["a\0b"], ids * 51):
        assert browser.client.post(links, {**token, "file": invalid_ids}).status_code in {404, 422}
    assert Browser().client.post(links, {"file": ids}).status_code == 403


def test_an_archive_that_no_script_makes_leads_back_to_the_page(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two"], max_downloads=1)
    response = Browser().client.get(f"/share/{share.pk}/archive/{uuid4()}")
    assert (response.status_code, response.headers["Location"]) == (303, f"/share/{share.pk}")
    script = Browser().client.get("/archiver.js")
    assert script.headers["Service-Worker-Allowed"] == "/share/"
    assert script.headers["Content-Type"].startswith("text/javascript")
    share.refresh_from_db()
    assert share.download_count == 0
