"""An Object Lambda access point, whose function changes files on their way to recipients.

Closed to new customers of AWS since November 2025.
"""

import json
from collections.abc import Sequence
from typing import Any

from shares.storage.blueprints.access_points import access_point_commands, access_point_terraform
from shares.storage.blueprints.commands import AwsCommand
from shares.storage.blueprints.multi_region import trust_policy
from shares.storage.blueprints.values import BlueprintValues
from shares.storage.policies.identity import VERSION
from shares.storage.policies.terraform import expression, quoted

RUNTIME, HANDLER, SECONDS, MEGABYTES = "python3.13", "redact.handler", 60, 256


def function_name(values: BlueprintValues) -> str:
    return f"{values.name}-redact"


def function_arn(values: BlueprintValues) -> str:
    return f"arn:{values.partition}:lambda:{values.region}:{values.account}:function:{function_name(values)}"


def role_arn(values: BlueprintValues) -> str:
    return f"arn:{values.partition}:iam::{values.account}:role/{function_name(values)}"


def object_lambda_arn(values: BlueprintValues) -> str:
    point = f"accesspoint/{function_name(values)}"
    return f"arn:{values.partition}:s3-object-lambda:{values.region}:{values.account}:{point}"


def function_policy() -> dict[str, Any]:
    actions = ["s3-object-lambda:WriteGetObjectResponse"]
    logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    return {"Version": VERSION, "Statement": [{"Effect": "Allow", "Action": actions + logs, "Resource": "*"}]}


def configuration(values: BlueprintValues) -> dict[str, Any]:
    transformation = {"AwsLambda": {"FunctionArn": function_arn(values)}}
    return {
        "SupportingAccessPoint": values.access_point_arn,
        "TransformationConfigurations": [{"Actions": ["GetObject"], "ContentTransformation": transformation}],
    }


def commands(values: BlueprintValues) -> Sequence[AwsCommand]:
    name = function_name(values)
    trust, rights = json.dumps(trust_policy("lambda.amazonaws.com")), json.dumps(function_policy())
    function = {
        "FunctionName": name,
        "Runtime": RUNTIME,
        "Role": role_arn(values),
        "Handler": HANDLER,
        "Timeout": SECONDS,
        "MemorySize": MEGABYTES,
    }
    point = {"AccountId": values.account, "Name": name, "Configuration": configuration(values)}
    return [
        *access_point_commands(values),
        AwsCommand("iam", "CreateRole", {"RoleName": name, "AssumeRolePolicyDocument": trust}, "The function's role"),
        AwsCommand("iam", "PutRolePolicy", {"RoleName": name, "PolicyName": "redact", "PolicyDocument": rights}),
        AwsCommand(
            "lambda",
            "CreateFunction",
            function,
            "Before: cd deploy/lambda && zip redact.zip redact.py",
            values.region,
            ("--zip-file fileb://redact.zip",),
        ),
        AwsCommand(
            "s3control",
            "CreateAccessPointForObjectLambda",
            point,
            "The site's role also needs lambda:InvokeFunction and s3-object-lambda:GetObject",
            values.region,
        ),
    ]


def terraform(values: BlueprintValues) -> str:
    return "\n\n".join([access_point_terraform(values), _terraform_function(values), _terraform_object_lambda(values)])


def _terraform_function(values: BlueprintValues) -> str:
    name = quoted(function_name(values))
    return f"""resource "aws_iam_role" "redact" {{
  name               = {name}
  assume_role_policy = jsonencode({expression(trust_policy("lambda.amazonaws.com"))})
}}

resource "aws_iam_role_policy" "redact" {{
  role   = aws_iam_role.redact.name
  policy = jsonencode({expression(function_policy())})
}}

data "archive_file" "redact" {{
  type        = "zip"
  source_file = "deploy/lambda/redact.py"
  output_path = "redact.zip"
}}

resource "aws_lambda_function" "redact" {{
  function_name    = {name}
  role             = aws_iam_role.redact.arn
  runtime          = {quoted(RUNTIME)}
  handler          = {quoted(HANDLER)}
  timeout          = {SECONDS}
  memory_size      = {MEGABYTES}
  filename         = data.archive_file.redact.output_path
  source_code_hash = data.archive_file.redact.output_base64sha256
}}"""


def _terraform_object_lambda(values: BlueprintValues) -> str:
    return f"""resource "aws_s3control_object_lambda_access_point" "sharesite" {{
  name = {quoted(function_name(values))}

  configuration {{
    supporting_access_point = aws_s3_access_point.sharesite.arn

    transformation_configuration {{
      actions = ["GetObject"]

      content_transformation {{
        aws_lambda {{
          function_arn = aws_lambda_function.redact.arn
        }}
      }}
    }}
  }}
}}"""


def settings(values: BlueprintValues) -> str:
    return f"S3_READ_BUCKET={object_lambda_arn(values)}\nS3_ACCOUNT_ID={values.account}"
