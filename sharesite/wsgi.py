"""The entry point of WSGI servers: ``granian --interface wsgi sharesite.wsgi:application``."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from sharesite.env import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sharesite.settings")
env.require("SECRET_KEY")
django = get_wsgi_application()

from shares.http.load_shedding import cached_rejection  # noqa: E402 - it needs the settings, which were loaded just now
from shares.http.request_limits import readable  # noqa: E402
from shares.storage import share_storage  # noqa: E402

application = readable(cached_rejection(django))
share_storage().limit_waiting()
# Everything that requests need is loaded now, and the garbage collector never scans it again, which would take a tenth
# of a second without responses.
_patterns = get_resolver().url_patterns
gc.collect()
gc.freeze()
