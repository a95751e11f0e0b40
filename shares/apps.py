"""The app configuration of Sharesite's application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from shares import checks


class SharesConfig(AppConfig):
    name = "shares"
    verbose_name = _("Shares")
    default_auto_field = "django.db.models.BigAutoField"
    checks = checks
