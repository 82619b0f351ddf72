"""Each action that a role allows is allowed on every type of resource that it asks for.

A call whose action asks for two resources is denied where the role names one of them (IAM User Guide, "Policy
evaluation logic"). Which actions ask for which types stands in the Service Authorization Reference, as cfn-lint, which
is pinned, keeps it. That file does not say which types are alternatives: `ONE_OF` has those.
"""

import json
import pathlib

import cfnlint
import pytest
from template import as_list, resources
from test_0_permissions import TEMPLATES

REFERENCE = json.loads((pathlib.Path(cfnlint.__file__).parent / "data/AdditionalSpecs/Policies.json").read_text())
# These actions take a resource of one of several types: the types that are meant here, and why no other is.
ONE_OF = {
    "appconfig:ListTagsForResource": (["environment"], "environments alone have the tags that are looked at"),
    "cloudfront:ListTagsForResource": (["distribution"], "distributions alone have the tags that are looked at"),
    "ecs:TagResource": (["task-definition"], "with what is registered; a role that runs tasks names tasks as well"),
    "events:PutEvents": (["event-bus"], "the installation's bus is no other sort of bus"),
    "iam:SimulatePrincipalPolicy": (["role"], "roles alone change targets"),
    "lambda:ListTags": (["function"], "functions alone have the tags that are looked at"),
    "logs:ListTagsForResource": (["log-group"], "log groups alone have the tags that are looked at"),
    "states:DescribeExecution": (["execution"], "the release machine is a standard one: no execution is express"),
    "states:ListExecutions": (["statemachine"], "the release machine has no map run"),
}
# The reference's ARNs of these begin with nothing in that file: how they begin (Service Authorization Reference).
HEADS = {("ecs", "task-definition"): ["task-definition/"], ("wafv2", "webacl"): ["global/webacl/"]}
# A bucket or an object may be reached through an access point; here each is named by the bucket.
ACCESS_POINTS = {"accesspoint", "accesspointobject"}


def wanted(action):
    """The types of resource that a call asks for."""
    if action in ONE_OF:
        return ONE_OF[action][0]
    service, _, name = action.partition(":")
    listed = REFERENCE[service]["Actions"][name.lower()].get("Resources", [])
    return [sort for sort in listed if sort not in ACCESS_POINTS]


def heads(action, sort):
    """How the ARNs of a type begin, behind the account."""
    service = action.partition(":")[0]
    formats = REFERENCE[service]["Resources"][sort]["ARNFormats"]
    return HEADS.get((service, sort)) or [form.split(":", 5)[5].removesuffix(".*") for form in formats]


def names(resource, heads):
    """Whether a statement's resource is of such a type. One of the template's own, or of a parameter, is not asked."""
    text = str(resource)
    return text == "*" or not text.startswith("arn:") or any(f":{head}" in text for head in heads)


def allowed(role, found):
    """The resources that a role names, by action."""
    documents = [policy["PolicyDocument"] for policy in role.get("Policies", [])]
    # A policy that AWS wrote is no resource of the template, and its content is not read here.
    attached = [found[name] for name in role.get("ManagedPolicyArns", []) if isinstance(name, str) and name in found]
    documents += [policy["Properties"]["PolicyDocument"] for policy in attached]
    statements = [statement for document in documents for statement in document["Statement"]]
    by_action = {}
    for statement in statements:
        for action in as_list(statement["Action"]) if statement["Effect"] == "Allow" else []:
            by_action.setdefault(action, []).extend(as_list(statement["Resource"]))
    return by_action


def roles(path):
    found = resources(path)
    of_type = {name: role["Properties"] for name, role in found.items() if role["Type"] == "AWS::IAM::Role"}
    return {name: allowed(role, found) for name, role in of_type.items()}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_an_action_is_allowed_on_each_type_of_resource_that_it_asks_for(path):
    looked_at, short = 0, []
    for role, by_action in roles(path).items():
        for action, named in by_action.items():
            for sort in wanted(action):
                looked_at += 1
                if not any(names(resource, heads(action, sort)) for resource in named):
                    short.append((role, action, sort))
    assert short == [] and looked_at > 40


def test_what_takes_one_of_several_types_is_listed_only_where_it_is_needed():
    actions = {action for path in TEMPLATES for by_action in roles(path).values() for action in by_action}
    for action, (meant, _) in ONE_OF.items():
        service, _, name = action.partition(":")
        known = REFERENCE[service]["Actions"][name.lower()]["Resources"]
        assert action in actions and set(meant) < set(known), action


def test_a_type_is_not_another_one_whose_name_begins_like_it():
    """`service` is not `service-deployment`: the canary would not be stopped."""
    deployments = "arn:${AWS::Partition}:ecs:*:${AWS::AccountId}:service-deployment/*"
    stop = "ecs:StopServiceDeployment"
    assert wanted(stop) == ["service", "service-deployment"]
    assert [sort for sort in wanted(stop) if names(deployments, heads(stop, sort))] == ["service-deployment"]
