"""``manage.py storage setup|doctor|policy|rotate``: set up the bucket, examine the storage, print the rights it needs,
sign with the next key pair.
"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, ngettext

from shares.errors import Refusal, StorageRefuses
from shares.management import printing
from shares.management.translated_command import TranslatedCommand
from shares.services.maintenance import rotation, storage_doctor
from shares.storage import ShareStorage, blueprints, features, share_storage
from shares.storage.blueprints.values import BlueprintValues

# Exit codes of the doctor; 0 if all is well.
EXIT_WARN, EXIT_FAIL = 1, 2


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
        add_blueprint_arguments(setup)
        json_help = gettext("print a list of objects instead of lines")
        examine.add_argument("--json", action="store_true", help=json_help)
        rotate_help = gettext("sign with the next key pair, in every process, without a restart")
        rotate = subparsers.add_parser("rotate", help=rotate_help)
        rotate.add_argument("--back", action="store_true", help=gettext("sign with the first key pair again"))
        policy_help = gettext("print policies and rules as JSON or Terraform; changes nothing")
        printing.add_arguments(subparsers.add_parser("policy", help=policy_help))

    def handle(self, *_args: Any, action: str, **options: Any) -> None:
        try:
            if action == "policy":
                self._print_policy(options)
            elif action == "setup" and options["blueprint"]:
                values = blueprint_values(share_storage(), options)
                self.stdout.write(blueprints.render(options["blueprint"], values, as_terraform=options["terraform"]))
            elif action == "setup":
                self._setup(storage_doctor.site_origins(options["origin"]))
            elif action == "rotate":
                self._rotate(back=options["back"])
            else:
                self._examine(options["origin"], as_json=options["json"])
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

    def _examine(self, further_origins: list[str], *, as_json: bool) -> None:
        findings = []
        for finding in storage_doctor.examine(further_origins):
            findings.append(finding)
            if not as_json:
                remedy = f" -> {finding.remedy}" if finding.remedy else ""
                self.stdout.write(f"{finding.level:<4} {finding.message}{remedy}")
        if as_json:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2))
        failures = sum(finding.level == "fail" for finding in findings)
        if failures:
            raise CommandError(
                ngettext(
                    "%(count)d of these must be fixed before the site can work.",
                    "%(count)d of these must be fixed before the site can work.",
                    failures,
                )
                % {"count": failures},
                returncode=EXIT_FAIL,
            )
        warnings = sum(finding.level == "warn" for finding in findings)
        if warnings:
            text = ngettext("%(count)d warning.", "%(count)d warnings.", warnings) % {"count": warnings}
            raise CommandError(text, returncode=EXIT_WARN)

    def _print_policy(self, options: dict[str, Any]) -> None:
        store = share_storage()
        text = printing.render(
            store,
            options,
            storage_doctor.site_origins(options["origin"]),
            max_url_seconds=rotation.longest_url_seconds(),
        )
        for note in printing.notes(store, options):
            self.stderr.write(note)
        self.stdout.write(text)


def add_blueprint_arguments(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("blueprints", "print what to create on AWS, and change nothing")
    group.add_argument(
        "--print", dest="blueprint", choices=blueprints.BLUEPRINTS, help=gettext("which blueprint to print")
    )
    group.add_argument(
        "--terraform", action="store_true", help=gettext("print Terraform instead of commands of the AWS CLI")
    )
    group.add_argument("--name", default="sharesite", help=gettext("of the access point"))
    group.add_argument(
        "--principal", default="", help=gettext("the ARN of the site's role or user; the whole account without")
    )
    group.add_argument("--vpc", default="", help=gettext("the VPC of vpc-access-point"))
    group.add_argument(
        "--replica", default="", help=gettext("the second bucket of multi-region, like shares-copy@us-east-1")
    )


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
