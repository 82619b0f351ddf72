"""The other side of the conditions that no other test turns round: outside a VPC a private address is refused, within one it is not; and
another account is let in. Everything else is tested outside a VPC, as Windlass is installed unless told."""

import json

import install
import pytest
from application import Application

PRIVATE = "http://10.0.0.9/health"
IN_A_VPC = {"VpcSubnetIds": "subnet-1,subnet-2", "VpcSecurityGroupIds": "sg-1", "TargetAccounts": "222222222222"}
FETCHING = ("planner", "publish-site", "deploy-site", "judge")


@pytest.fixture(scope="module")
def dock(aws):
    """An application that is measured under a private address."""
    dock = Application(aws, "dock", "inner")
    dock.make_targets()
    gates = {"bake": "1s", "probes": [{"url": PRIVATE}], "unknown": {"becomes": "hold", "for": "10m"}}
    dock.declare(dock.declaration({"inner": {"deploy": {"branch": "main"}}}, gates))
    return dock


def asked(dock, version):
    """The findings of a release, and its warnings, by path."""
    dock.release(version)
    deployment = dock.deployment_of(version)
    plan = dock.until("a plan", lambda: dock.ledger.item(f"deployment#{deployment['id']}", "plan"), 60)
    return {found["path"]: found["reason"] for found in plan["findings"] + plan["warnings"]}


@pytest.mark.xfail(strict=True, reason="a parameter that changes alone publishes no versions, so the machine keeps functions with the former environment")
def test_a_private_address_is_refused_outside_a_vpc_and_asked_within_one(dock, tmp_path):
    aws = dock.aws
    assert told(aws) == {"false"}
    outside = asked(dock, "1.0.0")["gates.probes[0]"]
    assert "VPC" in outside or "private" in outside, outside
    description = {"endpoint": aws.endpoint, "region": aws.region}
    try:
        install.sam_deploy(install.folder(tmp_path), tmp_path, description, **IN_A_VPC)
        assert told(aws) == {"true"}
        policy = json.loads(aws.s3.get_bucket_policy(Bucket=aws.outputs["ArtifactsBucket"])["Policy"])
        assert "222222222222" in json.dumps(policy), "the other account may read artifacts"
        # The bucket's policy is the template's again, which refuses the plain HTTP that the local cloud speaks.
        install.enforced.adapt(aws, install.STACK)
        within = asked(dock, "1.1.0").get("gates.probes[0]", "")
        assert "VPC" not in within and "private" not in within, within
    finally:
        none = dict.fromkeys(IN_A_VPC, "")
        install.sam_deploy(install.folder(tmp_path), tmp_path, description, **none)
        install.enforced.adapt(aws, install.STACK)
    assert told(aws) == {"false"}


def told(aws):
    """What the functions that fetch addresses were told. Their subnets are tests/e2e/test_0_install.py's: the local cloud's CloudFormation
    leaves them out."""
    made = [aws.lambda_.get_function_configuration(FunctionName=f"windlass-{name}") for name in FETCHING]
    return {found["Environment"]["Variables"]["WINDLASS_IN_VPC"] for found in made}
