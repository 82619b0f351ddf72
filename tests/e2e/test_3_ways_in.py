"""Each way in, beside what the story shows: what is refused, what is dropped, and what operators and CI ask for.

Runs after the story, on the environment that it leaves behind.
"""

import json

import pytest
import yaml
from ledger import ending
from shop import SHOP

WHERE = {"app": "shop", "environment": "prod"}


@pytest.fixture(autouse=True)
def nothing_changes(story):
    """What all three serve is the same afterwards."""
    before = story.shop.seen()
    yield
    assert story.shop.seen() == before


def rejected(story, execution):
    """The name with which an execution was rejected."""
    assert (execution["status"], story.machine.states(execution["executionArn"])[-1]) == ("FAILED", "Rejected")
    return execution["error"]


def test_a_refused_declaration_leaves_the_former_in_force(story):
    document = yaml.safe_load((SHOP / "app.yaml").read_text())
    document["version"] = "1.1.0"
    document["colour"] = "blue"
    document["components"]["api"]["after"] = ["agnet"]
    story.shop.upload("apps/shop/app.yaml", yaml.safe_dump(document).encode())
    findings = story.findings_beside("apps/shop/app.yaml")
    assert any(finding["path"] == "colour" for finding in findings), findings
    assert any("agent" in finding["remedy"] for finding in findings), findings
    assert all(finding["reason"] and finding["remedy"] for finding in findings)
    assert "1.1.0" not in json.dumps(story.ledger.declaration(), default=str)


def test_a_late_arrival_does_not_replace_a_newer_release(story):
    """Safety: newer wins: A release that arrives late ends superseded, with real functions and events."""
    story.shop.release("1.0.1", source="1.0.0")
    ended = story.ended(story.deployment_of("1.0.1")["id"])
    assert ending(ended) == "NothingToDo"
    assert ended["ending"]["cause_name"] == "Superseded"


def test_a_version_text_does_not_mean_other_bytes(story):
    """Safety: bytes: A version text that is used again with other bytes is rejected."""
    story.shop.upload("artifacts/shop/prod/api/other.zip", b"PK\x05\x06" + bytes(18))
    manifest = {"version": "1.4.0", "git": {"ref": "refs/tags/v1.4.0"}, "components": {"api": story.shop.pinned("artifacts/shop/prod/api/other.zip")}}
    done = story.operate(action="deploy", **WHERE, manifest=manifest)
    assert rejected(story, done) == "VersionReused"
    assert "1.4.0" in done["cause"]


def test_a_missing_artifact_is_reported_beside_the_manifest(story):
    manifest = {"version": "9.9.9", "git": {"ref": "refs/tags/v9.9.9"}, "components": {"web": {"key": "artifacts/shop/prod/web/nothing.zip", "sha256": "0" * 64}}}
    story.shop.upload("releases/shop/prod/9.9.9.json", json.dumps(manifest).encode())
    assert "artifacts/shop/prod/web/nothing.zip" in json.dumps(story.findings_beside("releases/shop/prod/9.9.9.json"))


def test_an_image_of_no_application_is_dropped(story):
    before = story.executions()
    story.aws.ecr.create_repository(repositoryName="others/thing")
    digest = story.shop.push_image("1.0.0", repository="others/thing")
    story.shop.deliver_image_event("1.0.0", digest, repository="others/thing")
    story.until_queue_is_empty()
    assert story.executions() == before


def test_a_console_input_of_another_form_is_refused_with_every_finding(story):
    done = story.operate(action="rollbak", app="shop", environmnt="prod")
    assert rejected(story, done) == "BadValue"
    assert "rollback" in done["cause"] and "environment" in done["cause"]


def test_the_api_shows_history_record_and_environment(story):
    history = story.aws.call_api("GET", "/apps/shop/deployments?environment=prod")
    recorded = [found["id"] for found in reversed(story.ledger.deployments())]
    assert (history.status, [found["id"] for found in history.body["deployments"]]) == (200, recorded)
    record = story.aws.call_api("GET", f"/apps/shop/deployments/{recorded[0]}")
    assert (record.status, record.body["deployment"]["id"]) == (200, recorded[0])
    environment = story.aws.call_api("GET", "/apps/shop/environments/prod")
    assert environment.status == 200
    versions = {name: running["version"] for name, running in environment.body["running"].items()}
    assert versions == story.shop.seen()


def test_the_api_lists_what_a_rollback_can_go_back_to(story):
    pages = story.aws.call_api("GET", "/apps/shop/environments/prod/snapshots?limit=100")
    numbers = [snapshot["number"] for snapshot in pages.body["snapshots"]]
    assert (pages.status, numbers) == (200, list(range(len(numbers), 0, -1)))
    assert [snapshot["number"] for snapshot in pages.body["snapshots"] if snapshot["present"]] == [story.ledger.state()["snapshot"]]
    assert pages.body["snapshots"][-1]["version"] == "before-windlass"


def test_a_deployment_that_nobody_asked_for_is_not_found(story):
    assert story.aws.call_api("GET", "/apps/shop/deployments/0123456789abcdef").status == 404


def test_the_transitions_of_a_stopped_execution_and_its_recovery_are_counted(story):
    stopped = story.deployment_of("1.5.0")
    entered = sum(len(story.machine.states(execution)) for execution in stopped["executions"])
    assert stopped["ending"]["cost"]["transitions"] >= entered > 0, stopped


def drift(story):
    answer = story.aws.call_api("GET", "/apps/shop/environments/prod?observe=true")
    assert answer.status == 200, answer
    return {name: found["drift"] for name, found in answer.body["observed"].items()}


def test_what_somebody_else_changes_is_shown_by_each_kind(story):
    """Each is put back, and the API shows that, too."""
    none = {"agent": "none", "api": "none", "web": "none"}
    before = story.shop.seen()
    assert drift(story) == none
    alias = {"FunctionName": "shop-api-prod", "Name": "live"}
    version = story.aws.lambda_.get_alias(**alias)["FunctionVersion"]
    story.aws.lambda_.update_alias(**alias, FunctionVersion="1")
    assert drift(story) == {**none, "api": "changed"}
    story.aws.lambda_.update_alias(**alias, FunctionVersion=version)
    distribution = story.shop.targets["DistributionId"]
    path = set_origin_path(story, distribution, "/elsewhere")
    assert drift(story) == {**none, "web": "changed"}
    set_origin_path(story, distribution, path)
    (service,) = story.aws.ecs.describe_services(cluster="shop-prod", services=["agent"])["services"]
    definition = service["taskDefinition"]
    story.aws.ecs.update_service(cluster="shop-prod", service="agent", taskDefinition=f"{definition.rpartition(':')[0]}:1")
    assert drift(story) == {**none, "agent": "changed"}
    story.aws.ecs.update_service(cluster="shop-prod", service="agent", taskDefinition=definition)
    # Seen alone it would be the same for a moment also before ECS has begun to bring it back.
    story.until("the service as it was", lambda: is_steady(story) and story.shop.seen() == before)
    assert drift(story) == none


def is_steady(story):
    """Returns whether ECS has nothing left to do for the service."""
    (service,) = story.aws.ecs.describe_services(cluster="shop-prod", services=["agent"])["services"]
    rollouts = [deployment["rolloutState"] for deployment in service["deployments"]]
    return rollouts == ["COMPLETED"]


def set_origin_path(story, distribution, path):
    """Changes where a distribution takes its files from; answers where it took them."""
    found = story.aws.cloudfront.get_distribution_config(Id=distribution)
    (origin,) = found["DistributionConfig"]["Origins"]["Items"]
    # The local cloud leaves it out where it is empty, and the SDK asks for it.
    found["DistributionConfig"].setdefault("Comment", "")
    former, origin["OriginPath"] = origin["OriginPath"], path
    story.aws.cloudfront.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=found["DistributionConfig"])
    return former


def test_the_api_sets_and_releases_a_hold(story):
    path = "/apps/shop/environments/prod/hold"
    assert story.aws.call_api("PUT", path, {"reason": "a quiet weekend"}).status == 202
    story.until("the hold", lambda: story.ledger.state().get("hold"))
    assert story.aws.call_api("DELETE", f"{path}?reason=over").status == 202
    story.until("no hold", lambda: not story.ledger.state().get("hold"))


def test_the_api_answers_what_is_wrong_as_problem_details(story):
    answer = story.aws.call_api("GET", "/apps/nothing/environments/prod")
    assert (answer.status, answer.content_type.partition(";")[0]) == (404, "application/problem+json")
