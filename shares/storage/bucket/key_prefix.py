"""``S3_KEY_PREFIX``: a part of a bucket that a team may use. Everything else works with keys that do not contain it.

Hooks of botocore's clients add it to the keys of each request to the site's own bucket, and remove it from those of the
response; ``Endpoint.base`` contains it for signed URLs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Parameters and fields of responses that are keys, or the beginning of some.
KEYS = ("Key", "Prefix", "StartAfter", "KeyMarker", "NextKeyMarker")
LISTS = ("Contents", "Uploads", "Deleted", "Errors", "Versions", "DeleteMarkers")
LISTINGS = ("ListObjectsV2", "ListObjects", "ListMultipartUploads", "ListObjectVersions")
MARK = "shares_key_prefix"


@dataclass(frozen=True, slots=True)
class KeyPrefix:
    """``prefix`` ends with a slash; ``buckets`` are those that have it."""

    prefix: str
    buckets: frozenset[str]

    def register(self, client: Any) -> None:
        client.meta.events.register("before-parameter-build.s3", self.add)
        client.meta.events.register("after-call.s3", self.remove)

    def add(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
        if params.get("Bucket") not in self.buckets:
            return
        context[MARK] = True
        if model.name in LISTINGS:
            params.setdefault("Prefix", "")
        for name in KEYS:
            if name in params:
                params[name] = self.prefix + params[name]
        if "Delete" in params:
            objects = [{**entry, "Key": self.prefix + entry["Key"]} for entry in params["Delete"]["Objects"]]
            params["Delete"] = {**params["Delete"], "Objects": objects}

    def remove(self, parsed: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        if not context.get(MARK):
            return
        for fields in self._with_keys(parsed):
            for name in KEYS:
                if isinstance(fields.get(name), str):
                    fields[name] = fields[name].removeprefix(self.prefix)

    def _with_keys(self, parsed: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield parsed
        for name in LISTS:
            yield from parsed.get(name) or ()
