"""Every verb of the command line against the installation: what it does, its exit status, and the document that `--json` prints.

The tests build on each other: release 1.0.0 of the application `skiff` is live in `bay` from the first one on.
"""

import json

import pytest
import yaml
from application import MISTAKE, Application, function_files, site_files
from command_line import CommandLine

GOOD, USAGE, REJECTED, ROLLED_BACK, NEEDS_OPERATOR, UNREACHABLE = 0, 2, 3, 4, 5, 6
SUPERSEDED, HELD, RECORDED, NOTHING_CHANGED = 8, 9, 10, 13
LIVE = {"page": "1.0.0", "jobs": "1.0.0"}
ENVIRONMENTS = {"bay": {"deploy": {"branch": "main"}}, "sea": {"deploy": {"branch": "stable"}, "start": "manual"}}
# Long enough to come in between.
GATES = {"between_waves": "3s"}


class Skiff(Application):
    """The application, with its releases in a folder."""

    def __init__(self, aws, folder):
        super().__init__(aws, "skiff", "bay")
        self.folder = folder
        self.windlass = CommandLine(aws, "skiff", folder)
        self.sea = Application(aws, "skiff", "sea")

    def build(self, version, **code):
        """Builds a release into the folder; answers the verb's arguments for it."""
        components = {"page": site_files("page", version), "jobs": function_files(version, **code)}
        return [*self.in_folder(self.folder, version, **components), "--git-ref", "refs/heads/main"]

    def change_in_the_middle(self, version):
        """Waits until the page is changed and watched, and jobs is not changed yet; answers the deployment's id."""
        self.until(f"the page of {version}", lambda: self.site("page") == version)
        return self.deployment_of(version)["id"]


@pytest.fixture(scope="module")
def skiff(aws, tmp_path_factory):
    skiff = Skiff(aws, tmp_path_factory.mktemp("skiff"))
    skiff.make_targets()
    skiff.sea.make_targets()
    skiff.declare(skiff.declaration(ENVIRONMENTS, GATES))
    return skiff


def test_validate(skiff):
    declaration = skiff.declaration(ENVIRONMENTS, GATES)
    (skiff.folder / "app.yaml").write_text(yaml.safe_dump(declaration))
    valid = skiff.windlass.json("validate")
    assert (valid.status, valid.document["valid"], valid.document["app"]) == (GOOD, True, "skiff")
    assert {found["environment"] for found in valid.document["environments"]} == {"bay", "sea"}
    (skiff.folder / "bad.yaml").write_text(yaml.safe_dump({**declaration, "colour": "blue"}))
    bad = skiff.windlass.json("validate", "bad.yaml")
    assert (bad.status, bad.document["valid"]) == (REJECTED, False)
    assert [finding["path"] for finding in bad.document["files"][0]["findings"]] == ["colour"]
    assert skiff.windlass.run("validate", "nothing.yaml").status == USAGE


def test_plan_says_what_its_command_does_then(skiff):
    release = skiff.build("1.0.0")
    planned = skiff.windlass.json("plan", *release)
    assert (planned.status, planned.document["turn"]["becomes"]) == (GOOD, "goes"), planned
    # Nothing was deployed, and nothing but the plan is known of it.
    assert skiff.windlass.json("history", "skiff", "bay").document["deployments"] == []
    assert skiff.windlass.run("plan", "deploy", "skiff", "bay", "1.0.0").status == REJECTED
    skiff.planned = planned.document["drawn"]["plan"]


def test_release_and_watch(skiff):
    ran = skiff.windlass.json(*skiff.build("1.0.0"), "--watch")
    assert (ran.status, ran.document["deployment"]["ending"]["ending"]) == (GOOD, "Succeeded"), ran
    assert skiff.seen() == LIVE
    assert ran.document["plan"] == skiff.planned


def test_plan_of_what_runs_and_of_the_way_back(skiff):
    again = skiff.windlass.run("plan", "deploy", "skiff", "bay", "1.0.0")
    assert again.status == GOOD and "nothing would be changed" in again.out, again
    back = skiff.windlass.run("plan", "rollback", "skiff", "bay", "--snapshot", "1")
    assert back.status == GOOD and "plan: wave 1" in back.out, back
    assert skiff.windlass.json("status", "skiff", "bay").document["hold"] is None
    wrong = skiff.windlass.run("plan", "rollback", "skiff", "bya")
    assert wrong.status == REJECTED and "Did you mean `bay`?" in wrong.err, wrong


def test_deploy_promotes_a_recorded_release(skiff):
    ran = skiff.windlass.json("deploy", "skiff", "sea", "1.0.0", "--watch")
    assert (ran.status, ran.document["deployment"]["ending"]["ending"]) == (GOOD, "Succeeded"), ran
    assert skiff.sea.seen() == LIVE
    unknown = skiff.windlass.json("deploy", "skiff", "sea", "9.9.9", "--watch")
    assert (unknown.status, unknown.document["exit"]) == (REJECTED, REJECTED), unknown
    assert unknown.document["findings"]


def test_a_release_that_fails_is_shown_by_the_status(skiff):
    ran = skiff.windlass.run(*skiff.build("1.1.0", sum_=MISTAKE), "--watch")
    assert ran.status == ROLLED_BACK, ran
    assert "RolledBack (GateFailed)" in ran.out and "a sum" in ran.out, ran.out
    assert skiff.seen() == LIVE


def test_watch_by_environment_and_version(skiff):
    good = skiff.windlass.json("watch", "skiff", "bay", "1.0.0")
    assert (good.status, good.document["deployment"]["release"]["version"]) == (GOOD, "1.0.0")
    failed = skiff.windlass.json("watch", "skiff", "bay", "1.1.0")
    assert (failed.status, failed.document["deployment"]["ending"]["ending"]) == (ROLLED_BACK, "RolledBack")
    assert skiff.windlass.run("watch", "skiff", failed.document["deployment"]["id"]).status == ROLLED_BACK
    assert skiff.windlass.run("watch", "skiff", "0123456789abcdef").status == REJECTED
    by_id = skiff.windlass.json("watch", "skiff", good.document["deployment"]["id"])
    assert (by_id.status, by_id.document) == (GOOD, good.document)
    assert (by_id.document["now"]["runs"], "it runs now" in by_id.document["now"]["text"]) == (True, True), by_id
    unknown = skiff.windlass.run("watch", "skiff", "bay", "1.0.O", "--timeout", "1s")
    assert unknown.status == REJECTED and "Did you mean `1.0.0`?" in unknown.err, unknown


def test_what_is_not_known_is_refused_with_what_is_nearest(skiff):
    for verb in ("status", "history", "snapshots", "watch"):
        unknown = skiff.windlass.run(verb, "skiff", "bya")
        assert unknown.status == REJECTED and "Did you mean `bay`?" in unknown.err, unknown
    assert skiff.windlass.run("history", "skiff", "bay", "--limit", "0").status == USAGE
    wrong = [argument.replace("page=", "pgae=") for argument in skiff.build("1.0.1")]
    refused = skiff.windlass.run(*wrong)
    assert refused.status == REJECTED and "Did you mean `page`?" in refused.err and "nothing was uploaded" in refused.err, refused
    nowhere = skiff.windlass.run(*skiff.build("1.0.1")[:-1], "refs/heads/nowhere")
    assert nowhere.status == REJECTED and "matches no environment's rule" in nowhere.err, nowhere
    reused = skiff.windlass.run(*[argument.replace("1.0.1/", "1.1.0/").replace("1.0.1", "1.0.0") for argument in skiff.build("1.0.1")])
    assert reused.status == REJECTED and "VersionReused" in reused.err, reused


def test_a_release_that_only_a_person_starts_is_recorded_and_said_so(skiff):
    arguments = [*skiff.build("1.0.2")[:-1], "refs/heads/stable"]
    recorded = skiff.windlass.run(*arguments)
    assert recorded.status == RECORDED and "`windlass deploy skiff sea 1.0.2`" in recorded.out, recorded
    named = skiff.windlass.run(*skiff.build("1.0.3"), "--environment", "sea")
    assert named.status == RECORDED, named
    assert skiff.sea.seen() == LIVE


def test_watch_what_the_story_left(skiff, story, tmp_path):
    """`windlass watch shop prod 1.4.0`, as issue trackers and chats quote it. Runs after the story."""
    windlass = CommandLine(skiff.aws, "shop", tmp_path)
    ran = windlass.json("watch", "shop", "prod", "1.4.0")
    # Later tests may have replaced it, and then it is said what runs.
    status = GOOD if ran.document["now"]["runs"] else SUPERSEDED
    assert (ran.status, ran.document["deployment"]["ending"]["ending"]) == (status, "Succeeded"), ran
    assert windlass.run("watch", "shop", "prod", "1.2.0").status == ROLLED_BACK
    history = windlass.json("history", "shop", "prod", "--limit", "100").document["deployments"]
    assert [found["id"] for found in history] == [found["id"] for found in reversed(story.ledger.deployments())]


def test_status_and_history(skiff):
    status = skiff.windlass.json("status", "skiff", "bay")
    running = {name: found["version"] for name, found in status.document["running"].items()}
    assert (status.status, running, status.document["lock"].get("held")) == (GOOD, LIVE, None)
    words = skiff.windlass.run("status", "skiff", "bay").out
    assert "page: 1.0.0 since" in words and "hold: none" in words and "lock: free" in words, words
    observed = skiff.windlass.json("status", "skiff", "bay", "--observe").document["observed"]
    assert {name: found["drift"] for name, found in observed.items()} == {"page": "none", "jobs": "none"}, observed
    history = skiff.windlass.json("history", "skiff", "bay")
    endings = [(found["version"], found["ending"]["ending"]) for found in history.document["deployments"]]
    assert (history.status, endings) == (GOOD, [("1.1.0", "RolledBack"), ("1.0.0", "Succeeded")])
    assert len(skiff.windlass.json("history", "skiff", "bay", "--limit", "1").document["deployments"]) == 1
    # A person who asks for what a gate failed reads how, and not the old story.
    again = skiff.windlass.json("deploy", "skiff", "bay", "1.1.0", "--watch")
    ending = again.document["deployment"]["ending"]
    assert (again.status, ending["cause_name"]) == (REJECTED, "Vetoed"), again
    assert "`windlass deploy skiff bay 1.1.0 --again --reason '…'`" in ending["cause"], ending


def test_cancel_undoes_what_was_changed(skiff):
    started = skiff.windlass.json(*skiff.build("1.2.0"))
    assert started.status == GOOD, started
    assert skiff.change_in_the_middle("1.2.0") == started.document["id"]
    ran = skiff.windlass.json("cancel", "skiff", started.document["id"], "--reason", "the wrong branch")
    assert (ran.status, ran.document["deployment"]["ending"]["cause_name"]) == (GOOD, "CancelledByOperator"), ran
    assert skiff.seen() == LIVE
    ended = skiff.windlass.json("cancel", "skiff", started.document["id"], "--reason", "twice")
    assert (ended.status, ended.document["exit"]) == (REJECTED, REJECTED), ended
    nothing = skiff.windlass.run("cancel", "skiff", "bay", "--reason", "thrice")
    assert nothing.status == REJECTED and "nothing is under way" in nothing.err, nothing


def test_what_is_under_way_is_cancelled_by_its_environment(skiff):
    assert skiff.windlass.run(*skiff.build("1.2.1")).status == GOOD
    skiff.change_in_the_middle("1.2.1")
    ran = skiff.windlass.run("cancel", "skiff", "bay", "--reason", "the wrong branch")
    assert ran.status == GOOD, ran
    assert skiff.seen() == LIVE


def test_hold_and_release_hold(skiff):
    held = skiff.windlass.json("hold", "skiff", "bay", "--reason", "a quiet weekend")
    assert (held.status, held.document["hold"]["reason"]) == (GOOD, "a quiet weekend"), held
    before = skiff.windlass.run(*skiff.build("1.3.0"))
    assert before.status == HELD and "`windlass release-hold skiff bay --reason '…'`" in before.err, before
    named = skiff.windlass.run(*skiff.build("1.3.0"), "--environment", "bay")
    assert named.status == HELD, named
    refused = skiff.windlass.json("deploy", "skiff", "bay", "1.0.2", "--watch")
    assert (refused.status, refused.document["deployment"]["ending"]["cause_name"]) == (HELD, "Held"), refused
    by_id = skiff.windlass.run("watch", "skiff", refused.document["deployment"]["id"])
    assert by_id.status == HELD and "--through-hold --reason '…'`" in by_id.out, by_id
    assert skiff.seen() == LIVE
    released = skiff.windlass.json("release-hold", "skiff", "bay", "--reason", "monday")
    assert (released.status, released.document["hold"]) == (GOOD, None), released


def test_rollback_goes_back_and_holds(skiff):
    assert skiff.windlass.run(*skiff.build("1.3.0"), "--watch").status == GOOD
    assert skiff.seen() == {"page": "1.3.0", "jobs": "1.3.0"}
    ran = skiff.windlass.json("rollback", "skiff", "bay", "--reason", "checkout is broken")
    assert (ran.status, ran.document["deployment"]["action"]) == (GOOD, "rollback"), ran
    assert skiff.seen() == LIVE
    assert skiff.windlass.json("status", "skiff", "bay").document["hold"]["reason"]
    nothing = skiff.windlass.json("rollback", "skiff", "bay", "--snapshot", "99", "--reason", "too far")
    assert (nothing.status, nothing.document["deployment"]["ending"]["ending"]) == (REJECTED, "Rejected"), nothing
    replaced = skiff.windlass.run("watch", "skiff", "bay", "1.3.0")
    assert replaced.status == SUPERSEDED and "checkout is broken" in replaced.out, replaced
    assert skiff.windlass.run("release-hold", "skiff", "bay", "--reason", "it works again").status == GOOD


def named(skiff):
    """Returns what `status` calls each component, in its document and in its words, and what the present snapshot does."""
    status = skiff.windlass.json("status", "skiff", "bay").document
    words = skiff.windlass.run("status", "skiff", "bay").out
    (present,) = [found for found in skiff.windlass.json("snapshots", "skiff", "bay").document["snapshots"] if found["present"]]
    assert {name: found["version"] for name, found in present["components"].items()} == {name: found["version"] for name, found in status["running"].items()}
    return status["running"], words, present


def test_bytes_that_run_already_take_the_name_of_a_newer_release_everywhere(skiff):
    _, _, former = named(skiff)
    same = ["release", "skiff", "1.3.1", "page=1.0.0/page/", "jobs=1.0.0/jobs/", "--git-ref", "refs/heads/main"]
    ran = skiff.windlass.json(*same, "--watch")
    deployment = ran.document["deployment"]
    assert (ran.status, deployment["ending"]["cause_name"]) == (GOOD, "AlreadyThere"), ran
    assert "it is called 1.3.1 from now on" in deployment["ending"]["cause"], deployment
    running, words, present = named(skiff)
    for name, found in running.items():
        assert (found["version"], found["deployment"]) == ("1.3.1", deployment["id"]), found
        assert found["brought"]["version"] == "1.0.0" and found["brought"]["deployment"] != deployment["id"], found
        assert f"  {name}: 1.3.1 since " in words and "its bytes came with 1.0.0 by deployment " in words, words
    assert (present["version"], present["replaced"]) == ("1.3.1", former["replaced"]), present
    assert "page came with 1.0.0" in skiff.windlass.run("snapshots", "skiff", "bay").out
    # A snapshot by the former name gives that back, and nothing else changes.
    back = skiff.windlass.json("rollback", "skiff", "bay", "--snapshot", str(former["number"]), "--reason", "the former name")
    assert back.status == NOTHING_CHANGED and "called 1.3.1 until now" in back.document["deployment"]["ending"]["cause"], back
    running, _, present = named(skiff)
    assert ({found["version"] for found in running.values()}, present["version"], skiff.seen()) == ({"1.0.0"}, "1.0.0", LIVE)
    assert skiff.windlass.run("release-hold", "skiff", "bay", "--reason", "it was a test").status == GOOD


def test_an_upload_of_another_version_than_its_key_is_refused(skiff):
    manifest = {**skiff.manifest("7.8.0"), "version": "7.8.0"}
    skiff.shop.upload("releases/skiff/bay/7.7.0.json", json.dumps(manifest).encode())
    assert "releases/skiff/bay/7.8.0.json" in json.dumps(skiff.findings_beside("releases/skiff/bay/7.7.0.json"))
    watched = skiff.windlass.run("watch", "skiff", "bay", "7.7.0")
    assert watched.status == REJECTED and "its upload was rejected" in watched.err and "7.8.0" in watched.err, watched
    assert skiff.seen() == LIVE


def test_what_looks_meant_is_listed_wherever_it_was_put(skiff):
    skiff.shop.upload("release/skiff/7.4.0.json", b"{}")
    skiff.until("the upload in the list", lambda: "release/skiff/7.4.0.json" in skiff.windlass.run("refusals", "skiff").out)
    executions = [skiff.aws.stepfunctions.start_execution(stateMachineArn=skiff.aws.outputs["ReleaseMachineArn"], input=text)["executionArn"] for text in ("{}", "[]", '"rollback"')]

    def listed():
        answer = skiff.aws.call_api("GET", "/refusals?limit=100")
        return {found.get("execution") for found in answer.body["refusals"]} >= set(executions)

    skiff.until("the inputs in the list", listed)
    answer = skiff.aws.call_api("GET", "/apps/skiff/deployments?execution=arn:nope")
    assert (answer.status, answer.body["findings"][0]["path"]) == (400, "?execution"), answer


def needs_operator(skiff, version):
    """A release that fails, and whose page may not be written back; answers how its watching ended."""
    arguments = skiff.build(version, sum_=MISTAKE)
    started = skiff.windlass.json(*arguments)
    skiff.change_in_the_middle(version)
    skiff.forbid_writes()
    ran = skiff.windlass.json("watch", "skiff", started.document["id"])
    skiff.permit_writes()
    assert (ran.status, ran.document["deployment"]["ending"]["ending"]) == (NEEDS_OPERATOR, "NeedsOperator"), ran
    words = skiff.windlass.run("status", "skiff", "bay").out
    wanted = "next: `windlass recover skiff bay --reason '…'` undoes it again; `windlass accept skiff bay"
    assert "NEEDS AN OPERATOR" in words and wanted in words, words


def test_recover(skiff):
    needs_operator(skiff, "1.4.0")
    ran = skiff.windlass.json("recover", "skiff", "bay", "--reason", "the pages may be written again")
    assert (ran.status, ran.document["deployment"]["ending"]["ending"]) == (GOOD, "RolledBack"), ran
    assert skiff.seen() == LIVE
    nothing = skiff.windlass.json("recover", "skiff", "bay", "--reason", "once more")
    assert nothing.status == GOOD, nothing


def test_accept(skiff):
    needs_operator(skiff, "1.5.0")
    ran = skiff.windlass.json("accept", "skiff", "bay", "--reason", "nobody minds the page of 1.5.0")
    assert (ran.status, ran.document["lock"].get("held")) == (GOOD, None), ran
    assert skiff.seen() == {"page": "1.5.0", "jobs": "1.0.0"}
    accepted = skiff.windlass.run("snapshots", "skiff", "bay", "--limit", "1").out.splitlines()[1]
    assert "nobody minds the page of 1.5.0" in accepted and "an upload" not in accepted and "skiff" in accepted, accepted
    assert "page: accepted since" in skiff.windlass.run("status", "skiff", "bay").out
    refused = skiff.windlass.json("accept", "skiff", "bay", "--reason", "once more")
    assert (refused.status, refused.document["exit"]) == (REJECTED, REJECTED), refused


def test_who_is_not_let_in_reads_so(skiff):
    """The user may call nothing of another application."""
    strange = skiff.windlass.json("status", "shop", "prod")
    assert (strange.status, strange.document["exit"]) == (UNREACHABLE, UNREACHABLE), strange
    nowhere = skiff.windlass.run("status", "skiff", "bay", WINDLASS_ENDPOINT="http://127.0.0.1:1")
    assert nowhere.status == UNREACHABLE, nowhere
    assert skiff.windlass.run("watch", "skiff").status == USAGE
