"""The storage of these tests: a bucket that is set up, on the real S3 server of the tests."""

import pytest

from shares.storage import ShareStorage
from sharesite.dev_stack.ports import choose
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.stack import Stack
from tests.storage.moto_server import MotoServer

HOST = "127.0.0.1"
ORIGIN = "http://127.0.0.1:8000"


def store_at(server: SeaweedFS, **options: object) -> ShareStorage:
    """A storage of the product on ``server``; ``options`` replace or extend its settings."""
    settings: dict[str, object] = {
        "bucket_name": "shares",
        "region_name": "us-east-1",
        "endpoint_url": server.url,
        "public_endpoint_url": server.url.replace(HOST, "{host}"),
        "addressing_style": "path",
        "access_key": server.access_key,
        "secret_key": server.secret_key,
    }
    return ShareStorage(**(settings | options))


@pytest.fixture(scope="session")
def store(storage_server: SeaweedFS) -> ShareStorage:
    storage = store_at(storage_server)
    storage.setup([ORIGIN])
    return storage


@pytest.fixture(scope="session")
def moto_server(stack: Stack) -> MotoServer:
    """A running server with the parts of AWS that the embedded storage does not have."""
    server = MotoServer(stack.folder / "moto", port=choose(["moto"])["moto"])
    stack.need(server)
    return server
