"""The stand-in for AWS CodeDeploy by itself, with services: what a task set does in each way in which its deployment goes, seen by AWS's own
SDK, which reads every answer by the service's model."""

import hashlib
import json

import boto3
import botocore.exceptions
import pytest
from aws import Aws
from codedeploy import CodeDeploy
from deployed import ALL_AT_ONCE, CANARY
from deployed_service import ServiceGroup
from ecs_standin import EcsStandin
from shop import Shop
from storyteller import Storyteller

CLUSTER = "weir"
MINUTE_S = 2
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-00000000000000000"], "securityGroups": ["sg-0"], "assignPublicIp": "ENABLED"}}


class Weir:
    """A service under CodeDeploy with its group, and how a person deploys it."""

    made = 0

    def __init__(self, aws, standin, **group):
        Weir.made += 1
        self.aws, self.standin, self.service = aws, standin, f"agent-{Weir.made}"
        address = {"endpoint": standin.services.address, "region": aws.region}
        self.ecs = Aws(address).client("ecs")
        self.codedeploy = boto3.client("codedeploy", endpoint_url=standin.address, region_name=aws.region, aws_access_key_id="a", aws_secret_access_key="b")
        about = {"routing": ALL_AT_ONCE, "minute_s": MINUTE_S} | group
        self.group = standin.put(ServiceGroup("weir", self.service, cluster=CLUSTER, service=self.service, **about))
        self.until = Storyteller(aws).until
        definition = self.definition("weir/first")
        fargate = {"launchType": "FARGATE", "platformVersion": "1.4.0", "networkConfiguration": NETWORK}
        aws.ecs.create_service(cluster=CLUSTER, serviceName=self.service, taskDefinition=definition, desiredCount=2, **fargate)
        standin.services.put_under_codedeploy(CLUSTER, self.service, self.group.load_balancer("blue", "agent", 8080))
        self.until("the first tasks", lambda: len(self.tasks()) == 2)

    def definition(self, image):
        containers = [{"name": "agent", "image": image, "essential": True}]
        fargate = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512", "networkMode": "awsvpc"}
        made = self.aws.ecs.register_task_definition(family=self.service, containerDefinitions=containers, **fargate)
        return made["taskDefinition"]["taskDefinitionArn"]

    def deploy(self, image="weir/second", **properties):
        properties = {"TaskDefinition": self.definition(image), "LoadBalancerInfo": {"ContainerName": "agent", "ContainerPort": 8080}, **properties}
        text = json.dumps({"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}]})
        content = {"content": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}
        revision = {"revisionType": "AppSpecContent", "appSpecContent": content}
        return self.codedeploy.create_deployment(applicationName="weir", deploymentGroupName=self.service, revision=revision)["deploymentId"]

    def tasks(self):
        return set(self.ecs.list_tasks(cluster=CLUSTER, serviceName=self.service)["taskArns"])

    def sets(self):
        """Status and task definition's number of each task set, as ECS describes them."""
        (service,) = self.ecs.describe_services(cluster=CLUSTER, services=[self.service])["services"]
        return [(found["status"], int(found["taskDefinition"].rpartition(":")[2])) for found in service["taskSets"]]

    def status(self, id_):
        return self.codedeploy.get_deployment(deploymentId=id_)["deploymentInfo"]

    def target(self, id_):
        (name,) = self.codedeploy.list_deployment_targets(deploymentId=id_)["targetIds"]
        return self.codedeploy.get_deployment_target(deploymentId=id_, targetId=name)["deploymentTarget"]["ecsTarget"]

    def weights(self, id_):
        return {info.get("taskSetLabel"): info["trafficWeight"] for info in self.target(id_)["taskSetsInfo"]}

    def waits_for(self, status, id_):
        self.until(f"{id_} {status}", lambda: self.status(id_)["status"] == status, 60)

    def waits_for_the_wait(self, id_):
        self.waits_for("InProgress", id_)
        self.until(f"{id_} in its termination wait", lambda: self.target(id_)["status"] == "Succeeded", 60)


@pytest.fixture(scope="module")
def standin(aws):
    services = EcsStandin(aws.client("ecs"), MINUTE_S)
    services.start()
    standin = CodeDeploy(aws, services)
    standin.address = standin.start()
    aws.ecs.create_cluster(clusterName=CLUSTER)
    yield standin
    standin.end()
    assert (standin.problems, services.breaches) == ([], [])


def refused(call, *about, **asked):
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        call(*about, **asked)
    return refusal.value.response["Error"]["Code"]


def test_a_task_set_gets_the_traffic_and_the_former_one_waits(aws, standin):
    weir = Weir(aws, standin, routing=CANARY, has_test_listener=True, termination_min=600)
    first = weir.tasks()
    id_ = weir.deploy()
    weir.until("a share", lambda: weir.status(id_)["status"] == "InProgress" and weir.weights(id_).get("Green") == 10.0, 30)
    assert weir.sets() == [("PRIMARY", 1), ("ACTIVE", 2)] and len(weir.tasks() - first) == 2
    weir.waits_for_the_wait(id_)
    status = weir.status(id_)
    assert (status["status"], status["instanceTerminationWaitTimeStarted"]) == ("InProgress", False)
    assert weir.weights(id_) == {"Blue": 0.0, "Green": 100.0} and weir.sets() == [("ACTIVE", 1), ("PRIMARY", 2)]
    assert {event["status"] for event in weir.target(id_)["lifecycleEvents"]} == {"Succeeded"} and first < weir.tasks()
    assert refused(weir.deploy) == "DeploymentLimitExceededException"
    assert refused(weir.codedeploy.continue_deployment, deploymentId=id_, deploymentWaitType="READY_WAIT") == "DeploymentIsNotInReadyStateException"
    weir.codedeploy.continue_deployment(deploymentId=id_, deploymentWaitType="TERMINATION_WAIT")
    weir.waits_for("Succeeded", id_)
    weir.until("the former tasks' end", lambda: weir.sets() == [("PRIMARY", 2)] and not first & weir.tasks())
    assert refused(weir.codedeploy.stop_deployment, deploymentId=id_, autoRollbackEnabled=True) == "DeploymentAlreadyCompletedException"


def test_a_stop_in_the_wait_brings_the_former_tasks_back_and_starts_none(aws, standin):
    weir = Weir(aws, standin, rolls_back=False, shows_labels=False)
    first = weir.tasks()
    id_ = weir.deploy()
    weir.waits_for_the_wait(id_)
    assert weir.weights(id_).keys() == {None}
    weir.codedeploy.stop_deployment(deploymentId=id_, autoRollbackEnabled=True)
    weir.until("the rollback", lambda: "rollbackDeploymentId" in weir.status(id_).get("rollbackInfo", {}))
    stopped = weir.status(id_)
    back = stopped["rollbackInfo"]["rollbackDeploymentId"]
    weir.waits_for("Succeeded", back)
    assert (stopped["status"], weir.status(back)["creator"]) == ("Stopped", "codeDeployRollback")
    weir.until("the former task set alone", lambda: weir.sets() == [("PRIMARY", 1)] and weir.tasks() == first)


def test_ready_is_continued_by_somebody(aws, standin):
    weir = Weir(aws, standin, ready_min=600)
    id_ = weir.deploy()
    weir.waits_for("Ready", id_)
    assert weir.target(id_)["status"] == "Ready" and weir.sets() == [("PRIMARY", 1), ("ACTIVE", 2)]
    weir.codedeploy.continue_deployment(deploymentId=id_, deploymentWaitType="READY_WAIT")
    weir.waits_for_the_wait(id_)


def test_ready_that_nobody_continues_is_stopped(aws, standin):
    weir = Weir(aws, standin, ready_min=1)
    id_ = weir.deploy()
    weir.waits_for("Stopped", id_)
    weir.until("the former task set alone", lambda: weir.sets() == [("PRIMARY", 1)])


def test_tasks_that_crash_never_get_the_traffic(aws, standin):
    weir = Weir(aws, standin, install_min=2)
    first = weir.tasks()
    aws.ecr.create_repository(repositoryName=weir.service)
    Shop(aws).push_image("1", weir.service, exit_code=3, exit_after=0.2)
    id_ = weir.deploy(f"000000000000.dkr.ecr.{aws.region}.amazonaws.com/{weir.service}:1")
    weir.waits_for("Failed", id_)
    assert weir.status(id_)["errorInformation"]["code"] == "TIMEOUT"
    weir.until("the former task set alone", lambda: weir.sets() == [("PRIMARY", 1)] and weir.tasks() == first)
    assert weir.status(id_)["rollbackInfo"]["rollbackDeploymentId"]


def test_what_a_document_leaves_out_is_the_services_but_for_the_platform(aws, standin):
    weir = Weir(aws, standin)
    weir.waits_for_the_wait(weir.deploy())
    former, new = weir.ecs.describe_task_sets(cluster=CLUSTER, service=weir.service, taskSets=[])["taskSets"]
    assert (former["platformVersion"], new["platformVersion"]) == ("1.4.0", "LATEST")
    assert former["networkConfiguration"] == new["networkConfiguration"] == NETWORK
    assert [found["loadBalancers"][0]["targetGroupArn"].split("/")[1] for found in (former, new)] == ["blue", "green"]


def test_ecs_itself_changes_no_task_definition_and_no_controller_meanwhile(aws, standin):
    weir = Weir(aws, standin, termination_min=600)
    about = {"cluster": CLUSTER, "service": weir.service}
    assert refused(weir.ecs.update_service, **about, taskDefinition=weir.definition("weir/third")) == "InvalidParameterException"
    id_ = weir.deploy()
    weir.waits_for_the_wait(id_)
    leaving = {**about, "deploymentController": {"type": "ECS"}, "deploymentConfiguration": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1}}
    assert refused(weir.ecs.update_service, **leaving) == "InvalidParameterException"
    weir.codedeploy.continue_deployment(deploymentId=id_, deploymentWaitType="TERMINATION_WAIT")
    weir.until("one task set", lambda: len(weir.sets()) == 1)
    tasks = weir.tasks()
    weir.ecs.update_service(**leaving)
    (service,) = weir.ecs.describe_services(cluster=CLUSTER, services=[weir.service])["services"]
    assert service["deploymentController"]["type"] == "ECS" and weir.tasks() == tasks
    weir.waits_for("Failed", weir.deploy())
