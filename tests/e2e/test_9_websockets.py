"""A gate that talks to a WebSocket: an API that the function answers says what is expected, or the release is taken back."""

import pytest
from application import HOME_ACCOUNT, Application
from ledger import ending
from shop import made_zip

CODE = """
def handler(event, context):
    return {{"statusCode": 200, "body": "{answer}", "version": "{version}"}}
"""


class Radio(Application):
    """The application `radio`, whose function answers at a WebSocket."""

    def __init__(self, aws):
        super().__init__(aws, "radio", "prod")
        # Not its alias: the local cloud goes on with the version that an alias had at the first message.
        self.arn = f"arn:aws:lambda:{aws.region}:{HOME_ACCOUNT}:function:radio-jobs-prod"

    def make_targets(self):
        """Behind the function, a WebSocket API whose one route is answered with what the function gives back."""
        super().make_targets()
        apis = self.client("apigatewayv2")
        api = apis.create_api(Name="radio", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")["ApiId"]
        uri = f"arn:aws:apigateway:{self.aws.region}:lambda:path/2015-03-31/functions/{self.arn}/invocations"
        integration = apis.create_integration(ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=uri)["IntegrationId"]
        apis.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}", RouteResponseSelectionExpression="$default")
        apis.create_stage(ApiId=api, StageName="prod", AutoDeploy=True)
        self.url = f"{self.aws.endpoint.replace('http', 'ws', 1)}/_aws/execute-api/{api}/prod"

    def declare(self):
        websocket = {"url": self.url, "send": '{"action": "ping"}', "expect": "pong", "within": "3s"}
        declaration = self.declaration({"prod": {"deploy": {"branch": "main"}}}, {"bake": "1s", "websockets": [websocket]})
        del declaration["components"]["jobs"]["gates"]
        super().declare(declaration)

    def release(self, version, answer):
        files = {"index.py": CODE.format(version=version, answer=answer)}
        self.shop.upload(self.key("jobs", version), made_zip(files))
        components = {"jobs": self.artifact("jobs", version)}
        manifest = {"version": version, "git": {"ref": "refs/heads/main"}, "components": components}
        answered = self.aws.call_api("POST", "/apps/radio/environments/prod/releases", manifest)
        assert answered.status == 202, answered
        record = self.ended(self.deployment_of(version)["id"])
        measured = [found for judgement in self.ledger.judgements(record["id"]) for found in judgement["measurements"] if found["source"] == "websocket"]
        return record, measured


@pytest.fixture(scope="module")
def radio(aws):
    radio = Radio(aws)
    radio.make_targets()
    radio.declare()
    return radio


def test_what_is_expected_lets_a_release_live(radio):
    record, measured = radio.release("1.0.0", "pong of 1.0.0")
    assert ending(record) == "Succeeded", record["ending"]
    assert {found["verdict"] for found in measured} == {"pass"} and radio.function("jobs", "live") == "1.0.0", measured


def test_another_answer_takes_a_release_back(radio):
    record, measured = radio.release("1.1.0", "sorry")
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "GateFailed"), record["ending"]
    (failed,) = [found for found in measured if found["verdict"] == "fail"]
    assert "1 other message" in failed["measured"] and failed["threshold"] == "a message with `pong` within 3s", failed
    assert f"gate `{radio.url}" in record["ending"]["cause"], record["ending"]["cause"]
    assert radio.function("jobs", "live") == "1.0.0"
