"""The checksums of files: shown to owner and recipient, and as a list for `sha256sum --check`."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from subprocess import run
from typing import cast

from django.http import HttpResponse

from shares.models import Event, Share, SharedFile, User
from tests.views.browser import Browser

MakeShare = Callable[..., Share]
SUM = hashlib.sha256(b"one").hexdigest()


def sums(share: Share) -> str:
    return f"/share/{share.pk}/SHA256SUMS"


def get_checksums(share: Share) -> HttpResponse:
    return cast(HttpResponse, Browser().client.get(sums(share)))


def test_owner_and_recipient_see_the_sum_of_a_file(make_share: MakeShare, owner: User) -> None:
    share = make_share([b"one", b"two"])
    visitor, sender = Browser(), Browser(owner)
    visitor.see(f"/share/{share.pk}")
    sender.see(f"/shares/{share.pk}/")
    for browser in (visitor, sender):
        assert SUM in browser.text
        assert "sender's browser told" not in browser.text


def test_a_checksum_of_the_sender_alone_is_marked(make_share: MakeShare, owner: User) -> None:
    share = make_share([b"one"])
    file = share.files.get()
    SharedFile.objects.filter(pk=file.pk).update(size=40 * 1024 * 1024)
    for browser, path in ((Browser(), f"/share/{share.pk}"), (Browser(owner), f"/shares/{share.pk}/")):
        browser.see(path)
        assert "Reported by the sender's browser; each part was verified" in browser.text


def test_the_list_is_what_sha256sum_reads(make_share: MakeShare, tmp_path: Path) -> None:
    share = make_share([b"one", b"two", b"three"])
    for file, name in zip(share.files.all(), ("a  b.txt", "back\\slash", "ü"), strict=True):
        SharedFile.objects.filter(pk=file.pk).update(name=name, path="")
    for name, body in {"a  b.txt": b"one", "back_slash": b"two", "ü": b"three"}.items():
        (tmp_path / name).write_bytes(body)
    response = get_checksums(share)
    assert response.headers["Content-Disposition"] == 'attachment; filename="SHA256SUMS"'
    assert response.headers["Cache-Control"] == "no-store, private"
    (tmp_path / "SHA256SUMS").write_bytes(response.content)
    checked = run(["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout.count("OK")) == (0, 3), checked.stderr
    assert not Event.objects.filter(kind__in=["granted", "signed", "opened"]).exists()


def test_files_without_a_sum_and_files_on_their_way_are_left_out(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two", b"three"])
    first, second, _ = share.files.all()
    SharedFile.objects.filter(pk=first.pk).update(sha256=None)
    SharedFile.objects.filter(pk=second.pk).update(ready_at=None)
    assert get_checksums(share).content.count(b"\n") == 1


def test_only_who_may_see_the_files_gets_the_list(make_share: MakeShare) -> None:
    locked = make_share([b"one"], password="open sesame")
    assert SUM.encode() not in get_checksums(locked).content
    Browser().see(f"/share/{'x' * 22}/SHA256SUMS", status=404)
    ended_share = make_share([b"one"])
    Share.objects.filter(pk=ended_share.pk).update(revoked_at=ended_share.created_at)
    Browser().see(sums(ended_share), status=410)


def test_a_file_without_a_stored_sha256_is_shown_as_checked_by_md5(make_share: MakeShare, owner: User) -> None:
    share = make_share([b"one"])
    pages = ((Browser(), f"/share/{share.pk}"), (Browser(owner), f"/shares/{share.pk}/"))
    for columns, text in (
        ({"checksum": None}, "The storage checked this file by size and MD5"),
        ({"checksum": None, "sha256": None}, "Checked by size and MD5"),
    ):
        share.files.update(**columns)
        for browser, path in pages:
            browser.see(path)
            assert text in browser.text
