"""Targets in another account, through a role of examples/target-role.yaml there."""

import pytest
from ledger import Ledger, ending
from pier import ABROAD, HOME, MISTAKE, Pier

LIVE = {"page": "3.0.0", "jobs": "3.0.0"}


@pytest.fixture(scope="module")
def pier(aws):
    if not Ledger(aws, "pier", HOME).declaration():
        Pier(aws, HOME).declare()
    pier = Pier(aws, ABROAD)
    pier.make_targets()
    return pier


def test_an_arrival_is_recorded_and_goes_live_when_a_person_starts_it(pier):
    pier.release("3.0.0", ref="refs/tags/v3.0.0")
    recorded = pier.ended(pier.deployment_of("3.0.0")["id"])
    assert (ending(recorded), recorded["ending"]["cause_name"]) == ("NothingToDo", "Recorded")
    assert pier.seen() == {"page": "nothing", "jobs": "before windlass"}
    done = pier.operate(action="deploy", **pier.where, version="3.0.0")
    assert done["status"] == "SUCCEEDED", done
    assert pier.seen() == LIVE


def test_what_fails_is_undone_there(pier):
    pier.release("3.1.0", ref="refs/tags/v3.1.0", sum_=MISTAKE)
    pier.ended(pier.deployment_of("3.1.0")["id"])
    done = pier.operate(action="deploy", **pier.where, version="3.1.0")
    assert (done["status"], done["error"]) == ("FAILED", "GateFailed"), done
    assert pier.seen() == LIVE


def test_a_role_of_another_environment_is_not_assumed(pier):
    done = pier.operate(action="deploy", app="pier", environment="astray", version="3.0.0")
    assert (done["status"], pier.machine.states(done["executionArn"])[-1]) == ("FAILED", "Rejected")
    assert "AssumeRole" in done["cause"], done["cause"]
