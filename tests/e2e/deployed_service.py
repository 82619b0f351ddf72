"""Deployments of an ECS service by the stand-in for AWS CodeDeploy: each starts a task set beside the primary one, moves the traffic to it in
steps, and keeps the former one for the termination wait (AWS CodeDeploy User Guide, "What happens during an Amazon ECS deployment").

The wait shows in the target alone, which has `Succeeded` while the deployment is in progress: `instanceTerminationWaitTimeStarted` stays false, as
it does on AWS (containers-roadmap, issue 269). What a rollback's own deployment shows of its events is not documented.
"""

import asyncio
import dataclasses
import time

import botocore.exceptions
from deployed import Deployment, Ended, Group, Refused, steps
from task_sets import LATEST, TaskSetService

READY_WAIT, TERMINATION_WAIT = "READY_WAIT", "TERMINATION_WAIT"
BEFORE_TRAFFIC = ("BeforeInstall", "Install", "AfterInstall")
TEST_TRAFFIC = ("AllowTestTraffic", "AfterAllowTestTraffic")
TRAFFIC = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")
LISTENER = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/{}/50dc6c495c0c9188/{}"
TARGET_GROUP = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/{}/73e2d6bc24d8a067"


@dataclasses.dataclass
class ServiceGroup(Group):
    """A deployment group of the platform ECS. Times are in minutes of its settings."""

    cluster: str = ""
    service: str = ""
    target_groups: tuple = ("blue", "green")
    has_test_listener: bool = False
    # How long the former task set is kept.
    termination_min: int = 5
    # Whether it stays for good (BlueInstanceTerminationOption, KEEP_ALIVE).
    keeps: bool = False
    # How long somebody may take to say that traffic may be moved; moved at once where it is None.
    ready_min: int | None = None
    # How long the new tasks may take.
    install_min: int = 60
    # AWS's own examples leave the labels of task sets out.
    shows_labels: bool = True

    platform = "ECS"

    @property
    def events(self):
        return BEFORE_TRAFFIC + (TEST_TRAFFIC if self.has_test_listener else ()) + TRAFFIC

    def deployment(self, standin, *about, **described):
        return ServiceDeployment(standin.services, self, *about, **described)

    def settings(self):
        """Returns what group and deployment say of how it is deployed."""
        ready = {"actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 0}
        if self.ready_min is not None:
            ready = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": self.ready_min}
        termination = {"action": "TERMINATE", "terminationWaitTimeInMinutes": self.termination_min}
        if self.keeps:
            termination = {"action": "KEEP_ALIVE", "terminationWaitTimeInMinutes": 0}
        pair = {"targetGroups": [{"name": name} for name in self.target_groups]}
        pair |= {"prodTrafficRoute": {"listenerArns": [LISTENER.format(self.service, "0467ef3c8400ae65")]}}
        if self.has_test_listener:
            pair |= {"testTrafficRoute": {"listenerArns": [LISTENER.format(self.service, "f2f7dc8efc522ab2")]}}
        return {
            "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            "blueGreenDeploymentConfiguration": {"terminateBlueInstancesOnDeploymentSuccess": termination, "deploymentReadyOption": ready},
            "loadBalancerInfo": {"targetGroupPairInfoList": [pair]},
        }

    def described(self):
        services = [{"serviceName": self.service, "clusterName": self.cluster}]
        return {**super().described(), **self.settings(), "ecsServices": services, "outdatedInstancesStrategy": "UPDATE"}

    def load_balancer(self, target_group, container, port):
        return {"targetGroupArn": TARGET_GROUP.format(target_group), "containerName": container, "containerPort": port}


class ServiceDeployment(Deployment):
    """Brings a task set."""

    def __init__(self, services, *about, **described):
        super().__init__(*about, **described)
        self.services = services
        self.described |= {**self.group.settings(), "autoRollbackConfiguration": self.group.rollback(), "instanceTerminationWaitTimeStarted": False}
        self.former = self.new = None
        self.percent = 0
        self.target_status = "Pending"
        # The wait that it is in, and what ends each.
        self.waits = None
        self.continued = {READY_WAIT: asyncio.Event(), TERMINATION_WAIT: asyncio.Event()}

    # ── its description ──

    @property
    def service(self):
        """The service under CodeDeploy; None where it has another controller."""
        found = self.services.services.get((self.group.cluster, self.group.service))
        return found if isinstance(found, TaskSetService) else None

    @property
    def can_be_taken_back(self):
        return self.new is not None

    def target_id(self):
        return f"{self.group.cluster}:{self.group.service}"

    def answered(self):
        counts = {name: 0 for name in ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")}
        return super().answered() | {"deploymentOverview": counts | {self.target_status: 1}}

    def target(self):
        """Its one target, as GetDeploymentTarget describes it."""
        with self.services.lock:
            sets = [self.task_set_info(found) for found in (self.former, self.new) if found]
        target = {"deploymentId": self.id, "targetId": self.target_id(), "targetArn": f"arn:aws:ecs:us-east-1:000000000000:service/{self.group.service}"}
        target |= {"lastUpdatedAt": time.time(), "lifecycleEvents": self.events(), "status": self.target_status, "taskSetsInfo": sets}
        return {"deploymentTargetType": "ECSTarget", "ecsTarget": target}

    def task_set_info(self, task_set):
        described = self.service.described_set(task_set)
        label = {"taskSetLabel": "Green" if task_set is self.new else "Blue"} if self.group.shows_labels else {}
        return {
            # The model spells it so.
            "identifer": described["id"],
            "desiredCount": described["computedDesiredCount"],
            **{name: described[name] for name in ("pendingCount", "runningCount", "status")},
            "trafficWeight": float(self.percent if task_set is self.new else 100 - self.percent),
            "targetGroup": {"name": task_set.target_group},
            **label,
        }

    def end(self, status, error=None):
        super().end(status, error)
        self.waits, self.target_status = None, status if status in ("Succeeded", "Failed") else "Skipped"

    # ── what happens ──

    async def ecs(self, do, *about):
        """Does what ECS does, while it answers nobody else."""

        def locked():
            with self.services.lock:
                return do(*about)

        return await asyncio.to_thread(locked)

    def continue_(self, wait):
        if self.waits != wait:
            raise Refused("DeploymentIsNotInReadyStateException", f"The deployment {self.id} is not in {wait}")
        self.continued[wait].set()

    async def wait(self, wait, minutes):
        """True where somebody has continued it before the time was over."""
        self.waits = wait
        try:
            return await self.pause(minutes * self.group.minute_s, self.continued[wait])
        finally:
            self.waits = None

    async def move(self):
        await self.ecs(self.check)
        self.target_status = "InProgress"
        await self.go_through()
        self.target_status = "Succeeded"
        if self.group.keeps:
            return
        await self.wait(TERMINATION_WAIT, self.group.termination_min)
        service = self.service
        await self.ecs(service.drain, self.former)
        # The service that was drained: when it is empty, its owner may take it away from CodeDeploy at once.
        while self.former in service.sets:
            await asyncio.sleep(0.1)

    def check(self):
        """Refuses what is wrong with the service, or the document."""
        if not self.service:
            raise Ended("Failed", "INVALID_ECS_SERVICE", "Deployment group's ECS service must be configured for a CODE_DEPLOY deployment controller.")
        about = self.properties()
        network = about.get("NetworkConfiguration", {}).get("AwsvpcConfiguration", {})
        try:
            definition = self.services.ecs.describe_task_definition(taskDefinition=about["TaskDefinition"])["taskDefinition"]
        except botocore.exceptions.ClientError as error:
            raise Ended("Failed", "ECS_UPDATE_ERROR", str(error)) from error
        if about["LoadBalancerInfo"]["ContainerName"] not in [container["name"] for container in definition["containerDefinitions"]]:
            raise Ended("Failed", "INVALID_REVISION", "The container of the AppSpec is not in its task definition")
        if network and network.keys() != {"Subnets", "SecurityGroups", "AssignPublicIp"}:
            raise Ended("Failed", "INVALID_REVISION", "All or none of the settings under NetworkConfiguration must be specified")

    async def do(self, event):
        if event == "BeforeAllowTraffic" and self.group.ready_min is not None:
            await self.be_ready()
        doing = {"Install": self.install, "AllowTestTraffic": self.shift_test, "AllowTraffic": self.shift}.get(event)
        await (doing() if doing else self.hook(event))

    async def install(self):
        self.former = self.service.primary
        self.new = await self.ecs(self.start)
        deadline = time.time() + self.group.install_min * self.group.minute_s
        while not self.new.is_steady():
            await self.pause(0.2)
            if time.time() > deadline:
                why = "The deployment timed out while waiting for the replacement task set to become healthy."
                raise Ended("Failed", "TIMEOUT", f"{why} This time out period is {self.group.install_min} minutes.")

    def start(self):
        """The task set that the document asks for; what it leaves out is the service's, but the platform version."""
        about = self.properties()
        asked = about["LoadBalancerInfo"]
        other = next(name for name in self.group.target_groups if name != self.former.target_group)
        balancer = self.group.load_balancer(other, asked["ContainerName"], int(asked["ContainerPort"]))
        settings = self.former.settings | {"platformVersion": about.get("PlatformVersion", LATEST)}
        if "NetworkConfiguration" in about:
            settings["networkConfiguration"] = cased(about["NetworkConfiguration"])
        if "CapacityProviderStrategy" in about:
            settings.pop("launchType", None)
            settings["capacityProviderStrategy"] = cased(about["CapacityProviderStrategy"])
        return self.service.start(self.id, about["TaskDefinition"], balancer, settings)

    async def be_ready(self):
        """Waits until somebody says that traffic may be moved; where nobody does, the deployment is stopped."""
        self.described["status"] = self.target_status = "Ready"
        if not await self.wait(READY_WAIT, self.group.ready_min):
            raise Ended("Stopped", "TIMEOUT", "The wait time expired before traffic was rerouted")
        self.described["status"] = self.target_status = "InProgress"

    async def shift_test(self):
        await self.pause(0.3)

    async def shift(self):
        for percent, minutes in steps(self.routing):
            self.percent = percent
            self.shares.append(percent / 100)
            await self.pause(minutes * self.group.minute_s)
        # The task set gets the traffic a moment before it is the primary one.
        await self.pause(0.5)
        await self.ecs(self.service.make_primary, self.new)

    async def take_back(self, back):
        back.former, back.new, back.percent = self.new, self.former, 0
        back.target_status = "InProgress"
        back.statuses = {event: "InProgress" if event == "AllowTraffic" else "Skipped" for event in back.statuses}
        await asyncio.sleep(0.5)
        self.percent, back.percent = 0, 100
        await self.ecs(self.service.make_primary, self.former)
        await self.ecs(self.service.drain, self.new)
        back.statuses["AllowTraffic"] = "Succeeded"


def cased(value):
    """Members of an AppSpec, which begin with a capital, as ECS has them."""
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: cased(member) for name, member in value.items()}
    return [cased(member) for member in value] if isinstance(value, list) else value
