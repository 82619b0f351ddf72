"""The chat bot of examples/ from nothing: one release makes what CDK has synthesized, and fills it; the next one, which is broken on purpose,
comes back as one; and a rollback stands in for `cdk deploy` of the former commit."""

import json

import npm_tools
import pytest
import yaml
from application import site_files
from cloud import REPOSITORY
from stacked import Stacked, ended

pytestmark = pytest.mark.heavy

GOOD, ROLLED_BACK = 0, 4
BOT = REPOSITORY / "examples/chat-bot"
ENVIRONMENT, BUCKET = "dev", "service-bot-pages-dev"
CODE = 'def handler(event, context):\n    return {{"statusCode": {status}, "version": "{version}"}}\n'
# What a later commit adds.
TOPIC = "service-bot-news"
NEWS = f"new cdk.aws_sns.Topic(stack, 'News', {{ topicName: '{TOPIC}' }});\n"
END = "app.synth();\n"


class ServiceBot(Stacked):
    """The example in one of its environments, in the folder of a developer."""

    def __init__(self, aws, folder):
        super().__init__(aws, "service-bot", folder, ENVIRONMENT)
        (folder / "node_modules").symlink_to(npm_tools.installed("cdk") / "node_modules")

    def declare_example(self):
        """Declares it with little patience, and without what watches an address: names of distributions do not resolve there."""
        declaration = yaml.safe_load((BOT / "app.yaml").read_text())
        del declaration["gates"], declaration["components"]["frontend"]["url"]
        declaration["components"]["frontend"]["gates"] = {"pages": []}
        declaration["components"]["backend"]["rollout"]["every"] = "2s"
        self.declare(declaration)

    def synthesize(self, environment=ENVIRONMENT, more=""):
        """Leaves the assembly in `cdk.out`, as `cdk synth` does."""
        text = (BOT / "infrastructure/app.ts").read_text()
        assert text.endswith(END)
        (self.folder / "app.ts").write_text(text.removesuffix(END) + more + END)
        options = ("--strict", "--skipLibCheck", "--module", "commonjs", "--target", "es2022", "--types", "node")
        self.run("node_modules/.bin/tsc", *options, "app.ts")
        self.run("node", "app.js", CDK_OUTDIR="cdk.out", CDK_CONTEXT_JSON=json.dumps({"environment": environment}))

    def whole(self, version, more="", status=200):
        """Builds all of it; the backend answers with a status."""
        self.synthesize(more=more)
        backend = {"index.py": CODE.format(status=status, version=version)}
        arguments = self.in_folder(self.folder, version, backend=backend, frontend=site_files("frontend", version))
        return [*arguments, "infra=cdk.out", "--git-ref", "refs/heads/develop"]

    # ── what is seen from outside ──

    def seen(self):
        """The versions of both functions and of the page, and whether the topic is there."""

        def version(function):
            answer = self.aws.lambda_.invoke(FunctionName=f"service-bot-dev-{function}", Qualifier="live", Payload=b"{}")
            return json.loads(answer["Payload"].read())["version"]

        page = self.read("index.html").rpartition(" ")[2]
        topics = [found["TopicArn"].rpartition(":")[2] for found in self.aws.sns.list_topics()["Topics"]]
        return {version("messages"), version("connections"), page}, TOPIC in topics

    def read(self, key):
        return self.aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()


@pytest.fixture(scope="module")
def bot(aws, tmp_path_factory):
    bot = ServiceBot(aws, tmp_path_factory.mktemp("service-bot"))
    bot.declare_example()
    return bot


def test_what_holds_data_is_kept_in_production_and_disposable_elsewhere(bot):
    kept = {}
    for environment in ("dev", "prod"):
        bot.synthesize(environment)
        resources = json.loads((bot.folder / "cdk.out/ServiceBot.template.json").read_text())["Resources"].values()
        kept[environment] = {found["DeletionPolicy"] for found in resources if found["Type"] in ("AWS::DynamoDB::Table", "AWS::S3::Bucket")}
    assert kept == {"dev": {"Delete"}, "prod": {"RetainExceptOnCreate"}}


def test_the_stack_makes_the_alarms_by_which_a_release_is_judged(bot):
    bot.synthesize()
    resources = json.loads((bot.folder / "cdk.out/ServiceBot.template.json").read_text())["Resources"].values()
    made = {found["Properties"]["AlarmName"] for found in resources if found["Type"] == "AWS::CloudWatch::Alarm"}
    gates = yaml.safe_load((BOT / "app.yaml").read_text())["gates"]
    assert made == {name.format(environment=ENVIRONMENT) for name in gates["alarms"]}


def test_one_release_makes_all_of_it(bot):
    ran = bot.release(*bot.whole("1.0.0"))
    assert ended(ran) == (GOOD, "Succeeded", ""), ran
    assert bot.seen() == ({"1.0.0"}, False)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in bot.described()["Outputs"]}
    assert f'"{outputs["SocketUrl"]}"' in bot.read("config.js")


def test_a_release_that_is_broken_on_purpose_comes_back_as_one(bot):
    ran = bot.release(*bot.whole("1.1.0", NEWS, status=500))
    assert ended(ran) == (ROLLED_BACK, "RolledBack", "GateFailed"), ran
    assert bot.seen() == ({"1.0.0"}, False)


def test_a_rollback_stands_in_for_a_deployment_of_the_former_commit(bot):
    ran = bot.release(*bot.whole("1.2.0", NEWS))
    assert (ended(ran), bot.seen()) == ((GOOD, "Succeeded", ""), ({"1.2.0"}, True)), ran
    bot.goes_back()
    assert bot.seen() == ({"1.0.0"}, False)
