"""The broken twins can be created: ``make twins`` runs the tests in each of them."""

import re
from pathlib import Path

import pytest

from tests.twins import __main__ as twins
from tests.twins.__main__ import ROOT, TWINS
from tests.twins.twin import Twin

NAMES = [re.sub(r"\W+", "-", twin.rule) for twin in TWINS]


@pytest.mark.parametrize("twin", TWINS, ids=NAMES)
def test_every_rule_occurs_once_where_its_twin_breaks_it(twin: Twin) -> None:
    assert (ROOT / twin.path).read_text().count(twin.original) == 1
    assert twin.broken != twin.original
    tests = [word for word in twin.tests.split() if word.startswith("tests/")]
    assert all((ROOT / name).exists() for name in tests)


def test_every_twin_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "testing.md").read_text()
    assert [twin.rule for twin in TWINS if twin.rule not in page] == []


def test_twins_whose_tests_pass_are_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    harmless = Twin("harmless", SCRIPT, "/** Which of the selected files", "/** The selected files that", SCRIPT_TEST)
    broken = Twin("broken", SCRIPT, "this.#records.delete(record);", "", SCRIPT_TEST)
    monkeypatch.setattr(twins, "TWINS", (harmless, broken))
    assert twins.main(["broken"]) == 0
    assert capsys.readouterr().out.startswith("red    broken: ")
    assert twins.main([]) == 1
    assert "PASSED harmless" in capsys.readouterr().out


def test_a_rule_that_has_moved_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("nothing")
    with pytest.raises(LookupError, match="0 times"):
        twins.break_rule(Twin("gone", "a.py", "something", "else", "tests"), tmp_path)


SCRIPT, SCRIPT_TEST = "static/js/upload/resume/missing-files.js", "tests/js/upload/resume/missing-files.test.mjs"
