"""The entry point of ASGI servers: ``granian --interface asgi sharesite.asgi:application``."""

import os

from django.core.asgi import get_asgi_application

from sharesite.env import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sharesite.settings")
env.require("SECRET_KEY")
application = get_asgi_application()

from shares.storage import share_storage  # noqa: E402 - it needs the settings, which are loaded above

share_storage().limit_waiting()
