"""The form of a new share that is sent without JavaScript."""

from datetime import datetime

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.formats import format_size
from shares.forms.options import ShareOptionsForm, expiry_choices
from shares.models.files import NAME_CHARACTERS
from shares.services.sharing.shares import ShareChanges

# The sizes between which a person chooses where the server cannot know that of the file.
FORM_SIZES = (10_000_000, 100_000_000, 1_000_000_000)


class NewShareForm(ShareOptionsForm):
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

    def __init__(self, data: object = None, *, max_bytes: int) -> None:
        super().__init__(data, initial={})
        offered = list(self.presets.values())
        self.fields["preset"].initial = next((preset.slug for preset in offered if preset.is_default), "")
        sizes = sorted({size for size in FORM_SIZES if size < max_bytes} | ({max_bytes} if max_bytes > 0 else set()))
        self.has_space = bool(sizes)
        self.set_choices(
            "size", [(str(size), gettext("Up to %(size)s") % {"size": format_size(size)}) for size in sizes]
        )
        self.fields["size"].initial = str(sizes[-1]) if sizes else None
        self.set_choices("expires_in", [("", gettext("Default")), *expiry_choices(offered)])
        self.fields["max_downloads"].help_text = gettext("Empty: that of the preset, or no limit.")
        self.fields["password"].help_text = gettext("Empty: none. Share the password separately from the link.")
        if not offered:
            del self.fields["preset"]

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
            changes["expires_at"] = self.chosen_expiry(now)
        return changes
