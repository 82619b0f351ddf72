"""`windlass doctor` with a real installation: nothing where all is well, and everything that is wrong at once, each with what mends it."""

import json

import install
import pytest
from application import Application
from command_line import CommandLine

GOOD, REJECTED = 0, 3
ENVIRONMENTS = {"bay": {"deploy": {"branch": "main"}}}
PRIVATE = "http://10.20.30.40/health"


class Coracle(Application):
    """The application, what happens to its targets, and who asks the doctor."""

    def __init__(self, aws, folder):
        super().__init__(aws, "coracle", "bay")
        self.windlass = CommandLine(aws, "coracle", folder)
        self.jobs = {"FunctionName": "coracle-jobs-bay"}

    def declare(self, version, probe):
        gates = {"bake": "10s", "alarms": ["coracle-{environment}-errors"], "probes": [{"url": probe, "status": 200, "within": "5s"}]}
        super().declare(self.declaration(ENVIRONMENTS, gates, version))

    def reachable(self):
        return f"{self.aws.endpoint}/_ministack/health"

    def arn(self):
        return self.client("lambda_").get_function_configuration(**self.jobs)["FunctionArn"]

    def doctor(self):
        """The status, and of each finding name, path and remedy."""
        ran = self.windlass.json("doctor", "coracle", "bay")
        findings = [(found["name"], found["path"], found["remedy"]) for found in ran.document["findings"]]
        assert ran.document["healthy"] == (not findings), ran
        return ran.status, findings

    def forbid_rules(self):
        """Someone forbids everybody to read the rules of the bucket's lifecycle."""
        refusal = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetLifecycleConfiguration", "Resource": f"arn:aws:s3:::{self.bucket}"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
        self.client("s3").put_bucket_policy(Bucket=self.bucket, Policy=policy)

    def deny(self, action):
        """Someone denies an action to the role that changes functions."""
        role = self.deployers_role()
        refusal = {"Effect": "Deny", "Action": action, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
        self.aws.iam.put_role_policy(RoleName=role, PolicyName="denied", PolicyDocument=policy)

    def permit(self):
        self.aws.iam.delete_role_policy(RoleName=self.deployers_role(), PolicyName="denied")

    def deployers_role(self):
        found = self.aws.cloudformation.describe_stack_resource(StackName=install.STACK, LogicalResourceId="DeployLambdaRole")
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def set_versioning(self, status):
        self.client("s3").put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": status})


@pytest.fixture(scope="module")
def coracle(aws, tmp_path_factory):
    coracle = Coracle(aws, tmp_path_factory.mktemp("coracle"))
    coracle.make_targets()
    coracle.declare("1.0.0", coracle.reachable())
    return coracle


def test_a_healthy_environment_has_no_finding_before_its_first_release_and_after_it(coracle):
    assert coracle.doctor() == (GOOD, [])
    # It took no lock and claimed nothing: the release is the first one.
    coracle.release("1.0.0")
    coracle.until("the release", lambda: coracle.seen() == {"page": "1.0.0", "jobs": "1.0.0"})
    coracle.until("its end", lambda: not (coracle.ledger.lock() or {}).get("held"))
    assert coracle.doctor() == (GOOD, [])
    ran = coracle.windlass.run("doctor", "coracle", "bay")
    assert ran.status == GOOD and "coracle bay has what a release needs. It would begin at once." in ran.out, ran


def test_what_the_role_that_deploys_may_not_do_is_found_before_a_release(coracle):
    coracle.deny("lambda:UpdateAlias")
    status, (found,) = coracle.doctor()
    assert (status, *found[:2]) == (REJECTED, "NoPermission", "components.jobs.function")
    assert "Take that statement out" in found[2], found
    coracle.permit()
    assert coracle.doctor() == (GOOD, [])


def test_six_things_that_are_wrong_are_found_at_once_and_mended_one_by_one(coracle):
    functions = coracle.client("lambda_")
    live = functions.get_alias(**coracle.jobs, Name="live")["FunctionVersion"]
    functions.untag_resource(Resource=coracle.arn(), TagKeys=["windlass:app"])
    functions.delete_alias(**coracle.jobs, Name="live")
    coracle.set_versioning("Suspended")
    coracle.forbid_rules()
    coracle.set_alarm("INSUFFICIENT_DATA")
    coracle.declare("1.0.1", PRIVATE)

    status, findings = coracle.doctor()
    assert status == REJECTED
    mended_by = {
        ("TargetNotOurs", "components.jobs.function"): "`windlass:app`: `coracle`",
        ("TargetMissing", "components.jobs.alias"): "aws lambda create-alias --function-name coracle-jobs-bay --name live",
        ("TargetNotReady", "components.page.bucket"): "Turn on versioning",
        ("NoPermission", "components.page.bucket"): "s3:GetLifecycleConfiguration",
        ("GateNotMeasurable", "gates.alarms[0]"): "TreatMissingData",
        ("GateNotMeasurable", "gates.probes[0]"): "an address that Windlass can reach",
    }
    assert {(name, path) for name, path, _ in findings} == set(mended_by), findings
    for name, path, remedy in findings:
        assert mended_by[name, path] in remedy, (name, path, remedy)

    mends = [
        lambda: functions.tag_resource(Resource=coracle.arn(), Tags={"windlass:app": "coracle"}),
        lambda: functions.create_alias(**coracle.jobs, Name="live", FunctionVersion=live),
        lambda: coracle.set_versioning("Enabled"),
        lambda: coracle.client("s3").delete_bucket_policy(Bucket=coracle.bucket),
        lambda: coracle.set_alarm("OK"),
        lambda: coracle.declare("1.0.2", coracle.reachable()),
    ]
    for mended, mend in enumerate(mends, 1):
        mend()
        _, left = coracle.doctor()
        assert len(left) == len(mends) - mended, left
    assert coracle.doctor() == (GOOD, [])
    # What the doctor calls healthy is deployed.
    coracle.release("1.0.1")
    coracle.until("the release", lambda: coracle.seen() == {"page": "1.0.1", "jobs": "1.0.1"})
