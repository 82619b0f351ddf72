"""Releases of the application `sluice` in a freeze and outside of its windows: refused, or waiting until the window opens, while what goes back goes.

A freeze is of all applications of the installation: it is taken back at the end. The tests build on each other: 1.1.0 is live, and 1.0.0 was before it.
"""

import datetime
import time

import pytest
import schedules
from ruled import OF_ALL, Ruled, against, person, refused, rejected, role
from tagged_roles import tagged_roles

TAGS = {"windlass:app": "sluice", "windlass:environment": "weir"}
POLICIES = {"dev": "OperatorPolicyArn", "lead": "OperatorPolicyArn"}
WHO = {"devs": [role("weir", "dev")]}
RULES = {"release": ["devs", "lead"], "operate": ["lead"]}
FILE = {"app": "sluice", "version": 1, "people": {"lead": person("weir", "lead")}, "who": WHO, "environments": {"weir": RULES}}
WISH = {"through_hold": True, "reason": "the customers wait for it"}
FREE = {"version": 2}
# The window opens on a full minute, so that a release has at least this time to arrive before.
ARRIVES_WITHIN_S = 30


@pytest.fixture(scope="module")
def sluice(aws):
    sluice = Ruled(aws, "sluice", "weir")
    sluice.make_targets()
    sluice.declare(sluice.declaration({"weir": {"deploy": {"branch": "main"}}}, {"bake": "0s"}))
    for version in ("1.0.0", "1.1.0"):
        assert sluice.released(sluice.posts(version)) == ("Succeeded", version)
    sluice.put_in_force(FILE)
    sluice.put_in_force(freeze(), OF_ALL)
    yield sluice
    sluice.put_in_force(FREE, OF_ALL)


@pytest.fixture(scope="module")
def callers(sluice):
    with tagged_roles(sluice, POLICIES, TAGS) as credentials:
        yield credentials


def freeze():
    """A freeze that has begun, and does not end today, whatever the clock on the wall shows."""
    today, day = datetime.date.today(), datetime.timedelta(days=1)
    one = {"from": str(today - 2 * day), "until": str(today + 5 * day), "zone": "Europe/Berlin", "reason": "a sale"}
    return {"version": 1, "freezes": [one]}


def window(opens):
    """The window that opens at a time, and is open for the rest of that day."""
    wall = datetime.datetime.fromtimestamp(opens, datetime.UTC)
    return {"days": wall.strftime("%a").lower(), "from": wall.strftime("%H:%M"), "until": "24:00", "zone": "UTC"}


def test_in_a_freeze_a_release_is_refused_and_a_rollback_goes(sluice, callers):
    answer = sluice.posts("1.2.0", callers["dev"])
    assert answer.status == 202, answer
    record = sluice.ended(answer.body["id"])
    assert against(record) == ("Rejected", {"Held"})
    assert "a sale" in record["ending"]["findings"][0]["reason"], record["ending"]
    assert sluice.site("page") == "1.1.0"
    done = sluice.operate(action="rollback", **sluice.where, reason="checkout is broken")
    assert rejected(done) is None and sluice.site("page") == "1.0.0", done


def test_who_may_operate_goes_through_it(sluice, callers):
    assert refused(sluice.posts("1.2.0", callers["dev"], "starts", **WISH)) == (403, {"NotAllowed"})
    assert sluice.released(sluice.posts("1.2.0", callers["lead"], "starts", **WISH)) == ("Succeeded", "1.2.0")


def test_a_release_waits_for_the_window_and_goes_once_it_opens(sluice, callers):
    sluice.put_in_force(FREE, OF_ALL)
    answer = sluice.aws.call_api("DELETE", f"{sluice.here}/hold?reason=over", None, callers["lead"])
    assert rejected(sluice.done(answer)) is None and not sluice.hold()
    opens = -(-(time.time() + ARRIVES_WITHIN_S) // 60) * 60
    waiting = RULES | {"windows": [window(opens)], "outside": "wait"}
    sluice.put_in_force(FILE | {"version": 2, "environments": {"weir": waiting}})
    answer = sluice.posts("1.3.0", callers["dev"])
    assert answer.status == 202, answer
    deployment = answer.body["id"]
    sluice.until("its place", lambda: (sluice.ledger.deployment(deployment) or {}).get("status") == "waiting")
    assert time.time() < opens, "this machine is too slow for the window"
    assert not sluice.ledger.lock().get("held")
    time.sleep(max(0, opens + 1 - time.time()))
    schedules.come(sluice.aws, "RecoverySchedule")
    assert sluice.released(answer) == ("Succeeded", "1.3.0")
    record = sluice.ledger.deployment(deployment)
    assert record["started"] >= opens * 1000, record
