"""Mail to owners: once, and not lost when the mail server is down."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.core import mail

from shares.callers import Caller
from shares.errors import Refusal
from shares.models import PasswordAttempt, Share
from shares.services.downloads import access
from shares.services.downloads.visits import Visit
from shares.services.notifications import notices
from shares.services.sharing import shares

MakeShare = Callable[..., Share]


def try_passwords(share: Share, times: int, now: datetime) -> None:
    for n in range(times):
        with pytest.raises(Refusal):
            access.unlock(share=share, visit=Visit(Caller(address=f"203.0.113.{n}"), now, password="guess"))


def test_the_owner_is_notified_of_twenty_wrong_passwords_once(
    make_share: MakeShare, as_owner: Caller, now: datetime
) -> None:
    share = make_share(title="Plans & <more>", password="secret")
    try_passwords(share, 19, now)
    assert notices.notify_of_password_attempts(now=now) == 0
    try_passwords(share, 1, now)
    assert notices.notify_of_password_attempts(now=now) == 1
    assert notices.notify_of_password_attempts(now=now) == 0
    [message] = mail.outbox
    assert message.to == ["owner@example.com"]
    assert message.subject == "Wrong passwords for “Plans & <more>”"
    assert "20 wrong passwords" in message.body
    assert f"/shares/{share.pk}/" in message.body
    [(page, _)] = message.alternatives  # type: ignore[attr-defined]
    assert "Plans &amp; &lt;more&gt;" in page
    assert "secret" not in message.body + page
    shares.edit(share=share, caller=as_owner, changes={"password": "another"}, now=now)
    try_passwords(Share.objects.get(pk=share.pk), 20, now)
    assert notices.notify_of_password_attempts(now=now) == 1


def test_an_unavailable_mail_server_is_retried(
    make_share: MakeShare, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_passwords(make_share(password="secret"), 20, now)

    def fail(**_options: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(notices, "send_mail", fail)
    assert notices.notify_of_password_attempts(now=now) == 0
    assert PasswordAttempt.objects.get(source=PasswordAttempt.ANY_SOURCE).notified_at is None
    monkeypatch.undo()
    assert notices.notify_of_password_attempts(now=now) == 1
    assert len(mail.outbox) == 1
