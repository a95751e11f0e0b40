"""The addresses of the API, each guarded; anything else below it is answered as a problem too."""

from django.urls import URLPattern, include, path, re_path

from shares.api.problems import guarded, unknown_address
from shares.api.routes import api, body_limits

_patterns, _app, _namespace = api.urls
_limits = body_limits()
for pattern in _patterns:
    if isinstance(pattern, URLPattern):  # all of them: routers are flattened
        pattern.callback = guarded(pattern.callback)
        pattern.callback.max_body = _limits.get(str(pattern.pattern), {})  # type: ignore[attr-defined]

urlpatterns = [
    path("", include((_patterns, _app), namespace=_namespace)),
    re_path(r"^.*$", unknown_address),
]
