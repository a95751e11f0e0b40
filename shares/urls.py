"""The addresses of the pages. Every view declares its guard; see ``http/guards.py``."""

from django.urls import path, re_path, register_converter

from shares.views import (
    archive,
    audit,
    health,
    home,
    links,
    new_share,
    previews,
    reports,
    reshare_requests,
    share,
    shares,
    wellknown,
)

register_converter(links.MangledLink, "mangled_link")

ID = r"[A-Za-z0-9_-]{22}"
SHARE = rf"shares/(?P<share_id>{ID})"
LINK = rf"share/(?P<share_id>{ID})"
FILE = rf"files/(?P<file_id>{ID})"

urlpatterns = [
    # First, since addresses are tried in order and this is the one that a thousand people ask for at once.
    re_path(rf"^{LINK}/{FILE}/download$", share.download_file, name="share-file-download"),
    path("", home.home, name="home"),
    path("account/", home.account, name="account"),
    path("account/name", home.change_name, name="account-name"),
    path("shares/", shares.listing, name="shares"),
    path("shares/new", new_share.page, name="share-new"),
    path("shares/new/announce", new_share.announce, name="share-new-announce"),
    path("shares/bulk", shares.bulk, name="shares-bulk"),
    re_path(r"^shares/history\.(?P<file_format>csv|json)$", audit.export_all, name="shares-history-file"),
    re_path(rf"^{SHARE}/history\.(?P<file_format>csv|json)$", audit.export_share, name="share-history-file"),
    re_path(rf"^{SHARE}/$", shares.detail, name="share-detail"),
    re_path(rf"^{SHARE}/arrivals$", shares.live_updates, name="share-detail-arrivals"),
    re_path(rf"^{SHARE}/edit$", shares.edit, name="share-edit"),
    re_path(rf"^{SHARE}/revoke$", shares.revoke, name="share-revoke"),
    re_path(rf"^{SHARE}/{FILE}/remove$", shares.remove_file, name="share-file-remove"),
    re_path(rf"^{SHARE}/{FILE}/form$", new_share.form_page, name="share-file-form"),
    re_path(rf"^{SHARE}/{FILE}/arrived$", new_share.complete, name="share-file-arrived"),
    re_path(rf"^{SHARE}/{FILE}/preview$", previews.sign_owner_preview, name="share-detail-preview"),
    re_path(rf"^{LINK}$", share.page, name="share"),
    re_path(rf"^{LINK}/arrivals$", share.live_updates, name="share-arrivals"),
    re_path(rf"^{LINK}/SHA256SUMS$", share.checksums_file, name="share-checksums"),
    re_path(rf"^{LINK}/unlock$", share.unlock, name="share-unlock"),
    re_path(rf"^{LINK}/opened$", share.opened, name="share-opened"),
    re_path(rf"^{LINK}/ask$", reshare_requests.send, name="share-ask"),
    re_path(rf"^{LINK}/report$", reports.page, name="share-report"),
    re_path(rf"^{LINK}/report/send$", reports.send, name="share-report-send"),
    re_path(rf"^{LINK}/download$", share.download, name="share-download"),
    re_path(rf"^{LINK}/{FILE}/content$", share.content, name="share-file-content"),
    re_path(rf"^{LINK}/{FILE}/preview$", previews.start, name="share-file-preview"),
    re_path(rf"^{LINK}/archive$", archive.plan, name="share-archive"),
    re_path(rf"^{LINK}/archive/links$", archive.links, name="share-archive-links"),
    re_path(rf"^{LINK}/archive/(?P<job>[0-9a-f-]{{36}})$", archive.archive_page, name="share-archive-made"),
    path("archiver.js", archive.script, name="archiver"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("robots.txt", wellknown.robots, name="robots"),
    path(".well-known/security.txt", wellknown.security, name="security-txt"),
    # Last: whatever else stands below /share/.
    path("<mangled_link:link>", links.clean, name="mangled-link"),
]
