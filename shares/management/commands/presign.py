"""``manage.py presign get|put``: a signed URL of one object."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, ngettext

from shares.errors import Refusal
from shares.management.translated_command import TranslatedCommand
from shares.services.maintenance import presign, rotation


class Command(TranslatedCommand):
    help = gettext_noop(
        "Print a signed URL of one object, and record it. For a PUT, the headers that must be sent follow, one a line."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        subparsers = parser.add_subparsers(dest="method", required=True)
        get = subparsers.add_parser("get", help=gettext("a URL that downloads an object"))
        get.add_argument("target", help=gettext("the key of an object, or the ids of a share and a file: SHARE/FILE"))
        get.add_argument("--as-attachment", action="store_true", help=gettext("never shown by a browser, only saved"))
        put = subparsers.add_parser("put", help=gettext("a URL that stores a new object"))
        put.add_argument("key", help=gettext("the key of the new object"))
        put.add_argument(
            "--content-type", default="application/octet-stream", help=gettext("which the sender must state")
        )
        put.add_argument("--size", type=int, help=gettext("bytes, which must then be exactly as many"))
        for subparser, default in ((get, settings.DOWNLOAD_URL_SECONDS), (put, settings.UPLOAD_URL_SECONDS)):
            subparser.add_argument(
                "--seconds",
                type=int,
                default=default,
                help=gettext("how long the URL works, at most 604800; default %(default)s"),
            )

    def handle(self, *_args: Any, method: str, seconds: int, **options: Any) -> None:
        now = timezone.now()
        try:
            if method == "get":
                result = presign.presign_get(
                    target=options["target"], seconds=seconds, as_attachment=options["as_attachment"], now=now
                )
            else:
                result = presign.presign_put(
                    key=options["key"],
                    seconds=seconds,
                    content_type=options["content_type"],
                    size=options["size"],
                    now=now,
                )
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(result.url)
        for name, value in result.headers.items():
            self.stdout.write(f"{name}: {value}")
        until = f"{now + timedelta(seconds=result.expires_in):%Y-%m-%d %H:%M:%S}"
        self.stderr.write(
            ngettext(
                "It works for %(count)d second, until %(time)s UTC.",
                "It works for %(count)d seconds, until %(time)s UTC.",
                result.expires_in,
            )
            % {"count": result.expires_in, "time": until}
        )
        longest = rotation.longest_url_seconds()
        if result.expires_in > longest:
            text = ngettext(
                "A bucket policy of `storage policy --bucket` refuses it after %(count)d second.",
                "A bucket policy of `storage policy --bucket` refuses it after %(count)d seconds.",
                longest,
            )
            self.stderr.write(text % {"count": longest})
