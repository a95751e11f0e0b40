"""What a new object has beside its bytes: tags, metadata and a storage class, where the settings want them.

Labels are opaque values that a caller knows of an object, by name; the settings select which of them become tags, for
rules of the bucket and reports of costs, and which metadata.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

NAMES = ("share", "owner")
NONE: Mapping[str, str] = {}
# For probes, which need the same rights as files.
SAMPLE: Mapping[str, str] = dict.fromkeys(NAMES, "probe")


def parameters(
    labels: Mapping[str, str], *, tags: Sequence[str], metadata: Sequence[str], storage_class: str | None
) -> dict[str, Any]:
    """The parameters of calls that create an object."""
    options: dict[str, Any] = {"StorageClass": storage_class} if storage_class else {}
    if selected_tags := select(labels, tags):
        options["Tagging"] = urlencode(selected_tags)
    if selected_metadata := select(labels, metadata):
        options["Metadata"] = selected_metadata
    return options


def headers(options: Mapping[str, Any]) -> dict[str, str]:
    """The same as the headers that a signed URL requires."""
    names = {"StorageClass": "x-amz-storage-class", "Tagging": "x-amz-tagging"}
    values = {header: options[name] for name, header in names.items() if name in options}
    return values | {f"x-amz-meta-{name}": value for name, value in options.get("Metadata", {}).items()}


def select(labels: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {name: labels[name] for name in names if name in labels}
