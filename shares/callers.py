"""Callers: who performs an operation, whatever the interface.

``Caller`` keeps HTTP out of the layers below: every interface builds one and calls the same services with it.
"""

from dataclasses import dataclass

from shares.models import User

READ = "read"
WRITE = "write"


@dataclass(frozen=True, slots=True)
class Caller:
    """An account, or nobody, with what is known of its client.

    ``address`` is the client's address, determined once by the middleware; ``host`` is the host name (no port) of the
    request; ``scopes`` are those of an API token, None for a signed-in browser or the server itself.
    """

    user: User | None = None
    address: str = ""
    host: str = ""
    scopes: frozenset[str] | None = None

    def may(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes


SYSTEM = Caller()
"""The scheduler and the command line: no account, no address."""
