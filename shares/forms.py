"""Parsing for the HTML door: what a form sent, as the values a service takes."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from django import forms
from django.conf import settings

from shares.errors import Invalid
from shares.models import Report, Share
from shares.services.abuse import CONTACT_LENGTH, DETAILS_LENGTH
from shares.services.passwords import LONGEST
from shares.services.shares import MESSAGE_LENGTH, TITLE_LENGTH, ShareChanges

HOUR, DAY = 3600, 86400
SPANS = ((HOUR, "1 hour"), (DAY, "1 day"), (3 * DAY, "3 days"), (7 * DAY, "7 days"), (30 * DAY, "30 days"))
OWN, NEVER, KEEP = "own", "never", "keep"
MOMENT = "%Y-%m-%dT%H:%M"
MOST_BULK = 200
SHOWN = ("title", "message", "max_downloads", "expires_at", "strict", "ask_again")


def expiry_choices() -> list[tuple[str, str]]:
    """What a sender can choose from: the spans this server allows, its own default among them, and an own date."""
    longest = settings.MAX_EXPIRY_DAYS * DAY
    spans = dict(SPANS) | {settings.DEFAULT_EXPIRY_DAYS * DAY: default_expiry_label()}
    choices = [(str(seconds), label) for seconds, label in sorted(spans.items()) if seconds <= longest]
    choices.append((OWN, "On a date"))
    if settings.ALLOW_NEVER_EXPIRE:
        choices.append((NEVER, "Never"))
    return choices


def default_expiry_label() -> str:
    days = settings.DEFAULT_EXPIRY_DAYS
    return f"{days} day{'' if days == 1 else 's'}"


class SettingsForm(forms.Form):
    """The owner's edit of one share. What was not sent stays as it was; a password is never sent back to the page."""

    title = forms.CharField(label="Title", required=False, max_length=TITLE_LENGTH)
    message = forms.CharField(
        label="Message", required=False, max_length=MESSAGE_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    expires_in = forms.ChoiceField(label="Expires", required=False)
    expires_at = forms.DateTimeField(
        required=False,
        input_formats=[MOMENT, f"{MOMENT}:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        help_text="Used when “On a date” is chosen.",
    )
    max_downloads = forms.IntegerField(
        label="Downloads allowed",
        required=False,
        min_value=1,
        help_text="Empty: no limit. One download is one browser: it may fetch every file, again too, for a day.",
    )
    password = forms.CharField(
        label="New password",
        required=False,
        max_length=LONGEST,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )
    strict = forms.BooleanField(
        label="Strict: files pass through this server, so no address works without the page",
        required=False,
        help_text="Slower, and removing the share stops running downloads within seconds.",
    )
    ask_again = forms.BooleanField(
        label="May be asked for again: who comes too late can ask you for the files",
        required=False,
        help_text="You get a mail with a link to this page. They do not learn your address.",
    )
    # An unticked box is not sent; this tells a form that showed it from one that did not.
    strict_shown = forms.BooleanField(required=False, widget=forms.HiddenInput)
    remove_password = forms.BooleanField(label="Take the password away", required=False)

    def __init__(self, data: object = None, *, share: Share) -> None:
        start = {name: getattr(share, name) for name in SHOWN}
        start |= {"expires_in": KEEP, "strict_shown": True}
        super().__init__(data, initial=start)  # type: ignore[arg-type]
        self.fields["expires_in"].choices = [(KEEP, "As it is"), *expiry_choices()]  # type: ignore[attr-defined]
        self.fields["password"].help_text = (
            "Empty keeps the present one. A new one ends the access of everybody who had the old one."
            if share.has_password
            else "Empty: none. Tell it to them by another way than the link."
        )

    def changes(self, now: datetime) -> ShareChanges:
        """What the valid form asks for. Raises Invalid where two fields do not fit together."""
        values, changes = self.cleaned_data, ShareChanges()
        if "title" in self.data:
            changes["title"] = values["title"]
        if "message" in self.data:
            changes["message"] = values["message"]
        if "max_downloads" in self.data:
            changes["max_downloads"] = values["max_downloads"]
        if values["strict_shown"]:
            changes["strict"] = values["strict"]
            changes["ask_again"] = values["ask_again"]
        if values["remove_password"]:
            changes["password"] = ""
        elif values["password"]:
            changes["password"] = values["password"]
        if values["expires_in"] not in ("", KEEP):
            changes["expires_at"] = self._expiry(values["expires_in"], now)
        return changes

    def _expiry(self, choice: str, now: datetime) -> datetime | None:
        if choice == NEVER:
            return None
        if choice != OWN:
            return now + timedelta(seconds=int(choice))
        moment: datetime | None = self.cleaned_data["expires_at"]
        if moment is None:
            raise Invalid("Give the date and time at which the share shall expire.", field="expires_at")
        return moment.astimezone(UTC)


class ReportForm(forms.Form):
    """Abuse, told by anybody who has the link."""

    reason = forms.ChoiceField(
        label="What is wrong?",
        choices=[("", "Choose…"), *Report.Reason.choices],
        error_messages={"required": "Choose what is wrong with this share."},
    )
    details = forms.CharField(
        label="Anything that helps us to see it",
        required=False,
        max_length=DETAILS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    contact = forms.CharField(
        label="How to reach you",
        required=False,
        max_length=CONTACT_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "email"}),
        help_text="Only if you want an answer. The sender does not see any of this.",
    )


class IdsField(forms.MultipleChoiceField):
    """Any ids, a few at a time; the query says which of them exist."""

    def validate(self, value: list[str]) -> None:
        if not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(value) > MOST_BULK:
            raise forms.ValidationError(f"At most {MOST_BULK} shares at a time.")
        if any("\0" in pk for pk in value):
            raise forms.ValidationError("There is no such share.")


class BulkForm(forms.Form):
    """Acts on several shares at once."""

    REVOKE: ClassVar = "revoke"
    EXTEND: ClassVar = "extend"

    act = forms.ChoiceField(choices=[(REVOKE, "Remove"), (EXTEND, "Extend")])
    ids = IdsField(error_messages={"required": "Choose at least one share first."})
