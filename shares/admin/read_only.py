"""Rows that only the application writes: files, uploads, grants, the history, tokens."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.admin.shares import block_files
from shares.callers import Caller
from shares.errors import Refusal
from shares.formats import format_size
from shares.models import ApiToken, Event, Grant, Scan, Share, SharedFile, Upload
from shares.models.events import EventQuerySet
from shares.services.event_details import describe_detail
from shares.services.moderation import scans
from shares.services.sharing import audit_export


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that only the application writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(SharedFile)
class SharedFileAdmin(ReadOnlyAdmin):
    list_display = (
        "display_name",
        "share",
        "display_size",
        "content_type",
        "ready_at",
        "withheld",
        "removed_at",
        "purged_at",
    )
    list_filter = ("withheld",)
    list_select_related = ("share",)
    search_fields = ("id", "name", "key", "share__id", "share__title")
    show_full_result_count = False
    actions = ("block", "release")

    @admin.display(description=_("name"))
    def display_name(self, file: SharedFile) -> str:
        return file.full_name

    @admin.display(description=_("size"), ordering="size")
    def display_size(self, file: SharedFile) -> str:
        return format_size(file.size)

    @admin.action(
        description=_("Block: nobody can download it, here or elsewhere, or share it again"), permissions=["block"]
    )
    def block(self, request: HttpRequest, queryset: QuerySet[SharedFile]) -> None:
        block_files(self, request, queryset)

    @admin.action(
        description=_("Release: make it available in spite of its type, or of what the virus scanner found"),
        permissions=["block"],
    )
    def release(self, request: HttpRequest, queryset: QuerySet[SharedFile]) -> None:
        caller: Caller = request.caller  # type: ignore[attr-defined]  # set by the middleware
        for file in queryset.select_related("share"):
            try:
                scans.release(file=file, caller=caller, now=timezone.now())
                self.message_user(request, gettext("Now available: %(file)s") % {"file": file}, messages.SUCCESS)
            except Refusal as refusal:
                self.message_user(
                    request,
                    gettext("%(name)s: %(problem)s") % {"name": file, "problem": refusal.message},
                    messages.ERROR,
                )

    def has_block_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shares.add_blockedfile")


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ("file", "share", "display_part_size", "touched_at", "ready")
    list_select_related = ("file__share",)
    exclude = ("storage_id",)
    search_fields = ("file__name", "file__share__id")
    show_full_result_count = False

    @admin.display(description=_("part size"), ordering="part_size")
    def display_part_size(self, upload: Upload) -> str:
        return format_size(upload.part_size)

    @admin.display(description=_("share"))
    def share(self, upload: Upload) -> Share:
        return upload.file.share

    @admin.display(description=_("ready"), boolean=True)
    def ready(self, upload: Upload) -> bool:
        return upload.file.ready_at is not None


@admin.register(Scan)
class ScanAdmin(ReadOnlyAdmin):
    list_display = ("file", "share", "verdict", "signature", "created_at", "last_error")
    list_filter = ("verdict",)
    list_select_related = ("file__share",)
    search_fields = ("file__name", "file__share__id", "signature")
    show_full_result_count = False

    @admin.display(description=_("share"))
    def share(self, scan: Scan) -> Share:
        return scan.file.share


@admin.register(Grant)
class GrantAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "share", "expires_at")
    list_select_related = ("share",)
    fields = ("share", "created_at", "expires_at", "password_version")
    search_fields = ("share__id", "share__title")
    show_full_result_count = False


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("occurred_at", "kind", "name", "share_id", "user_email", "address", "detail_text", "reference")
    list_filter = ("kind", "occurred_at")
    search_fields = ("share_id", "file_id", "name", "user_email", "address")
    show_full_result_count = False
    actions = ("export_csv", "export_json")
    fields = (
        *("occurred_at", "kind", "share_id", "file_id", "name", "user_email", "address", "detail_text", "reference"),
    )
    readonly_fields = ("detail_text",)

    @admin.display(description=_("detail"))
    def detail_text(self, event: Event) -> str:
        return describe_detail(event.kind, event.detail)

    @admin.action(description=_("Export as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: EventQuerySet) -> StreamingHttpResponse:
        return _export(queryset, "csv")

    @admin.action(description=_("Export as JSON"), permissions=["view"])
    def export_json(self, request: HttpRequest, queryset: EventQuerySet) -> StreamingHttpResponse:
        return _export(queryset, "json")


def _export(events: EventQuerySet, file_format: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        audit_export.WRITERS[file_format](audit_export.read_rows(events)),
        content_type=audit_export.MEDIA_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="audit.{file_format}"'},
    )


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    list_display = ("user", "name", "key", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "name", "key")
    fields = ("user", "name", "key", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    readonly_fields = ("user", "key", "scopes", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
