"""Proves that a key pair can do what the site does, before anything is signed with it."""

import secrets
from typing import Any

from shares.errors import StorageUnavailable
from shares.storage.errors import translate_errors
from shares.storage.features import PREFIX
from shares.storage.health import HEALTH_KEY

BODY = b"Sharesite tries a key pair."


def prove(client: Any, bucket: str, options: dict[str, str]) -> None:
    """Store, read and delete an object, in one piece and in parts, list, and read what another pair has stored.

    ``options`` are those of every new object. Raises ``StorageUnavailable``, whose cause was logged.
    """
    key = PREFIX + secrets.token_hex(16)
    target = {"Bucket": bucket, "Key": key}
    try:
        with translate_errors("storing a probe with the next key pair"):
            client.put_object(**target, Body=BODY, **options)
        _read(client, target)
        with translate_errors("storing a probe in parts with the next key pair"):
            upload_id = client.create_multipart_upload(**target, **options)["UploadId"]
            part = client.upload_part(**target, UploadId=upload_id, PartNumber=1, Body=BODY)
            client.list_parts(**target, UploadId=upload_id)
            parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
            client.complete_multipart_upload(**target, UploadId=upload_id, MultipartUpload=parts)
        _read(client, target)
        with translate_errors("listing with the next key pair"):
            client.list_objects_v2(Bucket=bucket, Prefix=HEALTH_KEY, MaxKeys=1)
        with translate_errors("reading with the next key pair what the current one stored"):
            client.get_object(Bucket=bucket, Key=HEALTH_KEY)["Body"].close()
    finally:
        with translate_errors("deleting a probe with the next key pair"):
            client.delete_object(**target)


def _read(client: Any, target: dict[str, str]) -> None:
    with translate_errors("reading a probe with the next key pair"):
        body = client.get_object(**target)["Body"].read()
    if body != BODY:
        raise StorageUnavailable
