"""System checks: combinations of settings that start but fail later, each with an id and a remedy.

Errors stop every command; warnings with the tag ``security`` appear in ``check --deploy``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Concern
from django.utils.translation import gettext

from shares.services.accounts import token_keys
from shares.storage.signing.delivery_settings import DeliverySettings, delivery_problems, is_below
from shares.storage.signing.key_pairs import KeySettings, key_problems


@dataclass(frozen=True, slots=True)
class Store:
    """The settings of storage."""

    bucket: str
    endpoint: str
    public: str
    domain: str
    signer: bool
    style: str
    delivery: DeliverySettings
    keys: KeySettings


def store() -> Store:
    backends = cast("dict[str, dict[str, Any]]", settings.STORAGES)
    options = backends["shares"]["OPTIONS"]
    return Store(
        bucket=options.get("bucket_name") or "",
        endpoint=options.get("endpoint_url") or "",
        public=options.get("public_endpoint_url") or options.get("endpoint_url") or "",
        domain=options.get("custom_domain") or options.get("cloudfront_domain") or "",
        signer=bool(options.get("cloudfront_key_id") and options.get("cloudfront_key")),
        style=options.get("addressing_style") or "path",
        delivery=delivery_settings(options),
        keys=key_settings(options),
    )


def delivery_settings(options: dict[str, Any]) -> DeliverySettings:
    return DeliverySettings(
        bucket=options.get("bucket_name") or "",
        region=options.get("region_name") or "",
        endpoint_url=options.get("endpoint_url") or "",
        public_endpoint_url=options.get("public_endpoint_url") or "",
        addressing_style=options.get("addressing_style") or "path",
        read_bucket=options.get("read_bucket") or "",
        account_id=options.get("account_id") or "",
        key_prefix=options.get("key_prefix") or "",
        dualstack=bool(options.get("dualstack")),
        accelerate=bool(options.get("accelerate")),
        cloudfront_domain=options.get("custom_domain") or options.get("cloudfront_domain") or "",
        cloudfront_policy=options.get("cloudfront_policy") or "",
        cloudfront_bind_address=bool(options.get("cloudfront_bind_address")),
        cloudfront_cookie_domain=options.get("cloudfront_cookie_domain") or "",
    )


def key_settings(options: dict[str, Any]) -> KeySettings:
    names = ("access_key", "next_access_key", "next_secret_key", "long_access_key", "long_secret_key")
    return KeySettings(**{name: options.get(name) or "" for name in names})


def is_public(host: str) -> bool:
    """Whether a name or address can be reached from other machines than this one and its network."""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".test")):
        return False
    try:
        return not ip_address(host.strip("[]")).is_private
    except ValueError:
        return "." in host


@register
def check_storage(**_: Any) -> list[CheckMessage]:
    """Storage settings with which every upload or download fails, or is public."""
    storage_settings = store()
    problems = [*delivery_problems(storage_settings.delivery), *key_problems(storage_settings.keys)]
    return [
        *storage_problems(storage_settings),
        *(Error(problem.message, hint=problem.hint, id=problem.id) for problem in problems),
        *cache_problems(storage_settings.domain),
        *cookie_problems(storage_settings.delivery.cloudfront_cookie_domain),
    ]


def cookie_problems(domain: str) -> Iterator[CheckMessage]:
    site = urlsplit(settings.SITE_URL)
    if domain and (site.scheme != "https" or not is_below(site.hostname or "", domain)):
        yield Error(
            gettext("CLOUDFRONT_COOKIE_DOMAIN is %(domain)s: a page at %(site)s cannot set its cookies.")
            % {"domain": domain, "site": settings.SITE_URL},
            hint=gettext(
                "Serve the site over https under a name below that domain, or leave CLOUDFRONT_COOKIE_DOMAIN empty."
            ),
            id="shares.E050",
        )


def cache_problems(domain: str) -> Iterator[CheckMessage]:
    if settings.CLOUDFRONT_CACHE_SECONDS and not domain:
        yield Error(
            gettext("CLOUDFRONT_CACHE_SECONDS is set without CLOUDFRONT_DOMAIN: nothing would keep the files."),
            hint=gettext("Set CLOUDFRONT_DOMAIN, CLOUDFRONT_KEY_ID and CLOUDFRONT_KEY, or CLOUDFRONT_CACHE_SECONDS=0."),
            id="shares.E047",
        )


def storage_problems(storage_settings: Store) -> Iterator[CheckMessage]:
    if storage_settings.domain and not storage_settings.signer:
        yield Error(
            gettext("CLOUDFRONT_DOMAIN is set without a key to sign with: downloads would be unsigned links."),
            hint=gettext("Set CLOUDFRONT_KEY_ID and CLOUDFRONT_KEY (or CLOUDFRONT_KEY_FILE)."),
            id="shares.E001",
        )
    if storage_settings.bucket.endswith(".mrap"):
        yield Error(
            gettext("S3_BUCKET is a Multi-Region Access Point, which takes signatures of version 4A alone."),
            hint=gettext(
                "Upload to a bucket, or the access point of one region; S3_READ_BUCKET may name this for downloads."
            ),
            id="shares.E002",
        )
    if settings.SITE_URL.startswith("https://") and storage_settings.public.startswith("http://"):
        yield Error(
            gettext(
                "The site is served over https and its storage over http: browsers block such uploads and downloads."
            ),
            hint=gettext("Serve storage over https and set S3_PUBLIC_ENDPOINT_URL to that address."),
            id="shares.E003",
        )
    if "{host}" in storage_settings.public and storage_settings.style != "path":
        yield Error(
            gettext(
                "S3_PUBLIC_ENDPOINT_URL follows the page's host, which only URLs with the bucket in their path can."
            ),
            hint=gettext("Set S3_ADDRESSING_STYLE=path, or name one host in S3_PUBLIC_ENDPOINT_URL."),
            id="shares.E004",
        )
    yield from host_problems(storage_settings)


def host_problems(storage_settings: Store) -> Iterator[CheckMessage]:
    """Host names of storage that browsers of this site cannot reach."""
    site, storage = urlsplit(settings.SITE_URL).hostname or "", urlsplit(storage_settings.public).hostname or ""
    if ":" in storage or (":" in site and storage == "{host}"):
        yield Error(
            gettext("Browsers are sent to the storage at an IPv6 address, which no Content-Security-Policy can name."),
            hint=gettext("Use a host name, or an IPv4 address, in S3_PUBLIC_ENDPOINT_URL and SITE_URL."),
            id="shares.E010",
        )
    if is_public(site) and storage and storage != "{host}" and not is_public(storage):
        yield Concern(
            gettext("Browsers are sent to the storage at %(host)s, which people outside of this network cannot reach.")
            % {"host": storage},
            hint=gettext("Set S3_PUBLIC_ENDPOINT_URL to the address that browsers should use."),
            id="shares.W001",
        )


@register
def check_limits(**_: Any) -> list[CheckMessage]:
    """Limits that contradict each other."""
    problems: list[CheckMessage] = []
    if settings.DEFAULT_EXPIRY_DAYS > settings.MAX_EXPIRY_DAYS:
        hint = gettext("Lower DEFAULT_EXPIRY_DAYS or raise MAX_EXPIRY_DAYS.")
        problems.append(Error(gettext("DEFAULT_EXPIRY_DAYS is above MAX_EXPIRY_DAYS."), hint=hint, id="shares.E005"))
    if settings.MAX_FILE_BYTES > settings.DEFAULT_QUOTA_BYTES:
        message = gettext(
            "MAX_FILE_BYTES is above DEFAULT_QUOTA_BYTES: nobody with the default quota can send such a file."
        )
        if settings.MAX_FILE_BYTES != 5 * 1024**4:
            problems.append(Concern(message, hint=gettext("Raise the quota or lower the limit."), id="shares.W002"))
    if settings.MAX_FILES_PER_SHARE > settings.DEFAULT_QUOTA_FILES:
        message = gettext("MAX_FILES_PER_SHARE is above DEFAULT_QUOTA_FILES.")
        problems.append(Concern(message, hint=gettext("Raise the quota or lower the limit."), id="shares.W003"))
    if settings.UPLOAD_IDLE_SECONDS < settings.UPLOAD_URL_SECONDS:
        problems.append(
            Error(
                gettext(
                    "UPLOAD_IDLE_SECONDS is below UPLOAD_URL_SECONDS: uploads would be aborted while a part is sent."
                ),
                hint=gettext("Raise UPLOAD_IDLE_SECONDS."),
                id="shares.E006",
            )
        )
    return problems


@register
def check_proxy(**_: Any) -> list[CheckMessage]:
    """Without a proxy that handles the header, the bytes never arrive, and the response reveals a signed URL."""
    if settings.STRICT_ACCEL and not settings.TRUSTED_PROXIES:
        message = gettext(
            "STRICT_ACCEL is set and TRUSTED_PROXIES is 0: no proxy would fetch the bytes of strict shares."
        )
        hint = gettext("Leave STRICT_ACCEL empty, or set TRUSTED_PROXIES to the number of proxies in front.")
        return [Error(message, hint=hint, id="shares.E009")]
    return []


@register
def check_mail(**_: Any) -> list[CheckMessage]:
    if settings.SIGNUP_OPEN and not settings.EMAIL_URL:
        message = gettext("SIGNUP_OPEN is on without EMAIL_URL: anyone can make an account under anyone's address.")
        return [Concern(message, hint=gettext("Set EMAIL_URL, so that addresses are verified."), id="shares.W004")]
    return []


@register
def check_scanner(**_: Any) -> list[CheckMessage]:
    """A variable that nothing reads is probably misspelled."""
    if settings.CLAMD_TOO_LARGE == "withhold" and not settings.CLAMD_ADDRESS:
        message = gettext("CLAMD_TOO_LARGE is set without CLAMD_ADDRESS: nothing is scanned, and no file withheld.")
        return [Concern(message, hint=gettext("Set CLAMD_ADDRESS to where clamd listens."), id="shares.W009")]
    return []


@register
def check_token_key(**_: Any) -> list[CheckMessage]:
    """Otherwise the first access token fails."""
    if not settings.TOKEN_KEY:
        return []
    try:
        token_keys.current_key()
    except (ValueError, TypeError):
        message = "TOKEN_KEY is no RSA key in PEM of at least 2048 bits without a passphrase."
        hint = "Create one with `openssl genrsa -out token-key.pem 3072`, and set TOKEN_KEY_FILE to its path."
        return [Error(message, hint=hint, id="shares.E011")]
    return []


@register
def check_debug(**_: Any) -> list[CheckMessage]:
    """The debug pages show settings, queries and the values of variables to anyone who causes an error."""
    public = [host for host in settings.ALLOWED_HOSTS if host == "*" or is_public(host)]
    if settings.DEBUG and public:
        return [
            Error(
                gettext("DEBUG is on for %(host)s.") % {"host": public[0]},
                hint=gettext("Set DEBUG=false."),
                id="shares.E007",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_deployment(**_: Any) -> list[CheckMessage]:
    """Settings that are right on one machine and wrong on the internet."""
    return [*deployment_problems()]


def deployment_problems() -> Iterator[CheckMessage]:
    site = urlsplit(settings.SITE_URL)
    if site.scheme != "https":
        hint = gettext("Put a TLS proxy in front and set SITE_URL to its https address.")
        yield Concern(gettext("SITE_URL is http: passwords and cookies travel in clear."), hint=hint, id="shares.W005")
    elif not settings.TRUSTED_PROXIES:
        yield Concern(
            gettext("SITE_URL is https and TRUSTED_PROXIES is 0: behind a proxy every page would redirect to itself."),
            hint=gettext(
                "Set TRUSTED_PROXIES to the number of proxies in front; 0 only if this server ends TLS itself."
            ),
            id="shares.W006",
        )
    if "*" in settings.ALLOWED_HOSTS:
        hint = gettext("List the host names of this site in ALLOWED_HOSTS.")
        yield Concern(gettext("ALLOWED_HOSTS lets any host name in."), hint=hint, id="shares.W007")
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        hint = gettext("Fine for one machine; for several web containers set DATABASE_URL to PostgreSQL.")
        yield Concern(gettext("The database is SQLite, which one machine alone can use."), hint=hint, id="shares.W008")
