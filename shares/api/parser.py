"""Bodies as JSON, refused if parsing them costs too much, or if an object has one name twice."""

import json
from typing import Any, cast

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja.parser import Parser
from ninja.types import DictStrAny

from shares.errors import Invalid

# The largest call names a thousand things; the rest is for brackets in their names. A list costs Python half a
# microsecond, so a body of nothing else would take far longer than its length suggests.
MAX_BRACKETS = 20_000
MAX_FIELDS = 16


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """The error of what is raised here is said by ``problems.render_error``."""
        body = request.body
        if body.count(b"[") + body.count(b"{") > MAX_BRACKETS:
            raise Invalid(_("The body has more lists and objects than any call accepts."))
        return cast(DictStrAny, json.loads(body, object_pairs_hook=_object))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Which of two equal names wins differs between programs: neither does."""
    if len(pairs) > MAX_FIELDS:
        raise Invalid(_("The body has an object with more fields than any call accepts."))
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Invalid(_("The field “%(name)s” appears twice."), field=twice[:100], name=twice[:100])
    return fields
