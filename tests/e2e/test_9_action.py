"""The GitHub Action, run by a real runner of workflows as `windlass init` sets it up: it signs in, plans, releases, follows, and ends as the
deployment did."""

import pytest
from application import MISTAKE
from action_repository import ACTION, APP, GITHUB, ID, OWNER_ID, Dinghy

pytestmark = pytest.mark.heavy

GOOD, ROLLED_BACK, UNREACHABLE = 0, 4, 6
EXIT = "exit status {}\n"


@pytest.fixture(scope="module")
def dinghy(aws, tmp_path_factory):
    dinghy = Dinghy(aws, tmp_path_factory.mktemp("dinghy"))
    dinghy.make_function()
    dinghy.make_repository()
    dinghy.windlass("init", "--yes", "--answer", f"action={ACTION}", "--answer", f"github.ids={OWNER_ID}/{ID}")
    dinghy.make_roles()
    dinghy.declare()
    dinghy.commit("set up by init")
    yield dinghy
    dinghy.releases.close()


def test_a_pushed_tag_is_released_and_followed_to_its_end(dinghy):
    run = dinghy.push("refs/tags/v1.0.0")
    assert run.status == GOOD, run.log
    assert dinghy.seen()[0] == "1.0.0" and dinghy.history() == [("1.0.0", "Succeeded")]
    assert "### dinghy prod 1.0.0: Succeeded" in run.summary and "is live: api changed" in run.summary, run.summary
    assert run.outputs["exit-status"] == "0" and run.outputs["environment"] == "prod", run.outputs
    assert "as repo:example@4711/dinghy@815:ref:refs/tags/v1.0.0" in run.log
    # The token is nobody else's to read, and is gone.
    assert all(token not in run.log for token in dinghy.tokens.given) and dinghy.tokens.given
    assert dinghy.tokens.asked[0]["audience"] == ["sts.amazonaws.com"]
    assert not list(dinghy.runner.home.rglob("token*"))


def test_a_job_that_is_run_again_finds_its_release_there(dinghy):
    before = dinghy.seen()
    # Its token may have the older form, too.
    run = dinghy.push("refs/tags/v1.0.0", named_as=GITHUB, GITHUB_RUN_ATTEMPT="2")
    assert run.status == GOOD and dinghy.seen() == before, run.log
    assert run.outputs["ending"] == "NothingToDo", run.outputs


def test_a_pull_request_is_planned_and_changes_nothing(dinghy):
    dinghy.build("1.1.0")
    dinghy.commit("a topic")
    before = dinghy.seen(), dinghy.history()
    run = dinghy.open_pull_request(7)
    assert run.status == GOOD, run.log
    assert (dinghy.seen(), dinghy.history()) == before
    assert "| api | 1.0.0 | pr-7-12.1 |" in run.summary and "nothing was changed" in run.summary, run.summary
    assert run.outputs["becomes"] == "goes" and len(run.outputs["hash"]) == 64, run.outputs


def test_a_pull_request_from_a_fork_is_left_alone(dinghy):
    run = dinghy.open_pull_request(8, fork="someone/dinghy")
    assert run.status == GOOD and not dinghy.tokens.asked, run.log


def test_a_pull_request_cannot_release(dinghy):
    """Whoever opens it changes the workflow in it."""
    workflow = dinghy.folder / ".github/workflows/release.yaml"
    honest = workflow.read_text()
    dinghy.write(**{".github/workflows/release.yaml": honest.replace("          components:", "          mode: release\n          components:")})
    dinghy.commit("release it")
    before = dinghy.seen()
    run = dinghy.open_pull_request(9)
    # Nor does the role of the environment let it in.
    other = honest.replace(f"{APP}-ci-plan", f"{APP}-ci-prod")
    dinghy.write(**{".github/workflows/release.yaml": other})
    dinghy.commit("with the role of the environment")
    stolen = dinghy.open_pull_request(9)
    dinghy.write(**{".github/workflows/release.yaml": honest})
    dinghy.commit("as it was")
    assert (run.status, stolen.status, dinghy.seen()) == (1, 1, before)
    assert EXIT.format(UNREACHABLE) in run.log, run.log
    assert EXIT.format(UNREACHABLE) in stolen.log, stolen.log
    assert "role/dinghy-ci-prod`" in stolen.summary and "AccessDenied: Not authorized" in stolen.summary, stolen.summary


def test_a_job_ends_as_its_deployment_was_rolled_back(dinghy):
    dinghy.build("1.1.0", sum_=MISTAKE)
    dinghy.commit("a mistake")
    run = dinghy.push("refs/tags/v1.1.0")
    assert run.status == 1 and EXIT.format(ROLLED_BACK) in run.log, run.log
    assert "### dinghy prod 1.1.0: RolledBack" in run.summary and "a sum" in run.summary, run.summary
    assert run.outputs["ending"] == "RolledBack" and run.outputs["exit-status"] == "4", run.outputs
    assert dinghy.seen()[0] == "1.0.0"


def test_a_job_without_the_right_to_a_token_reads_so(dinghy):
    run = dinghy.push("refs/tags/v1.2.0", ACTIONS_ID_TOKEN_REQUEST_URL="")
    assert run.status == 1 and EXIT.format(UNREACHABLE) in run.log, run.log
    assert "this job may not sign in" in run.summary and "id-token: write" in run.summary, run.summary


def test_what_cannot_be_verified_is_not_run(dinghy):
    dinghy.releases.tamper()
    run = dinghy.push("refs/tags/v1.2.0")
    dinghy.releases.write_checksums()
    assert run.status == 1 and EXIT.format(UNREACHABLE) in run.log, run.log
    assert "could not be verified" in run.summary and "windlass 0" not in run.log, run.summary
    assert not dinghy.tokens.asked
