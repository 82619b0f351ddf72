"""Services that CodeDeploy deploys, on a stand-in that really starts and keeps their tasks: a release ends when the new task set has the
traffic, while CodeDeploy keeps the former one; what fails meanwhile is stopped, and no task is started for the way back. What was asked of
CodeDeploy and ECS, and answered, fits their service models."""

import boto3
import pytest
from aws import Aws
from codedeploy import CodeDeploy
from deployed import ALL_AT_ONCE
from ecs_standin import EcsStandin
from ledger import ending
from proxy import asked_through, machine_asks_through
from codedeploy_service import ENVIRONMENTS, GROUPS_ALARM, HOOKS, MINUTE_S, Sluice

# The operation whose answer is lost in an environment.
LOST = {"lost": "CreateDeployment", "gate": "StopDeployment", "continued": "ContinueDeployment", "steps": "ContinueDeployment"}
ASKING = ("windlass-planner", "windlass-deploy-ecs")


@pytest.fixture(scope="module")
def standin(aws):
    services = EcsStandin(aws.client("ecs"), MINUTE_S)
    services.start()
    standin = CodeDeploy(aws, services)
    standin.address = standin.start()
    with machine_asks_through(aws, ASKING, standin.address, "CODEDEPLOY", "ECS"):
        yield standin
    standin.end()
    assert (standin.problems, services.breaches) == ([], [])


@pytest.fixture(scope="module")
def ecs(aws, standin):
    return Aws({"endpoint": standin.address, "region": aws.region}).client("ecs")


@pytest.fixture(scope="module")
def by_hand(aws, standin):
    """CodeDeploy as a person with AWS's own SDK has it, which reads every answer by the same model."""
    return boto3.client("codedeploy", endpoint_url=standin.address, region_name=aws.region, aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture(scope="module")
def sluices(aws, standin, ecs, by_hand):
    """All environments at the same time: a minute of watching is a minute."""
    sluices = {name: Sluice(aws, standin, ecs, name, **group) for name, group in ENVIRONMENTS.items()}
    # Another application declares that Windlass continues what is ready.
    sluices["continued"] = Sluice(aws, standin, ecs, "ready", "sluice-on", **ENVIRONMENTS["ready"])
    aws.client("ecr").create_repository(repositoryName="sluice/agent")
    aws.client("ecr").create_repository(repositoryName="sluice-on/agent")
    for sluice in sluices.values():
        sluice.make_targets()
        sluice.push("1.0.0", **({"exit_code": 3, "exit_after": 0.2} if sluice.environment == "crash" else {}))
        sluice.before = sluice.tasks()
    sluices["steps"].declare(ENVIRONMENTS)
    continued = {"application": "sluice-on", "group": "agent-{environment}", "continue_when_ready": True}
    sluices["continued"].declare(["ready"], codedeploy=continued)
    sluices["alarm"].make_alarm(GROUPS_ALARM)
    sluices["lost"].group.listed_after_s = 3
    for name, operation in LOST.items():
        sluices[name].group.lost.append(operation)
    steps = sluices["steps"]
    standin.deployed_last(steps.group, steps.document(steps.task_definition()))
    sluices["busy"].deploy_by_hand(by_hand)
    for sluice in sluices.values():
        sluice.begun = sluice.begin("1.0.0")
    for name in ("gate", "alarm"):
        sluices[name].until("a share of the callers", lambda name=name: has_begun_to_shift(sluices[name]), 120)
    sluices["gate"].set_alarm("ALARM")
    sluices["alarm"].ring(GROUPS_ALARM)
    return sluices


def has_begun_to_shift(sluice):
    return sluice.made() and 0 < sluice.made()[0].percent


def ended(sluice):
    record = sluice.ended(sluice.begun)
    return ending(record), record["ending"].get("cause_name"), record


def test_a_gate_that_fails_stops_it_and_the_former_tasks_have_the_traffic(sluices, by_hand):
    sluice = sluices["gate"]
    how, why, record = ended(sluice)
    sluice.set_alarm("OK")
    assert (how, why) == ("RolledBack", "GateFailed"), record["ending"]
    stopped, back = [found.described for found in sluice.made()]
    assert (stopped["status"], back["status"], back["creator"]) == ("Stopped", "Succeeded", "codeDeployRollback")
    info = by_hand.get_deployment(deploymentId=stopped["deploymentId"])["deploymentInfo"]
    assert info["rollbackInfo"]["rollbackDeploymentId"] == back["deploymentId"]
    assert stopped["deploymentId"] in record["ending"]["cause"], record["ending"]["cause"]
    sluice.until("the former task set alone", lambda: sluice.sets() == [("PRIMARY", 1)])
    assert sluice.tasks() == sluice.before, "the same tasks, and no other"


def test_an_alarm_of_the_group_takes_it_back_and_nobody_else_does(sluices, by_hand):
    sluice = sluices["alarm"]
    how, why, record = ended(sluice)
    assert (how, why) == ("RolledBack", "ChangeFailed"), record["ending"]
    rung, back = sluice.made()
    assert (rung.described["status"], back.described["status"], rung.goes_back) == ("Stopped", "Succeeded", False)
    info = by_hand.get_deployment(deploymentId=rung.id)["deploymentInfo"]
    assert info["rollbackInfo"]["rollbackDeploymentId"] == back.id
    for words in (f"{rung.id} of sluice-agent-alarm:2", "an alarm of its group rang", GROUPS_ALARM, f"Its rollback {back.id} has succeeded"):
        assert words in record["ending"]["cause"], record["ending"]["cause"]
    sluice.until("the former task set alone", lambda: sluice.sets() == [("PRIMARY", 1)])
    assert sluice.tasks() == sluice.before, "the same tasks, and no other"


def test_tasks_that_crash_end_the_release(sluices):
    sluice = sluices["crash"]
    how, why, record = ended(sluice)
    assert (how, why) == ("RolledBack", "ChangeFailed"), record["ending"]
    sluice.until("the former task set alone", lambda: sluice.sets() == [("PRIMARY", 1)])
    assert sluice.tasks() == sluice.before


def test_somebody_elses_deployment_is_waited_for_by_nobody(sluices):
    sluice = sluices["busy"]
    how, _, record = ended(sluice)
    assert (how, len(sluice.made())) == ("Rejected", 1), record["ending"]
    (found,) = sluice.ledger.item(f"deployment#{record['id']}", "plan")["findings"]
    assert found["name"] == "TargetBusy" and sluice.made()[0].id in found["reason"], found
    assert sluice.tasks() == sluice.before


def test_an_answer_that_was_lost_begins_no_second_one(sluices):
    sluice = sluices["lost"]
    how, _, record = ended(sluice)
    assert how == "Succeeded", record["ending"]
    (made,) = sluice.made()
    begun = [change for change in sluice.ledger.steps(record["id"])["agent"]["changes"] if "begin" in str(change["change"])]
    assert [change["answered"] for change in begun] == [False], "the answer was lost, and it was not asked for once more"
    # No former revision says what the document has: the task set does.
    assert made.properties()["PlatformVersion"] == "1.4.0"


def test_ready_is_continued_where_that_is_declared(sluices):
    sluice = sluices["continued"]
    how, _, record = ended(sluice)
    assert how == "Succeeded", record["ending"]
    (made,) = sluice.made()
    assert made.continued["READY_WAIT"].is_set() and sluice.sets() == [("ACTIVE", 1), ("PRIMARY", 1)]


def test_ready_is_shown_where_it_is_not_declared(sluices, by_hand):
    sluice = sluices["ready"]
    sluice.until("the group waits", lambda: sluice.made() and sluice.made()[0].described["status"] == "Ready", 60)
    wait = sluice.until("it is shown", lambda: what_it_waits_for(sluice))
    assert sluice.made()[0].id in wait, wait
    by_hand.continue_deployment(deploymentId=sluice.made()[0].id, deploymentWaitType="READY_WAIT")
    how, _, record = ended(sluice)
    assert how == "Succeeded", record["ending"]


def what_it_waits_for(sluice):
    """Returns what the deployment under way waits for, as the record says it."""
    steps = str(sluice.ledger.steps(sluice.begun))
    return steps if "READY" in steps.upper() else None


@pytest.fixture(scope="module")
def released(sluices):
    """The first release of the steps, and what ran then."""
    sluice = sluices["steps"]
    how, _, record = ended(sluice)
    assert how == "Succeeded", record["ending"]
    return record, sluice.tasks()


def test_a_release_ends_when_the_traffic_has_moved(sluices, released):
    sluice, (record, tasks) = sluices["steps"], released
    (made,) = sluice.made()
    assert (made.described["status"], made.waits) == ("InProgress", "TERMINATION_WAIT"), "the wait does not hold the release"
    assert (sluice.sets(), made.shares) == ([("ACTIVE", 1), ("PRIMARY", 1)], [0.1, 1])
    assert sluice.before.items() < tasks.items() and made.described["description"].startswith(f"Windlass deployment {record['id']}")
    shown = seen(sluice)
    assert f"deployment {made.id} of CodeDeploy keeps the tasks of sluice-agent-steps:1 until" in shown, shown
    # What the last revision had is in this one, but for the task definition (rule 9).
    assert made.document == sluice.document(made.properties()["TaskDefinition"]) and made.document["Hooks"] == HOOKS


def test_the_next_release_ends_the_wait_and_a_rollback_within_its_own_starts_no_task(sluices, released):
    sluice, (_, tasks) = sluices["steps"], released
    # In one step, which takes a minute less.
    sluice.group.routing = ALL_AT_ONCE
    sluice.push("1.1.0")
    sluice.begun = sluice.begin("1.1.0")
    how, _, record = ended(sluice)
    assert how == "Succeeded", record["ending"]
    first, second = sluice.made()
    assert (first.described["status"], second.waits) == ("Succeeded", "TERMINATION_WAIT")
    former = {arn: digest for arn, digest in tasks.items() if arn not in sluice.before}
    assert not sluice.before.keys() & sluice.tasks().keys() and former.items() < sluice.tasks().items()
    sluice.roll_back()
    sluice.until("the former task set alone", lambda: sluice.sets() == [("PRIMARY", 1)])
    assert sluice.tasks() == former, "the tasks of the release before, and no other"
    assert [found.described["status"] for found in sluice.made()] == ["Succeeded", "Stopped", "Succeeded"]


def test_former_tasks_that_stay_for_good_are_shown_and_hold_nothing(sluices):
    sluice = sluices["kept"]
    how, _, record = ended(sluice)
    assert how == "Succeeded", record["ending"]
    (made,) = sluice.made()
    sluice.until("its end", lambda: made.described["status"] == "Succeeded")
    assert sluice.sets() == [("ACTIVE", 1), ("PRIMARY", 1)] and sluice.before.items() < sluice.tasks().items()
    assert "1 task of sluice-agent-kept:1 is left without a caller" in seen(sluice)
    first = sluice.task_definition()
    sluice.push("1.1.0")
    sluice.begun = sluice.begin("1.1.0")
    how, _, record = ended(sluice)
    assert how == "Succeeded" and sluice.task_definition() != first, record["ending"]
    assert sluice.sets() == [("ACTIVE", 1), ("ACTIVE", 1), ("PRIMARY", 1)], "what stays is left to whoever keeps it"
    sluice.roll_back()
    assert sluice.task_definition() == first
    assert [found.described["status"] for found in sluice.made()] == ["Succeeded"] * 3


def seen(sluice):
    """Returns what the targets show now, as the API shows it."""
    with asked_through(sluice.aws, "windlass-api", sluice.standin.address, "CODEDEPLOY", "ECS"):
        observed = sluice.aws.call_api("GET", f"/apps/{sluice.app}/environments/{sluice.environment}?observe=true").body["observed"]
    return observed["agent"]["seen"]


@pytest.fixture(scope="module")
def way(aws, standin, ecs, sluices):
    """A service that goes from one way of being deployed to the other, and back."""
    way = Sluice(aws, standin, ecs, "way", "sluice-way", termination_min=0)
    aws.client("ecr").create_repository(repositoryName="sluice-way/agent")
    way.make_targets()
    way.declare(["way"])
    return way


def release(way, version):
    way.push(version)
    way.begun = way.begin(version)
    how, _, record = ended(way)
    assert how == "Succeeded", record["ending"]
    return way.until("one image", lambda: way.running_image())


def is_refused(way, version):
    """A release whose declaration names another controller than the service has."""
    way.push(version)
    way.begun = way.begin(version)
    how, _, record = ended(way)
    return how == "Rejected" and "deployment controller" in record["ending"]["cause"]


def roll_back(way):
    way.roll_back()
    assert way.operate(action="release_hold", **way.where, reason="it is good")["status"] == "SUCCEEDED"
    return way.until("one image", lambda: way.running_image())


@pytest.mark.heavy
def test_from_codedeploy_to_ecss_own_controller_and_back(way):
    """Each snapshot is gone back to by whichever controller the service has then."""
    first = release(way, "1.0.0")
    for number, strategy in enumerate(["BLUE_GREEN", "ROLLING"], 1):
        way.until("the end of the wait", lambda: len(way.sets()) == 1)
        way.leave_codedeploy(strategy=strategy, bakeTimeInMinutes=2)
        way.until("it runs", lambda: way.running_image() == first)
        assert is_refused(way, f"1.{number}.2")
        way.declare(["way"], f"{number}.1.0", rollout=strategy.lower())
        other = release(way, f"1.{number}.0")
        assert other != first and roll_back(way) == first, "a snapshot of CodeDeploy's, by ECS itself"
        way.put_under_codedeploy()
        assert is_refused(way, f"1.{number}.3")
        way.declare(["way"], f"{number}.2.0")
        third = release(way, f"1.{number}.1")
        assert third not in (first, other) and roll_back(way) == first, "one of ECS's, by CodeDeploy"
