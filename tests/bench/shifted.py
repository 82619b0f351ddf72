"""A rollback while ECS still keeps the former tasks, against the release that it takes back."""

import time

import cloud_side
import targets
from aws import Aws
from ecs_standin import EcsStandin
from figures import compared
from proxy import machine_asks_through
from releases import timed

ENVIRONMENT = "bakes"
CLUSTER = f"yard-{ENVIRONMENT}"
# Functions that ask ECS.
ASKING = ["windlass-planner", "windlass-deploy-ecs"]
# Shorter than most: a longer bake makes the release longer, and the rollback not.
BAKE_MIN = 4
FIRST_MIN = 1
ROUNDS = 1


def measure(bench):
    """In turns: a blue/green release of a service to its end, and a rollback in the middle of the next one's bake."""
    times = {"release": [], "rollback": []}
    with cloud_side.installed() as yard:
        standin = EcsStandin(yard.aws.client("ecs"), bench.minute_s)
        with machine_asks_through(yard.aws, ASKING, standin.start(), "ECS"):
            service = Service(yard, Aws({"endpoint": standin.address, "region": yard.aws.region}).client("ecs"), bench.minute_s)
            service.release("1.0.0")
            service.bakes_for(BAKE_MIN)
            for number in range(1, ROUNDS + 1):
                times["release"].append(timed(lambda version=f"1.{number}.0": service.release(version)))
                times["rollback"].append(service.rolled_back(f"1.{number}.1"))
        assert standin.breaches == [], standin.breaches
    yield compared("rollback_in_bake_vs_release", "s", times["rollback"], times["release"], "our own release")
    bench.notes["rollback_in_bake_vs_release"] = (
        f"a blue/green service of one task on a stand-in of ECS, whose minutes take {bench.minute_s} s; it bakes for {BAKE_MIN} of them, "
        f"and the rollback begins in the middle; {ROUNDS} round. Callers are back when ECS has been asked to go back; whether they stay so is looked at 20 s later"
    )


def configuration(minutes):
    return {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": minutes, "deploymentCircuitBreaker": {"enable": True, "rollback": True}}


class Service:
    """The service of the application `yard`, and ECS as its functions ask it."""

    def __init__(self, yard, ecs, minute_s):
        self.yard = yard
        self.ecs = ecs
        self.minute_s = minute_s
        yard.aws.ecr.create_repository(repositoryName=cloud_side.IMAGES, tags=[{"Key": "windlass:app", "Value": cloud_side.APP}])
        targets.make_service(yard.aws, CLUSTER, yard.push_image("before"), ENVIRONMENT, configuration(FIRST_MIN))
        agent = {"kind": "ecs", "cluster": CLUSTER, "service": "agent", "container": "agent", "repository": cloud_side.IMAGES, "rollout": "blue_green"}
        yard.declare({ENVIRONMENT: {}}, {"agent": agent})

    def bakes_for(self, minutes):
        self.ecs.update_service(cluster=CLUSTER, service="agent", deploymentConfiguration=configuration(minutes))

    def begin(self, version):
        self.yard.push_image(version)
        components = {"agent": {"image": f"{cloud_side.IMAGES}:{version}"}}
        return self.yard.start(action="deploy", environment=ENVIRONMENT, manifest={"version": version, "components": components})

    def release(self, version):
        self.yard.ended(self.begin(version))

    def rolled_back(self, version):
        """Returns how long it took to take a release back in the middle of its bake, in seconds; the same tasks run as before, and none was started."""
        before = self.tasks()
        self.begin(version)
        cloud_side.until("the bake", lambda: self.stage() == "BAKE_TIME" and len(self.tasks()) == 2, 60)
        time.sleep(BAKE_MIN / 2 * self.minute_s)
        took = timed(lambda: self.yard.ended(self.yard.start(action="rollback", environment=ENVIRONMENT, reason="a measurement")))
        assert self.tasks() == before, f"other tasks run than before: {self.tasks()} instead of {before}"
        self.yard.ended(self.yard.start(action="release_hold", environment=ENVIRONMENT, reason="a measurement"))
        return took

    def tasks(self):
        return set(self.ecs.list_tasks(cluster=CLUSTER, serviceName="agent")["taskArns"])

    def stage(self):
        newest = self.ecs.list_service_deployments(cluster=CLUSTER, service="agent")["serviceDeployments"][0]["serviceDeploymentArn"]
        (deployment,) = self.ecs.describe_service_deployments(serviceDeploymentArns=[newest])["serviceDeployments"]
        return deployment.get("lifecycleStage")
