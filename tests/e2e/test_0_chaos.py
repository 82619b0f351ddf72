"""`make chaos` makes demands of itself: a run that is too short or too calm shows nothing."""

import json

import pytest
from chaos import AT_LEAST, refused_for, too_calm, unended, unexplained, wrongly_refused
from faulty_proxy import KINDS, throttled
from mayhem import STRIKES
from proxy import Call

EVERY_FAULT = dict.fromkeys((*KINDS, *STRIKES), 1)


def test_a_run_with_enough_of_everything_is_taken():
    assert too_calm({"deployments": AT_LEAST, "endings": {"Succeeded": AT_LEAST}, "faults": EVERY_FAULT}) == []


def test_a_run_that_shows_too_little_is_reported():
    endings = {"Succeeded": 14, "NeedsOperator": 45, "Rejected": 1}
    calm = too_calm({"deployments": AT_LEAST, "endings": endings, "faults": {**EVERY_FAULT, "reset": 0}})
    assert calm == [
        "nothing was reset",
        "only 59 deployments began, and not 60",
        "only 14 of 60 deployments succeeded: nothing is shown of the others' work",
    ]


def record(name, ended=None, cause_name=""):
    ending = {"ending": {"ending": ended, "cause_name": cause_name, "cause": "Because."}} if ended else {}
    return {"id": name, "environment": "berth1", **ending}


def test_what_has_no_ending_is_stuck_wherever_it_stands():
    assert unended([record("1", "Succeeded"), record("2"), record("3", "Rejected")]) == ["berth1: deployment 2 has no ending"]


def test_a_refusal_needs_a_cause_that_the_faults_explain():
    records = [record("1", "Rejected", "Chaos"), record("2", "Rejected", "Older"), record("3", "RolledBack", "Vetoed"), record("4")]
    records.append(record("5", "Rejected", "Chaos"))
    assert wrongly_refused(records) == ["refused for Older: Because."]
    assert refused_for(records) == {"Chaos": 2, "Older": 1}


DEATH = {"detail-type": "Step Functions Execution Status Change", "detail": {"executionArn": "arn:one"}}


@pytest.mark.parametrize("message", [DEATH, {"requestPayload": DEATH}])
def test_a_death_that_was_not_announced_is_explained_by_the_ending_of_its_deployment(message):
    asked = []
    for is_done in (True, False):
        lost = unexplained({"windlass-RecoveryDeadLetters-1": [message]}, lambda execution: asked.append(execution) or is_done)
        assert len(lost) == (0 if is_done else 1)
    assert asked == ["arn:one", "arn:one"]


def test_a_run_of_the_schedule_is_made_up_for_and_nothing_else_is():
    tick = {"requestPayload": {"detail-type": "Scheduled Event"}}
    letters = {"windlass-RecoveryDeadLetters-1": [tick, {}], "windlass-OutboxDeadLetters-1": [tick], "windlass-IntakeDeadLetters-1": [DEATH]}
    lost = unexplained(letters, lambda execution: True)
    assert [text.partition(":")[0] for text in lost] == [f"a dead letter in windlass-{name}DeadLetters-1" for name in ("Recovery", "Outbox", "Intake")]


def test_a_throttled_transaction_is_canceled_for_it_and_a_single_write_is_not():
    def answered(operation, asked):
        status, _, _, body = throttled(Call(b"", {"x-amz-target": f"DynamoDB_20120810.{operation}"}, json.dumps(asked).encode()))
        assert status == 400
        return json.loads(body)

    transaction = answered("TransactWriteItems", {"TransactItems": [{}, {}]})
    assert transaction["__type"].endswith("#TransactionCanceledException")
    assert [reason["Code"] for reason in transaction["CancellationReasons"]] == ["None", "ThrottlingError"]
    assert "CancellationReasons" not in answered("PutItem", {})
