"""The storage doctor in the administration, which also sends and downloads an object from the browser."""

from dataclasses import asdict
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from shares.services.maintenance import browser_probe, storage_doctor
from shares.storage.doctor.findings import Finding

TEMPLATE = "admin/storage_doctor.html"
PERMISSION = "shares.examine_storage"
# Less than the timeout of reverse proxies.
MAX_SECONDS = 45


@permission_required(PERMISSION, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def examine(request: HttpRequest) -> HttpResponse:
    """POST examines the storage, and signs URLs for the test by the browser; GET does neither."""
    context = {**admin.site.each_context(request), "title": gettext("Storage")}
    if request.method == "POST":
        findings = storage_doctor.examine_within(MAX_SECONDS)
        caller = request.caller  # type: ignore[attr-defined]  # set by the middleware
        probe = browser_probe.create_probe(caller)
        context |= {
            "is_examined": True,
            "groups": None if findings is None else group_by_level(findings),
            "probe": asdict(probe) if probe else None,
        }
    return TemplateResponse(request, TEMPLATE, context)


def group_by_level(findings: list[Finding]) -> list[dict[str, Any]]:
    """Those that need a person first."""
    levels = {"fail": gettext("Must be fixed"), "warn": gettext("Worth knowing"), "ok": gettext("Works")}
    groups = [
        {"level": level, "title": title, "findings": [finding for finding in findings if finding.level == level]}
        for level, title in levels.items()
    ]
    return [group for group in groups if group["findings"]]


@permission_required(PERMISSION, raise_exception=True)
@require_POST
def delete_probe(request: HttpRequest) -> HttpResponse:
    """Delete what the browser has sent: 204, or 503 if storage does not do it."""
    is_deleted = browser_probe.delete_probe(request.caller)  # type: ignore[attr-defined]  # set by the middleware
    return HttpResponse(status=204 if is_deleted else 503)
