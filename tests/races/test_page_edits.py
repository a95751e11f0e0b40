"""Edits against loads of a page: no response is older than the last edit committed before the request."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from django.db import connection
from django.utils import timezone

from shares.models import Share, SharedFile
from tests.bench.load import Connection, get
from tests.e2e.site import Site
from tests.fixtures import make_user

SHARES, LOOKERS = 4, 2
# Several requests at each edit, so that pages are repeated, and few, so that the edits are many.
REQUESTS_AN_EDIT = 4
TITLE = re.compile(rb"Edit (\d+)\b")
OPEN, LOCKED, SUSPENDED = "open", "locked", "suspended"


@dataclass
class Edited:
    """A share with numbered edits; ``last_edit`` has begun, ``committed`` is the last one that readers must have."""

    pk: str
    last_edit: int = 0
    committed: int = 0
    requests: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def edit(self) -> None:
        """The next edit: each fourth suspends the share, each third of four locks it, the others change its title."""
        self.last_edit += 1
        state = state_after(self.last_edit)
        Share.objects.filter(pk=self.pk).update(
            title=f"Edit {self.last_edit}",
            password="x" if state == LOCKED else "",
            suspended_at=timezone.now() if state == SUSPENDED else None,
        )
        self.committed = self.last_edit

    def count_request(self) -> None:
        with self.changed:
            self.requests += 1
            self.changed.notify_all()

    def wait_for_requests(self, number: int, stopped: threading.Event) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.requests >= number or stopped.is_set())


def state_after(number: int) -> str:
    return {2: LOCKED, 3: SUSPENDED}.get(number % 4, OPEN)


def load_page(line: Connection, request: bytes) -> tuple[int, bytes]:
    """The status and the body of a response."""
    line.send(request)
    while not (status := line.receive()):
        pass
    return status, line.body


def parse_state(status: int, body: bytes) -> tuple[str, int | None]:
    """The state that a response shows and, of an open share, the number of the edit."""
    if status == 403:
        return SUSPENDED, None
    assert status == 200, status
    title = TITLE.search(body)
    return (LOCKED, None) if title is None else (OPEN, int(title[1]))


def is_current(state: str, number: int | None, first: int, last: int) -> bool:
    """Whether it is what some edit from ``first`` to ``last`` made of the share."""
    if number is not None:
        return first <= number <= last and state_after(number) == OPEN
    return any(state_after(edit) == state for edit in range(first, last + 1))


@pytest.fixture
def edited_shares(racing_site: Site) -> list[Edited]:
    now, owner = timezone.now(), make_user("editor@example.com")
    shares = Share.objects.bulk_create(
        Share(owner=owner, created_at=now, live_at=now, title="Edit 0") for _ in range(SHARES)
    )
    SharedFile.objects.bulk_create(
        SharedFile(share=share, name=f"{number}.bin", size=1, created_at=now, ready_at=now, checksum=b"c")
        for share in shares
        for number in range(3)
    )
    return [Edited(share.pk) for share in shares]


def page_request(share: Edited, port: int, *, is_text: bool) -> bytes:
    """Uncompressed, as a browser or as a program requests it."""
    request = get(f"/share/{share.pk}", port=port).replace(b"Accept-Encoding: gzip, deflate, br, zstd\r\n", b"")
    return re.sub(rb"Accept: [^\r]*", b"Accept: */*", request) if is_text else request


def race(port: int, shares: list[Edited], requests: int) -> tuple[list[str], set[str]]:
    """What was out of date, and the states that were states, in ``requests`` requests."""
    wrong, states, stopped = list[str](), set[str](), threading.Event()

    def edit(share: Edited) -> None:
        try:
            while not stopped.is_set():
                share.edit()
                share.wait_for_requests(share.requests + REQUESTS_AN_EDIT, stopped)
        finally:
            connection.close()

    def request_all(looker: int) -> None:
        line = Connection(port)
        for turn in range(requests // LOOKERS):
            share, is_text = shares[(turn + looker) % len(shares)], turn % 3 == 0
            first = share.committed
            state, number = parse_state(*load_page(line, page_request(share, port, is_text=is_text)))
            states.add(f"{state} {'text' if is_text else 'page'}")
            if not is_current(state, number, first, share.last_edit):
                wrong.append(f"{state} {number} between {first} and {share.last_edit}")
            share.count_request()
        line.socket.close()

    with ThreadPoolExecutor(len(shares) + LOOKERS) as pool:
        editing = [pool.submit(edit, share) for share in shares]
        try:
            for looking in [pool.submit(request_all, looker) for looker in range(LOOKERS)]:
                looking.result()
        finally:
            stopped.set()
            for share in shares:
                share.count_request()
        for future in editing:
            future.result()
    return wrong, states


@pytest.mark.parametrize("requests", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_no_look_is_older_than_the_last_edit(racing_site: Site, edited_shares: list[Edited], requests: int) -> None:
    wrong, states = race(racing_site.port, edited_shares, requests)
    edits = sum(share.committed for share in edited_shares)
    print(f"{requests} requests, {edits} edits, {len(wrong)} out of date")
    assert wrong == []
    assert edits > requests / (3 * REQUESTS_AN_EDIT)
    assert states == {f"{state} {kind}" for state in (OPEN, LOCKED, SUSPENDED) for kind in ("page", "text")}
