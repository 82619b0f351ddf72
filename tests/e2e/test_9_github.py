"""GitHub shows how a deployment goes, by the rules, the destination and the connection of `examples/github-statuses.yaml`."""

import json

import pytest
from application import INVOCATIONS, MISTAKE, Application
from cloud import REPOSITORY
from github_standin import github
from ledger import ending
from template import resources

TOKEN = "github_pat_of-a-test"
ENVIRONMENT = "open"
CONTEXT = f"windlass puffin/{ENVIRONMENT}"


class Puffin(Application):
    """A function alone, whose commits are known."""

    def __init__(self, aws):
        super().__init__(aws, "puffin", ENVIRONMENT)

    def declare(self):
        jobs = {"kind": "lambda", "function": "puffin-jobs-{environment}", "alias": "live", "gates": {"invocations": INVOCATIONS}}
        environments = {ENVIRONMENT: {"deploy": {"branch": "main"}}}
        super().declare({"app": "puffin", "version": "1.0.0", "environments": environments, "components": {"jobs": jobs}, "gates": {"bake": "5s"}})

    def release(self, version, commit, **mistakes):
        self.upload_function("jobs", version, **mistakes)
        components = {"jobs": {"key": f"artifacts/puffin/jobs/{version}.zip"}}
        git = {"ref": "refs/heads/main"} | ({"commit": commit} if commit else {})
        answer = self.aws.call_api("POST", f"/apps/puffin/environments/{ENVIRONMENT}/releases", {"version": version, "git": git, "components": components})
        assert answer.status == 202, answer
        return self.ended(answer.body["id"])


def filled(value, names):
    """A part of the template, with what its short forms name in their places."""
    if isinstance(value, dict):
        return {name: filled(member, names) for name, member in value.items()}
    if isinstance(value, list):
        return [filled(member, names) for member in value]
    if not isinstance(value, str):
        return value
    for name, told in names.items():
        value = told if value == name else value.replace("${" + name + "}", told)
    return value


def deploy(aws, github):
    """What CloudFormation makes of the template: the local cloud's knows no connections and destinations."""
    parts = {name: resource["Properties"] for name, resource in resources(REPOSITORY / "examples/github-statuses.yaml").items()}
    names = {"App": "puffin", "Repository": "acme/puffin", "Api": github.url, "EventBusName": aws.outputs["EventBusName"]}
    secret = "{{resolve:secretsmanager:${TokenSecret}:SecretString:token}}"
    connection = filled(parts["Connection"], names)
    key = connection["AuthParameters"]["ApiKeyAuthParameters"]
    assert secret in key["ApiKeyValue"]
    key["ApiKeyValue"] = key["ApiKeyValue"].replace(secret, TOKEN)
    names["Connection.Arn"] = aws.events.create_connection(Name="puffin", **connection)["ConnectionArn"]
    names["Statuses.Arn"] = aws.events.create_api_destination(Name="puffin", **filled(parts["Statuses"], names))["ApiDestinationArn"]
    names["Role.Arn"] = "arn:aws:iam::000000000000:role/github"
    rules = {name: part for name, part in parts.items() if "EventPattern" in part}
    for name, rule in rules.items():
        rule = filled(rule, names)
        targets = [{member: told for member, told in target.items() if member != "DeadLetterConfig"} for target in rule["Targets"]]
        aws.events.put_rule(Name=f"puffin-{name}", EventBusName=rule["EventBusName"], EventPattern=json.dumps(rule["EventPattern"]))
        failed = aws.events.put_targets(Rule=f"puffin-{name}", EventBusName=rule["EventBusName"], Targets=targets)
        assert failed["FailedEntryCount"] == 0, failed


@pytest.fixture(scope="module")
def hub(aws):
    with github(TOKEN) as server:
        deploy(aws, server)
        yield server


@pytest.fixture(scope="module")
def puffin(aws, hub):
    puffin = Puffin(aws)
    puffin.make_targets()
    puffin.declare()
    return puffin


def statuses(puffin, hub, commit, last):
    """What GitHub was told of a commit, as soon as the last word is there."""

    def told():
        of_it = [status for status in hub.statuses if status["commit"] == commit]
        return of_it if of_it and any(status["state"] == last for status in of_it) else None

    return puffin.until(f"the status `{last}`", told)


def test_a_commit_is_pending_and_then_live(puffin, hub):
    record = puffin.release("1.0.0", "1" * 40)
    assert ending(record) == "Succeeded", record["ending"]
    told = statuses(puffin, hub, "1" * 40, "success")
    assert [status["state"] for status in told] == ["pending", "success"]
    assert {status["context"] for status in told} == {CONTEXT}
    assert told[0]["description"].startswith("1.0.0 has begun")
    assert told[1]["description"].startswith("1.0.0 Succeeded")
    assert told[1]["target_url"].endswith(record["executions"][-1])


def test_a_commit_that_came_back_says_why(puffin, hub):
    record = puffin.release("1.1.0", "2" * 40, sum_=MISTAKE)
    assert ending(record) == "RolledBack", record["ending"]
    told = statuses(puffin, hub, "2" * 40, "failure")
    assert [status["state"] for status in told] == ["pending", "pending", "failure"]
    assert told[1]["description"].startswith("1.1.0 is being undone")
    assert told[2]["description"].startswith(f"1.1.0 RolledBack ({record['ending']['cause_name']})"), told[2]


def test_a_release_without_a_commit_is_told_to_nobody(puffin, hub):
    before = len(hub.statuses)
    assert ending(puffin.release("1.2.0", None)) == "Succeeded"
    assert len(hub.statuses) == before
    assert hub.refused == []
