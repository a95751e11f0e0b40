"""The options of a share that the forms of new and of existing shares have in common."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.errors import Invalid
from shares.formats import format_expiry
from shares.models import Preset
from shares.services.limits import default_expiry_length, limits
from shares.services.passwords import MAX_PASSWORD_LENGTH
from shares.services.sharing import presets
from shares.services.sharing.shares import MESSAGE_LENGTH, TITLE_LENGTH

EXPIRY_DAYS = (1, 3, 7, 30)
OWN_EXPIRY, NEVER = "own", "never"
MOMENT = "%Y-%m-%dT%H:%M"


class ShareOptionsForm(forms.Form):
    """The options of a share; the expiry is a period or a date."""

    preset = forms.ChoiceField(label=_("Preset"), required=False)
    title = forms.CharField(label=_("Title"), required=False, max_length=TITLE_LENGTH)
    message = forms.CharField(
        label=_("Message"), required=False, max_length=MESSAGE_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    expires_in = forms.ChoiceField(label=_("Expires"), required=False)
    expires_at = forms.DateTimeField(
        label=_("Date and time (UTC)"),
        required=False,
        input_formats=[MOMENT, f"{MOMENT}:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        help_text=_("Used if “Custom date” is selected."),
    )
    max_downloads = forms.IntegerField(label=_("Download limit"), required=False, min_value=1)
    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=MAX_PASSWORD_LENGTH,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )

    def __init__(self, data: object = None, *, initial: dict[str, object]) -> None:
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        self.presets = {preset.slug: preset for preset in presets.available()}
        self.set_choices(
            "preset", [("", gettext("None")), *((slug, preset.name) for slug, preset in self.presets.items())]
        )

    def set_choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def chosen_expiry(self, now: datetime) -> datetime | None:
        """The expiry that a person chose in the valid form. Raises Invalid if its date is missing."""
        choice, moment = self.cleaned_data["expires_in"], self.cleaned_data["expires_at"]
        if choice == NEVER:
            return None
        if choice != OWN_EXPIRY:
            return now + timedelta(seconds=int(choice))
        if moment is None:
            raise Invalid(_("Choose when the share expires."), field="expires_at")
        return cast("datetime", moment).astimezone(UTC)


def expiry_choices(offered: Sequence[Preset] = (), selected: Preset | None = None) -> list[tuple[str, str]]:
    """The choices of an expiry: the periods that this server, and the ``selected`` preset, allow, including their
    defaults and those of ``offered`` presets, and a date.
    """
    allowed = limits(selected)
    default_lengths = {default_expiry_length(preset) for preset in (selected, *offered)}
    lengths = {timedelta(hours=1), *(timedelta(days=days) for days in EXPIRY_DAYS)} | default_lengths
    choices = [
        (str(int(length.total_seconds())), format_expiry(length))
        for length in sorted(lengths)
        if length <= allowed.max_expiry
    ]
    choices.append((OWN_EXPIRY, gettext("Custom date")))
    if allowed.never_expire:
        choices.append((NEVER, gettext("Never")))
    return choices
