"""The local cloud with Windlass installed, the functions as they are on AWS, and the application `yard` to release."""

import contextlib
import json
import os
import subprocess
import time

import cloud
import install
import targets
import yaml
from aws import Aws
from figures import REPOSITORY
from shop import Shop

APP = "yard"
HOME = REPOSITORY / ".local/bench"
IMAGES = "yard/agent"
ENDS_WITHIN_S = 900
LOOK_EVERY_S = 0.05


@contextlib.contextmanager
def installed(**more):
    """Windlass on a local cloud of its own, whose functions have `more` in their environment; gone afterwards. Waits take as long as on AWS."""
    cloud.down(HOME)
    cloud.up(HOME, 0, 1, more=more)
    try:
        install.install(HOME, HOME / "outputs.json")
        yield Yard(Aws.from_file(HOME / "outputs.json"))
    finally:
        cloud.remove(HOME)


class Yard:
    """The application, with environments that are all alike."""

    def __init__(self, aws):
        self.aws = aws
        self.shop = Shop(aws)
        self.machine = aws.outputs["ReleaseMachineArn"]

    def declare(self, environments, components, app=APP, artifacts=None):
        """Puts the declaration in force: without gates and bakes, because the peers have none.

        `artifacts` is the store that the functions read, where it is another than the one that announces an upload to them.
        """
        document = yaml.safe_dump({"app": app, "version": "1.0.0", "environments": environments, "components": components}, sort_keys=False)
        place = {"Bucket": self.aws.outputs["ArtifactsBucket"], "Key": f"apps/{app}/app.yaml"}
        if artifacts:
            artifacts.put_object(**place, Body=document.encode())
        self.shop.upload(place["Key"], document.encode())
        key = {"pk": {"S": f"app#{app}"}, "sk": {"S": "declaration"}}
        until("the declaration in force", lambda: "Item" in self.aws.dynamodb.get_item(TableName=self.aws.outputs["TableName"], Key=key), 30)

    def start(self, app=APP, **request):
        """Starts an execution; answers its ARN."""
        return self.aws.stepfunctions.start_execution(stateMachineArn=self.machine, input=json.dumps({"app": app, **request}))["executionArn"]

    def ended(self, execution):
        """Waits for the end of an execution; it must be a success."""
        found = until(f"the end of {execution}", lambda: self._if_ended(execution), ENDS_WITHIN_S)
        assert found["status"] == "SUCCEEDED", found.get("cause") or found
        return found

    def _if_ended(self, execution):
        found = self.aws.stepfunctions.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    def seconds_in(self, execution):
        """Returns how long an execution was in each state, with the waits before its retries, in the order of the states.

        Of what is within a Map the local cloud's history shows nothing.
        """
        pages = self.aws.stepfunctions.get_paginator("get_execution_history").paginate(executionArn=execution)
        seconds, entered = {}, {}
        for event in (event for page in pages for event in page["events"]):
            if event["type"].endswith("StateEntered"):
                entered[event["stateEnteredEventDetails"]["name"]] = event["timestamp"]
            elif event["type"].endswith("StateExited"):
                name = event["stateExitedEventDetails"]["name"]
                seconds[name] = seconds.get(name, 0.0) + (event["timestamp"] - entered[name]).total_seconds()
        return seconds

    def worked_in(self, execution):
        """Returns how long the functions themselves worked while an execution ran, in seconds, by their log lines: what else it took is the local cloud's.

        Only where nothing else runs at the same time.
        """
        described = self.aws.stepfunctions.describe_execution(executionArn=execution)
        within = {"startTime": int(described["startDate"].timestamp() * 1000), "endTime": int(described["stopDate"].timestamp() * 1000) + 1}
        seconds = {}
        prefix = "/aws/lambda/windlass-"
        for group in (found["logGroupName"] for found in self.aws.logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]):
            pages = self.aws.logs.get_paginator("filter_log_events").paginate(logGroupName=group, **within)
            lines = (json.loads(event["message"]) for page in pages for event in page["events"] if '"ms":' in event["message"])
            worked = sum(line["ms"] for line in lines if "ms" in line)
            name = group.removeprefix(prefix)
            seconds[name] = seconds.get(name, 0.0) + worked / 1000
        return seconds

    def push_image(self, version):
        """Pushes an image; answers how a task definition names it."""
        digest = self.shop.push_image(version, IMAGES)
        return f"000000000000.dkr.ecr.{self.aws.region}.amazonaws.com/{IMAGES}@{digest}"

    def command_line(self):
        """The environment of a shell in which the AWS command line reaches the local cloud."""
        return {
            "PATH": f"{REPOSITORY / '.local/sam/bin'}:{os.environ['PATH']}",
            "HOME": str(HOME),
            "AWS_ENDPOINT_URL": self.aws.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": self.aws.region,
            "AWS_PAGER": "",
        }

    def run(self, *command):
        """Runs a command there; what it says is shown where it fails."""
        done = subprocess.run([str(part) for part in command], env=self.command_line(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"

    def make_environment(self, name):
        """Bucket, distribution, function and service of an environment; answers its distribution's id and domain."""
        targets.make_bucket(self.aws.s3, f"yard-web-{name}", name)
        self.aws.s3.put_object(Bucket=f"yard-web-{name}", Key="index.html", Body=b"before", ContentType="text/html; charset=utf-8", CacheControl="no-cache")
        targets.make_function(self.aws, f"yard-api-{name}", name)
        targets.make_service(self.aws, f"yard-{name}", self.push_image("before"), name)
        return targets.make_distribution(self.aws, f"yard-web-{name}", name)

    def live_code(self, name):
        """The hash of the code behind the alias."""
        return self.aws.lambda_.get_function_configuration(FunctionName=f"yard-api-{name}", Qualifier="live")["CodeSha256"]

    def folder_served(self, distribution):
        """The folder of its bucket that a distribution serves: empty, or with a slash at its end."""
        config = self.aws.cloudfront.get_distribution_config(Id=distribution)["DistributionConfig"]
        path = config["Origins"]["Items"][0].get("OriginPath", "").strip("/")
        return path and f"{path}/"

    def running_image(self, name):
        """The image of the task definition that the service runs, once it is steady."""
        service = self.aws.ecs.describe_services(cluster=f"yard-{name}", services=["agent"])["services"][0]
        assert len(service["deployments"]) == 1 and service["runningCount"] == service["desiredCount"], service
        definition = self.aws.ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        return definition["containerDefinitions"][0]["image"].partition("@")[2]


def until(what, look, within_s):
    """Looks again and again until there is something to see; answers it."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what}: not seen within {within_s} s"
        time.sleep(LOOK_EVERY_S)
    return found
