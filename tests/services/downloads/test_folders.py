"""Folders and orders of a share's files: as people count and name them, at any depth and length."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from shares.services.downloads import folders
from shares.services.downloads.folders import DEPTH, NAME, NEWEST, OPEN, SIZE, Branch, Entry

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def entry(full: str, size: int = 1, age: int = 0) -> Entry:
    path, _, name = full.rpartition("/")
    return Entry(full, name, path, size, NOW - timedelta(minutes=age))


def listed(*entries: Entry, order: str = NAME) -> list[str]:
    return [one.id for one in folders.in_order(folders.arranged(entries, order))]


def tree(*entries: Entry) -> Branch[str]:
    return folders.branch(folders.arranged(entries), {one.id: one.id for one in entries})


@pytest.mark.parametrize(
    "names",
    [
        ["IMG_1.jpg", "IMG_2.jpg", "IMG_10.jpg"],
        ["a.txt", "B.txt", "c.txt"],
        ["Apfel", "Äpfel", "Birne", "Zebra"],
        ["1", "2", "10", "a"],
        ["v1.9", "v1.10", "v2"],
        ["a", "a (2)", "a (10)"],
    ],
)
def test_names_are_in_the_order_people_count(names: list[str]) -> None:
    assert listed(*map(entry, reversed(names))) == names


def test_any_name_has_its_place() -> None:
    odd = ["²", "٣ a", "9" * 250, "0" * 250, "\U0001d7d9", "ﬁ", "İ", "-", "😀", "1a1a", "a1a1"]
    assert sorted(listed(*map(entry, odd))) == sorted(odd)


def test_large_or_new_ones_come_first_and_folders_by_what_they_hold() -> None:
    files = [
        entry("small.txt", 1, age=3),
        entry("large.txt", 900, age=9),
        entry("b/one.txt", 500, age=1),
        entry("b/two.txt", 500, age=5),
        entry("a/one.txt", 10, age=7),
    ]
    assert listed(*files) == ["a/one.txt", "b/one.txt", "b/two.txt", "large.txt", "small.txt"]
    assert listed(*files, order=SIZE) == ["b/one.txt", "b/two.txt", "a/one.txt", "large.txt", "small.txt"]
    assert listed(*files, order=NEWEST) == ["b/one.txt", "b/two.txt", "a/one.txt", "small.txt", "large.txt"]


def test_a_folder_tells_of_all_that_lies_in_it() -> None:
    found = tree(entry("trip/a.jpg", 5), entry("trip/day 1/b.jpg", 7), entry("trip/day 1/c.jpg", 8), entry("z.txt"))
    assert found.files == ("z.txt",)
    (trip,) = found.branches
    assert (trip.name, trip.total, trip.size, trip.files) == ("trip", 3, 20, ("trip/a.jpg",))
    (day,) = trip.branches
    assert (day.name, day.total, day.size) == ("day 1", 2, 15)


def test_a_folder_that_holds_only_another_is_shown_with_it() -> None:
    (found,) = tree(entry("plans/level 2/north/a.pdf"), entry("plans/level 2/south/b.pdf")).branches
    assert found.name == "plans/level 2"
    assert [one.name for one in found.branches] == ["north", "south"]


def test_hundreds_of_levels_do_not_make_hundreds_of_levels() -> None:
    def depth(branch: Branch[str]) -> int:
        return 1 + max(map(depth, branch.branches)) if branch.branches else 0

    levels = ["/".join(map(str, range(level))) for level in (*range(1, 10), 300)]
    found = tree(*(entry(f"{path}/a.txt") for path in levels))
    assert depth(found) == DEPTH
    assert found.branches[0].total == len(levels)


def test_few_files_are_all_in_sight_and_of_many_the_folders() -> None:
    few = [entry(f"{letter}/{number}.txt") for letter in "ab" for number in range(OPEN // 2)]
    assert [one.open for one in tree(*few).branches] == [True, True]
    assert [one.open for one in tree(*few, entry("c/1.txt")).branches] == [False, False, False]
    assert [one.open for one in tree(*(entry(f"all/{number}.txt") for number in range(OPEN + 1))).branches] == [True]


def test_a_page_shows_its_part_of_a_folder_and_tells_of_the_whole() -> None:
    entries = [entry(f"{letter}/{number}.txt") for letter in "abc" for number in range(4)]
    root = folders.arranged(entries)
    page = [one.id for one in folders.in_order(root)][3:6]
    found = folders.branch(root, {name: name for name in page})
    assert [(one.name, one.total, one.files) for one in found.branches] == [
        ("a", 4, ("a/3.txt",)),
        ("b", 4, ("b/0.txt", "b/1.txt")),
    ]


def test_ten_thousand_files_are_arranged_quickly() -> None:
    entries = [entry(f"{number % 97}/{number % 13}/file {number}.txt", number) for number in range(10_000)]
    started = datetime.now(UTC)
    ids = listed(*entries)
    assert datetime.now(UTC) - started < timedelta(seconds=2)
    assert len(set(ids)) == 10_000
    firsts = [int(one.split("/")[0]) for one in ids]
    assert all(a <= b for a, b in pairwise(firsts))
