"""The pages on installing, upgrading and removing, walked one after the other: each command as it stands there, in a shell without Rust."""

import json
import re
import shutil
import subprocess
import time

import cloud
import install_page
import pytest
import released
from application import Application, function_files
from botocore.exceptions import ClientError
from ledger import ending
from shop import made_zip

HOME = cloud.REPOSITORY / ".local/test-release-pages"
MOST_COMMANDS, FOR_THE_SECOND = 6, 4
# A quarter of an hour from an account with something live to its first release, installation included. It is asserted
# as wall time because this time itself is promised, and no other test walks the whole way. The waits of this local cloud
# take a tenth of their time (`released.Account`): those of AWS, which nobody here can measure, come on top.
MOST_SECONDS = 15 * 60
ROLE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
# What the pages call the two releases.
FORMER, NEXT = "1.2.3", "1.2.4"
FUNCTION = "hello-api-prod"

pytestmark = pytest.mark.heavy


def blocks(page):
    return re.findall(r"^```sh\n(.*?)^```$", (cloud.REPOSITORY / f"docs/{page}.md").read_text(), re.MULTILINE | re.DOTALL)


class Reader:
    """Somebody who follows the pages in one shell: what a block sets is there in the next."""

    def __init__(self, account):
        self.account = account
        self.downloads = account.folder / "downloads"
        self.repository = account.folder / "hello"
        self.downloads.mkdir()
        self.kept = account.folder / "kept"
        self.kept.write_text("")
        self.versions = {FORMER: released.version_of()}
        parts = [int(number) for number in self.versions[FORMER].split(".")]
        self.versions[NEXT] = ".".join(str(number) for number in (*parts[:2], parts[2] + 1))

    def localised(self, block):
        """The processor and the command line of this machine; where AWS is; and the releases of this test."""
        for written, version in self.versions.items():
            block = block.replace(written, version)
        block = block.replace("install-arm64", f"install-{released.ARCHITECTURE}").replace("x86_64-unknown-linux-musl", released.COMMAND_LINE)
        return re.sub(r"(deploy\.sh AlertEmail=\S+)", rf"\1 {' '.join(self.account.parameters)}", block)

    def type(self, block, place):
        """Types a block; answers what it printed."""
        keeps = f'\n{{ for name in PATH LEDGER ARTIFACTS LOGS; do [ -z "${{!name:-}}" ] || declare -p $name; done; declare -f; }} > {self.kept}\n'
        return self.account.run(f"source {self.kept}\n{self.localised(block)}{keeps}", place)

    def download(self, written, source):
        """A release comes into the folder of downloads."""
        dist = self.account.folder / f"dist-{written}"
        released.make(dist, source)
        for name in (*(path.name for path in dist.glob("*.tar.gz") if "sbom" not in path.name), "SHA256SUMS"):
            shutil.copy(dist / name, self.downloads)

    def function(self):
        """Returns what callers of the function get."""
        answer = self.account.clients().lambda_.invoke(FunctionName=FUNCTION, Qualifier="live")
        return json.loads(answer["Payload"].read())["version"]

    def make_function(self):
        """Makes what is live before Windlass comes, and the repository that it is built from."""
        aws = self.account.clients()
        role = aws.iam.create_role(RoleName="hello-api", AssumeRolePolicyDocument=json.dumps(ROLE))["Role"]["Arn"]
        code = {"ZipFile": made_zip(function_files("before"))}
        aws.lambda_.create_function(FunctionName=FUNCTION, Runtime="python3.11", Handler="index.handler", Role=role, Timeout=10, Code=code)
        self.repository.mkdir()
        self.git("init", "-q", "-b", "main", ".")
        self.git("remote", "add", "origin", "git@github.com:example/hello.git")
        self.build("1.0.0")

    def git(self, *words):
        who = ["-c", "user.name=ann", "-c", "user.email=ann@example.com"]
        subprocess.run(["git", *who, *words], cwd=self.repository, check=True)

    def build(self, version):
        for path, text in function_files(version).items():
            place = self.repository / "api" / path
            place.parent.mkdir(exist_ok=True)
            place.write_text(text)
        self.git("add", ".")
        self.git("commit", "-qm", version)


@pytest.fixture(scope="module")
def reader(request, tmp_path_factory):
    account = released.Account(HOME, tmp_path_factory.mktemp("reader"))
    # What the application `bark` needs besides.
    account.parameters.append("'SiteBucketArns=arn:aws:s3:::shop-*'")
    yield Reader(account)
    account.close(keep=request.session.testsfailed)


def test_six_commands_to_the_first_release(reader):
    """From the page on installing, in an account with a function."""
    reader.download(FORMER, cloud.REPOSITORY)
    reader.make_function()
    typed = install_page.commands("function")
    installed, applied = typed[: install_page.ONCE], typed[install_page.ONCE :]
    assert len(typed) <= MOST_COMMANDS and len(applied) <= FOR_THE_SECOND
    began = time.monotonic()
    assert "OK" in reader.type(install_page.check(), reader.downloads)
    assert "Successfully created/updated stack" in reader.type("\n".join(installed), reader.downloads)
    reader.aws = reader.account.adapted()
    print(reader.type("\n".join(applied), reader.repository))
    took = time.monotonic() - began
    print(f"{took:.0f} s")
    assert took <= MOST_SECONDS
    assert reader.function() == "1.0.0"


@pytest.fixture(scope="module")
def bark(reader):
    """An application whose deployments are watched until its alarm says something."""
    bark = Application(reader.aws, "shop-bark", "bay")
    bark.make_targets()
    gates = {"bake": "10s", "alarms": ["shop-bark-{environment}-errors"], "unknown": {"becomes": "hold", "for": "10m"}}
    bark.declare(bark.declaration({"bay": {"deploy": {"branch": "main"}}}, gates))
    return bark


def test_an_upgrade_while_a_deployment_runs(reader, bark):
    former, installed, seen = blocks("upgrade")
    elsewhere = released.elsewhere()
    released.set_version(elsewhere, reader.versions[NEXT])
    reader.download(NEXT, elsewhere)
    assert reader.type(former, reader.downloads).strip() == reader.versions[FORMER]
    before = bark.ledger.deployments()
    bark.set_alarm("INSUFFICIENT_DATA")
    bark.release("1.0.0")
    running = bark.deployment_of("1.0.0")
    bark.until("the page", lambda: bark.site("page") == "1.0.0", 60)

    assert "Successfully created/updated stack" in reader.type(installed, reader.downloads)
    assert reader.aws.stack_outputs("windlass") | {"Version": ""} == reader.aws.outputs | {"Version": ""}, "addresses stay"
    assert not ending(bark.ledger.deployment(running["id"])), "it ended before the upgrade"
    assert reader.type(former, reader.downloads).strip() == reader.versions[NEXT]
    printed = reader.type(seen, reader.repository)
    assert f"windlass {reader.versions[NEXT]}" in printed and "all of them work" in printed, printed
    assert re.search(r"^hello +prod +1\.0\.0", printed, re.MULTILINE), printed

    bark.set_alarm("OK")
    assert ending(bark.ended(running["id"])) == "Succeeded"
    assert {found["id"] for found in bark.ledger.deployments()} > {found["id"] for found in before}


def test_deployments_go_on_after_it(reader, bark):
    bark.release("1.1.0")
    assert ending(bark.ended(bark.deployment_of("1.1.0")["id"])) == "Succeeded"
    reader.build("1.1.0")
    (release,) = [line for line in install_page.commands("function") if line.startswith("windlass release")]
    reader.type(release.replace("1.0.0", "1.1.0"), reader.repository)
    assert reader.function() == "1.1.0"
    history = reader.type("windlass history hello prod", reader.repository)
    assert "1.0.0" in history and "1.1.0" in history, history


def test_removing_leaves_what_the_page_says(reader, bark):
    begun, names, policies, stack, *deleting = blocks("remove")
    aws = reader.aws
    assert len(of_windlass(aws)) > 50, "not all is looked at"
    aws.iam.create_role(RoleName="ci-of-shop", AssumeRolePolicyDocument=json.dumps(ROLE))
    aws.iam.attach_role_policy(RoleName="ci-of-shop", PolicyArn=aws.outputs["CiPolicyArn"])
    table, bucket = aws.outputs["TableName"], aws.outputs["ArtifactsBucket"]
    resource = aws.cloudformation.describe_stack_resource(StackName="windlass", LogicalResourceId="AccessLogs")
    logs = resource["StackResourceDetail"]["PhysicalResourceId"]
    assert "shop-bark" in reader.type(begun, reader.repository)
    for block in (names, policies):
        reader.type(block, reader.downloads)
    assert not aws.iam.list_attached_role_policies(RoleName="ci-of-shop")["AttachedPolicies"]
    reader.type(stack, reader.downloads)
    with pytest.raises(ClientError, match="does not exist"):
        aws.cloudformation.describe_stacks(StackName="windlass")
    assert sorted(of_windlass(aws)) == sorted([f"dynamodb {table}", f"s3 {bucket}", f"s3 {logs}"])

    assert (reader.function(), bark.seen()) == ("1.1.0", {"page": "1.1.0", "jobs": "1.1.0"}), "what was deployed runs on"
    assert aws.dynamodb.describe_table(TableName=table)["Table"]["ItemCount"] > 0
    assert aws.s3.list_objects_v2(Bucket=bucket)["KeyCount"] > 0

    for block in deleting:
        reader.type(block, reader.downloads)
    assert of_windlass(aws) == []
    assert (reader.function(), bark.seen()) == ("1.1.0", {"page": "1.1.0", "jobs": "1.1.0"})


def of_windlass(aws):
    """Returns what is named after the stack. A role that the application gives its tasks is the application's."""
    return [name for name in everything(aws) if "windlass" in name.lower() and "windlass-task-" not in name]


def everything(aws):
    """The names of all that an account has of the sorts that the stack makes."""
    listed = [
        ("lambda", "list_functions", "Functions", "FunctionName"),
        ("dynamodb", "list_tables", "TableNames", None),
        ("s3", "list_buckets", "Buckets", "Name"),
        ("stepfunctions", "list_state_machines", "stateMachines", "name"),
        ("sqs", "list_queues", "QueueUrls", None),
        ("sns", "list_topics", "Topics", "TopicArn"),
        ("events", "list_event_buses", "EventBuses", "Name"),
        ("events", "list_rules", "Rules", "Name"),
        ("logs", "describe_log_groups", "logGroups", "logGroupName"),
        ("apigatewayv2", "get_apis", "Items", "Name"),
        ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        ("iam", "list_roles", "Roles", "RoleName"),
        ("iam", "list_policies", "Policies", "PolicyName"),
    ]
    found = []
    for service, operation, member, key in listed:
        answer = getattr(aws.client(service), operation)(**({"Scope": "Local"} if operation == "list_policies" else {}))
        found += [f"{service} {one[key] if key else one}" for one in answer.get(member, [])]
    return found
