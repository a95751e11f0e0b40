"""Edits against looks: no page, refusal or plain text is older than the last edit committed before the look."""

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
# Several looks at each edit, so that pages are repeated, and few, so that the edits are many.
LOOKS_AN_EDIT = 4
TITLE = re.compile(rb"Edit (\d+)\b")
OPEN, LOCKED, SUSPENDED = "open", "locked", "suspended"


@dataclass
class Edited:
    """A share with numbered edits: how many have begun and how many are committed; ``looks`` counts looks at it."""

    pk: str
    begun: int = 0
    committed: int = 0
    looks: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def edit(self) -> None:
        """The next edit: each fourth suspends the share, each third of four locks it, the others change its title."""
        self.begun += 1
        state = state_after(self.begun)
        Share.objects.filter(pk=self.pk).update(
            title=f"Edit {self.begun}",
            password="x" if state == LOCKED else "",
            suspended_at=timezone.now() if state == SUSPENDED else None,
        )
        self.committed = self.begun

    def note_look(self) -> None:
        with self.changed:
            self.looks += 1
            self.changed.notify_all()

    def wait_for_looks(self, number: int, stopped: threading.Event) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.looks >= number or stopped.is_set())


def state_after(number: int) -> str:
    return {2: LOCKED, 3: SUSPENDED}.get(number % 4, OPEN)


def look(line: Connection, request: bytes) -> tuple[int, bytes]:
    """The status and the body of a response."""
    line.send(request)
    while not (status := line.receive()):
        pass
    return status, line.body


def shown(status: int, body: bytes) -> tuple[str, int | None]:
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


def race(port: int, shares: list[Edited], looks: int) -> tuple[list[str], set[str]]:
    """What was out of date, and the states that were seen, in ``looks`` looks."""
    wrong, seen, stopped = list[str](), set[str](), threading.Event()

    def edit(share: Edited) -> None:
        try:
            while not stopped.is_set():
                share.edit()
                share.wait_for_looks(share.looks + LOOKS_AN_EDIT, stopped)
        finally:
            connection.close()

    def look_at_all(looker: int) -> None:
        line = Connection(port)
        for turn in range(looks // LOOKERS):
            share = shares[(turn + looker) % len(shares)]
            is_text = turn % 3 == 0
            request = get(f"/share/{share.pk}", port=port, headers=["Accept-Encoding: identity"])
            request = request.replace(b"Accept-Encoding: gzip, deflate, br, zstd\r\n", b"")
            if is_text:
                request = re.sub(rb"Accept: [^\r]*", b"Accept: */*", request)
            first = share.committed
            state, number = shown(*look(line, request))
            seen.add(f"{state} {'text' if is_text else 'page'}")
            if not is_current(state, number, first, share.begun):
                wrong.append(f"{state} {number} between {first} and {share.begun}")
            share.note_look()
        line.socket.close()

    with ThreadPoolExecutor(len(shares) + LOOKERS) as pool:
        editing = [pool.submit(edit, share) for share in shares]
        try:
            for looking in [pool.submit(look_at_all, looker) for looker in range(LOOKERS)]:
                looking.result()
        finally:
            stopped.set()
            for share in shares:
                share.note_look()
        for future in editing:
            future.result()
    return wrong, seen


@pytest.mark.parametrize("looks", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_no_look_is_older_than_the_last_edit(racing_site: Site, edited_shares: list[Edited], looks: int) -> None:
    wrong, seen = race(racing_site.port, edited_shares, looks)
    edits = sum(share.committed for share in edited_shares)
    print(f"{looks} looks, {edits} edits, {len(wrong)} out of date")
    assert wrong == []
    assert edits > looks / (3 * LOOKS_AN_EDIT)
    assert seen == {f"{state} {kind}" for state in (OPEN, LOCKED, SUSPENDED) for kind in ("page", "text")}
