"""Services that ECS shifts, in a pause that nobody ends: a hook runs out and ECS goes back, an answer comes too late, an operator cancels,
and an execution is stopped. What is waited for is shown, and each ends with the tasks that ran before."""

import pytest
from aws import Aws
from command_line import CommandLine
from ecs_standin import EcsStandin
from ecs_shifted_services import THEIRS, Ferry
from ledger import ending
from proxy import machine_asks_through

ASKING = ["windlass-planner", "windlass-deploy-ecs"]
# How long a minute of a service's configuration takes, in seconds.
MINUTE_S = 10
WAYS = ("unanswered", "cancelled", "late", "stopped")
# For how long a release is watched that is stopped meanwhile.
LONG = "90s"


@pytest.fixture(scope="module")
def standin(aws):
    standin = EcsStandin(aws.client("ecs"), MINUTE_S)
    with machine_asks_through(aws, ASKING, standin.start(), "ECS"):
        yield standin


@pytest.fixture(scope="module")
def ferries(aws, standin, tmp_path_factory):
    """A release of each at the same time."""
    ecs = Aws({"endpoint": standin.address, "region": aws.region}).client("ecs")
    ferries = {way: Ferry(aws, way, ecs) for way in WAYS}
    for way, ferry in ferries.items():
        ferry.make_targets()
        ferry.before = ferry.tasks()
        ferry.windlass = CommandLine(aws, ferry.app, tmp_path_factory.mktemp(way))
        ferry.shifted = lambda ferry=ferry: standin.services[ferry.service["cluster"], "agent"]
    standin.late.append(ferries["late"].service["cluster"])
    for way in ("unanswered", "cancelled", "late"):
        ferries[way].declare()
    ferries["stopped"].declare(gates={"bake": LONG, "alarms": ["ferry-stopped-sea-errors"]})
    for ferry in ferries.values():
        ferry.begun = ferry.begin("1.0.0")
    return ferries


def is_as_before(ferry):
    """ECS went back, and the former tasks run and no other."""
    assert ferry.newest()[0] == "ROLLBACK_SUCCESSFUL"
    assert (ferry.tasks(), ferry.function("jobs", "live")) == (ferry.before, "before windlass")


def the_hook(ferry):
    """The one hook of the newest deployment, as ECS describes it."""
    (hook,) = ferry.shifted().newest["lifecycleHookDetails"]
    return hook


def test_what_a_teams_pause_waits_for_is_shown_and_cancelled(ferries):
    ferry = ferries["cancelled"]
    pause = ferry.until("the pause is shown", lambda: in_a_pause(ferry), 90)
    arn, hook = ferry.shifted().newest["serviceDeploymentArn"], the_hook(ferry)["hookId"]
    assert f"its own pause hook {hook} at {THEIRS} until " in pause and "when ECS rolls back" in pause, pause
    assert f"aws ecs continue-service-deployment --service-deployment-arn {arn} --hook-id {hook} --action CONTINUE" in pause, pause
    explained = ferry.windlass.run("explain", ferry.app, ferry.environment)
    assert pause in explained.out, explained
    ran = ferry.windlass.json("cancel", ferry.app, ferry.environment, "--reason", "nobody has time to look")
    ended = ran.document["deployment"]["ending"]
    assert (ran.status, ended["ending"], ended["cause_name"]) == (0, "RolledBack", "CancelledByOperator"), ended
    is_as_before(ferry)
    assert ferry.shifted().asked == ["StopServiceDeployment"], "nobody answers a pause of the team's"


def in_a_pause(ferry):
    """Returns what the service waits for, once that is a hook."""
    pause = ferry.ledger.steps(ferry.begun).get("agent", {}).get("waits_for") or ""
    return pause if "hook" in pause else None


def test_a_stop_in_a_pause_of_windlass_is_recovered(ferries):
    ferry = ferries["stopped"]
    ferry.until("the pause", lambda: ferry.newest()[1] == "POST_PRODUCTION_TRAFFIC_SHIFT", 90)
    ferry.until("a look at the gates", lambda: ferry.ledger.judgements(ferry.begun), 60)
    status = ferry.windlass.run("status", ferry.app, ferry.environment).out
    assert f"lock: {ferry.begun} of 1.0.0" in status and "is under way" in status, status
    explained = ferry.windlass.run("explain", ferry.app, ferry.environment).out
    for words in ("(POST_PRODUCTION_TRAFFIC_SHIFT)", "paused for Windlass until ", "when ECS rolls back", "is watched until "):
        assert words in explained, explained
    ferry.machine.stop(ferry.ledger.deployment(ferry.begun)["executions"][0])
    record = ferry.ended(ferry.begun)
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "StoppedByOperator"), record["ending"]
    assert "go back from POST_PRODUCTION_TRAFFIC_SHIFT" in record["ending"]["cause"], record["ending"]["cause"]
    is_as_before(ferry)
    assert ferry.shifted().asked == ["ContinueServiceDeployment"], "the pause is answered so, and nothing else is stopped"


def test_a_pause_that_nobody_ends_is_taken_back_by_ecs_alone(ferries):
    ferry = ferries["unanswered"]
    record = ferry.ended(ferry.begun)
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "ChangeFailed"), record["ending"]
    assert "a lifecycle hook timed out" in record["ending"]["cause"], record["ending"]["cause"]
    is_as_before(ferry)
    assert (the_hook(ferry)["status"], ferry.shifted().asked) == ("TIMED_OUT", []), "nobody stops what ECS takes back"


def test_an_answer_that_comes_too_late_is_no_success(ferries):
    ferry = ferries["late"]
    record = ferry.ended(ferry.begun)
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "ChangeFailed"), record["ending"]
    assert "a lifecycle hook timed out" in record["ending"]["cause"], record["ending"]["cause"]
    is_as_before(ferry)
    assert (the_hook(ferry)["status"], ferry.shifted().asked) == ("TIMED_OUT", ["ContinueServiceDeployment"])


def test_what_was_asked_and_answered_fits_the_services_model(ferries, standin):
    assert standin.breaches == []
