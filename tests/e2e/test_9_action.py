"""The GitHub Action, run by a real runner of workflows as `windlass init` sets it up: without a key or a role of AWS it shows the token of
its job, releases, follows, and ends as the deployment did. A job of a pull request reads."""

import pytest
from action_repository import ACTION, ENVIRONMENT, ID, OWNER_ID, Dinghy
from application import MISTAKE

pytestmark = pytest.mark.heavy

GOOD, REJECTED, ROLLED_BACK, UNREACHABLE = 0, 3, 4, 6
EXIT = "exit status {}\n"


@pytest.fixture(scope="module")
def dinghy(aws, issuer, tmp_path_factory):
    dinghy = Dinghy(aws, issuer, tmp_path_factory.mktemp("dinghy"))
    dinghy.make_function()
    dinghy.make_repository()
    dinghy.init(ACTION)
    dinghy.declare_with_a_gate()
    dinghy.commit("set up by init")
    yield dinghy
    dinghy.releases.close()


def test_a_job_does_nothing_before_the_proposed_access_file_is_in_force(dinghy):
    before = dinghy.seen()
    run = dinghy.push("refs/tags/v1.0.0")
    assert run.status == 1 and EXIT.format(UNREACHABLE) in run.log and "NotAllowed" in run.summary, run.log
    assert (dinghy.seen(), dinghy.history(), dinghy.uploaded()) == (before, [], set())
    dinghy.put_in_force((dinghy.folder / dinghy.file).read_text())


def test_a_pushed_tag_is_released_and_followed_to_its_end(dinghy):
    run = dinghy.push("refs/tags/v1.0.0")
    assert run.status == GOOD, run.log
    assert dinghy.seen()[0] == "1.0.0" and dinghy.history() == [("1.0.0", "Succeeded")]
    assert "### dinghy prod 1.0.0: Succeeded" in run.summary and "is live: api changed" in run.summary, run.summary
    assert run.outputs["exit-status"] == "0" and run.outputs["environment"] == ENVIRONMENT, run.outputs
    # Both jobs ask for a token for Windlass alone, and nobody else reads it.
    audience = dinghy.aws.outputs["ApiUrl"]
    assert len(dinghy.tokens.asked) > 1 and all(asked["audience"] == [audience] for asked in dinghy.tokens.asked), dinghy.tokens.asked
    assert dinghy.tokens.given and all(token not in run.log + run.summary for token in dinghy.tokens.given)


def test_the_release_is_known_by_what_the_token_claims(dinghy):
    found = dinghy.recorded("1.0.0")
    claims = found["requester"]["claims"]
    wanted = {"repository_id": ID, "repository_owner_id": OWNER_ID, "ref": "refs/tags/v1.0.0", "sha": dinghy.head(), "event_name": "push"}
    assert found["requester"]["route"] == "ci" and claims["issuer"] == "github" and wanted.items() <= claims["kept"].items(), found
    assert {"ref": "refs/tags/v1.0.0", "commit": dinghy.head()}.items() <= found["git"].items(), found


def test_a_job_that_is_run_again_finds_its_release_there(dinghy):
    before = dinghy.seen()
    run = dinghy.push("refs/tags/v1.0.0", {"run_attempt": "2"}, GITHUB_RUN_ATTEMPT="2")
    assert run.status == GOOD and dinghy.seen() == before, run.log
    assert run.outputs["ending"] == "NothingToDo", run.outputs


def test_another_repository_of_the_same_name_does_nothing(dinghy):
    before = dinghy.seen(), dinghy.history(), dinghy.uploaded()
    run = dinghy.push("refs/tags/v1.0.1", {"repository_id": "816"})
    assert run.status == 1 and EXIT.format(UNREACHABLE) in run.log and "NotAllowed" in run.summary, run.log
    assert dinghy.tokens.given and (dinghy.seen(), dinghy.history(), dinghy.uploaded()) == before


def test_a_pull_request_reads_where_the_access_file_names_its_event(dinghy):
    """The one that `init` proposes does."""
    dinghy.build("1.1.0")
    dinghy.write_pull_request_workflow("choose")
    before = dinghy.seen(), dinghy.history()
    dinghy.change_the_access_file(2, without="pull-requests")
    unnamed = dinghy.open_pull_request(7)
    assert unnamed.status == 1 and EXIT.format(UNREACHABLE) in unnamed.log and "NotAllowed" in unnamed.summary, unnamed.log
    dinghy.change_the_access_file(3)
    run = dinghy.open_pull_request(7)
    assert run.status == GOOD, run.log
    assert "### dinghy: no environment takes refs/heads/main; planned for prod" in run.summary, run.summary
    # The workflow that init wrote runs as well, and plans it.
    assert "### Plan of dinghy prod pr-7-" in run.summary and "refused" not in run.summary, run.summary
    assert run.outputs["environment"] == ENVIRONMENT and (dinghy.seen(), dinghy.history()) == before, run.outputs


def test_a_job_without_the_right_to_a_token_reads_so(dinghy):
    """Whose workflow does not ask for it, or who asks from a fork."""
    for run in (
        dinghy.push("refs/tags/v1.2.0", ACTIONS_ID_TOKEN_REQUEST_URL=""),
        dinghy.open_pull_request(8, fork="someone/dinghy", ACTIONS_ID_TOKEN_REQUEST_URL=""),
    ):
        assert run.status == 1 and EXIT.format(UNREACHABLE) in run.log and not dinghy.tokens.asked, run.log
        assert "this job may not sign in" in run.summary and "id-token: write" in run.summary, run.summary


@pytest.mark.parametrize(("mode", "ending"), [("plan", GOOD), ("release", REJECTED)])
def test_a_pull_request_plans_and_cannot_release(dinghy, mode, ending):
    """Whoever opens it changes the workflow in it. What is uploaded for its plan is of no release."""
    dinghy.write_pull_request_workflow(mode)
    before = dinghy.seen(), dinghy.history(), dinghy.uploaded()
    run = dinghy.open_pull_request(9)
    assert (run.status == 0) == (ending == GOOD) and ("NotAllowed" in run.summary) == (ending == REJECTED), run.log
    assert ending == GOOD or EXIT.format(ending) in run.log, run.log
    assert dinghy.tokens.given and (dinghy.seen(), dinghy.history(), dinghy.uploaded()) == before


def test_a_job_ends_as_its_deployment_was_rolled_back(dinghy):
    dinghy.build("1.1.0", sum_=MISTAKE)
    dinghy.commit("a mistake")
    run = dinghy.push("refs/tags/v1.1.0")
    assert run.status == 1 and EXIT.format(ROLLED_BACK) in run.log, run.log
    assert "### dinghy prod 1.1.0: RolledBack" in run.summary and "a sum" in run.summary, run.summary
    assert run.outputs["ending"] == "RolledBack" and run.outputs["exit-status"] == "4", run.outputs
    assert dinghy.seen()[0] == "1.0.0"


def test_what_cannot_be_verified_is_not_run(dinghy):
    dinghy.releases.tamper()
    run = dinghy.push("refs/tags/v1.2.0")
    dinghy.releases.write_checksums()
    assert run.status == 1 and EXIT.format(UNREACHABLE) in run.log, run.log
    assert "could not be verified" in run.summary and "windlass 0" not in run.log, run.summary
    assert not dinghy.tokens.asked


def test_the_workflow_without_an_action_releases_by_the_token_as_well(dinghy):
    """By the commands of docs/integrate/ci.md, which `windlass init` copies."""
    dinghy.build("1.3.0")
    dinghy.take_the_workflow_without_an_action()
    run = dinghy.push("refs/tags/v1.3.0")
    assert run.status == GOOD, run.log
    assert dinghy.seen()[0] == "1.3.0" and dinghy.history()[-1] == ("1.3.0", "Succeeded")
    # By now the access file lets jobs alone read.
    assert dinghy.ledger.deployments()[-1]["requester"]["route"] == "ci"
    assert dinghy.tokens.given and all(token not in run.log + run.summary for token in dinghy.tokens.given)
