"""Details of events: stored without a language, displayed in that of the reader."""

from collections.abc import Callable
from datetime import datetime

import pytest

from shares.callers import Caller
from shares.models import Event, Share, User
from shares.services.event_details import CODE_TEXTS, describe_detail, format_urls
from shares.services.moderation import abuse
from shares.services.sharing import files

Kind = Event.Kind
URLS = format_urls(count=2, seconds=900, key="AKIDEXAMPLE")
OBJECT_URL = format_urls(count=1, seconds=60, key="AKIDEXAMPLE", object_key="a folder/50% ü.txt")
TEXTS = [
    (Kind.UPLOAD_URLS, URLS, "2 URLs that work for 900 s, signed with the key AKIDEXAMPLE"),
    (Kind.UPLOAD_URLS, URLS.replace("2", "1", 1), "1 URL that works for 900 s, signed with the key AKIDEXAMPLE"),
    (Kind.SIGNED, OBJECT_URL, "a folder/50% ü.txt: 1 URL that works for 60 s, signed with the key AKIDEXAMPLE"),
    (Kind.SIGNED, "preview", "preview"),
    (Kind.SIGNED, "", ""),
    (Kind.STREAMED, "files=3", "3 files"),
    (Kind.ADMIN, "until=2030-01-31T12:00+00:00", "extended to Thu 31 Jan 2030, 12:00 UTC"),
    (Kind.ADMIN, "file released", "file released"),
    (Kind.REFUSED, "wrong-password", "wrong password"),
    (Kind.WITHHELD, "Win.Test.EICAR_HDB-1", "Win.Test.EICAR_HDB-1"),
    (Kind.UPLOAD_URLS, "count=many", "count=many"),
    (Kind.RESHARE_REQUESTED, "Zoë = the boss", "Zoë = the boss"),
    (Kind.EDITED, "expires_at, title", "expires at, title"),
]


@pytest.mark.parametrize(("kind", "detail", "text"), TEXTS)
def test_a_detail_is_displayed_as_a_text(kind: str, detail: str, text: str) -> None:
    assert describe_detail(kind, detail) == text


def test_codes_are_those_that_operations_store(
    make_share: Callable[..., Share], as_owner: Caller, admin: User, now: datetime
) -> None:
    share = make_share([b"one", b"two"])
    file = share.files.select_related("share__owner").first()
    assert file is not None
    abuse.suspend(share=share, caller=Caller(admin, "192.0.2.9"), now=now)
    files.remove(file=file, caller=as_owner, now=now)
    details = Event.objects.of_share(share.pk).exclude(detail="").values_list("kind", "detail")
    codes = {detail for kind, detail in details if kind != Kind.UPLOAD_URLS}
    assert codes == {"blocked for abuse", "file removed"} <= set(CODE_TEXTS)
    urls = [describe_detail(kind, detail) for kind, detail in details if kind == Kind.UPLOAD_URLS]
    assert len(urls) == 2
    assert all(text.startswith("1 URL that works for 900 s") for text in urls)
