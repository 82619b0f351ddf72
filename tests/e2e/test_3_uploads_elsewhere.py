"""Roles of CI and of pull requests, which try to release by uploads where they may not. IAM is enforced.

Runs after the story, on the environment that it leaves behind.
"""

import json

import boto3
import pytest
from application import site_files
from botocore.config import Config
from botocore.exceptions import ClientError
from command_line import CommandLine
from shop import sha256
from tagged_roles import session, tagged_roles

POLICIES = {"ci": "CiPolicyArn", "plan": "PlanPolicyArn"}
PROD = {"windlass:app": "shop", "windlass:environment": "prod"}
DEV = {"windlass:app": "shop", "windlass:environment": "dev"}
EVIL = {"version": "6.6.6", "git-ref": "refs/tags/v6.6.6", "git-commit": "9f2c1ab"}
BYTES = b"PK\x05\x06" + bytes(18)


@pytest.fixture(autouse=True)
def nothing_changes(story):
    """What all three serve is the same afterwards."""
    before = story.shop.seen()
    yield
    assert story.shop.seen() == before


@pytest.fixture(scope="module")
def callers(story):
    """S3 in the hands of CI of the environment `dev`, and of the pull requests of its application."""
    with tagged_roles(story, POLICIES, DEV) as credentials:
        yield {name: s3_of(story.aws, given) for name, given in credentials.items()}


def s3_of(aws, given):
    return boto3.client(
        "s3",
        endpoint_url=aws.endpoint,
        region_name=aws.region,
        aws_access_key_id=given.access_key,
        aws_secret_access_key=given.secret_key,
        aws_session_token=given.token,
        config=Config(s3={"addressing_style": "path"}),
    )


def put(story, s3, key, body=BYTES, metadata=None):
    """Uploads it; answers whether IAM let it."""
    try:
        s3.put_object(Bucket=story.aws.outputs["ArtifactsBucket"], Key=key, Body=body, Metadata=metadata or {})
    except ClientError as refused:
        assert refused.response["Error"]["Code"] == "AccessDenied", refused
        return False
    return True


@pytest.mark.parametrize(("caller", "own"), [("ci", ("artifacts/shop/dev/", "releases/shop/dev/")), ("plan", ("plans/shop/",))])
def test_a_role_writes_below_its_own_prefix_alone(story, callers, caller, own):
    """Safety: tenancy: A role with a managed policy writes in the artifacts bucket below the prefix of its environment, or of plans, alone."""
    prefixes = ("artifacts/shop/dev/", "artifacts/shop/prod/", "releases/shop/dev/", "releases/shop/prod/", "plans/shop/")
    tried = (*prefixes, "artifacts/shop/", "releases/shop/", "plans/bank/", "artifacts/bank/dev/", "apps/shop/", "windlass/")
    let_in = [prefix for prefix in tried if put(story, callers[caller], f"{prefix}tried.txt")]
    assert let_in == [prefix for prefix in tried if prefix in own], let_in


def test_what_ci_of_one_environment_uploads_reaches_no_other(story, callers):
    before = {found["id"] for found in story.ledger.deployments()}
    artifact = "artifacts/shop/dev/web/6.6.6.zip"
    assert put(story, callers["ci"], artifact, metadata=EVIL)
    assert "no environment" in json.dumps(story.findings_beside(artifact))
    web = {"key": artifact, "sha256": sha256(BYTES).partition(":")[2]}
    manifest = {"version": "6.6.6", "git": {"ref": "refs/tags/v6.6.6"}, "components": {"web": web}}
    place = "releases/shop/dev/6.6.6.json"
    assert put(story, callers["ci"], place, json.dumps(manifest).encode())
    assert "OtherPrefix" in json.dumps(story.findings_beside(place))
    assert {found["id"] for found in story.ledger.deployments()} == before
    # Nor by what it may write for itself, where somebody with a right to `prod` names it.
    answer = story.aws.call_api("POST", "/apps/shop/environments/prod/releases", manifest)
    assert (answer.status, answer.body["findings"][0]["name"]) == (400, "OtherPrefix"), answer


def test_what_a_pull_request_uploads_to_be_planned_is_no_release(story, callers):
    executions = story.executions()
    key = "plans/shop/web/6.6.6.zip"
    assert put(story, callers["plan"], key, metadata=EVIL)
    story.until_queue_is_empty()
    assert story.executions() == executions
    web = {"key": key, "sha256": sha256(BYTES).partition(":")[2]}
    manifest = {"version": "6.6.6", "git": {"ref": "refs/tags/v6.6.6"}, "components": {"web": web}}
    answer = story.aws.call_api("POST", "/apps/shop/environments/prod/releases", manifest)
    assert (answer.status, answer.body["findings"][0]["name"]) == (400, "OtherPrefix"), answer


def keys(story, prefix):
    listed = story.aws.s3.list_objects_v2(Bucket=story.aws.outputs["ArtifactsBucket"], Prefix=prefix)
    return {found["Key"] for found in listed.get("Contents", [])}


def test_ci_plans_what_lies_below_the_prefix_of_its_environment(story, tmp_path):
    """Its role may not write below `plans/`, and the plan is made all the same."""
    for path, text in site_files("web", "6.6.8").items():
        (tmp_path / "dist" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "dist" / path).write_text(text)
    before = {prefix: keys(story, prefix) for prefix in ("artifacts/shop/prod/web/", "plans/shop/web/")}
    with tagged_roles(story, {"ci": "CiPolicyArn"}, PROD) as credentials:
        windlass = CommandLine(story.aws, "shop", tmp_path, session(credentials["ci"]))
        ran = windlass.run("plan", "release", "shop", "6.6.8", "web=dist/", "--environment", "prod", "--no-git")
    assert ran.status == 0 and "web" in ran.out, ran
    new = {prefix: len(keys(story, prefix) - known) for prefix, known in before.items()}
    assert new == {"artifacts/shop/prod/web/": 1, "plans/shop/web/": 0}, ran
