"""The other side of the conditions that no other test turns round: outside a VPC a private address is refused, within one it is not; and
another account is let in, and the roles are bounded. Everything else is tested outside a VPC, as Windlass is installed unless set otherwise."""

import json

import api_document
import cloud
import install
import pytest
from application import Application
from aws import Aws

pytestmark = pytest.mark.heavy

PRIVATE = "http://10.0.0.9/health"
IN_A_VPC = {"VpcSubnetIds": "subnet-1,subnet-2", "VpcSecurityGroupIds": "sg-1", "TargetAccounts": "222222222222"}
IN_A_VPC["AccessWriters"] = "arn:aws:iam::222222222222:role/access,arn:aws:iam::222222222222:user/*"
# A boundary that bounds nothing, and invocations that are kept. The local cloud's CloudFormation leaves both out:
# tests/e2e/test_0_template.py and tests/contract/tests/template.rs look at the template.
IN_A_VPC["PermissionsBoundary"] = "arn:aws:iam::aws:policy/AdministratorAccess"
IN_A_VPC["ReservedConcurrency"] = "10"
IN_A_VPC_NO_MORE = dict.fromkeys(IN_A_VPC, "") | {"ReservedConcurrency": "0"}
# But for deploy-site, which is in no VPC, so that a private address is none that it may ask (tests/e2e/test_0_install.py).
FETCHING = ("planner", "publish-site", "judge")
HOME = cloud.REPOSITORY / ".local/vpc"


@pytest.fixture(scope="module")
def inside(request):
    """A Windlass that lives in a VPC from the start, on a local cloud of its own."""
    cloud.down(HOME)
    cloud.up(HOME, 0, 0.1, auth=True)
    try:
        install.install(HOME, HOME / "outputs.json", **IN_A_VPC)
        yield made_dock(Aws.from_file(HOME / "outputs.json"))
    finally:
        api_document.end(HOME, keep=request.session.testsfailed)


def made_dock(aws):
    """An application that is measured under a private address."""
    dock = Application(aws, "dock", "inner")
    dock.make_targets()
    gates = {"bake": "1s", "probes": [{"url": PRIVATE}], "unknown": {"becomes": "hold", "for": "10m"}}
    dock.declare(dock.declaration({"inner": {"deploy": {"branch": "main"}}}, gates))
    return dock


def asked(dock, version):
    """Returns what the plan of a release found about the address; nothing if there is nothing against it."""
    dock.release(version)
    deployment = dock.deployment_of(version)
    plan = dock.until("a plan", lambda: dock.ledger.item(f"deployment#{deployment['id']}", "plan"), 60)
    return {found["path"]: found["reason"] for found in plan["findings"] + plan["warnings"]}.get("gates.probes[0]", "")


def is_refused_as_private(reason):
    return "VPC" in reason or "private" in reason


def test_outside_a_vpc_a_private_address_is_refused(aws):
    assert settings(aws) == {"false"}
    reason = asked(made_dock(aws), "1.0.0")
    assert is_refused_as_private(reason), reason


def test_within_a_vpc_a_private_address_is_asked(inside):
    assert settings(inside.aws) == {"true"}
    policy = inside.aws.s3.get_bucket_policy(Bucket=inside.aws.outputs["ArtifactsBucket"])["Policy"]
    assert IN_A_VPC["TargetAccounts"] in json.dumps(json.loads(policy)), "the other account may read artifacts"
    (files,) = [found for found in json.loads(policy)["Statement"] if found["Sid"] == "AccessFilesOfWriters"]
    assert files["Condition"] == {"ArnNotLike": {"aws:PrincipalArn": IN_A_VPC["AccessWriters"].split(",")}}
    reason = asked(inside, "1.0.0")
    assert not is_refused_as_private(reason), reason


def test_a_parameter_that_changes_alone_reaches_the_machine(inside):
    """The machine calls published versions: a deployment with other parameters and the same code publishes them anew."""
    description = {"endpoint": inside.aws.endpoint, "region": inside.aws.region}
    install.sam_deploy(install.folder(HOME), HOME, description, **IN_A_VPC_NO_MORE)
    # The bucket's policy is the template's again, which refuses the plain HTTP that the local cloud speaks.
    install.enforced.adapt(inside.aws, install.STACK)
    assert settings(inside.aws) == {"false"}
    reason = asked(inside, "1.1.0")
    assert is_refused_as_private(reason), reason


def settings(aws):
    """Returns what the functions that fetch addresses were given. Their subnets are tests/e2e/test_0_install.py's: the local cloud's CloudFormation
    leaves them out."""
    made = [aws.lambda_.get_function_configuration(FunctionName=f"windlass-{name}") for name in FETCHING]
    return {found["Environment"]["Variables"]["WINDLASS_IN_VPC"] for found in made}
