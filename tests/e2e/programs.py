"""Recipients who use programs: shares made in the site's own process, and the real curl and wget that fetch them."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.site import EMAIL, Site

MAKE = """
import json, random
from datetime import timedelta
from django.utils import timezone
from shares.models import Share, SharedFile, User
from shares.policies import Caller
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from tests.cast import send
asked = json.loads({asked!r})
now, dice = timezone.now(), random.Random(asked["seed"])
caller = Caller(user=User.objects.get(email={email!r}), address="192.0.2.10", host="127.0.0.1")
wanted = {{"expires_at": now + timedelta(days=7)}} | asked["wanted"]
specs = [FileSpec(name=name, size=size) for name, size in asked["files"]]
share = shares.create(caller=caller, wanted=wanted, specs=specs, now=now)
for file in share.files.select_related("share__owner", "upload__file"):
    send(file, dice.randbytes(file.size), caller, now)
print(json.dumps([share.pk, list(share.files.values_list("pk", flat=True))]))
"""
COUNT = """
import json
from shares.models import Event, Grant, Share
share = Share.objects.get(pk={share!r})
kinds = list(Event.objects.of_share(share.pk).order_by("pk").values_list("kind", flat=True))
print(json.dumps([share.downloads_taken, Grant.objects.filter(share=share).count(), kinds.count("signed")]))
"""


@dataclass(frozen=True)
class Sent:
    """A share as its recipient has it: the link, and the addresses of its files."""

    site: Site
    id: str
    files: list[str]

    @property
    def link(self) -> str:
        return f"{self.site.url}/share/{self.id}"

    def file(self, place: int, act: str) -> str:
        return f"{self.link}/files/{self.files[place]}/{act}"

    def counts(self) -> tuple[int, int, int]:
        """Units taken, grants, URLs signed."""
        taken, grants, signed = _printed(self.site, COUNT.format(share=self.id))
        return taken, grants, signed


def put(site: Site, *files: tuple[str, int], seed: int = 1, **wanted: Any) -> Sent:
    """A live share whose files hold what ``random.Random(seed)`` gives, one after another."""
    asked = json.dumps({"files": files, "seed": seed, "wanted": wanted})
    return Sent(site, *_printed(site, MAKE.format(asked=asked, email=EMAIL)))


def run(
    folder: Path, *command: str, words: str = "", status: int = 0, seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """A program in ``folder`` with ``words`` at its standard input."""
    done = subprocess.run(
        command, cwd=folder, input=words, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == status, (command, done.returncode, done.stdout, done.stderr)
    return done


def shell(folder: Path, line: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return run(folder, "sh", "-c", line, **more)


def _printed(site: Site, code: str) -> Any:
    return json.loads(site.execute(code).splitlines()[-1])
