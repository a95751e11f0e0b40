"""The table of the toolbox names only settings, commands and tests that exist."""

import re
from pathlib import Path

import pytest

from sharesite.env import PROJECT

TABLE = (PROJECT / "docs" / "toolbox.md").read_text(encoding="utf-8")
ROWS = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.startswith("| ")][2:]
SETTINGS = set(
    re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (PROJECT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
)
COMMANDS = {path.stem for path in (PROJECT / "shares" / "management" / "commands").glob("*.py")}


def test_the_table_has_its_rows() -> None:
    assert len(ROWS) > 34
    assert {len(row) for row in ROWS} == {3}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_settings_commands_and_tests_exist(row: list[str]) -> None:
    _, setting, evidence = row
    names = re.findall(r"`([^`]+)`", setting)
    assert names or setting == "always" or setting.startswith("admin: *"), setting
    for name in names:
        program, _, command = name.partition(" ")
        assert command.split(" ")[0] in COMMANDS if program == "manage.py" else name in SETTINGS, name
    path, _, function = evidence.strip("`").partition("::")
    source = (PROJECT / Path(path)).read_text(encoding="utf-8")
    assert f"def {function or 'test_'}" in source, evidence
