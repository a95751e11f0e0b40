"""Signed downloads: opaque attachments with safe names, for a short time, at the address that browsers know."""

import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shares import errors
from shares.storage import DownloadWay, ShareStorage, content_disposition
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.storage.conftest import store_at
from tests.storage.disposition import parse
from tests.storage.http import send
from tests.storage.objects import HOST, OPAQUE, link, part, store_object

BODY = b"the bytes of a file"


@pytest.fixture(scope="module")
def key(store: ShareStorage) -> str:
    return store_object(store, BODY)


def test_a_download_is_an_opaque_attachment(store: ShareStorage, key: str) -> None:
    response = send("GET", link(store, key, "Bericht für Zoë.html"))
    assert (response.status, response.body) == (200, BODY)
    assert response.headers["Content-Type"] == OPAQUE
    assert response.headers["Cache-Control"] == "no-store, private"
    assert parse(response.headers["Content-Disposition"]) == ("attachment", "Bericht für Zoë.html")


def test_only_types_with_a_preview_are_stored(store: ShareStorage, key: str) -> None:
    hidden = store.sign_get(key, name="a.png", content_type="image/png", inline=False, seconds=60, host=HOST)
    preview = store.sign_get(key, name="a.png", content_type="image/png", inline=True, seconds=60, host=HOST)
    odd = store.sign_get(key, name="a.png", content_type="x\r\nSet-Cookie: a", inline=True, seconds=60, host=HOST)
    response_headers = [send("GET", signed_link.url).headers for signed_link in (hidden, preview, odd)]
    assert [h["Content-Type"] for h in response_headers] == [OPAQUE, "image/png", OPAQUE]
    assert [h["Content-Disposition"].split(";")[0] for h in response_headers] == ["attachment", "inline", "attachment"]
    assert {h["Cache-Control"] for h in response_headers} == {"no-store, private"}


def test_a_signed_url_does_one_thing(store: ShareStorage, key: str) -> None:
    url = link(store, key)
    other_key = store_object(store, b"another file")
    assert send("GET", url).status == 200
    for method, changed in (
        ("HEAD", url),
        ("PUT", url),
        ("DELETE", url),
        ("GET", url.replace("attachment", "inline")),
        ("GET", url.replace("octet-stream", "html")),
        ("GET", url.replace(key, other_key)),
        ("GET", url.replace("X-Amz-Expires=60", "X-Amz-Expires=61")),
        ("GET", url.split("?")[0]),
        ("GET", url.replace(HOST, "localhost")),
    ):
        assert (method, changed) != ("GET", url)
        assert send(method, changed, b"" if method == "PUT" else None).status == 403
    assert send("GET", url).body == BODY


def test_a_signed_url_dies(store: ShareStorage, key: str) -> None:
    assert send("GET", link(store, key)).status == 200
    url = link(store, key, seconds=1)
    time.sleep(2.1)
    assert send("GET", url).status == 403


def test_every_url_is_sigv4_with_its_lifetime(store: ShareStorage, key: str) -> None:
    signed_link = store.sign_get(key, name="a", content_type=OPAQUE, inline=False, seconds=77, host=HOST)
    query = parse_qs(urlsplit(signed_link.url).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == [str(signed_link.expires_in)] == ["77"]


def test_browsers_get_the_public_address_and_the_server_keeps_its_own(storage_server: SeaweedFS, key: str) -> None:
    port = storage_server.url.rsplit(":", 1)[1]
    split = store_at(storage_server, public_endpoint_url=f"http://localhost:{port}")
    assert split.client.meta.endpoint_url == storage_server.url
    assert split.endpoints.public_origin("ignored.example") == f"http://localhost:{port}"
    response = send("GET", split.sign_get(key, name="a", content_type="", inline=False, seconds=60, host="x").url)
    assert (response.status, response.body) == (200, BODY)


def test_the_public_address_can_follow_the_page(store: ShareStorage, storage_server: SeaweedFS) -> None:
    port = storage_server.url.rsplit(":", 1)[1]
    assert store.endpoints.public_origin("box.lan") == f"http://box.lan:{port}"
    assert store.endpoints.public_origin("fd00::1") == f"http://[fd00::1]:{port}"
    assert store.download_signers[DownloadWay.PRESIGNED].origin("box.lan") == store.endpoints.public_origin("box.lan")
    signed_link = store.sign_get("u/1", name="a", content_type="", inline=False, seconds=60, host="box.lan")
    assert signed_link.url.startswith(f"http://box.lan:{port}/shares/u/1?")


def test_the_internal_address_serves_where_there_is_no_public_one(storage_server: SeaweedFS, key: str) -> None:
    alone = store_at(storage_server, public_endpoint_url=None)
    assert alone.endpoints.public_origin("box.lan") == storage_server.url


def soon(seconds: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def check_validity(brief: ShareStorage) -> None:
    valid_seconds = brief.credentials_remaining_seconds()
    assert valid_seconds is not None
    assert 30 < valid_seconds <= 40
    signed_link = brief.sign_get("u/1", name="a", content_type="", inline=False, seconds=120, host=HOST)
    assert signed_link.expires_in <= valid_seconds
    assert f"X-Amz-Expires={signed_link.expires_in}&" in signed_link.url
    assert "X-Amz-Security-Token=token" in signed_link.url
    [part_url] = brief.sign_parts("u/1", "upload", [part(1, b"x")], seconds=900, host=HOST)
    assert int(parse_qs(urlsplit(part_url.url).query)["X-Amz-Expires"][0]) <= valid_seconds


def test_a_url_never_outlives_given_credentials(storage_server: SeaweedFS) -> None:
    check_validity(store_at(storage_server, security_token="token", credentials_end=soon(40)))


def test_a_url_never_outlives_found_credentials(storage_server: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", soon(40))
    check_validity(store_at(storage_server, access_key=None, secret_key=None, security_token=None))


def test_credentials_that_ended_sign_nothing(storage_server: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> None:
    expired_storage = store_at(storage_server, credentials_end=soon(-5))
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", soon(-5))
    no_credentials = store_at(storage_server, access_key=None, secret_key=None, security_token=None)
    for storage in (expired_storage, no_credentials):
        with pytest.raises(errors.StorageUnavailable):
            storage.sign_get("u/1", name="a", content_type="", inline=False, seconds=120, host=HOST)


def test_static_keys_have_no_end(store: ShareStorage) -> None:
    assert store.credentials_remaining_seconds() is None


# tests/storage/test_content_disposition.py reads the header of more of them, without a server.
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=[]), max_size=300))
def test_any_name_arrives_as_one_header(store: ShareStorage, key: str, name: str) -> None:
    response = send("GET", link(store, key, name))
    assert response.status == 200
    assert response.headers.get_all("Content-Disposition") == [content_disposition(name)]
    assert response.headers["Content-Type"] == OPAQUE
    assert response.headers["Set-Cookie"] is None
