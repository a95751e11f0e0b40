"""The admins' door: stock Django admin, where facts are read and only lawful acts are offered.

Storage fields and audit lines are read-only; passwords and secrets are never shown.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import (
    BigIntegerField,
    Count,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from shares.errors import Refusal
from shares.models import ApiToken, Event, Grant, Share, SharedFile, Upload, User
from shares.policies import Caller
from shares.services import purge, shares

EXTENSION = timedelta(days=7)


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Facts that only the product itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Share.State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Share]) -> QuerySet[Share]:
        state = self.value()
        if not state:
            return queryset
        return queryset.filter(pk__in=Share.objects.in_state(state, timezone.now()).values("pk"))


@admin.register(Share)
class ShareAdmin(admin.ModelAdmin[Share]):
    list_display = (
        "shown",
        "owner",
        "state_shown",
        "files_shown",
        "size_shown",
        "downloads_shown",
        "created_at",
        "expires_at",
    )
    list_filter = (StateFilter, "strict", "created_at", ("owner", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("owner",)
    list_per_page = 50
    search_fields = ("id", "title", "owner__email", "files__name")
    date_hierarchy = "created_at"
    show_full_result_count = False
    actions = ("revoke", "extend", "purge_now")
    fields = readonly_fields = (
        "id", "owner", "title", "message", "state_shown", "created_at", "expires_at", "max_downloads",
        "downloads_taken", "files_link", "protected", "strict", "live_at", "used_up_at", "revoked_at", "purging_at",
        "purged_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Share]:
        files = SharedFile.objects.listed().filter(share=OuterRef("pk")).order_by().values("share")
        return (
            super()
            .get_queryset(request)
            .annotate(
                file_count=Coalesce(Subquery(files.annotate(n=Count("pk")).values("n")), 0),
                size=Coalesce(Subquery(files.annotate(n=Sum("size")).values("n")), 0, output_field=BigIntegerField()),
            )
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Share | None = None) -> bool:
        return False

    @admin.display(description="share", ordering="title")
    def shown(self, share: Share) -> str:
        return str(share)

    @admin.display(description="state")
    def state_shown(self, share: Share) -> str:
        return share.state(timezone.now()).label

    @admin.display(description="files", ordering="file_count")
    def files_shown(self, share: Any) -> str:
        return str(share.file_count)

    @admin.display(description="size", ordering="size")
    def size_shown(self, share: Any) -> str:
        return filesizeformat(share.size)

    @admin.display(description="files")
    def files_link(self, share: Share) -> str:
        return format_html(
            '<a href="{}?share__id__exact={}">Show its files</a>',
            reverse("admin:shares_sharedfile_changelist"),
            share.pk,
        )

    @admin.display(description="downloads")
    def downloads_shown(self, share: Share) -> str:
        return "no cap" if share.max_downloads is None else f"{share.downloads_taken} of {share.max_downloads}"

    @admin.display(description="password", boolean=True)
    def protected(self, share: Share) -> bool:
        return share.has_password

    @admin.action(description="Revoke: no more downloads, files deleted by the next sweep", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Share]) -> None:
        def act(share: Share, caller: Caller, now: datetime) -> None:
            shares.end(share=share, caller=caller, now=now, kind=Event.Kind.ADMIN)

        self._each(request, queryset, "revoked", act)

    @admin.action(description="Extend: seven days from now or from the present expiry", permissions=["change"])
    def extend(self, request: HttpRequest, queryset: QuerySet[Share]) -> None:
        def act(share: Share, caller: Caller, now: datetime) -> None:
            later = max(now, share.expires_at or now) + EXTENSION
            shares.extend(share=share, caller=caller, expires_at=later, now=now)

        self._each(request, queryset, "extended", act)

    @admin.action(description="Purge now: revoke and delete the files at once", permissions=["change"])
    def purge_now(self, request: HttpRequest, queryset: QuerySet[Share]) -> None:
        def act(share: Share, caller: Caller, now: datetime) -> None:
            purge.purge_now(share=share, caller=caller, now=now)

        self._each(request, queryset, "purged", act)

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Share], word: str, act: Callable[[Share, Caller, datetime], None]
    ) -> None:
        """Do one act on each chosen share; a refusal is told and the rest goes on."""
        now, done = timezone.now(), 0
        caller: Caller = request.caller  # type: ignore[attr-defined]  # set by the middleware
        for share in queryset:
            try:
                act(share, caller, now)
                done += 1
            except Refusal as refusal:
                self.message_user(request, f"{share}: {refusal.message}", messages.ERROR)
        self.message_user(request, f"{done} {word}.", messages.SUCCESS)


@admin.register(SharedFile)
class SharedFileAdmin(ReadOnlyAdmin):
    list_display = ("full_name", "share", "size", "content_type", "ready_at", "removed_at", "purged_at")
    list_select_related = ("share",)
    search_fields = ("id", "name", "key", "share__id", "share__title")
    show_full_result_count = False


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


class NewUserForm(AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(StockUserAdmin[User]):
    add_form = NewUserForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "used_shown", "quota_shown", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    readonly_fields = ("used_bytes", "used_files", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Quota", {"fields": ("quota_bytes", "used_bytes", "quota_files", "used_files")}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2")}),)

    @admin.display(description="used", ordering="used_bytes")
    def used_shown(self, user: User) -> str:
        return filesizeformat(user.used_bytes)

    @admin.display(description="quota", ordering="quota_bytes")
    def quota_shown(self, user: User) -> str:
        return filesizeformat(user.quota)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People with shares are deactivated, not deleted: the audit trail and the purge still need them."""
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.shares.exists())
