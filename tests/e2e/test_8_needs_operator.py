"""The runbook docs/runbooks/needs-operator.md walked: its commands, as it shows them, after a real out-of-band change.

Runs after the story, on the environment `prod` of the sample application that it leaves behind.
"""

import json
import re

import runbooks
from hotfix import FUNCTION, GOOD, WHERE, release
from ledger import ending

# Answers both invocations rightly before the alias moves, and later only after a while, in which somebody deletes the
# alias, and then wrongly. Its processes count together.
SLOW_MISTAKE = """import os
import tempfile
import time

CALLS = os.path.join(tempfile.gettempdir(), "calls-of-{version}")


def handler(event, context):
    with open(CALLS, "a") as calls:
        calls.write("x")
    if os.path.getsize(CALLS) <= 2:
        return {{"statusCode": 200, "body": "{version}"}}
    time.sleep(4)
    raise RuntimeError("out of order")
"""
WHICH, LOCK, WHY, STEPS, RECOVER, ACCEPT, RELEASE_HOLD = runbooks.blocks("needs-operator.md")


def need_operator(story, version):
    """A release that fails, and whose alias somebody else deletes in the middle; answers the deployment and the alias before."""
    before = story.aws.lambda_.get_alias(**FUNCTION)["FunctionVersion"]
    deployment = release(story, version, SLOW_MISTAKE)
    story.until("a share of the traffic", lambda: story.shop.alias()[1] or story.if_ended(deployment["id"]))
    assert not story.if_ended(deployment["id"]), story.if_ended(deployment["id"])["ending"]
    story.aws.lambda_.delete_alias(**FUNCTION)
    assert ending(story.ended(deployment["id"])) == "NeedsOperator"
    return deployment["id"], before


def read(story, shell, deployment):
    """Walks part 1 of the runbook: which, and why; answers what stands in the way."""
    assert "NEEDS AN OPERATOR" in shell.run(WHICH)
    (lock,) = [line for line in shell.run(LOCK).splitlines() if line.startswith("  lock: ")]
    assert lock.startswith(f"  lock: {deployment} ") and "NEEDS AN OPERATOR" in lock, lock
    assert "ID=…" in WHY and "$ID" in STEPS
    why = shell.run(WHY.replace("ID=…", f"ID={deployment}"))
    assert "NEEDS AN OPERATOR" in why and "NOT undone: api" in why, why
    (step,) = json.loads(shell.run(f"ID={deployment}\n{STEPS}"))
    assert (step["component"], step["status"]) == ("api", "undo_failed"), step
    return json.dumps(step["undo_failure"])


def nobody_holds_the_lock(shell):
    """As part 4 asks for it."""
    text = runbooks.text("needs-operator.md")
    ((command, line),) = re.findall(r"nobody holds the lock: `(.+?)` says `(.+?)`", text)
    return line in shell.run(command)


def test_no_raw_query_is_left_that_the_command_line_answers():
    text = runbooks.text("needs-operator.md")
    assert not re.search(r"aws dynamodb|item \"|start '\{", text)


def test_the_target_is_made_again_and_undone(story, shell):
    """Safety: undo: Where a target is deleted and the undo fails, the environment stays locked until it is made again and
    `recover` brings it back.
    """
    deployment, before = need_operator(story, "1.20.0")
    assert "NotFound" in read(story, shell, deployment)
    rollback = story.machine.follow(story.machine.start(action="rollback", **WHERE, reason="a rollback is no way out"), 60)
    assert (rollback["status"], rollback["error"]) == ("FAILED", "NeedsOperator"), rollback
    story.aws.lambda_.create_alias(**FUNCTION, FunctionVersion=before)
    assert "RolledBack" in shell.run(RECOVER)
    assert ending(story.ledger.deployment(deployment)) == "RolledBack"
    assert nobody_holds_the_lock(shell)
    assert story.shop.alias() == (before, {})
    # The rollback was refused, and its hold stays.
    assert "hold: none" in shell.run(RELEASE_HOLD)
    assert not story.ledger.state().get("hold")


def test_what_is_there_is_accepted(story, shell):
    """Safety: accept: What is there is accepted, and the environment is unlocked, with real functions."""
    deployment, before = need_operator(story, "1.21.0")
    story.aws.lambda_.create_alias(**FUNCTION, FunctionVersion=before)
    assert "lock: free" in shell.run(ACCEPT)
    assert nobody_holds_the_lock(shell)
    record = story.ledger.deployment(deployment)
    assert ending(record) == "NeedsOperator" and "repaired by hand, see incident 42" in record["ending"]["resolved"]["reason"], record["ending"]
    ended = story.ended(release(story, "1.22.0", GOOD)["id"])
    assert ending(ended) == "Succeeded", ended["ending"]
    assert story.shop.function_version() == "1.22.0"


def test_a_hold_keeps_what_arrives_until_it_is_released(story, shell):
    done = story.operate(action="hold", **WHERE, reason="a quiet weekend")
    assert done["status"] == "SUCCEEDED", done.get("cause")
    held = story.ended(release(story, "1.23.0", GOOD)["id"])
    assert (ending(held), held["ending"]["cause_name"]) == ("Rejected", "Held")
    assert "hold: none" in shell.run(RELEASE_HOLD)
    assert not story.ledger.state().get("hold")
    done = story.operate(action="deploy", **WHERE, version="1.23.0")
    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert story.shop.function_version() == "1.23.0"


def test_after_accept_a_rollback_is_possible_again(story):
    done = story.operate(action="rollback", **WHERE, reason="the runbook says so")
    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert story.shop.function_version() == "1.22.0"
    assert story.operate(action="release_hold", **WHERE, reason="over")["status"] == "SUCCEEDED"
