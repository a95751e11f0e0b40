"""Blueprints: what to create on AWS for the ways to download, as commands of its CLI or as Terraform."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shares.storage.blueprints import access_points, multi_region, object_lambda
from shares.storage.blueprints.commands import AwsCommand
from shares.storage.blueprints.values import BlueprintValues


@dataclass(frozen=True, slots=True)
class Blueprint:
    """``settings`` is what to set on the site afterwards."""

    commands: Callable[[BlueprintValues], Sequence[AwsCommand]]
    terraform: Callable[[BlueprintValues], str]
    settings: Callable[[BlueprintValues], str]


BLUEPRINTS = {
    "access-point": Blueprint(
        access_points.access_point_commands, access_points.access_point_terraform, access_points.settings
    ),
    "vpc-access-point": Blueprint(access_points.vpc_commands, access_points.vpc_terraform, access_points.settings),
    "delegation": Blueprint(
        access_points.delegation_commands, access_points.delegation_terraform, access_points.settings
    ),
    "multi-region": Blueprint(multi_region.commands, multi_region.terraform, multi_region.settings),
    "object-lambda": Blueprint(object_lambda.commands, object_lambda.terraform, object_lambda.settings),
}


def render(name: str, values: BlueprintValues, *, as_terraform: bool) -> str:
    """The blueprint ``name`` as text. Raises ValueError with a sentence if a value is missing or makes no sense."""
    blueprint = BLUEPRINTS[name]
    values.check(needs_vpc=name == "vpc-access-point", needs_replica=name == "multi-region")
    comment = f"# Then set on the site:\n{blueprint.settings(values)}"
    if as_terraform:
        return f"{blueprint.terraform(values)}\n\n{comment}"
    return "\n\n".join([*map(str, blueprint.commands(values)), comment])
