"""Links for programs: own files of any shares, no download taken, lives by type, and each refusal on its own."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone
from pytest_django import Settings as SettingsWrapper

from shares.models import Event, Grant, Share, SharedFile, User
from shares.services.downloads import links
from tests.api.api_client import ApiClient
from tests.fixtures import fetch

MakeShare = Callable[..., Share]
Tokens = Callable[..., str]


def file_of(share: Share) -> SharedFile:
    return share.files.get()


def test_files_of_several_shares_get_links_without_a_download_or_a_password(
    make_share: MakeShare, owner: User, token_of: Tokens
) -> None:
    first, second = make_share((b"one",), max_downloads=1), make_share((b"two",), password="secret")
    ids = [file_of(second).pk, file_of(first).pk]
    reader = ApiClient(token_of(owner.email, "--scope", "read"))
    response = reader.data("POST", "/links", {"files": ids})["links"]
    assert [link["file_id"] for link in response] == ids
    assert [fetch(link["url"]) for link in response] == [b"two", b"one"]
    assert [link["expires_in"] for link in response] == [86400, 86400]
    assert parse_qs(urlsplit(response[0]["url"]).query)["X-Amz-Expires"] == ["86400"]
    first.refresh_from_db()
    assert (first.download_count, Grant.objects.count()) == (0, 0)
    event = Event.objects.get(share_id=first.pk, kind="signed")
    assert {event.reference} == {parse_qs(urlsplit(link["url"]).query)["x-ref"][0] for link in response}
    assert (event.user_email, event.file_id) == (owner.email, ids[1])
    assert event.detail.startswith("count=1 seconds=86400 key=")


def test_one_refused_file_does_not_spoil_the_others(
    make_share: MakeShare, owner: User, api: ApiClient, stranger: ApiClient
) -> None:
    good, removed, unfinished = (file_of(make_share()) for _ in range(3))
    SharedFile.objects.filter(pk=removed.pk).update(removed_at=timezone.now())
    SharedFile.objects.filter(pk=unfinished.pk).update(ready_at=None)
    expired = file_of(make_share())
    Share.objects.filter(pk=expired.share_id).update(expires_at=timezone.now() - timedelta(minutes=1))
    ids = [good.pk, removed.pk, unfinished.pk, expired.pk, "x" * 22, "a\u0000b"]
    response = api.data("POST", "/links", {"files": ids})["links"]
    codes = [link["problem"] and link["problem"]["code"] for link in response]
    assert codes == [None, "not-found", "not-ready", "expired", "not-found", "not-found"]
    assert [bool(link["url"]) for link in response] == [True, *[False] * 5]
    assert stranger.data("POST", "/links", {"files": [good.pk]})["links"][0]["problem"]["code"] == "not-found"


def test_the_life_is_the_shortest_of_request_type_and_share(
    make_share: MakeShare, api: ApiClient, settings: SettingsWrapper
) -> None:
    settings.LINK_SECONDS = [("application/pdf", 2 * 86400), ("image/*", 7 * 86400), ("*", 3600)]
    share = make_share((b"a", b"b", b"c"), expires_at=timezone.now() + timedelta(days=3))
    files = list(share.files.order_by("position"))
    for file, content_type in zip(files, ("application/pdf", "image/PNG", "text/plain"), strict=True):
        SharedFile.objects.filter(pk=file.pk).update(content_type=content_type)

    def lifetimes(**body: int) -> list[int]:
        response = api.data("POST", "/links", {"files": [file.pk for file in files], **body})
        return [link["expires_in"] for link in response["links"]]

    pdf, image, text = lifetimes()
    assert (pdf, text) == (2 * 86400, 3600)
    assert 3 * 86400 - 60 < image <= 3 * 86400
    assert lifetimes(life=60) == [60, 60, 60]
    assert lifetimes(life=7 * 86400)[2] == 3600
    for seconds in (0, -1, 7 * 86400 + 1):
        assert api.codes("POST", "/links", {"files": [files[0].pk], "life": seconds}) == (422, "invalid")
    settings.LINK_SECONDS = [("application/pdf", 60)]
    assert links.allowed_seconds("text/plain") == settings.DOWNLOAD_URL_SECONDS


def test_a_strict_file_has_a_link_of_this_server_that_needs_the_token(make_share: MakeShare, api: ApiClient) -> None:
    file = file_of(make_share((b"hello",), strict=True))
    url = api.data("POST", "/links", {"files": [file.pk]})["links"][0]["url"]
    path = urlsplit(url).path
    assert path == f"/share/{file.share_id}/files/{file.pk}/content"
    assert api.client.get(path, headers={"accept": "text/plain"}).status_code == 403
    response = api.client.get(path, headers=api.headers)
    assert response.status_code == 200
    assert response.getvalue() == b"hello"


def test_a_call_names_up_to_a_hundred_files_once_and_costs_as_many(
    make_share: MakeShare, api: ApiClient, settings: SettingsWrapper
) -> None:
    for ids in ([], ["x"] * 2, [f"{n:022d}" for n in range(101)]):
        assert api.codes("POST", "/links", {"files": ids}) == (422, "invalid")
    week = 7 * 86400
    settings.SIGN_RATE = (100, week)
    files = [file.pk for file in make_share([b"x"] * 34).files.all()]  # Their uploads have cost 34.
    assert len(api.data("POST", "/links", {"files": files})["links"]) == 34
    response = api.call("POST", "/links", {"files": files})
    assert response.status_code == 429
    wait = int(response.headers["Retry-After"])
    assert 2 * week / 100 - 120 < wait <= 2 * week / 100
    assert response.headers["RateLimit-Policy"] == f'"signatures";q=100;w={week}'
    assert response.headers["RateLimit"] == f'"signatures";r=32;t={wait}'
    assert Event.objects.filter(kind="signed").count() == 34
