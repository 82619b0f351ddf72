"""The templates by AWS's own rules, which the local cloud does not keep; both sides of every condition; what a deployment is made from. No
cloud is needed."""

import itertools
import os
import re
from unittest import mock

import pytest
import yaml
from cloud import REPOSITORY
from install import deploy, idle_cost
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from template import TemplateLoader

TEMPLATES = sorted(path for folder in (".", "examples", "tests/e2e") for path in (REPOSITORY / folder).rglob("*.yaml") if re.search("^Resources:", path.read_text(), re.M) and not {"target", ".local", ".git"} & set(path.relative_to(REPOSITORY).parts))
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md")), *sorted((REPOSITORY / "examples").rglob("*.md"))]
# The property that is the name of a resource whose name is taken while it is there.
NAMES = {"AWS::S3::Bucket": "BucketName", "AWS::DynamoDB::Table": "TableName", "AWS::ECR::Repository": "RepositoryName", "AWS::IAM::Role": "RoleName", "AWS::ECS::TaskDefinition": None}
# An id of AWS's own making, such as a subnet's, which is another one in each account.
FOREIGN_ID = re.compile(r"\b(subnet|sg|vpc|eni|i|ami|rtb|igw)-[0-9a-f]{8,17}\b")

# The functions that the machine calls, each by a version: the conductor, the planner, the judge, and those of each kind.
VERSIONED = 3 + sum(1 for path in (REPOSITORY / "functions").iterdir() if path.name.startswith(("deploy-", "publish-")))


def read(path):
    return yaml.load(path.read_text(), TemplateLoader)


def named(path):
    return path.relative_to(REPOSITORY).as_posix()


every_template = pytest.mark.parametrize("path", TEMPLATES, ids=named)


def problems(document):
    """Returns what AWS would refuse, or what would be in the way of a second try, in a template."""
    found = [f"parameter {name}: a default that exists in no account" for name, given in document.get("Parameters", {}).items() if FOREIGN_ID.search(str(given.get("Default", "")))]
    for name, resource in document["Resources"].items():
        properties = resource.get("Properties", {})
        kept = resource.get("DeletionPolicy", "Delete")
        is_protected = bool(properties.get("DeletionProtectionEnabled"))
        if kept == "Retain" and not is_protected:
            found.append(f"{name}: it is left by a stack that could not be made; write RetainExceptOnCreate")
        if kept == "RetainExceptOnCreate" and is_protected:
            found.append(f"{name}: a stack that could not be made cannot delete what is protected; write Retain")
        if kept != "Delete" and properties.get(NAMES.get(resource["Type"]) or ""):
            found.append(f"{name}: what is kept has a fixed name, which the next stack cannot take")
        code = properties.get("Code")
        if isinstance(code, dict) and "ZipFile" in code and not properties["Handler"].startswith("index."):
            found.append(f"{name}: inline code is stored as index, and the handler is {properties['Handler']}")
        if "ClusterName" not in properties and FOREIGN_ID.search(str(properties)):
            found.append(f"{name}: an id that exists in no account")
    return found


@every_template
def test_a_template_can_be_deployed_into_an_empty_account_and_once_more(path):
    document = read(path)
    # What only the local cloud meets may name a subnet that is nowhere.
    here = "tests" in path.parts
    assert [problem for problem in problems(document) if not (here and "no account" in problem)] == []


def test_each_rule_finds_what_it_is_for():
    bad = {
        "Parameters": {"Subnets": {"Default": "subnet-00000000000000000"}},
        "Resources": {
            "Site": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {"BucketName": "shop-web"}},
            "Orders": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "RetainExceptOnCreate", "Properties": {"DeletionProtectionEnabled": True}},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "app.handler", "Code": {"ZipFile": "…"}}},
            "Service": {"Type": "AWS::ECS::Service", "Properties": {"Subnets": ["subnet-00000000000000000"]}},
        },
    }
    assert len(problems(bad)) == 6


def made_by_iam(document):
    """The capability that CloudFormation asks for before it makes a template's IAM resources; None where it makes none."""
    iam = [found for found in document["Resources"].values() if found["Type"].startswith("AWS::IAM::")]
    has_names = any({"RoleName", "ManagedPolicyName", "UserName", "GroupName"} & set(found.get("Properties", {})) for found in iam)
    return "CAPABILITY_NAMED_IAM" if has_names else "CAPABILITY_IAM" if iam else None


def commands():
    """The commands of all pages that deploy a template of this repository."""
    for page in PAGES:
        for block in re.findall(r"^```(?:sh)?\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
            for command in re.split(r"(?<!\\)\n", block):
                if re.search(r"--template-(file|body)", command):
                    yield page, command.replace("\\\n", " ")


def test_every_command_that_deploys_a_template_names_its_capability():
    found = list(commands())
    assert found, "nothing was looked at"
    for page, command in found:
        (path,) = re.findall(r"--template-(?:file|body)[ =](?:file://)?(\S+)", command)
        wanted = made_by_iam(read(REPOSITORY / path))
        assert wanted is None or f"--capabilities {wanted}" in command, f"{page.name}: {command}"
    # `sam deploy` takes its own from samconfig.toml.
    assert made_by_iam(read(REPOSITORY / "template.yaml")) == "CAPABILITY_IAM"
    assert 'capabilities = "CAPABILITY_IAM"' in (REPOSITORY / "samconfig.toml").read_text()


def test_a_plain_deployment_sets_no_parameter_back():
    assert "parameter_overrides" not in (REPOSITORY / "samconfig.toml").read_text()


def test_no_page_puts_the_tests_command_line_before_the_readers():
    for page in PAGES:
        assert ".local/sam/bin" not in page.read_text(), page.name


# ── conditions ──


class Given:
    """A template's functions for one set of parameters, as far as its conditions and what they choose need them."""

    def __init__(self, document, parameters):
        self.parameters = {name: str(given.get("Default", "")) for name, given in document["Parameters"].items()} | parameters
        self.conditions = document["Conditions"]

    def holds(self, condition):
        return self.value(self.conditions[condition])

    def value(self, node):
        if not isinstance(node, Tagged):
            return node
        if node.tag == "!Ref":
            return self.parameters[node.value]
        if node.tag == "!Equals":
            return self.value(node.value[0]) == self.value(node.value[1])
        if node.tag == "!Not":
            return not self.value(node.value[0])
        if node.tag == "!And":
            return all(self.value(part) for part in node.value)
        raise AssertionError(f"{node.tag} in a condition: neither AWS's documentation nor the local cloud knows it there")


class Tagged:
    """A node with CloudFormation's short form of a function."""

    def __init__(self, tag, value):
        self.tag = tag
        self.value = value


class WithTags(yaml.SafeLoader):
    """Reads the short forms as what they are."""


def tagged(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return Tagged("!" + suffix, loader.construct_scalar(node))
    made = loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else loader.construct_mapping(node, deep=True)
    return Tagged("!" + suffix, made)


WithTags.add_multi_constructor("!", tagged)

# A value of the parameter that turns each condition round, and where the other side of it is tried end to end.
OTHER_SIDES = {
    "HasAlertEmail": ({"AlertEmail": "you@example.com"}, "tests/e2e/test_2_readme.py"),
    "HasEndpoint": ({"AwsEndpointUrl": "http://127.0.0.1:4566"}, "tests/e2e/install.py"),
    "InVpc": ({"VpcSubnetIds": "subnet-1,subnet-2", "VpcSecurityGroupIds": "sg-1"}, "tests/e2e/test_9_in_a_vpc.py"),
    "HasTargetAccounts": ({"TargetAccounts": "222222222222"}, "tests/e2e/test_9_in_a_vpc.py"),
    "HasCiIssuer": ({"CiIssuer": ""}, "tests/e2e/conftest.py"),
    "HasAccessWriters": ({"AccessWriters": "arn:aws:iam::222222222222:role/access"}, "tests/e2e/test_9_in_a_vpc.py"),
    "Protected": ({"DeletionProtection": "false"}, "tests/e2e/install.py"),
    "HasPermissionsBoundary": ({"PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}, "tests/e2e/test_9_in_a_vpc.py"),
    "HasReservedConcurrency": ({"ReservedConcurrency": "10"}, "tests/e2e/test_9_in_a_vpc.py"),
}


def test_both_sides_of_every_condition_are_tried():
    document = yaml.load((REPOSITORY / "template.yaml").read_text(), WithTags)
    assert sorted(document["Conditions"]) == sorted(OTHER_SIDES), "a condition whose other side is not tried"
    for condition, (other, where) in OTHER_SIDES.items():
        sides = {Given(document, parameters).holds(condition) for parameters in ({}, other)}
        assert sides == {True, False}, condition
        tried = (REPOSITORY / where).read_text() + (REPOSITORY / "docs/sample.md").read_text()
        assert all(name in tried for name in other), f"{where} does not try {condition}"


@pytest.mark.parametrize("chosen", list(itertools.product([False, True], repeat=2)), ids=str)
def test_what_a_condition_chooses_is_whole_on_both_sides(chosen):
    """SAM's own translation, as AWS makes it, for each set of parameters."""
    in_vpc, alerts = chosen
    parameters = {"VpcSubnetIds": "subnet-1" if in_vpc else "", "VpcSecurityGroupIds": "sg-1" if in_vpc else "", "AlertEmail": "you@example.com" if alerts else ""}
    given = Given(yaml.load((REPOSITORY / "template.yaml").read_text(), WithTags), parameters)
    made = {name: chosen_of(found, given) for name, found in translated(parameters)["Resources"].items() if "Condition" not in found or given.holds(found["Condition"])}
    assert ("AlertSubscription" in made) is alerts
    functions = {name: found["Properties"] for name, found in made.items() if found["Type"] == "AWS::Lambda::Function"}
    assert {name for name, found in functions.items() if "VpcConfig" in found} == ({"Planner", "Judge"} if in_vpc else set())
    settings = {name: found["Environment"]["Variables"]["WINDLASS_IN_VPC"] for name, found in functions.items()}
    # It asks addresses, and is in no VPC.
    assert settings.pop("DeploySite") == "false"
    assert set(settings.values()) == {str(in_vpc).lower()}
    roles = [str(found["Properties"].get("ManagedPolicyArns")) for found in made.values() if found["Type"] == "AWS::IAM::Role"]
    assert sum("AWSLambdaVPCAccessExecutionRole" in role for role in roles) == (2 if in_vpc else 0)


NO_VALUE = {"Ref": "AWS::NoValue"}


def chosen_of(node, given):
    """A node with what its conditions choose, and without what has no value."""
    if isinstance(node, dict) and set(node) == {"Fn::If"}:
        condition, then, otherwise = node["Fn::If"]
        return chosen_of(then if given.holds(condition) else otherwise, given)
    if isinstance(node, dict) and node != NO_VALUE:
        made = {key: chosen_of(value, given) for key, value in node.items()}
        return {key: value for key, value in made.items() if value != NO_VALUE}
    if isinstance(node, list):
        return [value for value in (chosen_of(value, given) for value in node) if value != NO_VALUE]
    return node


# ── what is deployed ──


def long_forms(node):
    """CloudFormation's short forms written out, as the translator wants them."""
    if isinstance(node, Tagged):
        name = node.tag[1:]
        value = long_forms(node.value)
        if name == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {"Ref" if name == "Ref" else f"Fn::{name}": value}
    if isinstance(node, dict):
        return {key: long_forms(value) for key, value in node.items()}
    return [long_forms(value) for value in node] if isinstance(node, list) else node


def translated(parameters, text=None):
    """The template, or another one's text, as CloudFormation sees it after SAM's translation."""
    document = long_forms(yaml.load(text or (REPOSITORY / "template.yaml").read_text(), WithTags))
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        if "CodeUri" in properties:
            properties["CodeUri"] = f"s3://bucket/{properties['CodeUri']}"
        if "DefinitionUri" in properties:
            properties["DefinitionUri"] = "s3://bucket/release.asl.json"
    defaults = {name: given.get("Default", "") for name, given in document["Parameters"].items()}
    policies = ManagedPolicyLoader(None)
    policies._policy_map = {}
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": "eu-west-1"}):
        return transform(document, {**defaults, **parameters, "AWS::Region": "eu-west-1", "AWS::Partition": "aws"}, policies)


RAW = (REPOSITORY / "template.yaml").read_text()
MORNING, EVENING = "2026-11-20T08:00:00.000000Z", "2026-11-20T20:00:00.000000Z"


def versions(text, **parameters):
    """The logical id of the version of each function that has one; CloudFormation makes one where the id is new."""
    made = translated(parameters, text)["Resources"]
    found = [(resource["Properties"]["FunctionName"]["Ref"], name) for name, resource in made.items() if resource["Type"] == "AWS::Lambda::Version"]
    assert len(dict(found)) == len(found), "one of each function"
    return dict(found)


def test_the_machine_calls_versions_and_each_of_them_is_dated():
    called = set(re.findall(r"^ *\w+Arn: !Ref (\w+)\.Version$", RAW, re.MULTILINE))
    assert len(called) == VERSIONED
    assert set(versions(RAW)) == set(deploy.versioned(RAW)) == called


def test_each_deployment_makes_versions_of_its_own_of_the_same_code():
    """Also where only a parameter changed, of which SAM's translator sees nothing; also after a failed try, whose versions are there still."""
    morning, evening = (versions(deploy.dated(RAW, when)) for when in (MORNING, EVENING))
    assert set(morning) == set(evening) == set(versions(RAW))
    assert not set(morning.values()) & set(evening.values())
    assert versions(deploy.dated(RAW, MORNING)) == morning, "the same copy, translated twice"
    in_vpc = {"VpcSubnetIds": "subnet-1", "VpcSecurityGroupIds": "sg-1", "TargetAccounts": "222222222222"}
    assert not set(versions(deploy.dated(RAW, EVENING), **in_vpc).values()) & set(morning.values())


def test_a_plain_deployment_publishes_what_has_other_code_and_nothing_else():
    before, same, other = (versions(text) for text in (RAW, RAW, RAW.replace("target/lambda/judge/", "target/lambda/judge-2/")))
    assert before == same
    assert {name for name in before if other[name] != before[name]} == {"Judge"}


def test_the_copy_is_the_template_but_for_the_times():
    plain, dated = (long_forms(yaml.load(text, WithTags)) for text in (RAW, deploy.dated(RAW, MORNING)))
    for name in deploy.versioned(RAW):
        described = dated["Resources"][name]["Properties"]
        assert described["Description"] == f"{plain['Resources'][name]['Properties']['Description']} Deployed {MORNING}"
        assert len(described["Description"]) <= deploy.LONGEST_DESCRIPTION
        described["Description"] = plain["Resources"][name]["Properties"]["Description"]
    assert dated == plain
    assert len(RAW.splitlines()) == len(deploy.dated(RAW, MORNING).splitlines())


FUNCTION = "Resources:\n  Judge:\n    Properties:\n      AutoPublishAlias: live\n"


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("Resources: {}\n", "no function has AutoPublishAlias"),
        ("Parameters: {}\n", "no function has AutoPublishAlias"),
        (FUNCTION, "Judge needs a description"),
        (FUNCTION + "      Description: !Sub told at ${Time}\n", "Judge needs a description"),
        (FUNCTION + "      Description: {Ref: Told}\n", "Judge needs a description"),
        (FUNCTION + "      Description: |\n        Judges.\n", "Judge needs a description"),
        (FUNCTION + f"      Description: {'j' * 220}\n", "has 257 characters"),
    ],
)
def test_a_template_that_cannot_be_dated_is_not_deployed(template, wanted):
    with pytest.raises(deploy.NotDeployable) as raised:
        deploy.dated(template, MORNING)
    assert wanted in str(raised.value)


@pytest.mark.parametrize("described", ["'Judges: all'", "'It''s: judged'", '"A \\"judge\\" # of waves"', "two\n        lines"])
def test_a_description_is_dated_however_it_is_written(described):
    text = FUNCTION + f"      Description: {described} # why\n      Timeout: 60\n"
    before, after = (yaml.safe_load(found)["Resources"]["Judge"]["Properties"] for found in (text, deploy.dated(text, MORNING)))
    assert after == before | {"Description": f"{before['Description']} Deployed {MORNING}"}


def test_each_deployment_is_given_a_copy_that_says_when_it_began(tmp_path):
    (tmp_path / "template.yaml").symlink_to(REPOSITORY / "template.yaml")
    for _, path in deploy.functions(tmp_path):
        path.parent.mkdir(parents=True)
        path.write_bytes(ARM)
    stamps = []
    for _ in range(2):
        command = deploy.command(tmp_path, [], "windlass")
        copy = (tmp_path / command[command.index("--template") + 1]).read_text()
        stamps.append(re.findall(r"Deployed (\S+Z)\"$", copy, re.MULTILINE))
    assert [len(times) for times in stamps] == [VERSIONED, VERSIONED]
    first, second = ({*times} for times in stamps)
    assert len(first) == len(second) == 1 and max(first) < min(second)
    assert (tmp_path / "template.yaml").read_text() == RAW, "the template stays as it is"
    assert f"/{deploy.COPY}" in (REPOSITORY / ".gitignore").read_text().splitlines()


def elf(machine):
    return b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + machine.to_bytes(2, "little")


ARM, X86, RISCV = elf(0xB7), elf(0x3E), elf(0xF3)


def test_what_an_idle_windlass_costs_is_documented_as_it_is_computed():
    documented = re.search(r"^\| idle \| (.*) \|$", (REPOSITORY / "docs/cost.md").read_text(), re.MULTILINE)[1]
    lines = idle_cost.lines()
    assert f"${idle_cost.total():.2f} a month" in documented
    assert f"${lines['1 dashboard']:.2f} is the dashboard" in documented and f"${lines['6 alarms']:.2f} the alarms" in documented
    assert all(dollars > 0 for dollars in lines.values()), lines


def test_what_is_for_aws_and_what_is_for_this_machine_have_folders_of_their_own():
    made = (REPOSITORY / "Makefile").read_text()
    rules = {name: recipe for name, recipe in re.findall(r"^([a-z-]+):(?!=)[^\n]*\n((?:(?:\t|ifndef|endif)[^\n]*\n)+)", made, re.MULTILINE)}
    assert "--lambda-dir target/local" in rules["build"] and "--lambda-dir target/lambda" in rules["build-aws"]
    elsewhere = [name for name, block in rules.items() if re.search(r"^\t.*target/lambda", block, re.MULTILINE)]
    assert elsewhere == ["build-aws"]
