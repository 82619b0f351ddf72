"""What a release meets at its targets is said, and keeps none from going on: a distribution that is disabled, behind which nothing runs, and a
function that takes only signed code.

The tests build on each other: each brings the next release of the application `arena`.
"""

import json
import urllib.parse

import pytest
from command_line import CommandLine
from proxy import Proxy, machine_asks_through, response
from visited_site import Plaza

SIGNING = "arn:aws:lambda:eu-west-1:000000000000:code-signing-config:csc-0f6c334abcdea4d8b"
IDLE = "passed; nothing ran site (the distribution is disabled)"
UNSIGNED = "Lambda refuses code for arena-jobs-open that is not signed by one whom its code signing configuration names"


class Arena(Plaza):
    """A site with a folder per release behind its distribution, and who watches its deployments."""

    def __init__(self, aws, folder):
        super().__init__(aws, "prefix", "arena")
        self.windlass = CommandLine(aws, "arena", folder)

    def enable(self, is_on):
        """Lets the distribution answer requests or not, as its owner would."""
        found = self.aws.cloudfront.get_distribution_config(Id=self.distribution)
        # The local cloud leaves it out where it is empty, and the SDK asks for it.
        changed = {"Comment": ""} | found["DistributionConfig"] | {"Enabled": is_on}
        self.aws.cloudfront.update_distribution(Id=self.distribution, IfMatch=found["ETag"], DistributionConfig=changed)

    def words(self, version):
        """Returns what `windlass watch` says of a release."""
        return self.windlass.run("watch", "arena", "open", version).out

    def good_ones(self):
        """The versions of the snapshots that are verified good, newest first."""
        found = self.aws.call_api("GET", "/apps/arena/environments/open/snapshots").body["snapshots"]
        return [one["version"] for one in found if one["verified_good"]]


class Signing(Proxy):
    """Answers what a code signing configuration does with code that is not signed, which the local cloud does not keep; all else is the cloud's."""

    policy = "Enforce"

    async def respond(self, call):
        if "/code-signing-configs/" not in call.path:
            return await self.forward(call)
        policies = {"UntrustedArtifactOnDeployment": self.policy}
        config = {"CodeSigningConfigArn": SIGNING, "CodeSigningConfigId": SIGNING.rpartition(":")[2], "CodeSigningPolicies": policies}
        return response(200, "application/json", "", json.dumps({"CodeSigningConfig": config}).encode())


@pytest.fixture(scope="module")
def arena(aws, tmp_path_factory):
    """Its first release is live."""
    arena = Arena(aws, tmp_path_factory.mktemp("arena"))
    arena.make_targets()
    arena.declare()
    assert arena.release("1.0.0") == ""
    assert arena.good_ones() == ["1.0.0"]
    return arena


def test_what_a_disabled_distribution_serves_succeeds_and_is_not_good(arena):
    """The local cloud serves it all the same, so that the site's pages are measured there: that makes nothing good either."""
    arena.enable(False)
    assert arena.release("1.1.0") == ""
    assert IDLE in arena.deployment_of("1.1.0")["ending"]["cause"]
    assert IDLE in arena.windlass.run("snapshots", "arena", "open").out
    assert arena.good_ones() == ["1.0.0"]


def test_a_rollback_that_names_no_snapshot_passes_it_by(arena):
    arena.enable(True)
    assert arena.release("1.2.0") == ""
    assert IDLE not in arena.deployment_of("1.2.0")["ending"]["cause"]
    assert arena.roll_back() == ""
    assert arena.function("jobs", "live") == "1.0.0"


def test_code_that_lambda_will_refuse_is_named_before(arena, aws):
    arena.client("lambda_").put_function_code_signing_config(FunctionName="arena-jobs-open", CodeSigningConfigArn=SIGNING)
    signing = Signing(urllib.parse.urlsplit(aws.endpoint).port)
    with machine_asks_through(aws, ["windlass-planner"], signing.start(), "LAMBDA"):
        assert arena.release("1.3.0") == ""
        assert UNSIGNED in arena.words("1.3.0")
        signing.policy = "Warn"
        assert arena.release("1.4.0") == ""
        assert UNSIGNED not in arena.words("1.4.0")
