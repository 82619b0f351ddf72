"""The application `muster`, whose way back is drilled in `staging`, and in `prod` by nobody."""

import json

import left_behind
from application import Application
from command_line import CommandLine
from ledger import ending

HEARD = "heard-of-drills"
GATES = {"between_waves": "1s", "bake": "1s"}
GOOD = 0


class Muster(Application):
    """The application in one of its environments."""

    def __init__(self, aws, environment, windlass):
        super().__init__(aws, "muster", environment)
        self.windlass = windlass
        self.live = {"FunctionName": f"muster-jobs-{environment}", "Name": "live"}

    def declared(self, version, staging=None, prod=None, **gates):
        """A declaration with what more is given of the environments and of the gates."""
        environments = {"staging": {"deploy": {"branch": "main"}, **(staging or {})}, "prod": {"deploy": {"branch": "stable"}, **(prod or {})}}
        return self.declaration(environments, {**GATES, **gates}, version)

    def deploy(self, version):
        ran = self.windlass.run("deploy", "muster", self.environment, version, "--watch")
        assert ran.status == GOOD, ran

    def drills(self):
        """Returns what the API has of those that have ended, newest first."""
        answer = self.aws.call_api("GET", f"/apps/muster/environments/{self.environment}/drills").body
        assert answer["under_way"] is None, answer
        return answer["drills"]

    def drill(self, meanwhile=lambda: None):
        """A person drills it; answers the exit status, what was printed, and the record."""
        known = len(self.drills())
        with self.windlass.begin("drill", "muster", self.environment, "--reason", "before the sale") as running:
            try:
                meanwhile()
                out, _ = running.communicate(timeout=180)
            finally:
                running.kill()
        drills = self.drills()
        assert len(drills) == known + 1
        return running.returncode, out, drills[0]

    def is_watched(self, way):
        """Waits until the deployment of the drill that goes this way has changed all, and was watched in a later second: alarms show whole ones here."""

        def look():
            drill = (self.ledger.item(f"env#muster/{self.environment}", "drills") or {}).get("under_way") or {}
            judgements = self.ledger.judgements(drill[way]["deployment"]) if way in drill else []
            return any(found["looked"] // 1000 > found["changed"] // 1000 for found in judgements)

        self.until(f"the way {way}", look, 60)

    def alias(self):
        return self.aws.lambda_.get_alias(**self.live)["FunctionVersion"]

    def move_alias(self, version):
        """Somebody moves it by hand."""
        self.aws.lambda_.update_alias(**self.live, FunctionVersion=version)

    def asks(self):
        """Returns what `windlass status` has of it."""
        return self.windlass.json("status", "muster", self.environment).document

    def heard(self, name, messages=0):
        """The event with this name, and of what people were sent since this was asked last, once it is so much: the subjects."""
        events, people = [], []

        def found():
            for text in left_behind.taken(self.aws, HEARD):
                message = json.loads(text)
                if message.get("detail", {}).get("app") == "muster":
                    events.append(message)
                if message.get("Subject", "").startswith("[windlass] muster"):
                    people.append(message["Subject"])
            return len(people) >= messages and [event["detail"] for event in events if event["detail-type"] == name]

        (event,) = self.until(f"the event {name}", found)
        # Of the drill alone: its two deployments, which are on the bus as well, are named by it and notify nobody.
        ended = [one["detail"] for one in events if one["detail-type"] == "DeploymentEnded" and one["detail"].get("drill") == event["drill"]]
        assert "deployment" not in event and ended, events
        return event, people


def both(aws, folder):
    """It in both environments, with 1.1.0 live and 1.0.0 before it."""
    windlass = CommandLine(aws, "muster", folder)
    aws.iam.attach_user_policy(UserName="ci-of-muster", PolicyArn=aws.outputs["ReaderPolicyArn"])
    left_behind.listen(aws, HEARD)
    staging, prod = Muster(aws, "staging", windlass), Muster(aws, "prod", windlass)
    for muster in (staging, prod):
        muster.make_targets()
    staging.declare(staging.declared("1.0.0"))
    for version in ("1.0.0", "1.1.0"):
        staging.release(version)
        assert ending(staging.ended(staging.deployment_of(version)["id"])) == "Succeeded"
        prod.deploy(version)
    return staging, prod
