"""Every verb of the command line against the installation: what it does, its exit status, and the document that `--json` prints.

The tests build on each other: release 1.0.0 of the application `skiff` is live in `bay` from the first one on.
"""

import pytest
import yaml
from application import MISTAKE, Application, function_files, site_files
from command_line import CommandLine

GOOD, USAGE, REJECTED, ROLLED_BACK, NEEDS_OPERATOR, UNREACHABLE, TIMED_OUT = 0, 2, 3, 4, 5, 6, 7
LIVE = {"page": "1.0.0", "jobs": "1.0.0"}
ENVIRONMENTS = {"bay": {"deploy": {"branch": "main"}}, "sea": {"deploy": {"tag": "stable"}, "start": "manual"}}
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
        sources = {"page": site_files("page", version), "jobs": function_files(version, **code)}
        for component, files in sources.items():
            for path, text in files.items():
                place = self.folder / version / component / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)
        return ["release", "skiff", version, *(f"{component}={version}/{component}/" for component in sources), "--git-ref", "refs/heads/main"]

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


def test_release_and_watch(skiff):
    ran = skiff.windlass.json(*skiff.build("1.0.0"), "--watch")
    assert (ran.status, ran.document["deployment"]["ending"]["ending"]) == (GOOD, "Succeeded"), ran
    assert skiff.seen() == LIVE


def test_deploy_promotes_a_recorded_release(skiff):
    ran = skiff.windlass.json("deploy", "skiff", "sea", "1.0.0", "--watch")
    assert (ran.status, ran.document["deployment"]["ending"]["ending"]) == (GOOD, "Succeeded"), ran
    assert skiff.sea.seen() == LIVE
    unknown = skiff.windlass.json("deploy", "skiff", "sea", "9.9.9", "--watch")
    assert (unknown.status, unknown.document["exit"]) == (REJECTED, REJECTED), unknown
    assert unknown.document["findings"]


def test_a_release_that_fails_is_told_by_the_status(skiff):
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
    assert skiff.windlass.run("watch", "skiff", "bay", "7.7.7", "--timeout", "1s").status == TIMED_OUT


def test_watch_what_the_story_left(skiff, story, tmp_path):
    """`windlass watch shop prod 1.4.0`, as issue trackers and chats quote it. Runs after the story."""
    windlass = CommandLine(skiff.aws, "shop", tmp_path)
    ran = windlass.json("watch", "shop", "prod", "1.4.0")
    assert (ran.status, ran.document["deployment"]["ending"]["ending"]) == (GOOD, "Succeeded"), ran
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
    # A person who asks for what a gate failed is told how, and not the old story.
    again = skiff.windlass.json("deploy", "skiff", "bay", "1.1.0", "--watch")
    assert (again.status, again.document["deployment"]["ending"]["cause_name"]) == (REJECTED, "Vetoed"), again


def test_cancel_undoes_what_was_changed(skiff):
    started = skiff.windlass.json(*skiff.build("1.2.0"), "--api")
    assert started.status == GOOD, started
    assert skiff.change_in_the_middle("1.2.0") == started.document["id"]
    ran = skiff.windlass.json("cancel", "skiff", started.document["id"], "--reason", "the wrong branch")
    assert (ran.status, ran.document["deployment"]["ending"]["cause_name"]) == (ROLLED_BACK, "CancelledByOperator"), ran
    assert skiff.seen() == LIVE
    ended = skiff.windlass.json("cancel", "skiff", started.document["id"], "--reason", "twice")
    assert (ended.status, ended.document["exit"]) == (REJECTED, REJECTED), ended


def test_hold_and_release_hold(skiff):
    held = skiff.windlass.json("hold", "skiff", "bay", "--reason", "a quiet weekend")
    assert (held.status, held.document["hold"]["reason"]) == (GOOD, "a quiet weekend"), held
    assert skiff.windlass.run(*skiff.build("1.3.0")).status == GOOD
    refused = skiff.windlass.json("watch", "skiff", "bay", "1.3.0")
    assert (refused.status, refused.document["deployment"]["ending"]["cause_name"]) == (REJECTED, "Held"), refused
    by_id = skiff.windlass.run("watch", "skiff", refused.document["deployment"]["id"])
    assert by_id.status == REJECTED and "Rejected (Held)" in by_id.out, by_id
    released = skiff.windlass.json("release-hold", "skiff", "bay", "--reason", "monday")
    assert (released.status, released.document["hold"]) == (GOOD, None), released


def test_rollback_goes_back_and_holds(skiff):
    assert skiff.windlass.run("deploy", "skiff", "bay", "1.3.0", "--watch").status == GOOD
    assert skiff.seen() == {"page": "1.3.0", "jobs": "1.3.0"}
    ran = skiff.windlass.json("rollback", "skiff", "bay", "--reason", "checkout is broken")
    assert (ran.status, ran.document["deployment"]["action"]) == (GOOD, "rollback"), ran
    assert skiff.seen() == LIVE
    assert skiff.windlass.json("status", "skiff", "bay").document["hold"]["reason"]
    nothing = skiff.windlass.json("rollback", "skiff", "bay", "--snapshot", "99", "--reason", "too far")
    assert (nothing.status, nothing.document["deployment"]["ending"]["ending"]) == (REJECTED, "Rejected"), nothing
    assert skiff.windlass.run("release-hold", "skiff", "bay", "--reason", "it works again").status == GOOD


def needs_operator(skiff, version):
    """A release that fails, and whose page may not be written back; answers how its watching ended."""
    arguments = skiff.build(version, sum_=MISTAKE)
    started = skiff.windlass.json(*arguments, "--api")
    skiff.change_in_the_middle(version)
    skiff.forbid_writes()
    ran = skiff.windlass.json("watch", "skiff", started.document["id"])
    skiff.permit_writes()
    assert (ran.status, ran.document["deployment"]["ending"]["ending"]) == (NEEDS_OPERATOR, "NeedsOperator"), ran
    words = skiff.windlass.run("status", "skiff", "bay").out
    assert "NEEDS AN OPERATOR: `windlass recover` or `windlass accept`" in words, words


def test_recover(skiff):
    needs_operator(skiff, "1.4.0")
    ran = skiff.windlass.json("recover", "skiff", "bay", "--reason", "the pages may be written again")
    assert (ran.status, ran.document["deployment"]["ending"]["ending"]) == (ROLLED_BACK, "RolledBack"), ran
    assert skiff.seen() == LIVE
    nothing = skiff.windlass.json("recover", "skiff", "bay", "--reason", "once more")
    assert nothing.status == GOOD, nothing


def test_accept(skiff):
    needs_operator(skiff, "1.5.0")
    ran = skiff.windlass.json("accept", "skiff", "bay", "--reason", "nobody minds the page of 1.5.0")
    assert (ran.status, ran.document["lock"].get("held")) == (GOOD, None), ran
    assert skiff.seen() == {"page": "1.5.0", "jobs": "1.0.0"}
    refused = skiff.windlass.json("accept", "skiff", "bay", "--reason", "once more")
    assert (refused.status, refused.document["exit"]) == (REJECTED, REJECTED), refused


def test_who_is_not_let_in_is_told_so(skiff):
    """The user may call nothing of another application."""
    strange = skiff.windlass.json("status", "shop", "prod")
    assert (strange.status, strange.document["exit"]) == (UNREACHABLE, UNREACHABLE), strange
    nowhere = skiff.windlass.run("status", "skiff", "bay", WINDLASS_ENDPOINT="http://127.0.0.1:1")
    assert nowhere.status == UNREACHABLE, nowhere
    assert skiff.windlass.run("watch", "skiff").status == USAGE
