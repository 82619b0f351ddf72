"""A stand-in for AWS CodeDeploy, which the local cloud does not have: deployment groups of Lambda functions, whose deployments really move
the alias of the local cloud in steps (deployed_function.py), and of ECS services, whose deployments really start task sets and move the
traffic to them (deployed_service.py). They fail, are stopped and are taken back.

What it is asked, and what it answers, is held against the published service model; `problems` lists what did not fit.

Differs from AWS:
- A minute of a group's or a configuration's settings takes `minute_s`, and the least that happens a tenth of a second.
- A hook is a span of time and an end that the test says; no function is invoked.
- Names and ids are looked up in one account; who asks is asked only where there is a guard (assumed_role_guard.py).
"""

import asyncio
import hashlib
import json
import time

import yaml
from deployed import ALL_AT_ONCE, Ended, Refused, last
from proxy import Proxy, response
from service_model import ServiceModel

JSON = "application/x-amz-json-1.1"
# Some of the configurations that every account has.
OWN = {"CodeDeployDefault.ECSAllAtOnce": ("ECS", ALL_AT_ONCE), "CodeDeployDefault.LambdaAllAtOnce": ("Lambda", ALL_AT_ONCE)}


class CodeDeploy(Proxy):
    """The service at an address of its own, over the functions of a local cloud."""

    def __init__(self, aws, services=None):
        super().__init__(None)
        self.functions = aws.client("lambda")
        self.alarms = aws.client("cloudwatch")
        # The stand-in for ECS (ecs_standin.py), where groups deploy services; it answers at the same address.
        self.services = services
        self.model = ServiceModel("codedeploy")
        self.groups = {}
        self.deployments = []
        self.texts = {}
        self.problems = []
        # Who may ask (assumed_role_guard.py); everybody where there is none.
        self.guard = None
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
        service, _, operation = call.headers.get("x-amz-target", "").rpartition(".")
        if self.services and service != self.model.target:
            return await self.services.answer(call, writer)
        if operation not in self.model.operations:
            self.problems.append(f"{operation} is no operation")
            return None
        document = json.loads(call.body or b"{}")
        self.problems += self.model.of_request(operation, document)
        try:
            await asyncio.to_thread(self.let_in, call, operation, document)
            answered = getattr(self, operation)(**document)
            self.problems += self.model.of_answer(operation, answered)
            status = 200
        except Refused as refused:
            self.problems += self.model.of_error(operation, refused.code)
            status, answered = 400, {"__type": refused.code, "message": str(refused)}
        if status == 200 and self.is_lost(operation, document):
            return None
        writer.write(response(status, JSON, "", json.dumps(answered).encode()))
        return await writer.drain()

    def let_in(self, call, operation, document):
        refused = self.guard and self.guard.refuses(call, "codedeploy", operation, document)
        if refused:
            raise Refused("AccessDeniedException", refused)

    def is_lost(self, operation, document):
        of = self.deployment(document["deploymentId"]).group if "deploymentId" in document else None
        losing = [group for group in self.groups.values() if operation in group.lost]
        for group in losing:
            if group is of or group.name == document.get("deploymentGroupName"):
                group.lost.remove(operation)
                return True
        return False

    def group(self, application, name):
        if not any(known == application for known, _ in self.groups):
            raise Refused("ApplicationDoesNotExistException", f"No application found for name: {application}")
        found = self.groups.get((application, name))
        if not found:
            raise Refused("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
        return found

    def unfinished(self, name):
        found = self.deployment(name)
        if found.is_over:
            raise Refused("DeploymentAlreadyCompletedException", f"The deployment {name} has already completed")
        return found

    def begun(self, name):
        found = self.deployment(name)
        if found.described["status"] == "Created":
            raise Refused("DeploymentNotStartedException", f"The deployment {name} has not started")
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
        succeeded = [found for found in own if found.described["status"] == "Succeeded"]
        lasts = {"lastAttemptedDeployment": own, "lastSuccessfulDeployment": succeeded}
        return {"deploymentGroupInfo": group.described() | {name: last(found[-1]) for name, found in lasts.items() if found}}

    def GetDeploymentConfig(self, deploymentConfigName):
        platform, routing = self.configuration(deploymentConfigName)
        info = {"deploymentConfigName": deploymentConfigName, "computePlatform": platform, "trafficRoutingConfig": routing}
        return {"deploymentConfigInfo": info}

    def configuration(self, name):
        """The platform and the steps of a deployment configuration: one of CodeDeploy's own, or a group's."""
        if name in OWN:
            return OWN[name]
        try:
            group = self.group(*name.split(".", 1))
        except Refused as refused:
            raise Refused("DeploymentConfigDoesNotExistException", str(refused)) from refused
        return group.platform, group.routing

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
            and (includeOnlyStatuses is None or found.described["status"] in includeOnlyStatuses)
        ]
        # One a page: whoever reads no further is caught.
        at = int(nextToken or 0)
        return {"deployments": listed[at : at + 1]} | ({"nextToken": str(at + 1)} if at + 1 < len(listed) else {})

    def GetDeployment(self, deploymentId):
        return {"deploymentInfo": self.deployment(deploymentId).answered()}

    def BatchGetDeployments(self, deploymentIds):
        known = [found.answered() for found in self.deployments if found.id in deploymentIds]
        return {"deploymentsInfo": known}

    def ListDeploymentTargets(self, deploymentId, nextToken=None):
        return {"targetIds": [self.begun(deploymentId).target_id()]}

    def BatchGetDeploymentTargets(self, deploymentId, targetIds):
        return {"deploymentTargets": [self.GetDeploymentTarget(deploymentId, name)["deploymentTarget"] for name in targetIds]}

    def GetDeploymentTarget(self, deploymentId, targetId):
        found = self.begun(deploymentId)
        if targetId != found.target_id():
            raise Refused("DeploymentTargetDoesNotExistException", f"{targetId}")
        return {"deploymentTarget": found.target()}

    def CreateDeployment(self, applicationName, deploymentGroupName, revision, description="", deploymentConfigName=None):
        group = self.group(applicationName, deploymentGroupName)
        named = deploymentConfigName or group.named["deploymentConfigName"]
        _, routing = self.configuration(named)
        active = next((found for found in self.of(group) if not found.is_over), None)
        if active:
            raise Refused("DeploymentLimitExceededException", f"The Deployment Group '{group.name}' already has an active Deployment '{active.id}'")
        text = revision["appSpecContent"]["content"]
        if hashlib.sha256(text.encode()).hexdigest() != revision["appSpecContent"].get("sha256"):
            raise Refused("InvalidRevisionException", "The SHA-256 is not the content's")
        group.revision = self.kept(text)
        made = self.add(group, group.revision, yaml.safe_load(text), creator="user", description=description, deploymentConfigName=named)
        made.routing = routing
        self.begin(self.go(made))
        return {"deploymentId": made.id}

    def StopDeployment(self, deploymentId, autoRollbackEnabled=False):
        found = self.unfinished(deploymentId)
        found.goes_back = autoRollbackEnabled
        found.stopped.set()
        return {"status": "Pending", "statusMessage": "The deployment is being stopped"}

    def ContinueDeployment(self, deploymentId, deploymentWaitType="READY_WAIT"):
        self.unfinished(deploymentId).continue_(deploymentWaitType)
        return {}

    # ── what happens ──

    def add(self, group, *about, **described):
        made = group.deployment(self, len(self.deployments) + 1, *about, **described)
        self.deployments.append(made)
        return made

    def begin(self, going):
        task = asyncio.get_running_loop().create_task(going)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def end(self):
        """Whatever goes on goes no further."""
        for task in list(self.tasks):
            task.get_loop().call_soon_threadsafe(task.cancel)

    async def go(self, made):
        """A deployment from its beginning to its end, and to its rollback."""
        await asyncio.sleep(0.3)
        made.described |= {"status": "InProgress", "startTime": time.time()}
        self.begin(self.watch(made))
        try:
            await made.move()
            made.end("Succeeded")
        except Ended as ended:
            made.end(ended.status, {"code": ended.code, "message": str(ended)})
            if made.group.rolls_back or made.goes_back:
                await self.go_back(made)
        except Exception as error:
            self.problems.append(f"{made.id}: {error!r}")
            raise

    async def watch(self, made):
        """Stops a deployment when an alarm of its group rings."""
        while made.group.alarms and not made.is_over:
            asked = {"AlarmNames": list(made.group.alarms), "StateValue": "ALARM"}
            ringing = (await asyncio.to_thread(self.alarms.describe_alarms, **asked))["MetricAlarms"]
            if ringing and not made.is_over:
                made.rang = [alarm["AlarmName"] for alarm in ringing]
                return made.stopped.set()
            await asyncio.sleep(0.3)

    async def go_back(self, made):
        await asyncio.sleep(0.5)
        if not made.can_be_taken_back:
            made.described["rollbackInfo"] = {"rollbackMessage": f"Nothing of deployment {made.id} is there to be taken back"}
            return
        triggered = {"rollbackTriggeringDeploymentId": made.id}
        back = self.add(made.group, made.described["revision"], made.document, creator="codeDeployRollback", description="", rollbackInfo=triggered)
        made.described["rollbackInfo"] = {"rollbackDeploymentId": back.id, "rollbackMessage": f"Deployment {back.id} takes it back"}
        back.described |= {"status": "InProgress", "startTime": time.time()}
        await made.take_back(back)
        back.end("Succeeded")
