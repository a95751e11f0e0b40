"""Accounts: their quota and their permissions."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shares.formats import format_size
from shares.models import User
from shares.services.accounts import tokens


class NewUserForm(AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(StockUserAdmin[User]):
    add_form = NewUserForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "display_used", "display_quota", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    readonly_fields = ("used_bytes", "used_files", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Quota"), {"fields": ("quota_bytes", "used_bytes", "quota_files", "used_files")}),
        (_("Rate limits"), {"fields": ("signatures_per_hour", "shares_per_hour")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2")}),)

    actions = ("revoke_tokens",)

    @admin.action(description=_("Revoke all API tokens of the selected users"), permissions=["change"])
    def revoke_tokens(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            tokens.revoke_all(user=user, now=timezone.now())
        self.message_user(request, _("Their API tokens, and the access tokens made from them, have ended."))

    @admin.display(description=_("used"), ordering="used_bytes")
    def display_used(self, user: User) -> str:
        return format_size(user.used_bytes)

    @admin.display(description=_("quota"), ordering="quota_bytes")
    def display_quota(self, user: User) -> str:
        return format_size(user.quota)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Accounts with shares are deactivated, not deleted: the audit trail and the purge still need them."""
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.shares.exists())
