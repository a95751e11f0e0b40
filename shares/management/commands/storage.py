"""``manage.py storage setup|doctor|policy``: set up the bucket, examine the storage, print the rights it needs."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import gettext, gettext_noop, ngettext

from shares.errors import Refusal, StorageRefuses
from shares.management.base import TranslatedCommand
from shares.storage import features, share_storage
from shares.storage.doctor import checks, policy


class Command(TranslatedCommand):
    help = gettext_noop(
        "Set up the bucket, examine the storage from end to end, or print the rights that the key pair needs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        subparsers = parser.add_subparsers(dest="action", required=True)
        setup = subparsers.add_parser("setup", help=gettext("create the bucket and its rules; safe to repeat"))
        examine = subparsers.add_parser("doctor", help=gettext("try everything the site does with its storage"))
        for subparser in (setup, examine):
            subparser.add_argument(
                "--origin",
                action="append",
                default=[],
                help=gettext("a further address of the site, like https://a.example"),
            )
        rights = subparsers.add_parser("policy", help=gettext("print least-rights policies as JSON"))
        kind = rights.add_mutually_exclusive_group()
        kind.add_argument("--setup", action="store_true", help=gettext("what `storage setup` needs in addition"))
        kind.add_argument(
            "--bucket", action="store_true", help=gettext("a bucket policy against stale or plain requests")
        )
        rights.add_argument(
            "--arn", default="", help=gettext("of the bucket or access point, if S3_BUCKET is an alias")
        )

    def handle(self, *_args: Any, action: str, **options: Any) -> None:
        try:
            if action == "policy":
                self._rights(options["arn"], setup=options["setup"], bucket=options["bucket"])
            elif action == "setup":
                self._setup(origins(options["origin"]))
            else:
                self._examine(origins(options["origin"]))
        except Refusal as refusal:
            raise CommandError(
                gettext("%(problem)s `manage.py storage doctor` shows the cause.") % {"problem": refusal.message}
            ) from refusal
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _setup(self, site_origins: list[str]) -> None:
        store = share_storage()
        results = store.setup(site_origins)
        for line in results or [gettext("nothing to do: the bucket is as it should be")]:
            self.stdout.write(line)
        try:
            missing = features.missing(store.find_features(), store.checksums, conditional=store.conditional_writes)
        except StorageRefuses:
            return  # The key pair of the setup may have no right to the files.
        for problem, remedy in missing:
            self.stderr.write(
                gettext("%(problem)s: %(remedy)s, or nobody can upload") % {"problem": problem, "remedy": remedy}
            )

    def _examine(self, site_origins: list[str]) -> None:
        failures = 0
        for finding in checks.examine(share_storage(), site_url=settings.SITE_URL, origins=site_origins):
            failures += finding.level == "fail"
            remedy = f" -> {finding.remedy}" if finding.remedy else ""
            self.stdout.write(f"{finding.level:<4} {finding.message}{remedy}")
        if failures:
            raise CommandError(
                ngettext(
                    "%(count)d of these must be fixed before the site can work.",
                    "%(count)d of these must be fixed before the site can work.",
                    failures,
                )
                % {"count": failures}
            )

    def _rights(self, arn: str, *, setup: bool, bucket: bool) -> None:
        store = share_storage()
        name = arn or store.bucket_name
        if setup:
            document = policy.setup(name, store.region_name)
        elif bucket:
            self.stderr.write(gettext("For AWS only: stores that don't know these conditions may lock everybody out."))
            document = policy.guard(name, store.region_name, settings.UPLOAD_URL_SECONDS)
        else:
            document = policy.signer(name, store.region_name, store.kms_key_id)
        self.stdout.write(json.dumps(document, indent=2))


def origins(further: list[str]) -> list[str]:
    """Every origin of pages of this site."""
    return sorted({settings.SITE_URL, *settings.CORS_ORIGINS, *further})
