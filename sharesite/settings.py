"""All settings, from the environment alone; ``.env.example`` describes each variable."""

import sys
from urllib.parse import quote, urlsplit

import django_stubs_ext

from sharesite import connections
from sharesite.env import PROJECT, SITE_DATA, env
from sharesite.origins import origin, origins

# Django's own classes take no type parameters at run time without this.
django_stubs_ext.monkeypatch()

KIB, MIB, GIB, TIB = 1024, 1024**2, 1024**3, 1024**4
MB, GB = 1000**2, 1000**3
MINUTE, HOUR, DAY = 60, 3600, 86400

# The site and its hosts.
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY")
SITE_URL = origin("SITE_URL", env.raw("SITE_URL") or "http://127.0.0.1:8000")
HOST_NAME = urlsplit(SITE_URL).hostname or ""
HTTPS = SITE_URL.startswith("https://")
# The health check of the container and the embedded stack use the loopback names.
HOST_HEADER = f"[{HOST_NAME}]" if ":" in HOST_NAME else HOST_NAME
ALLOWED_HOSTS = [*env.hosts("ALLOWED_HOSTS", (HOST_HEADER,)), "127.0.0.1", "localhost", "[::1]"]
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, high=10)

INSTALLED_APPS = [
    "shares",
    "sharesite",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "ninja",
    "sharesite.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "shares.http.middleware.SiteMiddleware",
    "shares.http.languages.LanguageMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "shares.http.load_shedding.shed",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "sharesite.urls"
WSGI_APPLICATION = "sharesite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # The hash of each script and the translation of each sentence, on every page.
            "builtins": ["shares.templatetags.integrity", "django.templatetags.i18n"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
# The texts are written in English; a language is offered once it is listed here and has its catalogs in locale/.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [PROJECT / "locale"]
FORMAT_MODULE_PATH = ["sharesite.formats"]
TIME_ZONE = "UTC"
USE_TZ = True

# Data. Sessions are in the database, and the cache works without Redis during an outage.
DATABASE_URL = env.url(
    "DATABASE_URL",
    f"sqlite:///{quote(str(SITE_DATA))}/db.sqlite3",
    schemes=("postgresql", "postgres", "sqlite"),
    path=True,
)
DATABASES = {"default": connections.database(DATABASE_URL, env.secret("DATABASE_PASSWORD"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.url("REDIS_URL", "redis://127.0.0.1:6379/0", schemes=("redis", "rediss"))
CACHES = {"default": {"BACKEND": "sharesite.cache.FallbackCache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# A page that reports an outage of the database must not query it for messages.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# Static files, under names that contain a digest of their content.
STATIC_URL = "/static/"
STATIC_ROOT = PROJECT / "staticfiles"
# `node build.js` writes this folder: manage.py up, the tests and the image run it.
STATICFILES_DIRS = [PROJECT / "static" / "build"]
# The manifest exists after collectstatic, which itself must not need it.
COLLECTED = not DEBUG and ("collectstatic" in sys.argv or (STATIC_ROOT / "staticfiles.json").exists())
WHITENOISE_MANIFEST_STRICT = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Names with a digest never change: those that collectstatic gives, and the chunks that esbuild names itself.
WHITENOISE_IMMUTABLE_FILE_TEST = rf"\.[0-9a-f]{{12}}\.|^{STATIC_URL}chunks/"

# Files of the users, in S3.
S3_ENDPOINT_URL = origin("S3_ENDPOINT_URL", env.raw("S3_ENDPOINT_URL"))
S3_PUBLIC_ENDPOINT_URL = origin("S3_PUBLIC_ENDPOINT_URL", env.raw("S3_PUBLIC_ENDPOINT_URL") or S3_ENDPOINT_URL)
# More origins of this site's pages; the bucket allows their uploads, as those of SITE_URL.
CORS_ORIGINS = origins("CORS_ORIGINS", env.items("CORS_ORIGINS"))
# Those from which a file can be read at once.
STORAGE_CLASSES = ("", "STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
    "shares": {
        "BACKEND": "shares.storage.ShareStorage",
        "OPTIONS": {
            "bucket_name": env.text("S3_BUCKET", "shares"),
            "region_name": env.text("S3_REGION", "us-east-1"),
            "endpoint_url": S3_ENDPOINT_URL or None,
            "public_endpoint_url": S3_PUBLIC_ENDPOINT_URL or None,
            "addressing_style": env.text(
                "S3_ADDRESSING_STYLE", "path" if S3_ENDPOINT_URL else "virtual", choices=("path", "virtual")
            ),
            "access_key": env.secret("AWS_ACCESS_KEY_ID") or None,
            "secret_key": env.secret("AWS_SECRET_ACCESS_KEY") or None,
            "security_token": env.secret("AWS_SESSION_TOKEN") or None,
            "credentials_end": env.text("AWS_CREDENTIAL_EXPIRATION") or None,
            "next_access_key": env.secret("AWS_ACCESS_KEY_ID_NEXT") or None,
            "next_secret_key": env.secret("AWS_SECRET_ACCESS_KEY_NEXT") or None,
            "long_access_key": env.secret("AWS_ACCESS_KEY_ID_LONG") or None,
            "long_secret_key": env.secret("AWS_SECRET_ACCESS_KEY_LONG") or None,
            "key_selection": "shares.services.maintenance.rotation.poll_selected_key",
            "sse": env.text("S3_SSE", choices=("", "AES256", "aws:kms", "aws:kms:dsse")) or None,
            "kms_key_id": env.text("S3_KMS_KEY_ID") or None,
            "object_tags": env.choices("S3_TAGS", ("share", "owner")),
            "object_metadata": env.choices("S3_METADATA", ("share", "owner")),
            "storage_class": env.text("S3_STORAGE_CLASS", choices=STORAGE_CLASSES) or None,
            "checksums": env.text("S3_CHECKSUMS", "sha256", choices=("sha256", "md5")),
            "conditional_writes": env.flag("S3_CONDITIONAL_WRITES", default=True),
            "custom_domain": next(iter(env.hosts("CLOUDFRONT_DOMAIN", ())), None),
            "cloudfront_key_id": env.text("CLOUDFRONT_KEY_ID") or None,
            "cloudfront_key": env.secret("CLOUDFRONT_KEY") or None,
            "cloudfront_policy": env.text("CLOUDFRONT_POLICY", "canned", choices=("canned", "custom")),
            "cloudfront_bind_address": env.flag("CLOUDFRONT_BIND_ADDRESS"),
            "cloudfront_cookie_domain": next(iter(env.hosts("CLOUDFRONT_COOKIE_DOMAIN", ())), None),
            "read_bucket": env.text("S3_READ_BUCKET") or None,
            "key_prefix": env.text("S3_KEY_PREFIX") or None,
            "account_id": env.text("S3_ACCOUNT_ID") or None,
            "dualstack": env.flag("S3_DUALSTACK"),
            "accelerate": env.flag("S3_ACCELERATE"),
            "requester_pays": env.flag("S3_REQUESTER_PAYS"),
        },
    },
}

# Shares and their limits; docs/operating.md has the table.
DOWNLOAD_URL_SECONDS = env.seconds("DOWNLOAD_URL_SECONDS", 120, low=60, high=300)
# How long CloudFront keeps the files of shares without a password; 0: not at all.
CLOUDFRONT_CACHE_SECONDS = env.seconds("CLOUDFRONT_CACHE_SECONDS", 0, low=0, high=365 * DAY)
UPLOAD_URL_SECONDS = env.seconds("UPLOAD_URL_SECONDS", 15 * MINUTE, low=10, high=12 * HOUR)
UPLOAD_IDLE_SECONDS = env.seconds("UPLOAD_IDLE_SECONDS", DAY, low=10 * MINUTE, high=30 * DAY)
GRANT_SECONDS = env.seconds("GRANT_SECONDS", DAY, low=MINUTE, high=30 * DAY)
GRACE_SECONDS = env.seconds("GRACE_SECONDS", DAY, low=0, high=90 * DAY)
MAX_EXPIRY_DAYS = env.number("MAX_EXPIRY_DAYS", 365, low=1, high=3650)
DEFAULT_EXPIRY_DAYS = env.number("DEFAULT_EXPIRY_DAYS", min(7, MAX_EXPIRY_DAYS), low=1, high=3650)
ALLOW_NEVER_EXPIRE = env.flag("ALLOW_NEVER_EXPIRE")
MAX_FILE_BYTES = env.size("MAX_FILE_BYTES", 5 * TIB, low=1, high=5 * TIB)
# The largest file that is sent without JavaScript; 0 for storages without POST policies.
FORM_UPLOAD_BYTES = env.size("FORM_UPLOAD_BYTES", min(100 * MB, MAX_FILE_BYTES), low=0, high=5 * GIB)
MAX_FILES_PER_SHARE = env.number("MAX_FILES_PER_SHARE", 10_000, low=1, high=100_000)
PART_BYTES = env.size("PART_BYTES", 16 * MIB, low=5 * MIB, high=5 * GIB)
DEFAULT_QUOTA_BYTES = env.size("DEFAULT_QUOTA_BYTES", 100 * GB)
DEFAULT_QUOTA_FILES = env.number("DEFAULT_QUOTA_FILES", 100_000)
# Seconds of an owner's links by media type: the first pattern that matches decides.
LINK_SECONDS = env.lifetimes("LINK_SECONDS", "*=24h", high=7 * DAY)
# Rate limits as (number, seconds), None without one. A batch of URLs has up to 100.
SIGN_RATE = env.rate("SIGN_RATE", "30000/1h", low=100)
SHARE_RATE = env.rate("SHARE_RATE", "1000/1h")
GRANT_RATE = env.rate("GRANT_RATE", "600/1h")
AUDIT_ADDRESSES = env.text("AUDIT_ADDRESSES", "full", choices=("full", "truncated", "hashed"))
AUDIT_DAYS = env.number("AUDIT_DAYS", 365, low=1, high=36_500)
# The virus scanner; without one nothing is scanned, and no file waits.
CLAMD_ADDRESS = env.address("CLAMD_ADDRESS")
CLAMD_TOO_LARGE = env.text("CLAMD_TOO_LARGE", "offer", choices=("offer", "withhold"))
# The internal location of a reverse proxy that fetches the bytes of strict shares; empty: this server streams them.
STRICT_ACCEL = env.path("STRICT_ACCEL")
# The access log of what sends the bytes, from which finished downloads are counted; empty: they are unknown.
ACCESS_LOG = env.log("ACCESS_LOG")
# The RSA key in PEM that signs access tokens; empty: a key that is derived from SECRET_KEY.
TOKEN_KEY = env.secret("TOKEN_KEY")
METRICS_TOKEN = env.secret("METRICS_TOKEN")
# The contact for vulnerabilities in /.well-known/security.txt.
SECURITY_CONTACT = env.text("SECURITY_CONTACT")
# The first administrator; ``manage.py up`` and the setup container create the account.
SITE_ADMIN_EMAIL = env.text("SITE_ADMIN_EMAIL")
SITE_ADMIN_PASSWORD = env.secret("SITE_ADMIN_PASSWORD")

# Accounts: an email address, a password and an optional second factor; sign-up only if it is enabled.
AUTH_USER_MODEL = "shares.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "shares.services.passwords.SharePasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SIGNUP_OPEN = env.flag("SIGNUP_OPEN")
EMAIL_URL = env.url("EMAIL_URL", "", schemes=("smtp", "smtp+tls", "smtps", "console"))
MAIL = connections.mail(EMAIL_URL, env.secret("EMAIL_PASSWORD"))
EMAIL_BACKEND = MAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = MAIL["EMAIL_HOST"], MAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_USER"], MAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL["EMAIL_USE_TLS"], MAIL["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", f"sharesite@{HOST_NAME}")
ACCOUNT_ADAPTER = "sharesite.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if SIGNUP_OPEN and EMAIL_URL else "none"
# An address without an account gets no email; the page is the same either way.
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = SIGNUP_OPEN
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Others can use up the attempts of an account; a browser that has signed in to it before has a limit of its own.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key", "login_failed_known": "5/5m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
# The address of an account that an administrator created is not verified, but it can have a second factor too.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = HOST_NAME

# Headers and cookies. The prefix __Host- binds a cookie to this host, to https and to the whole site.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * DAY
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "shares.http.csrf.failure"
KNOWN_BROWSER_COOKIE_NAME = f"{COOKIE_PREFIX}known"
KNOWN_BROWSER_SECONDS = 365 * DAY
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * DAY if HTTPS else 0
# Subdomains may belong to others or use plain HTTP: their operators decide.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS")
SECURE_HSTS_PRELOAD = env.flag("HSTS_PRELOAD")
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# Other sites get no referrer. "no-referrer" would do the same, but makes browsers send our forms with "Origin: null".
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# A request contains text, never files, which go to storage. Each URL has a lower limit of its own, see
# shares/http/request_limits.py.
DATA_UPLOAD_MAX_MEMORY_SIZE = max(MIB, 64 * KIB + 32 * MAX_FILES_PER_SHARE)
# A request for all files of a share but one names each of the others.
DATA_UPLOAD_MAX_NUMBER_FIELDS = MAX_FILES_PER_SHARE + 100
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "sharesite.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django's own handlers mail reports with request data; everything goes to the stream instead.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # Refusals are routine; the history has the important ones.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "boto3": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
    },
}
