"""What ends a share, or one of its files, also ends its grants: at the next request, by every route."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from shares.callers import Caller
from shares.models import BlockedFile, Share, SharedFile, User
from shares.services.moderation import abuse
from shares.services.sharing import files, shares

MakeShare = Callable[..., Share]
Operation = Callable[[Share, User], None]
BODY = b"only for those who may have it"
NAMES = ("file-0.txt", "file-1.txt")


def revoke(share: Share, admin: User) -> None:
    shares.revoke(share=share, caller=Caller(user=share.owner), now=timezone.now())


def suspend(share: Share, admin: User) -> None:
    abuse.suspend(share=share, caller=Caller(user=admin), now=timezone.now())


def lock(share: Share, admin: User) -> None:
    shares.edit(share=share, caller=Caller(user=share.owner), changes={"password": "another"}, now=timezone.now())


def deactivate(share: Share, admin: User) -> None:
    User.objects.filter(pk=share.owner_id).update(is_active=False)


def expire(share: Share, admin: User) -> None:
    Share.objects.filter(pk=share.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def begin_purge(share: Share, admin: User) -> None:
    Share.objects.filter(pk=share.pk).update(purging_at=timezone.now())


def block(share: Share, admin: User) -> None:
    for file in share.files.select_related("share"):
        abuse.block(file=file, caller=Caller(user=admin), now=timezone.now())


def remove(share: Share, admin: User) -> None:
    for file in share.files.select_related("share__owner"):
        files.remove(file=file, caller=Caller(user=share.owner), now=timezone.now())


def withhold(share: Share, admin: User) -> None:
    share.files.update(ready_at=None, stored_at=timezone.now(), withheld=SharedFile.Withheld.VIRUS)


WHOLE: dict[Operation, int] = {
    revoke: 410, suspend: 403, lock: 403, deactivate: 410, expire: 410, begin_purge: 410
}  # fmt: skip
PARTS: dict[Operation, int] = {block: 403, remove: 404, withhold: 403}


@dataclass
class Holder:
    """A browser that has downloaded once, and a script that has its grant."""

    share: Share
    client: Client
    grant: str

    def request(self, route: str) -> HttpResponseBase:
        page, [first, _] = f"/share/{self.share.pk}", list(self.share.files.order_by("position"))
        file, api = f"{page}/files/{first.pk}", f"/api/v1/shares/{self.share.pk}/downloads"
        script = {"X-Share-Grant": self.grant}
        requests: dict[str, Callable[[], HttpResponseBase]] = {
            "a file": lambda: self.client.post(f"{file}/download"),
            "everything": lambda: self.client.post(f"{page}/download"),
            "to go on": lambda: self.client.get(f"{file}/content", headers={"Range": "bytes=5-"}),
            "what it is": lambda: self.client.head(f"{file}/content"),
            "to go on, by a script": lambda: Client().get(f"{file}/content", headers=script),
            "to look": lambda: self.client.post(f"{file}/preview"),
            "a plan": lambda: self.client.post(f"{page}/archive"),
            "links": lambda: self.client.post(f"{page}/archive/links", {"file": [first.pk]}),
            "the API for all": lambda: self._json(api, {"grant": self.grant}),
            "the API for one": lambda: self._json(api, {"grant": self.grant, "files": [first.pk]}),
            "checksums": lambda: self.client.get(f"{page}/SHA256SUMS"),
            "arrivals": lambda: self.client.get(f"{page}/arrivals"),
            "the page": lambda: self.client.get(page),
        }
        return requests[route]()

    @property
    def bytes(self) -> list[str]:
        """The routes that give bytes. Of a strict share browsers make no archives and show nothing."""
        return [route for route in BYTES if not (self.share.strict and route in {"a plan", "links", "to look"})]

    def _json(self, path: str, body: dict[str, object]) -> HttpResponseBase:
        return Client().post(path, json.dumps(body), content_type="application/json")


BYTES = (
    *("a file", "everything", "to go on", "what it is", "to go on, by a script", "to look", "a plan", "links"),
    *("the API for all", "the API for one"),
)
PAGE_ROUTES = ("checksums", "arrivals", "the page")


def content(response: HttpResponseBase) -> str:
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    return repr(dict(response.items())) + body.decode("utf-8", "replace")


@pytest.fixture(params=[False, True], ids=["signed", "strict"])
def holder(request: pytest.FixtureRequest, make_share: MakeShare) -> Holder:
    share = make_share([BODY, BODY + b"!"], strict=request.param, max_downloads=3)
    client, first = Client(), share.files.order_by("position")[0]
    assert client.post(f"/share/{share.pk}/files/{first.pk}/download").status_code == 303
    api = f"/api/v1/shares/{share.pk}/downloads"
    grant = Client().post(api, "{}", content_type="application/json").json()["grant"]
    new_holder = Holder(share, client, grant)
    for route in (*new_holder.bytes, *PAGE_ROUTES):
        response = new_holder.request(route)
        assert response.status_code in {200, 206, 303}, route
        content(response)
    return new_holder


@pytest.mark.parametrize("operation", WHOLE, ids=lambda operation: operation.__name__)
def test_the_next_request_of_an_open_grant_is_refused_by_every_route(
    holder: Holder, admin: User, operation: Operation
) -> None:
    operation(holder.share, admin)
    for route in (*holder.bytes, *PAGE_ROUTES):
        response = holder.request(route)
        text = content(response)
        # The page of a locked share is an invitation; every other answer is a refusal.
        invited = operation is lock and route in {"the page", "checksums"}
        assert response.status_code == (200 if invited else WHOLE[operation]), route
        assert BODY.decode() not in text, route
        assert "X-Amz" not in text, route
        assert not any(name in text for name in NAMES), route


@pytest.mark.parametrize("operation", PARTS, ids=lambda operation: operation.__name__)
def test_nor_is_a_file_served_that_was_removed_or_withheld(holder: Holder, admin: User, operation: Operation) -> None:
    operation(holder.share, admin)
    for route in holder.bytes:
        response = holder.request(route)
        text = content(response)
        assert response.status_code in {PARTS[operation], 404}, (route, response.status_code)
        assert BODY.decode() not in text, route
        assert "X-Amz" not in text, route
    assert holder.request("checksums").status_code in {200, 404}
    assert not any(name in content(holder.request("checksums")) for name in NAMES)


def test_what_was_lifted_is_given_again(holder: Holder, admin: User) -> None:
    suspend(holder.share, admin)
    abuse.unsuspend(share=holder.share, caller=Caller(user=admin), now=timezone.now())
    block(holder.share, admin)
    for blocked_file in BlockedFile.objects.all():
        abuse.unblock(block=blocked_file, now=timezone.now())
    for route in ("a file", "to go on", "the API for one"):
        response = holder.request(route)
        assert response.status_code in {200, 206, 303}, route
        content(response)  # A stream that nobody reads keeps its permit.
