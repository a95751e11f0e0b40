"""The history of a share, for its owner."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from ninja import Router

from shares.api.access import owned_share
from shares.api.response_schemas import EventOut, EventsOut
from shares.errors import Invalid
from shares.models import Event

PAGE = 100
router = Router(tags=[gettext_noop("Shares")])


@router.get(
    "/shares/{share_id}/events", response=EventsOut, summary=gettext_noop("List the history of a share, newest first")
)
def list_events(request: HttpRequest, share_id: str, cursor: str = "") -> EventsOut:
    events = Event.objects.of_share(owned_share(request, share_id).pk)
    if cursor:
        if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 18):
            raise Invalid(_("This page of the history does not exist; start from the first one."), field="cursor")
        events = events.filter(pk__lt=int(cursor))
    rows = list(events[: PAGE + 1])
    return EventsOut(
        items=[_event(event) for event in rows[:PAGE]],
        next_cursor=str(rows[PAGE - 1].pk) if len(rows) > PAGE else None,
    )


def _event(event: Event) -> EventOut:
    return EventOut(
        at=event.occurred_at,
        kind=event.kind,
        file_id=event.file_id or None,
        name=event.name,
        who=event.user_email,
        address=event.address,
        detail=event.detail,
    )
