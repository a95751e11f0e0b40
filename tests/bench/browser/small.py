"""Many files of 10 kB through the page, against one API call and one PUT a file, one after another, in the same page.

The time of one-by-one does not include declaring and completing the files: both are in its favor.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from playwright.sync_api import BrowserContext

from shares.models import User
from shares.services.accounts import tokens
from tests.bench.browser import site
from tests.bench.sender import Site
from tests.e2e.site import EMAIL
from tests.stack import Stack

SIZE = 10_000
ONE_BY_ONE = """async ({ ids, size, token }) => {
  const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const since = performance.now();
  for (const id of ids) {
    const bytes = crypto.getRandomValues(new Uint8Array(size));
    const sum = base64(await crypto.subtle.digest("SHA-256", bytes));
    const answer = await fetch(`/api/v1/uploads/${id}/parts`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify({ parts: [{ number: 1, checksum_sha256: sum }] }),
    });
    const { parts: [part] } = await answer.json();
    const put = await fetch(part.url, { method: "PUT", headers: part.headers, body: bytes });
    if (!put.ok) throw new Error(`PUT: ${put.status}`);
  }
  return (performance.now() - since) / 1000;
}"""


@dataclass
class SmallFileRates:
    """Files a second of either way, one figure a round."""

    site_rates: list[float] = field(default_factory=list)
    single_rates: list[float] = field(default_factory=list)
    longest: float = 0

    @property
    def ratio(self) -> float:
        return median(
            site_rate / single_rate for site_rate, single_rate in zip(self.site_rates, self.single_rates, strict=True)
        )

    def summary(self) -> str:
        return f"{median(self.site_rates):.0f} small files/s, one by one {median(self.single_rates):.0f}/s"


def run(stack: Stack, context: BrowserContext, url: str, *, number: int, rounds: int) -> SmallFileRates:
    rates = SmallFileRates()
    folder = stack.folder / "small"
    paths = [write_random_file(folder / f"{index:05}.bin") for index in range(number)]
    token = tokens.issue(
        user=User.objects.get(email=EMAIL), scopes=["read", "write"], days=1, name="bench", now=timezone.now()
    )
    for turn in range(rounds):
        for method in ("ours", "theirs") if turn % 2 else ("theirs", "ours"):
            if method == "ours":
                timing = site.send(context, url, paths)
                rates.site_rates.append(number / timing.seconds)
                rates.longest = max(rates.longest, timing.longest)
            else:
                rates.single_rates.append(one_by_one(context, url, token, max(10, number // 10)))
        site.delete_uploads()
    return rates


def one_by_one(context: BrowserContext, url: str, token: str, number: int) -> float:
    api = Site(urlsplit(url).port or 80, token)
    declared = [{"name": f"{index}.bin", "size": SIZE} for index in range(number)]
    slots: list[Any] = api.call("/shares", {"files": declared})["files"]
    with site.opened(context, url) as page:
        arguments = {"ids": [slot["id"] for slot in slots], "size": SIZE, "token": token}
        seconds = float(page.evaluate(ONE_BY_ONE, json.loads(json.dumps(arguments))))
    return number / seconds


def write_random_file(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(os.urandom(SIZE))
    return path
