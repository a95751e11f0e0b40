"""Recipients with command-line programs: shares created in the site's process, and the real curl and wget."""

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
from shares.callers import Caller
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from tests.fixtures import send
request = json.loads({request!r})
now, dice = timezone.now(), random.Random(request["seed"])
caller = Caller(user=User.objects.get(email={email!r}), address="192.0.2.10", host="127.0.0.1")
options = {{"expires_at": now + timedelta(days=7)}} | request["options"]
specs = [FileSpec(name=name, size=size) for name, size in request["files"]]
share = shares.create(caller=caller, values=options, specs=specs, now=now)
for file in share.files.select_related("share__owner", "upload__file"):
    send(file, dice.randbytes(file.size), caller, now)
print(json.dumps([share.pk, list(share.files.values_list("pk", flat=True))]))
"""
COUNT = """
import json
from shares.models import Event, Grant, Share
share = Share.objects.get(pk={share!r})
kinds = list(Event.objects.of_share(share.pk).order_by("pk").values_list("kind", flat=True))
print(json.dumps([share.download_count, Grant.objects.filter(share=share).count(), kinds.count("signed")]))
"""


@dataclass(frozen=True)
class SentShare:
    """A share as its recipient sees it: the link, and the URLs of its files."""

    site: Site
    id: str
    files: list[str]

    @property
    def link(self) -> str:
        return f"{self.site.url}/share/{self.id}"

    def file(self, index: int, action: str) -> str:
        return f"{self.link}/files/{self.files[index]}/{action}"

    def counts(self) -> tuple[int, int, int]:
        """Downloads taken, grants, signed URLs."""
        downloads, grants, signed_urls = _execute_json(self.site, COUNT.format(share=self.id))
        return downloads, grants, signed_urls


def put(site: Site, *files: tuple[str, int], seed: int = 1, **options: Any) -> SentShare:
    """A live share whose files contain the bytes of ``random.Random(seed)``, one after another."""
    request = json.dumps({"files": files, "seed": seed, "options": options})
    return SentShare(site, *_execute_json(site, MAKE.format(request=request, email=EMAIL)))


def run(
    folder: Path, *command: str, stdin: str = "", status: int = 0, seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a program in ``folder`` with ``stdin`` as its standard input."""
    process = subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert process.returncode == status, (command, process.returncode, process.stdout, process.stderr)
    return process


def shell(folder: Path, line: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return run(folder, "sh", "-c", line, **options)


def _execute_json(site: Site, code: str) -> Any:
    return json.loads(site.execute(code).splitlines()[-1])
