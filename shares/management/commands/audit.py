"""``manage.py audit``: export the audit trail, or follow one grant through it and through access logs."""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext, gettext_noop

from shares import accesslogs
from shares.accesslogs import LoggedRequest
from shares.management.translated_command import TranslatedCommand
from shares.models import Grant
from shares.models.events import EventQuerySet
from shares.services.sharing import audit_export
from shares.services.sharing.audit_export import WRITERS, Row


class Command(TranslatedCommand):
    help = gettext_noop(
        "Print the audit trail as CSV or JSON. With --grant, everything that one grant did: our events with its id, "
        "and the requests with its URLs in the access logs that --log names."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--share", default="", help=gettext("the id of a share; default: all"))
        parser.add_argument("--since", type=_moment, help=gettext("a date or time in ISO 8601, UTC without a zone"))
        parser.add_argument("--until", type=_moment, help=gettext("the same; the moment itself is not included"))
        parser.add_argument("--format", choices=sorted(WRITERS), default="csv")
        parser.add_argument(
            "--grant", default="", help=gettext("the id of a grant, or another reference of a signed URL")
        )
        parser.add_argument(
            "--log", action="append", default=[], type=Path, help=gettext("an access log; can be repeated")
        )

    def handle(self, **options: Any) -> None:
        events = audit_export.select(share_id=options["share"], since=options["since"], until=options["until"])
        if options["grant"]:
            rows = _rows_of_grant(options["grant"], events, options["log"])
        elif options["log"]:
            raise CommandError(gettext("Access logs are joined with the events of a grant: name it with --grant."))
        else:
            rows = audit_export.read_rows(events)
        for text in WRITERS[options["format"]](rows):
            self.stdout.write(text, ending="")


def _rows_of_grant(reference: str, events: EventQuerySet, logs: list[Path]) -> Iterator[Row]:
    """Of all sources, by time; a grant has a few hundred."""
    share_id = Grant.objects.filter(pk=reference).values_list("share_id", flat=True).first()
    if share_id is not None:  # Otherwise it is the reference of an owner or an upload: those have no index.
        events = events.of_share(share_id)
    rows = list(audit_export.read_rows(events.filter(reference=reference)))
    for path in logs:
        try:
            lines = accesslogs.read_lines(accesslogs.read_chunks(path))
            rows += [_row_of_request(request, reference) for request in accesslogs.find_requests(lines, reference)]
        except OSError as error:
            problem = gettext("%(name)s can't be read: %(error)s.") % {"name": path, "error": error.strerror}
            raise CommandError(problem) from error
    return iter(sorted(rows, key=lambda row: str(row[0])))


def _row_of_request(request: LoggedRequest, reference: str) -> Row:
    detail = f"{request.method} {request.path} {request.status}"
    return (request.sent_at, "storage", "", "", "", "", request.address, detail, reference)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
