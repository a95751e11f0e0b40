"""Folders and orders of a share's files: in natural order, at any depth and length."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from shares.services.downloads import folders
from shares.services.downloads.folders import MAX_DEPTH, MAX_OPEN_FILES, NAME, NEWEST, SIZE, Branch, Entry

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def entry(full: str, size: int = 1, age: int = 0) -> Entry:
    path, _, name = full.rpartition("/")
    return Entry(full, name, path, size, NOW - timedelta(minutes=age))


def sorted_ids(*entries: Entry, order: str = NAME) -> list[str]:
    return [item.id for item in folders.in_order(folders.arrange(entries, order))]


def tree(*entries: Entry) -> Branch[str]:
    return folders.branch(folders.arrange(entries), {item.id: item.id for item in entries})


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
    assert sorted_ids(*map(entry, reversed(names))) == names


def test_any_name_has_its_place() -> None:
    odd = ["²", "٣ a", "9" * 250, "0" * 250, "\U0001d7d9", "ﬁ", "İ", "-", "😀", "1a1a", "a1a1"]
    assert sorted(sorted_ids(*map(entry, odd))) == sorted(odd)


def test_large_or_new_ones_come_first_and_folders_by_what_they_hold() -> None:
    files = [
        entry("small.txt", 1, age=3),
        entry("large.txt", 900, age=9),
        entry("b/one.txt", 500, age=1),
        entry("b/two.txt", 500, age=5),
        entry("a/one.txt", 10, age=7),
    ]
    assert sorted_ids(*files) == ["a/one.txt", "b/one.txt", "b/two.txt", "large.txt", "small.txt"]
    assert sorted_ids(*files, order=SIZE) == ["b/one.txt", "b/two.txt", "a/one.txt", "large.txt", "small.txt"]
    assert sorted_ids(*files, order=NEWEST) == ["b/one.txt", "b/two.txt", "a/one.txt", "small.txt", "large.txt"]


def test_a_folder_shows_the_totals_of_its_content() -> None:
    root = tree(entry("trip/a.jpg", 5), entry("trip/day 1/b.jpg", 7), entry("trip/day 1/c.jpg", 8), entry("z.txt"))
    assert root.files == ("z.txt",)
    (trip,) = root.branches
    assert (trip.name, trip.total, trip.size, trip.files) == ("trip", 3, 20, ("trip/a.jpg",))
    (day,) = trip.branches
    assert (day.name, day.total, day.size) == ("day 1", 2, 15)


def test_a_folder_with_only_one_folder_is_shown_with_it() -> None:
    (branch,) = tree(entry("plans/level 2/north/a.pdf"), entry("plans/level 2/south/b.pdf")).branches
    assert branch.name == "plans/level 2"
    assert [child.name for child in branch.branches] == ["north", "south"]


def test_hundreds_of_levels_do_not_make_hundreds_of_levels() -> None:
    def depth(branch: Branch[str]) -> int:
        return 1 + max(map(depth, branch.branches)) if branch.branches else 0

    levels = ["/".join(map(str, range(level))) for level in (*range(1, 10), 300)]
    root = tree(*(entry(f"{path}/a.txt") for path in levels))
    assert depth(root) == MAX_DEPTH
    assert root.branches[0].total == len(levels)


def test_few_files_are_all_in_sight_and_of_many_the_folders() -> None:
    entries = [entry(f"{letter}/{number}.txt") for letter in "ab" for number in range(MAX_OPEN_FILES // 2)]
    assert [branch.open for branch in tree(*entries).branches] == [True, True]
    assert [branch.open for branch in tree(*entries, entry("c/1.txt")).branches] == [False, False, False]
    assert [
        branch.open for branch in tree(*(entry(f"all/{number}.txt") for number in range(MAX_OPEN_FILES + 1))).branches
    ] == [True]


def test_a_page_shows_its_part_of_a_folder_and_the_totals_of_all() -> None:
    entries = [entry(f"{letter}/{number}.txt") for letter in "abc" for number in range(4)]
    root = folders.arrange(entries)
    page = [item.id for item in folders.in_order(root)][3:6]
    branch = folders.branch(root, {name: name for name in page})
    assert [(child.name, child.total, child.files) for child in branch.branches] == [
        ("a", 4, ("a/3.txt",)),
        ("b", 4, ("b/0.txt", "b/1.txt")),
    ]


def test_ten_thousand_files_are_arranged_quickly() -> None:
    entries = [entry(f"{number % 97}/{number % 13}/file {number}.txt", number) for number in range(10_000)]
    started = datetime.now(UTC)
    ids = sorted_ids(*entries)
    assert datetime.now(UTC) - started < timedelta(seconds=2)
    assert len(set(ids)) == 10_000
    firsts = [int(file_id.split("/")[0]) for file_id in ids]
    assert all(a <= b for a, b in pairwise(firsts))
