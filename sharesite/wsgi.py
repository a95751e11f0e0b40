"""The way in for WSGI servers: ``granian --interface wsgi sharesite.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application

from sharesite.env import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sharesite.settings")
env.require("SECRET_KEY")
application = get_wsgi_application()
