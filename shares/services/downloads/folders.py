"""The files of a share as a page lists them: in folders, in the requested order, page by page."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar

NAME, SIZE, NEWEST = "name", "size", "newest"
ORDERS = (NAME, SIZE, NEWEST)
# Deeper folders are joined to one name: a page cannot display five hundred levels.
MAX_DEPTH = 6
# A share of so many files is shown whole; in a larger one the folders are closed.
MAX_OPEN_FILES = 40
_NUMBER = re.compile(r"(\d+)")
_NEVER = datetime(1, 1, 1, tzinfo=UTC)

Item = TypeVar("Item")


class Entry(NamedTuple):
    """What order and folders need to know of a file. ``size`` in bytes."""

    id: str
    name: str
    path: str
    size: int
    created_at: datetime


@dataclass(slots=True)
class Folder:
    """``files``, ``size`` and ``newest`` speak of all that lies in it, at any depth."""

    name: str = ""
    files: int = 0
    size: int = 0
    newest: datetime = _NEVER
    folders: dict[str, "Folder"] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Branch(Generic[Item]):
    """A folder as one page shows it. ``total`` and ``size`` speak of all that lies in it, on this page or not."""

    name: str
    total: int
    size: int
    open: bool
    branches: tuple["Branch[Item]", ...]
    files: tuple[Item, ...]


def arrange(entries: Iterable[Entry], order: str = NAME) -> Folder:
    """The folder of everything, each folder in it sorted: folders first, then files."""
    root = Folder()
    for entry in entries:
        folder = _with(root, entry)
        for name in _levels(entry.path):
            folder = _with(folder.folders.setdefault(name, Folder(name)), entry)
        folder.entries.append(entry)
    _sort(root, order)
    return root


def in_order(folder: Folder) -> Iterator[Entry]:
    """All files in the order of the page."""
    for inner in folder.folders.values():
        yield from in_order(inner)
    yield from folder.entries


def branch(folder: Folder, items: Mapping[str, Item]) -> Branch[Item]:
    """``folder`` with those of its files that are in ``items``, by id. Folders without any are omitted."""
    return _branch(folder, items, unfold=folder.files <= MAX_OPEN_FILES)


def _branch(folder: Folder, items: Mapping[str, Item], *, unfold: bool, alone: bool = False) -> Branch[Item]:
    """``unfold``: every folder is open. ``alone``: this one is, since there is nothing beside it."""
    name, folder = _joined(folder)
    only = len(folder.folders) == 1 and not folder.entries
    inner = (_branch(subfolder, items, unfold=unfold, alone=only) for subfolder in folder.folders.values())
    return Branch(
        name=name,
        total=folder.files,
        size=folder.size,
        open=unfold or alone,
        branches=tuple(child for child in inner if child.branches or child.files),
        files=tuple(items[entry.id] for entry in folder.entries if entry.id in items),
    )


def _joined(folder: Folder) -> tuple[str, Folder]:
    """A folder that holds nothing but one other is shown together with it."""
    names = [folder.name]
    while folder.name and len(folder.folders) == 1 and not folder.entries:
        (folder,) = folder.folders.values()
        names.append(folder.name)
    return "/".join(names), folder


def _levels(path: str) -> list[str]:
    names = path.split("/", MAX_DEPTH - 1)
    return names if path else []


def _with(folder: Folder, entry: Entry) -> Folder:
    folder.files += 1
    folder.size += entry.size
    folder.newest = max(folder.newest, entry.created_at)
    return folder


def _sort(folder: Folder, order: str) -> None:
    folder.entries.sort(key=lambda entry: _key(order, entry.name, entry.size, entry.created_at))
    inner = sorted(
        folder.folders.values(), key=lambda subfolder: _key(order, subfolder.name, subfolder.size, subfolder.newest)
    )
    folder.folders = {subfolder.name: subfolder for subfolder in inner}
    for subfolder in inner:
        _sort(subfolder, order)


def _key(order: str, name: str, size: int, moment: datetime) -> tuple[Any, ...]:
    """Large and new ones first; equal ones, and all by ``NAME``, in natural order: 2 before 10."""
    first = {SIZE: -size, NEWEST: -moment.timestamp()}.get(order, 0)
    return first, natural(name), name


def natural(name: str) -> list[str | int]:
    """Text without case and accents, numbers by their value; text and numbers alternate."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return [int(part) if index % 2 else part for index, part in enumerate(_NUMBER.split(plain))]
