"""The form of an operation on several shares."""

from typing import ClassVar

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from shares.models.ids import is_valid_id

MAX_BULK = 200


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
