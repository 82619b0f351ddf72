"""Deployment groups and deployments, as the stand-in for AWS CodeDeploy keeps them (codedeploy.py), whatever they deploy to."""

import asyncio
import copy
import dataclasses
import time

OVER = {"Succeeded", "Failed", "Stopped"}
ALL_AT_ONCE = {"type": "AllAtOnce"}
ALARMED = "One or more alarms have been activated, and the affected deployments have been stopped. Activated alarms:"
CANARY = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 1}}


class Refused(Exception):
    """An error of the service, by its code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Ended(Exception):
    """A deployment ends without success: its status, and the code and words of its error."""

    def __init__(self, status, code, words):
        super().__init__(words)
        self.status, self.code = status, code


@dataclasses.dataclass
class Group:
    """A deployment group, and what happens to its deployments."""

    application: str
    name: str
    # What GetDeploymentConfig answers (TrafficRoutingConfig).
    routing: dict
    rolls_back: bool = True
    # The names of the alarms that stop a deployment.
    alarms: tuple = ()
    revision: dict | None = None
    # The event whose hook fails, and how long a hook takes in seconds.
    fails_at: str | None = None
    hook_s: float = 0.3
    # The seconds after which a deployment is listed.
    listed_after_s: float = 0
    # Operations whose next answer is lost on its way.
    lost: list = dataclasses.field(default_factory=list)
    # How long a minute of its settings takes, in seconds.
    minute_s: float = 40

    @property
    def named(self):
        """The members that its own and its deployments' answers begin with."""
        configuration = f"{self.application}.{self.name}"
        names = {"applicationName": self.application, "deploymentGroupName": self.name, "deploymentConfigName": configuration}
        return names | {"computePlatform": self.platform}

    def rollback(self):
        events = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"] if self.rolls_back else []
        return {"enabled": self.rolls_back, "events": events}

    def described(self):
        """Returns what GetDeploymentGroup answers beside its deployments."""
        revision = {"targetRevision": self.revision} if self.revision else {}
        alarms = {"enabled": bool(self.alarms), "alarms": [{"name": name} for name in self.alarms]}
        return {**self.named, "autoRollbackConfiguration": self.rollback(), "alarmConfiguration": alarms, **revision}


class Deployment:
    """A deployment as CodeDeploy describes it, and how it goes on."""

    def __init__(self, group, number, revision, document, **described):
        self.group = group
        self.document = document
        self.routing = group.routing
        self.began = time.time()
        self.stopped = asyncio.Event()
        # A rollback was asked for with the stop.
        self.goes_back = False
        # The alarms of the group that rang.
        self.rang = []
        # The share of the callers that the new version got, step by step.
        self.shares = []
        self.statuses = {event: "Pending" for event in group.events}
        # When each began and ended, as CodeDeploy describes it.
        self.times = {event: {} for event in group.events}
        self.described = {**group.named, "deploymentId": f"d-{number:09}", "status": "Created", "createTime": self.began, "revision": revision, **described}

    @property
    def id(self):
        return self.described["deploymentId"]

    @property
    def is_over(self):
        return self.described["status"] in OVER

    # False where a deployment has changed nothing yet.
    can_be_taken_back = True

    def answered(self):
        """Returns what GetDeployment answers."""
        return copy.deepcopy(self.described)

    def properties(self):
        """Those of the one resource in its document."""
        (resource,) = self.document["Resources"]
        (named,) = resource.values()
        return named["Properties"]

    def hooks(self):
        return {event for hook in self.document.get("Hooks", []) for event in hook}

    def events(self):
        return [{"lifecycleEventName": name, "status": status, **self.times[name]} for name, status in self.statuses.items()]

    def end(self, status, error=None):
        self.described |= {"status": status, "completeTime": time.time()}
        if error:
            self.described["errorInformation"] = error

    def continue_(self, wait):
        """ContinueDeployment; only a deployment that waits can be continued."""
        raise Refused("UnsupportedActionForDeploymentTypeException", f"The deployment {self.id} waits for nobody")

    async def move(self):
        """Goes from its beginning to its end."""
        raise NotImplementedError

    async def take_back(self, back):
        """Brings back what ran before it, as another deployment."""
        raise NotImplementedError

    async def go_through(self):
        """Passes its lifecycle events, one after another."""
        for event in self.statuses:
            self.statuses[event] = "InProgress"
            self.times[event]["startTime"] = time.time()
            await self.do(event)
            self.times[event]["endTime"] = time.time()
            self.statuses[event] = "Succeeded"

    async def hook(self, event):
        """The function that the document names for an event, if it names one."""
        if event not in self.hooks():
            return
        await self.pause(self.group.hook_s)
        if event == self.group.fails_at:
            self.statuses[event] = "Failed"
            raise Ended("Failed", "HOOK_EXECUTION_FAILURE", f"The hook of {event} said no")

    async def pause(self, seconds, until=None):
        """Lets time pass, until somebody stops it; True where `until` came to be before."""
        waiting = [asyncio.ensure_future(event.wait()) for event in (self.stopped, until) if event]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        if self.rang:
            raise Ended("Stopped", "ALARM_ACTIVE", f"{ALARMED} <{', '.join(self.rang)}>")
        if self.stopped.is_set():
            raise Ended("Stopped", "MANUAL_STOP", "The deployment was stopped by a user")
        return bool(until and until.is_set())


def steps(routing):
    """The percent of callers that are moved, and for how many minutes, until all are."""
    if routing["type"] == "TimeBasedCanary":
        canary = routing["timeBasedCanary"]
        yield canary["canaryPercentage"], canary["canaryInterval"]
    elif routing["type"] == "TimeBasedLinear":
        linear = routing["timeBasedLinear"]
        for percent in range(linear["linearPercentage"], 100, linear["linearPercentage"]):
            yield percent, linear["linearInterval"]
    yield 100, 0


def last(deployment):
    return {name: deployment.described[name] for name in ("deploymentId", "status", "createTime")}
