"""Least privilege: each function's role allows what its binary can ask AWS for, and nothing else.

What a binary can ask for is read from the binary itself: the linker leaves out every operation of the SDK that nothing
in it reaches, and the input of each one that stays carries its name (decision 0140). So an action that nobody
calls is found, and a call without an action. shared/aws/permissions says which actions an operation needs, a file
for each adapter (Service Authorization Reference; the operation's page where another is named), and one for each service
that has no client of the SDK's: such an operation stands with the service's name and version, as a literal of the code.
"""

import functools
import itertools
import pathlib
import re

import install
import pytest
import yaml
from cloud import REPOSITORY
from template import actions, as_list, resources

ADAPTERS = REPOSITORY / "shared/aws"
NEEDS = {operation: needs for path in sorted((ADAPTERS / "permissions").iterdir()) for operation, needs in yaml.safe_load(path.read_text()).items()}
# What is called without a client of the SDK's stands with the name of its service and the version, as the code has it.
LITERAL = r"(?:\w+\d{8}|AmazonSQS)\.[A-Z]\w+"
BY_LITERAL = {operation for operation in NEEDS if re.fullmatch(LITERAL, operation)}
TEMPLATES = [REPOSITORY / "template.yaml", REPOSITORY / "examples/target-role.yaml"]
RESOURCES, TARGET_ROLE = (resources(path) for path in TEMPLATES)
FUNCTIONS = {name: found["Properties"] for name, found in RESOURCES.items() if found["Type"] == "AWS::Serverless::Function"}
# Every function writes its log and its traces.
EVERY = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
TARGET_POLICIES = [*TARGET_ROLE["Role"]["Properties"]["Policies"], TARGET_ROLE["ChangeStacks"]["Properties"]]
TARGET_ACTIONS = {action for policy in TARGET_POLICIES for action in actions(policy["PolicyDocument"]["Statement"])}
# The services that targets live in, or that keep the keys of a target's objects: whoever calls one of them also reaches targets in other
# accounts. Functions that know no target call these four, too.
TARGETS = {action.partition(":")[0] for action in TARGET_ACTIONS} - {"ecr", "iam", "logs", "s3"}
# Every sort of write that DynamoDB knows, alone or in a transaction: a binary has the action of each write that it makes by name.
WRITES = {f"dynamodb:{write}" for write in ("PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem", "BatchWriteItem")}
# What a statement is about, and where that is a pattern: written here, or given by who installs.
RESOURCE = re.compile(r"\bResource:(.*?)(?=\n *[A-Z][A-Za-z]+:|\Z)", re.DOTALL)
PATTERN = re.compile(r"\*|AssetBucketArns|SiteBucketArns|StackRoleArns|TargetRoles|TaskRoleArns")
# What Lambda does with a function's role where an event source calls it (AWS Lambda Developer Guide, "Using Lambda with …").
BY_SOURCE = {
    "sqs": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "stream": {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"},
}


@functools.cache
def operations(function):
    """The operations that a function's binary can call."""
    # One whose name several services use stands with its service's, as the SDK names it in its spans.
    return {operation for operation in NEEDS if (operation if "." in operation else f"{operation}Input").encode() in binary(function)}


def writes(function):
    """The actions of the writes to the ledger that a function's binary makes."""
    return {action for action in WRITES if action.encode() in binary(function)}


@functools.cache
def binary(function):
    return (install.BUILT / pathlib.Path(FUNCTIONS[function]["CodeUri"]).name / "bootstrap").read_bytes()


def needed(function):
    """The actions that a function needs: for its calls, and for what Lambda does with its role."""
    found = EVERY | writes(function) | {action for operation in operations(function) for action in NEEDS[operation]}
    # What is published is written to a target as well, also where only S3 is asked.
    if function.startswith("Publish") or any(action.partition(":")[0] in TARGETS for action in found):
        found |= {"sts:AssumeRole"}
    for resource in RESOURCES.values():
        if resource.get("Properties", {}).get("FunctionName") != function:
            continue
        if resource["Type"] == "AWS::Lambda::EventSourceMapping":
            found |= BY_SOURCE["stream" if "Stream" in resource["Properties"]["EventSourceArn"] else "sqs"]
        if "OnFailure" in resource["Properties"].get("DestinationConfig", {}):
            found |= {"sqs:SendMessage"}
    return found


def allowed(function):
    """The actions that a function's role allows. What a VPC needs is AWS's own managed policy."""
    role = RESOURCES[FUNCTIONS[function]["Role"].removesuffix(".Arn")]["Properties"]
    documents = [policy["PolicyDocument"] for policy in role.get("Policies", [])]
    documents += [RESOURCES[name]["Properties"]["PolicyDocument"] for name in role.get("ManagedPolicyArns", []) if isinstance(name, str)]
    return {action for document in documents for action in actions(document["Statement"])}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_what_its_function_calls_and_nothing_else(function):
    needs, allows = needed(function), allowed(function)
    assert sorted(needs - allows) == [], "calls without an action"
    assert sorted(allows - needs) == [], "actions that nobody calls"


def test_the_role_in_targets_accounts_allows_what_is_called_there_and_nothing_else():
    """Every call to a target may be one to another account; the ledger, the machine and the ways out are at home."""
    at_home = {"dynamodb", "states", "events", "sns", "xray", "sqs", "sts"}
    abroad = [function for function in FUNCTIONS if "sts:AssumeRole" in needed(function)]
    needs = {action for function in abroad for action in needed(function) - EVERY if action.partition(":")[0] not in at_home}
    assert sorted(needs ^ TARGET_ACTIONS) == []


def test_every_operation_of_the_adapters_is_listed_and_every_listed_one_is_called():
    sources = "\n".join(path.read_text() for path in sorted((ADAPTERS / "src").rglob("*.rs")))
    named = set(re.findall(r"(?:or_fault|or_none|fault|single)\([^)]*?\"([A-Z][A-Za-z0-9]+)\"", sources))
    listed = {operation.rpartition(".")[2] for operation in NEEDS.keys() - BY_LITERAL}
    assert sorted(named - listed) == [], "called, and not listed"
    snake = {operation: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower() for operation in listed}
    assert sorted(operation for operation, call in snake.items() if f".{call}()" not in sources) == [], "listed, and not called"


def test_every_operation_without_a_client_is_listed_and_every_listed_one_is_called():
    sources = [*sorted((REPOSITORY / "shared/engine/src").rglob("*.rs")), ADAPTERS / "src/iam.rs"]
    text = "\n".join(path.read_text() for path in sources)
    assert set(re.findall(f'"({LITERAL})"', text)) == BY_LITERAL


def test_some_operations_are_found_in_no_binary_and_none_in_every_one():
    """The sharpness of the tool itself: if the linker kept everything, or names were gone, this would fail."""
    found = {function: operations(function) for function in FUNCTIONS}
    assert "UpdateAlias" in found["DeployLambda"] and "UpdateAlias" not in set.union(*(found[name] for name in FUNCTIONS if name != "DeployLambda"))
    assert found["Outbox"] & {"PutEvents", "Publish"} == {"PutEvents", "Publish"}
    written = {function: {action.removeprefix("dynamodb:") for action in writes(function)} for function in FUNCTIONS}
    assert written["Conductor"] == {"PutItem", "DeleteItem", "ConditionCheckItem"}
    assert written["Judge"] == {"PutItem", "ConditionCheckItem"}
    assert written["ApiFunction"] == {"PutItem"}, "it notes what it starts"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_resource_that_is_a_pattern_says_why(path):
    """Everything, every function, every key of a folder, …: a comment before the statement cites why it is no narrower, also where a
    condition narrows it to what is tagged."""
    found = [(number, comment) for number, comment, statement in statements(path) if is_wide(statement)]
    assert found, "nothing was looked at"
    assert [number for number, comment in found if not re.search(r"Reference|Guide", comment)] == [], f"lines of {path.name}"


def test_a_policy_that_aws_wrote_says_why():
    """Its content is not read here, and is for all resources: a comment before it cites why there is nothing narrower."""
    lines = TEMPLATES[0].read_text().splitlines()
    found = [start for start, line in enumerate(lines) if ":iam::aws:policy/" in line]
    assert found, "nothing was looked at"
    assert [start + 1 for start in found if not re.search(r"Reference|Guide", comment_before(lines, start))] == [], "lines"


def is_wide(statement):
    named = RESOURCE.search(statement)
    return named and PATTERN.search(named[1])


def test_nobody_may_read_or_write_all_of_the_artifacts_bucket():
    """Uploads lie under access, apps, artifacts, plans and releases, and what Windlass keeps for itself under windlass."""
    for name, found in RESOURCES.items():
        if found["Type"] == "AWS::IAM::Role":
            for policy in found["Properties"].get("Policies", []):
                named = [key for statement in policy["PolicyDocument"]["Statement"] for key in as_list(statement["Resource"])]
                keys = [key for key in named if "Artifacts.Arn}/" in key]
                assert [key for key in keys if not re.match(r"\$\{Artifacts\.Arn\}/(access|apps|artifacts|plans|releases|windlass/[a-z]+)/", key)] == [], name


def statements(path):
    """Each statement that allows something: its line, the comment before it, and its own lines."""
    lines = path.read_text().splitlines()
    for start, line in enumerate(lines):
        if line.lstrip().startswith(("- Effect:", "- Sid:")) and "Effect: Deny" not in line + lines[start + 1]:
            within = itertools.takewhile(lambda text: indent(text) > indent(line), lines[start + 1 :])
            yield start + 1, comment_before(lines, start), "\n".join([line.replace("- ", "  ", 1), *within])


def comment_before(lines, start):
    before = itertools.takewhile(lambda text: text.lstrip().startswith("#"), reversed(lines[:start]))
    return " ".join(before)


def indent(line):
    return len(line) - len(line.lstrip())


def test_no_function_may_do_everything():
    for name, found in RESOURCES.items():
        if found["Type"] in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
            policies = found["Properties"].get("Policies", []) if found["Type"] == "AWS::IAM::Role" else [found["Properties"]]
            for statement in (statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]):
                assert not any("*" in action for action in as_list(statement["Action"])), name


def test_no_function_has_a_broken_variant_of_the_product():
    """The variants of the simulation are edits of a copy of the tree, and none is in what is installed."""
    texts = [path.read_text() for path in sorted((REPOSITORY / "tests/simulate/src/variants").glob("*.rs"))]
    names = [name for text in texts for name in re.findall(r'^ {8}name: "(\w+)",$', text, re.MULTILINE)]
    assert len(names) == sum(text.count("\n    Variant {\n") for text in texts) > 0
    built = {path.parent.name: path.read_bytes() for path in install.BUILT.glob("*/bootstrap")}
    assert {pathlib.Path(function["CodeUri"]).name for function in FUNCTIONS.values()} <= set(built)
    assert [(function, name) for function, code in sorted(built.items()) for name in names if name.encode() in code] == []
