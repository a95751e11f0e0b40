"""Broken twins: copies of the project in which one rule is broken. The tests of the rule must fail in each.

``python -m tests.twins [WORD...]`` tests them one after the other, only those whose rule contains one of the words,
and exits with 1 if the tests of a twin passed. A twin whose tests do not start proves nothing, and counts as passed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("manage.py", "package.json", "pyproject.toml", "sharesite", "shares", "static", "templates", "tests", "docs")
COPIED_FILES = (
    *("locale", ".env.example", "build.js", "package-lock.json", "CHANGELOG.md", "Dockerfile", "Makefile", "README.md"),
    *("docker-compose.yml", "deploy"),
)
LINKED = (".venv", "node_modules", "templates/icons")
FAILED_TEST = re.compile(r"^(?:FAILED (.+?)(?: - .*)?|not ok \d+ - (.+)|✖ (.+?)(?: \(.*)?)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Twin:
    """``original`` occurs once in ``path``, replaced by ``broken``; ``tests``: arguments of pytest or an ``.mjs``."""

    rule: str
    path: str
    original: str
    broken: str
    tests: str
    sqlite: bool = True


TWINS = (
    Twin(
        "A download limit is never exceeded: the fallback",
        "shares/db/fast_path.py",
        "WHERE max_downloads IS NOT NULL AND download_count < max_downloads AND {_NOT_ENDED}",
        "WHERE max_downloads IS NOT NULL AND {_NOT_ENDED}",
        "tests/races/test_caps.py",
        sqlite=False,
    ),
    Twin(
        # The statement checks the limit twice, so the counting is broken instead.
        "A download limit is never exceeded: the fast path",
        "shares/db/fast_path.py",
        "UPDATE shares_share s SET download_count = download_count + 1,",
        "UPDATE shares_share s SET download_count = download_count,",
        "tests/services/downloads/test_downloads.py tests/races/test_caps.py",
        sqlite=False,
    ),
    Twin(
        "A changed password ends the grants of the old one",
        "shares/services/downloads/grants.py",
        "return claims if claims is not None and claims.version == share.password_version else None",
        "return claims",
        "tests/services/downloads/test_downloads.py tests/views/recipient/test_recipient.py",
    ),
    Twin(
        "A token is valid for its own share only",
        "shares/services/downloads/grants.py",
        "if of_share != share_id or expires_at <= now:",
        "if expires_at <= now:",
        "tests/services/downloads/test_downloads.py tests/views",
    ),
    Twin(
        "A share ends at its expiry",
        "shares/policies.py",
        "share.expires_at <= now:\n        return Expired()\n    if share.used_up_at",
        "share.expires_at <= now:\n        pass\n    if share.used_up_at",
        "tests/services/downloads/test_downloads.py tests/views/recipient/test_ended_shares.py",
    ),
    Twin(
        # The guard and the policies both protect the pages of owners, so the declaration of guards is broken.
        "Every URL has a guard",
        "shares/http/guards.py",
        "guarded.guard = name  # type: ignore[attr-defined]",
        "pass",
        "tests/http/test_guards.py",
    ),
    Twin(
        "The share of another account does not exist in the API",
        "shares/policies.py",
        "if share.owner_id != caller.user.pk:",
        "if False:",
        "tests/api/test_shares.py tests/services/sharing/test_shares.py",
    ),
    Twin(
        "Password attempts are counted before they are hashed",
        "shares/services/passwords.py",
        "        _consume(share, source, caller, now)\n",
        "",
        "tests/services/test_password_attempts.py tests/services/downloads/test_downloads.py",
    ),
    Twin(
        "Ids are shortened in every log",
        "sharesite/logs.py",
        'return f"{before}{run[:ID_PREFIX_CHARACTERS]}…"',
        "return match[0]",
        "tests/deployment/test_logs.py",
    ),
    Twin(
        "The query of a signed URL is in no log",
        "sharesite/logs.py",
        '    text = QUERY.sub(r"\\1?…", text)\n',
        "",
        "tests/deployment/test_logs.py",
    ),
    Twin(
        "A signature is equal to botocore's, byte for byte",
        "shares/storage/signing/signer.py",
        'request.context["signed"] = sorted((*headers.items(), ("host", endpoint.host)))',
        'request.context["signed"] = [*headers.items(), ("host", endpoint.host)]',
        "tests/storage/signing/test_signer.py",
    ),
    Twin(
        "A signing key is valid for one day",
        "shares/storage/signing/signer.py",
        'day = request.context["timestamp"][:8]',
        'day = request.context["timestamp"][:6] + "01"',
        "tests/storage/signing/test_signer.py",
    ),
    Twin(
        "Files are kept for the grace period after a share ends",
        "shares/services/maintenance/purge.py",
        "return timedelta(seconds=settings.GRACE_SECONDS)",
        "return timedelta(0)",
        "tests/services/maintenance/test_purge.py",
    ),
    Twin(
        "A file that storage did not delete is not marked as deleted",
        "shares/services/maintenance/purge.py",
        "if deletion.deleted.issuperset(file.keys)]",
        "if file.keys]",
        "tests/services/maintenance/test_purge.py",
    ),
    Twin(
        "Reconcile deletes no recent object",
        "shares/services/maintenance/reconcile.py",
        "if stored_object.key not in expected_keys and stored_object.modified < before:",
        "if stored_object.key not in expected_keys:",
        "tests/services/maintenance/test_reconcile.py tests/faults/test_reconcile.py",
    ),
    Twin(
        "Reconcile reads the rows again before it deletes",
        "shares/services/maintenance/reconcile.py",
        "storage.objects.delete([key for key in keys if key not in expected_keys])",
        "storage.objects.delete(keys)",
        "tests/services/maintenance/test_reconcile.py tests/faults/test_reconcile.py",
    ),
    Twin(
        "A file whose size differs from its declaration is not ready",
        "shares/services/uploads/completions.py",
        "if stored_object.size != file.size:",
        "if False:",
        "tests/services/uploads/test_uploads.py tests/api/test_hostile.py tests/api/test_uploads.py",
    ),
    Twin(
        "A repeated request creates nothing twice",
        "shares/services/sharing/idempotency.py",
        "    if not key:\n        return operation()",
        "    if True:\n        return operation()",
        "tests/api/test_idempotency.py",
    ),
    Twin(
        "A repeated idempotency key with another request is refused",
        "shares/services/sharing/idempotency.py",
        "if stored_key.share is None or bytes(stored_key.digest) != digest:",
        "if stored_key.share is None:",
        "tests/api/test_idempotency.py",
    ),
    Twin(
        "A body that is too long is refused before it is read",
        "shares/http/request_limits.py",
        "    if int(length) > max_bytes:",
        "    if False:",
        "tests/limits/test_text.py tests/limits/test_every_route.py",
    ),
    Twin(
        "Too many combining marks are refused before normalization",
        "shares/services/text.py",
        "if marks > MAX_MARKS:",
        "if False:",
        "tests/limits/test_text.py",
    ),
    Twin(
        "Half of the threads stay free while storage does not respond",
        "shares/storage/bulkhead.py",
        "while len(self._entered) >= max(1, (self.limit or 0) - self._streams):",
        "while False:",
        "tests/storage/test_bulkhead.py",
    ),
    Twin(
        "A download is taken only if storage responds at that moment",
        "shares/storage/health_monitor.py",
        "since = now if exact and self._consume_exact(now) else now - FRESH_SECONDS",
        "since = now - FRESH_SECONDS",
        "tests/storage/test_health_monitor.py",
    ),
    Twin(
        "A storage that refuses is not healthy",
        "shares/storage/health.py",
        "            if status < 500 and status != 429:\n                return self._refusal(status, code, headers)\n",
        "            if status < 500:\n                return State.OK\n",
        "tests/storage/test_health.py",
    ),
    Twin(
        "An infected file is not available",
        "shares/services/moderation/scans.py",
        "    if verdict.signature:\n        return _withhold(scan, verdict.signature), True\n",
        "",
        "tests/services/moderation/test_scans.py",
    ),
    Twin(
        "Stored parts are not sent again",
        "static/js/upload/engine/file-upload.js",
        "if (part?.size === size && checksum) this.#markUnverified(part, checksum);",
        "if (false) this.#markUnverified(part, checksum);",
        "tests/e2e/uploads/test_upload_resume.py -k only_what_is_missing",
        sqlite=False,
    ),
    Twin(
        "A changed file does not continue the upload of the original",
        "static/js/upload/hashing/verify.js",
        "if (toBase64(digest) !== part.checksum) throw new ChangedError(file.name);",
        "",
        "tests/e2e/uploads/test_upload_resume.py -k size_and_date_hide",
        sqlite=False,
    ),
    Twin(
        "A file that is chosen again is recognized by its size and date",
        "static/js/upload/resume/missing-files.js",
        "record.size === file.size && record.lastModified === file.lastModified",
        "true",
        "tests/js/upload/resume/missing-files.test.mjs",
    ),
    Twin(
        "A full disk stops no process: its log",
        "sharesite/dev_stack/log_multiplexer.py",
        "stream, self.stream = self.stream, None",
        "raise",
        "tests/deployment/test_logs.py tests/dev_stack/test_disk.py",
    ),
    Twin(
        "With MD5 checksums, a part counts only with the declared MD5",
        "shares/services/uploads/multipart.py",
        "and (md5s is None or (part.md5 is not None and part.md5 == md5s.get(part.number)))",
        "",
        "tests/services/uploads/test_md5.py",
    ),
    Twin(
        "Without SHA-256 and conditional writes, small files are multipart uploads",
        "shares/services/uploads/batches.py",
        "elif file.upload.storage_id or (not final and file.upload.direct_until is None):",
        "elif file.upload.storage_id:",
        "tests/services/uploads/test_md5.py",
    ),
    Twin(
        "An unsupported operation is no outage",
        "shares/storage/errors.py",
        "return status in {405, 501} or (400 <= status < 500 and code in UNKNOWN)",
        "return False",
        "tests/storage/test_lookalikes.py",
    ),
    Twin(
        "The administrator is created before the storage is set up",
        "sharesite/management/commands/prepare.py",
        "# Before the storage, which may not be available yet or need a person who can sign in.",
        'call_command("storage", "setup")',
        "tests/storage/test_lookalikes.py",
    ),
    Twin(
        "A full disk stops no process: the broker",
        "sharesite/dev_stack/valkey.py",
        "appendonly no\n",
        "appendonly yes\n",
        "tests/dev_stack/test_disk.py",
    ),
    Twin(
        "A start waits until stored files can be read",
        "sharesite/dev_stack/supervisor.py",
        "                share_storage().objects.check_readable()\n",
        "",
        "tests/dev_stack/test_ready.py -k waits_for",
    ),
    Twin(
        "A preset limits its shares in every interface",
        "shares/services/limits.py",
        "        password_required=preset.password_required,\n",
        "",
        "tests/services/sharing/test_presets.py tests/api/test_presets.py",
    ),
    Twin(
        "A file is of the type of its first bytes",
        "shares/services/uploads/completions.py",
        "refusals |= refuse_types([verified.file for verified in verified_files if verified.file.pk not in refusals])",
        "refuse_types(())",
        "tests/services/uploads/test_type_rules.py",
    ),
    Twin(
        "A file is judged by the rules for types again when it is scanned",
        "shares/services/moderation/scans.py",
        "    if refusal is not None:\n        return _withhold_type",
        "    if refusal is not None and scan.attempts:\n        return _withhold_type",
        "tests/services/moderation/test_scans.py",
    ),
    Twin(
        "Storage refuses more bytes than a form allows",
        "shares/storage/signing/forms.py",
        '["content-length-range", 1, max_bytes]',
        '["content-length-range", 1, max_bytes + 1]',
        "tests/services/uploads/test_form_uploads.py",
    ),
    Twin(
        "The tags of an object are part of the signature",
        "shares/storage/shares.py",
        "return headers | object_labels.headers(self.labels(labels))",
        "return headers",
        "tests/storage/test_labels.py",
    ),
    Twin(
        "A key pair is proven before it signs",
        "shares/services/maintenance/rotation.py",
        "    storage.prove_key(access_key)\n",
        "",
        "tests/services/maintenance/test_rotation.py",
    ),
    Twin(
        "CloudFront keeps no file of a share with a password",
        "shares/services/downloads/delivery.py",
        "return signed_delivery(cacheable=not share.has_password)",
        "return signed_delivery(cacheable=True)",
        "tests/services/downloads/test_delivery.py",
    ),
)


def copy_project(target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "vendor", "icons", "node_modules")
    for name in (*COPIED, *COPIED_FILES):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, target / name)
    for name in LINKED:
        (target / name).symlink_to(ROOT / name)


def break_rule(twin: Twin, folder: Path) -> None:
    path = folder / twin.path
    source = path.read_text()
    if source.count(twin.original) != 1:
        raise LookupError(f"{twin.rule}: {twin.path} contains the rule {source.count(twin.original)} times.")
    path.write_text(source.replace(twin.original, twin.broken))


def run_tests(twin: Twin, folder: Path) -> tuple[int, str]:
    """Run the tests of the twin up to the first failure; returns exit code and output."""
    environment = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE"}
    if twin.sqlite:
        environment["TEST_DATABASE"] = "sqlite"
    if twin.tests.endswith(".mjs"):
        command = ["node", "--test", "--test-reporter=tap", *twin.tests.split()]
    else:
        command = [sys.executable, "-m", "pytest", "--quiet", "--exitfirst", *twin.tests.split()]
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return process.returncode, process.stdout + process.stderr


def main(filters: list[str]) -> int:
    survivors = []
    for twin in TWINS:
        if filters and not any(word.lower() in twin.rule.lower() for word in filters):
            continue
        with tempfile.TemporaryDirectory(prefix="sharesite-twin-") as name:
            folder = Path(name)
            copy_project(folder)
            break_rule(twin, folder)
            started_at = time.monotonic()
            code, output = run_tests(twin, folder)
        match = FAILED_TEST.search(output)
        if code == 1 and match:
            first = next(group for group in match.groups() if group)
            print(f"red    {twin.rule}: {first} ({time.monotonic() - started_at:.0f} s)", flush=True)
        else:
            survivors.append(twin)
            print(f"PASSED {twin.rule}: exit code {code}\n{output[-2000:]}", flush=True)
    print(f"{len(survivors)} broken twins passed." if survivors else "Every broken twin turned its tests red.")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
