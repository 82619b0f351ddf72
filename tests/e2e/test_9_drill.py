"""A drill goes to the version before and comes back, by hand and by a schedule; one that fails on its way leaves what ran, or says what runs.

docs/drill.md says so. The tests build on each other: 1.1.0 of the application `muster` is live in `staging` and in `prod`, 1.0.0 was before it.
"""

import datetime
import re

import hourly
import pytest
import yaml
from application import INVOCATIONS
from drilled_application import GOOD, both

REJECTED, ROLLED_BACK, NEEDS_OPERATOR, HELD = 3, 4, 5, 9
BEFORE, LIVE = ({"page": version, "jobs": version} for version in ("1.0.0", "1.1.0"))
# The version of the function that was there before Windlass.
FOUND = "1"
DAY_MS = 24 * hourly.HOUR_MS
# What 1.0.0 does not answer.
NEWER = [{**INVOCATIONS[0], "name": "the newer answer", "expect": {"version": "1.1.0"}}]


@pytest.fixture(scope="module")
def musters(aws, tmp_path_factory):
    return both(aws, tmp_path_factory.mktemp("muster"))


@pytest.fixture
def staging(musters):
    return musters[0]


@pytest.fixture
def prod(musters):
    return musters[1]


def test_a_drill_goes_to_the_version_before_and_comes_back(staging):
    before, snapshot = staging.alias(), staging.ledger.state()["snapshot"]
    status, out, record = staging.drill(lambda: staging.until("the version before", lambda: staging.seen() == BEFORE))
    assert status == GOOD, out
    assert staging.seen() == LIVE and staging.alias() == before and not staging.ledger.state().get("hold")

    there, back = record["there"], record["back"]
    took = {way: leg["ended"]["at"] - leg["began"] for way, leg in (("there", there), ("back", back))}
    assert record["ended"]["outcome"] == "proved" and record["ended"]["restored"] is True, record
    assert (record["from"]["version"], record["to"]["version"], record["reason"]) == ("1.1.0", "1.0.0", "before the sale")
    for leg, change in ((there, f"{before} → "), (back, f" → {before}")):
        assert leg["ended"]["ending"] == "Succeeded" and leg["ended"]["gates"] == 1, leg
        (switched,) = [step["what"] for step in leg["steps"] if step["what"].startswith("jobs alias live ")]
        assert change in switched and any(step["what"].startswith("page ") for step in leg["steps"]), leg
        assert [step["verdict"] for step in leg["steps"] if step["what"].startswith("wave ")] == ["pass", "pass"], leg
        assert sorted(leg["steps"], key=lambda step: step["at"]) == leg["steps"]

    assert out.startswith(f"from 1.1.0 (snapshot {snapshot}) to 1.0.0 (snapshot {record['to']['snapshot']}) and back\n"), out
    for way, leg in (("there", there), ("back", back)):
        seconds = -(-took[way] // 1000)
        assert f"\n  {way}: deployment {leg['deployment']} ended Succeeded after {seconds} s\n" in out, out
        assert len(re.findall(rf"^  {way}: \d\S+Z ", out, re.MULTILINE)) == len(leg["steps"]), out
    assert out.rstrip().splitlines()[-1] == record["ended"]["cause"]

    event, people = staging.heard("DrillProved")
    assert (event["drill"], event["version"], event["restored"], people) == (record["id"], "1.0.0", True, [])
    proved = staging.asks()["drills"]["proved"]
    assert (proved["drill"], proved["there_ms"], proved["back_ms"]) == (record["id"], took["there"], took["back"])
    assert f"\n  way back: proved {proved_at(record)} (from 1.1.0 to 1.0.0: there " in staging.windlass.run("status", "muster", "staging").out
    (row,) = [line for line in staging.windlass.run("apps", "--limit", "100").out.splitlines() if line.split()[:2] == ["muster", "staging"]]
    assert f"proved {proved_at(record)}" in row, row


def proved_at(record):
    return datetime.datetime.fromtimestamp(record["ended"]["at"] // 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_schedule_drills_staging_and_not_what_is_production_by_its_name(staging, prod):
    weekly = {"drill": {"every": "7d"}}
    file = staging.windlass.folder / "app.yaml"
    file.write_text(yaml.safe_dump(staging.declared("1.1.0", weekly, weekly)))
    refused = staging.windlass.json("validate")
    (finding,) = refused.document["files"][0]["findings"]
    assert (refused.status, finding["name"], finding["path"]) == (REJECTED, "MissingField", "environments.prod.drill.production"), refused
    file.write_text(yaml.safe_dump(staging.declared("1.1.0", weekly, {"drill": {"every": "7d", "production": True}})))
    assert staging.windlass.run("validate").status == GOOD

    staging.declare(staging.declared("1.1.0", weekly))
    last = staging.asks()["drills"]["last"]
    assert staging.asks()["next_drill"] == {"every": "7d", "due": last["at"] + 7 * DAY_MS, "begins": False}
    assert "\n  drills: every 7d, due 2" in staging.windlass.run("status", "muster", "staging").out
    kept = staging.ledger.item("env#muster/staging", "drills")
    staging.ledger.change("env#muster/staging", "drills", last={**kept["last"], "at": kept["last"]["at"] - 7 * DAY_MS})
    assert staging.asks()["next_drill"]["put_off"].startswith("it begins an hour after a deployment"), staging.asks()
    hourly.look(staging)
    staging.until("a drill by the schedule", lambda: staging.asks()["drills"]["last"]["drill"] != last["drill"], 120)
    (drill, _) = staging.drills()
    assert (drill["requester"]["principal"], drill["reason"], drill["ended"]["outcome"]) == ("Windlass", "It is due by the declaration.", "proved"), drill
    assert staging.seen() == LIVE
    assert staging.heard("DrillProved")[1] == []
    hourly.look(staging)

    hourly.look(prod)
    assert prod.drills() == [] and prod.asks()["next_drill"] is None
    assert {found["action"] for found in prod.ledger.deployments()} == {"deploy"} and prod.seen() == LIVE
    assert len(staging.drills()) == 2, "one is enough for a week"


def test_where_it_is_held_a_drill_is_refused(staging):
    assert staging.windlass.run("hold", "muster", "staging", "--reason", "a quiet weekend").status == GOOD
    status, out, record = staging.drill()
    assert staging.windlass.run("release-hold", "muster", "staging", "--reason", "monday").status == GOOD
    assert status == HELD and "muster staging was not drilled: Held" in out, out
    assert (record["ended"]["outcome"], record["ended"]["restored"], record.get("back")) == ("refused", True, None), record
    assert staging.seen() == LIVE
    event, people = staging.heard("DrillRefused")
    assert event["restored"] is True and people == ["[windlass] muster staging held"], people


def test_a_gate_that_fails_on_the_way_there_brings_back_what_ran(staging):
    declaration = staging.declared("1.2.0")
    declaration["components"]["jobs"]["gates"] = {"invocations": NEWER}
    staging.declare(declaration)
    before, snapshot = staging.alias(), staging.ledger.state()["snapshot"]
    status, out, record = staging.drill()
    assert status == ROLLED_BACK and "muster staging did not get to 1.0.0" in out, out
    assert (record["ended"]["outcome"], record["ended"]["restored"], record.get("back")) == ("failed", True, None), record
    assert record["there"]["ended"]["ending"] == "RolledBack" and "the newer answer" in record["there"]["ended"]["red"][0], record
    assert (staging.seen(), staging.alias(), staging.ledger.state()["snapshot"]) == (LIVE, before, snapshot)
    assert "held" not in staging.ledger.lock() and not staging.ledger.state().get("hold")
    snapshots = staging.windlass.json("snapshots", "muster", "staging").document["snapshots"]
    assert not any(found["vetoed"] for found in snapshots), snapshots
    event, people = staging.heard("DrillFailed", 1)
    assert event["cause"].splitlines()[0] == record["ended"]["cause"].splitlines()[0] and event["restored"] is True
    assert people == ["[windlass] muster staging 1.0.0 drill failed"], people


def watched_at_once(staging, version):
    """From now on both are changed at once and watched for as long as an alarm needs."""
    declaration = staging.declared(version, bake="10s", between_waves="10s", alarms=["muster-{environment}-errors"])
    del declaration["components"]["jobs"]["after"]
    staging.declare(declaration)


def test_a_gate_that_is_red_on_the_way_back_fails_it_and_undoes_nothing(staging):
    watched_at_once(staging, "1.3.0")

    def ring():
        staging.is_watched("back")
        staging.set_alarm("ALARM")

    status, out, record = staging.drill(ring)
    staging.set_alarm("OK")
    assert status == ROLLED_BACK and "not every gate passed on the way back: gate `muster-staging-errors` is red" in out, out
    assert (record["ended"]["outcome"], record["ended"]["restored"]) == ("failed", True), record
    assert record["back"]["ended"]["ending"] == "Succeeded" and record["back"]["ended"]["red"], record
    assert staging.seen() == LIVE
    event, people = staging.heard("DrillFailed", 1)
    assert event["restored"] is True and people == ["[windlass] muster staging 1.0.0 drill failed"], people


def test_what_cannot_be_undone_needs_an_operator(staging):
    """Somebody moves the alias in the middle: the undo does not write over it."""
    before = staging.alias()

    def move_and_ring():
        staging.is_watched("there")
        assert staging.seen() == BEFORE
        staging.move_alias(FOUND)
        staging.set_alarm("ALARM")

    status, out, record = staging.drill(move_and_ring)
    staging.set_alarm("OK")
    assert status == NEEDS_OPERATOR and "muster staging NEEDS AN OPERATOR" in out, out
    assert (record["ended"]["outcome"], record["ended"]["restored"]) == ("failed", False), record
    assert staging.seen() == {"page": "1.1.0", "jobs": "before windlass"}
    assert staging.ledger.lock()["held"]["state"] == "needs_operator"
    event, people = staging.heard("DrillFailed", 2)
    assert event["restored"] is False
    assert sorted(people) == [f"[windlass] muster staging 1.0.0 {what}" for what in ("NeedsOperator", "drill failed")], people
    recovered = staging.windlass.run("recover", "muster", "staging", "--reason", "the alias was moved by mistake")
    assert recovered.status == GOOD, recovered
    assert (staging.seen(), staging.alias()) == (LIVE, before)
