"""GitHub shows how a deployment goes: as statuses of its commit by `examples/github-statuses.yaml`, and as deployments of GitHub
by `examples/github-deployments.yaml`."""

import threading

import pytest
from application import MISTAKE
from github_stacks import Deployments, Statuses
from github_standin import github
from ledger import ending
from github_application import ALIAS, APP, ENVIRONMENT, Puffin

TOKENS = {"statuses": "github_pat_of-statuses", "deployments": "github_pat_of-deployments"}
CONTEXT = f"windlass {APP}/{ENVIRONMENT}"
LIVE, SAME, BACK, STUCK, HELD, LATE, UNKNOWN, OLDER, NEWER = (digit * 40 for digit in "123456789")


@pytest.fixture(scope="module")
def hub():
    with github(TOKENS) as server:
        yield server


@pytest.fixture(scope="module")
def puffin(aws, hub):
    statuses = Statuses(aws, APP, hub, TOKENS["statuses"])
    puffin = Puffin(aws, hub, statuses, Deployments(aws, APP, hub, TOKENS["deployments"]))
    puffin.listen()
    puffin.make_targets()
    puffin.declare()
    return puffin


def states(statuses):
    return [status["state"] for status in statuses]


def ended_last(puffin, record, commit, state):
    """The last status of a commit and of its one deployment of GitHub: both have the state, the execution's page and the cause."""
    (deployment,) = puffin.github_deployments(commit, state)
    assert (deployment["ref"], deployment["environment"]) == (commit, f"{APP}/{ENVIRONMENT}")
    status, last = puffin.commit_statuses(commit, state)[-1], deployment["statuses"][-1]
    assert (status["state"], status["description"], status["target_url"]) == (state, last["description"], last["log_url"])
    assert status["target_url"].endswith(record["executions"][-1])
    assert status["description"].startswith(f"{record['release']['version']} {ending(record)}"), status
    assert record["ending"]["cause_name"] in status["description"]
    return deployment


def test_a_commit_is_pending_and_then_live(puffin):
    record = puffin.release("1.0.0", LIVE)
    assert ending(record) == "Succeeded", record["ending"]
    deployment = ended_last(puffin, record, LIVE, "success")
    statuses = puffin.commit_statuses(LIVE, "success")
    assert states(statuses) == ["pending", "success"]
    assert {status["context"] for status in statuses} == {CONTEXT}
    assert states(deployment["statuses"]) == ["in_progress", "success"]
    assert statuses[0]["description"] == deployment["statuses"][0]["description"]
    assert statuses[0]["description"].startswith("1.0.0 has begun")
    assert record["id"] in deployment["description"] and "1.0.0" in deployment["description"]


def test_the_same_event_again_sends_nothing_anew(puffin, hub):
    events = [(event["detail-type"], event["detail"]) for event in puffin.heard() if event["detail"].get("git", {}).get("commit") == LIVE]
    assert {"DeploymentStarted", "DeploymentEnded"} <= {name for name, _ in events}
    before = hub.deployments_of(LIVE)
    puffin.happens_to_its_end(*[event for event in events if event[0] != "DeploymentAccepted"])
    assert hub.deployments_of(LIVE) == before


def test_what_runs_already_is_live_in_place_of_the_commit_before(puffin, hub):
    record = puffin.release("1.0.1", SAME, code="1.0.0")
    assert (ending(record), record["ending"]["cause_name"]) == ("NothingToDo", "AlreadyThere")
    deployment = ended_last(puffin, record, SAME, "success")
    assert states(deployment["statuses"]) == ["in_progress", "success"]
    (former,) = puffin.github_deployments(LIVE, "inactive")
    assert states(former["statuses"]) == ["in_progress", "success", "inactive"]
    assert former["statuses"][-1]["description"].startswith("1.0.0 is gone: 1.0.1 runs in puffin/open now. (20")
    assert puffin.line(LIVE, "is gone") == "1.0.0 is gone: 1.0.1 runs in puffin/open now."


def test_a_commit_that_came_back_says_why(puffin, hub):
    record = puffin.release("1.1.0", BACK, sum_=MISTAKE)
    assert ending(record) == "RolledBack", record["ending"]
    deployment = ended_last(puffin, record, BACK, "failure")
    statuses = puffin.commit_statuses(BACK, "failure")
    assert states(statuses) == ["pending", "pending", "failure"]
    assert statuses[1]["description"].startswith("1.1.0 is being undone")
    assert states(deployment["statuses"]) == ["in_progress", "in_progress", "failure"]
    # What runs again is still said to be live.
    assert states(hub.deployments_of(SAME)[0]["statuses"])[-1] == "success"


def test_who_needs_an_operator_says_so_until_recovered(puffin, aws):
    before = aws.lambda_.get_alias(**ALIAS)["FunctionVersion"]
    deployment = puffin.begin("1.2.0", STUCK)
    puffin.until("a change", lambda: puffin.function("jobs", "live") == "1.2.0")
    aws.lambda_.delete_alias(**ALIAS)
    cancel = f"/apps/{APP}/environments/{ENVIRONMENT}/deployments/{deployment}/cancel"
    assert aws.call_api("POST", cancel, {"reason": "its alias is gone"}).status == 202
    record = puffin.ended(deployment)
    assert ending(record) == "NeedsOperator", record["ending"]
    ended_last(puffin, record, STUCK, "error")
    aws.lambda_.create_alias(**ALIAS, FunctionVersion=before)
    puffin.operate(action="recover", **puffin.where, reason="the alias is there again")
    record = puffin.ledger.deployment(deployment)
    assert ending(record) == "RolledBack", record["ending"]
    seen = states(ended_last(puffin, record, STUCK, "failure")["statuses"])
    assert seen[0] == "in_progress" and seen[-3:] == ["error", "in_progress", "failure"], seen
    assert states(puffin.commit_statuses(STUCK, "failure"))[-3:] == ["error", "pending", "failure"]


def test_what_was_rejected_has_failed(puffin):
    assert puffin.operate(action="hold", **puffin.where, reason="a quiet weekend")["status"] == "SUCCEEDED"
    record = puffin.release("1.3.0", HELD)
    assert puffin.operate(action="release_hold", **puffin.where, reason="it is over")["status"] == "SUCCEEDED"
    assert (ending(record), record["ending"]["cause_name"]) == ("Rejected", "Held")
    assert states(ended_last(puffin, record, HELD, "failure")["statuses"]) == ["failure"]
    assert states(puffin.commit_statuses(HELD, "failure")) == ["failure"]


def test_what_was_superseded_is_sent_to_nobody(puffin, hub):
    before = len(hub.statuses), len(hub.deployments)
    late = puffin.release("0.9.0", LATE, sequence=1)
    assert (ending(late), late["ending"]["cause_name"]) == ("NothingToDo", "Superseded")
    puffin.until("its execution", lambda: any(late["id"] in execution["input"] for execution in puffin.deployments.executions()) and puffin.deployments.rest())
    assert not any(status["commit"] == LATE for status in hub.statuses) and not hub.deployments_of(LATE)
    assert before == (len(hub.statuses), len(hub.deployments))


def test_a_release_without_a_commit_is_sent_to_nobody_and_takes_the_one_before_it_away(puffin, hub):
    before = len(hub.deployments)
    assert ending(puffin.release("1.4.0", None)) == "Succeeded"
    puffin.github_deployments(SAME, "inactive")
    assert puffin.line(SAME, "is gone") == "1.0.1 is gone: 1.4.0 runs in puffin/open now."
    assert len(hub.deployments) == before


def shown(puffin, gone, back, by):
    """What was taken away is inactive, and what was brought back is live, on both of GitHub's ways to show it."""
    (taken,), (brought,) = puffin.github_deployments(gone, "inactive"), puffin.github_deployments(back, "success")
    assert taken["statuses"][-1]["description"].startswith(f"{by[gone]} is gone: {by[back]} runs in puffin/open now."), taken
    assert brought["statuses"][-1]["description"].startswith(f"{by[back]} is live again: "), brought
    assert (puffin.line(gone, "is gone"), puffin.line(back, "is live")[:19]) == (
        f"{by[gone]} is gone: {by[back]} runs in puffin/open now.",
        f"{by[back]} is live again",
    )
    return taken, brought


def test_what_a_rollback_has_taken_away_is_inactive_and_what_runs_again_is_live(puffin, hub):
    for version, commit in (("1.5.0", OLDER), ("1.6.0", NEWER)):
        assert ending(puffin.release(version, commit)) == "Succeeded"
    puffin.github_deployments(OLDER, "inactive")
    puffin.github_deployments(NEWER, "success")
    assert puffin.operate(action="rollback", **puffin.where, reason="1.6.0 is slow")["status"] == "SUCCEEDED"
    taken, brought = shown(puffin, NEWER, OLDER, {OLDER: "1.5.0", NEWER: "1.6.0"})
    assert states(taken["statuses"]) == ["in_progress", "success", "inactive"]
    assert states(brought["statuses"]) == ["in_progress", "success", "inactive", "success"]
    # The events of the rollback come once more, and in another order.
    events = [(event["detail-type"], event["detail"]) for event in puffin.heard() if event["detail-type"] in ("ReleaseGone", "ReleaseBack")]
    assert [(name, detail["git"]["commit"]) for name, detail in events[-2:]] == [("ReleaseGone", NEWER), ("ReleaseBack", OLDER)]
    puffin.happens_to_its_end(*reversed(events[-2:]))
    shown(puffin, NEWER, OLDER, {OLDER: "1.5.0", NEWER: "1.6.0"})


def test_what_a_drill_takes_away_for_a_while_is_live_again_after_it(puffin, hub):
    """The way there goes to 1.4.0, which names no commit."""
    # The rollback holds deployments, and a drill is one.
    assert puffin.operate(action="release_hold", **puffin.where, reason="it is mended")["status"] == "SUCCEEDED"
    puffin.operate(action="drill", **puffin.where, reason="before the sale")
    puffin.until("the way there", lambda: "inactive" in states(hub.deployments_of(OLDER)[0]["statuses"][4:]))
    (deployment,) = puffin.github_deployments(OLDER, "success")
    assert states(deployment["statuses"])[-2:] == ["inactive", "success"]


def test_an_older_event_of_a_release_that_comes_late_is_not_sent(puffin, hub):
    """As if it had waited for GitHub: what was sent after it is there already."""
    (gone,) = [one["statuses"][-2] for one in hub.deployments_of(OLDER)]
    late = {"detail-type": "ReleaseGone", "time": "2026-01-01T00:00:00Z", "detail": of(hub.deployments_of(OLDER)[0]["task"][9:], OLDER)}
    puffin.begins(late)
    (deployment,) = puffin.github_deployments(OLDER, "success")
    assert deployment["statuses"][-2] == gone


def of(deployment, commit, **more):
    """The particulars of an event."""
    where = {"schema": 1, "app": APP, "environment": ENVIRONMENT, "version": "2.0.0", "deployment": deployment, "git": {"commit": commit}}
    return where | {"summary": f"2.0.0 {more.get('ending', 'has begun')}", "link": f"https://example.com/{deployment}"} | more


def test_two_events_at_once_go_on_with_one_deployment(puffin, hub):
    commit, hub.meeting = "a" * 40, threading.Barrier(2)
    puffin.happens_to_its_end(("DeploymentStarted", of("first", commit)), ("DeploymentEnded", of("first", commit, ending="Rejected", cause_name="Held")))
    first, second = puffin.github_deployments(commit, "failure")
    assert first["task"] == second["task"] == "windlass:first"
    assert set(states(second["statuses"])) == {"inactive"}
    assert str(first["id"]) in second["statuses"][0]["description"]


def test_a_deployment_whose_making_was_not_answered_is_found(puffin, hub):
    commit, hub.lose_next = "b" * 40, True
    puffin.happens_to_its_end(("DeploymentStarted", of("lost", commit)))
    first, second = puffin.github_deployments(commit, "in_progress")
    assert (states(first["statuses"]), states(second["statuses"])) == (["in_progress"], ["inactive"])


def test_an_end_that_overtakes_stays_the_last_word(puffin, hub):
    commit, hub.overtaken = "c" * 40, threading.Event()
    puffin.happens(("DeploymentStarted", of("slow", commit)))
    (begun,) = puffin.until("GitHub's deployment", lambda: hub.deployments_of(commit))
    puffin.until("what is on its way", lambda: any(method == "POST" and str(begun["id"]) in path.split("/") for method, path in hub.asked))
    puffin.happens(("DeploymentEnded", of("slow", commit, ending="RolledBack", cause_name="GateFailed")))
    assert hub.overtaken.wait(60)
    (deployment,) = puffin.github_deployments(commit, "failure")
    hub.overtaken = None
    # Whoever of the two looks then sends the end again; it may be both.
    end, begin, *again = deployment["statuses"]
    assert (states([end, begin]), set(states(again))) == (["failure", "in_progress"], {"failure"})
    assert {status["description"] for status in [end, *again]} == {"2.0.0 RolledBack"}
    # And what was sent before it and comes later is not taken.
    puffin.happens_to_its_end(("UndoStarted", of("slow", commit, cause_name="GateFailed")))
    assert hub.deployments_of(commit) == [deployment]


def test_what_does_not_look_like_a_commit_leads_to_no_address_of_github(puffin, hub):
    before = len(hub.statuses), len(hub.deployments), [asked for asked in hub.asked if asked[0] == "POST"]
    odd = ("../../issues", "9f2c1ab/comments", "9f2c1ab?state=success", "%2e%2e", "9f2c1ab#1")
    puffin.happens_to_its_end(*(("DeploymentEnded", of(f"odd-{number}", commit, ending="Succeeded")) for number, commit in enumerate(odd)))
    assert before == (len(hub.statuses), len(hub.deployments), [asked for asked in hub.asked if asked[0] == "POST"])


def test_what_github_refuses_is_kept(puffin, hub):
    hub.unknown.add(UNKNOWN)
    puffin.happens(("DeploymentEnded", of("nowhere", UNKNOWN, ending="Succeeded")))
    (kept,) = puffin.until("what was not sent", puffin.deployments.undelivered)
    assert "No ref found" in kept and "nowhere" in kept and "FAILED" in kept
    assert TOKENS["deployments"] not in kept
    assert hub.refused and all(UNKNOWN in refused for refused in hub.refused), hub.refused


def test_the_token_is_in_no_state(puffin, aws):
    definition = aws.stepfunctions.describe_state_machine(stateMachineArn=puffin.deployments.machine)["definition"]
    histories = puffin.deployments.histories()
    assert len(histories) > 100
    everything = [definition, *histories, *map(str, puffin.deployments.executions())]
    assert not [text for text in everything if TOKENS["deployments"] in text or TOKENS["statuses"] in text]


def test_the_role_may_make_each_call_and_reach_nothing_else(puffin, hub):
    """The local cloud has asked IAM for each call, by the condition on its address and method."""
    invoke, retrieve, read = puffin.deployments.part("MachinePolicy")["PolicyDocument"]["Statement"]
    made = {(method, "statuses" in path) for method, path in hub.asked if "/deployments" in path}
    assert made == {("GET", False), ("POST", False), ("GET", True), ("POST", True)}
    assert invoke["Condition"]["StringEquals"] == {"states:HTTPMethod": ["GET", "POST"]}
    assert invoke["Condition"]["StringLike"] == {"states:HTTPEndpoint": f"{hub.url}/repos/acme/{APP}/deployments*"}
    mine = (puffin.deployments.machine, puffin.deployments.names["Connection.Arn"], puffin.deployments.names["Connection.SecretArn"])
    assert (invoke["Resource"], retrieve["Resource"], read["Resource"]) == mine
