"""`windlass doctor` without arguments: what of Windlass itself does not work, seen with the rights that docs/CLI.md names."""

import json
import re

import pytest
from command_line import CommandLine
from shop import REPOSITORY

GOOD, REJECTED = 0, 3
APP = "dock"


def rights():
    """The actions that docs/CLI.md names."""
    page = (REPOSITORY / "docs/CLI.md").read_text()
    part = page.split("`windlass doctor` without arguments")[1].split("\n\n")[0]
    return re.findall(r"`([a-z]+:[A-Za-z]+)`", part)


@pytest.fixture(scope="module")
def windlass(aws, tmp_path_factory):
    windlass = CommandLine(aws, APP, tmp_path_factory.mktemp(APP))
    may(aws, rights())
    return windlass


def may(aws, actions):
    # The local cloud asks for this one where AWS asks for lambda:GetEventSourceMapping.
    there = ["lambda:ListEventSourceMappings"]
    statement = {"Effect": "Allow", "Action": actions + there, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_user_policy(UserName=f"ci-of-{APP}", PolicyName="doctor", PolicyDocument=policy)


def wrong(windlass):
    """The status, and of each part that does not work its remedy."""
    ran = windlass.json("doctor")
    assert ran.out, ran
    return ran.status, {found["part"]: found["remedy"] for found in ran.document["findings"]}


def test_what_works_is_shown_as_that(windlass):
    ran = windlass.run("doctor")
    assert ran.status == GOOD and "and all of them work" in ran.out, ran
    assert "could not be looked at" not in ran.out, "a warning is of what was seen"
    assert windlass.json("doctor").document["looked_at"] >= 20


def test_a_rule_that_is_off_and_a_letter_that_is_dead_are_found_at_once(windlass, aws):
    resources = aws.client("cloudformation").describe_stack_resources(StackName="windlass")["StackResources"]
    named = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources}
    rules = {name: named[name] for name in named if name.endswith("Rule") and "Schedule" not in name}
    name, rule = sorted(rules.items())[0]
    rule = rule.rsplit("|", 1)[-1]
    events, sqs = aws.client("events"), aws.client("sqs")
    events.disable_rule(Name=rule)
    letter = sqs.send_message(QueueUrl=named["OutboxDeadLetters"], MessageBody="{}")
    assert letter["MessageId"]
    try:
        status, found = wrong(windlass)
    finally:
        events.enable_rule(Name=rule)
        sqs.purge_queue(QueueUrl=named["OutboxDeadLetters"])
    assert status == REJECTED
    assert found[name] == f"Turn it on: `aws events enable-rule --name {rule}`."
    assert "dead-letters.md" in found["OutboxDeadLetters"]
    assert wrong(windlass) == (GOOD, {})


def test_what_may_not_be_looked_at_is_not_healthy(windlass, aws):
    may(aws, [action for action in rights() if action != "dynamodb:DescribeTable"])
    status, found = wrong(windlass)
    may(aws, rights())
    assert status == REJECTED
    assert list(found.values()) == ["Allow yourself `dynamodb:DescribeTable` on it, or ask again: `windlass doctor`."]
