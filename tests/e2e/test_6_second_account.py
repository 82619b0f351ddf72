"""Targets in another account, through a role of examples/target-role.yaml there."""

import pytest
from application import MISTAKE
from ledger import ending
from two_account_application import ABROAD, IMAGES, Pier

LIVE = {"page": "3.0.0", "jobs": "3.0.0"}


@pytest.fixture(scope="module")
def pier(aws):
    pier = Pier(aws, ABROAD)
    pier.make_targets()
    pier.declare("1.1.0", pier.targets()["DistributionId"])
    return pier


def test_an_arrival_is_recorded_and_goes_live_when_a_person_starts_it(pier):
    pier.release("3.0.0", ref="refs/tags/v3.0.0")
    recorded = pier.ended(pier.deployment_of("3.0.0")["id"])
    assert (ending(recorded), recorded["ending"]["cause_name"]) == ("NothingToDo", "Recorded")
    assert pier.seen() == {"page": "nothing", "jobs": "before windlass"}
    done = pier.operate(action="deploy", **pier.where, version="3.0.0")
    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert pier.seen() == LIVE


def test_what_fails_is_undone_there(pier):
    pier.release("3.1.0", ref="refs/tags/v3.1.0", sum_=MISTAKE)
    pier.ended(pier.deployment_of("3.1.0")["id"])
    done = pier.operate(action="deploy", **pier.where, version="3.1.0")
    assert (done["status"], done["error"]) == ("FAILED", "GateFailed"), done
    assert pier.seen() == LIVE


def drift(pier):
    answer = pier.aws.call_api("GET", "/apps/pier/environments/abroad?observe=true")
    assert answer.status == 200, answer
    return {name: found["drift"] for name, found in answer.body["observed"].items()}


def distribution(pier):
    """The distribution there: its id, its configuration and ETag, and its one origin."""
    name = pier.targets()["DistributionId"]
    found = pier.client("cloudfront").get_distribution_config(Id=name)
    (origin,) = found["DistributionConfig"]["Origins"]["Items"]
    return name, found, origin


def test_a_service_and_a_distribution_are_changed_there(pier):
    pier.aws.ecr.create_repository(repositoryName=IMAGES)
    digest = pier.shop.push_image("3.2.0", repository=IMAGES)
    pier.upload_site("cover", "3.2.0", files={"index.html": "<!doctype html>cover 3.2.0"})
    components = {"cover": pier.artifact("cover", "3.2.0"), "agent": {"image": f"{IMAGES}:3.2.0"}}
    manifest = {"version": "3.2.0", "git": {"ref": "refs/tags/v3.2.0"}, "components": components}
    done = pier.operate(action="deploy", **pier.where, manifest=manifest)
    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert pier.running_digest() == digest
    folder = distribution(pier)[2]["OriginPath"]
    page = pier.client("s3").get_object(Bucket=pier.bucket, Key=f"{folder.lstrip('/')}/index.html")["Body"].read().decode()
    assert folder.startswith("/cover/") and page.endswith("cover 3.2.0"), (folder, page)


def test_nothing_there_has_drifted(pier):
    assert drift(pier) == {"agent": "none", "cover": "none", "jobs": "none", "page": "none"}


def test_what_somebody_else_changes_there_is_shown_by_each_kind(pier):
    function = {"FunctionName": "pier-jobs-abroad", "Name": "live"}
    pier.client("lambda_").update_alias(**function, FunctionVersion="1")
    assert drift(pier) == {"agent": "none", "cover": "none", "jobs": "changed", "page": "none"}
    pier.client("s3").put_object(Bucket=pier.bucket, Key="page/index.html", Body=b"by hand")
    services = pier.client("ecs")
    (service,) = services.describe_services(cluster="pier-abroad", services=["agent"])["services"]
    first = f"{service['taskDefinition'].rpartition(':')[0]}:1"
    services.update_service(cluster="pier-abroad", service="agent", taskDefinition=first)
    name, found, origin = distribution(pier)
    origin["OriginPath"] = ""
    # The local cloud leaves it out where it is empty, and the SDK asks for it.
    found["DistributionConfig"].setdefault("Comment", "")
    pier.client("cloudfront").update_distribution(Id=name, IfMatch=found["ETag"], DistributionConfig=found["DistributionConfig"])
    assert drift(pier) == {"agent": "changed", "cover": "changed", "jobs": "changed", "page": "changed"}


def test_a_role_of_another_environment_is_not_assumed(pier):
    done = pier.operate(action="deploy", app="pier", environment="astray", version="3.0.0")
    assert (done["status"], pier.machine.states(done["executionArn"])[-1]) == ("FAILED", "Rejected")
    assert "AssumeRole" in done["cause"], done["cause"]
