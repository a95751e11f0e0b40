"""The labels of objects: opaque, since tags of a bucket must not reveal links or accounts."""

from hashlib import sha256

from django.utils.crypto import salted_hmac

from shares.models import Share

LENGTH = 32


def labels_of(share: Share) -> dict[str, str]:
    """The share, by the same part that begins the keys of its files, and the owner, by a keyed hash."""
    owner = salted_hmac("shares.labels", str(share.owner_id), algorithm="sha256").hexdigest()
    return {"share": sha256(share.pk.encode()).hexdigest()[:LENGTH], "owner": owner[:LENGTH]}
