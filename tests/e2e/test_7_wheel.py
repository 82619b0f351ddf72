"""A person at the wheel: a release is paused while it is watched, and goes on when the rest of its bake is skipped."""

import pytest
from application import Application
from command_line import CommandLine
from ledger import ending

GOOD, REJECTED = 0, 3
ENVIRONMENTS = {"bay": {"deploy": {"branch": "main"}}}


@pytest.fixture(scope="module")
def helm(aws, tmp_path_factory):
    helm = Application(aws, "helm", "bay")
    helm.windlass = CommandLine(aws, "helm", tmp_path_factory.mktemp("helm"))
    helm.make_targets()
    helm.declare(helm.declaration(ENVIRONMENTS, {"between_waves": "0s"}))
    helm.release("1.0.0")
    assert ending(helm.ended(helm.deployment_of("1.0.0")["id"])) == "Succeeded"
    # Nobody waits for so long: only a person lets it go on.
    helm.declare(helm.declaration(ENVIRONMENTS, {"between_waves": "30m"}, "1.1.0"))
    return helm


def test_what_is_watched_is_paused_and_its_bake_is_skipped(helm):
    late = helm.windlass.run("pause", "helm", "bay", "--reason", "to look")
    assert late.status == REJECTED and "NotWatched" in late.err, late
    helm.release("1.1.0")
    helm.until("the page of 1.1.0", lambda: helm.site("page") == "1.1.0")
    deployment = helm.deployment_of("1.1.0")["id"]
    helm.until("a wave that is watched", lambda: helm.ledger.judgements(deployment))

    paused = helm.windlass.json("pause", "helm", "bay", "--for", "1h", "--reason", "to look at the page")
    assert (paused.status, paused.document["paused"]["reason"]) == (GOOD, "to look at the page"), paused
    status = helm.windlass.run("status", "helm", "bay")
    assert "paused: wave 1 is paused until" in status.out and "to look at the page" in status.out, status
    assert helm.seen() == {"page": "1.1.0", "jobs": "1.0.0"}

    skipped = helm.windlass.json("skip-bake", "helm", "bay", "--reason", "the page is fine")
    assert (skipped.status, skipped.document["paused"]) == (GOOD, None), skipped
    record = helm.ended(deployment)
    assert ending(record) == "Succeeded", record["ending"]
    assert helm.seen() == {"page": "1.1.0", "jobs": "1.1.0"}
    assert [turn["action"] for turn in record["wheel"]] == ["pause", "skip_bake"]
    watched = helm.windlass.run("watch", "helm", deployment)
    assert "the rest of the bake of wave 1 is skipped by" in watched.out + watched.err, watched
