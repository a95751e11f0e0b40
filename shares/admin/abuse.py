"""The queue of reports, and the blocked files."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import (
    QuerySet,
)
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from shares.admin.shares import ShareAdmin, block_files
from shares.callers import Caller
from shares.formats import format_size
from shares.models import BlockedFile, Report, Share, SharedFile
from shares.services.moderation import abuse


class QueueFilter(admin.SimpleListFilter):
    """Reports that are not closed; the default of the list."""

    title = _("state")
    parameter_name = "closed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", gettext("closed")), ("all", gettext("all"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *other_choices = super().choices(changelist)
        yield first | {"display": gettext("open")}
        yield from other_choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Report]) -> QuerySet[Report]:
        if self.value() == "all":
            return queryset
        return queryset.filter(closed_at__isnull=self.value() != "yes")


@admin.register(Report)
class ReportAdmin(admin.ModelAdmin[Report]):
    list_display = ("created_at", "reason", "share_link", "share_state", "sender", "contact", "closed_at")
    list_filter = (QueueFilter, "reason", "created_at")
    list_select_related = ("share__owner",)
    search_fields = ("share__id", "share__title", "share__owner__email", "details", "contact")
    show_full_result_count = False
    actions = ("suspend", "unsuspend", "block_files", "close", "reopen")
    fields = readonly_fields = (
        "share_link", "share_state", "sender", "reason", "details", "contact", "address", "created_at", "closed_at",
        "closed_by",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        return False

    @admin.display(description=_("share"))
    def share_link(self, report: Report) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:shares_share_change", args=[report.share_id]), report.share
        )

    @admin.display(description=_("state"))
    def share_state(self, report: Report) -> str:
        return str(report.share.state(timezone.now()).label)

    def _shares(self) -> ShareAdmin:
        return ShareAdmin(Share, self.admin_site)

    @admin.display(description=_("sender"))
    def sender(self, report: Report) -> str:
        return report.share.owner.email

    @admin.action(description=_("Block the share for abuse: nobody can download it anymore"), permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        self._shares().suspend(request, Share.objects.filter(reports__in=queryset).distinct())

    @admin.action(description=_("Lift the block of the share"), permissions=["change"])
    def unsuspend(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        self._shares().unsuspend(request, Share.objects.filter(reports__in=queryset).distinct())

    @admin.action(
        description=_("Block the files of the share: nobody can download them or share them again"),
        permissions=["change"],
    )
    def block_files(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        block_files(self, request, SharedFile.objects.not_removed().filter(share__reports__in=queryset).distinct())

    @admin.action(description=_("Close: resolved"), permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        caller: Caller = request.caller  # type: ignore[attr-defined]  # set by the middleware
        closed_count = sum(abuse.close(report=report, caller=caller, now=timezone.now()) for report in queryset)
        self.message_user(
            request,
            ngettext("%(count)d report closed.", "%(count)d reports closed.", closed_count) % {"count": closed_count},
            messages.SUCCESS,
        )

    @admin.action(description=_("Reopen"), permissions=["change"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        count = sum(abuse.reopen(report=report) for report in queryset)
        text = ngettext("%(count)d report reopened.", "%(count)d reports reopened.", count)
        self.message_user(request, text % {"count": count})


@admin.register(BlockedFile)
class BlockedFileAdmin(admin.ModelAdmin[BlockedFile]):
    """Deleting a row allows the file to be shared again, and to be downloaded where it was withheld."""

    list_display = ("name", "display_size", "sha256_hex", "created_at", "blocked_by")
    search_fields = ("name", "blocked_by")
    fields = readonly_fields = ("name", "display_size", "sha256_hex", "created_at", "blocked_by")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("size"), ordering="size")
    def display_size(self, block: BlockedFile) -> str:
        return format_size(block.size)

    def delete_model(self, request: HttpRequest, obj: BlockedFile) -> None:
        abuse.unblock(block=obj, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[BlockedFile]) -> None:
        for block in queryset:
            abuse.unblock(block=block, now=timezone.now())
