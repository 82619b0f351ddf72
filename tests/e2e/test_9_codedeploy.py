"""A function whose alias CodeDeploy moves: to its end; stopped with its rollback where a gate fails; failed by a hook of its own; and
refused where somebody else's deployment is under way. What was asked of CodeDeploy, and answered, fits its service model."""

import hashlib
import json

import boto3
import pytest
from codedeploy_function import APP, ENVIRONMENTS, GROUPS_ALARM, HOOKS, Canal
from codedeploy import CodeDeploy
from ledger import ending
from proxy import machine_asks_through
from service_model import ServiceModel

FUNCTIONS = ("windlass-planner", "windlass-deploy-lambda")


@pytest.fixture(scope="module")
def codedeploy(aws):
    standin = CodeDeploy(aws)
    standin.address = standin.start()
    with machine_asks_through(aws, FUNCTIONS, standin.address, "CODEDEPLOY"):
        yield standin
    standin.end()
    assert standin.problems == []


@pytest.fixture(scope="module")
def by_hand(aws, codedeploy):
    """CodeDeploy as a person with AWS's own SDK has it, which reads every answer by the same model."""
    return boto3.client("codedeploy", endpoint_url=codedeploy.address, region_name=aws.region, aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture(scope="module")
def canals(aws, codedeploy, by_hand):
    """All environments at the same time: a minute of watching is a minute."""
    canals = {environment: Canal(aws, codedeploy, environment) for environment in ENVIRONMENTS}
    for canal in canals.values():
        canal.make_targets()
        canal.former = canal.alias()
    canals["steps"].declare()
    canals["lost"].group.lost.append("CreateDeployment")
    canals["alarm"].group.alarms = (GROUPS_ALARM,)
    canals["alarm"].make_alarm(GROUPS_ALARM)
    canals["lost"].group.listed_after_s = 3
    canals["hook"].group.fails_at = "AfterAllowTraffic"
    for canal in canals.values():
        codedeploy.deployed_last(canal.group, canal.document("0", canal.former[0]))
    begin_by_hand(by_hand, canals["busy"])
    for environment, canal in canals.items():
        canal.release(f"1.0.0-{environment}")
    return canals


def begin_by_hand(by_hand, canal):
    """A person's deployment, whose hook takes as long as the test."""
    canal.group.hook_s = 300
    version = canal.client("lambda_").publish_version(FunctionName=canal.function_name)["Version"]
    text = json.dumps(canal.document(canal.former[0], version))
    content = {"content": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    revision = {"revisionType": "AppSpecContent", "appSpecContent": content}
    by_hand.create_deployment(applicationName=APP, deploymentGroupName=canal.group.name, revision=revision)


def test_a_gate_that_fails_stops_it_and_the_alias_is_back(canals, by_hand):
    canal = canals["gate"]
    canal.until("a share of the callers", lambda: canal.alias()[1])
    canal.set_alarm("ALARM")
    record = canal.record()
    canal.set_alarm("OK")
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "GateFailed"), record["ending"]
    assert canal.alias() == canal.former
    stopped, back = canal.deployed()
    assert (stopped["status"], back["status"], back["creator"]) == ("Stopped", "Succeeded", "codeDeployRollback")
    info = by_hand.get_deployment(deploymentId=stopped["deploymentId"])["deploymentInfo"]
    assert info["rollbackInfo"]["rollbackDeploymentId"] == back["deploymentId"]
    assert stopped["deploymentId"] in record["ending"]["cause"], record["ending"]["cause"]


def test_an_alarm_of_the_group_takes_it_back_and_nobody_else_does(canals):
    canal = canals["alarm"]
    canal.until("a share of the callers", lambda: canal.alias()[1])
    canal.ring(GROUPS_ALARM)
    record = canal.record()
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "ChangeFailed"), record["ending"]
    rung, back = canal.codedeploy.of(canal.group)
    assert (rung.described["status"], back.described["status"], rung.goes_back) == ("Stopped", "Succeeded", False)
    for words in (rung.id, "an alarm of its group rang", GROUPS_ALARM, f"{back.id} has succeeded"):
        assert words in record["ending"]["cause"], record["ending"]["cause"]
    assert canal.alias() == canal.former


def test_a_hook_that_fails_takes_it_back(canals):
    canal = canals["hook"]
    record = canal.record()
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "ChangeFailed"), record["ending"]
    failed, back = canal.deployed()
    assert (failed["status"], back["status"]) == ("Failed", "Succeeded")
    assert "The hook of AfterAllowTraffic said no" in record["ending"]["cause"], record["ending"]["cause"]
    assert canal.alias() == canal.former


def test_somebody_elses_deployment_is_waited_for_by_nobody(canals):
    canal = canals["busy"]
    record = canal.record()
    assert (ending(record), len(canal.deployed())) == ("Rejected", 1), record["ending"]
    plan = canal.ledger.item(f"deployment#{record['id']}", "plan")
    (found,) = plan["findings"]
    assert found["name"] == "TargetBusy" and canal.deployed()[0]["deploymentId"] in found["reason"], found
    assert canal.alias() == canal.former


def test_an_answer_that_was_lost_begins_no_second_one(canals):
    canal = canals["lost"]
    record = canal.record()
    assert (ending(record), canal.function("jobs", "live")) == ("Succeeded", "1.0.0-lost"), record["ending"]
    assert [found["status"] for found in canal.deployed()] == ["Succeeded"]
    begun = [change for change in canal.ledger.steps(record["id"])["jobs"]["changes"] if "begin" in change["change"]]
    assert [change["answered"] for change in begun] == [False], "the answer was lost, and it was not asked for once more"


def test_it_moves_in_steps_to_its_end(canals):
    canal = canals["steps"]
    record = canal.record()
    assert ending(record) == "Succeeded", record["ending"]
    version, weights = canal.alias()
    assert (canal.function("jobs", "live"), weights) == ("1.0.0-steps", {}) and version != canal.former[0]
    (made,) = canal.codedeploy.of(canal.group)
    assert (made.described["status"], made.described["description"]) == ("Succeeded", f"Windlass deployment {record['id']}")
    assert made.shares == [0.1, 1], "the shares of the callers that the alias sent to the new version"
    # What the last revision had is in this one, but for the two versions (rule 9).
    assert made.document == canal.document(canal.former[0], version) and made.document["Hooks"] == HOOKS


@pytest.mark.parametrize(
    "operation, document, problem",
    [
        ("StopDeployment", {"deploymentId": "d-1", "autoRollbackEnabled": True}, None),
        ("StopDeployment", {"autoRollbackEnabled": True}, "Missing required parameter"),
        ("StopDeployment", {"deploymentId": "d-1", "rollback": True}, "Unknown parameter"),
        ("StopDeployment", {"deploymentId": 1}, "Invalid type"),
        ("CreateDeployment", {"applicationName": "a" * 101}, "longer than 100"),
        ("ListDeployments", {"includeOnlyStatuses": ["InProgress"]}, None),
        ("ListDeployments", {"includeOnlyStatuses": ["Started"]}, "none of Created"),
    ],
)
def test_a_request_is_held_against_the_model(operation, document, problem):
    found = ServiceModel("codedeploy").of_request(operation, document)
    assert (problem or "") in " ".join(found) and bool(found) == bool(problem), found


def test_an_answer_is_held_against_the_model():
    model = ServiceModel("codedeploy")
    assert model.of_answer("CreateDeployment", {"deploymentId": "d-1"}) == []
    assert model.of_answer("CreateDeployment", {"id": "d-1"}) != []
    assert model.of_answer("GetDeployment", {"deploymentInfo": {"status": "Started"}}) != []
    assert model.of_answer("ContinueDeployment", {"deploymentId": "d-1"}) != []
    assert model.of_error("StopDeployment", "DeploymentAlreadyCompletedException") == []
    assert model.of_error("StopDeployment", "DeploymentLimitExceededException") != []
