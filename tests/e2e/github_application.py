"""The application `puffin`, a function alone whose commits are known, and what GitHub is sent of it."""

import json

import left_behind
from application import INVOCATIONS, Application

APP, ENVIRONMENT = "puffin", "open"
ALIAS = {"FunctionName": f"{APP}-jobs-{ENVIRONMENT}", "Name": "live"}


class Puffin(Application):
    """The application in its environment, beside the two stacks that report to GitHub."""

    def __init__(self, aws, hub, statuses, deployments):
        super().__init__(aws, APP, ENVIRONMENT)
        self.hub, self.statuses, self.deployments = hub, statuses, deployments
        self.sequence = 10

    def declare(self):
        jobs = {"kind": "lambda", "function": "puffin-jobs-{environment}", "alias": "live", "gates": {"invocations": INVOCATIONS}}
        environments = {ENVIRONMENT: {"deploy": {"branch": "main"}}}
        super().declare({"app": APP, "version": "1.0.0", "environments": environments, "components": {"jobs": jobs}, "gates": {"bake": "5s"}})

    def listen(self):
        """From now on each event of the application is kept."""
        bus = self.aws.outputs["EventBusName"]
        arn = left_behind.make_queue(self.aws, "puffin-heard")
        self.aws.events.put_rule(Name="puffin-heard", EventBusName=bus, EventPattern=json.dumps({"detail": {"app": [APP]}}))
        self.aws.events.put_targets(Rule="puffin-heard", EventBusName=bus, Targets=[{"Id": "heard", "Arn": arn}])

    def heard(self):
        """The events since it was asked for them last."""
        return [json.loads(text) for text in left_behind.taken(self.aws, "puffin-heard")]

    def begin(self, version, commit, code=None, sequence=None, **mistakes):
        """Releases the function, anew or that of a former version; answers the deployment's id."""
        if code is None:
            self.upload_function("jobs", version, **mistakes)
        self.sequence += 1
        git = {"ref": "refs/heads/main"} | ({"commit": commit} if commit else {})
        manifest = {"version": version, "sequence": sequence or self.sequence, "git": git, "components": {"jobs": self.artifact("jobs", code or version)}}
        answer = self.aws.call_api("POST", f"/apps/{APP}/environments/{ENVIRONMENT}/releases", manifest)
        assert answer.status == 202, answer
        return answer.body["id"]

    def release(self, version, commit, **more):
        return self.ended(self.begin(version, commit, **more))

    def happens(self, *events):
        """Sends events as Windlass sends them."""
        bus = self.aws.outputs["EventBusName"]
        entries = [{"EventBusName": bus, "Source": "windlass", "DetailType": name, "Detail": json.dumps(detail)} for name, detail in events]
        answer = self.aws.events.put_events(Entries=entries)
        assert answer["FailedEntryCount"] == 0, answer

    def happens_to_its_end(self, *events):
        """Sends events for each of which the machine begins, and waits until it has nothing to do any more."""
        begun = len(self.deployments.executions())
        self.happens(*events)
        self.until("the executions", lambda: len(self.deployments.executions()) == begun + len(events) and self.deployments.rest())

    def begins(self, event):
        """Starts the machine with an event as the bus hands it over, and waits for its end."""
        self.aws.stepfunctions.start_execution(stateMachineArn=self.deployments.machine, input=json.dumps(event))
        self.until("its end", self.deployments.rest)

    # ── what GitHub was sent ──

    def commit_statuses(self, commit, last):
        """The statuses of a commit, oldest first, as soon as the last word is there."""

        def look():
            of_it = [status for status in self.hub.statuses if status["commit"] == commit]
            return of_it if of_it and any(status["state"] == last for status in of_it) else None

        return self.until(f"the status `{last}`", look)

    def line(self, commit, words):
        """The newest line of a commit, once it has these words."""

        def look():
            of_it = [status["description"] for status in self.hub.statuses if status["commit"] == commit]
            return of_it[-1] if of_it and words in of_it[-1] else None

        return self.until(f"a line with `{words}`", look)

    def github_deployments(self, commit, last):
        """GitHub's deployments of a commit, oldest first, as soon as the oldest is in the last state and nothing is under way."""

        def look():
            # In this order: what is under way may send more.
            is_at_rest, of_it = self.deployments.rest(), self.hub.deployments_of(commit)
            return of_it if is_at_rest and of_it and of_it[0]["statuses"] and of_it[0]["statuses"][-1]["state"] == last else None

        return self.until(f"a deployment of GitHub that is `{last}`", look)
