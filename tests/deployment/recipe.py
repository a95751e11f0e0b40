"""Reads what a container would run: the Compose files, merged and filled in, and the Dockerfile."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sharesite.env import PROJECT

PATIENCE_SECONDS = 90
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?+])([^}]*))?\}")


@dataclass(frozen=True)
class Instruction:
    stage: int
    word: str
    rest: str

    @property
    def words(self) -> list[str]:
        return self.rest.split()

    @property
    def command(self) -> list[str]:
        """The list of CMD, or of HEALTHCHECK ... CMD."""
        found: list[str] = json.loads(self.rest[self.rest.index("[") :])
        return found


def dockerfile() -> list[Instruction]:
    text = (PROJECT / "Dockerfile").read_text()
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    found: list[Instruction] = []
    stage = -1
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            stage += word == "FROM"
            found.append(Instruction(stage, word, rest.strip()))
    return found


def image_command() -> list[str]:
    """What the image runs unless compose says otherwise: the web."""
    return next(each.command for each in reversed(dockerfile()) if each.word == "CMD")


def example() -> dict[str, str]:
    """The variables of .env.example."""
    lines = (PROJECT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z][A-Z0-9_]*=", line))


COMPOSE = PROJECT / "deploy" / "compose"
WHOLE = tuple(example()["COMPOSE_FILE"].split(":"))
EVERY = ("docker-compose.yml", *sorted(f"deploy/compose/{path.name}" for path in COMPOSE.glob("*.yml")))


def raw(files: Sequence[str] = WHOLE) -> dict[str, Any]:
    """The files as docker compose merges them: maps by key, lists one after the other, anything else replaced."""
    found: dict[str, Any] = {}
    for name in files:
        found = merged(found, yaml.safe_load((PROJECT / name).read_text()))
    return found


def merged(one: Any, other: Any, key: str = "") -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return one | {name: merged(one[name], value, name) if name in one else value for name, value in other.items()}
    if isinstance(one, list) and isinstance(other, list) and key not in ("command", "entrypoint", "test"):
        return [*one, *(value for value in other if value not in one)]
    return other


def variables(files: Sequence[str] = EVERY) -> set[str]:
    return {match[1] for name in files for match in VARIABLE.finditer((PROJECT / name).read_text())}


def filled(value: Any, given: Mapping[str, str]) -> Any:
    """``${NAME:-default}``, ``${NAME:+instead}`` and ``${NAME:?complaint}`` as docker compose reads them."""
    if isinstance(value, dict):
        return {key: filled(each, given) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, given) for each in value]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        found = given.get(match[1], "")
        if not found and match[2] == "?":
            raise LookupError(match[3] or f"{match[1]} is not set")
        if match[2] == "+":
            return match[3] if found else ""
        return found or (match[3] if match[2] == "-" else "")

    return VARIABLE.sub(fill, value)


def write_caddyfile(folder: Path, changes: Mapping[str, str]) -> list[str]:
    """The proxy's two files with ``changes`` (what stands there, what is to stand), and the command that reads them."""
    for name in ("Caddyfile", "storage.caddy"):
        text = (PROJECT / "deploy" / name).read_text()
        for there, here in changes.items():
            text = text.replace(there, here)
        (folder / name).write_text(text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


@dataclass(frozen=True)
class Recipe:
    """One service, filled in and with the container's addresses and paths replaced by those of this machine."""

    service: Mapping[str, Any]
    places: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        return {name: self.here(str(value)) for name, value in self.service.get("environment", {}).items()}

    @property
    def command(self) -> list[str]:
        entry = self.service.get("entrypoint", [])
        words = self.service.get("command") or ([] if entry else image_command())
        return [self.here(word) for word in [*entry, *words]]

    def here(self, text: str) -> str:
        for there, here in self.places.items():
            text = text.replace(there, here)
        return text


def recipe(name: str, given: Mapping[str, str], places: Mapping[str, str], files: Sequence[str] = WHOLE) -> Recipe:
    return Recipe(filled(raw(files)["services"][name], given), places)


def secrets(folder: Path, given: Mapping[str, str], files: Sequence[str] = WHOLE) -> None:
    """Each secret as the file that its containers would see under /run/secrets."""
    folder.mkdir()
    for name, source in raw(files)["secrets"].items():
        (folder / name).write_text(given[source["environment"]])


def run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """A container that ends, to its end; what it said."""
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
