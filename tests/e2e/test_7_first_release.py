"""The way to the first release, docs/install.md, typed as it stands there by a developer in whose account the thing lives already. The
commands are counted, and the page says how many they are; the time is printed, and must stay below ten minutes.

Most of the time is the minutes for which a release is watched, so all of it runs side by side. Commands in the test and on the page,
compared as texts, would be two lists, and the shell of neither. The two commands of the installation are compared with those of
docs/install.md, which test_8_release_pages.py types. The address of a distribution resolves nowhere here, so `init` is given another one.
"""

import concurrent.futures
import json
import re
import time

import install_page
import pytest
from application import Application, function_files, site_files
from bundles import Bundles
from newcomer import Newcomer
from shop import made_zip

ENVIRONMENT = "prod"
# The seconds of the whole way, in which most commands wait for the local cloud and not for a person.
LONGEST = 600
MOST = {"first": 6, "next": 4}
WORDS = {3: "three", 4: "four", 5: "five", 6: "six"}
RUNS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
BEFORE = "before windlass"
GOOD, UNREACHABLE = 0, 6


def commands(kind):
    """The commands for the first application of a kind, and for the next one, which has a name of its own."""
    _, (first, following) = PAGES[kind]
    typed = install_page.commands(kind)
    return {"first": typed, "next": [re.sub(rf"\b{first}\b", following, line) for line in typed[install_page.ONCE :]]}


class WithFunction(Newcomer, Application):
    """A function that answers, without tags and without an alias."""

    def make_targets(self):
        name = f"{self.app}-api-{self.environment}"
        role = self.aws.iam.create_role(RoleName=f"{self.app}-api", AssumeRolePolicyDocument=json.dumps(RUNS))["Role"]["Arn"]
        code = {"ZipFile": made_zip(function_files(BEFORE))}
        self.aws.lambda_.create_function(FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=role, Timeout=10, Code=code)

    def files(self):
        return {f"api/{path}": content for path, content in function_files("1.0.0").items()}

    def seen(self):
        return self.function("api", "live")

    def before(self):
        return self.function("api")


class WithService(Newcomer, Application):
    """A service that runs, without tags, and an image of the release."""

    def make_targets(self):
        cluster = f"{self.app}-{self.environment}"
        role = self.aws.iam.create_role(RoleName=f"windlass-task-{self.app}", AssumeRolePolicyDocument=json.dumps(RUNS))["Role"]["Arn"]
        logs = {"logDriver": "awslogs", "options": {"awslogs-group": f"/{self.app}", "awslogs-region": self.aws.region, "awslogs-stream-prefix": "agent"}}
        container = {"name": "agent", "image": "public.ecr.aws/nginx/nginx:stable", "essential": True, "logConfiguration": logs}
        ecs = self.aws.ecs
        ecs.create_cluster(clusterName=cluster)
        ecs.register_task_definition(
            family=f"{self.app}-agent", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512", executionRoleArn=role, containerDefinitions=[container]
        )
        network = {"awsvpcConfiguration": {"subnets": ["subnet-00000000000000000"], "assignPublicIp": "ENABLED"}}
        ecs.create_service(
            cluster=cluster, serviceName="agent", taskDefinition=f"{self.app}-agent", desiredCount=1, launchType="FARGATE", networkConfiguration=network
        )
        self.aws.ecr.create_repository(repositoryName=f"{self.app}/agent")
        self.digest = self.shop.push_image("1.0.0", repository=f"{self.app}/agent", content=f"{self.app} 1.0.0")
        self.until("a steady service", self.running_digest)
        self.former = self.tasks()

    def tasks(self):
        """The ids of the tasks that run."""
        found = self.aws.ecs.list_tasks(cluster=f"{self.app}-{self.environment}", serviceName="agent", desiredStatus="RUNNING")["taskArns"]
        return {arn.rpartition("/")[2] for arn in found}

    def files(self):
        return {"agent/Dockerfile": "FROM public.ecr.aws/docker/library/python:3.13\nCMD python -m agent\n", "agent/agent.py": "print('tick')\n"}

    def seen(self):
        return "1.0.0" if self.running_digest() == self.digest else "another"

    def before(self):
        return BEFORE if self.running_digest() != self.digest else "1.0.0"


class WithSite(Newcomer, Bundles):
    """A site that is served, without tags and without versioning."""

    def __init__(self, aws, app, environment):
        super().__init__(aws, "in-place", {})
        self.app, self.environment, self.bucket = app, environment, f"{app}-pages-{environment}"

    def make_targets(self):
        s3 = self.aws.s3
        s3.create_bucket(Bucket=self.bucket)
        s3.put_object(Bucket=self.bucket, Key="index.html", Body=BEFORE.encode(), ContentType="text/html")
        distribution = self.make_distribution(self.bucket, [])
        reads = {"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{self.bucket}/*"}
        s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [reads]}))
        # The domain of a distribution resolves nowhere on this machine.
        self.url = self.shop.make_visitor(f"{self.app}-visitor", distribution["DomainName"])

    def files(self):
        return {
            "web/package.json": json.dumps({"scripts": {"build": "vite build"}, "dependencies": {"vite": "^7.1.0"}}),
            "web/package-lock.json": "{}",
            "web/index.html": "<!doctype html>",
            **{f"web/dist/{path}": content for path, content in site_files("web", "1.0.0").items()},
        }

    def page(self):
        return self.aws.s3.get_object(Bucket=self.bucket, Key="index.html")["Body"].read().decode()

    def seen(self):
        return self.page().rpartition(" ")[2]

    def before(self):
        return self.page()

    def type(self, command):
        return super().type(command.replace("windlass init --yes", f"windlass init --yes --answer web.url={self.url}"))


PAGES = {"function": (WithFunction, ["hello", "greet"]), "service": (WithService, ["ticker", "clock"]), "site": (WithSite, ["notes", "poems"])}


def installs(command):
    """Returns whether a command installs a release. Windlass is installed before the tests begin, and test_8_release_pages.py types these
    commands with a release."""
    return command.startswith(("for archive in windlass-", "./windlass-1.2.3-install-arm64/deploy.sh AlertEmail=you@example.com"))


def typed(developer, lines):
    """Types all commands; answers who did, how many they were, and the seconds."""
    began = time.monotonic()
    for command in lines:
        if installs(command):
            developer.commands.append(command)
        else:
            developer.type(command)
    return developer, len(developer.commands), time.monotonic() - began


@pytest.fixture(scope="module")
def outcomes(aws, tmp_path_factory):
    """Returns what came of each part of each page."""
    developers = {}
    for page, (living, apps) in PAGES.items():
        for part, app in zip(MOST, apps):
            developer = living(aws, app, ENVIRONMENT)
            developer.folder = tmp_path_factory.mktemp("account") / app
            developer.folder.mkdir()
            developer.make_targets()
            developer.make_repository(developer.files())
            developer.make_developer()
            assert developer.before() == BEFORE
            developers[page, part] = developer
    with concurrent.futures.ThreadPoolExecutor() as pool:
        begun = {named: pool.submit(typed, developer, commands(named[0])[named[1]]) for named, developer in developers.items()}
        return {named: done.exception() or done.result() for named, done in begun.items()}


@pytest.mark.heavy
@pytest.mark.parametrize("part", MOST)
@pytest.mark.parametrize("page", PAGES)
def test_a_tutorial_goes_from_what_lives_to_its_release(outcomes, page, part):
    came = outcomes[page, part]
    if isinstance(came, BaseException):
        raise came
    developer, count, seconds = came
    print(f"{page}, {part} application: {count} commands, {seconds:.0f} s")
    assert developer.seen() == "1.0.0"
    assert count <= MOST[part]
    assert seconds <= LONGEST, "a page promises ten minutes"


@pytest.mark.parametrize("page", PAGES)
def test_the_page_says_how_many_commands_it_takes(page):
    first, following = (len(one) for one in commands(page).values())
    said = " ".join(install_page.text().split())
    assert f"**{WORDS[first]} commands** deploy the first release" in said
    assert f"next application takes **{WORDS[following]}**" in said
    assert [number for number, _ in install_page.steps()] == [str(number) for number in range(1, first + 1)]
    assert sum(installs(command) for command in commands(page)["first"]) == install_page.ONCE
    assert f"commands of steps {install_page.ONCE + 1} to {first}" in said


@pytest.mark.heavy
def test_windlass_logs_shows_what_the_new_version_of_a_function_wrote(outcomes):
    hello, _, _ = outcomes["function", "first"]
    refused = hello.windlass.run("logs", "hello", "prod", "--since", "10m")
    assert refused.status == UNREACHABLE and "Allow yourself `lambda:GetFunctionConfiguration`" in refused.err, refused
    hello.let_read_logs()
    for qualifier in ("1", "live"):
        hello.aws.lambda_.invoke(FunctionName="hello-api-prod", Qualifier=qualifier)
    lines = hello.windlass.json("logs", "hello", "prod", "--since", "10m").document["lines"]
    assert lines and all("[2]" in line["stream"] and line["component"] == "api" for line in lines), lines
    assert any("Version: 2" in line["text"] for line in lines), lines
    words = hello.windlass.run("logs", "hello", "prod", "1.0.0", "--since", "10m")
    assert words.status == GOOD and "Version: 2" in words.out and "Version: 1" not in words.out, words
    # Nobody has called it before the deployment ended.
    silent = hello.windlass.run("logs", "hello", "prod")
    assert silent.status == GOOD and "no log lines from" in silent.out, silent


@pytest.mark.heavy
def test_windlass_logs_shows_what_the_new_tasks_of_a_service_wrote(outcomes):
    ticker, _, _ = outcomes["service", "first"]
    ticker.let_read_logs()
    logs = ticker.client("logs")
    logs.create_log_group(logGroupName="/ticker")
    new = ticker.tasks()
    assert not new & ticker.former
    for task, text in [*((task, "of the former task") for task in ticker.former), *((task, "of the new task") for task in new)]:
        logs.create_log_stream(logGroupName="/ticker", logStreamName=f"agent/agent/{task}")
        event = {"timestamp": int(time.time() * 1000), "message": text}
        logs.put_log_events(logGroupName="/ticker", logStreamName=f"agent/agent/{task}", logEvents=[event])
    shown = ticker.windlass.run("logs", "ticker", "prod", "--since", "10m")
    assert shown.status == GOOD and "agent of the new task" in shown.out and "former" not in shown.out, shown


@pytest.mark.heavy
def test_windlass_logs_says_that_a_site_has_none(outcomes):
    notes, _, _ = outcomes["site", "first"]
    shown = notes.windlass.run("logs", "notes", "prod")
    assert shown.status == GOOD and "web has no log lines: a site has files" in shown.err, shown
