"""The form of the account page."""

from django import forms
from django.utils.translation import gettext_lazy as _

from shares.services.accounts.preferences import NAME_LENGTH


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
