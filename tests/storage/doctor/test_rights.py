"""The printed policy is sufficient for the site and contains nothing else, shown on a server that enforces it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shares import errors
from shares.storage import ShareStorage
from shares.storage.doctor.checks import examine
from shares.storage.policies import identity
from sharesite.dev_stack.ports import choose
from sharesite.dev_stack.seaweedfs import PORTS, SeaweedFS
from tests.stack import running
from tests.storage.conftest import ORIGIN, store_at
from tests.storage.http import send
from tests.storage.objects import OPAQUE, link, new_key, store_object

# In SeaweedFS the permission to put an object includes these.
UPLOADER = {"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}
SIGNER = "arn:aws:iam::000000000000:user/signer"


class GuardedSeaweedFS(SeaweedFS):
    """A server that also knows a key pair without any permission."""

    def prepare(self) -> None:
        super().prepare()
        path = self.folder / "identities.json"
        config = json.loads(path.read_text())
        powerless = {"accessKey": "signer-key", "secretKey": "signer-secret"}
        config["identities"].append({"name": "signer", "credentials": [powerless], "actions": []})
        path.write_text(json.dumps(config))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    folder: Path = tmp_path_factory.mktemp("guarded")
    server = GuardedSeaweedFS(folder / "s3", ports=choose(PORTS), access_key="admin-key", secret_key="admin-secret")
    with running(server, folder / "log"):
        yield server


@pytest.fixture(scope="module")
def admin(guarded: SeaweedFS) -> ShareStorage:
    storage = store_at(guarded)
    storage.setup([ORIGIN])
    return storage


@pytest.fixture(scope="module")
def signer(guarded: SeaweedFS) -> ShareStorage:
    return store_at(guarded, access_key="signer-key", secret_key="signer-secret")


def allow(admin: ShareStorage, *, without: str = "", principal: str = SIGNER) -> None:
    """Lay the printed policy on the bucket, perhaps less one act."""
    document = identity.signer("shares", "us-east-1", None)
    for statement in document["Statement"]:
        statement["Principal"] = {"AWS": principal}
        statement["Action"] = [action for action in statement["Action"] if action != without]
    admin.client.put_bucket_policy(Bucket="shares", Policy=json.dumps(document))


def failures(store: ShareStorage) -> list[str]:
    """Everything the site does with its storage that does not work."""
    problems = [
        finding.message for finding in examine(store, site_url=ORIGIN, origins=[ORIGIN]) if finding.level == "fail"
    ]
    for name, listing in (("objects", store.objects.walk()), ("uploads", store.uploads.walk())):
        try:
            list(listing)
        except errors.StorageUnavailable:
            problems.append(name)
    return problems


def test_the_policy_is_enough(admin: ShareStorage, signer: ShareStorage) -> None:
    allow(admin)
    assert failures(signer) == []


@pytest.mark.parametrize("action", sorted({*identity.OBJECT_ACTIONS, *identity.BUCKET_ACTIONS} - UPLOADER))
def test_no_act_can_be_spared(admin: ShareStorage, signer: ShareStorage, action: str) -> None:
    allow(admin, without=action)
    assert failures(signer) != []


def test_the_signer_cannot_change_the_bucket(admin: ShareStorage, signer: ShareStorage) -> None:
    allow(admin)
    assert signer.setup(["https://evil.example"]) == [
        "CORS rules: left as they are, this key pair may not change them",
        "lifecycle rules: left as they are, this key pair may not change them",
        "public access rules: left as they are, this key pair may not change them",
    ]
    assert admin.setup([ORIGIN]) == []


def test_a_key_pair_without_rights_sets_nothing_up(admin: ShareStorage, signer: ShareStorage) -> None:
    admin.client.delete_bucket_policy(Bucket="shares")
    with pytest.raises(errors.StorageUnavailable):
        signer.setup([ORIGIN])


def test_a_refused_deletion_is_reported_for_each_key(admin: ShareStorage, signer: ShareStorage) -> None:
    allow(admin)
    own_key, other_key = store_object(admin, b"ours"), store_object(admin, b"theirs", key="elsewhere/1")
    result = signer.objects.delete([own_key, other_key])
    assert result.deleted == {own_key}
    assert list(result.failed) == [other_key]
    assert result.failed[other_key].startswith("AccessDenied")
    assert admin.objects.head(own_key) is None
    assert admin.objects.head(other_key) is not None


def test_a_public_bucket_is_found(admin: ShareStorage) -> None:
    allow(admin, principal="*")
    assert any("without a signature" in problem for problem in failures(admin))
    admin.client.delete_bucket_policy(Bucket="shares")


def test_what_is_stored_can_be_encrypted(guarded: SeaweedFS, admin: ShareStorage) -> None:
    sealed = store_at(guarded, sse="AES256")
    key, empty = store_object(sealed, b"sealed"), new_key()
    sealed.objects.put_empty(empty, content_type=OPAQUE)
    for stored_key in (key, empty):
        assert admin.client.head_object(Bucket="shares", Key=stored_key)["ServerSideEncryption"] == "AES256"
    assert send("GET", link(sealed, key)).body == b"sealed"
