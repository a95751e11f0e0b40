"""Static files under names of their content: a page loads files of one version, even during an update."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from django.conf import settings

from sharesite.dev_stack import statics
from tests.e2e.site import PROJECT

COLLECTED = Path(settings.STATIC_ROOT)
IMPORT = re.compile(r"""(?:\bfrom|\bimport|\bimport\()["'](\./[^"']+)["']""")
ENTRY_POINTS = [path.name for path in (PROJECT / "static").glob("*/entry-points/*")]
LOADED_ON_DEMAND = ["archive-worker.js", "content-worker.js", "digest-worker.js", "preview-worker.js", "preview.css"]
HASHED = re.compile(settings.WHITENOISE_IMMUTABLE_FILE_TEST)


@pytest.fixture(scope="module")
def names() -> dict[str, str]:
    """What each file is served as."""
    statics.collect()
    paths: dict[str, str] = json.loads((COLLECTED / "staticfiles.json").read_text())["paths"]
    return paths


def scripts(names: dict[str, str]) -> Iterator[str]:
    """The scripts of this site as they are served."""
    yield from (names[name] for name in (*ENTRY_POINTS, *LOADED_ON_DEMAND) if name.endswith(".js"))
    yield from (f"chunks/{path.name}" for path in (PROJECT / "static" / "build" / "chunks").glob("*.js"))


def test_every_page_loads_files_under_hashed_names(names: dict[str, str]) -> None:
    assert len(ENTRY_POINTS) >= 10
    for name in (*ENTRY_POINTS, *LOADED_ON_DEMAND):
        assert re.fullmatch(rf"{name.split('.')[0]}\.[0-9a-f]{{12}}\.(js|css)", names[name]), name
        assert (COLLECTED / f"{names[name]}.gz").exists()


def test_a_script_imports_files_under_hashed_names_alone(names: dict[str, str]) -> None:
    imports = [
        (script, str(PurePosixPath(script).parent / path))
        for script in scripts(names)
        for path in IMPORT.findall((COLLECTED / script).read_text())
    ]
    assert len(imports) >= 15
    assert [(script, path) for script, path in imports if not (COLLECTED / path).exists()] == []
    assert [(script, path) for script, path in imports if not HASHED.search(f"/static/{path}")] == []


def test_files_whose_names_are_not_hashed_are_not_cached_for_good() -> None:
    assert [
        name for name in (*ENTRY_POINTS, *LOADED_ON_DEMAND, "favicon.svg") if HASHED.search(f"/static/{name}")
    ] == []


def test_every_script_and_style_has_its_source_map(names: dict[str, str]) -> None:
    styles = [names[name] for name in ENTRY_POINTS if name.endswith(".css")]
    for name in (*scripts(names), *styles):
        [map_name] = re.findall(r"sourceMappingURL=(\S+)", (COLLECTED / name).read_text())
        assert json.loads((COLLECTED / name).with_name(map_name).read_text())["version"] == 3, name


def test_a_change_deep_down_changes_the_name_of_what_a_page_loads(tmp_path: Path) -> None:
    """The module is one that a page loads on demand: the name of its chunk changes, and with it the importing file."""
    shutil.copytree(PROJECT / "static", tmp_path / "static", ignore=shutil.ignore_patterns("build", "vendor"))
    shutil.copy(PROJECT / "build.js", tmp_path)
    shutil.copy(PROJECT / "package.json", tmp_path)
    (tmp_path / "node_modules").symlink_to(PROJECT / "node_modules")
    module, built = tmp_path / "static" / "js" / "preview" / "image.js", tmp_path / "static" / "build"
    build(tmp_path)
    before = {path.name for path in (built / "chunks").iterdir()}, (built / "share.js").read_text()
    module.write_text(module.read_text().replace("preview-image", "preview-picture"))
    build(tmp_path)
    after = {path.name for path in (built / "chunks").iterdir()}, (built / "share.js").read_text()
    assert {name.split("-")[0] for name in after[0] - before[0]} == {"dialog", "image"}, "and nothing else"
    assert before[1] != after[1]


def build(folder: Path) -> None:
    subprocess.run(["node", "build.js"], cwd=folder, check=True, timeout=120)


def test_what_is_unchanged_is_not_built_again() -> None:
    statics.collect()
    assert statics.collect() is False


def test_two_sites_of_one_folder_collect_one_after_the_other() -> None:
    statics.collect()
    later = threading.Thread(target=statics.collect)
    with statics.alone(PROJECT):
        later.start()
        later.join(1)
        assert later.is_alive()
    later.join(30)
    assert not later.is_alive()
