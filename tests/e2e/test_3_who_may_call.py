"""The managed policies of the template: each is tried against each path of the API, in the environment of its role and in others."""

import json
import re

import pytest
from cloud import REPOSITORY
from tagged_roles import document_of, filled, tagged_roles
from template import resources

ROUTES = [
    found["Properties"]["RouteKey"]
    for found in resources(REPOSITORY / "template.yaml").values()
    if found["Type"] == "AWS::ApiGatewayV2::Route" and found["Properties"]["AuthorizationType"] == "AWS_IAM"
]
HERE = {"windlass:app": "shop", "windlass:environment": "prod"}
POLICIES = {"ci": "CiPolicyArn", "plan": "PlanPolicyArn", "operator": "OperatorPolicyArn", "approver": "ApproverPolicyArn", "reader": "ReaderPolicyArn"}
IDS = {"id": "0123456789abcdef", "version": "9.9.9", "to_app": "till", "to_environment": "qa"}

# Where a call goes: the role's own environment, another one of the same application, another application.
PLACES = {
    "here": {"app": "shop", "environment": "prod"},
    "beside": {"app": "shop", "environment": "staging"},
    "elsewhere": {"app": "bank", "environment": "prod"},
}


def may(policy, method, route, place):
    """Returns what the policies promise."""
    if route.startswith(("/hand-overs/", "/renames/")):
        # Both sides are named: no policy of one environment is enough.
        return policy == "reader" and method == "GET"
    if method == "GET":
        return policy == "reader" or ("{app}" in route and place != "elsewhere")
    environment = "/apps/{app}/environments/{environment}"
    if policy == "reader":
        return (method, route) == ("POST", f"{environment}/plans")
    if policy == "plan":
        return place != "elsewhere" and (method, route) == ("POST", f"{environment}/plans")
    if place != "here":
        return False
    if "{environment}" not in route:
        # A whole application is let go of by nobody whose role is tagged for one environment.
        return False
    if policy == "approver":
        return (method, route) == ("POST", f"{environment}/approve")
    return policy == "operator" or (method == "POST" and route in (f"{environment}/releases", f"{environment}/uploads", f"{environment}/plans"))


@pytest.fixture(scope="module")
def callers(story):
    """Credentials of a role for each policy."""
    with tagged_roles(story, POLICIES, HERE) as credentials:
        yield credentials


@pytest.mark.parametrize("policy", POLICIES)
def test_each_policy_lets_in_where_it_says_and_nowhere_else(story, callers, policy):
    wrong = []
    for route_key in ROUTES:
        method, route = route_key.split(" ")
        for place, names in PLACES.items():
            path = route.format(**names, **IDS)
            # A body that is refused: nobody who is let in changes anything.
            body = None if method in ("GET", "DELETE") else {"nothing": "of the sort"}
            answer = story.aws.call_api(method, path, body, callers[policy])
            if (answer.status != 403) != may(policy, method, route, place):
                wrong.append((policy, method, path, answer.status))
    assert not wrong, wrong


def test_a_role_without_the_tags_may_do_nothing_by_them(story):
    for output in ("CiPolicyArn", "PlanPolicyArn", "OperatorPolicyArn"):
        document = document_of(story.aws, output)
        # Where the installation is, they are shown.
        statements = [one for one in filled(document, {})["Statement"] if one["Action"] != "cloudformation:DescribeStacks"]
        named = re.findall(r'"(arn:[^"]+)"', json.dumps(statements))
        assert named and all("no-value" in arn for arn in named), (output, named)


def test_ci_goes_through_no_hold_and_starts_nothing_that_is_only_recorded(story, callers):
    """A role of CI cannot go through a hold, nor start what is only recorded: IAM refuses the path that takes it."""
    here = "/apps/shop/environments/prod"
    assert story.aws.call_api("PUT", f"{here}/hold", {"reason": "a sale"}, callers["operator"]).status == 202
    story.until("the hold", lambda: story.aws.call_api("GET", here, None, callers["ci"]).body.get("hold"))
    try:
        version = "9.9.9-nowhere"
        release = {"version": version, "git": {"ref": "refs/heads/main"}, "components": {"api": {"image": "shop/api:1"}}}
        through = {**release, "through_hold": True, "reason": "because CI says so"}
        for body, member in ((through, "through_hold"), ({"version": version}, "version")):
            refused = story.aws.call_api("POST", f"{here}/releases", body, callers["ci"])
            assert (refused.status, refused.body.get("title")) == (403, "OperatorsPath"), refused
            assert refused.content_type == "application/problem+json", refused
            assert refused.body["findings"][0]["path"] == member and f"POST {here}/starts" in refused.body["findings"][0]["remedy"], refused
            # What stands there is nothing that CI may call: API Gateway answers, and not Windlass.
            forbidden = story.aws.call_api("POST", f"{here}/starts", body, callers["ci"])
            assert forbidden.status == 403 and "findings" not in forbidden.body, forbidden
            let_in = story.aws.call_api("POST", f"{here}/starts", body, callers["operator"])
            assert let_in.status in (400, 404) and let_in.body["findings"], let_in
    finally:
        released = story.aws.call_api("DELETE", f"{here}/hold?reason=over", None, callers["operator"])
        assert released.status == 202, released
    story.until("no hold", lambda: not story.aws.call_api("GET", here, None, callers["ci"]).body.get("hold"))
