"""For operators and their machines: alive, ready, and the numbers."""

from dataclasses import asdict

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from shares.http.guards import operator, public
from shares.http.requests import Request
from shares.services.maintenance import health

# What a part is when it is not "ok", where that is more than "away".
FAULTS = {"disk": "full"}
# Names in the response of parts that the code calls otherwise.
PUBLIC_NAMES = {"scheduler": "clock"}


@require_safe
@public
def alive(_request: Request) -> HttpResponse:
    """This process responds; nothing else is checked."""
    return _fresh(HttpResponse("ok\n", content_type="text/plain"))


@require_safe
@public
def ready(request: Request) -> HttpResponse:
    """200 if a download could start now, else 503; each part by name."""
    state = health.check(now=request.now)
    parts = {
        PUBLIC_NAMES.get(name, name): "ok" if fine else FAULTS.get(name, "away") for name, fine in asdict(state).items()
    }
    parts["storage"] = state.storage.value
    return _fresh(JsonResponse({"ready": state.ready} | parts, status=200 if state.ready else 503))


@require_safe
@operator
def metrics(request: Request) -> HttpResponse:
    """Prometheus' text format."""
    lines = []
    for name, labels, value in health.metrics(now=request.now):
        label_text = ",".join(f'{key}="{text}"' for key, text in labels.items())
        lines.append(f"{name}{{{label_text}}} {value:g}" if label_text else f"{name} {value:g}")
    return _fresh(HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4"))


def _fresh(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
