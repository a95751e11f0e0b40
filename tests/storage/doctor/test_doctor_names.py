"""Two misleading causes that the doctor recognizes: an untrusted certificate, and a wrong clock."""

import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shares.storage import State
from shares.storage.doctor.checks import examine
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.storage.conftest import ORIGIN, store_at
from tests.storage.faulty_s3_proxy import FaultyS3Proxy, any_request, is_put

Serve = Callable[[str, int], str]


class Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Nothing."""


def certificate(folder: Path, name: str, days: int) -> Path:
    """Signed by itself, for ``name``, ending in so many days; with its key in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    x509_certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}{days}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + x509_certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """A store over TLS; ``trusted`` puts its certificate among the authorities."""
    servers = []

    def start(name: str, days: int) -> str:
        path = certificate(tmp_path, name, days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        server = HTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"https://localhost:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def remedies(findings: object) -> list[str]:
    return [finding.remedy for finding in findings if finding.level == "fail"]  # type: ignore[attr-defined]


def test_a_certificate_that_is_not_trusted(
    storage_server: SeaweedFS, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    url = serve("localhost", 30)
    store = store_at(storage_server, endpoint_url=url)
    assert ["AWS_CA_BUNDLE" in remedy for remedy in remedies(examine(store, site_url=ORIGIN, origins=[]))] == [True]
    assert store._probe() is State.UNAVAILABLE
    assert caplog.text.count("AWS_CA_BUNDLE") == 1


@pytest.mark.parametrize(
    ("name", "days", "word"), [("localhost", -1, "set the clock"), ("elsewhere.test", 30, "for another name")]
)
def test_a_certificate_out_of_its_time_or_for_another_name(
    storage_server: SeaweedFS, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, days: int,
    word: str,
) -> None:  # fmt: skip
    url = serve(name, days)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / f"{name}{days}.pem"))
    [remedy] = remedies(examine(store_at(storage_server, endpoint_url=url), site_url=ORIGIN, origins=[]))
    assert word in remedy


def test_the_certificate_that_browsers_see(storage_server: SeaweedFS, store: object, serve: Serve) -> None:
    storage = store_at(storage_server, public_endpoint_url=serve("localhost", 30))
    assert any("AWS_CA_BUNDLE" in remedy for remedy in remedies(examine(storage, site_url=ORIGIN, origins=[])))


def test_a_wrong_clock_with_another_error_code(storage_server: SeaweedFS, store: object) -> None:
    with FaultyS3Proxy(storage_server.url) as proxy:
        proxy.date = "Mon, 03 Jan 2000 10:00:00 GMT"
        proxy.inject_error(any_request, status=403, code="AccessDenied", forwards=False)
        storage = store_at(storage_server, endpoint_url=proxy.url)
        assert ["NTP" in remedy for remedy in remedies(examine(storage, site_url=ORIGIN, origins=[]))] == [True]
        proxy.inject_error(is_put, status=403, code="AccessDenied", forwards=False)
        storage = store_at(storage_server, public_endpoint_url=proxy.url)
        assert any("NTP" in remedy for remedy in remedies(examine(storage, site_url=ORIGIN, origins=[])))
