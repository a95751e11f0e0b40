"""Detects whether storage serves signed URLs, by a request such as a recipient sends."""

import logging
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, HTTPClientError
from urllib3.exceptions import HTTPError

from shares.errors import StorageRefuses, StorageUnavailable
from shares.storage.errors import certificate_remedy, remedy_for, translate_errors
from shares.storage.health_monitor import State

logger = logging.getLogger(__name__)

# With the prefix of files, so that the same policies apply to it; no file has this key.
HEALTH_KEY = "u/probe"
BODY = b"Sharesite reads this to see whether its storage serves files.\n"
# The shortest lifetime of a recipient's URL: a wrong clock that invalidates those also invalidates this one.
URL_SECONDS = 60
CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 1})
# Because a busy storage may reject a single request. After a timeout there is no second try.
TRIES = 2
_CODE = re.compile(rb"<Code>\s*(\w+)\s*</Code>")

ProbeResponse = tuple[int, str, Mapping[str, str]]


class Prober:
    """Reads one object by a signed URL, at the internal endpoint of storage."""

    def __init__(self, store: Any, client: Any, sign: Callable[[str, int], str]) -> None:
        self._client, self._sign, self._store = client, sign, store
        self._is_uploaded = False
        self._logged = ""

    def probe(self) -> State:
        """Return the state of storage. Never raises errors of storage or the network."""
        for _ in range(TRIES):
            try:
                status, code, headers = self._read()
            except StorageRefuses:
                return State.REFUSES  # It was logged where it was raised.
            except TimeoutError:
                return State.UNAVAILABLE
            except (StorageUnavailable, OSError):
                continue
            if status == 404 and code == "NoSuchKey":
                self._upload_in_background()
                return State.OK
            if status < 300 or status == 307:
                self._is_uploaded, self._logged = True, ""
                return State.OK
            if status < 500 and status != 429:
                return self._refusal(status, code, headers)
        return State.UNAVAILABLE

    def _refusal(self, status: int, code: str, headers: Mapping[str, str]) -> State:
        """Without the right to list, a missing object is "AccessDenied" too, so upload it first."""
        if code == "AccessDenied" and not self._is_uploaded and self._upload():
            return self.probe()
        remedy = remedy_for(status, code, headers) or "run `manage.py storage doctor`"
        self._log(f"storage: it refuses downloads with {status} {code}: {remedy}")
        return State.REFUSES

    def _log(self, line: str) -> None:
        """Log once for all probes of an outage."""
        if self._logged != line:
            logger.error(line)
        self._logged = line

    def _read(self) -> ProbeResponse:
        request = AWSRequest("GET", self._sign(HEALTH_KEY, URL_SECONDS)).prepare()
        try:
            # The client's own session, with its proxies, certificates and timeouts.
            response = self._client._endpoint.http_session.send(request)  # noqa: SLF001 - it has no public name
        except (BotoCoreError, HTTPClientError, HTTPError) as error:
            if "Timeout" in type(error).__name__:
                raise TimeoutError from error
            remedy = certificate_remedy(error)
            if remedy:
                self._log(f"storage: it cannot be asked: {remedy}")
            raise OSError from error
        match = _CODE.search(response.content)
        return response.status_code, match[1].decode() if match else "", response.headers

    def _upload_in_background(self) -> None:
        """Storage may take seconds for the first object of a bucket; no request should wait for it."""
        if not self._is_uploaded:
            threading.Thread(target=self._upload, daemon=True).start()

    def _upload(self) -> bool:
        """Upload the object, once in a process. True if it is stored now."""
        self._is_uploaded = True
        return upload_health_object(self._store.client, self._store.bucket_name, self._store.encryption())


def upload_health_object(client: Any, bucket: str, encryption: dict[str, str]) -> bool:
    """Upload the object; False if storage rejects it."""
    try:
        with translate_errors("storing the probe"):
            client.put_object(Bucket=bucket, Key=HEALTH_KEY, Body=BODY, **encryption)
    except StorageUnavailable:
        return False
    return True
