"""A client of a running stack over HTTP: uploads a file through the API, and downloads it as a recipient does."""

import base64
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from tests.dev_stack.runner import Run

Response = tuple[int, bytes]


class Visitor:
    def __init__(self, run: Run) -> None:
        self.url, self.token = run.url.rstrip("/"), run.token

    def request(
        self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, method: str | None = None
    ) -> Response:
        """Status and body, whatever the status; redirects are followed."""
        api_request = urllib.request.Request(url, body, dict(headers or {}), method=method)
        try:
            with urllib.request.urlopen(api_request, timeout=60) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def api(self, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        status, text = self.request(f"{self.url}/api/v1{path}", json.dumps(body).encode(), headers)
        return status, json.loads(text)

    def share(self, *contents: bytes, **settings: Any) -> str:
        """The id of a new share with these files."""
        files = [{"name": f"{number}.bin", "size": len(content)} for number, content in enumerate(contents)]
        status, share = self.api("/shares", {"title": "Files", "files": files, **settings})
        assert status == 201, share
        for file, content in zip(share["files"], contents, strict=True):
            self.send(file["id"], content, file["part_size"])
        return str(share["id"])

    def send(self, file: str, content: bytes, part_size: int) -> None:
        pieces = [content[start : start + part_size] for start in range(0, len(content), part_size)]
        for url, headers, piece in self.sign(file, pieces):
            status, text = self.request(url, piece, headers, "PUT")
            assert status == 200, text
        self.complete(file)

    def sign(self, file: str, pieces: list[bytes]) -> list[tuple[str, dict[str, str], bytes]]:
        """Address, headers and body of a PUT for each piece."""
        parts = [
            {"number": number, "checksum_sha256": base64.b64encode(hashlib.sha256(piece).digest()).decode()}
            for number, piece in enumerate(pieces, start=1)
        ]
        status, response = self.api(f"/uploads/{file}/parts", {"parts": parts})
        assert status == 200, response
        return [(part["url"], part["headers"], piece) for part, piece in zip(response["parts"], pieces, strict=True)]

    def complete(self, file: str) -> None:
        status, response = self.api(f"/uploads/{file}/complete", {})
        assert (status, response["state"]) == (200, "ready"), response

    def fetch(self, share: str) -> Response:
        """The one file of a share, as curl would get it."""
        return self.request(f"{self.url}/share/{share}/download", b"")
