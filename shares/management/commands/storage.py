"""``manage.py storage setup|doctor|policy|rotate``: set up the bucket, examine the storage, print the rights it needs,
sign with the next key pair.
"""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from shares.errors import Refusal, StorageRefuses
from shares.management import printing
from shares.services.maintenance import rotation
from shares.storage import features, share_storage
from shares.storage.doctor import checks


class Command(BaseCommand):
    help = "Set up the bucket, examine the storage from end to end, or print the rights that the key pair needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        subparsers = parser.add_subparsers(dest="action", required=True)
        setup = subparsers.add_parser("setup", help="create the bucket and its rules; safe to repeat")
        examine = subparsers.add_parser("doctor", help="try everything the site does with its storage")
        for subparser in (setup, examine):
            subparser.add_argument(
                "--origin", action="append", default=[], help="a further address of the site, like https://a.example"
            )
        rotate = subparsers.add_parser(
            "rotate", help="sign with the next key pair, in every process, without a restart"
        )
        rotate.add_argument("--back", action="store_true", help="sign with the first key pair again")
        printing.add_arguments(
            subparsers.add_parser("policy", help="print policies and rules as JSON or Terraform; changes nothing")
        )

    def handle(self, *_args: Any, action: str, **options: Any) -> None:
        try:
            if action == "policy":
                self._print_policy(options)
            elif action == "setup":
                self._setup(origins(options["origin"]))
            elif action == "rotate":
                self._rotate(back=options["back"])
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

    def _rotate(self, *, back: bool) -> None:
        result = rotation.rotate(now=timezone.now(), back=back)
        names = {"key": result.access_key, "previous": result.previous_key}
        self.stdout.write(gettext("%(key)s can do everything that the site does.") % names)
        lines = (
            (gettext("Every process signs with %(key)s by %(time)s UTC."), result.switched_by),
            (gettext("URLs of %(previous)s work until %(time)s UTC; deactivate it after that."), result.urls_until),
        )
        for text, moment in lines:
            self.stdout.write(text % {**names, "time": f"{moment:%Y-%m-%d %H:%M:%S}"})
        if not back:
            self.stdout.write(
                gettext("Then make %(key)s the first pair in the settings, and clear the next one.") % names
            )

    def _examine(self, site_origins: list[str]) -> None:
        failures = 0
        for finding in checks.examine(
            share_storage(),
            site_url=settings.SITE_URL,
            origins=site_origins,
            max_url_seconds=settings.UPLOAD_URL_SECONDS,
        ):
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

    def _print_policy(self, options: dict[str, Any]) -> None:
        store = share_storage()
        text = printing.render(store, options, origins(options["origin"]), max_url_seconds=settings.UPLOAD_URL_SECONDS)
        for note in printing.notes(store, options):
            self.stderr.write(note)
        self.stdout.write(text)


def origins(further: list[str]) -> list[str]:
    """Every origin of pages of this site."""
    return sorted({settings.SITE_URL, *settings.CORS_ORIGINS, *further})
