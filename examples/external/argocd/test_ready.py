"""When the cluster runs what the branch has: what each condition keeps from being believed, and what is given up."""

import argocd_imitation
import pytest

# The one condition that keeps a release from being ready, what Argo CD shows, and what would be believed without it.
ROWS = {
    "the application of the former release": (
        "value",
        lambda outside: None,
        "Argo CD has not noticed the commit: everything that it says is true, of the former release.",
    ),
    "a success without what was synced": (
        "value",
        lambda outside: outside.application(operationState=last(outside) | {"syncResult": None}),
        "`Succeeded` of an operation that shows no commit: it may be of any.",
    ),
    "a success of a commit that is gone": (
        "value",
        lambda outside: outside.application(operationState=last(outside) | {"syncResult": {"revision": "0" * 40}}),
        "A branch that was forced: whatever that commit had in the file.",
    ),
    "a hook that is tried again": (
        "phase",
        lambda outside: (outside.finish(), outside.application(operationState=last(outside) | {"phase": "Running"})),
        "All is applied and well, and a hook behind it has failed: while it waits, `Running` has an end.",
    ),
    "a part that was synced": (
        "synced",
        lambda outside: (outside.finish(), outside.looked(sync="OutOfSync")),
        "Somebody has synced one resource by hand: a success of this commit, of which the rest is not there.",
    ),
    "an application that cannot be compared": (
        "synced",
        lambda outside: (outside.finish(), outside.looked(sync="Unknown")),
        "Unknown is not synced.",
    ),
    "pods that do not start": (
        "healthy",
        lambda outside: (outside.finish(), outside.looked(health="Degraded")),
        "Applied is not running: the new image crashes.",
    ),
    "pods that still start": (
        "healthy",
        lambda outside: (outside.finish(), outside.looked(health="Progressing")),
        "Applied is not running: the rollout is under way.",
    ),
    "the health from before the operation": (
        "looked",
        lambda outside: (outside.finish(), outside.application(reconciledAt="2020-01-01T00:00:00Z")),
        "`Synced` and `Healthy` of the former release: Argo CD writes them apart from the operation's end.",
    ),
    "the health from the second of its end": (
        "looked",
        lambda outside: (outside.finish(), outside.application(reconciledAt=last(outside)["finishedAt"])),
        "Times have whole seconds: in the same one it may be from before.",
    ),
    "an application that was never compared": (
        "looked",
        lambda outside: (outside.finish(), outside.application(reconciledAt=None)),
        "Nothing is known of when `Synced` and `Healthy` were written.",
    ),
}


def status(outside):
    return outside.cluster.objects["applications", "argocd", "orders"]["status"]


def last(outside):
    return status(outside)["operationState"]


@pytest.fixture
def lacks(outside, handler):
    """Returns what is lacking until the release of the first image is ready."""

    def value_at(commit):
        is_there = commit and commit != "0" * 40
        return handler.value_of(outside.text(commit), argocd_imitation.SETTINGS["field"]) if is_there else None

    return lambda: handler.judged(status(outside), argocd_imitation.DIGESTS[0], outside.head(), value_at)[0]


@pytest.mark.parametrize("row", ROWS)
def test_one_condition_alone_keeps_it_from_being_believed(outside, ask, release, lacks, row):
    """Without that condition it would be ready: it is the only one that does not hold."""
    condition, happens, believed = ROWS[row]
    seen = release(0)
    happens(outside)
    assert list(lacks()) == [condition], believed
    look = ask("observe", goal=seen["goal"])
    assert (look["state"], look["ready"], look["says"]) == (seen["goal"], False, lacks()[condition])
    assert "failed" not in look


def test_every_condition_has_a_row(lacks):
    assert {condition for condition, _, _ in ROWS.values()} == {"value", "phase", "synced", "healthy", "looked"}


def test_it_is_ready_once_all_hold_and_stays_so_behind_commits_of_others(outside, ask, release, lacks):
    seen = release(0)
    outside.finish()
    look = ask("observe", goal=seen["goal"])
    assert look["ready"] and lacks() == {} and "says" not in look
    other = outside.commit({"apps/other.yaml": "replicas: 2\n"})
    look = ask("observe", goal=seen["goal"])
    assert (look["ready"], look["mark"]) == (True, other)


def test_what_is_ready_is_never_said_of_another_goal(outside, ask):
    look = ask("observe", goal={"format": "1", "value": argocd_imitation.DIGESTS[1]})
    assert (look["ready"], look["says"]) == (False, "The branch has no value.")
    assert ask("observe")["ready"], "of what is there"


GIVEN_UP = {
    "a failure": (lambda outside: outside.ended("Failed", "one or more objects failed to apply"), True),
    "an error": (lambda outside: outside.ended("Error", "one or more objects failed to apply"), True),
    "an error before anything was synced": (
        lambda outside: (
            outside.ended("Error", "one or more objects failed to apply"),
            outside.application(operationState=last(outside) | {"syncResult": None}),
        ),
        True,
    ),
    "the failure of another value": (lambda outside: outside.ended("Failed", "no", outside.before), False),
    "the failure of the same value in an older commit": (
        lambda outside: (outside.ended("Failed", "no"), outside.commit({"apps/other.yaml": "replicas: 3\n"})),
        False,
    ),
    "the failure of the same value, of which all is applied and well": (
        lambda outside: (
            outside.ended("Failed", "a hook behind the sync has failed"),
            outside.commit({"apps/other.yaml": "replicas: 3\n"}),
            outside.looked(),
        ),
        False,
    ),
    "a failure that is tried again": (
        lambda outside: (
            outside.ended("Failed", "no"),
            outside.application(operationState=last(outside) | {"phase": "Running"}),
        ),
        False,
    ),
}


@pytest.mark.parametrize("row", GIVEN_UP)
def test_it_is_given_up_where_argo_cd_has_failed_at_the_head(outside, ask, release, row):
    happens, has_failed = GIVEN_UP[row]
    outside.before = outside.head()
    seen = release(0)
    happens(outside)
    look = ask("observe", goal=seen["goal"])
    failed = "Argo CD: one or more objects failed to apply" if has_failed else None
    assert (look.get("failed"), look["ready"]) == (failed, False)


def test_the_message_is_short_and_without_the_token(outside, ask, release):
    seen = release(0)
    outside.ended("Failed", f"{'x' * 480} {argocd_imitation.SECRET} {'y' * 9000}")
    failed = ask("observe", goal=seen["goal"])["failed"]
    assert len(failed) == 500 and failed.endswith("x … yyyyyyyy") and argocd_imitation.SECRET not in failed


# What Argo CD shows after a hook of the release has failed and the branch has the former value again; what is lacking.
BACK = {
    "it finds nothing to do": (lambda outside: outside.looked(), None),
    "it has not noticed": (lambda outside: outside.looked(outside.failed), "value"),
    "a part of the release was applied": (lambda outside: outside.looked(sync="OutOfSync"), "synced"),
    "a part of the release still runs": (lambda outside: outside.looked(health="Progressing"), "healthy"),
    "it has not looked since": (
        lambda outside: (outside.looked(), outside.application(reconciledAt=last(outside)["finishedAt"])),
        "looked",
    ),
    "it does what is to do": (lambda outside: outside.finish(), None),
}


@pytest.mark.parametrize("row", BACK)
def test_the_way_back_from_what_was_never_applied_needs_no_operation(outside, ask, release, row):
    """Argo CD syncs only what is `OutOfSync`, so its last operation stays the one that has failed."""
    happens, lacking = BACK[row]
    before = release(0)
    outside.failed = outside.head()
    outside.ended("Failed", "a hook before the sync has failed")
    now = ask("observe")
    assert ask("change", goal=before["state"], if_=now["mark"], key="1f0c2d9a4b5e6f70/orders/back") == {"sent": True}
    happens(outside)
    look = ask("observe", goal=before["state"])
    assert look["ready"] is (lacking is None) and "failed" not in look
    says = {"value": "applied", "synced": "OutOfSync", "healthy": "Progressing", "looked": "not looked"}
    assert says.get(lacking, "") in look.get("says", "")


def test_after_such_a_way_back_the_same_release_is_not_given_up_before_it_is_tried(outside, ask, release):
    before = release(0)
    outside.ended("Failed", "a hook before the sync has failed")
    ask("change", goal=before["state"], if_=ask("observe")["mark"])
    outside.looked()
    again = release(0)
    look = ask("observe", goal=again["goal"])
    assert (look["ready"], look.get("failed")) == (False, None)
