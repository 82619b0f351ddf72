"""No secret passes through: everything that this whole run has left is searched for the secrets that were planted in it.

Runs last. They stand in the environment of the functions and containers that were deployed (targets.yaml); one more is
written into a declaration here, as a person may do by mistake.
"""

import json

import pytest
import yaml
from left_behind import PLANTED, everything
from shop import SHOP


@pytest.fixture(scope="module")
def left(story):
    """What was left, after a declaration with a secret in it was refused."""
    document = yaml.safe_load((SHOP / "app.yaml").read_text())
    document["version"] = "9.0.0"
    document["components"]["web"]["config"]["values"]["database_password"] = PLANTED
    story.shop.upload("apps/shop/app.yaml", yaml.safe_dump(document).encode())
    story.until("findings about it", lambda: "database_password" in json.dumps(story.findings_beside("apps/shop/app.yaml")))
    return everything(story.aws)


@pytest.mark.parametrize("where", ["executions", "ledger", "logs", "events and notifications", "metrics", "objects"])
def test_no_planted_secret_is_found(left, where):
    found = [text for text in left[where] if PLANTED in text]
    assert found == []
    assert left[where], "nothing was searched"


def test_what_is_searched_is_what_was_left(left, story):
    """A deployment's id is found where it must be: otherwise the search would find no secret either."""
    deployment = story.ledger.deployments()[0]["id"]
    for where in ("executions", "ledger", "logs", "events and notifications"):
        assert any(deployment in text for text in left[where]), where


def test_the_secrets_were_there(story):
    functions = story.aws.lambda_.list_functions()["Functions"]
    assert any(PLANTED in json.dumps(found.get("Environment", {})) for found in functions)
    definitions = story.aws.ecs.list_task_definitions()["taskDefinitionArns"]
    described = [story.aws.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in definitions]
    assert any(PLANTED in json.dumps(found, default=str) for found in described)
