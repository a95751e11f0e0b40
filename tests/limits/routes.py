"""Every route and the content of the longest request to it; a route without an entry fails the test."""

from typing import Any

from shares.api.request_schemas import MAX_FILES_PER_BATCH, MAX_FILES_PER_CALL, MAX_LINKS_PER_CALL, MAX_TYPES_PER_CALL

# The values of the parameters of a URL.
SAMPLES: dict[str, str] = {
    "token_id": "0" * 16,
    "file_format": "csv",
    "job": "0" * 36,
    "object_id": "9" * 500,
    "content_type_id": "9" * 9,
    "app_label": "shares",
    "url": "x" * 500,
    "key": "a" * 500,
    "uidb36": "z" * 50,
    "extra_path": "x",
    "link": "SHARE//" + "- " * 500,
}

SETTINGS = (
    "title", "message", "expires_in", "expires_at", "max_downloads", "password", "strict", "initial-title",
    "initial-message", "initial-expires_at", "initial-max_downloads", "initial-strict", "password_version",
    "preset", "initial-preset",
)  # fmt: skip
NEW_SHARE = ("name", "size", "preset", "title", "message", "expires_in", "expires_at", "max_downloads", "password")
# The forms of the pages; an empty tuple is a form with only a button, None is a page without a form.
PAGES: dict[str, tuple[str, ...] | None] = {
    "share-file-download": ("password",),
    "home": None,
    "account": None,
    "account-name": ("name", "initial-name"),
    "shares": None,
    "shares-bulk": ("ids", "operation"),
    "share-new": None,
    "share-new-announce": NEW_SHARE,
    "share-file-form": None,
    "share-file-arrived": None,
    "share-detail": None,
    "share-history-file": None,
    "shares-history-file": None,
    "share-detail-arrivals": None,
    "share-edit": SETTINGS,
    "share-revoke": (),
    "share-file-remove": (),
    "share-detail-preview": (),
    "share": None,
    "share-arrivals": None,
    "share-checksums": None,
    "share-unlock": ("password",),
    "share-opened": (),
    "share-ask": ("who",),
    "share-report": None,
    "share-report-send": ("reason", "details", "contact"),
    "share-download": ("file", "password"),
    "share-file-content": None,
    "share-file-preview": (),
    "share-archive": ("file",),
    "share-archive-links": ("file",),
    "share-archive-made": None,
    "archiver": None,
    "healthz": None,
    "readyz": None,
    "metrics": None,
    "robots": None,
    "security-txt": None,
    "mangled-link": None,
}

# Pages and calls that read a query; every other gets fewer shapes of it, which nothing but its parser sees.
QUERIED = {
    "home",
    "shares",
    "share",
    "share-detail",
    "share-arrivals",
    "share-detail-arrivals",
    "mangled-link",
    "share-history-file",
}
QUERIED |= {"GET shares", "GET shares/<share_id>/events"}

# What the forms of accounts and of the administration have between them.
ACCOUNT = (
    "login", "email", "password", "password1", "password2", "oldpassword", "code", "next", "action_add",
    "action_remove", "action_primary", "action_send",
)  # fmt: skip
ADMIN = (
    "email", "name", "password1", "password2", "usable_password", "quota_bytes", "quota_files", "groups",
    "user_permissions", "action", "_selected_action", "select_across", "post", "date_joined_0", "expires_at_0",
)  # fmt: skip
# Addresses below these are other packages'; every one of theirs is sent all of that.
FOREIGN = {"accounts/": ACCOUNT, "admin/": ADMIN, "favicon.ico": ()}


def _file_list(count: int, **item: Any) -> dict[str, Any]:
    return {"files": [item] * count}


_FILES = _file_list(MAX_FILES_PER_CALL, name="TEXT", size=1, path="TEXT", content_type="TEXT")
_MANY_FILES = {"files": [{"name": f"{n}.txt", "size": 1} for n in range(MAX_FILES_PER_CALL)]}
_EDIT = {"title": "TEXT", "message": "TEXT", "password": "TEXT"}
_TYPES = {"files": [{"id": "0" * 22, "content_type": f"a/b{n}"} for n in range(MAX_TYPES_PER_CALL)]}
_BATCH = _file_list(MAX_FILES_PER_BATCH, id="TEXT", checksum_sha256="TEXT")
_PARTS = {"parts": [{"number": n, "checksum_sha256": "A" * 43 + "="} for n in range(1, 101)]}
_BATCH_FILES = _file_list(MAX_FILES_PER_BATCH, id="TEXT", sha256="TEXT")
_LINKS = {"files": [f"{n:022d}" for n in range(MAX_LINKS_PER_CALL)], "password": "TEXT", "grant": "TEXT"}
_THUMBNAIL = {"size": 1, "checksum_sha256": "TEXT", "content_type": "TEXT", "width": 1, "height": 1}

# Calls that take JSON, by method and route.
CALLS: dict[str, tuple[Any, ...]] = {
    "POST shares": (_FILES, _EDIT | {"files": [{"name": "TEXT", "size": 1}]}, _MANY_FILES),
    "GET shares": (),
    "GET shares/<share_id>": (),
    "PATCH shares/<share_id>": (_EDIT, {"title": "TEXT"}, {"message": "TEXT"}, {"password": "TEXT"}),
    "DELETE shares/<share_id>": (),
    "POST shares/<share_id>/files": (_FILES, _MANY_FILES),
    "POST shares/<share_id>/types": (_TYPES, _file_list(MAX_TYPES_PER_CALL, id="TEXT", content_type="TEXT")),
    "DELETE shares/<share_id>/files/<file_id>": (),
    "GET shares/<share_id>/public": (),
    "POST uploads/sign": (_BATCH,),
    "POST uploads/complete": (_BATCH_FILES,),
    "GET uploads/<file_id>": (),
    "DELETE uploads/<file_id>": (),
    "POST uploads/<file_id>/parts": (_PARTS,),
    "POST uploads/<file_id>/complete": ({"sha256": "TEXT"},),
    "POST uploads/<file_id>/thumbnail": (_THUMBNAIL,),
    "POST uploads/<file_id>/thumbnail/complete": (),
    "POST shares/<share_id>/downloads": (_LINKS, {"password": "TEXT"}),
    "GET shares/<share_id>/events": (),
    "GET presets": (),
    "POST links": ({"files": [f"{n:022d}" for n in range(MAX_FILES_PER_BATCH)]}, {"files": ["TEXT"]}),
    "POST tokens": ({"scope": ["TEXT"]},),
    "GET tokens": (),
    "DELETE tokens": (),
    "GET tokens/<token_id>": (),
    "DELETE tokens/<token_id>": (),
    "GET me": (),
    "GET session": (),
    "GET openapi.json": (),
    "GET docs": (),
    "GET <any other>": (),
}
