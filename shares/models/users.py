"""Accounts: identified by email address, each with a quota of bytes and files."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# A batch of URLs counts as a whole.
MIN_SIGNATURES_PER_HOUR = 100


class UserManager(BaseUserManager["User"]):
    """Creates users, and reserves and releases their quota in single conditional statements."""

    def create_user(self, email: str, password: str | None = None, **columns: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **columns)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **columns: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **columns)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def reserve(self, user_id: int, *, size: int, files: int) -> bool:
        """Reserve ``size`` bytes and ``files`` files of the quota; False, and nothing reserved, if they do not fit."""
        updated = self.filter(
            pk=user_id,
            used_bytes__lte=Coalesce(F("quota_bytes"), settings.DEFAULT_QUOTA_BYTES) - size,
            used_files__lte=Coalesce(F("quota_files"), settings.DEFAULT_QUOTA_FILES) - files,
        ).update(used_bytes=F("used_bytes") + size, used_files=F("used_files") + files)
        return updated == 1

    def release(self, user_id: int, *, size: int, files: int) -> None:
        """Release quota. Never below zero, so that an error elsewhere cannot stop the purge."""
        self.filter(pk=user_id).update(
            used_bytes=Greatest(F("used_bytes") - size, 0), used_files=Greatest(F("used_files") - files, 0)
        )


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name shown to recipients"), max_length=100, blank=True)
    is_staff = models.BooleanField(_("may use the admin"), default=False)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Otherwise the user can't sign in, and their shares don't open.")
    )
    date_joined = models.DateTimeField(_("date joined"), default=timezone.now, editable=False)
    quota_bytes = models.BigIntegerField(_("quota in bytes"), null=True, blank=True, help_text=_("Empty: the default."))
    quota_files = models.IntegerField(_("quota in files"), null=True, blank=True, help_text=_("Empty: the default."))
    signatures_per_hour = models.PositiveIntegerField(
        _("signed URLs an hour"),
        null=True,
        blank=True,
        validators=[MinValueValidator(MIN_SIGNATURES_PER_HOUR)],
        help_text=_("Empty: the default."),
    )
    shares_per_hour = models.PositiveIntegerField(
        _("new shares an hour"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: the default."),
    )
    token_epoch = models.PositiveIntegerField(_("token epoch"), default=0, editable=False)
    used_bytes = models.BigIntegerField(_("used bytes"), default=0, editable=False)
    used_files = models.IntegerField(_("used files"), default=0, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name, verbose_name_plural = _("user"), _("users")
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message=_("This email address is already in use."),
            ),
            models.CheckConstraint(condition=Q(used_bytes__gte=0, used_files__gte=0), name="user_used_not_negative"),
            models.CheckConstraint(
                condition=Q(quota_bytes__isnull=True) | Q(quota_bytes__gte=0), name="user_quota_bytes_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(quota_files__isnull=True) | Q(quota_files__gte=0), name="user_quota_files_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @classmethod
    def from_db(cls, *args: Any, **options: Any) -> Self:
        user = super().from_db(*args, **options)
        user._remember()  # noqa: SLF001 - its own class
        return user

    def refresh_from_db(self, *args: Any, **options: Any) -> None:
        super().refresh_from_db(*args, **options)
        self._remember()

    def save(self, *args: Any, **options: Any) -> None:
        """Write the columns that were changed on this object, and no others: code that only sets a password, such as a
        library's, would otherwise revert a counter or an administrator's change since the row was read.
        """
        read: dict[str, Any] | None = vars(self._state).get("read")
        if read is not None and not args and not options.keys() & {"update_fields", "force_insert"}:
            columns = {field.attname: field.name for field in self._meta.concrete_fields if not field.primary_key}
            now = vars(self)
            options["update_fields"] = {
                name for column, name in columns.items() if column in now and now[column] != read.get(column, ...)
            }
        super().save(*args, **options)
        self._remember()

    def set_password(self, raw_password: str | None) -> None:
        """Ends the access tokens of the account as well."""
        super().set_password(raw_password)
        self.token_epoch += 1

    def _remember(self) -> None:
        columns = {field.attname for field in self._meta.concrete_fields}
        vars(self._state)["read"] = {name: value for name, value in vars(self).items() if name in columns}

    @property
    def quota(self) -> int:
        """The effective quota, in bytes."""
        return settings.DEFAULT_QUOTA_BYTES if self.quota_bytes is None else self.quota_bytes

    @property
    def file_quota(self) -> int:
        """How many files the account may hold."""
        return settings.DEFAULT_QUOTA_FILES if self.quota_files is None else self.quota_files

    @property
    def display_name(self) -> str:
        """The sender's name that recipients see, which may be empty; never the email address."""
        return self.name
