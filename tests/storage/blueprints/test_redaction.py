"""The function for Object Lambda, without AWS: a server plays the store, another one takes the response."""

import importlib.util
import random
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.config import Config

from sharesite.env import PROJECT

EMAIL, CARD = b"jane.doe+files@mail.example.co.uk", b"4111 1111 1111 1111"
URL = (
    "https://redact-123456789012.s3-object-lambda.eu-west-1.amazonaws.com/u/1"
    "?response-cache-control=no-store&response-content-disposition=attachment%3B%20filename%3D%22a.txt%22"
    "&response-content-type=application%2Foctet-stream&X-Amz-Signature=0"
)


@pytest.fixture(scope="module")
def redaction() -> ModuleType:
    spec = importlib.util.spec_from_file_location("redact", PROJECT / "deploy" / "lambda" / "redact.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Exchange:
    """What the store holds, and what the function wrote."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        self.body, self.status = body, status
        self.sent_headers: dict[str, str] = {}
        self.response_headers: dict[str, str] = {}
        self.response_body = b""
        self.chunk_sizes: list[int] = []


@contextmanager
def serve(exchange: Exchange) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            exchange.sent_headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(exchange.status)
            self.send_header("Content-Length", str(len(exchange.body)))
            self.end_headers()
            self.wfile.write(exchange.body)

        def do_POST(self) -> None:
            exchange.response_headers = {name.lower(): value for name, value in self.headers.items()}
            if self.headers.get("Transfer-Encoding") == "chunked":
                while size := int(self.rfile.readline(), 16):
                    exchange.chunk_sizes.append(size)
                    exchange.response_body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                exchange.response_body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run(redaction: ModuleType, exchange: Exchange) -> dict[str, int]:
    # awscrt, which the runtime of Lambda does not have, signs no body without a length.
    signers = dict.fromkeys(("v4", "s3v4"), S3SigV4Auth)
    with serve(exchange) as url, patch.dict("botocore.auth.AUTH_TYPE_MAPS", signers):
        client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name="eu-west-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=redaction.CONFIG.merge(Config(inject_host_prefix=False, retries={"total_max_attempts": 1})),
        )
        event: dict[str, Any] = {
            "getObjectContext": {
                "inputS3Url": f"{url}/u/1?X-Amz-SignedHeaders=host%3Bx-amz-request-payer",
                "outputRoute": "route",
                "outputToken": "token",
            },
            "userRequest": {"url": URL, "headers": {"X-Amz-Request-Payer": "requester", "Host": "x"}},
        }
        result: dict[str, int] = redaction.respond(event, client)
        return result


def test_a_text_is_redacted_while_it_is_sent(redaction: ModuleType) -> None:
    line = b"Ask " + EMAIL + b", card " + CARD + b".\n"
    exchange = Exchange(line * 20_000)
    assert run(redaction, exchange) == {"statusCode": 200}
    assert exchange.response_body == b"Ask [redacted], card [redacted].\n" * 20_000
    assert len(exchange.chunk_sizes) > 3
    assert exchange.sent_headers["x-amz-request-payer"] == "requester"
    headers = exchange.response_headers
    assert headers["x-amz-fwd-header-content-type"] == "application/octet-stream"
    assert headers["x-amz-fwd-header-content-disposition"] == 'attachment; filename="a.txt"'
    assert headers["x-amz-fwd-header-cache-control"] == "no-store"
    assert (headers["x-amz-request-route"], headers["x-amz-request-token"]) == ("route", "token")


def test_a_file_that_is_no_text_passes_unchanged(redaction: ModuleType) -> None:
    body = b"\x89PNG\0" + EMAIL + secrets.token_bytes(300_000)
    exchange = Exchange(body)
    run(redaction, exchange)
    assert exchange.response_body == body


def test_a_refusal_of_the_store_is_passed_on(redaction: ModuleType) -> None:
    exchange = Exchange(b"", status=403)
    assert run(redaction, exchange) == {"statusCode": 403}
    assert exchange.response_headers["x-amz-fwd-status"] == "403"
    assert exchange.response_body == b""


def test_where_chunks_end_makes_no_difference(redaction: ModuleType) -> None:
    seed = secrets.randbits(32)
    print("seed", seed)
    source = random.Random(seed)
    pieces = [EMAIL, CARD, b"x" * 700, b" ", b"\n", b"a@b", b"12345", b"3782-822463-10005", b"@", b".", b"1" * 40]
    for _ in range(300):
        text = b"".join(source.choice(pieces) for _ in range(source.randint(1, 30)))
        whole = b"".join(redaction.redact([text]))
        cuts = sorted(source.randrange(len(text) + 1) for _ in range(source.randint(0, 12)))
        chunks = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        assert b"".join(redaction.redact(chunks)) == whole, text
        assert EMAIL not in whole
        assert CARD not in whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", b""),
        (EMAIL, b"[redacted]"),
        (b"a@b is no address", b"a@b is no address"),
        (b"call 12345", b"call 12345"),
        (CARD + b"0", b"[redacted]"),
    ],
)
def test_what_is_a_secret(redaction: ModuleType, text: bytes, expected: bytes) -> None:
    assert b"".join(redaction.redact([text])) == expected
