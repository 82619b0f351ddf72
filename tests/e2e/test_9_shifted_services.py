"""Services whose traffic ECS shifts, on a stand-in that really starts and keeps their tasks: a release goes on at a pause that waits for
it, and ends when ECS says that it is successful; one that fails while the former tasks stand is stopped, and no task is started for it;
what ECS takes back is reported."""

import pytest
from aws import Aws
from ecs_standin import EcsStandin
from ecs_shifted_services import Ferry
from ledger import ending
from proxy import machine_asks_through

ASKING = ["windlass-planner", "windlass-deploy-ecs"]
# How long a minute of a service's configuration takes, in seconds.
MINUTE_S = 10
FIRST = "1.0.0"


@pytest.fixture(scope="module")
def standin(aws):
    standin = EcsStandin(aws.client("ecs"), MINUTE_S)
    with machine_asks_through(aws, ASKING, standin.start(), "ECS"):
        yield standin


@pytest.fixture(scope="module")
def ferries(aws, standin):
    ecs = Aws({"endpoint": standin.address, "region": aws.region}).client("ecs")
    ferries = {strategy: Ferry(aws, strategy, ecs) for strategy in ("blue_green", "canary")}
    for ferry in ferries.values():
        ferry.make_targets()
        ferry.declare()
    return ferries


@pytest.fixture(scope="module")
def first(ferries, standin):
    """The first release of both at the same time; the first of them loses UpdateService's answer."""
    before = {strategy: ferry.tasks() for strategy, ferry in ferries.items()}
    standin.lost.append("UpdateService")
    begun = {strategy: ferry.begin(FIRST) for strategy, ferry in ferries.items()}
    ended = {strategy: ferries[strategy].ended(id_) for strategy, id_ in begun.items()}
    return before, ended


def test_a_release_ends_when_ecs_says_that_it_is_successful(ferries, first):
    before, ended = first
    for strategy, ferry in ferries.items():
        assert ending(ended[strategy]) == "Succeeded", ended[strategy]["ending"]
        assert ferry.newest() == ("SUCCESSFUL", "CLEAN_UP", 100.0)
        assert not before[strategy].keys() & ferry.tasks().keys()
        assert ferry.function("jobs", "live") == FIRST


def test_a_declared_pause_goes_on_when_the_gates_are_judged(ferries, first, standin):
    # Before each of two steps, and when all traffic is on the new tasks.
    assert standin.asked.count("ContinueServiceDeployment") == 3
    (deployment,) = standin.services["ferry-canary-sea", "agent"].deployments
    assert [hook["status"] for hook in deployment["lifecycleHookDetails"]] == ["SUCCEEDED"] * 3


def test_a_lost_answer_begins_no_second_deployment(ferries, first, standin):
    for ferry in ferries.values():
        assert len(ferry.ecs.list_service_deployments(**ferry.service)["serviceDeployments"]) == 1
    assert standin.lost == []


@pytest.fixture(scope="module")
def second(ferries, first):
    """A release in both, of which one fails while the former tasks stand, and the other one's tasks crash."""
    before = {strategy: ferry.tasks() for strategy, ferry in ferries.items()}
    blue_green, canary = ferries["blue_green"], ferries["canary"]
    begun = {"blue_green": blue_green.begin("1.1.0"), "canary": canary.begin("1.1.0", exit_code=3, exit_after=0.2)}
    blue_green.until("all traffic on the new tasks", lambda: blue_green.newest()[2] == 100.0 and len(blue_green.tasks()) == 2, 60)
    blue_green.set_alarm("ALARM")
    ended = {strategy: ferries[strategy].ended(id_) for strategy, id_ in begun.items()}
    blue_green.set_alarm("OK")
    return before, ended


def test_one_that_fails_is_stopped_and_no_task_is_started_for_it(ferries, second, standin):
    ferry, (before, ended) = ferries["blue_green"], second
    ended = ended["blue_green"]["ending"]
    assert (ended["ending"], ended["cause_name"]) == ("RolledBack", "GateFailed"), ended
    assert ferry.newest()[0] == "ROLLBACK_SUCCESSFUL"
    assert (ferry.tasks(), ferry.function("jobs", "live")) == (before["blue_green"], FIRST)


def test_what_ecs_takes_back_by_itself_is_reported(ferries, second, standin):
    ferry, (before, ended) = ferries["canary"], second
    ended = ended["canary"]["ending"]
    assert (ended["ending"], ended["cause_name"]) == ("RolledBack", "ChangeFailed"), ended
    assert "circuit breaker" in ended["cause"], ended["cause"]
    assert (ferry.tasks(), ferry.function("jobs", "live")) == (before["canary"], FIRST)
    assert standin.asked.count("StopServiceDeployment") == 1, "of the other one: nobody stops what ECS takes back"


def test_what_was_asked_and_answered_fits_the_services_model(second, standin):
    assert standin.breaches == []
