"""A storage that is down, full, slow or sends invalid data: a clear error, never "absent", no secret in the log."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from shares import errors
from shares.storage import CompletionUnclear, ShareStorage, StoredPart
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.storage.conftest import store_at
from tests.storage.objects import HOST, new_key, part

OPERATIONS: list[Callable[[ShareStorage], object]] = [
    lambda store: store.objects.head("u/1"),
    lambda store: store.uploads.start("u/1", content_type="a/b"),
    lambda store: store.uploads.list_parts("u/1", "upload"),
    lambda store: store.uploads.complete("u/1", "upload", [StoredPart(1, 1, '"e"', bytes(32))]),
    lambda store: store.uploads.abort("u/1", "upload"),
    lambda store: store.objects.put_empty("u/1", content_type="a/b"),
    lambda store: store.objects.delete(["u/1"]),
    lambda store: list(store.objects.walk()),
    lambda store: list(store.uploads.walk()),
    lambda store: store.setup(["http://127.0.0.1:8000"]),
]
SLOW_DOWN = (
    b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)


def reply(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/xml", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


@contextmanager
def broken_store(response: bytes) -> Iterator[str]:
    """A server that gives every request this answer and hangs up; its address. Nothing at all when empty."""
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    try:
                        connection.recv(65536)
                        connection.sendall(response)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://{HOST}:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nobody_there(operation: Callable[[ShareStorage], object], storage_server: SeaweedFS) -> None:
    with pytest.raises(errors.StorageUnavailable) as refusal:
        operation(store_at(storage_server, endpoint_url="http://127.0.0.1:9"))
    assert refusal.value.retry_after == 10


@pytest.mark.parametrize(
    "response",
    [
        b"",
        reply("500 Internal Server Error", b""),
        reply("503 Slow Down", SLOW_DOWN),
        reply("404 Not Found", b"<html><body>nothing here, says a proxy</body></html>"),
        reply("403 Forbidden", b"<html></html>"),
        reply("301 Moved Permanently", b"", "Location: http://127.0.0.1:9/"),
    ],
    ids=["hangs up", "500", "503", "404 of a proxy", "403 of a proxy", "moved"],
)
def test_no_error_is_mistaken_for_an_absent_object(storage_server: SeaweedFS, response: bytes) -> None:
    with broken_store(response) as url, pytest.raises(errors.StorageUnavailable):
        store_at(storage_server, endpoint_url=url).objects.head("u/1")


def test_a_store_that_hangs_is_given_up(storage_server: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shares.storage.backend.READ_SECONDS", 0.2)
    with socket.create_server((HOST, 0)) as silent, pytest.raises(errors.StorageUnavailable):
        store_at(storage_server, endpoint_url=f"http://{HOST}:{silent.getsockname()[1]}").objects.head("u/1")


def test_an_invalid_listing_is_no_empty_bucket(storage_server: SeaweedFS) -> None:
    for body in (b"<html>hello</html", b"not xml at all"):
        with broken_store(reply("200 OK", body)) as url, pytest.raises(errors.StorageUnavailable):
            list(store_at(storage_server, endpoint_url=url).objects.walk())


CUT_LISTING = b"<ListBucketResult><Name>shares</Name><IsTruncated>true</IsTruncated></ListBucketResult>"


def test_a_listing_that_breaks_off_is_no_end(storage_server: SeaweedFS) -> None:
    with broken_store(reply("200 OK", CUT_LISTING)) as url:
        cut = store_at(storage_server, endpoint_url=url)
        for walk in (cut.objects.walk, cut.uploads.walk):
            with pytest.raises(errors.StorageUnavailable):
                list(walk())


def test_a_deletion_that_is_not_confirmed_is_none(storage_server: SeaweedFS) -> None:
    with broken_store(reply("200 OK", b"<DeleteResult><Deleted><Key>u/1</Key></Deleted></DeleteResult>")) as url:
        result = store_at(storage_server, endpoint_url=url).objects.delete(["u/1", "u/2"])
    assert result.deleted == {"u/1"}
    assert list(result.failed) == ["u/2"]


def test_the_stores_own_pause_is_passed_on(storage_server: SeaweedFS) -> None:
    response = reply("503 Slow Down", SLOW_DOWN, "Retry-After: 42")
    with broken_store(response) as url, pytest.raises(errors.StorageUnavailable) as refusal:
        store_at(storage_server, endpoint_url=url).objects.head("u/1")
    assert refusal.value.retry_after == 42


@pytest.mark.parametrize("response", [b"", reply("500 Internal Server Error", b"")])
def test_a_completion_without_an_answer_is_unclear(storage_server: SeaweedFS, response: bytes) -> None:
    with broken_store(response) as url, pytest.raises(CompletionUnclear):
        store_at(storage_server, endpoint_url=url).uploads.complete("u/1", "up", [StoredPart(1, 1, '"e"')])


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ({"access_key": "unknown"}, "AWS_ACCESS_KEY_ID"),
        ({"secret_key": "not-the-secret"}, "AWS_SECRET_ACCESS_KEY"),
        ({"bucket_name": "missing"}, "manage.py storage setup"),
    ],
)
def test_the_log_names_the_cure_and_no_secret(
    storage_server: SeaweedFS, caplog: pytest.LogCaptureFixture, options: dict[str, str], remedy: str
) -> None:
    caplog.set_level(logging.INFO)
    wrong = store_at(storage_server, **options)
    with pytest.raises(errors.StorageUnavailable) as refusal:
        wrong.uploads.list_parts(new_key(), "upload")
    assert remedy in caplog.text
    for secret in (storage_server.secret_key, storage_server.access_key, "not-the-secret", "Signature="):
        assert secret not in caplog.text
        assert secret not in str(refusal.value)


def test_signing_needs_no_store(storage_server: SeaweedFS) -> None:
    unreachable = store_at(storage_server, endpoint_url="http://127.0.0.1:9", public_endpoint_url=None)
    assert unreachable.sign_parts("u/1", "upload", [part(1, b"x")], seconds=60, host=HOST)
    assert unreachable.sign_get("u/1", name="a", content_type="", inline=False, seconds=60, host=HOST).expires_in == 60
