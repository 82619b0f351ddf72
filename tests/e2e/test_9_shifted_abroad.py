"""A service that ECS shifts, and one that CodeDeploy deploys, in another account: by the role of examples/target-role.yaml and by nothing
more. A right that is taken away is reported with its name, and what was begun is undone once it is given back."""

import contextlib
import json

import pytest
from application import OTHER_ACCOUNT, target_role
from aws import Aws
from codedeploy import CodeDeploy
from deployed import CANARY
from ecs_standin import EcsStandin
from ecs_shifted_services import Ferry
from assumed_role_guard import Gatehouse
from ledger import ending
from proxy import machine_asks_through
from codedeploy_service import LONG_MIN, Sluice

# The same deployments as at home, by another role.
pytestmark = pytest.mark.heavy

ASKING = ("windlass-planner", "windlass-deploy-ecs")
# How long a minute of a service's configuration takes, in seconds.
MINUTE_S = 15
PAUSES = {"ecs:StopServiceDeployment", "ecs:ContinueServiceDeployment"}
DEPLOYING = {"codedeploy:GetDeploymentGroup"}


@pytest.fixture(scope="module")
def standin(aws):
    services = EcsStandin(aws.client("ecs", OTHER_ACCOUNT), MINUTE_S)
    services.start()
    standin = CodeDeploy(aws, services)
    services.guard = standin.guard = Gatehouse(aws, OTHER_ACCOUNT)
    standin.address = standin.start()
    with machine_asks_through(aws, ASKING, standin.address, "CODEDEPLOY", "ECS", "STS"):
        yield standin
    standin.end()
    assert (standin.problems, services.breaches) == ([], [])


@pytest.fixture(scope="module")
def abroad(aws, standin):
    """One of each, with the first release of each begun."""
    ecs = Aws({"endpoint": standin.address, "region": aws.region}).client("ecs", OTHER_ACCOUNT)
    ferry = Ferry(aws, "abroad", ecs, OTHER_ACCOUNT)
    sluice = Sluice(aws, standin, ecs, "abroad", "sluice-abroad", OTHER_ACCOUNT, routing=CANARY, termination_min=LONG_MIN)
    aws.ecr.create_repository(repositoryName=sluice.images)
    for application in (ferry, sluice):
        application.make_targets()
        application.before = application.tasks()
    ferry.declare()
    sluice.declare(["abroad"])
    sluice.push("1.0.0")
    ferry.begun, sluice.begun = ferry.begin("1.0.0"), sluice.begin("1.0.0")
    return ferry, sluice


@contextlib.contextmanager
def without(application, actions):
    """While it lasts, the role of an application is denied these actions."""
    iam = application.client("iam")
    place = {"RoleName": target_role(application.app, application.environment).rpartition("/")[2], "PolicyName": "denied"}
    statement = {"Effect": "Deny", "Action": sorted(actions), "Resource": "*"}
    iam.put_role_policy(**place, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    yield
    iam.delete_role_policy(**place)


def ended(application):
    record = application.ended(application.begun)
    return ending(record), record


def test_a_declared_pause_goes_on_there(abroad, standin):
    ferry, _ = abroad
    how, record = ended(ferry)
    assert how == "Succeeded", record["ending"]
    assert (ferry.newest()[0], ferry.function("jobs", "live")) == ("SUCCESSFUL", "1.0.0")
    assert standin.services.services["ferry-abroad-sea", "agent"].asked == ["ContinueServiceDeployment"]


def test_codedeploy_deploys_there(abroad):
    _, sluice = abroad
    how, record = ended(sluice)
    assert how == "Succeeded", record["ending"]
    (made,) = sluice.made()
    assert (made.shares, sluice.sets()) == ([0.1, 1], [("ACTIVE", 1), ("PRIMARY", 1)])


@pytest.fixture(scope="module")
def second(abroad):
    """A second release of each at the same time: one lacks a right before anything changes, one in the middle."""
    ferry, sluice = abroad
    ended(ferry), ended(sluice)
    for application in abroad:
        application.before = application.tasks()
    sluice.push("1.1.0")
    with without(sluice, DEPLOYING), without(ferry, PAUSES):
        ferry.begun, sluice.begun = ferry.begin("1.1.0"), sluice.begin("1.1.0")
        ferry.until("the new tasks have the traffic", lambda: ferry.newest()[2] == 100.0 and ferry.newest()[0] == "IN_PROGRESS", 90)
        ferry.set_alarm("ALARM")
        return {application: ended(application) for application in abroad}


def test_a_right_that_is_missing_is_named_before_anything_changes(abroad, second):
    _, sluice = abroad
    how, record = second[sluice]
    assert how != "Succeeded", record["ending"]
    assert "codedeploy:GetDeploymentGroup" in record["ending"]["cause"], record["ending"]["cause"]
    assert (how, len(sluice.made()), sluice.tasks()) == ("Rejected", 1, sluice.before)


def test_what_was_begun_is_undone_once_the_right_is_there_again(abroad, second):
    ferry, _ = abroad
    how, record = second[ferry]
    assert how == "NeedsOperator" and "ecs:ContinueServiceDeployment" in record["ending"]["cause"], record["ending"]
    ferry.set_alarm("OK")
    ferry.operate(action="recover", **ferry.where, reason="the role has it again")
    assert ending(ferry.ledger.deployment(ferry.begun)) == "RolledBack"
    assert (ferry.newest()[0], ferry.tasks()) == ("ROLLBACK_SUCCESSFUL", ferry.before)
