"""The URLs of the site: pages, API, accounts and the admin."""

from allauth.account import views as account_views
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from sharesite.accounts import needs_mail
from sharesite.env import env

# Serving and checking pages needs the secret key; the first start, which generates it, does neither.
env.require("SECRET_KEY")

# The admin uses the sign-in page of the accounts: with its rate limits and second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = _("Sharesite administration")

# Pages that promise an email, for sites that can't send any: before allauth's own, with the same URLs.
account_urls = [
    path("email/", needs_mail(account_views.email), name="account_email"),
    path("password/reset/", needs_mail(account_views.password_reset), name="account_reset_password"),
    path("password/reset/done/", needs_mail(account_views.password_reset_done), name="account_reset_password_done"),
    path("confirm-email/", needs_mail(account_views.email_verification_sent), name="account_email_verification_sent"),
]
urlpatterns = [
    path("", include("shares.urls")),
    path("api/v1/", include("shares.api.urls")),
    path("accounts/", include([*account_urls, path("", include("allauth.urls"))])),
    path("admin/", include("shares.admin.urls")),
    # Browsers request this on pages without an icon, such as those of the admin.
    path("favicon.ico", RedirectView.as_view(url="/static/favicon.svg", permanent=True)),
]

handler400 = "shares.http.hosts.bad_host_or_request"
handler404 = "shares.http.middleware.not_found"
handler500 = "shares.http.middleware.server_error"
