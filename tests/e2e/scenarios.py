"""A share with real bytes in every state that a page can show, for the tests of pages and for the screenshots.

Runs inside the site's own process: ``manage.py shell --command "from tests.e2e.scenarios import stage; stage()"``.
"""

import json
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from shares.callers import Caller
from shares.models import Grant, PasswordAttempt, Scan, Share, SharedFile, User
from shares.services.downloads import access, start
from shares.services.downloads.visits import Visit
from shares.services.passwords import TRIES_PER_SHARE
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from tests.e2e.site import EMAIL
from tests.fixtures import send

Names = Sequence[tuple[str, int]]
SURVEY: Names = (("Survey report.pdf", 182_000), ("Drone pass 2.mp4", 1_380_000), ("drawings.zip", 410_000))
LONG: Names = (
    ("plans/level 2/a name so long that it must wrap, because nobody ever shortens one before sending.tar.gz", 2000),
    ("no extension", 10),
    ("empty.bin", 0),
)
LEVELS = ("Site visit", "Building A", "Level 2", "Office 204", "North wall", "Photos", "Raw")
# A file beside a folder at every depth, so that no folder is merged with the next.
DEEP: Names = tuple((f"{'/'.join(LEVELS[:depth])}/Measurements {depth}.pdf", 1000) for depth in range(1, 8))
FOLDERS: Names = (
    ("Read me first.txt", 1200),
    ("Budget.xlsx", 24_000),
    *((f"Photos/IMG_{number}.jpg", 30_000 + 7000 * number) for number in (1, 2, 10)),
    ("Photos/Pier at night/IMG_11.jpg", 51_000),
    ("Photos/Pier at night/Walk.mov", 640_000),
    ("Plans/Level 2/north.dwg", 88_000),
    ("Plans/Level 2/south.dwg", 91_000),
    ("Plans/Level 2/report.pdf", 120_000),
    ("Plans/Level 2/report.pdf", 118_000),
)
DICE = random.Random(7)  # The same screenshots every time.


class ScenarioBuilder:
    def __init__(self, owner: User, now: datetime) -> None:
        self.owner, self.now = owner, now
        self.caller = Caller(user=owner, address="192.0.2.10", host="127.0.0.1")

    def share(self, title: str, names: Names = SURVEY, *, ready: int | None = None, **options: Any) -> Share:
        options = {"title": title, "expires_at": self.now + timedelta(days=7, minutes=1)} | options
        specs = [FileSpec(name=n.rpartition("/")[2], path=n.rpartition("/")[0], size=size) for n, size in names]
        share = shares.create(caller=self.caller, values=options, specs=specs, now=self.now)  # type: ignore[arg-type]
        for file in share.files.select_related("share__owner", "upload__file")[:ready]:
            send(file, DICE.randbytes(file.size), self.caller, self.now)
        return Share.objects.select_related("owner").get(pk=share.pk)

    def with_downloads(self, share: Share, times: int) -> Share:
        """``times`` browsers opened the page and downloaded a file."""
        for number in range(times):
            visitor = Caller(address=f"198.51.100.{7 + number}", host="127.0.0.1")
            access.record_opening(share=share, visit=Visit(visitor, self.now))
            first = list(share.files.select_related("share")[:1])
            start.start_download(share=share, files=first, visit=Visit(visitor, self.now))
        return share

    def with_history(self, share: Share) -> Share:
        """Downloads over the last days, for the bars in the list."""
        for day in range(1, 12):
            created_at = self.now - timedelta(days=day)
            for _ in range(DICE.randint(0, 5)):
                Grant.objects.create(share=share, password_version=1, created_at=created_at, expires_at=created_at)
        return share

    def with_columns(self, share: Share, **columns: datetime) -> Share:
        Share.objects.filter(pk=share.pk).update(**columns)
        return share

    def with_failed_attempts(self, share: Share) -> Share:
        PasswordAttempt.objects.create(
            share=share, source=PasswordAttempt.ANY_SOURCE, started_at=self.now, count=TRIES_PER_SHARE
        )
        return share

    def with_scan(self, share: Share, *, virus: bool) -> Share:
        """The last file is being scanned for viruses, or a virus was found in it."""
        last = share.files.last()
        assert last is not None
        withheld = SharedFile.Withheld.VIRUS if virus else ""
        SharedFile.objects.filter(pk=last.pk).update(ready_at=None, stored_at=self.now, withheld=withheld)
        verdict = {"verdict": Scan.Verdict.INFECTED, "signature": "Win.Test.EICAR_HDB-1"} if virus else {"verdict": ""}
        Scan.objects.create(file=last, created_at=self.now, due_at=self.now, **verdict)
        return share

    def scenarios(self) -> dict[str, Callable[[], Share]]:
        hour = timedelta(hours=1)
        photos = [(f"photos/IMG_{number:04}.jpg", 900 + number) for number in range(60)]
        note = "The three of them in their last version.\nThe drone film is cut to the pier."
        soon = self.now + 5 * hour
        return {
            "removed": lambda: self.with_columns(self.share("Wrong version", SURVEY[:1]), revoked_at=self.now - hour),
            "expired": lambda: self.with_columns(self.share("Old budget", SURVEY[:1]), expires_at=self.now - hour),
            "blocked": lambda: self.with_columns(
                self.share("Not what it says", SURVEY[:1]), suspended_at=self.now - hour
            ),
            "wanted": lambda: self.with_columns(
                self.share("Old plans", SURVEY[:1], reshare_requests_enabled=True), expires_at=self.now - hour
            ),
            "used-up": lambda: self.with_downloads(self.share("Press pictures", SURVEY[:2], max_downloads=2), 2),
            "barred": lambda: self.with_failed_attempts(self.share("Personnel", SURVEY[:1], password="open sesame")),
            "locked": lambda: self.share("Contracts", password="open sesame"),
            "long": lambda: self.with_history(
                self.share("Everything from the site visit, sorted by level and by area " * 2, LONG)
            ),
            "many": lambda: self.share("Sixty photos", photos),
            "deep": lambda: self.share("Measured in every area", DEEP),
            "folders": lambda: self.share("Everything from the site visit", FOLDERS),
            "single": lambda: self.share("", SURVEY[:1]),
            "big": lambda: self.share("Two large files", [("a.bin", 16_000_000), ("b.bin", 16_000_000)]),
            "waiting": lambda: self.share("", ready=0),
            "uploading": lambda: self.share(
                "Drawings, second batch", [*SURVEY, ("a.jpg", 90_000), ("b.txt", 1200)], ready=3
            ),
            "scanning": lambda: self.with_scan(self.share("Tender documents"), virus=False),
            "withheld": lambda: self.with_scan(self.share("Tools for the site office"), virus=True),
            "open": lambda: self.with_downloads(
                self.share("Harbor survey, final drawings", max_downloads=5, message=note, expires_at=soon), 3
            ),
        }


def stage(*names: str) -> None:
    """Build the scenarios ``names``, or all, and print the id of each share as JSON."""
    builder = ScenarioBuilder(User.objects.get(email=EMAIL), timezone.now())
    scenarios = {name: build() for name, build in builder.scenarios().items() if not names or name in names}
    print(json.dumps({name: share.pk for name, share in scenarios.items()}))
