"""Commands of the AWS CLI, from the names of the API."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

# The CLI has its own commands under the name of the service.
CLI_NAMES = {"s3": "s3api"}


@dataclass(frozen=True, slots=True)
class AwsCommand:
    """One call: ``parameters`` as the API has them; ``options`` are further ones of the CLI, as they are written."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    comment: str = ""
    region: str = ""
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        service = CLI_NAMES.get(self.service, self.service)
        lines = [f"aws {service} {xform_name(self.operation, '-')}"]
        for name, value in self.parameters.items():
            lines.append(f"  --{xform_name(name, '-')} {shlex.quote(text_of(value))}")
        lines += [f"  {option}" for option in self.options]
        lines += [f"  --region {self.region}"] if self.region else []
        command = " \\\n".join(lines)
        return f"# {self.comment}\n{command}" if self.comment else command


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
