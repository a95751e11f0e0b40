"""Django's settings of the database and the mail server, from one URL each."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sharesite.env import ConfigurationError

SQLITE_WAIT_SECONDS = 20
# A page waits this long for an unavailable database, then responds with 503.
POSTGRES_CONNECT_SECONDS = 5
POSTGRES_OPTIONS = frozenset(
    {"sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name", "options", "channel_binding"}
)
# In addition to PostgreSQL's own: whether statements may be prepared, for poolers that do not support it.
PREPARED = {"on": 0, "off": None}
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def database(url: str, password: str) -> dict[str, Any]:
    """Django's DATABASES entry for ``sqlite:///path`` (four slashes: absolute) or ``postgresql://user:pass@host/name``.

    ``password`` is for a URL that holds none, so that the secret can come from a file of its own.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    name = unquote(parts.path[1:])
    if parts.scheme == "sqlite":
        if parts.netloc or options or not name:
            raise ConfigurationError(
                "DATABASE_URL for SQLite must be sqlite:///relative/path or sqlite:////absolute/path."
            )
        return sqlite(Path(name))
    prepared = options.pop("prepared_statements", "on")
    if prepared not in PREPARED:
        raise ConfigurationError("The option prepared_statements of DATABASE_URL must be on or off.")
    unknown = sorted(options.keys() - POSTGRES_OPTIONS)
    if not name or "/" in name:
        raise ConfigurationError(
            "DATABASE_URL must end in the name of one database, like postgresql://user:password@host/name."
        )
    if unknown:
        allowed = ", ".join(sorted(POSTGRES_OPTIONS | {"prepared_statements"}))
        raise ConfigurationError(f"DATABASE_URL has the option {unknown[0]!r}; allowed are {allowed}.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or "") or password,
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        # One lasting connection for each thread, tested before a request uses it: the number of connections is
        # processes x threads, known in advance, and a download needs no checkout from a pool (docs/decisions/010).
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # They would fail behind a PgBouncer that passes connections on after each transaction.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"connect_timeout": POSTGRES_CONNECT_SECONDS, "prepare_threshold": PREPARED[prepared], **options},
    }


def sqlite(path: Path) -> dict[str, Any]:
    """SQLite for one machine: readers never wait for the writer, and writers queue instead of failing half-way."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path.absolute()),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": SQLITE_WAIT_SECONDS,
            # Locked at BEGIN: a transaction that reads and then writes can otherwise fail immediately with "locked".
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
        },
    }


def mail(url: str, password: str) -> dict[str, Any]:
    """Django's EMAIL_* settings for ``smtp://``, ``smtp+tls://`` (STARTTLS) or ``smtps://user:pass@host:port``.

    ``console://`` prints messages; without a URL there is no email, and no page mentions it. ``password`` is for a URL
    without one.
    """
    parts = urlsplit(url)
    user, secret = unquote(parts.username or ""), unquote(parts.password or "") or password
    if parts.path not in ("", "/") or parts.query:
        raise ConfigurationError(
            "EMAIL_URL must end after the host and perhaps a port, like smtps://user:password@host:465."
        )
    if bool(user) != bool(secret):
        missing = "a user but no password; set EMAIL_PASSWORD" if user else "no user for EMAIL_PASSWORD"
        raise ConfigurationError(f"EMAIL_URL names {missing}.")
    kind = "smtp" if parts.scheme in MAIL_PORTS else parts.scheme or "dummy"
    return {
        "EMAIL_BACKEND": f"django.core.mail.backends.{kind}.EmailBackend",
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or MAIL_PORTS.get(parts.scheme, 0),
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": secret,
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }
