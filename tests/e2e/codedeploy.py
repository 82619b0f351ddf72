"""A stand-in for AWS CodeDeploy, which the local cloud does not have: deployment groups of Lambda functions, whose
deployments really move the alias of the local cloud in steps, fail, are stopped and are taken back.

What it is asked, and what it answers, is held against the published service model; `problems` tells what did not fit.

Differs from AWS:
- A minute of a deployment configuration takes `MINUTE_S`, and the least that happens a tenth of a second.
- A hook is a span of time and an end that the test says; no function is invoked.
- Alarms of a group are not watched.
- Names and ids are looked up in one account; who asks is not asked.
"""

import asyncio
import copy
import dataclasses
import hashlib
import json
import time

import yaml
from proxy import Proxy, response
from service_model import ServiceModel

MINUTE_S = 40
EVENTS = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")
OVER = {"Succeeded", "Failed", "Stopped"}
JSON = "application/x-amz-json-1.1"


class Refused(Exception):
    """An error of the service, by its code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Ended(Exception):
    """A deployment ends without success: its status, and the code and words of its error."""

    def __init__(self, status, code, words):
        super().__init__(words)
        self.status, self.code = status, code


@dataclasses.dataclass
class Group:
    """A deployment group, and what happens to its deployments."""

    application: str
    name: str
    # What GetDeploymentConfig tells (TrafficRoutingConfig).
    routing: dict
    rolls_back: bool = True
    revision: dict | None = None
    # The event whose hook fails, and how long a hook takes in seconds.
    fails_at: str | None = None
    hook_s: float = 0.3
    # The seconds after which a deployment is listed.
    listed_after_s: float = 0
    # The number of answers of CreateDeployment that are lost, next.
    lost: int = 0


class Deployment:
    """A deployment as it is told, and how it goes on."""

    def __init__(self, group, number, revision, document, **told):
        self.group = group
        self.document = document
        self.began = time.time()
        self.stopped = asyncio.Event()
        # A rollback was asked for with the stop.
        self.goes_back = False
        # The share of the callers that the new version got, step by step, as the local cloud told it then.
        self.shares = []
        self.statuses = {event: "Pending" for event in EVENTS}
        named = {"applicationName": group.application, "deploymentGroupName": group.name, "deploymentConfigName": f"{group.application}.{group.name}"}
        self.told = named | {"deploymentId": f"d-{number:09}", "status": "Created", "createTime": self.began, "revision": revision, "computePlatform": "Lambda", **told}

    @property
    def id(self):
        return self.told["deploymentId"]

    @property
    def is_over(self):
        return self.told["status"] in OVER

    def properties(self):
        """The function, its alias and the two versions."""
        (resource,) = self.document["Resources"]
        (named,) = resource.values()
        return named["Properties"]

    def hooks(self):
        return {event for hook in self.document.get("Hooks", []) for event in hook}

    def target(self):
        """Its one target, as BatchGetDeploymentTargets tells it."""
        about = self.properties()
        events = [{"lifecycleEventName": name, "status": status} for name, status in self.statuses.items()]
        versions = {"currentVersion": about["CurrentVersion"], "targetVersion": about["TargetVersion"]}
        info = {"functionName": about["Name"], "functionAlias": about["Alias"], **versions}
        target = {"deploymentId": self.id, "targetId": self.target_id(), "status": "InProgress", "lifecycleEvents": events, "lambdaFunctionInfo": info}
        return {"deploymentTargetType": "LambdaTarget", "lambdaTarget": target}

    def target_id(self):
        return f"{self.properties()['Name']}:{self.properties()['Alias']}"

    def end(self, status, error=None):
        self.told |= {"status": status, "completeTime": time.time()}
        if error:
            self.told["errorInformation"] = error


class CodeDeploy(Proxy):
    """The service at an address of its own, over the functions of a local cloud."""

    def __init__(self, aws):
        super().__init__(None)
        self.functions = aws.client("lambda")
        self.model = ServiceModel("codedeploy")
        self.groups = {}
        self.deployments = []
        self.texts = {}
        self.problems = []
        # Whatever goes on: a task that nobody holds may be forgotten.
        self.tasks = set()

    def put(self, group):
        self.groups[group.application, group.name] = group
        return group

    def deployed_last(self, group, document):
        """Registers a document as the last revision of a group, as a person's deployment has left it."""
        group.revision = self.kept(json.dumps(document))

    def of(self, group):
        """The deployments of a group, oldest first."""
        return [found for found in self.deployments if found.group is group]

    # ── asked and answered ──

    async def answer(self, call, writer):
        operation = call.headers.get("x-amz-target", "").removeprefix(f"{self.model.target}.")
        if operation not in self.model.operations:
            self.problems.append(f"{operation} is no operation")
            return
        document = json.loads(call.body or b"{}")
        self.problems += self.model.of_request(operation, document)
        try:
            answered = getattr(self, operation)(**document)
            self.problems += self.model.of_answer(operation, answered)
            status = 200
        except Refused as refused:
            self.problems += self.model.of_error(operation, refused.code)
            status, answered = 400, {"__type": refused.code, "message": str(refused)}
        if operation == "CreateDeployment" and status == 200 and self.is_lost(document):
            return
        writer.write(response(status, JSON, "", json.dumps(answered).encode()))
        await writer.drain()

    def is_lost(self, document):
        group = self.group(document["applicationName"], document["deploymentGroupName"])
        group.lost -= 1
        return group.lost >= 0

    def group(self, application, name):
        if not any(known == application for known, _ in self.groups):
            raise Refused("ApplicationDoesNotExistException", f"No application found for name: {application}")
        found = self.groups.get((application, name))
        if not found:
            raise Refused("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
        return found

    def deployment(self, name):
        found = next((found for found in self.deployments if found.id == name), None)
        if not found:
            raise Refused("DeploymentDoesNotExistException", f"The deployment {name} could not be found")
        return found

    def kept(self, text):
        """Keeps the text of a revision; answers where it is."""
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        self.texts[sha256] = text
        return {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": sha256}}

    # ── the operations, with the members of their requests ──

    def GetDeploymentGroup(self, applicationName, deploymentGroupName):
        group = self.group(applicationName, deploymentGroupName)
        own = self.of(group)
        told = {"applicationName": group.application, "deploymentGroupName": group.name, "computePlatform": "Lambda", "deploymentConfigName": f"{group.application}.{group.name}"}
        events = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"]
        told |= {"autoRollbackConfiguration": {"enabled": group.rolls_back, "events": events if group.rolls_back else []}}
        told |= {"targetRevision": group.revision} if group.revision else {}
        told |= {"lastAttemptedDeployment": last(own[-1])} if own else {}
        return {"deploymentGroupInfo": told}

    def GetDeploymentConfig(self, deploymentConfigName):
        application, _, name = deploymentConfigName.partition(".")
        try:
            routing = self.group(application, name).routing
        except Refused as refused:
            raise Refused("DeploymentConfigDoesNotExistException", str(refused)) from refused
        return {"deploymentConfigInfo": {"deploymentConfigName": deploymentConfigName, "computePlatform": "Lambda", "trafficRoutingConfig": routing}}

    def GetApplicationRevision(self, applicationName, revision):
        sha256 = revision["appSpecContent"]["sha256"]
        if sha256 not in self.texts:
            raise Refused("RevisionDoesNotExistException", "No revision found")
        whole = {"revisionType": "AppSpecContent", "appSpecContent": {"content": self.texts[sha256], "sha256": sha256}}
        return {"applicationName": applicationName, "revision": whole}

    def ListDeployments(self, applicationName, deploymentGroupName, includeOnlyStatuses=None, createTimeRange=None, nextToken=None):
        group = self.group(applicationName, deploymentGroupName)
        first, last = ((createTimeRange or {}).get(name, bound) for name, bound in (("start", 0), ("end", float("inf"))))
        listed = [
            found.id
            for found in self.of(group)
            if time.time() > found.began + group.listed_after_s
            and first <= found.began <= last
            and (includeOnlyStatuses is None or found.told["status"] in includeOnlyStatuses)
        ]
        # One a page: whoever reads no further is caught.
        at = int(nextToken or 0)
        return {"deployments": listed[at : at + 1]} | ({"nextToken": str(at + 1)} if at + 1 < len(listed) else {})

    def GetDeployment(self, deploymentId):
        return {"deploymentInfo": copy.deepcopy(self.deployment(deploymentId).told)}

    def ListDeploymentTargets(self, deploymentId, nextToken=None):
        found = self.deployment(deploymentId)
        if found.told["status"] == "Created":
            raise Refused("DeploymentNotStartedException", f"The deployment {deploymentId} has not started")
        return {"targetIds": [found.target_id()]}

    def BatchGetDeploymentTargets(self, deploymentId, targetIds):
        found = self.deployment(deploymentId)
        if targetIds != [found.target_id()]:
            raise Refused("DeploymentTargetDoesNotExistException", f"{targetIds}")
        return {"deploymentTargets": [found.target()]}

    def CreateDeployment(self, applicationName, deploymentGroupName, revision, description=""):
        group = self.group(applicationName, deploymentGroupName)
        active = next((found for found in self.of(group) if not found.is_over), None)
        if active:
            raise Refused("DeploymentLimitExceededException", f"The Deployment Group '{group.name}' already has an active Deployment '{active.id}'")
        text = revision["appSpecContent"]["content"]
        if hashlib.sha256(text.encode()).hexdigest() != revision["appSpecContent"].get("sha256"):
            raise Refused("InvalidRevisionException", "The SHA-256 is not the content's")
        group.revision = self.kept(text)
        made = Deployment(group, len(self.deployments) + 1, group.revision, yaml.safe_load(text), creator="user", description=description)
        self.deployments.append(made)
        self.begin(self.go(made))
        return {"deploymentId": made.id}

    def StopDeployment(self, deploymentId, autoRollbackEnabled=False):
        found = self.deployment(deploymentId)
        if found.is_over:
            raise Refused("DeploymentAlreadyCompletedException", f"The deployment {deploymentId} has already completed")
        found.goes_back = autoRollbackEnabled
        found.stopped.set()
        return {"status": "Pending", "statusMessage": "The deployment is being stopped"}

    # ── what happens ──

    def begin(self, going):
        task = asyncio.get_running_loop().create_task(going)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def go(self, made):
        """A deployment from its beginning to its end, and to its rollback."""
        await asyncio.sleep(0.3)
        made.told |= {"status": "InProgress", "startTime": time.time()}
        try:
            await self.move(made)
            made.end("Succeeded")
        except Ended as ended:
            made.end(ended.status, {"code": ended.code, "message": str(ended)})
            if made.group.rolls_back or made.goes_back:
                await self.go_back(made)
        except Exception as error:
            self.problems.append(f"{made.id}: {error!r}")
            raise

    async def move(self, made):
        about = made.properties()
        former, next_one = about["CurrentVersion"], about["TargetVersion"]
        if await self.callers(about) != (former, {}):
            raise Ended("Failed", "INVALID_LAMBDA_CONFIGURATION", "The Lambda function alias version does not match the current version in AppSpec file")
        for event in EVENTS:
            made.statuses[event] = "InProgress"
            if event == "AllowTraffic":
                for percent, minutes in steps(made.group.routing):
                    await self.send(about, *((former, {next_one: percent / 100}) if percent < 100 else (next_one, {})))
                    version, weights = await self.callers(about)
                    made.shares.append(weights.get(next_one, 1 if version == next_one else 0))
                    await pause(made, minutes * MINUTE_S)
            elif event in made.hooks():
                await pause(made, made.group.hook_s)
                if event == made.group.fails_at:
                    made.statuses[event] = "Failed"
                    raise Ended("Failed", "HOOK_EXECUTION_FAILURE", f"The hook of {event} said no")
            made.statuses[event] = "Succeeded"

    async def go_back(self, made):
        await asyncio.sleep(0.5)
        back = Deployment(made.group, len(self.deployments) + 1, made.told["revision"], made.document, creator="codeDeployRollback", description="", rollbackInfo={"rollbackTriggeringDeploymentId": made.id})
        self.deployments.append(back)
        made.told["rollbackInfo"] = {"rollbackDeploymentId": back.id, "rollbackMessage": f"Deployment {back.id} takes it back"}
        back.told["status"] = "InProgress"
        await asyncio.sleep(0.5)
        await self.send(back.properties(), back.properties()["CurrentVersion"], {})
        back.end("Succeeded")

    async def callers(self, about):
        """Where the alias sends its callers."""
        alias = await asyncio.to_thread(self.functions.get_alias, FunctionName=about["Name"], Name=about["Alias"])
        return alias["FunctionVersion"], alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    async def send(self, about, version, weights):
        routing = {"AdditionalVersionWeights": weights}
        await asyncio.to_thread(self.functions.update_alias, FunctionName=about["Name"], Name=about["Alias"], FunctionVersion=version, RoutingConfig=routing)


async def pause(made, seconds):
    """Lets time pass, until somebody stops it."""
    try:
        await asyncio.wait_for(made.stopped.wait(), seconds)
    except TimeoutError:
        return
    raise Ended("Stopped", "MANUAL_STOP", "The deployment was stopped by a user")


def steps(routing):
    """The percent of callers that are moved, and for how many minutes, until all are."""
    if routing["type"] == "TimeBasedCanary":
        canary = routing["timeBasedCanary"]
        yield canary["canaryPercentage"], canary["canaryInterval"]
    elif routing["type"] == "TimeBasedLinear":
        linear = routing["timeBasedLinear"]
        for percent in range(linear["linearPercentage"], 100, linear["linearPercentage"]):
            yield percent, linear["linearInterval"]
    yield 100, 0


def last(deployment):
    return {name: deployment.told[name] for name in ("deploymentId", "status", "createTime")}
