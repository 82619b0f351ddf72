"""The application `fleet`: a page, a function and a service in each of several environments, into which releases go while all goes wrong."""

import random
import time

from application import MISTAKE, Application
from ledger import Ledger, ending
from machine import Machine

ENVIRONMENTS = [f"berth{number}" for number in range(1, 7)]
IMAGES = "fleet/agent"
SETTLES_WITHIN_S = 420


class Releases:
    """The releases, uploaded before anything goes wrong: of each number a good one and a bad one, whose function makes a mistake."""

    def __init__(self, fleet, count):
        self.manifests = {}
        self.digests = {}
        for number in range(1, count + 1):
            for version, code in ((f"1.{number}.0", {}), (f"1.{number}.1", {"sum_": MISTAKE})):
                manifest = fleet.manifest(version, **code)
                self.digests[version] = fleet.shop.push_image(version, repository=IMAGES)
                manifest["components"]["agent"] = {"image": f"{IMAGES}:{version}"}
                self.manifests[version] = manifest


class Fleet(Application):
    """The application in one of its environments."""

    def __init__(self, aws, environment):
        super().__init__(aws, "fleet", environment)

    def declare(self):
        agent = {"kind": "ecs", "cluster": "fleet-{environment}", "service": "agent", "container": "agent", "repository": IMAGES}
        environments = {name: {"deploy": {"branch": name}} for name in ENVIRONMENTS}
        super().declare(self.declaration(environments, {"bake": "1s"}, agent=agent))

    def seen(self):
        return {**super().seen(), "agent": self.running_digest()}


class Captain:
    """Deploys into one environment, one act after the other, as CI and operators do, and asks again where nothing came of it."""

    def __init__(self, aws, environment, releases, seed):
        self.aws = aws
        self.fleet = Fleet(aws, environment)
        self.ledger = Ledger(aws, "fleet", environment)
        self.machine = Machine(aws)
        self.releases = releases
        self.random = random.Random(f"{seed} {environment}")
        self.where = {"app": "fleet", "environment": environment}
        self.trouble = []
        # What the API answered last.
        self.last_answer = None

    def sail(self):
        for number in range(1, len(self.releases.manifests) // 2 + 1):
            try:
                self.act(number)
                self.leave_needs_operator()
            except TimeoutError as error:
                self.trouble.append(f"{self.where['environment']}: {error}; the API answered last {self.last_answer}")

    def act(self, number):
        chance = self.random.random()
        good, bad = f"1.{number}.0", f"1.{number}.1"
        if chance < 0.15:
            self.deploy(bad)
        elif chance < 0.3:
            first, second = self.begin(bad), self.begin(good)
            self.settled(first)
            self.settled(second)
        else:
            self.deploy(good)
        if self.random.random() < 0.15:
            self.operate("rollback", lambda: self.ledger.state().get("hold"))
            self.until("the rollback", lambda: not self.ledger.lock().get("held") or self.needs_operator())
            self.leave_needs_operator()
            self.operate("release_hold", lambda: not self.ledger.state().get("hold"))

    def deploy(self, version):
        self.settled(self.begin(version))

    def begin(self, version):
        """Asks for a release by one of two ways, until it is recorded; answers the deployment's id."""
        path = f"/apps/fleet/environments/{self.where['environment']}/releases"

        def ask():
            if self.random.random() < 0.5:
                self.last_answer = answer = self.aws.call_api("POST", path, self.releases.manifests[version])
                return answer.body.get("id") if answer.status == 202 else None
            execution = self.machine.start(action="deploy", **self.where, manifest=self.releases.manifests[version])
            return self.recorded_for(execution)

        return self.until(f"a record of {version}", lambda: self.if_recorded(ask()))

    def if_recorded(self, deployment):
        """The id, once the deployment is recorded; the first state does so."""
        deadline = time.monotonic() + 15
        while deployment and time.monotonic() < deadline:
            if self.ledger.deployment(deployment):
                return deployment
            time.sleep(0.3)
        return None

    def recorded_for(self, execution):
        """The deployment that an execution works for, unless it died before it was one."""
        while True:
            found = self.ledger.item(f"execution#{execution}", "deployment")
            if found:
                return found["deployment"]
            if self.machine.describe(execution)["status"] != "RUNNING":
                return None
            time.sleep(0.3)

    def operate(self, action, done):
        """Starts an operator's action until its effect is seen; one press may have been stopped."""

        def press():
            execution = self.machine.start(action=action, **self.where, reason="the captain says so")
            return self.until(f"the end of {action}", lambda: self.machine.describe(execution)["status"] != "RUNNING") and done()

        for _ in range(5):
            if press():
                return
        raise TimeoutError(f"{action} had no effect, five times")

    def needs_operator(self):
        held = self.ledger.lock().get("held")
        return held and held["state"] == "needs_operator"

    def leave_needs_operator(self):
        """The two ways out: undo again, and where that fails, accept what is there."""
        if self.needs_operator():
            self.machine.start(action="recover", **self.where, reason="the captain says so")
            time.sleep(2)
            self.until("the recovery", lambda: not (self.ledger.lock().get("held") or {}).get("state") == "recovering")
        if self.needs_operator():
            self.operate("accept", lambda: not self.needs_operator())

    def settled(self, deployment):
        return self.until(f"the ending of {deployment}", lambda: ending(self.ledger.deployment(deployment)))

    def until(self, what, look):
        deadline = time.monotonic() + SETTLES_WITHIN_S
        while not (found := look()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} was not seen within {SETTLES_WITHIN_S} s")
            time.sleep(0.3)
        return found
