"""Which tests one test process runs alone."""

from sharesite.env import PROJECT
from tests.support.scheduler import TOGETHER, FileScheduling


def test_a_process_runs_a_file_or_a_folder_that_is_named() -> None:
    scheduling = FileScheduling.__new__(FileScheduling)
    ids = [f"tests/{path}::test_it[a::b]" for path in ("e2e/languages/test_uploads.py", "e2e/test_journey.py")]
    assert [scheduling._split_scope(test_id) for test_id in ids] == ["tests/e2e/languages", "tests/e2e/test_journey.py"]
    assert all((PROJECT / folder).is_dir() for folder in TOGETHER)
