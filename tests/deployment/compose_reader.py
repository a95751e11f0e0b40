"""Reads what a container would run: the merged Compose files with their variables, and the Dockerfile."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sharesite.env import PROJECT

TIMEOUT_SECONDS = 90
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?+])([^}]*))?\}")


@dataclass(frozen=True)
class Instruction:
    stage: int
    name: str
    arguments: str

    @property
    def argument_list(self) -> list[str]:
        return self.arguments.split()

    @property
    def command(self) -> list[str]:
        """The list of CMD, or of HEALTHCHECK ... CMD."""
        arguments: list[str] = json.loads(self.arguments[self.arguments.index("[") :])
        return arguments


def dockerfile() -> list[Instruction]:
    text = (PROJECT / "Dockerfile").read_text()
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    instructions: list[Instruction] = []
    stage = -1
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if line.strip():
            name, _, arguments = line.partition(" ")
            stage += name == "FROM"
            instructions.append(Instruction(stage, name, arguments.strip()))
    return instructions


def image_command() -> list[str]:
    """What the image runs unless compose says otherwise: the web."""
    return next(instruction.command for instruction in reversed(dockerfile()) if instruction.name == "CMD")


def example() -> dict[str, str]:
    """The variables of .env.example."""
    lines = (PROJECT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z][A-Z0-9_]*=", line))


COMPOSE = PROJECT / "deploy" / "compose"
WHOLE = tuple(example()["COMPOSE_FILE"].split(":"))
COMPOSE_FILES = ("docker-compose.yml", *sorted(f"deploy/compose/{path.name}" for path in COMPOSE.glob("*.yml")))


def raw(files: Sequence[str] = WHOLE) -> dict[str, Any]:
    """The files as docker compose merges them: maps by key, lists one after the other, anything else replaced."""
    document: dict[str, Any] = {}
    for name in files:
        document = merged(document, yaml.safe_load((PROJECT / name).read_text()))
    return document


def merged(base: Any, override: Any, key: str = "") -> Any:
    if isinstance(base, dict) and isinstance(override, dict):
        return base | {
            name: merged(base[name], value, name) if name in base else value for name, value in override.items()
        }
    if isinstance(base, list) and isinstance(override, list) and key not in ("command", "entrypoint", "test"):
        return [*base, *(value for value in override if value not in base)]
    return override


def variables(files: Sequence[str] = COMPOSE_FILES) -> set[str]:
    return {match[1] for name in files for match in VARIABLE.finditer((PROJECT / name).read_text())}


def filled(value: Any, environment: Mapping[str, str]) -> Any:
    """``${NAME:-default}``, ``${NAME:+instead}`` and ``${NAME:?complaint}`` as docker compose reads them."""
    if isinstance(value, dict):
        return {key: filled(item, environment) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, environment) for item in value]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        setting = environment.get(match[1], "")
        if not setting and match[2] == "?":
            raise LookupError(match[3] or f"{match[1]} is not set")
        if match[2] == "+":
            return match[3] if setting else ""
        return setting or (match[3] if match[2] == "-" else "")

    return VARIABLE.sub(fill, value)


def write_caddyfile(folder: Path, changes: Mapping[str, str]) -> list[str]:
    """The proxy's two files with ``changes`` (what stands there, what is to stand), and the command that reads them."""
    for name in ("Caddyfile", "storage.caddy"):
        text = (PROJECT / "deploy" / name).read_text()
        for original, replacement in changes.items():
            text = text.replace(original, replacement)
        (folder / name).write_text(text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


@dataclass(frozen=True)
class ComposeService:
    """One service, filled in and with the container's addresses and paths replaced by those of this machine."""

    service: Mapping[str, Any]
    replacements: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        return {name: self.replace_text(str(value)) for name, value in self.service.get("environment", {}).items()}

    @property
    def command(self) -> list[str]:
        entry = self.service.get("entrypoint", [])
        arguments = self.service.get("command") or ([] if entry else image_command())
        return [self.replace_text(argument) for argument in [*entry, *arguments]]

    def replace_text(self, text: str) -> str:
        for original, replacement in self.replacements.items():
            text = text.replace(original, replacement)
        return text


def read_service(
    name: str, environment: Mapping[str, str], replacements: Mapping[str, str], files: Sequence[str] = WHOLE
) -> ComposeService:
    return ComposeService(filled(raw(files)["services"][name], environment), replacements)


def secrets(folder: Path, environment: Mapping[str, str], files: Sequence[str] = WHOLE) -> None:
    """Each secret as the file that its containers would see under /run/secrets."""
    folder.mkdir()
    for name, source in raw(files)["secrets"].items():
        (folder / name).write_text(environment[source["environment"]])


def run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """A container that ends, to its end; what it said."""
    process = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
    )
    assert process.returncode == 0, process.stderr
    return process.stdout + process.stderr
