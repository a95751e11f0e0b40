"""The terms that names in the code give up, each with what to write instead. docs/glossary.md lists the same terms.

A term with a capital letter is compared as it is spelled (``Pass``, ``MOST``), any other in all spellings (``AT_ONCE``,
``atOnce`` and ``at_once``). The terms of one entry are separated by blanks.
"""

from dataclasses import dataclass
from enum import Enum, auto


class Match(Enum):
    """Where in a name a retired term counts."""

    NAME = auto()  # it is the whole name
    FILE = auto()  # it is the name of a file
    PART = auto()  # it is a part of the name; the sentences that name tests excepted
    ANYWHERE = auto()  # it is a part of any name, also of a test's


@dataclass(frozen=True, slots=True)
class RetiredTerms:
    """The terms count in paths that begin with one of ``folders`` and end with ``suffix``; none is everywhere."""

    terms: str
    match: Match
    replacement: str
    folders: tuple[str, ...] = ()
    suffix: str = ""


STORAGE, ACCESS_LOGS, EMBEDDED = ("shares/storage/",), ("shares/accesslogs/",), ("sharesite/",)
SERVICES, SERVER_CODE, SCRIPTS = ("shares/services/",), ("shares/", "sharesite/"), ("static/js/", "tests/js/")
TESTS = ("tests/",)

RETIRED: tuple[RetiredTerms, ...] = (
    # Structure
    RetiredTerms("house", Match.PART, "project (structure) or deployment"),
    RetiredTerms("room rooms", Match.ANYWHERE, "package or layer; quota or free_space of what is left"),
    RetiredTerms("floor floors", Match.PART, "baseline"),
    RetiredTerms("door doors", Match.ANYWHERE, "interface or entry point"),
    RetiredTerms("deed deeds", Match.ANYWHERE, "operation, action or task"),
    RetiredTerms("facts", Match.ANYWHERE, "models, columns or read-only fields"),
    RetiredTerms("cast", Match.FILE, "factories or fixtures", TESTS),
    # What is said, asked and wanted
    RetiredTerms(
        "tell tells told", Match.PART, "notify, notified_at, events; client_type and claimed_sha256 of a client"
    ),
    RetiredTerms("say says said saying", Match.PART, "render, message or log"),
    RetiredTerms(
        "words wordsOf inWords kind_words storageWords expiryInWords keep_words", Match.NAME, "text or messages"
    ),
    RetiredTerms("ask_again", Match.ANYWHERE, "reshare_request"),
    RetiredTerms("asks Ask", Match.PART, "reshare_requests, ReshareRequest"),
    RetiredTerms("ask asked asking", Match.PART, "request, query; Visit and ClickParams of a browser; parse_range"),
    RetiredTerms("wanted", Match.PART, "requested: PartRequest, FileRequest; missing_files in scripts"),
    RetiredTerms("held", Match.PART, "PresentedTokens"),
    RetiredTerms("Pass passes", Match.NAME, "TokenClaims, recipient_cookies"),
    RetiredTerms("again", Match.NAME, "resume_link, retry"),
    # Downloads
    RetiredTerms("one_unit take_a_unit takes_a_unit", Match.ANYWHERE, "a download of the limit"),
    RetiredTerms("unit next_unit", Match.NAME, "download, allowance", ("shares/services/", "shares/models/")),
    RetiredTerms("take takes taken", Match.PART, "start_download, start_archive, start_preview; downloads"),
    RetiredTerms("click clicks", Match.PART, "fast_path, try_fast_path", SERVER_CODE),
    RetiredTerms("at_once", Match.PART, "concurrent: MAX_CONCURRENT_..."),
    RetiredTerms("life soonest", Match.PART, "expiry_for, max_expiry, valid_for"),
    RetiredTerms("latest ends", Match.NAME, "max_expiry, expires_at", ("shares/",)),
    RetiredTerms("former", Match.PART, "previous, existing: find_existing_grant"),
    RetiredTerms("retire", Match.NAME, "release_id"),
    RetiredTerms("hindrance beats Pulse pulse", Match.PART, "storage_unavailable, is_healthy, HealthMonitor"),
    RetiredTerms("PROBE", Match.NAME, "HEALTH_KEY"),
    RetiredTerms("inside hand_over", Match.PART, "internal_url, proxy_handoff"),
    RetiredTerms("served", Match.PART, "response_disposition, media_type"),
    RetiredTerms("shown", Match.PART, "display_name, display_title, preview_type, rendered"),
    RetiredTerms("ATTACHED", Match.NAME, "ATTACHMENT"),
    RetiredTerms("numbered", Match.PART, "with_ordinal"),
    RetiredTerms("saved_name saved_path", Match.NAME, "download_name, download_path"),
    RetiredTerms("clean_type", Match.NAME, "normalize_media_type"),
    RetiredTerms("deliveries", Match.PART, "count_downloads"),
    RetiredTerms("Delivery", Match.PART, "PartialDownload", ("shares/models/", "shares/services/finished/")),
    RetiredTerms("ReadLine ReadLog", Match.NAME, "CountedLogLine, LogCursor"),
    RetiredTerms("pieces lines", Match.FILE, "files, parser", ACCESS_LOGS),
    RetiredTerms("piece pieces mark turned foreign", Match.NAME, "file, fingerprint, rotated, unrelated", ACCESS_LOGS),
    # The page of a recipient, load and limits
    RetiredTerms("look looks", Match.PART, "load_page, poll_interval, check"),
    RetiredTerms(
        "since",
        Match.NAME,
        "updated_after of live updates",
        ("shares/services/downloads/page.py", "shares/http/", "shares/views/"),
    ),
    RetiredTerms("arrivals", Match.PART, "live_updates"),
    RetiredTerms("crowd crowds crowded turn_away turned_away", Match.PART, "load_shedding, is_saturated, shed"),
    RetiredTerms("repeated", Match.NAME, "cached_rejection"),
    RetiredTerms("place places", Match.PART, "permit of a limit; position, location"),
    RetiredTerms("tally", Match.PART, "RateLimitCounter"),
    RetiredTerms("charge", Match.PART, "consume"),
    RetiredTerms("guess guesses", Match.PART, "PasswordAttempt, password_attempts"),
    RetiredTerms("EVERYONE", Match.NAME, "ANY_SOURCE"),
    # Purge, moderation, results
    RetiredTerms("Counted", Match.NAME, "ImportStats"),
    RetiredTerms("Swept", Match.NAME, "PurgeResult"),
    RetiredTerms("Compared", Match.NAME, "ReconcileReport"),
    RetiredTerms("Removed", Match.NAME, "CleanupResult", SERVICES),
    RetiredTerms("doomed erased", Match.PART, "to_delete, deleted"),
    RetiredTerms("stamp", Match.PART, "mark_...", SERVER_CODE),
    RetiredTerms("finish", Match.NAME, "tombstone, complete", SERVICES),
    RetiredTerms("lift", Match.NAME, "unsuspend, unblock"),
    RetiredTerms("offer", Match.NAME, "publish", SERVICES),
    RetiredTerms("forget forgets", Match.PART, "delete_expired, discard"),
    RetiredTerms("let_go", Match.PART, "release"),
    RetiredTerms("numbers measures", Match.NAME, "statistics, metrics"),
    # Errors
    RetiredTerms("trouble troubles", Match.PART, "ScannerError; upload_problem in scripts"),
    RetiredTerms("nonsense", Match.PART, "ConfigurationError; invalid input in tests"),
    RetiredTerms("Failure", Match.NAME, "StackError"),
    RetiredTerms("Fault", Match.NAME, "InternalError"),
    RetiredTerms("fault", Match.PART, "error, problem"),
    RetiredTerms("Unreadable", Match.NAME, "LogFormatError"),
    RetiredTerms("Unprepared", Match.NAME, "StatementNotPrepared"),
    RetiredTerms("Halt halt", Match.NAME, "StopRequested"),
    RetiredTerms("cure cures", Match.PART, "remedy, recoveryFor"),
    RetiredTerms("misfits", Match.PART, "PART_ERRORS"),
    # Storage, scheduler, constants
    RetiredTerms("faults", Match.FILE, "errors", STORAGE),
    RetiredTerms("keyring", Match.PART, "credentials"),
    RetiredTerms("parts names downloads", Match.FILE, "types, content_disposition, response_headers", STORAGE),
    RetiredTerms("clock", Match.PART, "scheduler", SERVER_CODE),
    RetiredTerms("test_clock", Match.FILE, "test_scheduler"),
    RetiredTerms("SERVER", Match.NAME, "SYSTEM", ("shares/",)),
    RetiredTerms("MOST LONGEST", Match.PART, "MAX_..."),
    RetiredTerms("LEAST", Match.PART, "MIN_..."),
    RetiredTerms("FEW", Match.PART, "SMALL_SHARE_FILES"),
    RetiredTerms("EVERY", Match.PART, "CHECKPOINT_LINES, ..._INTERVAL"),
    RetiredTerms("AHEAD", Match.PART, "PREFETCH"),
    RetiredTerms("patience", Match.PART, "TIMEOUT, MAX_RETRIES"),
    # The embedded stack and the cache
    RetiredTerms("Part part", Match.NAME, "ManagedProcess", ("sharesite/dev_stack/",)),
    RetiredTerms("Folder", Match.NAME, "DataDirectory", EMBEDDED),
    RetiredTerms("journal", Match.PART, "LogMultiplexer", EMBEDDED),
    RetiredTerms("gate", Match.PART, "tcp_proxy"),
    RetiredTerms("leash", Match.PART, "parent_death_wrapper"),
    RetiredTerms("last_words", Match.PART, "exit_reason"),
    RetiredTerms("notable", Match.PART, "should_echo"),
    RetiredTerms("EVERYWHERE", Match.NAME, "ALL_INTERFACES"),
    RetiredTerms("PatientRedisCache", Match.NAME, "FallbackCache"),
    RetiredTerms("own shared", Match.NAME, "local, remote", ("sharesite/cache.py",)),
    # Scripts
    RetiredTerms("keep", Match.FILE, "upload-store", SCRIPTS),
    RetiredTerms("lane lanes", Match.PART, "concurrency"),
    RetiredTerms("whole wholes chain", Match.PART, "file-hash", SCRIPTS),
    RetiredTerms("offers", Match.NAME, "resume-offers", SCRIPTS),
    RetiredTerms("left_out", Match.PART, "rejected"),
    RetiredTerms("standing", Match.PART, "server-state, status"),
    RetiredTerms("intake", Match.PART, "file-picker", SCRIPTS),
    RetiredTerms("entries", Match.FILE, "drop-entries", SCRIPTS),
    RetiredTerms("sending", Match.PART, "upload-queue, uploading"),
    RetiredTerms("waits", Match.PART, "sleeper", SCRIPTS),
    RetiredTerms("insist", Match.PART, "retry"),
    RetiredTerms("mood", Match.PART, "phase"),
    RetiredTerms("act acts", Match.PART, "action; handlers in scripts"),
    RetiredTerms("film", Match.PART, "video"),
    RetiredTerms("poster", Match.PART, "video-frame", SCRIPTS),
    RetiredTerms("hire hired", Match.PART, "spawn"),
    RetiredTerms("desk", Match.PART, "batcher; admin client in tests"),
    RetiredTerms("company", Match.PART, "batch-size", SCRIPTS),
    RetiredTerms("release", Match.FILE, "free-buffer", SCRIPTS),
    RetiredTerms("thrift", Match.PART, "backpressure"),
    RetiredTerms("offer page", Match.FILE, "enhance-buttons, archive-ui", SCRIPTS),
    RetiredTerms("job source link", Match.FILE, "archive-stream, range-reader, preview-link", SCRIPTS),
    # Tests
    RetiredTerms("speaker", Match.PART, "api_client"),
    RetiredTerms("liar", Match.PART, "faulty_s3_proxy"),
    RetiredTerms("between Between", Match.NAME, "s3_proxy", TESTS),
    RetiredTerms("weak weak_line", Match.NAME, "flaky_proxy", TESTS),
    RetiredTerms("line", Match.FILE, "slow_proxy", TESTS),
    RetiredTerms("shelf", Match.PART, "chrome_downloads"),
    RetiredTerms("camera gallery", Match.PART, "screenshots", TESTS),
    RetiredTerms("scene scenes", Match.PART, "scenarios", TESTS),
    RetiredTerms("stock make_stock", Match.NAME, "seed_data", TESTS),
    RetiredTerms("scales", Match.PART, "memory_meter", TESTS),
    RetiredTerms("front fronts", Match.NAME, "reverse_proxy", TESTS),
    RetiredTerms("recipe", Match.PART, "compose_reader"),
    RetiredTerms("programs", Match.NAME, "curl_wget", TESTS),
    RetiredTerms("terminal", Match.NAME, "w3m", TESTS),
    RetiredTerms("rig", Match.PART, "upload_page, setup"),
    # HTTP; in scripts, an answer is what a worker or a person returns.
    RetiredTerms("answer answers", Match.PART, "response, is_responding", suffix=".py"),
    # English of another time
    RetiredTerms("mend whoever shall", Match.ANYWHERE, "fix, anyone who, must"),
)

# Names that people and programs outside of the project write, by the beginning of their path: fields of the API, and
# the command `manage.py deliveries`.
PUBLIC_NAMES: tuple[tuple[str, str], ...] = (
    ("shares/api/request_schemas.py", "ask_again"),
    ("shares/api/response_schemas.py", "ask_again"),
    ("shares/api/response_schemas.py", "at"),
    ("shares/api/response_schemas.py", "who"),
    ("shares/management/commands/", "deliveries"),
)

# Names that say nothing of their value when they stand alone: pronouns, adverbs and participles.
_SUGGESTED = "the thing's own name, such as"
VAGUE_GROUPS: tuple[tuple[str, str], ...] = (
    ("one ones each this that it these those them they which", f"{_SUGGESTED} file, row, share"),
    ("other others same own ours mine theirs rest both some", f"{_SUGGESTED} other_share, own_row, remaining"),
    ("more most few many lots everything something anything nothing", f"{_SUGGESTED} has_more, maximum, files"),
    ("who someone somebody anyone anybody nobody", f"{_SUGGESTED} email, user, anonymous_client"),
    ("what why where when how so way thing things stuff", f"{_SUGGESTED} name, reason, location, method"),
    ("here there elsewhere away far near by at of out again through", f"{_SUGGESTED} exists, offset, position, retry"),
    ("found kept left gone got given made done taken", f"{_SUGGESTED} matches, remaining, result, is_finished"),
    ("told said asked wanted heard spoken named known", f"{_SUGGESTED} message, query, requested, file_name"),
    ("held seen shown sent begun drawn chosen watched carried", f"{_SUGGESTED} tokens, visible, sent_bytes, selected"),
    ("listed counted written printed served fetched packed", f"{_SUGGESTED} listing, count, output, response"),
    (
        "ended refused arrived coming swept stored signed saved scanned",
        f"{_SUGGESTED} end, refusal, object, signed_url",
    ),
)
VAGUE: dict[str, str] = {term: suggestion for terms, suggestion in VAGUE_GROUPS for term in terms.split()}

# Words of comments, docstrings and documents, as regular expressions: translated idioms, and English of another time.
PROSE: dict[str, str] = {
    "deeds?": "operation, action or task",
    "doors?": "interface or entry point",
    "rooms?": "package or layer; space or quota of what is left",
    "crowd(?:s|ed)?": "many requests; load",
    "mend(?:s|ed|ing)?": "fix, resume",
    "whoever": "anyone who",
    "shall": "must",
}
