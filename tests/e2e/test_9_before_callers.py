"""The probe that asks the test listener before any caller gets a release, and a function that goes in the steps of a service, on the stand-in
for services whose traffic ECS shifts."""

import json

import pytest
from aws import Aws
from ecs_standin import EcsStandin
from ecs_shifted_services import Ferry
from ledger import ending
from proxy import machine_asks_through
from shop import made_zip

ASKING = ["windlass-planner", "windlass-deploy-ecs"]
# How long a minute of a service's configuration takes, in seconds.
MINUTE_S = 10
HEADER = "x-shop-test"
FUNCTIONS_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
LISTENER = """
import os

def handler(event, context):
    is_asked = event["headers"].get("%s") == "new"
    return {"statusCode": 200 if is_asked and os.environ["ANSWER"] == "good" else 503, "body": ""}
""" % HEADER


class Listener:
    """A test listener: it answers well whoever sends the header, as long as the new tasks are good."""

    def __init__(self, app):
        self.name, self.lambda_ = f"{app.app}-listener", app.client("lambda_")
        role = app.client("iam").create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(FUNCTIONS_ASSUME))["Role"]["Arn"]
        code = {"ZipFile": made_zip({"index.py": LISTENER})}
        function = self.lambda_.create_function(
            FunctionName=self.name, Runtime="python3.11", Handler="index.handler", Role=role, Code=code, Environment=self.answering("good")
        )
        apis = app.client("apigatewayv2")
        api = apis.create_api(Name=self.name, ProtocolType="HTTP")["ApiId"]
        integration = apis.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function["FunctionArn"], PayloadFormatVersion="2.0"
        )["IntegrationId"]
        apis.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")
        apis.create_stage(ApiId=api, StageName="test", AutoDeploy=True)
        self.url = f"{app.aws.endpoint}/_aws/execute-api/{api}/test/health"

    def answering(self, answer):
        return {"Variables": {"ANSWER": answer}}

    def answers(self, answer):
        self.lambda_.update_function_configuration(FunctionName=self.name, Environment=self.answering(answer))


@pytest.fixture(scope="module")
def standin(aws):
    standin = EcsStandin(aws.client("ecs"), MINUTE_S)
    with machine_asks_through(aws, ASKING, standin.start(), "ECS"):
        yield standin


@pytest.fixture(scope="module")
def ecs(aws, standin):
    return Aws({"endpoint": standin.address, "region": aws.region}).client("ecs")


@pytest.fixture(scope="module")
def tested(aws, ecs):
    ferry = Ferry(aws, "tested", ecs)
    ferry.make_targets()
    ferry.listener = Listener(ferry)
    probe = {"url": ferry.listener.url, "headers": {HEADER: "new"}, "before_traffic": True, "status": 200, "within": "3s"}
    ferry.declare(agent_has={"gates": {"probes": [probe]}})
    return ferry


def probed(ferry, record):
    """The verdicts of the probe, by wave."""
    judged = ferry.ledger.judgements(record["id"])
    return {judgement["wave"]: found["verdict"] for judgement in judged for found in judgement["measurements"] if found["source"] == "probe"}


def test_the_test_listener_is_asked_at_its_pause_and_at_no_other_time(tested):
    record = tested.ended(tested.begin("1.0.0"))
    assert ending(record) == "Succeeded", record["ending"]
    answer = tested.aws.call_api("GET", f"/apps/{tested.app}/deployments/{record['id']}").body
    (paused,) = [number for number, wave in enumerate(answer["plan"]["waves"]) if "POST_TEST_TRAFFIC_SHIFT" in json.dumps(wave)]
    assert probed(tested, record) == {paused: "pass"}


def test_what_it_refuses_goes_back_before_any_caller_got_it(tested):
    before = tested.tasks()
    tested.listener.answers("bad")
    record = tested.ended(tested.begin("1.1.0"))
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "GateFailed"), record["ending"]
    assert set(probed(tested, record).values()) == {"fail"}
    status, _, share = tested.newest()
    assert (status, share) == ("ROLLBACK_SUCCESSFUL", 0.0)
    assert tested.tasks() == before


def test_a_function_goes_in_the_steps_of_a_service(aws, ecs, standin):
    ferry = Ferry(aws, "together", ecs)
    ferry.make_targets()
    ferry.declare(jobs_has={"rollout": {"canary": [10], "every": "12s"}}, waves="together")
    id_ = ferry.begin("1.0.0")
    alias = {"FunctionName": f"{ferry.app}-jobs-{ferry.environment}", "Name": "live"}

    def shares():
        routing = ferry.client("lambda_").get_alias(**alias).get("RoutingConfig") or {}
        return ferry.newest()[2], sum((routing.get("AdditionalVersionWeights") or {}).values())

    ferry.until("a deployment of the service", lambda: ecs.list_service_deployments(**ferry.service)["serviceDeployments"])
    ferry.until("both at a tenth", lambda: shares() == (10.0, 0.1), 90)
    record = ferry.ended(id_)
    assert ending(record) == "Succeeded", record["ending"]
    assert ferry.newest()[0] == "SUCCESSFUL" and ferry.function("jobs", "live") == "1.0.0"


def test_what_was_asked_and_answered_fits_the_services_model(tested, standin):
    assert standin.breaches == []
