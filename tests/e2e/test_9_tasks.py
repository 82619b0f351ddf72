"""A schema that changes while its service runs (examples/expand-contract): forward, unchanged, undone, rolled back, and across. And a
function that is called in place of a task of ECS."""

import pytest
from application import MISTAKE
from database_service import ENVIRONMENT, Atoll
from command_line import CommandLine
from called_function import Kelp


@pytest.fixture(scope="module")
def atoll(aws):
    atoll = Atoll(aws)
    atoll.make_targets()
    atoll.declare()
    return atoll


@pytest.fixture(scope="module")
def first(atoll):
    record = atoll.release("1.0.0")
    atoll.expect_ended(record, "Succeeded")
    return atoll.running_digest()


@pytest.fixture(scope="module")
def contracting(atoll, first):
    """Declares what drops a column, with the release that needs it."""
    atoll.declare("app-contract.yaml")


def test_a_release_runs_its_migration_before_its_service(atoll, first):
    assert atoll.ran() == [("expand", 0)]


def test_the_same_bytes_run_nothing(atoll, first):
    record = atoll.release("1.0.1", content="1.0.0")
    atoll.expect_ended(record, "NothingToDo")
    assert atoll.ran() == [("expand", 0)]


def test_a_migration_that_fails_is_taken_back(atoll, first):
    before = len(atoll.ran())
    record = atoll.release("1.1.0", expand=3)
    cause = atoll.expect_ended(record, "RolledBack", "ChangeFailed")
    assert "exit code 3" in cause, cause
    assert atoll.ran()[before:] == [("expand", 3), ("unexpand", 0)]
    assert atoll.running_digest() == first


def test_a_release_that_only_expands_is_rolled_back_and_nothing_is_run(atoll, first):
    before = len(atoll.ran())
    atoll.expect_ended(atoll.release("1.1.1"), "Succeeded")
    assert atoll.ran()[before:] == [("expand", 0)]
    assert atoll.running_digest() != first
    record = atoll.roll_back(reason="1.1.1 shows no last names")
    atoll.expect_ended(record, "Succeeded")
    assert (atoll.running_digest(), atoll.ran()[before:]) == (first, [("expand", 0)])
    released = atoll.operate(action="release_hold", **atoll.where, reason="1.2.0 shows them")
    assert released["status"] == "SUCCEEDED", released


def test_what_came_before_an_irreversible_migration_does_not_come_back(atoll, first, contracting):
    before = len(atoll.ran())
    record = atoll.release("1.2.0", contract=1)
    cause = atoll.expect_ended(record, "NeedsOperator", "ChangeFailed")
    assert "what came before must not run after it" in cause, cause
    assert atoll.ran()[before:] == [("expand", 0), ("contract", 1)]
    assert atoll.running_digest() != first
    ended = atoll.operate(action="accept", **atoll.where, reason="the column is gone by hand")
    assert ended["status"] == "SUCCEEDED", ended
    atoll.expect_ended(atoll.release("1.2.1"), "Succeeded")


def test_a_rollback_past_it_names_it(atoll, first, contracting):
    number = min(one["number"] for one in snapshots(atoll) if one["version"] == "1.0.0")
    fixed = atoll.running_digest()
    refused = atoll.roll_back(snapshot=number, reason="1.2.1 loses names")
    cause = atoll.expect_ended(refused, "Rejected", "Irreversible")
    assert "contract of 1.2.1" in cause and '"across":["contract"]' in cause, cause
    assert atoll.running_digest() == fixed
    before = atoll.ran()
    record = atoll.roll_back(snapshot=number, across=["contract"], reason="the column is there again")
    atoll.expect_ended(record, "Succeeded")
    assert (atoll.running_digest(), atoll.ran()) == (first, before)


def snapshots(atoll):
    answer = atoll.aws.call_api("GET", f"/apps/atoll/environments/{ENVIRONMENT}/snapshots")
    assert answer.status == 200, answer
    return answer.body["snapshots"]


@pytest.fixture(scope="module")
def kelp(aws):
    kelp = Kelp(aws)
    kelp.make_targets()
    kelp.declare()
    return kelp


def test_a_call_that_a_release_may_make_is_healthy(kelp, aws, tmp_path):
    ran = CommandLine(aws, "kelp", tmp_path).json("doctor", "kelp", kelp.environment)
    assert (ran.status, ran.document["findings"]) == (0, []), ran


def test_a_function_is_called_once_with_each_release(kelp):
    record = kelp.release("1.0.0")
    kelp.expect_ended(record, "Succeeded")
    called = kelp.called(record)
    assert [(one["attempt"], one["end"]["outcome"]) for one in called] == [(1, "succeeded")], called
    again = kelp.release("1.0.1", code="1.0.0")
    kelp.expect_ended(again, "NothingToDo")


def test_a_call_that_fails_undoes_the_release(kelp):
    before = kelp.function("jobs", "live")
    record = kelp.release("1.1.0", sum_=MISTAKE)
    cause = kelp.expect_ended(record, "RolledBack", "ChangeFailed")
    assert "the call of version 3 failed" in cause and "Unhandled" in cause, cause
    assert [one["end"]["outcome"] for one in kelp.called(record)] == ["failed"]
    assert kelp.function("jobs", "live") == before
