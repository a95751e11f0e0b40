"""The owner's form for the settings of a share."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.errors import ChangedMeanwhile
from shares.forms.conflicts import changed_field_text
from shares.forms.options import OWN_EXPIRY, ShareOptionsForm, expiry_choices
from shares.models import Share
from shares.services.sharing.shares import ShareChanges, ShareOriginal

KEEP = "keep"
# The fields of a share's form, each with a hidden original: only fields that differ from theirs are changed.
ORIGINAL_FIELDS = ("preset", "title", "message", "max_downloads", "expires_at", "strict", "reshare_requests_enabled")
OUTDATED = _("This page is from before an update of this site. Check the settings and save again.")


class SettingsForm(ShareOptionsForm):
    """The owner's edit of one share. Fields that were not sent are unchanged; a page never contains the password."""

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
        super().__init__(data, initial=start)
        for name in ORIGINAL_FIELDS:
            self.fields[name].show_hidden_initial = True
        self.set_choices("expires_in", [(KEEP, gettext("Don't change")), *expiry_choices(selected=share.preset)])
        self.fields["reshare_requests_enabled"].help_text = gettext(
            "You see their requests in the list of your shares. They don't see your email address."
        )
        self.fields["max_downloads"].help_text = gettext(
            "Empty: no limit. One person counts once, even if they download again within 24 hours."
        )
        self.fields["password"].label = gettext("New password")
        self.fields["password"].help_text = (
            gettext("Leave empty to keep the current password. Changing it signs everyone out.")
            if share.has_password
            else gettext("Empty: none. Share the password separately from the link.")
        )

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
            changes["expires_at"] = self.chosen_expiry(now)
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
            renewed.add_error(name, changed_field_text(share, name, now))
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
