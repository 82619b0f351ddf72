"""What the application `barge` runs in `prod` comes from `staging`, and only once it was good there for its time: by a person, and then by itself.

The tests build on each other: the first one finds nothing in `staging`.
"""

import contextlib
import time

import pytest
import schedules
from command_line import CommandLine
from ledger import ending
from ruled import Ruled, refused, role
from tagged_roles import session, tagged_roles

GOOD = 0
ENVIRONMENTS = ("staging", "prod")
LIVE_FOR_S = 2
FROM_STAGING = {"environment": "staging", "live_for": f"{LIVE_FOR_S}s"}
WHO = {"leads": [role(environment, "lead") for environment in ENVIRONMENTS]}


class Barge(Ruled):
    """The application in one of its environments, and the credentials of who leads there. Its function alone is released, which is measured."""

    def __init__(self, aws, environment):
        super().__init__(aws, "barge", environment)
        self.lead = None

    def lets_in(self):
        """While it lasts somebody leads there."""
        tags = {"windlass:app": "barge", "windlass:environment": self.environment}
        return tagged_roles(self, {"lead": "OperatorPolicyArn"}, tags)

    def deploys(self, version):
        answer = self.posts(version, self.lead, component="jobs")
        assert answer.status == 202, answer
        assert ending(self.ended(answer.body["id"])) == "Succeeded"
        assert self.function("jobs", "live") == version


def rules(version, **more):
    """The access file in a version, with what more is said of where the releases of `prod` come from."""
    prod = {"release": ["leads"], "from": FROM_STAGING | more}
    return {"app": "barge", "version": version, "who": WHO, "environments": {"staging": {"release": ["leads"]}, "prod": prod}}


@pytest.fixture(scope="module")
def barges(aws):
    """It in both environments."""
    staging, prod = (Barge(aws, environment) for environment in ENVIRONMENTS)
    with contextlib.ExitStack() as stack:
        for barge in (staging, prod):
            barge.make_targets()
            barge.lead = stack.enter_context(barge.lets_in())["lead"]
        environments = {"staging": {"deploy": {"branch": "main"}}, "prod": {"deploy": {"branch": "stable"}}}
        staging.declare(staging.declaration(environments, {"bake": "0s"}))
        staging.put_in_force(rules(1))
        yield staging, prod


@pytest.fixture(scope="module")
def windlass(barges, tmp_path_factory):
    """The command line in the hands of who leads in `prod`."""
    return CommandLine(barges[1].aws, "barge", tmp_path_factory.mktemp("barge"), session(barges[1].lead))


def test_what_staging_has_not_shown_to_be_good_is_refused(barges):
    _, prod = barges
    assert refused(prod.posts("1.0.0", prod.lead, component="jobs")) == (400, {"NotVerified"})
    assert prod.ledger.deployments() == []


def test_what_was_good_there_for_its_time_is_promoted_by_a_person(barges, windlass):
    staging, prod = barges
    staging.deploys("1.1.0")
    time.sleep(LIVE_FOR_S)
    ran = windlass.run("promote", "barge", "staging", "prod", "--yes", "--watch")
    assert ran.status == GOOD, ran
    assert prod.function("jobs", "live") == "1.1.0"
    (promoted,) = prod.ledger.deployments()
    assert (ending(promoted), promoted["promoted_from"]["environment"]) == ("Succeeded", "staging"), promoted


def test_what_goes_on_by_itself_goes_on_once_its_time_is_over(barges):
    staging, prod = barges
    staging.put_in_force(rules(2, promote="automatic"))
    staging.deploys("1.2.0")

    def begun():
        schedules.come(prod.aws, "RecoverySchedule")
        return [found for found in prod.ledger.deployments() if found["requester"]["route"] == "windlass"]

    (promoted,) = prod.until("a promotion by itself", begun, 60)
    assert ending(prod.ended(promoted["id"])) == "Succeeded"
    assert prod.function("jobs", "live") == "1.2.0"
    assert promoted["promoted_from"]["environment"] == "staging", promoted
