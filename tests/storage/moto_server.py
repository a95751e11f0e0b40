"""moto's server: parts of AWS that the embedded storage does not have, such as STS, IAM and KMS."""

import functools
import http.client
import os
import sys
from pathlib import Path
from typing import Any, ClassVar

import boto3
from botocore.config import Config

from sharesite.dev_stack.managed_process import ManagedProcess

REGION = "us-east-1"
PATH_STYLE = Config(signature_version="s3v4", s3={"addressing_style": "path"})


class MotoServer(ManagedProcess):
    """It accepts every key pair, and enforces no policy; it stores nothing on disk."""

    name: ClassVar[str] = "moto"

    def __init__(self, folder: Path, *, port: int) -> None:
        super().__init__(folder, environment={"PATH": os.environ["PATH"], "HOME": str(folder)})
        self.port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        return [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(self.port)]

    def is_responding(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/moto-api/")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    @functools.cache  # noqa: B019 - one server for the whole run; IAM's description alone takes half a second to load
    def client(self, service: str, *, access_key: str = "test", secret_key: str = "test", token: str = "") -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=token or None,
            config=PATH_STYLE if service == "s3" else None,
        )
