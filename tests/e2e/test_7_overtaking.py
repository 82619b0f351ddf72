"""A fix overtakes: the release that is watched is stopped and undone, and the fix goes next."""

import pytest
from application import Application
from command_line import CommandLine
from ledger import ending

GOOD, REJECTED = 0, 3
ENVIRONMENTS = {"bay": {"deploy": {"branch": "main"}}}


@pytest.fixture(scope="module")
def tug(aws, tmp_path_factory):
    tug = Application(aws, "tug", "bay")
    tug.windlass = CommandLine(aws, "tug", tmp_path_factory.mktemp("tug"))
    tug.make_targets()
    tug.declare(tug.declaration(ENVIRONMENTS, {"between_waves": "0s"}))
    tug.release("1.0.0")
    assert ending(tug.ended(tug.deployment_of("1.0.0")["id"])) == "Succeeded"
    # Nobody waits for so long: only who overtakes comes before.
    tug.declare(tug.declaration(ENVIRONMENTS, {"between_waves": "30m"}, "1.1.0"))
    return tug


def test_a_fix_stops_what_is_watched_and_goes_next(tug):
    tug.release("1.1.0")
    tug.until("the page of 1.1.0", lambda: tug.site("page") == "1.1.0")
    former = tug.deployment_of("1.1.0")["id"]
    tug.until("a wave that is watched", lambda: tug.ledger.judgements(former))

    kept = tug.windlass.run("remove", "tug", "bay", "--component", "page", "--reason", "to try it")
    assert kept.status == REJECTED and "StillDeclared" in kept.err and "StillBusy" in kept.err, kept

    tug.release("1.2.0")
    assert tug.deployment_of("1.2.0")
    fix = tug.windlass.json("deploy", "tug", "bay", "1.2.0", "--preempt", "--reason", "it mends the page", "--look", "0s")
    assert fix.status == GOOD, fix
    stopped = tug.ended(former)
    assert ending(stopped) == "RolledBack", stopped["ending"]
    assert stopped["ending"]["cause_name"] == "PreemptedByDeploy"
    tug.until("the page of 1.2.0", lambda: tug.site("page") == "1.2.0")

    goes = fix.document["id"]
    tug.until("the fix is watched", lambda: tug.ledger.judgements(goes))
    skipped = tug.windlass.json("skip-bake", "tug", "bay", "--reason", "the page is fine")
    assert skipped.status == GOOD, skipped
    assert ending(tug.ended(goes)) == "Succeeded"
    assert tug.seen() == {"page": "1.2.0", "jobs": "1.2.0"}
