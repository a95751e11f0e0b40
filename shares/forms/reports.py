"""The form of a report."""

from django import forms
from django.utils.translation import gettext_lazy as _

from shares.models import Report
from shares.services.moderation.abuse import CONTACT_LENGTH, DETAILS_LENGTH


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
