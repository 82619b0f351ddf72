"""No secret passes through: everything that this whole run has left is searched for the secrets that were planted in it.

Runs last. They stand in the environment of the functions and containers that were deployed (targets.yaml). One more is written
here into each sort of input, as a person may do by mistake; and beside it, in the same way, an ordinary value that is wrong as
well, and is shown: where that is found a secret would be.
"""

import json

import pytest
import yaml
from left_behind import PLANTED, WRONG, everything, is_planted, leave_a_metric, places_without, without_inputs
from shop import SHOP

WHERE = {"app": "shop", "environment": "prod"}
# What the console keeps of an execution's input is Step Functions' own, and there before Windlass sees it.
TYPED = "typed-Qm7wRb52-never-to-be-told"
SEARCHED = ["executions", "ledger", "logs", "events and notifications", "metrics", "objects", "answers of the API"]


@pytest.fixture(scope="module")
def left(story):
    """Returns what was left, after each sort of input was refused for a secret and for a wrong value."""
    answers = []
    for key, value in (("database_password", PLANTED), ("tariff", WRONG)):
        declare(story, key, value)
        upload_manifest(story, key, value)
        answers.append(call_api(story, key, value))
    for key, value in (("database_password", TYPED), ("restart", WRONG)):
        type_at_console(story, key, value)
    leave_a_metric(story.aws)
    story.until_queue_is_empty()
    return everything(story.aws) | {"answers of the API": answers}


def declare(story, key, value):
    document = yaml.safe_load((SHOP / "app.yaml").read_text())
    document["version"] = "9.0.0"
    document["components"]["web"]["config"]["values"][key] = value if value == PLANTED else {"wrong": value}
    story.shop.upload("apps/shop/app.yaml", yaml.safe_dump(document).encode())
    story.until("findings about it", lambda: key in json.dumps(story.findings_beside("apps/shop/app.yaml")))


def manifest(key, value):
    """With a secret, or with an artifact of another component."""
    component = {"key": "artifacts/shop/prod/web/1.0.0.zip", key: value} if value == PLANTED else {"key": value}
    return {"version": "9.0.0", "git": {"ref": "refs/tags/v9.0.0"}, "components": {"web": component}}


def upload_manifest(story, key, value):
    place = f"releases/shop/prod/9.0.0-{key}.json"
    story.shop.upload(place, json.dumps(manifest(key, value)).encode())
    assert story.findings_beside(place)


def call_api(story, key, value):
    """Asks for a deployment; answers what the API said."""
    answer = story.aws.call_api("POST", f"/apps/shop/environments/{story.shop.environment}/releases", manifest(key, value))
    assert answer.status == 400, answer
    return json.dumps(answer.body)


def type_at_console(story, key, value):
    done = story.operate(action="deploy", **WHERE, version="1.0.0", **{key: value})
    assert done["status"] == "FAILED", done


@pytest.mark.parametrize("where", SEARCHED)
def test_no_planted_secret_is_found(left, where):
    """Safety: secrets: No secret that was planted in a whole run is found in any input, item, log line or event."""
    found = [text for text in left[where] if PLANTED in text]
    assert found == []
    assert left[where], "nothing was searched"


@pytest.mark.parametrize("where", SEARCHED)
def test_what_is_typed_at_the_console_goes_no_further(left, where):
    """Safety: secrets: What is typed at the console goes no further than the execution's input."""
    found = [text for text in left[where] if TYPED in without_inputs(text)]
    assert found == []


@pytest.mark.parametrize("where", SEARCHED)
def test_a_wrong_value_is_found_where_a_secret_would_be(left, where):
    """Safety: secrets: The search would find a secret: a wrong value is found where one would be."""
    assert any(WRONG in without_inputs(text) for text in left[where])


def test_what_is_searched_is_what_was_left(left, story):
    """A deployment's id is found where it must be: otherwise the search would find no secret either."""
    assert places_without(left, story.ledger.deployments()[0]["id"]) == []


def test_the_secrets_were_there(left, story):
    """Safety: secrets: The planted secrets were there while it ran."""
    assert is_planted(story.aws)
    assert any(TYPED in text for text in left["executions"]), "the console's input"
