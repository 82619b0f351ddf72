"""The application `duo`: a service of two containers, each with an image of its own."""

from application import Application

ENVIRONMENT = "open"
CONTAINERS = ("web", "worker")
REPOSITORIES = {name: f"duo/{name}" for name in CONTAINERS}


class Duo(Application):
    """The application in its one environment."""

    def __init__(self, aws):
        super().__init__(aws, "duo", ENVIRONMENT)
        self.service = {"cluster": f"duo-{ENVIRONMENT}", "service": "agent"}

    def make_targets(self):
        """As infrastructure code does it: the service's own task definition has both containers."""
        super().make_targets()
        for repository in REPOSITORIES.values():
            self.client("ecr").create_repository(repositoryName=repository)
        ecs = self.client("ecs")
        found = ecs.describe_services(cluster=self.service["cluster"], services=["agent"])["services"][0]["taskDefinition"]
        former = ecs.describe_task_definition(taskDefinition=found)["taskDefinition"]
        kept = {name: former[name] for name in ("family", "requiresCompatibilities", "networkMode", "cpu", "memory", "executionRoleArn")}
        containers = [{"name": name, "image": "public.ecr.aws/nginx/nginx:stable", "essential": True} for name in CONTAINERS]
        made = ecs.register_task_definition(**kept, containerDefinitions=containers)["taskDefinition"]["taskDefinitionArn"]
        ecs.update_service(**self.service, taskDefinition=made)
        self.until("a steady service", lambda: self.running().keys() == set(CONTAINERS))

    def declare(self):
        agent = {"kind": "ecs", **self.service, "containers": REPOSITORIES}
        document = self.declaration({ENVIRONMENT: {"deploy": {"branch": "main"}}}, {"bake": "1s"})
        super().declare(document | {"components": {"agent": agent}})

    def release(self, version, *containers):
        """CI POSTs a release with images of these containers; answers the record of its deployment once that has ended."""
        images = {}
        for name in containers:
            self.shop.push_image(version, REPOSITORIES[name], content=f"{name} {version}")
            images[name] = f"{REPOSITORIES[name]}:{version}"
        manifest = {"version": version, "git": {"ref": "refs/heads/main"}, "components": {"agent": {"images": images}}}
        answer = self.aws.call_api("POST", f"/apps/duo/environments/{ENVIRONMENT}/releases", manifest)
        assert answer.status == 202, answer
        return self.ended(answer.body["id"])

    # ── what is seen from outside ──

    def running(self):
        """The digest that each container of the running tasks shows; empty while they show several."""
        ecs = self.client("ecs")
        arns = ecs.list_tasks(cluster=self.service["cluster"], serviceName="agent", desiredStatus="RUNNING")["taskArns"]
        tasks = ecs.describe_tasks(cluster=self.service["cluster"], tasks=arns)["tasks"] if arns else []
        shown = [{container["name"]: container.get("imageDigest") for container in task["containers"]} for task in tasks]
        return shown[0] if shown and all(one == shown[0] for one in shown) else {}
