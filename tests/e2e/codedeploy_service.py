"""The applications `sluice…`, whose service is deployed by CodeDeploy, in an environment for each way in which that goes."""

import hashlib
import json

from application import HOME_ACCOUNT, Application, target_role
from deployed import ALL_AT_ONCE, CANARY
from deployed_service import ServiceGroup

# A minute of a group's settings, in seconds.
MINUTE_S = 10
HOOKS = [{"BeforeInstall": "check-before"}, {"AfterAllowTestTraffic": "check-test"}]
LONG_MIN = 600
GROUPS_ALARM = "sluice-group-alarm"
# What a group has beside its names, by environment.
ENVIRONMENTS = {
    "steps": {"routing": CANARY, "has_test_listener": True, "termination_min": LONG_MIN},
    "gate": {"routing": CANARY, "shows_labels": False},
    "crash": {"install_min": 2},
    "lost": {"termination_min": 0},
    "alarm": {"routing": CANARY, "alarms": (GROUPS_ALARM,)},
    "kept": {"keeps": True},
    "busy": {},
    "ready": {"ready_min": LONG_MIN, "termination_min": LONG_MIN},
}
NETWORK = {"subnets": ["subnet-00000000000000000"], "securityGroups": ["sg-00000000000000000"], "assignPublicIp": "ENABLED"}


class Sluice(Application):
    """An application in one of its environments, with its service and its deployment group."""

    def __init__(self, aws, standin, ecs, environment, app="sluice", account=HOME_ACCOUNT, **group):
        super().__init__(aws, app, environment, account)
        self.standin, self.ecs = standin, ecs
        self.images = f"{app}/agent"
        self.where_it_runs = {"cluster": f"{app}-{environment}", "service": "agent"}
        about = {"routing": ALL_AT_ONCE, "minute_s": MINUTE_S} | group
        self.group = standin.put(ServiceGroup(app, f"agent-{environment}", **self.where_it_runs, **about))

    def make_targets(self):
        super().make_targets()
        if self.account != HOME_ACCOUNT:
            self.let_windlass_in()
        self.client("ecs").update_service(**self.where_it_runs, networkConfiguration={"awsvpcConfiguration": NETWORK}, platformVersion="1.4.0")
        self.until("the first task", self.tasks)
        self.put_under_codedeploy()

    def put_under_codedeploy(self):
        balancer = self.group.load_balancer("blue", "agent", 8080)
        self.standin.services.put_under_codedeploy(*self.where_it_runs.values(), balancer)

    def leave_codedeploy(self, **configuration):
        self.ecs.update_service(**self.where_it_runs, deploymentController={"type": "ECS"}, deploymentConfiguration=configuration)

    def declare(self, environments, version="1.0.0", **agent):
        """Declares the service alone; without more it is deployed by CodeDeploy."""
        where = {"kind": "ecs", "cluster": self.app + "-{environment}", "service": "agent", "container": "agent", "repository": self.images}
        deployed = agent or {"codedeploy": {"application": self.app, "group": "agent-{environment}"}}
        roles = {} if self.account == HOME_ACCOUNT else {name: {"role_arn": target_role(self.app, name)} for name in environments}
        declared = {name: {"deploy": {"branch": name}} | roles.get(name, {}) for name in environments}
        document = self.declaration(declared, {"bake": "10s", "alarms": [self.app + "-{environment}-errors"]}, version)
        super().declare(document | {"components": {"agent": where | deployed}})

    def push(self, version, **behaviour):
        self.shop.push_image(f"{version}-{self.environment}", self.images, **behaviour)

    def begin(self, version):
        """CI POSTs a release of the service; answers the deployment's id."""
        components = {"agent": {"image": f"{self.images}:{version}-{self.environment}"}}
        manifest = {"version": f"{version}-{self.environment}", "git": {"ref": f"refs/heads/{self.environment}"}, "components": components}
        return self.asked("releases", manifest)["id"]

    def roll_back(self):
        """An operator goes back to the release before, and waits for its end."""
        done = self.machine.follow(self.asked("rollbacks", {"reason": "as the test says"})["execution"], 120)
        assert done["status"] == "SUCCEEDED", done.get("cause")

    def asked(self, what, document):
        answer = self.aws.call_api("POST", f"/apps/{self.app}/environments/{self.environment}/{what}", document)
        assert answer.status == 202, answer
        return answer.body

    # ── what is seen from outside ──

    def sets(self):
        """Status and tasks' number of each task set, as ECS describes them."""
        (service,) = self.ecs.describe_services(cluster=self.where_it_runs["cluster"], services=["agent"])["services"]
        return [(found["status"], found["runningCount"]) for found in service["taskSets"]]

    def tasks(self):
        """The tasks that run, by image."""
        cluster = self.where_it_runs["cluster"]
        arns = self.ecs.list_tasks(cluster=cluster, serviceName="agent")["taskArns"]
        tasks = self.ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        return {task["taskArn"]: task["containers"][0]["imageDigest"] for task in tasks}

    def running_image(self):
        """The digest of the image that all tasks run; None where they run several."""
        digests = set(self.tasks().values())
        return digests.pop() if len(digests) == 1 else None

    def made(self):
        """The deployments of its group, oldest first."""
        return self.standin.of(self.group)

    def document(self, task_definition):
        """An AppSpec as a person writes it, with hooks, and with a member that Windlass does not know."""
        network = {"AwsvpcConfiguration": {name[0].upper() + name[1:]: value for name, value in NETWORK.items()}}
        balancer = {"ContainerName": "agent", "ContainerPort": 8080}
        properties = {"TaskDefinition": task_definition, "LoadBalancerInfo": balancer, "PlatformVersion": "1.4.0", "NetworkConfiguration": network, "Note": "kept"}
        return {"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}], "Hooks": HOOKS}

    def task_definition(self):
        (service,) = self.ecs.describe_services(cluster=self.where_it_runs["cluster"], services=["agent"])["services"]
        return service["taskDefinition"]

    def deploy_by_hand(self, codedeploy):
        """A person's deployment, whose first hook takes as long as the test."""
        self.group.hook_s = LONG_MIN
        text = json.dumps(self.document(self.task_definition()))
        content = {"content": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}
        revision = {"revisionType": "AppSpecContent", "appSpecContent": content}
        codedeploy.create_deployment(applicationName=self.app, deploymentGroupName=self.group.name, revision=revision)
