"""The data folder of the embedded stack: its lock, its ports, and the secrets that the first start generates."""

import fcntl
import os
import re
import secrets
from pathlib import Path

from sharesite.dev_stack import addresses, ports, seaweedfs
from sharesite.dev_stack.managed_process import StackError
from sharesite.dev_stack.options import Options
from sharesite.dev_stack.seaweedfs import SeaweedFS
from sharesite.dev_stack.valkey import Valkey

NAMES = (*seaweedfs.PORTS, "gate", "broker")
PREFERRED = {"gate": 8333}
HEADER = "# Made by manage.py up and read by every other command. Keep it secret; delete a line to have it made anew.\n"
# If the environment sets these for other work, the embedded storage and broker are used all the same; the origins of
# the environment are among these.
STACK_VARIABLES = ("CORS_ORIGINS", "S3_BUCKET", "S3_REGION", "S3_ADDRESSING_STYLE", "S3_ENDPOINT_URL", "REDIS_URL")
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


class DataDirectory:
    """Opened by the supervising process, once per start; a second process is refused."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.path = options.data
        self._lock = self._acquire_lock()
        self.ports = ports.remember(self.path / "ports.json", NAMES, PREFERRED, options.port)
        self.secrets = self._secrets()
        self.storage = SeaweedFS(
            self.path / "s3",
            ports=self.ports,
            access_key=self.secrets["AWS_ACCESS_KEY_ID"],
            secret_key=self.secrets["AWS_SECRET_ACCESS_KEY"],
        )
        self.broker = Valkey(self.path / "valkey", port=self.ports["broker"], password=self.secrets["BROKER_PASSWORD"])

    def _acquire_lock(self) -> int:
        """Lock the folder while this process runs: the system releases the lock however the process ends."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StackError(f"{self.path} cannot be used as the data folder: {error.strerror}.") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 20).decode(errors="replace").strip() or "unknown"
            raise StackError(f"Another start already runs on {self.path} (process {holder}); stop it first.") from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        return lock

    @property
    def lan(self) -> bool:
        """Whether other machines can reach the site."""
        return self.options.host != "127.0.0.1"

    @property
    def storage_port(self) -> int:
        """The port at which browsers find the storage, on the same host as the page."""
        return self.ports["gate" if self.lan else "s3"]

    def _secrets(self) -> dict[str, str]:
        stored_secrets = read(self.path / "local.env")
        new_secrets = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "AWS_ACCESS_KEY_ID": secrets.token_hex(10).upper(),
            "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(30),
            "BROKER_PASSWORD": secrets.token_urlsafe(30),
        }
        return {name: stored_secrets.get(name) or value for name, value in new_secrets.items()}

    def environment(self) -> dict[str, str]:
        """The settings of the site for this stack; other commands read them from ``local.env``."""
        hosts = addresses.visible(self.options.host)
        allowed = re.split(r"[\s,]+", os.environ.get("ALLOWED_HOSTS", ""))
        further = re.split(r"[\s,]+", os.environ.get("CORS_ORIGINS", ""))
        # A pattern names no origin: with one, CORS_ORIGINS has to name the origins.
        named_hosts = [host for host in allowed if host and not host.startswith(("*", "."))]
        origins = [f"http://{host}:{self.options.port}" for host in [*hosts, *named_hosts]]
        return {
            **self.secrets,
            "SITE_URL": f"http://{hosts[0]}:{self.options.port}",
            "ALLOWED_HOSTS": ",".join(hosts),
            "CORS_ORIGINS": ",".join(dict.fromkeys([*origins, *filter(None, further)])),
            "S3_BUCKET": "shares",
            "S3_REGION": "us-east-1",
            "S3_ADDRESSING_STYLE": "path",
            "S3_ENDPOINT_URL": self.storage.url,
            "S3_PUBLIC_ENDPOINT_URL": f"http://{{host}}:{self.storage_port}",
            "REDIS_URL": self.broker.url,
        }

    def write(self) -> None:
        """Write the settings into ``local.env``, which only this user can read, and into the environment."""
        path = self.path / "local.env"
        variables = {**read(path), **self.environment()}
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(HEADER + "".join(f"{name}={value}\n" for name, value in variables.items()))
        fresh.replace(path)
        os.environ["SITE_DATA"] = str(self.path)
        os.environ["DEBUG"] = "false"
        os.environ.update({name: variables[name] for name in (*STACK_VARIABLES, *KEYS)})
        for name in ("AWS_SESSION_TOKEN", *(f"{name}_FILE" for name in KEYS)):
            os.environ.pop(name, None)


def read(path: Path) -> dict[str, str]:
    """The NAME=value lines of an earlier start."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise StackError(f"{path} cannot be read; it must be a text file that this user may read.") from None
    return dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))
