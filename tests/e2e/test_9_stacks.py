"""A stack as a component: planned, made, changed, taken back by AWS and by Windlass; what holds data; and changes by others.

The tests build on each other. Those of `cove` change a stack beside a page and a function that were there before; those of `fjord` begin
with nothing: one release makes a bucket and a function, and fills both. A stack of `shoal` is planned with an access file in force. A stack
of `tarn` goes neither on nor back.
"""

import json

import pytest
import runbooks
from application import INVOCATIONS, MISTAKE, function_files, site_files
from command_line import CommandLine
from ledger import ending
from ruled import Ruled, role
from shop import made_zip
from stacked import LEVER, Stacked, ended
from tagged_roles import session, tagged_roles

GOOD, REJECTED, ROLLED_BACK, NEEDS_OPERATOR = 0, 3, 4, 5
FILES = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
# A call holds 51,200 bytes of a template.
PADDING = "x" * 51_200
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
TAGS = {"windlass:app": "cove", "windlass:environment": "bay"}


class Cove(Stacked):
    """A page, then the stack, then a function."""

    def declare_all(self):
        given = self.declaration({}, {})["components"]
        page, jobs = given["page"], given["jobs"] | {"after": ["infra"]}
        self.declare_with({"between_waves": "3s"}, {"after": ["page"]}, page=page, jobs=jobs)

    def template(self, note, queue="cove-messages", **more):
        """A bucket and a queue that hold data, beside a note, in a template that CloudFormation takes only from S3."""
        messages = {"Type": "AWS::SQS::Queue", "DeletionPolicy": "RetainExceptOnCreate", "Properties": {"QueueName": queue}}
        return {**self.noted(note, Files=FILES, Messages=messages, **more), "Metadata": {"Padding": PADDING}}

    def queues(self):
        urls = self.aws.sqs.list_queues(QueueNamePrefix="cove-").get("QueueUrls", [])
        return sorted(url.rpartition("/")[2] for url in urls)


@pytest.fixture(scope="module")
def cove(aws, tmp_path_factory):
    cove = Cove(aws, "cove", tmp_path_factory.mktemp("cove"))
    cove.make_targets()
    cove.declare_all()
    return cove


def test_a_plan_of_a_new_stack_leaves_nothing(cove):
    planned = cove.windlass.run("plan", *cove.built("1.0.0", cove.template("1.0.0")))
    assert planned.status == GOOD, planned
    assert "add Files (AWS::S3::Bucket, holds data)" in planned.out and "MayStay" in planned.out, planned.out
    assert (cove.described(), cove.waiting(), cove.queues()) == (None, [], [])


def test_a_first_release_that_fails_takes_the_stack_away(cove):
    ran = cove.release(*cove.built("0.9.0", cove.template("0.9.0", **LEVER)))
    assert ended(ran) == (ROLLED_BACK, "RolledBack", "ChangeFailed"), ran
    deployment = ran.document["deployment"]
    assert "Lever (AWS::CloudFormation::WaitCondition) failed first" in deployment["ending"]["cause"], ran
    assert (cove.described(), cove.queues()) == (None, [])
    # What its template retains is still there, and is named.
    (stays,) = cove.ledger.steps(deployment["id"])["infra"]["warnings"]
    assert stays.startswith("Files of "), stays


def test_the_first_release_makes_the_stack_with_its_tags(cove):
    ran = cove.release(*cove.built("1.0.0", cove.template("1.0.0")))
    assert ended(ran) == (GOOD, "Succeeded", ""), ran
    made = cove.described()
    assert (made["StackStatus"], {tag["Key"]: tag["Value"] for tag in made["Tags"]}) == ("CREATE_COMPLETE", TAGS)
    assert (cove.notes(), cove.queues()) == (["1.0.0"], ["cove-messages"])


def test_a_plan_of_a_change_leaves_nothing(cove):
    planned = cove.windlass.run("plan", *cove.built("1.1.0", cove.template("1.1.0")))
    assert planned.status == GOOD and "change Note (AWS::SSM::Parameter): Value" in planned.out, planned
    assert (cove.waiting(), cove.notes()) == ([], ["1.0.0"])


def test_a_release_changes_the_stack_and_a_rollback_brings_it_back(cove):
    ran = cove.release(*cove.built("1.1.0", cove.template("1.1.0")))
    assert (ended(ran), cove.notes()) == ((GOOD, "Succeeded", ""), ["1.0.0", "1.1.0"]), ran
    again = cove.release(*cove.built("1.1.1", cove.template("1.1.0")))
    assert ended(again)[1] == "NothingToDo", again
    cove.goes_back()
    assert cove.notes() == ["1.0.0", "1.1.0", "1.0.0"]


def test_what_cloudformation_takes_back_is_reported_with_what_failed_first(cove):
    ran = cove.release(*cove.built("1.2.0", cove.template("1.2.0", **LEVER)))
    assert ended(ran) == (ROLLED_BACK, "RolledBack", "ChangeFailed"), ran
    cause = ran.document["deployment"]["ending"]["cause"]
    assert "UPDATE_ROLLBACK_COMPLETE" in cause and "Lever (AWS::CloudFormation::WaitCondition) failed first" in cause, cause
    assert cove.notes()[-2:] == ["1.2.0", "1.0.0"]
    assert cove.described()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_component_that_fails_behind_it_brings_the_former_template_back(cove):
    ran = cove.release(*cove.built("1.3.0", cove.template("1.3.0"), jobs=function_files("1.3.0", sum_=MISTAKE)))
    assert ended(ran) == (ROLLED_BACK, "RolledBack", "GateFailed"), ran
    assert cove.notes()[-2:] == ["1.3.0", "1.0.0"]
    assert (cove.described()["StackStatus"], cove.waiting()) == ("UPDATE_COMPLETE", [])
    assert cove.function("jobs", "live") == "before windlass"


def test_what_holds_data_is_replaced_only_where_the_request_names_it(cove):
    release = cove.built("1.4.0", cove.template("1.4.0", queue="cove-letters"))
    refused = cove.release(*release)
    assert ended(refused) == (REJECTED, "Rejected", "WouldLoseData"), refused
    assert (cove.queues(), cove.waiting()) == (["cove-messages"], [])
    allowed = cove.release(*release, "--may-lose", "infra.Messages", "--reason", "all of them are read")
    assert ended(allowed) == (GOOD, "Succeeded", ""), allowed
    assert (cove.queues(), cove.notes()[-1]) == (["cove-letters"], "1.4.0")


def test_a_change_by_others_in_between_is_not_overwritten(cove):
    page = cove.in_folder(cove.folder, "1.4.1", page=site_files("page", "1.4.1"))
    assert ended(cove.release(*page, "--git-ref", "refs/heads/main")) == (GOOD, "Succeeded", "")
    template = cove.template("1.5.0", queue="cove-letters")
    started = cove.windlass.json(*cove.built("1.5.0", template, page=site_files("page", "1.5.0")))
    assert started.status == GOOD, started
    cove.until("the page", lambda: cove.site("page") == "1.5.0")
    cove.change_by_hand({"Resources": cove.template("by hand", queue="cove-letters")["Resources"]})
    record = cove.ended(started.document["id"])
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "TargetChangedByOther"), record["ending"]
    assert (cove.notes()[-1], cove.site("page")) == ("by hand", "1.4.1")


# ── from nothing ──


class Fjord(Stacked):
    """A stack that makes a bucket and a function, and those two, each by its name in the stack's outputs."""

    def declare_all(self):
        outputs = {"outputs": {"web_bucket": "WebBucket", "api": "ApiName"}}
        api = {"kind": "lambda", "function": "${infra.api}", "alias": "live", "after": ["infra"], "gates": {"invocations": INVOCATIONS}}
        web = {"kind": "static_site", "bucket": "${infra.web_bucket}", "hashed": ["assets/**"], "prefix": "web", "after": ["api"]}
        self.declare_with(infra=outputs, api=api, web=web)

    def whole(self, version, **code):
        """Builds a release of all three."""
        files = {"web": site_files("web", version), "api": function_files(version, **code)}
        return self.built(version, self.template(version), **files)

    def template(self, note):
        """The bucket, and the function with its alias, which stays where Windlass puts it."""
        pages = {"BucketName": self.bucket, "VersioningConfiguration": {"Status": "Enabled"}}
        first = {"ZipFile": 'def handler(event, context):\n    return {"version": "of the stack"}\n'}
        api = {"FunctionName": "fjord-api-bay", "Runtime": "python3.11", "Handler": "index.handler", "Code": first}
        resources = {
            "Pages": {**FILES, "Properties": pages},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
            "Api": {"Type": "AWS::Lambda::Function", "Properties": {**api, "Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
            "First": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Api"}}},
            "Live": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {"FunctionName": {"Ref": "Api"}, "Name": "live", "FunctionVersion": {"Fn::GetAtt": ["First", "Version"]}},
            },
        }
        outputs = {"WebBucket": {"Value": {"Ref": "Pages"}}, "ApiName": {"Value": {"Ref": "Api"}}}
        return {**self.noted(note, **resources), "Outputs": outputs}

    def seen(self):
        return {"infra": self.notes()[-1], "api": self.function("api", "live"), "web": self.site("web")}


@pytest.fixture(scope="module")
def fjord(aws, tmp_path_factory):
    fjord = Fjord(aws, "fjord", tmp_path_factory.mktemp("fjord"))
    fjord.declare_all()
    return fjord


def all_of(version):
    return dict.fromkeys(("infra", "api", "web"), version)


def test_what_nobody_has_made_yet_is_planned_behind_its_stack(fjord):
    planned = fjord.windlass.run("plan", *fjord.whole("1.0.0"))
    assert planned.status == GOOD and "NotLookedAt" in planned.out, planned
    assert fjord.described() is None


def test_a_check_names_what_nobody_has_made_yet_and_makes_nothing(fjord):
    checked = fjord.windlass.json("doctor", "fjord", "bay")
    warned = {finding["path"] for finding in checked.document["warnings"] if finding["name"] == "NotLookedAt"}
    assert {"components.infra.stack", "components.api", "components.web"} <= warned, checked
    assert fjord.described() is None


def test_one_release_makes_a_bucket_and_a_function_and_fills_both(fjord):
    ran = fjord.release(*fjord.whole("1.0.0"))
    assert ended(ran) == (GOOD, "Succeeded", ""), ran
    assert fjord.seen() == all_of("1.0.0")
    targets = {name: json.dumps(step["target"], default=str) for name, step in fjord.ledger.steps(ran.document["deployment"]["id"]).items()}
    assert "fjord-api-bay" in targets["api"] and fjord.bucket in targets["web"], targets


def test_the_next_one_comes_back_as_one(fjord):
    ran = fjord.release(*fjord.whole("1.1.0", sum_=MISTAKE))
    assert ended(ran) == (ROLLED_BACK, "RolledBack", "GateFailed"), ran
    assert (fjord.seen(), fjord.notes()) == (all_of("1.0.0"), ["1.0.0", "1.1.0", "1.0.0"])


def test_a_rollback_brings_all_of_it_back(fjord):
    ran = fjord.release(*fjord.whole("1.2.0"))
    assert (ended(ran), fjord.seen()) == ((GOOD, "Succeeded", ""), all_of("1.2.0")), ran
    fjord.goes_back()
    assert fjord.seen() == all_of("1.0.0")


# ── who may only plan ──


class Shoal(Stacked, Ruled):
    """A stack of an application with an access file."""


def test_a_template_runs_no_code_for_a_caller_whom_the_access_file_lets_only_plan(aws, tmp_path):
    """By IAM both callers may release. The local cloud knows no macros, and takes the template as it is."""
    shoal = Shoal(aws, "shoal", tmp_path)
    shoal.declare_with()
    rules = {"bay": {"release": ["releaser"]}}
    shoal.put_in_force({"app": "shoal", "version": 1, "who": {"releaser": [role("bay", "releaser")]}, "environments": rules})
    release = shoal.built("1.0.0", {**shoal.noted("1.0.0"), "Transform": ["ShoalMacro"]})
    with tagged_roles(shoal, dict.fromkeys(("releaser", "visitor"), "CiPolicyArn"), {**TAGS, "windlass:app": "shoal"}) as callers:
        planned = {name: CommandLine(aws, "shoal", tmp_path, session(caller)).json("plan", *release) for name, caller in callers.items()}
    found = {name: [finding["name"] for finding in ran.document["drawn"]["plan"]["findings"]] for name, ran in planned.items()}
    assert found == {"releaser": [], "visitor": ["NotPlannedWhole"]}, planned
    assert shoal.described() is None


# ── neither on nor back ──

# Answers for a resource of its own, which it makes and deletes, and never changes.
KEEPER = """
import json
import urllib.request


def handler(event, context):
    status = "FAILED" if event["RequestType"] == "Update" else "SUCCESS"
    named = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer = json.dumps({**named, "Status": status, "PhysicalResourceId": "kept", "Reason": "it stays as it is"})
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], answer.encode(), method="PUT"))
"""
FAILED, AGAIN, SKIP, STATUS, RECOVER = runbooks.blocks("stack-rollback-failed.md")


@pytest.fixture(scope="module")
def tarn(aws, tmp_path_factory):
    tarn = Stacked(aws, "tarn", tmp_path_factory.mktemp("tarn"))
    tarn.declare_with()
    role = aws.iam.create_role(RoleName="tarn-keeper", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    function = {"FunctionName": "tarn-keeper", "Runtime": "python3.11", "Handler": "index.handler", "Role": role}
    tarn.keeper = aws.lambda_.create_function(**function, Code={"ZipFile": made_zip({"index.py": KEEPER})})["FunctionArn"]
    return tarn


def test_what_cloudformation_cannot_take_back_needs_an_operator_who_skips_it(tarn, shell):
    def release(version):
        kept = {"Type": "Custom::Kept", "Properties": {"ServiceToken": tarn.keeper, "Version": version}}
        return tarn.release(*tarn.built(version, tarn.noted(version, Kept=kept)))

    assert ended(release("1.0.0")) == (GOOD, "Succeeded", "")
    stuck = release("1.1.0")
    assert ended(stuck) == (NEEDS_OPERATOR, "NeedsOperator", "ChangeFailed"), stuck
    named = f"NAME={tarn.stack}\n"
    assert "Kept" in shell.run(named + FAILED.partition("\n")[2])
    shell.run(named + AGAIN)
    tarn.until("the same once more", lambda: shell.run(named + STATUS).strip() == "UPDATE_ROLLBACK_FAILED")
    shell.run(f"{named}SKIP=Kept\n" + SKIP.partition("\n")[2])
    tarn.until("the way back", lambda: shell.run(named + STATUS).strip() == "UPDATE_ROLLBACK_COMPLETE")
    assert "RolledBack" in shell.run(RECOVER.replace("shop prod", "tarn bay"))
    assert (ending(tarn.ledger.deployment(stuck.document["deployment"]["id"])), tarn.notes()) == ("RolledBack", ["1.0.0"])
    assert tarn.ledger.lock().get("held") is None
