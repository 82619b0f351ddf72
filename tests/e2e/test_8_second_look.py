"""What a recovery left is looked at once more, and the runbook docs/runbooks/drift-after-a-recovery.md walked (decision 0184).

Runs after the story, on the environment `prod` of the sample application that it leaves behind.
"""

import json

import left_behind
import pytest
import runbooks
import schedules
from hotfix import FUNCTION, WHERE, release
from ledger import ending

HEARD = "heard-of-drift"
QUARTER_MS = 15 * 60 * 1000
WHAT_DIFFERS, STATUS, RESTORE, RELEASE_HOLD = runbooks.blocks("drift-after-a-recovery.md")


@pytest.fixture(scope="module")
def heard(story):
    """Returns what is sent of drift from now on; answers whatever came since it was asked for last."""
    left_behind.listen(story.aws, HEARD)
    return lambda: [text for text in left_behind.taken(story.aws, HEARD) if "Drift" in text]


def stop_in_the_middle(story, version):
    """A release that is stopped while it has a share of the traffic, and undone; answers its record and the version of the function that it brought."""
    before = story.shop.alias()
    deployment = release(story, version)
    weights = story.until("a share of the traffic", lambda: story.shop.alias()[1])
    story.machine.stop(deployment["executions"][0])
    ended = story.ended(deployment["id"])
    assert (ending(ended), story.shop.alias()) == ("RolledBack", before), ended["ending"]
    return ended, next(iter(weights))


def second_look(story, deployment):
    return story.ledger.item(f"deployment#{deployment['id']}", "second_look")


def look(story):
    schedules.come(story.aws, "RecoverySchedule")


def a_quarter_of_an_hour_passes(story, deployment):
    """For this look alone: in the ledger it is due from the ending on."""
    found = second_look(story, deployment)
    assert (found["due"], found["tries"]) == (deployment["ending"]["at"] + QUARTER_MS, 0)
    due = found["due"] - QUARTER_MS
    story.ledger.change(found["pk"], found["sk"], due=due, index_sk=f"{int(due):015}#{deployment['id']}")


def test_what_is_as_it_was_left_is_noted_and_nobody_is_notified(story, heard):
    """Safety: second look: What is as it was left is noted, and nobody is notified."""
    deployment, _ = stop_in_the_middle(story, "1.31.0")
    look(story)
    assert second_look(story, deployment)["tries"] == 0, "it is not due yet"
    a_quarter_of_an_hour_passes(story, deployment)
    look(story)
    found = second_look(story, deployment)
    assert (found["looked"]["saw"], found.get("index_pk")) == ("as_left", None)
    assert list(found["looked"]["components"]) == ["api"]
    assert not story.ledger.state().get("hold")


def test_a_call_that_lands_late_is_reported_and_holds_automatic_deployments(story, heard, shell):
    """Safety: second look: A call that lands late is reported and holds automatic deployments, with real functions."""
    before = story.shop.alias()
    deployment, brought = stop_in_the_middle(story, "1.32.0")
    story.aws.lambda_.update_alias(**FUNCTION, FunctionVersion=brought)
    a_quarter_of_an_hour_passes(story, deployment)
    look(story)
    said = second_look(story, deployment)["looked"]["told"]
    assert f"NOT as recorded: api (recorded {before[0]}, seen {brought})" in said, said
    assert ending(story.ledger.deployment(deployment["id"])) == "RolledBack"
    everything = []
    story.until("an event and a notification", lambda: everything.extend(heard()) or len(everything) > 1)
    event, notification = sorted((json.loads(text) for text in everything), key=lambda message: "Subject" in message)
    assert (event["detail-type"], event["detail"]["deployment"], event["detail"]["cause"]) == ("DriftFound", deployment["id"], said)
    assert (notification["Subject"], notification["Message"]) == ("[windlass] shop prod 1.32.0 DriftFound", said)
    hold = story.until("the hold", lambda: story.ledger.state().get("hold"))
    assert hold["by"] == "Windlass" and f"seen {brought}" in hold["reason"], hold
    held = story.ended(release(story, "1.0.3")["id"])
    assert (ending(held), held["ending"]["cause_name"]) == ("Rejected", "Held")
    look(story)
    assert heard() == [], "it is said once"


def test_the_runbook_brings_back_what_should_run(story, shell):
    """Continues with what the test before has left.

    Safety: second look: The runbook brings back what should run.
    """
    deployment = next(found for found in reversed(story.ledger.deployments()) if found["release"]["version"] == "1.32.0")
    assert "ID=…" in WHAT_DIFFERS
    differs = json.loads(shell.run(WHAT_DIFFERS.replace("ID=…", f"ID={deployment['id']}")))
    assert (differs["saw"], differs["components"]["api"]["drift"]) == ("changed", "changed"), differs
    status = shell.run(STATUS)
    assert "drift: changed" in status and "by Windlass" in status, status
    recorded = status.partition("\n  api: ")[2].split()[0]
    walk(story, shell, RESTORE)
    walk(story, shell, RELEASE_HOLD)
    status = shell.run(STATUS)
    assert "drift: changed" not in status and "hold: none" in status, status
    assert story.shop.function_version() == recorded
    # It is known by its order again, and no more by the hold.
    older = story.ended(release(story, "1.0.4")["id"])
    assert (ending(older), older["ending"]["cause_name"]) == ("NothingToDo", "Superseded")


def walk(story, shell, block):
    """Runs a block that starts an execution, and follows that to its end."""
    done = story.machine.follow(shell.run(block).strip(), 60)
    assert done["status"] == "SUCCEEDED", done.get("cause")
