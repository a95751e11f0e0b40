"""Static files under names of their content: a page loads files of one version, even during an update."""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path, PurePosixPath

import pytest
from django.core.management import call_command
from pytest_django import Settings

from sharesite.dev_stack import statics
from tests.e2e.site import PROJECT

IMPORT = re.compile(
    r"""(?:^import\b|^export\b[^;]*?\bfrom\b|^\} from|(?<!\{)\bimport\()[^;]*?["']([./][^"']+)["']""", re.MULTILINE
)


def collected(settings: Settings, source: Path, target: Path) -> dict[str, str]:
    """The names of the files of ``source`` in ``target``: original name to the one with a digest."""
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = target
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "sharesite.statics.StaticStorage"}}
    call_command("collectstatic", "--noinput", "--verbosity=0")
    paths: dict[str, str] = json.loads((target / "staticfiles.json").read_text())["paths"]
    return paths


def test_the_site_uses_this_storage() -> None:
    """The settings choose it once the files were collected, which the tests' own process does not wait for."""
    command = (
        "from django.contrib.staticfiles.storage import staticfiles_storage as s; s.base_url; print(type(s._wrapped))"
    )
    process = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {command}", "collectstatic"],
        cwd=PROJECT,
        env=os.environ | {"DEBUG": "false"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "sharesite.statics.StaticStorage" in process.stdout


def test_every_import_names_a_module_by_its_content(settings: Settings, tmp_path: Path) -> None:
    names = collected(settings, PROJECT / "static", tmp_path)
    collected_files = set(names.values())
    import_count = 0
    for name in (file_name for file_name in collected_files if file_name.endswith(".js")):
        for module_path in IMPORT.findall((tmp_path / name).read_text()):
            parts: list[str] = []
            for part in (PurePosixPath(name).parent / module_path).parts:
                parts = parts[:-1] if part == ".." else [*parts, part]
            assert "/".join(parts) in collected_files, (name, module_path)
            import_count += 1
    assert import_count >= 30


def test_a_change_deep_down_changes_every_name_above_it(settings: Settings, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    steps = 12
    for step in range(steps):
        (source / f"m{step}.js").write_text(f'import {{ x }} from "./m{step + 1}.js";\nexport {{ x }};\n')
    (source / f"m{steps}.js").write_text("export const x = 1;\n")
    before = collected(settings, source, tmp_path / "before")
    (source / f"m{steps}.js").write_text("export const x = 2;\n")
    after = collected(settings, source, tmp_path / "after")
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] == after[name]] == []


@pytest.mark.parametrize("name", ["js/upload/upload-app.js", "js/upload/hashing/digest-worker.js"])
def test_files_of_pages_are_served_under_a_digest(settings: Settings, tmp_path: Path, name: str) -> None:
    names = collected(settings, PROJECT / "static", tmp_path)
    assert re.fullmatch(rf"{name.removesuffix('.js')}\.[0-9a-f]{{12}}\.js", names[name])


def test_two_sites_of_one_folder_collect_one_after_the_other() -> None:
    statics.collect()
    later = threading.Thread(target=statics.collect)
    with statics.alone(PROJECT):
        later.start()
        later.join(1)
        assert later.is_alive()
    later.join(30)
    assert not later.is_alive()
