"""The first administrator: made once, from valid settings."""

import pytest
from pytest_django import Settings as SettingsWrapper

from shares.models import User
from sharesite.dev_stack.admin import first_admin
from sharesite.dev_stack.managed_process import StackError


def test_an_invalid_address_is_refused(db: None, settings: SettingsWrapper) -> None:
    settings.SITE_ADMIN_EMAIL = "nobody"
    with pytest.raises(StackError, match=r"^SITE_ADMIN_EMAIL is 'nobody', which is not an email address\.$"):
        first_admin()
    assert not User.objects.exists()


def test_an_address_of_another_account_is_refused(db: None, settings: SettingsWrapper, owner: User) -> None:
    settings.SITE_ADMIN_EMAIL = owner.email.upper()
    with pytest.raises(StackError, match=r"has an account that is no administrator"):
        first_admin()


def test_an_administrator_is_made_once(db: None, settings: SettingsWrapper) -> None:
    settings.SITE_ADMIN_EMAIL, settings.SITE_ADMIN_PASSWORD = "", ""
    first_text = first_admin()
    password = first_text.removeprefix("sign in as admin@localhost with the password ").split()[0]
    assert User.objects.get().check_password(password)
    assert first_admin() == "sign in as admin@localhost"
