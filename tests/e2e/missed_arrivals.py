"""The application `flotsam`, whose arrivals no event announces: what comes in is only found by looking.

What it uploads and pushes seems to lie there longer than it does, because Windlass looks only after what has lain there for ten minutes.
"""

import contextlib
import datetime
import json
import re
import time

import schedules
from application import Application
from proxy import Proxy, asked_through, with_body

ENVIRONMENT = "beach"
IMAGES = "flotsam/agent"
SCHEDULE = "MissedArrivalsSchedule"
QUARTER_MS = 15 * 60 * 1000
OLDER_BY = datetime.timedelta(minutes=11)
ROUNDS = ("arrivals", "rounds")


class Flotsam(Application):
    """The application in its one environment."""

    def __init__(self, aws):
        super().__init__(aws, "flotsam", ENVIRONMENT)

    def make_targets(self):
        super().make_targets()
        self.aws.ecr.create_repository(repositoryName=IMAGES)

    def declared(self, *branches, version="1.0.0"):
        """A declaration by which these branches go to the environment."""
        notice = {"kind": "static_site", "bucket": self.bucket, "prefix": "notice", "hashed": ["assets/**"], "on_artifact": True}
        agent = {"kind": "ecs", "cluster": f"flotsam-{ENVIRONMENT}", "service": "agent", "container": "agent", "repository": IMAGES}
        environments = {ENVIRONMENT: {"deploy": {"branches": list(branches)}}}
        return self.declaration(environments, {"bake": "1s"}, version, notice=notice, agent=agent)

    def executions(self):
        """Those that worked for it: a look may find what other applications left unheard."""
        return {arn for arn in super().executions() if ":flotsam-" in arn}

    def rounds(self):
        return self.ledger.item(*ROUNDS)

    def look(self):
        """The schedule comes once: a part of a round."""
        before = (self.rounds() or {}).get("rev", 0)
        schedules.come(self.aws, SCHEDULE)
        self.until("the end of a look", lambda: (self.rounds() or {}).get("rev", 0) > before)

    def look_at_everything(self):
        """The schedule comes until the bucket and every repository were looked at once more."""
        before = self.rounds()
        while any(self.rounds()[what]["began"] == before[what]["began"] for what in ("uploads", "images")):
            self.look()

    def a_quarter_of_an_hour_passes(self):
        """The rounds under way began so long ago."""
        began = int(time.time() * 1000) - QUARTER_MS
        self.ledger.change(*ROUNDS, **{what: {"since": began, "began": began} for what in ("uploads", "images")})

    def endings(self, *versions):
        """Returns how the deployments of these versions ended, and why."""
        ended = [self.ended(self.deployment_of(version)["id"])["ending"] for version in versions]
        return [(found["ending"], found["cause_name"]) for found in ended]


@contextlib.contextmanager
def unheard(aws):
    """While it lasts, no event announces what is uploaded. (The local cloud's ECR sends none anyway.)"""
    rule = schedules.physical_id(aws, "ArtifactsRule")
    aws.events.disable_rule(Name=rule)
    try:
        yield
    finally:
        aws.events.enable_rule(Name=rule)


@contextlib.contextmanager
def aged(aws):
    """While it lasts, intake is shown the application's uploads and images as if they were older than they are."""
    proxy = Aged(int(aws.endpoint.rpartition(":")[2]))
    with asked_through(aws, "windlass-intake", proxy.start(), "S3", "ECR"):
        yield


class Aged(Proxy):
    """Makes what is listed of the application's uploads and images older."""

    async def respond(self, call):
        answered = await super().respond(call)
        if call.method == "GET" and "list-type=2" in call.path:
            return with_body(answered, older_objects)
        if call.headers.get("x-amz-target", "").endswith(".DescribeImages") and IMAGES.encode() in call.body:
            return with_body(answered, older_images)
        return answered


def older_objects(listing):
    def older(match):
        at = datetime.datetime.fromisoformat(match[2].decode())
        return match[1] + (at - OLDER_BY).strftime("%Y-%m-%dT%H:%M:%S.000Z").encode()

    return re.sub(rb"(<Key>[^<]*/flotsam/[^<]*</Key><LastModified>)([^<]*)", older, listing)


def older_images(described):
    document = json.loads(described)
    for image in document.get("imageDetails", []):
        image["imagePushedAt"] -= OLDER_BY.total_seconds()
    return json.dumps(document).encode()
