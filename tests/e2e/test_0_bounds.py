"""What AWS bounds holds the longest that the template's parameters may be: before it makes anything CloudFormation refuses what is longer, and says
how to write it. Else an installation would fail half-way, with AWS's words on something that nobody wrote. No cloud is needed."""

import json
import re

import pytest
import yaml
from cloud import REPOSITORY
from install import deploy
from template import TemplateLoader

TEMPLATE = yaml.load((REPOSITORY / "template.yaml").read_text(), TemplateLoader)
PARAMETERS, RESOURCES = TEMPLATE["Parameters"], TEMPLATE["Resources"]
ROLES = {name: found["Properties"]["Policies"] for name, found in RESOURCES.items() if found.get("Properties", {}).get("Policies")}
# AWS Lambda Developer Guide, "Lambda quotas": all variables of a function. Lambda measures them as JSON.
OF_AN_ENVIRONMENT = 4096
# IAM User Guide, "IAM and AWS STS quotas": all inline policies of a role, without white space.
OF_A_ROLE = 10_240
# The longest that AWS has of each.
PLACES = {
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-southeast-1",
    "AWS::AccountId": "1" * 12,
    "AWS::URLSuffix": "amazonaws.com.cn",
    "AWS::StackName": "s" * deploy.longest_stack_name(REPOSITORY),
}
# The shortest that people write as an ARN of a role: of more of them in one text there are more commas.
SHORT = "arn:aws:iam::*:role/shop"
LIMITS = {"AWS::IAM::Role": 64, "AWS::S3::Bucket": 63}


def longest(node, comma):
    """A node of the template as AWS gets it, with the longest values that it may have; a comma of a list is written so."""
    text = json.dumps(node, separators=(",", ":"), ensure_ascii=False)
    return re.sub(r'\$\{([\w:]+(?:\.Arn)?)\}|(?<=")([\w:]+(?:\.Arn)?)(?=")', lambda found: value(found[1] or found[2], comma), text)


def value(name, comma):
    """The longest value of what is named; a word that names nothing stays."""
    base = name.removesuffix(".Arn")
    if base in PLACES:
        return PLACES[base]
    if base in PARAMETERS:
        most = PARAMETERS[base].get("MaxLength")
        arns = ",".join([SHORT] * (int(most) // len(SHORT) + 1))[: int(most)] if most else str(PARAMETERS[base].get("Default", ""))
        return arns.replace(",", comma)
    if base not in RESOURCES:
        return name
    # CloudFormation makes a name of the stack's, the resource's, and 12 or 13 letters.
    sort = RESOURCES[base]["Type"]
    named = f"{PLACES['AWS::StackName']}-{base}-{'x' * 13}"[: LIMITS.get(sort)]
    place = f"iam::{PLACES['AWS::AccountId']}:role/" if sort == "AWS::IAM::Role" else f"cloudformation:{PLACES['AWS::Region']}:{PLACES['AWS::AccountId']}:"
    return f"arn:{PLACES['AWS::Partition']}:{place}{named}" if name != base or sort == "AWS::SNS::Topic" else named


@pytest.mark.parametrize("name", [name for name, found in RESOURCES.items() if found["Type"] == "AWS::Serverless::Function"])
def test_the_longest_parameters_fit_into_the_environment_of_a_function(name):
    own = RESOURCES[name]["Properties"].get("Environment", {}).get("Variables", {})
    assert len(longest(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"] | own, ",")) <= OF_AN_ENVIRONMENT


@pytest.mark.parametrize("name", ROLES)
def test_the_longest_parameters_fit_into_the_policies_of_a_role(name):
    assert len(re.sub(r"\s", "", longest(ROLES[name], '","'))) <= OF_A_ROLE


def test_what_is_too_long_is_found():
    """The parameters are among what is measured, each as often as it stands there."""
    roles = PARAMETERS["TaskRoleArns"]["MaxLength"]
    assert len(longest({"WINDLASS_TASK_ROLES": "TaskRoleArns"}, ",")) == len('{"WINDLASS_TASK_ROLES":""}') + roles
    assert longest(["${AWS::AccountId}", "Effect"], ",") == f'["{"1" * 12}","Effect"]'
