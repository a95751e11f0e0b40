"""Tables, constraints and querysets; the current time is a parameter. One module for each noun.

Authorization is in ``shares.policies``. Models use neither the network nor HTTP, and may import ``shares.errors``.
"""

from shares.models.blocks import BlockedFile
from shares.models.events import Event
from shares.models.files import SharedFile
from shares.models.finished_downloads import CountedLogLine, LogCursor, PartialDownload
from shares.models.form_uploads import FormUpload
from shares.models.grants import Grant
from shares.models.heartbeats import Heartbeat
from shares.models.idempotency import IdempotencyKey
from shares.models.key_rotations import KeyRotation
from shares.models.password_attempts import PasswordAttempt
from shares.models.presets import Preset
from shares.models.rate_limits import RateLimitCounter
from shares.models.reports import Report
from shares.models.reshare_requests import ReshareRequest
from shares.models.scans import Scan
from shares.models.shares import Share
from shares.models.thumbnails import Thumbnail
from shares.models.tokens import ApiToken
from shares.models.type_rules import TypeRule
from shares.models.uploads import Upload, UploadPart
from shares.models.users import User

__all__ = [
    "ApiToken",
    "BlockedFile",
    "CountedLogLine",
    "Event",
    "FormUpload",
    "Grant",
    "Heartbeat",
    "IdempotencyKey",
    "KeyRotation",
    "LogCursor",
    "PartialDownload",
    "PasswordAttempt",
    "Preset",
    "RateLimitCounter",
    "Report",
    "ReshareRequest",
    "Scan",
    "Share",
    "SharedFile",
    "Thumbnail",
    "TypeRule",
    "Upload",
    "UploadPart",
    "User",
]
