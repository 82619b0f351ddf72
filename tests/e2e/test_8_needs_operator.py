"""The runbook docs/runbooks/needs-operator.md walked: its commands, as it shows them, after a stranger has struck for real.

Runs after the story, on the environment `prod` of the sample application that it leaves behind.
"""

import json
import os
import re
import subprocess

import pytest
from cloud import REPOSITORY
from ledger import ending
from shop import made_zip

WHERE = {"app": "shop", "environment": "prod"}
RUNBOOKS = REPOSITORY / "docs/runbooks"
FUNCTION = {"FunctionName": "shop-api-prod", "Name": "live"}
# Answers its gate only after a while, in which the stranger comes, and then wrongly.
SLOW_MISTAKE = 'import time\n\n# {version}\ndef handler(event, context):\n    time.sleep(4)\n    raise RuntimeError("out of order")\n'
GOOD = 'def handler(event, context):\n    return {{"statusCode": 200, "body": "{version}"}}\n'


def blocks(name):
    return re.findall(r"^```sh\n(.*?)^```$", (RUNBOOKS / name).read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def runbook(story):
    """Runs a block of the runbook in a shell that has run the lines with which all runbooks begin; answers what it printed."""
    environment = {
        "PATH": f"{REPOSITORY / '.local/sam/bin'}:{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": story.aws.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": story.aws.region,
    }
    (beginning,) = blocks("README.md")

    def run(block):
        script = f"set -euo pipefail\n{beginning}\n{block}"
        done = subprocess.run(["bash", "-c", script], env=environment, text=True, capture_output=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


WHICH, WHY, STEPS, RECOVER, ACCEPT, RELEASE_HOLD = blocks("needs-operator.md")


def release(story, version, code):
    """CI POSTs a release of the function alone; answers its deployment."""
    key = f"artifacts/shop/api/{version}.zip"
    story.shop.upload(key, made_zip({"app.py": code.format(version=version)}))
    manifest = {"version": version, "git": {"ref": f"refs/tags/v{version}"}, "components": {"api": {"key": key}}}
    answer = story.aws.call_api("POST", "/apps/shop/releases", manifest)
    assert answer.status == 202, answer
    return story.deployment_of(version)


def need_operator(story, version):
    """A release that fails, and whose alias a stranger deletes in the middle; answers the deployment and the alias before."""
    before = story.aws.lambda_.get_alias(**FUNCTION)["FunctionVersion"]
    deployment = release(story, version, SLOW_MISTAKE)
    story.until("a share of the traffic", lambda: story.shop.alias()[1] or story.if_ended(deployment["id"]))
    assert not story.if_ended(deployment["id"]), story.if_ended(deployment["id"])["ending"]
    story.aws.lambda_.delete_alias(**FUNCTION)
    assert ending(story.ended(deployment["id"])) == "NeedsOperator"
    return deployment["id"], before


def read(story, runbook, deployment):
    """Walks part 1 of the runbook: which, and why; answers what stands in the way."""
    held = json.loads(runbook(WHICH))
    (entry,) = [found for found in held if found["lock"]["deployment"]["S"] == deployment]
    assert entry["lock"]["state"]["S"] == "needs_operator"
    assert "ID=…" in WHY and "$ID" in STEPS
    why = runbook(WHY.replace("ID=…", f"ID={deployment}"))
    assert "NEEDS AN OPERATOR" in why and "NOT undone: api" in why, why
    (step,) = json.loads(runbook(f"ID={deployment}\n{STEPS}"))
    assert (step["component"], step["status"]) == ("api", "undo_failed"), step
    return json.dumps(step["undo_failure"])


def walk(story, runbook, block):
    """Runs a block that starts an execution, and follows that to its end."""
    execution = runbook(block).strip()
    return story.machine.follow(execution, 60)


def nobody_holds_the_lock(runbook):
    """As part 4 asks for it."""
    text = (RUNBOOKS / "needs-operator.md").read_text()
    (command,) = re.findall(r"nobody holds the lock: `(.+?)` prints `null`", text)
    return runbook(command).strip() == "null"


def test_the_target_is_made_again_and_undone(story, runbook):
    deployment, before = need_operator(story, "1.20.0")
    assert "NotFound" in read(story, runbook, deployment)
    rollback = story.machine.follow(story.machine.start(action="rollback", **WHERE, reason="a rollback is no way out"), 60)
    assert (rollback["status"], rollback["error"]) == ("FAILED", "NeedsOperator"), rollback
    story.aws.lambda_.create_alias(**FUNCTION, FunctionVersion=before)
    done = walk(story, runbook, RECOVER)
    assert done["status"] == "FAILED", done
    assert ending(story.ledger.deployment(deployment)) == "RolledBack"
    assert nobody_holds_the_lock(runbook)
    assert story.shop.alias() == (before, {})
    # The rollback was refused, and its hold stays.
    assert walk(story, runbook, RELEASE_HOLD)["status"] == "SUCCEEDED"
    assert not story.ledger.state().get("hold")


def test_what_is_there_is_accepted(story, runbook):
    deployment, before = need_operator(story, "1.21.0")
    story.aws.lambda_.create_alias(**FUNCTION, FunctionVersion=before)
    done = walk(story, runbook, ACCEPT)
    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert nobody_holds_the_lock(runbook)
    record = story.ledger.deployment(deployment)
    assert ending(record) == "NeedsOperator" and "repaired by hand, see incident 42" in record["ending"]["resolved"], record["ending"]
    ended = story.ended(release(story, "1.22.0", GOOD)["id"])
    assert ending(ended) == "Succeeded", ended["ending"]
    assert story.shop.function_version() == "1.22.0"


def test_a_hold_keeps_what_arrives_until_it_is_released(story, runbook):
    done = story.operate(action="hold", **WHERE, reason="a quiet weekend")
    assert done["status"] == "SUCCEEDED", done.get("cause")
    held = story.ended(release(story, "1.23.0", GOOD)["id"])
    assert (ending(held), held["ending"]["cause_name"]) == ("Rejected", "Held")
    done = walk(story, runbook, RELEASE_HOLD)
    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert not story.ledger.state().get("hold")
    done = story.operate(action="deploy", **WHERE, version="1.23.0")
    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert story.shop.function_version() == "1.23.0"


def test_after_accept_a_rollback_is_possible_again(story):
    done = story.operate(action="rollback", **WHERE, reason="the runbook says so")
    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert story.shop.function_version() == "1.22.0"
    assert story.operate(action="release_hold", **WHERE, reason="over")["status"] == "SUCCEEDED"
