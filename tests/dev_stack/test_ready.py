"""``ready`` means that files can be downloaded: from the first second on, after every restart."""

import os
from types import SimpleNamespace

import pytest

from sharesite.dev_stack import supervisor
from sharesite.dev_stack.seaweedfs import SeaweedFS
from sharesite.dev_stack.supervisor import Supervisor
from tests.dev_stack.conftest import Starter
from tests.dev_stack.visitor import Visitor
from tests.storage.conftest import ORIGIN, store_at
from tests.storage.faulty_s3_proxy import FaultyS3Proxy
from tests.storage.objects import store_object

# One in order, and one as after a power cut.
RESTARTS = int(os.environ.get("FAULT_RESTARTS", "2"))


@pytest.mark.long
def test_a_stored_file_is_available_when_the_site_reports_ready(start: Starter) -> None:
    run = start()
    run.wait_ready()
    visitor = Visitor(run)
    content = os.urandom(200_000)
    shares = [visitor.share(content) for _ in range(3)]
    for number in range(RESTARTS):
        # Every other time as a power cut would end it.
        if number % 2:
            run.process.kill()
            run.wait()
            assert run.left_over(20) == []
        else:
            assert run.stop() == 0
        run = start(run.data, port=run.port)
        run.wait_ready()
        assert [visitor.fetch(share) for share in shares] == [(200, content)] * 3
    assert run.stop() == 0


@pytest.mark.parametrize(("method", "start"), [("GET", "/shares/u/"), ("PUT", "/shares/ready")])
def test_a_start_waits_for_a_storage_that_does_not_serve_yet(
    storage_server: SeaweedFS, monkeypatch: pytest.MonkeyPatch, method: str, start: str
) -> None:
    """As after a power cut: it answers, and lists what it has, but nothing can be read of it, or stored, so far."""
    with FaultyS3Proxy(storage_server.url) as proxy:
        late = store_at(storage_server, endpoint_url=proxy.url)
        late.setup([ORIGIN])
        store_object(late, b"a file")
        proxy.inject_error(
            lambda request_method, path: request_method == method and path.startswith(start),
            status=500,
            code="InternalError",
            forwards=False,
            times=10,
        )
        monkeypatch.setattr(supervisor, "share_storage", lambda: late)
        starting = Supervisor.__new__(Supervisor)
        starting.folder = SimpleNamespace(storage=SimpleNamespace(alive=True))  # type: ignore[assignment]
        starting._wait_for_objects()
        assert proxy.times == 0  # it asked again until it was served
