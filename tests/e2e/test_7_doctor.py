"""`windlass doctor` with a real installation: nothing where all is well, and everything that is wrong at once, each with what mends it;
and the snapshots that can no longer be reached, which the hourly look finds as well."""

import json

import hourly
import install
import left_behind
import pytest
from application import Application
from command_line import CommandLine
from ledger import ending

GOOD, REJECTED = 0, 3
ENVIRONMENTS = {"bay": {"deploy": {"branch": "main"}}}
PRIVATE = "http://10.20.30.40/health"
HEARD = "heard-of-ways-back"


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

    def reaches(self):
        """The status, and whether the doctor sees a way back to each snapshot: of each number, version and findings."""
        ran = self.windlass.json("doctor", "coracle", "bay")
        snapshots = ran.document["snapshots"]
        return ran.status, [(one["version"], one.get("next", False), one["reach"], [it["name"] for it in one.get("findings", [])]) for one in snapshots]

    def lose(self, version):
        """Somebody deletes what was published of the function with a release."""
        functions = self.client("lambda_")
        published = [one["Version"] for one in functions.list_versions_by_function(**self.jobs)["Versions"]]
        (number,) = [one for one in published if one != "$LATEST" and self.function("jobs", one) == version]
        functions.delete_function(**self.jobs, Qualifier=number)

    def shown(self):
        """The way back as `windlass status` has it: what it is, and the version that is lost."""
        drift = self.windlass.json("status", "coracle", "bay").document["drift"]
        return drift.get("way_back"), drift.get("lost", {}).get("version")

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


def test_the_declaration_that_was_read_is_named_and_that_the_file_beside_it_differs(coracle):
    in_force = coracle.windlass.run("declaration", "coracle").out
    (coracle.windlass.folder / "app.yaml").write_text(in_force.replace("version: 1.0.0", "version: 1.0.1"))
    ran = coracle.windlass.run("doctor", "coracle", "bay")
    differs = "`app.yaml` here differs in 1 place, and was not looked at: `windlass declare --dry-run` shows them"
    assert ran.status == GOOD and f"declaration: 1.0.0, the one in force; {differs}" in ran.out, ran


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


def test_a_snapshot_that_can_no_longer_be_reached_is_listed_and_changes_no_status(coracle):
    assert ending(coracle.ended(coracle.deployment_of("1.0.1")["id"])) == "Succeeded"
    assert coracle.reaches() == (GOOD, [("1.0.0", True, "open", [])])
    coracle.lose("1.0.0")
    assert coracle.reaches() == (GOOD, [("1.0.0", True, "gone", ["ArtifactMissing"])])
    planned = coracle.windlass.json("plan", "rollback", "coracle", "bay")
    found = [finding["name"] for finding in planned.document["drawn"]["plan"]["findings"]]
    assert (planned.status, found) == (REJECTED, ["ArtifactMissing"]), "the doctor says beforehand what a rollback would meet"


def test_a_lost_way_back_is_reported_once_and_that_there_is_one_again(coracle):
    """Safety: drift: A lost way back is reported once, and its return once, by an installation."""
    left_behind.listen(coracle.aws, HEARD)
    events, subjects = [], []

    def heard(name):
        for text in left_behind.taken(coracle.aws, HEARD):
            message = json.loads(text)
            if message.get("detail", {}).get("app") == "coracle" and message["detail-type"].startswith("WayBack"):
                events.append(message["detail-type"])
            if message.get("Subject", "").startswith("[windlass] coracle bay WayBack"):
                subjects.append(message["Subject"])
        return name in events

    hourly.look_twice(coracle)
    assert coracle.shown() == ("gone", "1.0.0")
    coracle.until("the lost way back", lambda: heard("WayBackLost"))
    hourly.look(coracle)
    assert coracle.shown() == ("gone", "1.0.0")

    coracle.release("1.0.2")
    coracle.until("the release", lambda: coracle.seen() == {"page": "1.0.2", "jobs": "1.0.2"})
    assert ending(coracle.ended(coracle.deployment_of("1.0.2")["id"])) == "Succeeded"
    assert coracle.shown() == (None, None), "it is another one's since"
    hourly.look_twice(coracle)
    assert coracle.shown() == ("open", None)
    coracle.until("the way back", lambda: heard("WayBackFound"))
    # The stream keeps its order: what the look between had reported would stand before it.
    assert events == ["WayBackLost", "WayBackFound"]
    coracle.until("the message", lambda: heard("WayBackFound") and subjects)
    assert subjects == ["[windlass] coracle bay WayBackLost"], "nobody is called for good news"
    assert coracle.reaches()[1][0] == ("1.0.1", True, "open", [])
