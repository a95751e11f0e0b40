"""A storage that refuses the site: no route takes a download, there is a message, and it recovers by itself."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from shares.models import Event, Grant, Share
from shares.services.downloads import streams
from shares.storage import State, health, health_monitor, share_storage
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.fixtures import fetch
from tests.storage.faulty_s3_proxy import FaultyS3Proxy, any_request

MESSAGE = "The file storage refuses the requests of this site right now. Nothing is lost; try again later."
pytestmark = pytest.mark.outage
CLICKS = 60
# The refusal and its message depend on the code; the number of requests does not.
REFUSALS = [
    (403, "AccessDenied", CLICKS),
    (403, "InvalidAccessKeyId", 24),
    (400, "ExpiredToken", 24),
    (403, "RequestTimeTooSkewed", 24),
]
MakeShare = Callable[..., Share]
NEW = count()


@pytest.fixture
def faulty_proxy(storage: None, storage_server: SeaweedFS, settings: Settings) -> Iterator[FaultyS3Proxy]:
    with FaultyS3Proxy(storage_server.url) as proxy:
        use(settings, endpoint_url=proxy.url)
        yield proxy


def use(settings: Settings, **options: Any) -> None:
    """A storage without a known state, as in a process that has just started."""
    changed = settings.STORAGES["shares"]["OPTIONS"] | options
    settings.STORAGES = settings.STORAGES | {"shares": settings.STORAGES["shares"] | {"OPTIONS": changed}}


def refuse(faulty_proxy: FaultyS3Proxy, status: int, code: str) -> None:
    faulty_proxy.inject_error(any_request, status=status, code=code, forwards=False, times=1_000_000)


def units(share: Share) -> tuple[int, int, int]:
    share.refresh_from_db()
    events = Event.objects.filter(kind__in=[Event.Kind.SIGNED, Event.Kind.GRANTED, Event.Kind.STREAMED])
    return share.download_count, Grant.objects.count(), events.count()


def ways(share: Share) -> dict[str, Callable[[Client], Any]]:
    """Every route to bytes that takes a download, for a browser without a grant."""
    page, file = f"/share/{share.pk}", share.files.get(position=0).pk
    call = f"/api/v1{page.replace('share', 'shares', 1)}/downloads"
    return {
        "file": lambda client: client.post(f"{page}/files/{file}/download"),
        "all": lambda client: client.post(f"{page}/download"),
        "chosen": lambda client: client.post(f"{page}/download", {"file": [file]}),
        "archive": lambda client: client.post(f"{page}/archive"),
        "preview": lambda client: client.post(f"{page}/files/{file}/preview", headers={"accept": "application/json"}),
        "api": lambda client: client.post(call, {}, content_type="application/json"),
    }


def stranger() -> Client:
    return Client(REMOTE_ADDR=f"198.51.100.{next(NEW) % 250}", headers={"host": "127.0.0.1"})


def click_often(share: Share, times: int = 24) -> None:
    """By strangers, every way in turn, without a pause; each is refused."""
    requests = list(ways(share).values())
    for number in range(times):
        response = requests[number % len(requests)](stranger())
        assert response.status_code == 503, (number, response.content)
        assert int(response["Retry-After"]) > 0


def seconds_until_granted(share: Share) -> float:
    """Request the download until it is served; returns the seconds."""
    started_at = time.monotonic()
    file = share.files.get(position=0).pk
    while True:
        response = stranger().post(f"/share/{share.pk}/files/{file}/download")
        if response.status_code == 303:
            assert fetch(response["Location"]) == b"one"
            return time.monotonic() - started_at
        assert time.monotonic() < started_at + 60
        time.sleep(0.1)


@pytest.mark.parametrize(("status", "code", "clicks"), REFUSALS)
def test_no_download_is_counted_once_a_store_begins_to_refuse(
    make_share: MakeShare,
    faulty_proxy: FaultyS3Proxy,
    caplog: pytest.LogCaptureFixture,
    status: int,
    code: str,
    clicks: int,
) -> None:
    share = make_share([b"one", b"two"], max_downloads=9)
    assert seconds_until_granted(share) < 60
    before = units(share)
    refuse(faulty_proxy, status, code)
    click_often(share, clicks)
    assert units(share) == before
    assert f"refuses downloads with {status} {code}: " in caplog.text
    faulty_proxy.reset()
    print(f"served again after {seconds_until_granted(share):.2f} s")
    assert units(share)[0] == before[0] + 1


def test_it_is_known_within_the_time_that_was_promised() -> None:
    assert health_monitor.BAD_SECONDS + health_monitor.WAIT_SECONDS < 5


def test_a_process_that_has_just_started_takes_no_download_either(
    make_share: MakeShare, faulty_proxy: FaultyS3Proxy, settings: Settings
) -> None:
    share = make_share([b"one", b"two"], max_downloads=3)
    refuse(faulty_proxy, 403, "AccessDenied")
    for request in ways(share).values():
        use(settings, endpoint_url=faulty_proxy.url)
        assert request(stranger()).status_code == 503
    assert units(share)[0] == 0


def test_credentials_that_ended(make_share: MakeShare, faulty_proxy: FaultyS3Proxy, settings: Settings) -> None:
    share = make_share([b"one", b"two"], max_downloads=3)
    before = units(share)
    use(settings, credentials_end=(timezone.now() - timedelta(seconds=1)).isoformat())
    click_often(share)
    assert units(share) == before
    use(settings, credentials_end=(timezone.now() + timedelta(hours=1)).isoformat())
    assert seconds_until_granted(share) < 60


def test_a_key_that_the_real_store_does_not_know(make_share: MakeShare, settings: Settings) -> None:
    share = make_share([b"one", b"two"], max_downloads=3)
    before, access_key = units(share), settings.STORAGES["shares"]["OPTIONS"]["access_key"]
    use(settings, access_key="revoked")
    click_often(share)
    assert units(share) == before
    use(settings, access_key=access_key)
    assert seconds_until_granted(share) < 60


def until(state: State) -> None:
    end = time.monotonic() + 60
    while share_storage().health_monitor.fresh_state() is not state:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_every_client_gets_a_message(make_share: MakeShare, faulty_proxy: FaultyS3Proxy) -> None:
    share = make_share([b"one", b"two"], max_downloads=3)
    page, file = f"/share/{share.pk}", share.files.get(position=0).pk
    refuse(faulty_proxy, 403, "AccessDenied")
    until(State.REFUSES)
    response = stranger().post(f"{page}/files/{file}/download", headers={"accept": "text/html"})
    assert MESSAGE in response.content.decode()
    assert MESSAGE in stranger().get(page, headers={"accept": "text/html"}).content.decode()
    text_response = stranger().post(f"{page}/files/{file}/download", headers={"accept": "*/*", "user-agent": "curl/8"})
    assert MESSAGE in text_response.content.decode()
    assert text_response["Content-Type"].startswith("text/plain")
    requests = ways(share)
    assert MESSAGE in requests["preview"](stranger()).json()["message"]
    problem = requests["api"](stranger()).json()
    assert (problem["code"], problem["detail"], problem["status"]) == ("storage-refuses", MESSAGE, 503)


def test_what_a_grant_gives_is_refused_too(
    make_share: MakeShare, faulty_proxy: FaultyS3Proxy, settings: Settings
) -> None:
    """A resumed download, and every way to the bytes of a strict share."""
    open_share = make_share([b"one", b"two"], max_downloads=3)
    strict = make_share([b"one", b"two"], max_downloads=3, strict=True)
    browsers = {share: stranger() for share in (open_share, strict)}
    addresses = {share: f"/share/{share.pk}/files/{share.files.get(position=0).pk}" for share in browsers}
    for share, client in browsers.items():
        assert client.post(f"{addresses[share]}/download").status_code == 303
    before = [units(share) for share in (open_share, strict)]
    refuse(faulty_proxy, 403, "AccessDenied")
    until(State.REFUSES)
    for share, client in browsers.items():
        assert client.get(f"{addresses[share]}/content").status_code == 503
    settings.STRICT_ACCEL = "/inside"
    assert browsers[strict].get(f"{addresses[strict]}/content").status_code == 503
    assert browsers[strict].post(f"/share/{strict.pk}/download").status_code == 503
    assert [units(share) for share in (open_share, strict)] == before
    assert streams._permits._value == streams.MAX_CONCURRENT_STREAMS


def test_operators_see_which_it_is(
    make_share: MakeShare, faulty_proxy: FaultyS3Proxy, settings: Settings, broker_server: object
) -> None:
    settings.METRICS_TOKEN = "numbers please"
    client = stranger()

    def read_metrics() -> list[str]:
        text = client.get("/metrics", headers={"authorization": "Bearer numbers please"}).content.decode()
        return [line for line in text.splitlines() if line.startswith("sharesite_storage{")]

    make_share([b"one"], max_downloads=3)
    until(State.OK)
    assert client.get("/readyz").json()["storage"] == "ok"
    assert 'sharesite_storage{state="ok"} 1' in read_metrics()
    refuse(faulty_proxy, 403, "AccessDenied")
    until(State.REFUSES)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["ready"], response.json()["storage"]) == (503, False, "refuses")
    assert read_metrics() == [
        'sharesite_storage{state="ok"} 0',
        'sharesite_storage{state="away"} 0',
        'sharesite_storage{state="refuses"} 1',
    ]


def test_the_probe_requests_what_recipients_get(storage: None, storage_server: SeaweedFS, settings: Settings) -> None:
    """By a signed address that is no longer good for than theirs, under the same prefix as files."""
    requests: list[tuple[str, str]] = []

    def note(method: str, path: str) -> bool:
        requests.append((method, path))
        return False

    with FaultyS3Proxy(storage_server.url) as proxy:
        use(settings, endpoint_url=proxy.url)
        proxy.inject_error(note, status=200)
        assert share_storage()._probe() is State.OK
    [(method, path)] = requests
    assert method == "GET"
    assert path.startswith(f"/{share_storage().bucket_name}/{health.HEALTH_KEY}?")
    assert f"X-Amz-Expires={health.URL_SECONDS}&" in path
    assert health.URL_SECONDS <= settings.DOWNLOAD_URL_SECONDS
    assert health.HEALTH_KEY.startswith("u/")
