"""The story of `make demo` in the account of your credentials, in a region and under names of its own: `make story-aws`.

    python tests/e2e/story_aws.py [--region eu-north-1] [--edge] [--clean NAME]

It shows what it will make and what that costs, asks before it begins, looks at what no emulator can show, and takes
away what it made, also after a failure. `--clean` takes away what a story left that could not end. `--edge` looks at a
function of Lambda@Edge as well, which can be taken away only some hours later.
"""

import argparse
import os
import secrets
import subprocess
import sys

import cloud
import first_account
import further_looks
import install
import steps
from aws import Aws
from cleaning import Cleaning
from looked_at import GLOBAL
from shop import Shop
from storyteller import Storyteller

NAME = "windlass-story"
# List prices of us-east-1 in US dollars (AWS's pricing pages, 2026): what the story runs for at most three hours.
HOURS = 3
COSTS = {
    "two Fargate tasks of a quarter of a CPU and half a GB, each twice": HOURS * 4 * (0.25 * 0.04048 + 0.5 * 0.004445),
    "their public IPv4 addresses": HOURS * 4 * 0.005,
    "an internal load balancer with less than one LCU": HOURS * (0.0225 + 0.008),
    "a web ACL without rules, of 5 dollars a month": HOURS * 5 / 730,
    "provisioned concurrency of one function of 128 MB": HOURS * 3600 * 0.125 * 0.0000041667,
    "about 1,000 state transitions": 1000 * 0.000025,
    "Lambda, DynamoDB, S3, CloudFront and logs: some cents without the free tiers": 0.05,
}
MAKES = [
    "the stack {name}: Windlass itself (functions, a state machine, a table, buckets, an HTTP API, alarms)",
    "the stack {name}-targets: a bucket, a CloudFront distribution, a function behind an HTTP API, an ECS service with one task in the default VPC",
    "the bucket {name}-{account}-{region} for what `sam deploy` uploads",
    "the stacks {name}-provisioned, {name}-moved and {name}-called: a function behind an alias each, the first one "
    "with provisioned concurrency, the second one in a deployment group of CodeDeploy",
    "the stack {name}-canary: an ECS service with one task in the default VPC, behind an internal load balancer",
    "the stack {name}-guarded: a bucket, and a CloudFront distribution with a function",
    "the stack {name}-edge, in us-east-1: a web ACL",
    "the stack {name}-failing: Windlass itself once more, which is made to fail",
]
LATER = (
    "in {name}-edge a function of Lambda@Edge as well, which AWS lets nobody delete before its replicas are gone, some "
    "hours later: type the last line here then"
)


class Story:
    """One story in one account."""

    def __init__(self, name, region, endpoint=None, say=print, functions=None, edge=False):
        self.name = name
        self.say = say
        # Whether it makes a function of Lambda@Edge.
        self.edge = edge
        self.where = {"endpoint": endpoint, "region": region, "name": name}
        self.aws = Aws(self.where)
        self.functions = functions or cloud.REPOSITORY / "target/lambda"
        self.home = cloud.REPOSITORY / ".local" / name
        self.account = self.aws.sts.get_caller_identity()["Account"]
        self.bucket = f"{name}-{self.account}-{region}"
        self.environment = "story" + name.rpartition("-")[2]
        self.shop = Shop(self.aws, self.environment, f"{name}-targets", f"shop/{name}")

    def show(self):
        """Shows what it will make, and what that costs."""
        self.say(f"In the account {self.account}, region {self.where['region']}, this makes, and takes away at its end:")
        for line in [*MAKES, LATER] if self.edge else MAKES:
            self.say("  " + line.format(name=self.name, account=self.account, region=self.where["region"]))
        self.say(f"It takes about two hours and costs about ${sum(COSTS.values()):.2f}, for at most {HOURS} hours:")
        for what, dollars in COSTS.items():
            self.say(f"  ${dollars:.3f}  {what}")
        self.say(f"If it cannot end: make story-aws CLEAN={self.name} REGION={self.where['region']}")

    def play(self, chosen):
        """Installs Windlass, plays the steps, and looks at what only an account can show; answers what that was."""
        self.install()
        self.aws = Aws({**self.where, "stack": self.aws.stack_outputs(self.name)})
        self.shop.aws = self.aws
        self.story = Storyteller(self.aws, self.say, self.shop)
        self.story.note("CloudFormation makes the targets of the sample application")
        self.shop.make_targets()
        for step in chosen:
            self.say(f"\n{step.TITLE}")
            step.play(self.story)
        self.say("\nWhat only an account can show")
        return first_account.look(self)

    def install(self):
        """Installs what `make build-aws` built, with a bucket of its own."""
        where = {} if self.where["region"] == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.where["region"]}}
        self.aws.s3.create_bucket(Bucket=self.bucket, **where)
        ended = self.sam_deploy(self.name)
        if ended != 0:
            raise RuntimeError(f"sam deploy ended with {ended}")

    def sam_deploy(self, stack, protected="false", changed=lambda template: template):
        """`sam deploy` of a stack, by the template or what a look makes of it; answers the exit status."""
        place = install.folder(self.home, self.functions)
        (place / "samconfig.toml").unlink()
        template = place / "template.yaml"
        template.write_text(changed(template.read_text()))
        given = [f"DeletionProtection={protected}", "LogRetentionDays=1", f"SiteBucketArns=arn:*:s3:::{self.name}-*"]
        environment = dict(os.environ)
        if self.where["endpoint"]:
            given.append(f"AwsEndpointUrl={self.where['endpoint']}")
            environment = install.environment(self.home, self.where)
        more = ["--s3-bucket", self.bucket, "--region", self.where["region"], "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar"]
        command = install.deploy.command(place, given, stack, *more)
        return subprocess.run(command, cwd=place, env=environment, check=False).returncode

    def clean(self):
        """Takes away all that it made, whatever of it there is; answers what is left."""
        cleaning = Cleaning(self.aws, self.say)
        looks = [f"{self.name}-{look}" for look in (*further_looks.LOOKED, further_looks.FAILING)]
        cleaning.stacks(*(["visitor"] if self.where["endpoint"] else []), *looks, self.shop.stack, self.name)
        for family in (f"shop-agent-{self.environment}", f"{self.name}-canary"):
            cleaning.attempt(f"task definitions of {family}", lambda family=family: cleaning.task_definitions(family))
        cleaning.attempt(f"the bucket {self.bucket}", lambda: cleaning.bucket(self.bucket))
        # What a distribution has is free when that is gone.
        behind = Cleaning(Aws(self.where | {"region": GLOBAL}), self.say)
        behind.stacks(f"{self.name}-{further_looks.EDGE}")
        return cleaning.left + behind.left


def run(story, ask=input, chosen=steps.ALL):
    """Asks, plays, and cleans; answers the exit status: 0 where everything was as the story says and nothing is left."""
    story.show()
    if ask("Type the account's number to begin: ").strip() != story.account:
        story.say("Nothing was made.")
        return 1
    status, shown = 1, {}
    try:
        shown = story.play(chosen)
        status = 0 if shown and all(as_assumed for as_assumed, _ in shown.values()) else 1
    except (Exception, KeyboardInterrupt) as error:
        story.say(f"\nIt did not end as expected: {type(error).__name__}: {error}")
    finally:
        story.say("\nTaking away what it made")
        left = story.clean()
    for name, (as_assumed, evidence) in shown.items():
        story.say(f"{'✓ as assumed' if as_assumed else '✗ otherwise, see docs/FIRST_ACCOUNT.md'}: {name}: {evidence}")
    for what in left:
        story.say(f"STILL THERE: {what}")
    story.say(f"Left: {len(left)}. " + (f"Try again: make story-aws CLEAN={story.name} REGION={story.where['region']}" if left else "Nothing of it is there any more but what AWS keeps for free: docs/FIRST_ACCOUNT.md."))
    return 1 if left else status


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--region", default="eu-north-1")
    parser.add_argument("--clean", metavar="NAME")
    parser.add_argument("--edge", action="store_true")
    options = parser.parse_args()
    name = options.clean or f"{NAME}-{secrets.token_hex(3)}"
    story = Story(name, options.region, say=lambda text: print(text, flush=True), edge=options.edge)
    if options.clean:
        left = story.clean()
        sys.exit("\n".join(left) or 0)
    if not story.shop.subnets():
        sys.exit(f"{options.region} has no default VPC: choose a region that has one with REGION=, or make one with `aws ec2 create-default-vpc`.")
    sys.exit(run(story))


if __name__ == "__main__":
    main()
