"""Creates shares without an upload: objects directly in the storage, rows directly in the database.

For files so large, or so many, that uploading them would take minutes.
"""

import hashlib
import json
import random
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from shares.storage import share_storage
from tests.e2e.clients.curl_wget import SentShare
from tests.e2e.site import EMAIL, Site

MIB = 1024 * 1024
PART = 64 * MIB
ROWS = """
import json
from datetime import timedelta
from pathlib import Path
from django.utils import timezone
from shares.models import Share, SharedFile, Upload, User
request = json.loads(Path({path!r}).read_text())
now = timezone.now()
owner = User.objects.get(email={email!r})
share = Share.objects.create(
    owner=owner, created_at=now, live_at=now, expires_at=now + timedelta(days=7), title="Large", **request["options"]
)
files = [
    SharedFile(share=share, position=position, name=name, path=path, size=size, key=key, created_at=now, ready_at=now)
    for position, (path, name, size, key) in enumerate(request["files"])
]
SharedFile.objects.bulk_create(files, batch_size=500)
Upload.objects.bulk_create([Upload(file=file, part_size=1 << 26, touched_at=now) for file in files], batch_size=500)
print(json.dumps([share.pk, [file.pk for file in files]]))
"""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of ``size`` bytes: ``block``, repeated."""

    path: str
    name: str
    size: int
    block: bytes
    key: str

    @property
    def full_name(self) -> str:
        return f"{self.path}/{self.name}" if self.path else self.name

    def pieces(self) -> Iterator[bytes]:
        for start in range(0, self.size, len(self.block)):
            yield self.block[: self.size - start]

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for piece in self.pieces():
            digest.update(piece)
        return digest.hexdigest()


def store(name: str, size: int, *, path: str = "", seed: int = 0) -> StoredFile:
    """Store one object; two of the same size differ in their bytes."""
    block = random.Random(f"{seed} {path} {name}").randbytes(min(size, MIB))
    stored_file = StoredFile(path, name, size, block, f"u/{secrets.token_hex(16)}")
    storage = share_storage()
    location = {"Bucket": storage.bucket_name, "Key": stored_file.key}
    if size <= PART:
        storage.client.put_object(**location, Body=b"".join(stored_file.pieces()))
        return stored_file
    upload = storage.client.create_multipart_upload(**location)["UploadId"]
    part = block * (PART // MIB)
    parts = []
    for number, start in enumerate(range(0, size, PART), 1):
        cut = {**location, "UploadId": upload, "PartNumber": number}
        tag = storage.client.upload_part(**cut, Body=part[: size - start])["ETag"]
        parts.append({"PartNumber": number, "ETag": tag})
    storage.client.complete_multipart_upload(**location, UploadId=upload, MultipartUpload={"Parts": parts})
    return stored_file


def store_files(files: Sequence[tuple[str, str, int]]) -> list[StoredFile]:
    """Store objects for files given as folder, name and size, a few at a time."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda spec: store(spec[1], spec[2], path=spec[0]), files))


def share_of(site: Site, files: Sequence[StoredFile], folder: Path, **options: object) -> SentShare:
    rows = [[file.path, file.name, file.size, file.key] for file in files]
    rows_path = folder / "rows.json"
    rows_path.write_text(json.dumps({"files": rows, "options": options}))
    code = ROWS.format(path=str(rows_path), email=EMAIL)
    return SentShare(site, *json.loads(site.execute(code).splitlines()[-1]))


def clear(files: Sequence[StoredFile]) -> None:
    """Delete the objects; the rows stay."""
    share_storage().objects.delete([file.key for file in files])
