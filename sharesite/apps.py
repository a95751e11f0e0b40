"""The wiring as an app, so that its command ``up`` is found."""

from django.apps import AppConfig


class SharesiteConfig(AppConfig):
    name = "sharesite"
