"""The template's rules match the documented events, and nothing else; the installation refuses what it must."""

import json
import re

import pytest
import yaml
from cloud import REGION, REPOSITORY
from template import TemplateLoader, resources

# The local cloud's account.
ACCOUNT = "000000000000"
S3_EVENT = {
    "version": "0",
    "id": "17793124-05d4-b198-2fde-7ededc63b103",
    "detail-type": "Object Created",
    "source": "aws.s3",
    "account": ACCOUNT,
    "time": "2021-11-12T00:00:00Z",
    "region": REGION,
    "resources": [],
    "detail": {"version": "0", "bucket": {"name": ""}, "object": {"key": "", "size": 5, "etag": "b1946ac9", "version-id": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e"}, "reason": "PutObject"},
}
ECR_EVENT = {
    "version": "0",
    "id": "13cde686-328b-6117-af20-0e5566167482",
    "detail-type": "ECR Image Action",
    "source": "aws.ecr",
    "account": ACCOUNT,
    "time": "2019-11-16T01:54:34Z",
    "region": REGION,
    "resources": [],
    "detail": {"result": "SUCCESS", "repository-name": "shop/agent", "image-digest": "sha256:7f5b2640", "action-type": "PUSH", "image-tag": "1.0.0"},
}
STATUS_EVENT = {
    "version": "0",
    "id": "315c1398-40ff-a850-213b-158f73e60175",
    "detail-type": "Step Functions Execution Status Change",
    "source": "aws.states",
    "account": "111122223333",
    "time": "2019-02-26T19:42:21Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {"stateMachineArn": "", "status": "ABORTED", "startDate": 1551225271984, "stopDate": 1551225272000},
}


def s3_event(bucket, key):
    event = json.loads(json.dumps(S3_EVENT))
    event["detail"]["bucket"]["name"] = bucket
    event["detail"]["object"]["key"] = key
    return event


def changed(event, **detail):
    return {**event, "detail": {**event["detail"], **{name.replace("_", "-"): value for name, value in detail.items()}}}


def matches(aws, rule, event):
    resource = aws.cloudformation.describe_stack_resource(StackName="windlass", LogicalResourceId=rule)
    name = resource["StackResourceDetail"]["PhysicalResourceId"].rpartition("/")[2]
    pattern = aws.events.describe_rule(Name=name)["EventPattern"]
    return aws.events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("apps/shop/app.yaml", True),
        ("access/apps/shop.yaml", True),
        ("access/all.yaml", True),
        ("artifacts/shop/prod/web/1.0.0.zip", True),
        ("releases/shop/prod/1.0.0.json", True),
        ("release/shop/1.0.0.json", True),
        ("manifest.json", True),
        ("windlass/sites/shop/web.json", False),
    ],
)
def test_uploads(aws, key, wanted):
    assert matches(aws, "ArtifactsRule", s3_event(aws.outputs["ArtifactsBucket"], key)) is wanted


def test_uploads_to_other_buckets_do_not_match(aws):
    assert not matches(aws, "ArtifactsRule", s3_event("another-bucket", "apps/shop/app.yaml"))


@pytest.mark.parametrize(
    ("detail", "wanted"),
    [({}, True), ({"action_type": "DELETE"}, False), ({"result": "FAILURE"}, False)],
)
def test_image_pushes(aws, detail, wanted):
    assert matches(aws, "ImagesRule", changed(ECR_EVENT, **detail)) is wanted


@pytest.mark.parametrize("elsewhere", [{"account": "123456789012"}, {"region": "us-west-2"}])
def test_events_of_another_account_or_region_do_not_match(aws, elsewhere):
    """A bus can take the events of others, and a repository or a bucket of the same name can be there."""
    assert not matches(aws, "ImagesRule", {**ECR_EVENT, **elsewhere})
    assert not matches(aws, "ArtifactsRule", {**s3_event(aws.outputs["ArtifactsBucket"], "apps/shop/app.yaml"), **elsewhere})


@pytest.mark.parametrize(
    ("status", "wanted"),
    [("ABORTED", True), ("FAILED", True), ("TIMED_OUT", True), ("RUNNING", False), ("SUCCEEDED", False)],
)
def test_dead_executions(aws, status, wanted):
    event = changed(STATUS_EVENT, stateMachineArn=aws.outputs["ReleaseMachineArn"], status=status)
    assert matches(aws, "DeadExecutionsRule", event) is wanted


def test_other_machines_executions_do_not_match(aws):
    event = changed(STATUS_EVENT, stateMachineArn=aws.outputs["ReleaseMachineArn"] + "-other")
    assert not matches(aws, "DeadExecutionsRule", event)


def test_the_buckets_keep_versions_and_are_private(aws):
    for logical_id in ("Artifacts", "AccessLogs"):
        resource = aws.cloudformation.describe_stack_resource(StackName="windlass", LogicalResourceId=logical_id)
        bucket = resource["StackResourceDetail"]["PhysicalResourceId"]
        assert aws.s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        assert all(aws.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())


def test_the_buckets_refuse_plain_http(aws):
    """Also those who may do everything with them. Of the artifacts bucket, `install.allow_plain_http` took that away."""
    resource = aws.cloudformation.describe_stack_resource(StackName="windlass", LogicalResourceId="AccessLogs")
    bucket = resource["StackResourceDetail"]["PhysicalResourceId"]
    aws.iam.create_user(UserName="plain")
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    aws.iam.put_user_policy(UserName="plain", PolicyName="everything", PolicyDocument=json.dumps(allowed))
    key = aws.iam.create_access_key(UserName="plain")["AccessKey"]
    s3 = aws.client("s3", key["AccessKeyId"], key["SecretAccessKey"])
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key="plain", Body=b"")
    s3.list_objects_v2(Bucket=aws.outputs["ArtifactsBucket"])
    refusals = [RESOURCES[name]["Properties"]["PolicyDocument"]["Statement"][0] for name in ("ArtifactsPolicy", "AccessLogsPolicy")]
    assert all(refusal["Sid"] == "TlsOnly" and refusal["Effect"] == "Deny" and refusal["Action"] == "s3:*" for refusal in refusals)


def test_every_route_of_the_api_asks_for_iam_authorization_or_for_a_token_of_ci(aws):
    routes = aws.apigatewayv2.get_routes(ApiId=aws.outputs["ApiId"])["Items"]
    assert len(routes) == sum(found["Type"] == "AWS::ApiGatewayV2::Route" for found in RESOURCES.values())
    assert {route["AuthorizationType"] for route in routes if not route["RouteKey"].startswith("ANY /ci/")} == {"AWS_IAM"}
    assert [route["AuthorizationType"] for route in routes if route["RouteKey"].startswith("ANY /ci/")] == ["JWT"]


# What the local cloud's CloudFormation leaves out is looked up in the template itself.
TEMPLATE = REPOSITORY / "template.yaml"
RESOURCES = resources(TEMPLATE)


def test_the_ledger_can_be_restored():
    assert RESOURCES["Ledger"]["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize("name", ["Artifacts", "AccessLogs"])
def test_a_bucket_outlives_the_stack_and_not_one_that_could_not_be_made(name):
    """Such a bucket is empty, and CloudFormation deletes it."""
    assert (RESOURCES[name]["DeletionPolicy"], RESOURCES[name]["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_the_ledger_outlives_also_a_stack_that_could_not_be_made():
    """It is protected against deletion, so that its deletion would fail, and the rollback of the stack with it.
    CloudFormation gives it a name of its own each time, so that the next try does not meet it."""
    ledger = RESOURCES["Ledger"]
    assert (ledger["DeletionPolicy"], ledger["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert "DeletionProtectionEnabled" in ledger["Properties"] and "TableName" not in ledger["Properties"]


def test_the_page_deletes_what_a_first_install_that_failed_leaves():
    """Whatever is kept although the stack could not be made is named there, with its removal."""
    kept = {name for name, resource in RESOURCES.items() if resource.get("DeletionPolicy") == "Retain"}
    page = (REPOSITORY / "docs/install.md").read_text()
    (section,) = re.findall(r"^## The first install failed\n(.*?)^## ", page, re.DOTALL | re.MULTILINE)
    assert kept == set(re.findall(r"--logical-resource-id (\w+)", section)) == {"Ledger"}
    removal = (REPOSITORY / "docs/remove.md").read_text()
    commands = [line for line in section.splitlines() if line.startswith("aws dynamodb ")]
    assert len(commands) == 3 and all(f"{line}\n" in removal for line in commands)


def test_the_page_on_removal_takes_every_policy_off_that_people_attach():
    """CloudFormation deletes no managed policy that is attached to somebody else's role."""
    outputs = yaml.safe_load(re.search(r"^Outputs:\n.*", TEMPLATE.read_text(), re.DOTALL | re.MULTILINE)[0].replace("!", ""))["Outputs"]
    given = {output["Value"].removeprefix("Ref ") for name, output in outputs.items() if name.endswith("PolicyArn")}
    (listed,) = re.findall(r"^for policy in (.*); do$", (REPOSITORY / "docs/remove.md").read_text(), re.MULTILINE)
    assert given and set(listed.split()) == given


BOTH = [TEMPLATE, REPOSITORY / "examples/target-role.yaml"]


@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.name)
def test_each_role_is_bounded_where_the_account_asks_for_that(path):
    """Where no role may be made without a permissions boundary, one role without it ends the installation."""
    document = yaml.load(path.read_text(), TemplateLoader)
    assert document["Parameters"]["PermissionsBoundary"]["Default"] == ""
    assert document["Conditions"]["HasPermissionsBoundary"] == [["PermissionsBoundary", ""]]
    resources_of_it = document["Resources"].items()
    roles = {name: found["Properties"] for name, found in resources_of_it if found["Type"] == "AWS::IAM::Role"}
    bounds = {name: role.get("PermissionsBoundary") for name, role in roles.items()}
    assert roles and bounds == dict.fromkeys(roles, ["HasPermissionsBoundary", "PermissionsBoundary", "AWS::NoValue"])
    # SAM makes a role for each function and machine that names none.
    by_sam = {name: found["Properties"] for name, found in resources_of_it if found["Type"].startswith("AWS::Serverless::")}
    assert [name for name, properties in by_sam.items() if "Role" not in properties] == []


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        ("", True),
        ("arn:aws:iam::111122223333:policy/teams/boundary", True),
        ("arn:aws-us-gov:iam::aws:policy/PowerUserAccess", True),
        ("boundary", False),
        ("arn:aws:iam::111122223333:role/boundary", False),
    ],
)
def test_a_boundary_is_named_by_the_arn_of_a_policy(given, is_taken):
    parameters = [yaml.load(path.read_text(), TemplateLoader)["Parameters"] for path in BOTH]
    (pattern,) = {parameter["PermissionsBoundary"]["AllowedPattern"] for parameter in parameters}
    assert bool(re.fullmatch(pattern, given)) is is_taken


def test_the_bucket_of_access_logs_may_be_written_before_anything_is_logged():
    assert RESOURCES["Artifacts"]["DependsOn"] == "AccessLogsPolicy"


def test_a_message_stays_hidden_while_it_is_tried():
    """At least six times the function's timeout (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS")."""
    assert RESOURCES["IntakeQueue"]["Properties"]["VisibilityTimeout"] >= 6 * RESOURCES["Intake"]["Properties"]["Timeout"]


@pytest.mark.parametrize("name", ["Intake", "Recovery", "Outbox"])
def test_dead_letters_raise_an_alarm(name):
    alarm = RESOURCES[f"{name}DeadLettersAlarm"]["Properties"]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["AlarmActions"]


def test_the_outbox_alone_speaks_in_the_name_of_windlass():
    """The local cloud keeps the policy of a bus and asks it nothing, so the template is read by IAM's words: a deny of all but one role."""
    (refusal,) = RESOURCES["Bus"]["Properties"]["Policy"]["Statement"]
    assert (refusal["Effect"], refusal["Principal"], refusal["Action"]) == ("Deny", "*", "events:PutEvents")
    assert refusal["Condition"] == {"StringEquals": {"events:source": "windlass"}, "ArnNotEquals": {"aws:PrincipalArn": "OutboxRole.Arn"}}
