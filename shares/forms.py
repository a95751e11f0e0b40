"""Parsing of HTML forms into the values that services take."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, cast

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from shares.errors import ChangedMeanwhile, Invalid
from shares.formats import format_expiry, format_moment, format_size
from shares.models import Preset, Report, Share
from shares.models.files import NAME_CHARACTERS
from shares.models.ids import is_valid_id
from shares.services.accounts.preferences import NAME_LENGTH
from shares.services.limits import default_expiry_length, limits
from shares.services.moderation.abuse import CONTACT_LENGTH, DETAILS_LENGTH
from shares.services.passwords import MAX_PASSWORD_LENGTH
from shares.services.sharing import presets
from shares.services.sharing.shares import MESSAGE_LENGTH, TITLE_LENGTH, ShareChanges, ShareOriginal

EXPIRY_DAYS = (1, 3, 7, 30)
OWN_EXPIRY, NEVER, KEEP = "own", "never", "keep"
# The sizes between which a person chooses where the server cannot know that of the file.
FORM_SIZES = (10_000_000, 100_000_000, 1_000_000_000)
MOMENT = "%Y-%m-%dT%H:%M"
MAX_BULK = 200
# The fields of a share's form, each with a hidden original: only fields that differ from theirs are changed.
ORIGINAL_FIELDS = ("preset", "title", "message", "max_downloads", "expires_at", "strict", "reshare_requests_enabled")
OUTDATED = _("This page is from before an update of this site. Check the settings and save again.")


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


def chosen_expiry(choice: str, moment: datetime | None, now: datetime) -> datetime | None:
    """The expiry that a person chose; ``moment`` is their date. Raises Invalid if it is missing."""
    if choice == NEVER:
        return None
    if choice != OWN_EXPIRY:
        return now + timedelta(seconds=int(choice))
    if moment is None:
        raise Invalid(_("Choose when the share expires."), field="expires_at")
    return moment.astimezone(UTC)


class SettingsForm(forms.Form):
    """The owner's edit of one share. Fields that were not sent are unchanged; a page never contains the password."""

    preset = forms.ChoiceField(label=_("Preset"), required=False)
    title = forms.CharField(label=_("Title"), required=False, max_length=TITLE_LENGTH)
    message = forms.CharField(
        label=_("Message"), required=False, max_length=MESSAGE_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    expires_in = forms.ChoiceField(label=_("Expires"), required=False)
    expires_at = forms.DateTimeField(
        required=False,
        input_formats=[MOMENT, f"{MOMENT}:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        help_text=_("Used if “Custom date” is selected."),
    )
    max_downloads = forms.IntegerField(
        label=_("Download limit"),
        required=False,
        min_value=1,
        help_text=_("Empty: no limit. One person counts once, even if they download again within 24 hours."),
    )
    password = forms.CharField(
        label=_("New password"),
        required=False,
        max_length=MAX_PASSWORD_LENGTH,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )
    strict = forms.BooleanField(
        label=_("Strict mode: files are streamed through this server, so download URLs can't be passed on."),
        required=False,
        help_text=_("Slower, but removing the share stops running downloads within seconds."),
    )
    reshare_requests_enabled = forms.BooleanField(
        label=_("Let people ask for the files again after the share ends."),
        required=False,
    )
    # The original of the password, which is never sent to a page.
    password_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    remove_password = forms.BooleanField(label=_("Remove password"), required=False)

    def __init__(self, data: object = None, *, share: Share) -> None:
        start = {name: getattr(share, name) for name in ORIGINAL_FIELDS}
        start |= {"expires_in": KEEP, "password_version": share.password_version}
        start["preset"] = "" if share.preset is None else share.preset.slug
        super().__init__(data, initial=start)  # type: ignore[arg-type]
        for name in ORIGINAL_FIELDS:
            self.fields[name].show_hidden_initial = True
        self.presets = {preset.slug: preset for preset in presets.available()}
        self._set_choices(
            "preset", [("", gettext("None")), *((slug, preset.name) for slug, preset in self.presets.items())]
        )
        self._set_choices("expires_in", [(KEEP, gettext("Don't change")), *expiry_choices(selected=share.preset)])
        self.fields["reshare_requests_enabled"].help_text = gettext(
            "You see their requests in the list of your shares. They don't see your email address."
        )
        self.fields["password"].help_text = (
            gettext("Leave empty to keep the current password. Changing it signs everyone out.")
            if share.has_password
            else gettext("Empty: none. Share the password separately from the link.")
        )

    def _set_choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def has_originals(self) -> bool:
        """False for a form of an earlier version: what was changed in it is unknown."""
        return all(self.add_initial_prefix(name) in self.data for name in ORIGINAL_FIELDS if name in self.data)

    def changes(self, now: datetime) -> ShareChanges:
        """The changes in the valid form. Raises Invalid if two fields contradict each other."""
        values, changes = self.cleaned_data, ShareChanges()
        changed = {name for name in self.changed_data if self.add_initial_prefix(name) in self.data}
        if "preset" in changed and "preset" in self.data:
            changes["preset"] = self.presets.get(values["preset"])
        if "title" in changed and "title" in self.data:
            changes["title"] = values["title"]
        if "message" in changed and "message" in self.data:
            changes["message"] = values["message"]
        if "max_downloads" in changed and "max_downloads" in self.data:
            changes["max_downloads"] = values["max_downloads"]
        # An unchecked box is not sent.
        if "strict" in changed:
            changes["strict"] = values["strict"]
        if "reshare_requests_enabled" in changed:
            changes["reshare_requests_enabled"] = values["reshare_requests_enabled"]
        if values["remove_password"]:
            changes["password"] = ""
        elif values["password"]:
            changes["password"] = values["password"]
        if values["expires_in"] not in ("", KEEP):
            changes["expires_at"] = chosen_expiry(values["expires_in"], values["expires_at"], now)
        return changes

    def original(self) -> ShareOriginal:
        """The values of the share when the form was loaded."""
        originals = {name: self._original(name) for name in ("title", "message", "max_downloads", "expires_at")}
        originals["preset"] = self.presets.get(str(self._original("preset")))
        if self.cleaned_data["password_version"] is not None:
            originals["password_version"] = self.cleaned_data["password_version"]
        return cast("ShareOriginal", originals)

    def _original(self, name: str) -> object:
        text = self.data.get(self.add_initial_prefix(name))
        if name == "message":
            text = (text or "").replace("\r\n", "\n")
        try:
            return self.fields[name].clean(text)
        except forms.ValidationError:
            return None

    def renew(self, share: Share, conflicts: Sequence[str], now: datetime) -> "SettingsForm":
        """The form for the current ``share``, with the person's changes; ``conflicts`` display both values."""
        renewed = SettingsForm(self._rebased(share), share=share)
        renewed.full_clean()
        renewed.add_error(None, ChangedMeanwhile().message if self.has_originals else OUTDATED)
        for name in conflicts:
            renewed.add_error(name, _changed_text(share, name, now))
        return renewed

    def _rebased(self, share: Share) -> dict[str, object]:
        """The data of a form for ``share``, except for the fields that were changed in this one."""
        kept_fields = {"expires_in", "password", "remove_password", *self.changed_data} - {"password_version"}
        if self.data.get("expires_in") != OWN_EXPIRY:
            kept_fields.discard("expires_at")
        data: dict[str, object] = {}
        for field in SettingsForm(share=share):
            is_choice = field.widget_type in ("checkbox", "select")
            current_value = field.value() if is_choice else field.field.widget.format_value(field.value())
            if field.name in ORIGINAL_FIELDS:
                data[field.html_initial_name] = field.field.hidden_widget().format_value(field.value()) or ""
            if field.name not in kept_fields:
                data[field.name] = current_value
            elif field.name in self.data:
                data[field.name] = self.data[field.name]
        return {name: value for name, value in data.items() if value not in (None, False)}


class NewShareForm(forms.Form):
    """A new share of one file, which is sent without JavaScript. ``max_bytes`` is the largest that the account can
    send.
    """

    name = forms.CharField(
        label=_("File name"),
        max_length=NAME_CHARACTERS,
        help_text=_("As recipients see it, with its ending, such as report.pdf."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )
    size = forms.ChoiceField(label=_("Size of the file"), help_text=_("A larger file is refused."))
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
    max_downloads = forms.IntegerField(
        label=_("Download limit"),
        required=False,
        min_value=1,
        help_text=_("Empty: that of the preset, or no limit."),
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=MAX_PASSWORD_LENGTH,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_("Empty: none. Share the password separately from the link."),
    )

    def __init__(self, data: object = None, *, max_bytes: int) -> None:
        offered = presets.available()
        self.presets = {preset.slug: preset for preset in offered}
        default = next((preset.slug for preset in offered if preset.is_default), "")
        super().__init__(data, initial={"preset": default})  # type: ignore[arg-type]
        sizes = sorted({size for size in FORM_SIZES if size < max_bytes} | ({max_bytes} if max_bytes > 0 else set()))
        self.has_space = bool(sizes)
        self._set_choices(
            "size", [(str(size), gettext("Up to %(size)s") % {"size": format_size(size)}) for size in sizes]
        )
        self.fields["size"].initial = str(sizes[-1]) if sizes else None
        self._set_choices("preset", [("", gettext("None")), *((preset.slug, preset.name) for preset in offered)])
        self._set_choices("expires_in", [("", gettext("Default")), *expiry_choices(offered)])
        if not offered:
            del self.fields["preset"]

    def _set_choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def changes(self, now: datetime) -> ShareChanges:
        """The values of the share; what was left empty is that of the preset. Raises Invalid if two fields contradict
        each other.
        """
        values = self.cleaned_data
        preset = self.presets.get(values.get("preset", ""))
        changes: ShareChanges = {
            "preset": preset,
            "title": values["title"],
            "message": values["message"],
            "password": values["password"],
        }
        if values["max_downloads"] is not None:
            changes["max_downloads"] = values["max_downloads"]
        if values["expires_in"]:
            changes["expires_at"] = chosen_expiry(values["expires_in"], values["expires_at"], now)
        return changes


def _changed_text(share: Share, name: str, now: datetime) -> str:
    """A sentence with the current value of a field of the share."""
    if name == "password":
        if share.has_password:
            text = gettext("Changed in the meantime: the share has another password now. Save again to use yours.")
        else:
            text = gettext("Changed in the meantime: the password was removed. Save again to use yours.")
    elif name == "expires_at" and share.expires_at is not None:
        text = gettext("Changed in the meantime: expires %(moment)s UTC. Save again to use yours.")
        text %= {"moment": format_moment(share.expires_at, now)}
    elif name == "expires_at":
        text = gettext("Changed in the meantime: never expires. Save again to use yours.")
    elif name == "max_downloads" and share.max_downloads is not None:
        text = gettext("Changed in the meantime: %(limit)d. Save again to use yours.") % {"limit": share.max_downloads}
    elif name == "max_downloads":
        text = gettext("Changed in the meantime: no limit. Save again to use yours.")
    else:
        text = changed_value_text(str(getattr(share, name) or gettext("None")))
    return text


def changed_value_text(value: str) -> str:
    return gettext("Changed in the meantime: “%(value)s”. Save again to use yours.") % {"value": value}


class NameForm(forms.Form):
    """The name that recipients see as the sender."""

    name = forms.CharField(
        label=_("Your name, as recipients see it"),
        required=False,
        max_length=NAME_LENGTH,
        show_hidden_initial=True,
        help_text=_("Empty: recipients see no name. They never see your email address."),
    )

    @property
    def original(self) -> str:
        return str(self.data.get(self.add_initial_prefix("name"), ""))


class ReportForm(forms.Form):
    """A report of abuse, from anyone with the link."""

    reason = forms.ChoiceField(
        label=_("What's wrong?"),
        choices=[("", _("Select…")), *Report.Reason.choices],
        error_messages={"required": _("Select what is wrong with this share.")},
    )
    details = forms.CharField(
        label=_("Details"),
        required=False,
        max_length=DETAILS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    contact = forms.CharField(
        label=_("Your email (optional)"),
        required=False,
        max_length=CONTACT_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "email"}),
        help_text=_("Only if you want a reply. The sender doesn't see any of this."),
    )


class IdsField(forms.MultipleChoiceField):
    """A limited number of ids; the query decides which of them exist."""

    def validate(self, value: list[str]) -> None:
        if not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(value) > MAX_BULK:
            message = ngettext("At most %(count)d share at a time.", "At most %(count)d shares at a time.", MAX_BULK)
            raise forms.ValidationError(message % {"count": MAX_BULK})
        if not all(map(is_valid_id, value)):
            raise forms.ValidationError(gettext("There is no such share."))


class BulkForm(forms.Form):
    """An operation on several shares."""

    REVOKE: ClassVar = "revoke"
    EXTEND: ClassVar = "extend"

    operation = forms.ChoiceField(choices=[(REVOKE, _("Remove")), (EXTEND, _("Extend"))])
    ids = IdsField(error_messages={"required": _("Select at least one share first.")})
