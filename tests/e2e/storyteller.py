"""The steps of the story share this: doing, waiting, looking, and noting it as it happens."""

import json
import time

from ledger import Ledger, ending
from machine import Machine
from shop import Shop

APP = "shop"
ENDS_WITHIN_S = 180
# An event whose function died comes again after the queue's VisibilityTimeout (template.yaml), which is 360 s.
COMES_AGAIN_WITHIN_S = 420
NAMED_STATES = {"Admit", "Preempt", "AwaitTurn", "GiveUp", "Look", "Accept", "Prepare", "Change", "Bake", "Judge", "Settle", "Undo", "UndoChange", "SettleUndo"}
NAMED_STATES |= {"Succeeded", "NothingToDo", "Rejected", "RolledBack", "NeedsOperator", "TakenOver"}


class StoryBroken(AssertionError):
    """A step did not end as the story says."""


class Storyteller:
    """One performance of the story on one installation."""

    def __init__(self, aws, say=print, shop=None):
        self.aws = aws
        self.say = say
        self.began = time.monotonic()
        self.shop = shop or Shop(aws)
        self.where = {"app": APP, "environment": self.shop.environment}
        self.ledger = Ledger(aws, APP, self.shop.environment)
        self.machine = Machine(aws)

    def note(self, text):
        self.say(f"{time.monotonic() - self.began:7.1f} s  {text}")

    def expect(self, what, actual, wanted):
        """Compares what is seen with what the story says."""
        if actual != wanted:
            raise StoryBroken(f"{what}: {actual!r}, but the story says {wanted!r}")
        self.note(f"✓ {what}: {shown(actual)}")

    def expect_seen(self, **versions):
        """Looks at all three from outside: the page through the distribution, the alias, the service's running digest."""
        self.expect("page through the distribution, function behind its alias, image that runs", self.shop.seen(), versions)

    def until(self, what, look, within_s=30):
        """Looks again and again until there is something to see; answers it."""
        began = time.monotonic()
        while True:
            found = look()
            if found:
                return found
            waited_s = time.monotonic() - began
            if waited_s > within_s * self.aws.patience:
                raise StoryBroken(f"{what}: not seen within {within_s} s")
            time.sleep(self.aws.pause_s(waited_s))

    def deployment_of(self, version, action="deploy"):
        """Waits for the record of a release's deployment. The digits of its bytes follow a version that another environment's tag rule takes."""

        def look():
            matching = [found for found in self.ledger.deployments() if found["release"]["version"].partition("+")[0] == version and found["action"] == action]
            return matching[-1] if matching else None

        return self.until(f"a record of the {action} of {version}", look)

    def deployment_of_image(self, digest):
        """Waits for the record of an image push's deployment."""
        name = digest.partition(":")[2]

        def look():
            matching = [found for found in self.ledger.deployments() if name in json.dumps(found["release"], default=str)]
            return matching[-1] if matching else None

        return self.until(f"a record of the deployment of {digest}", look)

    def executions(self):
        """The ARNs of all executions of the release machine."""
        pages = self.aws.stepfunctions.get_paginator("list_executions").paginate(stateMachineArn=self.machine.arn)
        return {execution["executionArn"] for page in pages for execution in page["executions"]}

    def until_queue_is_empty(self):
        """Waits until intake has taken every event, also one that a busy machine brings it a second time."""
        self.until("an empty queue", self.queue_is_empty, COMES_AGAIN_WITHIN_S)

    def queue_is_empty(self):
        """Returns whether intake has taken every event."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self.aws.sqs.get_queue_attributes(QueueUrl=self.aws.outputs["IntakeQueueUrl"], AttributeNames=names)["Attributes"]
        return all(int(count) == 0 for count in counts.values())

    def beside(self, key):
        """The note beside an upload; None where there is none. Without findings it says that the upload is in force."""
        try:
            note = self.aws.s3.get_object(Bucket=self.aws.outputs["ArtifactsBucket"], Key=f"{key}.findings.json")
        except self.aws.s3.exceptions.NoSuchKey:
            return None
        return json.loads(note["Body"].read())

    def findings_beside(self, key):
        """The findings beside an upload, once there are some."""
        return self.until(f"findings beside {key}", lambda: (self.beside(key) or {}).get("findings"))

    def follow(self, deployment, while_it_runs=lambda: None):
        """Follows a deployment to its ending, noting the states that its execution enters; answers its record."""
        self.machine.follow(deployment["executions"][0], ENDS_WITHIN_S * self.aws.patience, self.reporter_of_states(), while_it_runs)
        return self.ended(deployment["id"])

    def reporter_of_states(self):
        """Notes what an operator would name: each state once per wave, and not the choices between them."""
        noted = set()

        def on_state(name):
            if name in ("Change", "UndoChange"):
                noted.clear()
            if name in NAMED_STATES and name not in noted:
                noted.add(name)
                self.note(f"    {name:10}{self.progress()}")

        return on_state

    def progress(self):
        version, weights = self.shop.alias()
        shares = ", ".join(f"version {other} at {share:.0%}" for other, share in weights.items())
        return f" alias live: version {version}{', ' + shares if shares else ''}"

    def ended(self, deployment_id):
        """Waits for a deployment's ending; answers its record."""
        return self.until(f"the ending of {deployment_id}", lambda: self.if_ended(deployment_id), ENDS_WITHIN_S)

    def if_ended(self, deployment_id):
        deployment = self.ledger.deployment(deployment_id)
        return deployment if deployment and ending(deployment) else None

    def operate(self, **request):
        """Starts the machine with an operator's one-line input and follows it; answers the execution's description."""
        self.note(f"an operator starts {json.dumps(request)}")
        execution = self.machine.start(**request)
        return self.machine.follow(execution, ENDS_WITHIN_S * self.aws.patience, self.reporter_of_states())

    def table(self):
        """All deployments, oldest first."""
        rows = [("id", "action", "version", "by", "ending", "cause")]
        for deployment in self.ledger.deployments():
            ended = deployment.get("ending") or {}
            first_line = (ended.get("cause") or "").split("\n")[0]
            route = deployment["requester"]["route"]
            rows.append((deployment["id"], deployment["action"], deployment["release"]["version"], route, ended.get("ending", "?"), first_line[:90]))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def shown(value):
    return ", ".join(f"{name} {version}" for name, version in value.items()) if isinstance(value, dict) else value
