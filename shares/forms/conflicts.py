"""Texts of fields that somebody else has changed since a form was loaded."""

from datetime import datetime

from django.utils.translation import gettext

from shares.formats import format_moment
from shares.models import Share


def changed_field_text(share: Share, name: str, now: datetime) -> str:
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
