"""Settings that people change of their own account."""

from django.db import transaction

from shares.callers import Caller
from shares.errors import ChangedMeanwhile, NotSignedIn
from shares.models import User
from shares.services.text import clean_text

NAME_LENGTH = 100


def change_name(*, caller: Caller, name: str, original: str) -> None:
    """Set the name that recipients see. ``original`` is the name when the form was loaded.

    Raises Invalid, or ChangedMeanwhile if the name is neither of the two by now.
    """
    if caller.user is None:
        raise NotSignedIn
    cleaned = " ".join(clean_text(name, max_length=NAME_LENGTH, field="name").split())
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=caller.user.pk)
        if user.name not in (original, cleaned):
            raise ChangedMeanwhile(("name",))
        user.name = cleaned
        user.save(update_fields=["name"])
