"""App configurations of the project: its management commands, and an admin with the site's own forms."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class SharesiteConfig(AppConfig):
    name = "sharesite"
    default = True


class AdministrationConfig(admin_apps.AdminConfig):
    default = False
    default_site = "sharesite.administration.Site"
