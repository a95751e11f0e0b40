"""From files to lines: of limited length, whatever they contain, and recognized after rotation."""

import gzip
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shares.accesslogs import MAX_LINE_BYTES, fingerprint, read_chunks, read_lines, rotated_paths


def texts(*source: bytes, growing: bool = False) -> list[bytes | None]:
    return [line for line, _ in read_lines(source, growing=growing)]


def test_lines_are_put_together_from_pieces() -> None:
    assert list(read_lines([b"on", b"e\ntw", b"o\n\nthr"], start=10)) == [
        (b"one", 14),
        (b"two", 18),
        (b"", 19),
        (b"thr", 22),
    ]
    assert texts(b"one\ntw", growing=True) == [b"one"]
    assert texts(b"one\n") == [b"one"]
    assert texts() == []


@given(
    st.lists(st.sampled_from([b"\n", b"x", b"x" * 9, b"x" * MAX_LINE_BYTES, b"x" * (MAX_LINE_BYTES + 1)]), max_size=8)
)
def test_too_long_a_line_is_one_line(source: list[bytes]) -> None:
    whole = b"".join(source).split(b"\n")
    expected = [None if len(line) > MAX_LINE_BYTES else line for line in whole]
    assert texts(*source) == (expected if whole[-1] else expected[:-1])


def test_memory_contains_one_line_at_most() -> None:
    endless = (b"x" * 50_000 for _ in range(1000))
    assert texts(*endless) == [None]


def write(path: Path, *lines: str) -> Path:
    with path.open("ab") as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
    return path


def test_a_log_is_known_again_wherever_it_goes(tmp_path: Path) -> None:
    log = write(tmp_path / "a.log", "first", "second")
    name = fingerprint(log)
    assert name
    write(log, "third")
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(log.read_bytes()))
    shutil.copy(log, tmp_path / "copy")
    assert {fingerprint(path) for path in tmp_path.iterdir()} == {name}
    assert b"".join(read_chunks(tmp_path / "a.log.gz", 6)) == b"second\nthird\n"
    assert b"".join(read_chunks(log, 13)) == b"third\n"
    os.truncate(log, 0)
    assert fingerprint(log) is None
    write(log, "later")
    assert fingerprint(log) not in {None, name}


def test_an_incomplete_first_line_identifies_no_file(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"half of a li")
    assert fingerprint(log) is None
    log.write_bytes(b"x" * (MAX_LINE_BYTES + 5))
    assert fingerprint(log)


@pytest.mark.parametrize("cut", [3, 12, 30])
def test_a_file_that_is_being_packed_ends_early(tmp_path: Path, cut: int) -> None:
    compressed_log = tmp_path / "a.log.gz"
    compressed_log.write_bytes(gzip.compress(b"first\n" + bytes(range(256)) * 100)[:cut])
    assert fingerprint(compressed_log) is None or cut > 12
    assert b"".join(read_chunks(compressed_log, 3)) in {b"", *(b"first\n"[3:end] for end in range(4, 7))} or cut > 12
    compressed_log.write_bytes(b"\x1f\x8b and no more of it")
    assert list(read_chunks(compressed_log)) == []


def test_rotated_logs_are_read_first(tmp_path: Path) -> None:
    names = ["storage.log.2.gz", "storage-2026-02-06T10-00-00.000.log.gz", "storage.log-20260207", "storage.log.1"]
    for index, name in enumerate([*names, "storage.log"]):
        write(tmp_path / name, name)
        os.utime(tmp_path / name, (1_000 + index, 1_000 + index))
    os.utime(tmp_path / "storage.log", (5, 5))
    for unrelated_name in ("storage.logs", "other.log", "storage-2026.txt", "web.log.1"):
        write(tmp_path / unrelated_name, unrelated_name)
    (tmp_path / "storage.log.d").mkdir()
    assert [path.name for path in rotated_paths(tmp_path / "storage.log")] == [*names, "storage.log"]
