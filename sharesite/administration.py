"""Admin forms that write only the fields that a person changed.

Django's own forms write every column of the row as it was read: a page that was loaded before another change would
revert it, and so would a counter that changed while the form was saved.
"""

from functools import wraps
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection
from django.db.models import Field, Model
from django.http import HttpRequest
from django.utils.translation import gettext

from shares.errors import TooLarge

# All selected permissions, with their hidden originals. Rows of an action are not rendered as fields again.
MAX_FIELDS = 300

if TYPE_CHECKING:
    Mixin = admin.ModelAdmin[Any]
else:
    Mixin = object


class ChangedFieldsForm(forms.ModelForm[Any]):
    """Rejects fields that have changed since the page was loaded, by the hidden originals."""

    def clean(self) -> Any:
        cleaned = super().clean()
        for name in self.changed_data:
            if name in self.cleaned_data and name in self.initial and self._moved(name):
                value = _format_value(self._in_row(name))
                self.add_error(
                    name,
                    gettext("Changed in the meantime to: %(value)s. Reload the page to see it.") % {"value": value},
                )
        return cleaned

    def _moved(self, name: str) -> bool:
        """True if the row has neither the original value nor the new one."""
        field, row = self[name].field, self._in_row(name)
        initial = field.hidden_widget().value_from_datadict(self.data, self.files, self[name].html_initial_name)
        return bool(
            field.show_hidden_initial and field.has_changed(row, initial) and field.has_changed(row, self[name].data)
        )

    def _in_row(self, name: str) -> Any:
        return self[name].field.prepare_value(self[name].initial)


class ChangedFieldsMixin(Mixin):
    """For a ``ModelAdmin``: a hidden original for each field, and an UPDATE of the changed columns alone."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None and request.method == "POST" and connection.in_atomic_block:
            # From now on the row is locked until this is saved.
            self.model._base_manager.select_for_update().get(pk=row.pk)
            row.refresh_from_db()
        return row

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        if change:
            options["form"] = type("ChangeForm", (ChangedFieldsForm, options.get("form", self.form)), {})
        return super().get_form(request, obj, change=change, **options)

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field is not None:
            field.show_hidden_initial = True
        return field

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        obj.save(update_fields=columns.intersection(form.changed_data))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if change:
            for name in set(form.cleaned_data) - set(form.changed_data):
                del form.cleaned_data[name]
        super().save_related(request, form, formsets, change)


class Site(admin.AdminSite):
    """Adds the mixin above to every form of the admin, those of libraries included."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Rejects forms with more fields than any page has, before each one is validated and rendered."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def bounded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            fields = (values for name, values in request.POST.lists() if name != ACTION_CHECKBOX_NAME)
            if request.method == "POST" and sum(map(len, fields)) > MAX_FIELDS:
                raise TooLarge(
                    gettext("This form has more than the %(limit)d fields that a page can have.")
                    % {"limit": MAX_FIELDS}
                )
            return inner(request, *args, **kwargs)

        return bounded

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        base = admin_class or admin.ModelAdmin
        if not issubclass(base, ChangedFieldsMixin):
            base = type(base.__name__, (ChangedFieldsMixin, base), {"__module__": base.__module__})
        super().register(model_or_iterable, base, **options)


def _format_value(value: Any) -> str:
    if value in (None, "", []):
        return gettext("nothing")
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
