"""Rows that only the product itself writes: files, uploads, grants, the history, tokens."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from shares.admin.shares import block_files
from shares.models import ApiToken, Event, Grant, Share, SharedFile, Upload


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Facts that only the product itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(SharedFile)
class SharedFileAdmin(ReadOnlyAdmin):
    list_display = ("full_name", "share", "size", "content_type", "ready_at", "removed_at", "purged_at")
    list_select_related = ("share",)
    search_fields = ("id", "name", "key", "share__id", "share__title")
    show_full_result_count = False
    actions = ("block",)

    @admin.action(description="Block: nobody can share the same file again", permissions=["block"])
    def block(self, request: HttpRequest, queryset: QuerySet[SharedFile]) -> None:
        block_files(self, request, queryset)

    def has_block_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shares.add_blockedfile")


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ("file", "share", "part_size", "touched_at", "ready")
    list_select_related = ("file__share",)
    exclude = ("storage_id",)
    search_fields = ("file__name", "file__share__id")
    show_full_result_count = False

    @admin.display
    def share(self, upload: Upload) -> Share:
        return upload.file.share

    @admin.display(boolean=True)
    def ready(self, upload: Upload) -> bool:
        return upload.file.ready_at is not None


@admin.register(Grant)
class GrantAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "share", "expires_at")
    list_select_related = ("share",)
    fields = ("share", "created_at", "expires_at", "password_version")
    search_fields = ("share__id", "share__title")
    show_full_result_count = False


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "name", "share_id", "who", "address", "detail")
    list_filter = ("kind", "at")
    search_fields = ("share_id", "file_id", "name", "who", "address")
    show_full_result_count = False


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    list_display = ("user", "name", "key", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "name", "key")
    fields = ("user", "name", "key", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    readonly_fields = ("user", "key", "scopes", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
