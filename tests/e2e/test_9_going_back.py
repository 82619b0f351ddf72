"""Back to what is recorded after a change by hand, back to another version, and one component alone; and what goes nowhere.

The tests build on each other: 1.1.0 of the application `punt` is live, and 1.0.0 was before it.
"""

import pytest
from application import Application, function_files
from command_line import CommandLine
from ledger import ending

GOOD, REJECTED, NOTHING_CHANGED = 0, 3, 13
ENVIRONMENTS = {"bay": {"deploy": {"branch": "main"}}}
BEFORE, LIVE = ({"page": version, "jobs": version} for version in ("1.0.0", "1.1.0"))
# The version of the function that was there before Windlass, and of the page that somebody writes.
FOUND, WRITTEN = "1", "9.9.9"
ALIAS = {"FunctionName": "punt-jobs-bay", "Name": "live"}
ROOT = {"AccessKeyId": "test", "SecretAccessKey": "test"}
WHY = ("--reason", "it was changed by mistake")


class Punt(Application):
    """The application, and the command lines of its team and of somebody who may do everything."""

    def __init__(self, aws, folder):
        super().__init__(aws, "punt", "bay")
        self.windlass = CommandLine(aws, "punt", folder)
        self.root = CommandLine(aws, "punt", folder, ROOT)
        aws.iam.attach_user_policy(UserName="ci-of-punt", PolicyArn=aws.outputs["ReaderPolicyArn"])

    def declare(self, version="1.0.0", without=()):
        declaration = self.declaration(ENVIRONMENTS, {}, version)
        # Both are changed in one wave.
        del declaration["components"]["jobs"]["after"]
        for name in without:
            del declaration["components"][name]
        super().declare(declaration)

    def move_alias(self):
        """Somebody moves it by hand."""
        self.aws.lambda_.update_alias(**ALIAS, FunctionVersion=FOUND)

    def write_page(self):
        """Somebody writes it by hand."""
        self.aws.s3.put_object(Bucket=self.bucket, Key="page/index.html", Body=f"By hand: page {WRITTEN}".encode(), ContentType="text/html")

    def goes(self, verb, *arguments):
        """A verb that becomes a deployment; answers the exit status, the ending and its cause, and the components that it was for."""
        ran = self.windlass.json(verb, "punt", "bay", *arguments)
        deployment = ran.document["deployment"]
        ended = deployment["ending"]
        return ran.status, ended["ending"], ended["cause_name"], sorted(deployment["release"]["components"])

    def status(self):
        return self.windlass.json("status", "punt", "bay").document


@pytest.fixture(scope="module")
def punt(aws, tmp_path_factory):
    punt = Punt(aws, tmp_path_factory.mktemp("punt"))
    punt.make_targets()
    punt.declare()
    for version in ("1.0.0", "1.1.0"):
        punt.release(version)
        assert ending(punt.ended(punt.deployment_of(version)["id"])) == "Succeeded"
    assert punt.seen() == LIVE
    return punt


def refused(ran):
    """The exit status, and where what was refused is wrong."""
    return ran.status, [(found["name"], found["path"]) for found in ran.document["findings"]]


def test_what_somebody_changed_is_seen_and_one_component_is_brought_back(punt):
    punt.move_alias()
    punt.write_page()
    listed = punt.windlass.json("apps", "--observe", "--limit", "100").document["apps"]
    (bay,) = [app["environments"][0] for app in listed if app["app"] == "punt"]
    assert {name: found["drift"] for name, found in bay["observed"].items()} == {"page": "changed", "jobs": "changed"}
    assert bay["next_steps"] == [{"start": {"action": "restore", "app": "punt", "environment": "bay", "reason": "…"}}]
    assert punt.windlass.json("plan", "restore", "punt", "bay").status == GOOD
    assert punt.goes("restore", "--component", "jobs", *WHY) == (GOOD, "Succeeded", "", ["jobs"])
    assert punt.seen() == {"page": WRITTEN, "jobs": "1.1.0"}


def test_the_command_that_the_status_names_brings_all_back_and_holds_nothing(punt):
    before = punt.status()
    observed = punt.windlass.run("status", "punt", "bay", "--observe")
    of_all = punt.windlass.run("apps", "--observe", "--limit", "100").names("restore")
    assert [named for named in of_all if named[1] == "punt"] == observed.names("restore"), "both lists name the same"
    restored = punt.windlass.json(*observed.names("restore")[0])
    assert (restored.status, restored.document["deployment"]["action"]) == (GOOD, "restore"), restored
    assert punt.seen() == LIVE
    after = punt.status()
    assert (before["hold"], after["hold"]) == (None, None)
    assert {name: found["version"] for name, found in after["running"].items()} == LIVE


def test_where_nothing_differs_a_restoring_has_a_status_of_its_own(punt):
    assert punt.windlass.json("plan", "restore", "punt", "bay").status == NOTHING_CHANGED
    assert punt.goes("restore", *WHY)[:3] == (NOTHING_CHANGED, "NothingToDo", "NothingChanged")
    assert punt.windlass.run("status", "punt", "bay", "--observe").names("restore") == []


def test_after_a_change_by_hand_was_mended_a_rollback_brings_other_bytes(punt):
    punt.move_alias()
    assert punt.goes("deploy", "1.1.0", "--watch")[:2] == (GOOD, "Succeeded")
    assert punt.seen() == LIVE
    assert punt.goes("rollback", "--reason", "checkout is broken")[:2] == (GOOD, "Succeeded")
    assert punt.seen() == BEFORE
    assert punt.status()["hold"]["reason"]


def test_a_rollback_that_changes_nothing_says_so_first(punt):
    ran = punt.windlass.json("rollback", "punt", "bay", "--to", "1.0.0", "--reason", "is it there?")
    ended = ran.document["deployment"]["ending"]
    assert (ran.status, ended["ending"], ended["cause_name"]) == (NOTHING_CHANGED, "NothingToDo", "NothingChanged"), ended
    assert ended["cause"].startswith("Nothing was changed"), ended
    assert punt.seen() == BEFORE


def test_a_version_is_gone_back_to_by_its_name(punt):
    known = len(punt.ledger.deployments())
    assert refused(punt.windlass.json("rollback", "punt", "bay", "--to", "1.0.7", *WHY)) == (REJECTED, [("NothingToGoBackTo", "--to")])
    assert len(punt.ledger.deployments()) == known, "nothing was asked for"
    assert punt.goes("rollback", "--to", "1.1.0", *WHY)[:2] == (GOOD, "Succeeded")
    assert punt.seen() == LIVE


def test_one_component_goes_back_and_comes_again_alone(punt):
    assert punt.windlass.run("release-hold", "punt", "bay", "--reason", "it is over").status == GOOD
    wrong = punt.windlass.json("rollback", "punt", "bay", "--component", "pgae", *WHY)
    (found,) = wrong.document["deployment"]["ending"]["findings"]
    assert (wrong.status, found["name"], found["path"], found["meant"]) == (REJECTED, "UnknownName", "component", "page"), wrong
    assert found["remedy"] == "Did you mean `page`? Known here: `jobs`, `page`.", found
    assert (punt.seen(), punt.status()["hold"]) == (LIVE, None), "a slip of the pen holds nothing"

    assert punt.goes("rollback", "--component", "page", *WHY) == (GOOD, "Succeeded", "", ["page"])
    assert punt.seen() == {"page": "1.0.0", "jobs": "1.1.0"}
    assert punt.windlass.run("release-hold", "punt", "bay", "--reason", "it is over").status == GOOD
    # Of components of several versions each is as recorded by its own.
    assert punt.goes("restore", *WHY)[:3] == (NOTHING_CHANGED, "NothingToDo", "NothingChanged")

    wrong = punt.windlass.json("deploy", "punt", "bay", "1.1.0", "--component", "pgae", "--watch")
    assert refused(wrong) == (REJECTED, [("UnknownName", "component")])
    assert wrong.document["findings"][0]["remedy"] == "Did you mean `page`? Known here: `jobs`, `page`.", wrong
    assert punt.goes("deploy", "1.1.0", "--component", "page", "--watch") == (GOOD, "Succeeded", "", ["page"])
    assert punt.seen() == LIVE


def test_nothing_is_restored_of_what_is_not_known(punt):
    component = punt.windlass.json("restore", "punt", "bay", "--component", "pgae", *WHY)
    (found,) = component.document["deployment"]["ending"]["findings"]
    assert (component.status, found["name"], found["meant"]) == (REJECTED, "UnknownName", "page"), component
    environment = punt.windlass.json("restore", "punt", "bya", *WHY)
    assert (environment.status, [found["seen"] for found in environment.document["findings"]]) == (REJECTED, [{"found": "bya", "one_of": ["bay"]}])
    app = punt.root.json("restore", "pnut", "bay", *WHY)
    assert refused(app) == (REJECTED, [("NoDeclaration", "app")])
    assert app.document["findings"][0]["remedy"].startswith("Did you mean `punt`? "), app
    assert not [arn for arn in punt.executions() if "pnut" in arn or "bya" in arn], "nothing was begun"
    assert punt.seen() == LIVE


def test_a_rollback_ends_well_after_a_component_has_left_the_declaration(punt):
    ahead = punt.in_folder(punt.windlass.folder, "1.2.0", jobs=function_files("1.2.0"))
    assert punt.windlass.run(*ahead, "--git-ref", "refs/heads/main", "--watch").status == GOOD
    assert punt.seen() == {"page": "1.1.0", "jobs": "1.2.0"}
    punt.declare("1.1.0", without=["page"])
    ran = punt.windlass.run("rollback", "punt", "bay", "--to", "1.1.0", *WHY)
    assert ran.status == GOOD and "page: no longer declared since version 1.1.0 of the declaration" in ran.out, ran
    assert punt.seen() == LIVE
