"""The app configuration of Sharesite's application."""

from django.apps import AppConfig

from shares import checks


class SharesConfig(AppConfig):
    name = "shares"
    default_auto_field = "django.db.models.BigAutoField"
    checks = checks
