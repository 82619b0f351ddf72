"""The schedule of `intake` finds what no event announced, and serves it once, as its event would have been (decision 0180)."""

import json

import pytest
import yaml
from missed_arrivals import ENVIRONMENT, IMAGES, OLDER_BY, Flotsam, aged, unheard
from ledger import ending

UNANNOUNCED = {"page": "nothing", "jobs": "before windlass"}


@pytest.fixture(scope="module")
def flotsam(aws):
    """Declared while events still announced uploads, and looked at once before they do no more."""
    flotsam = Flotsam(aws)
    flotsam.make_targets()
    flotsam.declare(flotsam.declared("main"))
    with aged(aws), unheard(aws):
        flotsam.look()
        flotsam.a_quarter_of_an_hour_passes()
        yield flotsam


def test_arrivals_that_no_event_announced_are_released_once(flotsam):
    """Safety: arrivals: A manifest, an artifact and a push that no event announced are released once.

    Safety: lock: Three that wait for each other go one after the other, with IAM enforced.
    """
    before = flotsam.executions()
    flotsam.release("1.0.0")
    flotsam.upload_site("notice", "2.0.0", {"version": "2.0.0", "git-ref": "refs/heads/main"})
    digest = flotsam.shop.push_image("main-9f2c1ab", repository=IMAGES)
    assert (flotsam.seen(), flotsam.site("notice"), flotsam.executions()) == (UNANNOUNCED, "nothing", before)
    flotsam.look_at_everything()
    assert ending(flotsam.ended(flotsam.deployment_of_image(digest)["id"])) == "Succeeded"
    assert flotsam.endings("1.0.0", "2.0.0") == [("Succeeded", "")] * 2
    assert flotsam.seen() == {"page": "1.0.0", "jobs": "1.0.0"}
    assert (flotsam.site("notice"), flotsam.running_digest()) == ("2.0.0", digest)
    assert len(flotsam.executions() - before) == 3


def test_what_was_missed_does_not_replace_what_was_accepted_since(flotsam):
    """Safety: arrivals: What was missed does not replace what was accepted since, with real functions."""
    flotsam.release("1.1.0")
    # Nobody's: what no environment deploys is refused, and that is written beside it.
    flotsam.release("1.1.1", ref="refs/heads/adrift")
    answer = flotsam.aws.call_api("POST", f"/apps/flotsam/environments/{ENVIRONMENT}/releases", flotsam.manifest("1.2.0"))
    assert answer.status == 202, answer
    newer = flotsam.ended(flotsam.deployment_of("1.2.0")["id"])["order"]
    flotsam.look_at_everything()
    assert "adrift" in json.dumps(flotsam.findings_beside("releases/flotsam/beach/1.1.1.json"))
    assert flotsam.endings("1.1.0", "1.2.0") == [("NothingToDo", "Superseded"), ("Succeeded", "")]
    missed = flotsam.deployment_of("1.1.0")["order"]
    assert newer["accepted"] - missed["accepted"] >= OLDER_BY.total_seconds() * 1000, "it stands where it arrived"
    assert flotsam.seen() == {"page": "1.2.0", "jobs": "1.2.0"}


def test_a_further_look_finds_nothing_more(flotsam):
    """Not even what was refused and would be deployed now: a declaration that no event announced either lets it in.

    Safety: arrivals: What was found once is not found again by a further look.
    """
    before = flotsam.executions()
    declaration = flotsam.declared("main", "adrift", version="1.1.0")
    flotsam.shop.upload("apps/flotsam/app.yaml", yaml.safe_dump(declaration, sort_keys=False).encode())
    for _ in range(2):
        flotsam.a_quarter_of_an_hour_passes()
        flotsam.look_at_everything()
    assert flotsam.ledger.declaration()["version"] == "1.1.0"
    assert flotsam.executions() == before
