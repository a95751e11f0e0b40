"""Facts: columns, constraints, and querysets that read like sentences with the clock as a parameter.

Not here: rules about who may do what, network, HTTP, the current time.
May import: errors. One file a noun.
"""

from shares.models.blocks import BlockedFile
from shares.models.events import Event
from shares.models.files import SharedFile
from shares.models.finished_downloads import Delivery, ReadLine, ReadLog
from shares.models.grants import Grant
from shares.models.heartbeats import Heartbeat
from shares.models.idempotency import IdempotencyKey
from shares.models.password_attempts import Guess
from shares.models.rate_limits import Tally
from shares.models.reports import Report
from shares.models.reshare_requests import Ask
from shares.models.scans import Scan
from shares.models.shares import Share
from shares.models.thumbnails import Thumbnail
from shares.models.tokens import ApiToken
from shares.models.uploads import Upload, UploadPart
from shares.models.users import User

__all__ = [
    "ApiToken",
    "Ask",
    "BlockedFile",
    "Delivery",
    "Event",
    "Grant",
    "Guess",
    "Heartbeat",
    "IdempotencyKey",
    "ReadLine",
    "ReadLog",
    "Report",
    "Scan",
    "Share",
    "SharedFile",
    "Tally",
    "Thumbnail",
    "Upload",
    "UploadPart",
    "User",
]
