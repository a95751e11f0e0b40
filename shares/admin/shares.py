"""Shares: listed, extended, ended and blocked, but not edited."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import (
    BigIntegerField,
    Count,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from shares.callers import Caller
from shares.errors import Refusal
from shares.formats import format_size
from shares.models import Event, Share, SharedFile
from shares.services.maintenance import purge
from shares.services.moderation import abuse
from shares.services.sharing import shares

EXTENSION = timedelta(days=7)
BLOCKED = ngettext_lazy("%(count)d share blocked.", "%(count)d shares blocked.", "count")
REOPENED = ngettext_lazy("%(count)d share opened again.", "%(count)d shares opened again.", "count")
REMOVED = ngettext_lazy("%(count)d share removed.", "%(count)d shares removed.", "count")
EXTENDED = ngettext_lazy("%(count)d share extended.", "%(count)d shares extended.", "count")
DELETED = ngettext_lazy("%(count)d share deleted.", "%(count)d shares deleted.", "count")


class StateFilter(admin.SimpleListFilter):
    title = _("state")
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
        "display_title",
        "owner",
        "display_state",
        "display_files",
        "display_size",
        "display_downloads",
        "created_at",
        "expires_at",
    )
    list_filter = (StateFilter, "preset", "strict", "created_at", ("owner", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("owner", "preset")
    list_per_page = 50
    search_fields = ("id", "title", "owner__email", "files__name")
    date_hierarchy = "created_at"
    show_full_result_count = False
    actions = ("suspend", "unsuspend", "block_files", "revoke", "extend", "purge_now")
    fields = readonly_fields = (
        "id", "owner", "title", "message", "preset", "display_state", "created_at", "expires_at", "max_downloads",
        "download_count", "files_link", "protected", "strict", "live_at", "used_up_at", "revoked_at",
        "suspended_at", "purging_at", "purged_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Share]:
        files = SharedFile.objects.not_removed().filter(share=OuterRef("pk")).order_by().values("share")
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

    @admin.display(description=_("share"), ordering="title")
    def display_title(self, share: Share) -> str:
        return str(share)

    @admin.display(description=_("state"))
    def display_state(self, share: Share) -> str:
        return str(share.state(timezone.now()).label)

    @admin.display(description=_("files"), ordering="file_count")
    def display_files(self, share: Any) -> str:
        return str(share.file_count)

    @admin.display(description=_("size"), ordering="size")
    def display_size(self, share: Any) -> str:
        return format_size(share.size)

    @admin.display(description=_("files"))
    def files_link(self, share: Share) -> str:
        return format_html(
            '<a href="{}?share__id__exact={}">{}</a>',
            reverse("admin:shares_sharedfile_changelist"),
            share.pk,
            gettext("Show its files"),
        )

    @admin.display(description=_("downloads"))
    def display_downloads(self, share: Share) -> str:
        if share.max_downloads is None:
            return gettext("no limit")
        values = {"downloads": share.download_count, "limit": share.max_downloads}
        return gettext("%(downloads)d of %(limit)d") % values

    @admin.display(description=_("password"), boolean=True)
    def protected(self, share: Share) -> bool:
        return share.has_password

    @admin.action(
        description=_("Block for abuse: nobody can download it until the block is lifted"), permissions=["change"]
    )
    def suspend(self, request: HttpRequest, queryset: QuerySet[Share]) -> None:
        self._apply(request, queryset, BLOCKED, abuse.suspend)

    @admin.action(description=_("Lift the block: it opens again unless it has expired"), permissions=["change"])
    def unsuspend(self, request: HttpRequest, queryset: QuerySet[Share]) -> None:
        self._apply(request, queryset, REOPENED, abuse.unsuspend)

    @admin.action(
        description=_("Block the files: nobody can download them, here or elsewhere, or share them again"),
        permissions=["change"],
    )
    def block_files(self, request: HttpRequest, queryset: QuerySet[Share]) -> None:
        block_files(self, request, SharedFile.objects.not_removed().filter(share__in=queryset))

    @admin.action(
        description=_("Remove: no more downloads; the files are deleted within a minute"), permissions=["change"]
    )
    def revoke(self, request: HttpRequest, queryset: QuerySet[Share]) -> None:
        self._apply(request, queryset, REMOVED, partial(shares.end, kind=Event.Kind.ADMIN))

    @admin.action(description=_("Extend: seven days from now or from the current expiry"), permissions=["change"])
    def extend(self, request: HttpRequest, queryset: QuerySet[Share]) -> None:
        self._apply(request, queryset, EXTENDED, partial(shares.extend, extension=EXTENSION))

    @admin.action(
        description=_("Delete now: remove the share and delete its files immediately"), permissions=["change"]
    )
    def purge_now(self, request: HttpRequest, queryset: QuerySet[Share]) -> None:
        self._apply(request, queryset, DELETED, purge.purge_now)

    def _apply(
        self, request: HttpRequest, queryset: QuerySet[Share], text: StrPromise, action: Callable[..., object]
    ) -> None:
        """Perform an operation on each selected share; a refusal is reported, and the others continue."""
        now, changed = timezone.now(), 0
        caller: Caller = request.caller  # type: ignore[attr-defined]  # set by the middleware
        for share in queryset:
            try:
                action(share=share, caller=caller, now=now)
                changed += 1
            except Refusal as refusal:
                self.message_user(
                    request,
                    gettext("%(name)s: %(problem)s") % {"name": share, "problem": refusal.message},
                    messages.ERROR,
                )
        self.message_user(request, text % {"count": changed}, messages.SUCCESS)


def block_files(model_admin: admin.ModelAdmin[Any], request: HttpRequest, files: QuerySet[SharedFile]) -> None:
    """Block each of ``files``, and report how many other shares contain the same bytes."""
    now, blocked_count, other_shares = timezone.now(), 0, 0
    caller: Caller = request.caller  # type: ignore[attr-defined]  # set by the middleware
    for file in files.select_related("share"):
        try:
            other_shares += abuse.block(file=file, caller=caller, now=now)
            blocked_count += 1
        except Refusal as refusal:
            model_admin.message_user(
                request, gettext("%(name)s: %(problem)s") % {"name": file, "problem": refusal.message}, messages.ERROR
            )
    blocked = ngettext("%(count)d file blocked.", "%(count)d files blocked.", blocked_count) % {"count": blocked_count}
    model_admin.message_user(request, blocked, messages.SUCCESS)
    if other_shares:
        withheld = ngettext(
            "The same bytes are withheld in %(count)d other share.",
            "The same bytes are withheld in %(count)d other shares.",
            other_shares,
        )
        model_admin.message_user(request, withheld % {"count": other_shares}, messages.SUCCESS)
