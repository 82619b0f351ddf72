"""The applications `ferry-…`, a function and a service each, named after the way in which ECS shifts the service's traffic."""

from application import HOME_ACCOUNT, Application, target_role

ENVIRONMENT = "sea"
PAUSES = ["PRE_PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT"]
# A stage whose pause is the team's own: no declaration can list it.
THEIRS = "POST_SCALE_UP"


def paused_at(*stages, minutes=30):
    return {"lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": stages, "timeoutConfiguration": {"timeoutInMinutes": minutes, "action": "ROLLBACK"}}]}


CANARY = {"strategy": "CANARY", "bakeTimeInMinutes": 1, "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 1}} | paused_at(*PAUSES)
# Minutes are those of the service's configuration. Former tasks stay longer than a release is watched, or ECS pauses for it.
CONFIGURATIONS = {
    "blue_green": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 2},
    "canary": CANARY,
    "together": CANARY,
    "tested": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 2} | paused_at("POST_TEST_TRAFFIC_SHIFT"),
    "unanswered": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 2} | paused_at(THEIRS, minutes=2),
    "cancelled": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 2} | paused_at(THEIRS),
    "late": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 2} | paused_at("POST_PRODUCTION_TRAFFIC_SHIFT"),
    "abroad": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 2} | paused_at("POST_PRODUCTION_TRAFFIC_SHIFT"),
    "alike": CANARY,
    "worse": CANARY,
    "stopped": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 2} | paused_at("POST_PRODUCTION_TRAFFIC_SHIFT"),
}
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


class Ferry(Application):
    """An application with its one environment."""

    def __init__(self, aws, way, ecs, account=HOME_ACCOUNT):
        super().__init__(aws, f"ferry-{way.replace('_', '-')}", ENVIRONMENT, account)
        self.configuration = CONFIGURATIONS[way]
        self.images = f"{self.app}/agent"
        self.ecs = ecs
        self.service = {"cluster": f"{self.app}-{ENVIRONMENT}", "service": "agent"}

    def make_targets(self):
        super().make_targets()
        if self.account != HOME_ACCOUNT:
            self.let_windlass_in()
        self.aws.ecr.create_repository(repositoryName=self.images)
        self.client("ecs").update_service(**self.service, deploymentConfiguration=self.configuration | BREAKER)

    def declare(self, agent_has=None, jobs_has=None, **document_has):
        """With what more is given of its two components, and of the document."""
        strategy = self.configuration["strategy"].lower()
        agent = {"kind": "ecs", **self.service, "container": "agent", "repository": self.images, "rollout": strategy}
        pauses = [stage for hook in self.configuration.get("lifecycleHooks", []) for stage in hook["lifecycleStages"] if stage != THEIRS]
        agent |= ({"pause": pauses} if pauses else {}) | (agent_has or {})
        where = {} if self.account == HOME_ACCOUNT else {"role_arn": target_role(self.app, ENVIRONMENT)}
        document = self.declaration({ENVIRONMENT: {"deploy": {"branch": "main"}} | where}, {"bake": "12s", "alarms": [f"{self.app}-{ENVIRONMENT}-errors"]})
        jobs = document["components"]["jobs"] | (jobs_has or {})
        del jobs["after"]
        super().declare(document | {"components": {"agent": agent, "jobs": jobs}} | document_has)

    def begin(self, version, **behaviour):
        """CI POSTs a release of both; answers the deployment's id."""
        self.shop.push_image(version, self.images, **behaviour)
        self.upload_function("jobs", version)
        components = {"agent": {"image": f"{self.images}:{version}"}, "jobs": self.artifact("jobs", version)}
        manifest = {"version": version, "git": {"ref": "refs/heads/main"}, "components": components}
        answer = self.aws.call_api("POST", f"/apps/{self.app}/environments/{ENVIRONMENT}/releases", manifest)
        assert answer.status == 202, answer
        return answer.body["id"]

    # ── what is seen from outside ──

    def tasks(self):
        """The tasks that run, by image."""
        arns = self.ecs.list_tasks(cluster=self.service["cluster"], serviceName="agent")["taskArns"]
        tasks = self.ecs.describe_tasks(cluster=self.service["cluster"], tasks=arns)["tasks"] if arns else []
        return {task["taskArn"]: task["containers"][0]["imageDigest"] for task in tasks}

    def newest(self):
        """Returns what came of the newest UpdateService: its status, its stage, and the share of the new tasks."""
        (newest, *_) = self.ecs.list_service_deployments(**self.service)["serviceDeployments"]
        (deployment,) = self.ecs.describe_service_deployments(serviceDeploymentArns=[newest["serviceDeploymentArn"]])["serviceDeployments"]
        return deployment["status"], deployment.get("lifecycleStage"), deployment["targetServiceRevision"]["requestedProductionTrafficWeight"]
