"""Presets fill new shares, and limit every edit of the shares that have them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings as SettingsWrapper

from shares.callers import Caller
from shares.errors import Invalid, Refusal
from shares.models import Event, Preset, Share
from shares.services.limits import limits
from shares.services.sharing import presets, shares

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECRET = "A secret of theirs"


@pytest.fixture
def confidential(db: None) -> Preset:
    Preset.objects.all().delete()
    return Preset.objects.create(
        name="Confidential", slug="confidential", expiry_hours=2, max_expiry_hours=4, max_downloads=3,
        password_required=True, strict_required=True, reshare_requests_enabled=True,
    )  # fmt: skip


def make(caller: Caller, now: datetime, **values: Any) -> Share:
    return shares.create(caller=caller, values=values, specs=[], now=now)  # type: ignore[arg-type]


def field_of(refusal: Refusal) -> str | None:
    assert isinstance(refusal, Invalid)
    assert "“Confidential”" in refusal.message
    return refusal.field


def test_a_new_share_gets_what_it_leaves_out_from_its_preset(
    as_owner: Caller, now: datetime, confidential: Preset
) -> None:
    share = make(as_owner, now, preset=confidential, password=SECRET)
    assert share.expires_at == now + 2 * HOUR
    assert (share.max_downloads, share.strict, share.reshare_requests_enabled) == (3, True, True)
    assert Share.objects.get(pk=share.pk).preset == confidential
    lower = make(as_owner, now, preset=confidential, password=SECRET, expires_at=now + HOUR, max_downloads=1)
    assert (lower.expires_at, lower.max_downloads) == (now + HOUR, 1)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"expires_at": None}, "expires_at"),
        ({"expires_in": 5 * HOUR}, "expires_at"),
        ({"max_downloads": None}, "max_downloads"),
        ({"max_downloads": 4}, "max_downloads"),
        ({"strict": False}, "strict"),
        ({"password": ""}, "password"),
    ],
)
def test_what_the_preset_does_not_allow_is_refused_at_creation_and_in_every_edit(
    as_owner: Caller,
    now: datetime,
    confidential: Preset,
    settings: SettingsWrapper,
    values: dict[str, Any],
    field: str,
) -> None:
    settings.ALLOW_NEVER_EXPIRE = True
    if "expires_in" in values:
        values = {"expires_at": now + values["expires_in"]}
    with pytest.raises(Invalid) as at_creation:
        make(as_owner, now, **{"preset": confidential, "password": SECRET, **values})
    assert field_of(at_creation.value) == field
    share = make(as_owner, now, preset=confidential, password=SECRET)
    with pytest.raises(Invalid) as later:
        shares.edit(share=share, caller=as_owner, changes=values, now=now)  # type: ignore[arg-type]
    assert field_of(later.value) == field
    unchanged = Share.objects.get(pk=share.pk)
    assert (unchanged.expires_at, unchanged.max_downloads, unchanged.strict) == (share.expires_at, 3, True)
    assert unchanged.has_password


def test_an_administrator_extends_no_further_either(as_owner: Caller, now: datetime, confidential: Preset) -> None:
    share = make(as_owner, now, preset=confidential, password=SECRET)
    with pytest.raises(Invalid, match="at most 4 hours"):
        shares.extend(share=share, caller=as_owner, extension=3 * HOUR, now=now)
    shares.extend(share=share, caller=as_owner, extension=HOUR, now=now)
    assert Share.objects.get(pk=share.pk).expires_at == now + 3 * HOUR


def test_a_tightened_preset_leaves_alone_what_an_edit_does_not_change(
    as_owner: Caller, now: datetime, confidential: Preset
) -> None:
    share = make(as_owner, now, preset=confidential, password=SECRET)
    Preset.objects.update(expiry_hours=1, max_expiry_hours=1, max_downloads=1)
    edited = shares.edit(share=share, caller=as_owner, changes={"title": "Plans"}, now=now)
    assert (edited.title, edited.max_downloads, edited.expires_at) == ("Plans", 3, now + 2 * HOUR)


def test_selecting_a_preset_later_changes_what_it_does_not_allow(
    as_owner: Caller, now: datetime, confidential: Preset
) -> None:
    share = make(as_owner, now, expires_at=now + 7 * DAY, preset=None)
    with pytest.raises(Invalid, match="password"):
        shares.edit(share=share, caller=as_owner, changes={"preset": confidential}, now=now)
    edited = shares.edit(share=share, caller=as_owner, changes={"preset": confidential, "password": SECRET}, now=now)
    assert (edited.preset, edited.expires_at, edited.max_downloads, edited.strict) == (
        confidential,
        now + 4 * HOUR,
        3,
        True,
    )
    assert Event.objects.of_share(share.pk).first().detail == "password, preset"  # type: ignore[union-attr]
    freed = shares.edit(share=edited, caller=as_owner, changes={"preset": None, "max_downloads": None}, now=now)
    assert (freed.preset, freed.max_downloads) == (None, None)


def test_without_a_preset_a_share_is_as_the_settings_say_unless_one_is_the_default(
    as_owner: Caller, now: datetime, confidential: Preset, settings: SettingsWrapper
) -> None:
    settings.DEFAULT_EXPIRY_DAYS = 5
    plain = make(as_owner, now)
    assert (plain.preset, plain.expires_at, plain.max_downloads) == (None, now + 5 * DAY, None)
    Preset.objects.update(is_default=True)
    with pytest.raises(Invalid, match="password"):
        make(as_owner, now)
    assert make(as_owner, now, password=SECRET).preset == confidential
    assert make(as_owner, now, preset=None).preset is None


def test_the_maximum_of_the_server_comes_before_that_of_a_preset(
    as_owner: Caller, now: datetime, settings: SettingsWrapper, db: None
) -> None:
    settings.MAX_EXPIRY_DAYS = 2
    long = Preset.objects.create(name="Long", slug="long", expiry_hours=240, max_expiry_hours=480)
    assert make(as_owner, now, preset=long).expires_at == now + 2 * DAY
    assert limits(long).max_expiry == 2 * DAY
    with pytest.raises(Invalid, match="2 days"):
        make(as_owner, now, preset=long, expires_at=now + 3 * DAY)


def test_a_preset_without_a_maximum_leaves_the_expiry_to_the_server(
    as_owner: Caller, now: datetime, settings: SettingsWrapper, db: None
) -> None:
    settings.ALLOW_NEVER_EXPIRE = True
    free = Preset.objects.create(name="Free", slug="free", expiry_hours=1)
    assert make(as_owner, now, preset=free, expires_at=None).expires_at is None


def test_a_share_outlives_its_preset(as_owner: Caller, now: datetime, confidential: Preset) -> None:
    share = make(as_owner, now, preset=confidential, password=SECRET)
    confidential.delete()
    assert Share.objects.get(pk=share.pk).preset is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"expiry_hours": 5, "max_expiry_hours": 4}, "longer than the maximum"),
        ({"expiry_hours": 0}, "greater than or equal to 1"),
        ({"max_downloads": 0}, "greater than or equal to 1"),
        ({"is_default": True}, "Another preset is the default"),
        ({"slug": "confidential"}, "already exists"),
    ],
)
def test_presets_that_contradict_themselves_are_refused_in_plain_words(
    confidential: Preset, values: dict[str, Any], message: str
) -> None:
    Preset.objects.update(is_default=True)
    with pytest.raises(ValidationError, match=message):
        Preset(**{"name": "New", "slug": "new", "expiry_hours": 1, **values}).full_clean()


def test_nobody_selects_a_preset_that_is_not_there(confidential: Preset) -> None:
    assert presets.find("confidential") == confidential
    for slug in ("", "Confidential", "con\0", "x" * 5000):
        with pytest.raises(Invalid) as refusal:
            presets.find(slug)
        assert refusal.value.field == "preset"
