"""The wiring as apps, so that its command ``up`` is found and the administration has the site's own kind of forms."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class SharesiteConfig(AppConfig):
    name = "sharesite"
    default = True


class AdministrationConfig(admin_apps.AdminConfig):
    default = False
    default_site = "sharesite.administration.Site"
