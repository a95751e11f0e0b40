"""Rules by type: judged when a file is declared, by its name, and when its bytes are stored, by the first of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from shares import file_signatures
from shares.errors import Refusal, TooLarge, TypeNotAllowed
from shares.formats import format_size
from shares.models import TypeRule
from shares.services.text import normalize_media_type

ALLOW, DENY = TypeRule.Action.ALLOW, TypeRule.Action.DENY
# A sentence has to be read.
MAX_LISTED = 12


@dataclass(frozen=True, slots=True)
class FileType:
    """What is known of the type of a file: its extension, and the media types of its name and of its bytes."""

    extensions: frozenset[str]
    media_types: frozenset[str]


def load() -> list[TypeRule]:
    """All rules; usually there are none."""
    return list(TypeRule.objects.all())


def refusal(rules: Sequence[TypeRule], *, name: str, content_type: str, size: int) -> Refusal | None:
    """Why a file of this name may not be shared, or None. ``content_type`` is the sender's claim."""
    return _judge(rules, _type_by_name(name, content_type), size) if rules else None


def refusal_of_bytes(
    rules: Sequence[TypeRule], head: bytes, *, name: str, content_type: str, size: int
) -> Refusal | None:
    """Why a file that begins with ``head`` may not be shared: an executable is one whatever it is called."""
    if not rules:
        return None
    name_type = _type_by_name(name, content_type)
    named_type = _named_type(name, content_type)
    detected = file_signatures.contradiction(head, named_type)
    if detected is None:
        return _judge(rules, name_type, size)
    actual = FileType(frozenset(file_signatures.extensions(detected)), frozenset({detected}))
    if named_type == file_signatures.OPAQUE and detected in file_signatures.CONTAINERS:
        # A type that this server does not know, built on the container.
        combined = FileType(name_type.extensions | actual.extensions, name_type.media_types | actual.media_types)
        return _judge(rules, combined, size)
    return _denied(rules, name_type) or _judge(rules, actual, size)


def describe(rules: Sequence[TypeRule]) -> str:
    """A sentence with the types that are allowed, or that are not; "" if every type is allowed."""
    allowed = [rule for rule in rules if rule.action == ALLOW]
    if any(not rule.types for rule in allowed):
        allowed = []
    if allowed:
        return _("Allowed here: %(types)s.") % {"types": _list([_allowed_text(rule) for rule in allowed])}
    denied = [rule.types for rule in rules if rule.action == DENY]
    return _("Not allowed here: %(types)s.") % {"types": _list(denied)} if denied else ""


def _judge(rules: Sequence[TypeRule], file_type: FileType, size: int) -> Refusal | None:
    denied = _denied(rules, file_type)
    if denied is not None:
        return denied
    allowed = [rule for rule in rules if rule.action == ALLOW]
    matching = [rule for rule in allowed if _matches(rule, file_type)]
    if allowed and not matching:
        return _not_allowed(rules)
    limits = [rule.max_bytes for rule in matching]
    if not limits or any(limit is None or size <= limit for limit in limits):
        return None
    largest = format_size(max(limit for limit in limits if limit is not None))
    return TooLarge(_("Files of this type can have at most %(limit)s here."), limit=largest)


def _denied(rules: Sequence[TypeRule], file_type: FileType) -> Refusal | None:
    is_denied = any(rule.action == DENY and _matches(rule, file_type) for rule in rules)
    return _not_allowed(rules) if is_denied else None


def _not_allowed(rules: Sequence[TypeRule]) -> Refusal:
    sentences = [_("This type of file can't be shared here."), describe(rules)]
    return TypeNotAllowed(" ".join(sentence for sentence in sentences if sentence))


def _matches(rule: TypeRule, file_type: FileType) -> bool:
    if not rule.extensions and not rule.media_types:
        return True
    if file_type.extensions & set(rule.extensions.split()):
        return True
    return any(
        pattern in (media_type, "*/*") or (pattern.endswith("/*") and media_type.startswith(pattern[:-1]))
        for pattern in map(file_signatures.canonical, rule.media_types.split())
        for media_type in file_type.media_types
    )


def _type_by_name(name: str, content_type: str) -> FileType:
    named_type = file_signatures.canonical(_named_type(name, content_type))
    return FileType(frozenset({_extension(name)} - {""}), frozenset({named_type}))


def _named_type(name: str, content_type: str) -> str:
    """The type of the name; the claim of a sender counts only for names that have none."""
    named_type = file_signatures.named_by(_extension(name)) or normalize_media_type("", name)
    return normalize_media_type(content_type, name) if named_type == file_signatures.OPAQUE else named_type


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower().strip() if "." in name else ""


def _allowed_text(rule: TypeRule) -> str:
    if rule.max_bytes is None:
        return rule.types
    return _("%(types)s (up to %(size)s)") % {"types": rule.types, "size": format_size(rule.max_bytes)}


def _list(texts: Sequence[str]) -> str:
    text = ", ".join(texts[:MAX_LISTED])
    return f"{text}, …" if len(texts) > MAX_LISTED else text
