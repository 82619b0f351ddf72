"""A stand-in for the deployments by which ECS shifts a service's traffic (blue/green, canary and linear), and for services that AWS CodeDeploy
deploys, with their task sets (task_sets.py).

The local cloud stores such a strategy and rolls the service all the same. This one stands in front of it and answers
what is asked of services with such a strategy; all else goes through. Each revision of such a service is a service of
its own on the local cloud, so that its tasks really start, crash and stop, and the former ones really stay until the
clean-up. The stages, pauses and ways back are those of the Amazon ECS Developer Guide, "Amazon ECS blue/green service
deployments workflow" and "Lifecycle hooks for Amazon ECS service deployments".
"""

import asyncio
import datetime
import json
import threading
import time
import urllib.parse

from proxy import Proxy, response
from service_model import ServiceModel
from shifted_service import Refused, ShiftedService
from task_sets import TaskSetService

# A stage that the model of DescribeServiceDeployments does not list (Amazon ECS API Reference, DeploymentLifecycleHook, has it).
DOCUMENTED = {"PRE_PRODUCTION_TRAFFIC_SHIFT"}


class EcsStandin(Proxy):
    """ECS as a function asks it; `minute_s` is how long a minute of a service's configuration takes."""

    def __init__(self, ecs, minute_s):
        super().__init__(urllib.parse.urlsplit(ecs.meta.endpoint_url).port)
        self.ecs = ecs
        self.minute_s = minute_s
        self.address = None
        self.model = ServiceModel("ecs", DOCUMENTED)
        # What was asked or answered that does not fit the service's model.
        self.breaches = []
        self.services = {}
        self.lock = threading.RLock()
        # Operations whose next answer is lost on its way.
        self.lost = []
        self.asked = []
        # Clusters whose pauses run out just before they are answered.
        self.late = []
        # Who may ask (assumed_role_guard.py); everybody where there is none.
        self.guard = None

    def start(self):
        self.address = super().start()
        threading.Thread(target=self.go_on, daemon=True).start()
        return self.address

    def go_on(self):
        """ECS goes on whether or not somebody looks."""
        while True:
            with self.lock:
                for service in self.services.values():
                    service.go_on(time.time())
            time.sleep(0.2)

    async def answer(self, call, writer):
        target = call.headers.get("x-amz-target", "")
        prefix, _, operation = target.rpartition(".")
        if prefix != self.model.target:
            return await super().answer(call, writer)
        parameters = json.loads(call.body)
        if operation in HANDLERS:
            self.breaches += self.model.of_request(operation, parameters)
        self.asked.append(operation)
        answered = await asyncio.to_thread(self.answered, call, operation, parameters)
        if answered is None:
            return await super().answer(call, writer)
        if operation in self.lost:
            self.lost.remove(operation)
            return None
        writer.write(answered)
        return await writer.drain()

    async def respond(self, call):
        answered = await self.forward(call)
        if self.guard:
            self.guard.learn(answered)
        return answered

    def answered(self, call, operation, parameters):
        """The answer about a service that is shifted; None where the local cloud answers."""
        handler = HANDLERS.get(operation)
        refused = handler and self.guard and self.guard.refuses(call, "ecs", operation, parameters)
        if refused:
            return self.response(400, {"__type": "AccessDeniedException", "message": refused})
        try:
            with self.lock:
                answer = handler(self, parameters) if handler else None
        except Refused as refused:
            self.breaches += self.model.of_error(operation, refused.code)
            return self.response(400, {"__type": refused.code, "message": str(refused)})
        if answer is None:
            return None
        self.breaches += self.model.of_answer(operation, answer)
        return self.response(200, answer)

    def response(self, status, answer):
        return response(status, "application/x-amz-json-1.1", "", json.dumps(answer, default=datetime.datetime.timestamp).encode())

    def service(self, cluster, name):
        """A service that is shifted, or that CodeDeploy deploys; None for one that rolls, and one that is not there."""
        cluster, name = cluster.rpartition("/")[2], name.rpartition("/")[2]
        if (cluster, name) not in self.services:
            found = self.ecs.describe_services(cluster=cluster, services=[name])["services"]
            if not found or found[0].get("deploymentConfiguration", {}).get("strategy", "ROLLING") == "ROLLING":
                return None
            self.services[cluster, name] = ShiftedService(self.ecs, found[0], self.minute_s)
        return self.services[cluster, name]

    def of_deployment(self, arn):
        """The service of a service deployment."""
        for service in self.services.values():
            if any(deployment["serviceDeploymentArn"] == arn for deployment in service.deployments):
                return service
        raise Refused("ServiceDeploymentNotFoundException", f"There is no service deployment {arn}.")

    def describe_services(self, asked):
        shifted = [self.service(asked["cluster"], name) for name in asked["services"]]
        if not all(shifted):
            return None
        return {"services": [service.described() for service in shifted], "failures": []}

    def update_service(self, asked):
        service = self.service(asked["cluster"], asked["service"])
        if isinstance(service, TaskSetService):
            return self.update_under_codedeploy(service, asked)
        if service is None or "taskDefinition" not in asked:
            return None
        service.begin(asked["taskDefinition"], time.time())
        return {"service": service.described()}

    # ── services that CodeDeploy deploys ──

    def put_under_codedeploy(self, cluster, name, load_balancer):
        """A service whose controller is CODE_DEPLOY from now on; what it runs is its one task set."""
        with self.lock:
            shifted = self.service(cluster, name)
            found = self.ecs.describe_services(cluster=cluster, services=[name], include=["TAGS"])["services"][0]
            found |= {"taskDefinition": shifted.current.task_definition, "desiredCount": shifted.desired} if shifted else {}
            made = TaskSetService(self.ecs, found, shifted.current.runs_as if shifted else name, load_balancer)
            self.services[cluster, name] = made
            return made

    def update_under_codedeploy(self, service, asked):
        if asked.get("deploymentController", {}).get("type") == "ECS":
            service.require_one_set()
            return self.leave_codedeploy(service, asked["deploymentConfiguration"])
        service.update(asked)
        return {"service": service.described()}

    def leave_codedeploy(self, service, configuration):
        """ECS's own controller takes the service as it is: the tasks of its task set stay."""
        primary = service.primary
        self.ecs.update_service(cluster=service.cluster, service=service.name, deploymentConfiguration=configuration)
        del self.services[service.cluster, service.name]
        shifted = self.service(service.cluster, service.name)
        if shifted:
            shifted.take_over(primary, service.desired)
            return {"service": shifted.described()}
        # The local cloud rolls a service that runs its tasks itself: here they are started anew, on AWS they stay.
        self.ecs.update_service(cluster=service.cluster, service=service.name, taskDefinition=primary.task_definition, desiredCount=service.desired)
        if primary.runs_as != service.name:
            self.ecs.delete_service(cluster=service.cluster, service=primary.runs_as, force=True)
        return None

    def describe_task_sets(self, asked):
        service = self.service(asked["cluster"], asked["service"])
        if not isinstance(service, TaskSetService):
            return None
        sets = [service.described_set(found) for found in service.sets]
        wanted = asked.get("taskSets", [])
        return {"taskSets": [one for one in sets if not wanted or one["id"] in wanted or one["taskSetArn"] in wanted], "failures": []}

    def describe_tasks(self, asked):
        cluster = asked["cluster"].rpartition("/")[2]
        services = [found for (where, _), found in self.services.items() if where == cluster and isinstance(found, TaskSetService)]
        if not services:
            return None
        answer = self.ecs.describe_tasks(**asked)
        # The local cloud shows what is not known as an empty word.
        tasks = [{name: value for name, value in task.items() if value != ""} for task in answer["tasks"]]
        for service in services:
            tasks = [service.as_theirs(task) for task in tasks]
        return {"tasks": tasks, "failures": answer["failures"]}

    def list_tasks(self, asked):
        service = self.service(asked["cluster"], asked["serviceName"]) if "serviceName" in asked else None
        return service and {"taskArns": service.tasks(asked.get("desiredStatus", "RUNNING"))}

    def list_service_deployments(self, asked):
        service = self.service(asked["cluster"], asked["service"])
        if service is None:
            return None
        since = asked.get("createdAt", {}).get("after", 0)
        return {"serviceDeployments": [service.listed(one) for one in service.deployments if one["createdAt"] >= since]}

    def describe_service_deployments(self, asked):
        arns = asked["serviceDeploymentArns"]
        known = [one for service in self.services.values() for one in service.deployments]
        return {"serviceDeployments": [one for one in known if one["serviceDeploymentArn"] in arns], "failures": []}

    def describe_service_revisions(self, asked):
        arns = asked["serviceRevisionArns"]
        known = [revision for service in self.services.values() for revision in service.revisions]
        return {"serviceRevisions": [revision.described() for revision in known if revision.arn in arns], "failures": []}

    def stop_service_deployment(self, asked):
        arn = asked["serviceDeploymentArn"]
        if asked.get("stopType", "ROLLBACK") != "ROLLBACK":
            raise Refused("InvalidParameterException", "Only ROLLBACK is a valid stop type.")
        self.of_deployment(arn).stop(arn, time.time())
        return {"serviceDeploymentArn": arn}

    def continue_service_deployment(self, asked):
        arn = asked["serviceDeploymentArn"]
        service = self.of_deployment(arn)
        if service.cluster in self.late:
            service.run_out(time.time())
        service.continue_(arn, asked["hookId"], asked.get("action", "CONTINUE"), time.time())
        return {"serviceDeploymentArn": arn}


HANDLERS = {
    "DescribeServices": EcsStandin.describe_services,
    "DescribeTaskSets": EcsStandin.describe_task_sets,
    "DescribeTasks": EcsStandin.describe_tasks,
    "UpdateService": EcsStandin.update_service,
    "ListTasks": EcsStandin.list_tasks,
    "ListServiceDeployments": EcsStandin.list_service_deployments,
    "DescribeServiceDeployments": EcsStandin.describe_service_deployments,
    "DescribeServiceRevisions": EcsStandin.describe_service_revisions,
    "StopServiceDeployment": EcsStandin.stop_service_deployment,
    "ContinueServiceDeployment": EcsStandin.continue_service_deployment,
}
