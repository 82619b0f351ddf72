"""A service under the deployment controller CODE_DEPLOY, as ECS describes it, with its task sets (ecs_standin.py).

The local cloud knows no task sets: each is a service of its own there, so that its tasks really start, crash and stay. What is answered is that
of the Amazon ECS API Reference, `TaskSet` and `Service`: a service has the fields of its primary task set, and no deployments.
"""

import dataclasses
import math
import time
import uuid

from shifted_service import Refused

# For how long as many tasks as are wanted run before a task set is steady, and a task set drains, in seconds.
STEADY_S = 2
DRAINS_S = 1
# What UpdateService does not change (Amazon ECS API Reference, UpdateService).
CODEDEPLOYS = ("taskDefinition", "networkConfiguration", "platformVersion", "loadBalancers", "forceNewDeployment")
LATEST = "LATEST"


@dataclasses.dataclass
class TaskSet:
    """A task set, and the service of the local cloud that runs its tasks."""

    runs_as: str
    task_definition: str
    load_balancer: dict
    # Launch type or capacity providers, platform version and network.
    settings: dict
    # The deployment of CodeDeploy that made it; none made the first.
    deployment: str | None = None
    status: str = "ACTIVE"
    stopped: int = 0
    created: float = dataclasses.field(default_factory=time.time)
    # Since when as many tasks run as are wanted, and none has stopped; later since when it drains.
    since: float = dataclasses.field(default_factory=time.time)
    # When the last look began that saw so: what nobody has looked at is not steady, however long ago it began.
    looked: float = 0.0
    id: str = dataclasses.field(default_factory=lambda: f"ecs-svc/{uuid.uuid4().int % 10**19}")

    @property
    def target_group(self):
        """The name of its target group."""
        return self.load_balancer["targetGroupArn"].split("/")[1]

    def is_steady(self):
        return self.looked - self.since >= STEADY_S


class TaskSetService:
    """The service, by what the local cloud showed of it when it came under CodeDeploy."""

    # It has none of what ECS's own controller does.
    revisions = deployments = ()

    def __init__(self, ecs, found, runs_as, load_balancer):
        self.ecs = ecs
        self.found = found
        self.name = found["serviceName"]
        self.cluster = found["clusterArn"].rpartition("/")[2]
        self.desired = found["desiredCount"]
        self.made = 0
        kept = {name: found[name] for name in ("launchType", "networkConfiguration") if found.get(name)}
        settings = {"platformVersion": found.get("platformVersion") or LATEST, **kept}
        first = TaskSet(runs_as, found["taskDefinition"], load_balancer, settings, status="PRIMARY")
        self.sets = [first]
        # Those that have ended, too: their stopped tasks are shown for a while.
        self.all = [first]

    @property
    def primary(self):
        return next(found for found in self.sets if found.status == "PRIMARY")

    # ── what CodeDeploy does ──

    def start(self, deployment, task_definition, load_balancer, settings):
        """A task set beside the primary one, with as many tasks."""
        self.made += 1
        made = TaskSet(f"{self.name}-set-{self.made}-{deployment[-4:]}", task_definition, load_balancer, settings, deployment)
        kept = {name: value for name, value in settings.items() if name != "platformVersion"}
        self.ecs.create_service(cluster=self.cluster, serviceName=made.runs_as, taskDefinition=task_definition, desiredCount=self.desired, **kept)
        self.sets.append(made)
        self.all.append(made)
        return made

    def make_primary(self, task_set):
        for found in self.sets:
            if found.status == "PRIMARY":
                found.status = "ACTIVE"
        task_set.status = "PRIMARY"

    def drain(self, task_set):
        task_set.status, task_set.since = "DRAINING", time.time()
        self.ecs.update_service(cluster=self.cluster, service=task_set.runs_as, desiredCount=0)

    def go_on(self, now):
        """Does what happens whether or not somebody looks."""
        for found in list(self.sets):
            if found.status == "DRAINING":
                if now - found.since >= DRAINS_S:
                    self.sets.remove(found)
                continue
            began, stopped = time.time(), len(self.task_arns(found, "STOPPED"))
            if stopped != found.stopped or self.on_the_cloud(found)["runningCount"] < self.desired:
                found.stopped, found.since = stopped, time.time()
            else:
                found.looked = began

    # ── what ECS is asked for ──

    def update(self, asked):
        """UpdateService of what it changes under this controller."""
        refused = [name for name in CODEDEPLOYS if asked.get(name)]
        if refused:
            what = {"taskDefinition": "task definition", "networkConfiguration": "network parameters"}.get(refused[0], refused[0])
            why = f"Unable to update {what} on services with a CODE_DEPLOY deployment controller."
            raise Refused("InvalidParameterException", f"{why} Use AWS CodeDeploy to trigger a new deployment.")
        self.desired = asked.get("desiredCount", self.desired)
        for found in self.sets:
            if found.status != "DRAINING":
                self.ecs.update_service(cluster=self.cluster, service=found.runs_as, desiredCount=self.desired)

    def require_one_set(self):
        """Requires what a change of the controller asks for (Amazon ECS Developer Guide, "Troubleshooting Amazon ECS deployment strategy updates")."""
        if len(self.sets) > 1:
            why = "Updating the deployment controller is not supported when there are multiple tasksets in the service."
            raise Refused("InvalidParameterException", f"{why} Please ensure your service has only one taskset and try again.")

    def on_the_cloud(self, task_set):
        return self.ecs.describe_services(cluster=self.cluster, services=[task_set.runs_as])["services"][0]

    def described(self):
        """As DescribeServices answers it."""
        stored = self.ecs.describe_services(cluster=self.cluster, services=[self.name], include=["TAGS"])["services"][0]
        kept = {name: stored[name] for name in ("serviceArn", "serviceName", "clusterArn", "status", "tags") if name in stored}
        sets = [self.described_set(found) for found in self.sets]
        primary = self.primary
        return {
            **kept,
            **primary.settings,
            "taskDefinition": primary.task_definition,
            "loadBalancers": [primary.load_balancer],
            "deploymentController": {"type": "CODE_DEPLOY"},
            "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100},
            "desiredCount": self.desired,
            "runningCount": sum(found["runningCount"] for found in sets),
            "pendingCount": sum(found["pendingCount"] for found in sets),
            "taskSets": sets,
            "deployments": [],
            "events": [],
        }

    def described_set(self, task_set):
        """As DescribeServices and DescribeTaskSets answer it."""
        now, cloud = time.time(), self.on_the_cloud(task_set)
        drains = task_set.status == "DRAINING"
        by_codedeploy = {"startedBy": "CODE_DEPLOY", "externalId": task_set.deployment} if task_set.deployment else {}
        return {
            "id": task_set.id,
            "taskSetArn": f"{self.found['serviceArn'].replace(':service/', ':task-set/')}/{task_set.id}",
            "serviceArn": self.found["serviceArn"],
            "clusterArn": self.found["clusterArn"],
            **by_codedeploy,
            **task_set.settings,
            "status": task_set.status,
            "taskDefinition": task_set.task_definition,
            "computedDesiredCount": 0 if drains else math.ceil(self.desired),
            "pendingCount": cloud["pendingCount"],
            "runningCount": cloud["runningCount"],
            "createdAt": task_set.created,
            "updatedAt": task_set.since,
            "loadBalancers": [task_set.load_balancer],
            "serviceRegistries": [],
            "scale": {"value": 0.0 if drains else 100.0, "unit": "PERCENT"},
            "stabilityStatus": "STEADY_STATE" if task_set.is_steady() else "STABILIZING",
            "stabilityStatusAt": now,
            "tags": [],
        }

    def tasks(self, status):
        live = self.all if status == "STOPPED" else self.sets
        return [arn for found in live for arn in self.task_arns(found, status)]

    def task_arns(self, task_set, status):
        return self.ecs.list_tasks(cluster=self.cluster, serviceName=task_set.runs_as, desiredStatus=status)["taskArns"]

    def as_theirs(self, task):
        """A task as DescribeTasks answers it: of the service, started by its task set."""
        runs_as = task.get("group", "").removeprefix("service:")
        owner = next((found for found in self.all if found.runs_as == runs_as), None)
        return task | {"group": f"service:{self.name}", "startedBy": owner.id} if owner else task
