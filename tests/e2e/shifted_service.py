"""A service whose traffic ECS shifts, with what came of each UpdateService (ecs_standin.py)."""

import dataclasses
import uuid

STAGES = [
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
]
ALL = 100.0
UNDER_WAY = {"PENDING", "IN_PROGRESS"}
GOES_BACK = {"ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"}
# The circuit breaker's least threshold (Amazon ECS Developer Guide, "How the Amazon ECS deployment circuit breaker detects failures").
FAILED_TASKS = 3
# For how long new tasks run before they count, in seconds.
STEADY_S = 2
BALANCING = "arn:aws:elasticloadbalancing:us-east-1:000000000000"
TARGET_GROUPS = ("targetgroup/blue/73e2d6bc24d8a067", "targetgroup/green/943f017f100becff")
# How long a hook waits unless set (Amazon ECS API Reference, DeploymentLifecycleHookTimeoutConfiguration), in minutes.
PATIENCE_MIN = 1440


class Refused(Exception):
    """The answer of ECS where it refuses a call."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


@dataclasses.dataclass
class Revision:
    """A revision of the service, and the service of the local cloud that runs its tasks."""

    arn: str
    service_arn: str
    cluster_arn: str
    task_definition: str
    runs_as: str
    created: float
    # The load balancer and the target group in front of its tasks, as CloudWatch names them.
    balancer: str
    target_group: str
    runs: bool = False
    id: str = dataclasses.field(default_factory=lambda: f"ecs-svc/{uuid.uuid4().int % 10**19}")

    def described(self):
        return {
            "serviceRevisionArn": self.arn,
            "serviceArn": self.service_arn,
            "clusterArn": self.cluster_arn,
            "taskDefinition": self.task_definition,
            "createdAt": self.created,
            "resolvedConfiguration": {"loadBalancers": [self.behind()]},
        }

    def behind(self):
        """ServiceRevisionLoadBalancer."""
        rule = f"listener-rule/{self.balancer}/0467ef3c8400ae65/1291d13826f405c3"
        return {name: f"{BALANCING}:{what}" for name, what in (("targetGroupArn", self.target_group), ("productionListenerRule", rule))}


class ShiftedService:
    """The service, by what the local cloud showed of it when it was met first."""

    def __init__(self, ecs, found, minute_s):
        self.ecs = ecs
        self.minute_s = minute_s
        self.name = found["serviceName"]
        self.cluster = found["clusterArn"].rpartition("/")[2]
        self.found = found
        self.desired = found["desiredCount"]
        self.revisions = []
        # Newest first.
        self.deployments = []
        self.current = self.revision(found["taskDefinition"], self.name, found["createdAt"].timestamp())
        self.current.runs = True
        self.next = None
        self.since = 0.0
        # What was asked of its deployments, whether or not it was refused.
        self.asked = []

    def take_over(self, task_set, desired):
        """It runs what a task set of CodeDeploy's ran, and those tasks."""
        self.desired = desired
        self.current.task_definition, self.current.runs_as = task_set.task_definition, task_set.runs_as

    def revision(self, task_definition, runs_as, now):
        arn = self.found["serviceArn"].replace(":service/", ":service-revision/") + f"/{uuid.uuid4().int % 10**19}"
        balancer, target_group = f"app/{self.cluster}/50dc6c495c0c9188", TARGET_GROUPS[0]
        if self.revisions:
            # The next one is behind the one that the current one leaves free.
            target_group = next(name for name in TARGET_GROUPS if name != self.current.target_group)
        made = Revision(arn, self.found["serviceArn"], self.found["clusterArn"], task_definition, runs_as, now, balancer, target_group)
        self.revisions.append(made)
        return made

    # ── its description ──

    def on_the_cloud(self, runs_as):
        return self.ecs.describe_services(cluster=self.cluster, services=[runs_as])["services"][0]

    def now_on_the_cloud(self, revision):
        return self.on_the_cloud(revision.runs_as)

    def described(self):
        """As DescribeServices answers it."""
        stored = self.ecs.describe_services(cluster=self.cluster, services=[self.name], include=["TAGS"])["services"][0]
        live = [revision for revision in (self.next, self.current) if revision]
        deployments = [self.deployment_of(revision, "PRIMARY" if number == 0 else "ACTIVE") for number, revision in enumerate(live)]
        kept = {name: stored[name] for name in ("serviceArn", "serviceName", "clusterArn", "status", "launchType", "deploymentConfiguration", "tags")}
        return {
            **kept,
            "deploymentController": {"type": "ECS"},
            "taskDefinition": live[0].task_definition,
            "desiredCount": self.desired,
            "runningCount": sum(deployment["runningCount"] for deployment in deployments),
            "pendingCount": sum(deployment["pendingCount"] for deployment in deployments),
            "deployments": deployments,
            "events": [],
        }

    def deployment_of(self, revision, status):
        now = self.now_on_the_cloud(revision) if revision.runs else {"runningCount": 0, "pendingCount": 0}
        return {
            "id": revision.id,
            "status": status,
            "taskDefinition": revision.task_definition,
            "desiredCount": self.desired,
            "runningCount": now["runningCount"],
            "pendingCount": now["pendingCount"],
            "failedTasks": 0,
            "createdAt": revision.created,
            "updatedAt": revision.created,
            "rolloutState": "IN_PROGRESS" if revision is self.next else "COMPLETED",
            "rolloutStateReason": f"ECS deployment {revision.id} {'in progress' if revision is self.next else 'completed'}.",
        }

    def tasks(self, status):
        arns = []
        live = [revision for revision in self.revisions if revision.runs or status == "STOPPED"]
        for revision in live:
            arns += self.task_arns(revision, status)
        return arns

    def task_arns(self, revision, status):
        return self.ecs.list_tasks(cluster=self.cluster, serviceName=revision.runs_as, desiredStatus=status)["taskArns"]

    def listed(self, one):
        """A deployment as ListServiceDeployments lists it."""
        kept = ("serviceDeploymentArn", "serviceArn", "clusterArn", "startedAt", "createdAt", "finishedAt", "status", "statusReason")
        brief = {name: one[name] for name in kept if name in one}
        return {**brief, "targetServiceRevisionArn": one["targetServiceRevision"]["arn"]}

    # ── what is done ──

    @property
    def newest(self):
        return self.deployments[0] if self.deployments else {"status": ""}

    @property
    def configuration(self):
        return self.on_the_cloud(self.name)["deploymentConfiguration"]

    def begin(self, task_definition, now):
        """UpdateService: a deployment to a new revision, in the place of one that is under way."""
        if self.newest["status"] in UNDER_WAY:
            self.remove(self.next)
            self.newest.update(status="STOPPED", statusReason="Superseded by a newer service deployment.", finishedAt=now)
        arn = self.ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"]["taskDefinitionArn"]
        self.next = self.revision(arn, f"{self.name}-{len(self.revisions) + 1}", now)
        self.deployments.insert(0, {
            "serviceDeploymentArn": self.found["serviceArn"].replace(":service/", ":service-deployment/") + f"/{uuid.uuid4().hex[:20]}",
            "serviceArn": self.found["serviceArn"],
            "clusterArn": self.found["clusterArn"],
            "createdAt": now,
            "startedAt": now,
            "sourceServiceRevisions": [{"arn": self.current.arn, "requestedProductionTrafficWeight": ALL}],
            "targetServiceRevision": {"arn": self.next.arn, "requestedProductionTrafficWeight": 0.0, "requestedTestTrafficWeight": 0.0},
            "status": "PENDING",
            "deploymentConfiguration": self.configuration,
            "lifecycleHookDetails": [],
        })
        self.since = now

    def stop(self, arn, now):
        self.asked.append("StopServiceDeployment")
        if self.newest.get("serviceDeploymentArn") != arn or self.newest["status"] not in UNDER_WAY | GOES_BACK or self.newest.get("lifecycleStage") == "CLEAN_UP":
            raise Refused("ConflictException", f"The service deployment {arn} is {self.newest['status']} and cannot be stopped.")
        if self.newest["status"] in UNDER_WAY:
            self.give_up("Service deployment stopped by request.", now)

    def continue_(self, arn, hook, action, now):
        self.asked.append("ContinueServiceDeployment")
        waiting = [found for found in self.newest.get("lifecycleHookDetails", []) if found["hookId"] == hook and found["status"] == "AWAITING_ACTION"]
        if self.newest.get("serviceDeploymentArn") != arn or self.newest["status"] not in UNDER_WAY or not waiting:
            raise Refused("InvalidParameterException", f"The hook {hook} of {arn} does not wait.")
        waiting[0]["status"] = "SUCCEEDED"
        if action == "ROLLBACK":
            self.give_up("Service deployment rolled back by a lifecycle hook.", now)

    def give_up(self, why, now):
        self.newest.update(status="ROLLBACK_REQUESTED", statusReason=why)
        self.newest["rollback"] = {"reason": why, "startedAt": now, "serviceRevisionArn": self.current.arn}

    def remove(self, revision):
        """Its tasks end; the service that others know by its name stays, with none."""
        if not revision.runs:
            return
        revision.runs = False
        self.ecs.update_service(cluster=self.cluster, service=revision.runs_as, desiredCount=0)
        if revision.runs_as != self.name:
            self.ecs.delete_service(cluster=self.cluster, service=revision.runs_as, force=True)

    def go_on(self, now):
        """One step of the newest deployment, where it can take one."""
        status = self.newest["status"]
        if status == "PENDING":
            self.newest["status"] = "IN_PROGRESS"
            self.enter(STAGES[0], now)
        elif status == "ROLLBACK_REQUESTED":
            self.newest["status"] = "ROLLBACK_IN_PROGRESS"
            self.set_weight(0.0)
        elif status == "ROLLBACK_IN_PROGRESS":
            self.remove(self.next)
            self.next = None
            self.newest.update(status="ROLLBACK_SUCCESSFUL", finishedAt=now)
        elif status == "IN_PROGRESS" and not self.waits(now):
            self.go_through(self.newest["lifecycleStage"], now)

    def go_through(self, stage, now):
        if stage != "CLEAN_UP" and self.has_failed():
            return self.give_up("Service deployment rolled back because the circuit breaker threshold was exceeded.", now)
        if stage == "SCALE_UP" and not self.is_steady(now):
            return None
        if stage == "PRODUCTION_TRAFFIC_SHIFT" and self.weight < ALL:
            return self.enter("PRE_PRODUCTION_TRAFFIC_SHIFT", now) if self.has_lasted(self.step[1], now) else None
        if stage == "BAKE_TIME" and not self.has_lasted(self.configuration.get("bakeTimeInMinutes", 0), now):
            return None
        if stage == "CLEAN_UP":
            return self.succeed(now)
        return self.enter(STAGES[STAGES.index(stage) + 1], now)

    def enter(self, stage, now):
        self.since = now
        self.newest["lifecycleStage"] = stage
        if stage == "SCALE_UP":
            settings = {name: self.found[name] for name in ("launchType", "networkConfiguration") if self.found.get(name)}
            self.ecs.create_service(
                cluster=self.cluster, serviceName=self.next.runs_as, taskDefinition=self.next.task_definition, desiredCount=self.desired, **settings
            )
            self.next.runs = True
        if stage == "TEST_TRAFFIC_SHIFT":
            self.newest["targetServiceRevision"]["requestedTestTrafficWeight"] = ALL
        if stage == "PRODUCTION_TRAFFIC_SHIFT":
            self.set_weight(self.next_weight())
        self.pause(stage, now)

    def pause(self, stage, now):
        """The hooks of a stage begin to wait, side by side."""
        for hook in self.configuration.get("lifecycleHooks", []):
            if hook.get("targetType") != "PAUSE" or stage not in hook["lifecycleStages"]:
                continue
            patience = hook.get("timeoutConfiguration", {})
            self.newest["lifecycleHookDetails"].append({
                "hookId": uuid.uuid4().hex,
                "targetType": "PAUSE",
                "status": "AWAITING_ACTION",
                "expiresAt": now + patience.get("timeoutInMinutes", PATIENCE_MIN) * self.minute_s,
                "timeoutAction": patience.get("action", "ROLLBACK"),
            })

    def waits(self, now):
        """Returns whether a hook waits; one whose time is over does what it was set to."""
        for hook in self.newest["lifecycleHookDetails"]:
            if hook["status"] != "AWAITING_ACTION":
                continue
            if now < hook["expiresAt"]:
                return True
            hook["status"] = "TIMED_OUT"
            if hook["timeoutAction"] == "ROLLBACK":
                self.give_up("Service deployment rolled back because a lifecycle hook timed out.", now)
                return True
        return False

    def run_out(self, now):
        """The time of each hook that waits is over."""
        for hook in self.newest["lifecycleHookDetails"]:
            hook["expiresAt"] = min(hook["expiresAt"], now)
        self.waits(now)

    def is_steady(self, now):
        if self.now_on_the_cloud(self.next)["runningCount"] < self.desired or self.task_arns(self.next, "STOPPED"):
            self.since = now
        return now - self.since >= STEADY_S

    def has_failed(self):
        return self.next.runs and len(self.task_arns(self.next, "STOPPED")) >= FAILED_TASKS

    def has_lasted(self, minutes, now):
        return now - self.since >= minutes * self.minute_s

    @property
    def weight(self):
        return self.newest["targetServiceRevision"]["requestedProductionTrafficWeight"]

    @property
    def step(self):
        """By how many percent a step shifts, and how many minutes it lasts, with the defaults of CanaryConfiguration and LinearConfiguration."""
        configuration = self.configuration
        if configuration["strategy"] == "CANARY":
            canary = configuration.get("canaryConfiguration", {})
            return canary.get("canaryPercent", 5.0), canary.get("canaryBakeTimeInMinutes", 10)
        if configuration["strategy"] == "LINEAR":
            linear = configuration.get("linearConfiguration", {})
            return linear.get("stepPercent", 10.0), linear.get("stepBakeTimeInMinutes", 6)
        return ALL, 0

    def next_weight(self):
        is_canarys_rest = self.weight > 0 and self.configuration["strategy"] == "CANARY"
        return ALL if is_canarys_rest else min(ALL, self.weight + self.step[0])

    def set_weight(self, weight):
        self.newest["targetServiceRevision"]["requestedProductionTrafficWeight"] = weight
        for source in self.newest["sourceServiceRevisions"]:
            source["requestedProductionTrafficWeight"] = ALL - weight

    def succeed(self, now):
        self.remove(self.current)
        self.current, self.next = self.next, None
        self.newest.update(status="SUCCESSFUL", finishedAt=now)
