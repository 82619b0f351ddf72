"""The applications `ferry-…`, a function and a service each, named after the strategy by which ECS shifts the service's traffic."""

from application import Application

ENVIRONMENT = "sea"
PAUSES = ["PRE_PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT"]
# Minutes are those of the service's configuration. Former tasks stay longer than a release is watched, or ECS pauses for it.
CONFIGURATIONS = {
    "blue_green": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 2},
    "canary": {
        "strategy": "CANARY",
        "bakeTimeInMinutes": 1,
        "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 1},
        "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": PAUSES, "timeoutConfiguration": {"timeoutInMinutes": 30, "action": "ROLLBACK"}}],
    },
}
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


class Ferry(Application):
    """An application with its one environment."""

    def __init__(self, aws, strategy, ecs):
        super().__init__(aws, f"ferry-{strategy.replace('_', '-')}", ENVIRONMENT)
        self.strategy = strategy
        self.images = f"{self.app}/agent"
        self.ecs = ecs
        self.service = {"cluster": f"{self.app}-{ENVIRONMENT}", "service": "agent"}

    def make_targets(self):
        super().make_targets()
        self.client("ecr").create_repository(repositoryName=self.images)
        self.client("ecs").update_service(**self.service, deploymentConfiguration=CONFIGURATIONS[self.strategy] | BREAKER)

    def declare(self):
        agent = {"kind": "ecs", **self.service, "container": "agent", "repository": self.images, "rollout": self.strategy}
        if self.strategy == "canary":
            agent["pause"] = PAUSES
        document = self.declaration({ENVIRONMENT: {"deploy": {"branch": "main"}}}, {"bake": "12s", "alarms": [f"{self.app}-{ENVIRONMENT}-errors"]})
        jobs = document["components"]["jobs"]
        del jobs["after"]
        super().declare(document | {"components": {"agent": agent, "jobs": jobs}})

    def begin(self, version, **behaviour):
        """CI POSTs a release of both; answers the deployment's id."""
        self.shop.push_image(version, self.images, **behaviour)
        self.upload_function("jobs", version)
        components = {"agent": {"image": f"{self.images}:{version}"}, "jobs": {"key": f"artifacts/{self.app}/jobs/{version}.zip"}}
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
        """What came of the newest UpdateService: its status, its stage, and the share of the new tasks."""
        (newest, *_) = self.ecs.list_service_deployments(**self.service)["serviceDeployments"]
        (told,) = self.ecs.describe_service_deployments(serviceDeploymentArns=[newest["serviceDeploymentArn"]])["serviceDeployments"]
        return told["status"], told.get("lifecycleStage"), told["targetServiceRevision"]["requestedProductionTrafficWeight"]
