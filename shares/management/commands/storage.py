"""``manage.py storage setup|doctor|policy``: set up the bucket, examine the storage, print the rights it needs."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext, ngettext

from shares.errors import Refusal, StorageRefuses
from shares.management import printing
from shares.storage import ShareStorage, blueprints, features, share_storage
from shares.storage.blueprints.values import BlueprintValues
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
        add_blueprint_arguments(setup)
        printing.add_arguments(
            subparsers.add_parser("policy", help="print policies and rules as JSON or Terraform; changes nothing")
        )

    def handle(self, *_args: Any, action: str, **options: Any) -> None:
        try:
            if action == "policy":
                self._print_policy(options)
            elif action == "setup" and options["blueprint"]:
                values = blueprint_values(share_storage(), options)
                self.stdout.write(blueprints.render(options["blueprint"], values, as_terraform=options["terraform"]))
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


def add_blueprint_arguments(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("blueprints", "print what to create on AWS, and change nothing")
    group.add_argument("--print", dest="blueprint", choices=blueprints.BLUEPRINTS, help="which blueprint to print")
    group.add_argument("--terraform", action="store_true", help="print Terraform instead of commands of the AWS CLI")
    group.add_argument("--name", default="sharesite", help="of the access point")
    group.add_argument("--principal", default="", help="the ARN of the site's role or user; the whole account without")
    group.add_argument("--vpc", default="", help="the VPC of vpc-access-point")
    group.add_argument("--replica", default="", help="the second bucket of multi-region, like shares-copy@us-east-1")


def blueprint_values(store: ShareStorage, options: dict[str, Any]) -> BlueprintValues:
    replica, _, replica_region = options["replica"].partition("@")
    return BlueprintValues(
        bucket=store.bucket_name,
        region=store.region_name,
        account=store.account_id or "",
        name=options["name"],
        key_prefix=store.key_prefix or "",
        principal=options["principal"],
        vpc=options["vpc"],
        replica=replica,
        replica_region=replica_region,
    )
