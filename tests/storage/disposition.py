"""A strict parser of Content-Disposition: the grammar of RFC 6266 with ext-value of RFC 5987, and nothing else."""

import re
from urllib.parse import unquote

VALUE = re.compile(
    r"(?P<kind>attachment|inline); "
    r'filename="(?P<plain>[\x20\x21\x23-\x5b\x5d-\x7e]*)"'
    r"(?:; filename\*=UTF-8''(?P<exact>(?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+))?"
)


def parse(value: str) -> tuple[str, str]:
    """Type and file name, the exact name where there is one, as browsers choose. Raises ValueError."""
    match = VALUE.fullmatch(value)
    if match is None:
        raise ValueError(f"no Content-Disposition: {value!r}")
    exact = match["exact"]
    return match["kind"], match["plain"] if exact is None else unquote(exact, errors="strict")
