"""Releases of the application `jetty` that two people must approve: they wait, hold nothing, and go once their plan is approved as it is at their turn.

The tests build on each other: 1.1.0 is live, and 1.0.0 was before it. IAM is enforced.
"""

import pytest
from command_line import CommandLine
from ledger import ending
from ruled import Ruled, against, person, refused, rejected, role
from tagged_roles import session, tagged_roles

GOOD = 0
TAGS = {"windlass:app": "jetty", "windlass:environment": "berth"}
# Who asks, who asks too, who is nobody, who approves, and whom IAM lets approve and the file does not name.
POLICIES = {"dev": "OperatorPolicyArn", "dev-2": "OperatorPolicyArn", "robot": "CiPolicyArn", **dict.fromkeys(("lead-1", "lead-2", "stranger"), "ApproverPolicyArn")}
PEOPLE = {name: person("berth", name) for name in ("dev", "dev-2", "lead-1", "lead-2")}
RULES = {"release": ["dev", "dev-2", "robots"], "approve": {"by": ["leads"], "count": 2}}
WHO = {"leads": ["lead-1", "lead-2", "dev", "dev-2"], "robots": [role("berth", "robot")]}
FILE = {"app": "jetty", "version": 1, "people": PEOPLE, "who": WHO, "environments": {"berth": RULES}}
WISH = {"through_hold": True, "reason": "also after a rollback"}


class Jetty(Ruled):
    """The application, and what people do who approve."""

    def __init__(self, aws):
        super().__init__(aws, "jetty", "berth")
        self.callers = {}

    def asks(self, version):
        """The one who asks releases the page; answers the deployment's id, and the hash of the plan that it waits with."""
        answer = self.posts(version, self.callers["dev"], "starts", **WISH)
        assert answer.status == 202, answer
        return answer.body["id"], self.drawn(answer.body["id"])

    def drawn(self, deployment, other_than=None):
        """The hash of a plan that is drawn and waited with."""

        def look():
            found = self.approval(deployment).get("hash")
            return found if found != other_than else None

        return self.until("a plan to approve", look, 60)

    def approval(self, deployment):
        return (self.ledger.deployment(deployment) or {}).get("approval") or {}

    def approve(self, caller, deployment, plan):
        """Somebody approves a plan by the API."""
        body = {"deployment": deployment, "hash": plan, "reason": "I have read the changes"}
        return self.aws.call_api("POST", f"{self.here}/approve", body, self.callers[caller])

    def approved_by(self, deployment):
        return [given["person"] for given in self.approval(deployment).get("given", [])]


@pytest.fixture(scope="module")
def jetty(aws):
    jetty = Jetty(aws)
    jetty.make_targets()
    jetty.declare(jetty.declaration({"berth": {"deploy": {"branch": "main"}}}, {"bake": "0s"}))
    for version in ("1.0.0", "1.1.0"):
        assert jetty.released(jetty.posts(version)) == ("Succeeded", version)
    jetty.put_in_force(FILE)
    with tagged_roles(jetty, POLICIES, TAGS) as jetty.callers:
        yield jetty


@pytest.fixture(scope="module")
def waits(jetty):
    """A release that waits, and the hash of its plan."""
    return jetty.asks("1.2.0")


def test_what_nobody_of_people_has_asked_for_is_refused(jetty):
    """Otherwise nobody would know who may not approve it."""
    answer = jetty.posts("1.1.9", jetty.callers["robot"])
    assert answer.status == 202, answer
    assert against(jetty.ended(answer.body["id"])) == ("Rejected", {"RequesterUnknown"})


def test_a_release_waits_with_its_plan_and_holds_nothing(jetty, waits):
    deployment, plan = waits
    shown = jetty.aws.call_api("GET", f"/apps/jetty/plans/{deployment}", None, jetty.callers["lead-1"])
    assert (shown.status, shown.body["drawn"]["hash"]) == (200, plan), shown
    assert not jetty.ledger.lock().get("held")
    done = jetty.operate(action="rollback", **jetty.where, reason="checkout is broken")
    assert rejected(done) is None and jetty.site("page") == "1.0.0", done
    assert not ending(jetty.ledger.deployment(deployment))
    assert jetty.approval(deployment)["hash"] == plan


def test_only_those_who_are_named_and_have_not_asked_approve_and_each_counts_once(jetty, waits):
    deployment, plan = waits
    assert refused(jetty.approve("stranger", deployment, plan)) == (403, {"NotAllowed"})
    by_iam = jetty.approve("robot", deployment, plan)
    assert by_iam.status == 403 and "findings" not in by_iam.body, by_iam
    assert rejected(jetty.done(jetty.approve("dev", deployment, plan))) == "NotAllowed", "who has asked"
    assert rejected(jetty.done(jetty.approve("lead-1", deployment, "0" * 64))) == "NotAsked", "another plan"
    for _ in ("once", "twice"):
        assert rejected(jetty.done(jetty.approve("lead-1", deployment, plan))) is None
    assert jetty.approved_by(deployment) == ["lead-1"]
    assert jetty.site("page") == "1.0.0"


def test_a_plan_that_is_another_one_at_its_turn_is_asked_for_anew(jetty, waits):
    """What was approved was to replace 1.1.0, which was rolled back meanwhile."""
    deployment, plan = waits
    assert rejected(jetty.done(jetty.approve("lead-2", deployment, plan))) is None
    anew = jetty.drawn(deployment, other_than=plan)
    assert jetty.approved_by(deployment) == [] and jetty.site("page") == "1.0.0"
    assert not jetty.ledger.lock().get("held")
    for lead in ("lead-1", "lead-2"):
        assert rejected(jetty.done(jetty.approve(lead, deployment, anew))) is None, lead
    assert ending(jetty.ended(deployment)) == "Succeeded"
    assert (jetty.approved_by(deployment), jetty.site("page")) == (["lead-1", "lead-2"], "1.2.0")


def test_a_person_at_a_terminal_approves_the_plan_that_is_shown(jetty, tmp_path):
    """The first one sees it and says no, both say yes then; the deployment is the only one that asks."""
    deployment, plan = jetty.asks("1.2.1")
    approve = ("approve", "jetty", "berth", "--reason", "I have read the changes")
    declined = CommandLine(jetty.aws, "jetty", tmp_path, session(jetty.callers["lead-1"])).at_a_terminal("n\n", *approve)
    assert declined.status == GOOD and "nothing was approved" in declined.out, declined
    assert jetty.approved_by(deployment) == []
    for lead in ("lead-1", "lead-2"):
        approved = CommandLine(jetty.aws, "jetty", tmp_path, session(jetty.callers[lead])).at_a_terminal("y\n", *approve)
        assert approved.status == GOOD and str(plan)[:8] in approved.out, approved
    assert ending(jetty.ended(deployment)) == "Succeeded"
    assert (jetty.approved_by(deployment), jetty.site("page")) == (["lead-1", "lead-2"], "1.2.1")


def test_who_asks_once_more_does_not_approve_it_either(jetty):
    body = jetty.manifest_of("page", "1.2.2") | WISH

    def ask(who):
        return jetty.aws.call_api("POST", f"{jetty.here}/starts", body, jetty.callers[who])

    deployment = ask("dev").body["id"]
    plan = jetty.drawn(deployment)
    again = ask("dev-2")
    assert again.body["id"] == deployment, again
    jetty.until("another one who asks", lambda: jetty.ledger.deployment(deployment).get("also_asked"))
    assert rejected(jetty.done(jetty.approve("dev-2", deployment, plan))) == "NotAllowed"
    for lead in ("lead-1", "lead-2"):
        assert rejected(jetty.done(jetty.approve(lead, deployment, plan))) is None, lead
    assert ending(jetty.ended(deployment)) == "Succeeded"
    assert (jetty.approved_by(deployment), jetty.site("page")) == (["lead-1", "lead-2"], "1.2.2")


def test_one_that_waits_is_cancelled(jetty):
    deployment, plan = jetty.asks("1.3.0")
    path = f"{jetty.here}/deployments/{deployment}/cancel"
    answer = jetty.aws.call_api("POST", path, {"reason": "not today"}, jetty.callers["dev"])
    assert answer.status == 202, answer
    assert ending(jetty.ended(deployment)) == "Rejected"
    assert rejected(jetty.done(jetty.approve("lead-1", deployment, plan))) == "NotAsked"
    assert jetty.site("page") == "1.2.2"
