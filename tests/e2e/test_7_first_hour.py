"""The command line's first hour with a real installation: it is found by its stack's name, and declares, lists and explains."""

import pytest
import yaml
from application import Application, function_files, site_files
from command_line import CommandLine

GOOD, USAGE, REJECTED = 0, 2, 3
ENVIRONMENTS = {"bay": {"deploy": {"branch": "main"}}, "sea": {"deploy": {"tag": "stable"}, "start": "manual"}}


class Yawl(Application):
    """The application, and the command line in a repository with one file of settings."""

    def __init__(self, aws, folder):
        super().__init__(aws, "yawl", "bay")
        self.folder = folder
        self.windlass = CommandLine(aws, "yawl", folder)
        for variable in ("WINDLASS_ENDPOINT", "WINDLASS_BUCKET", "AWS_REGION"):
            del self.windlass.environment[variable]
        (folder / ".git").mkdir()
        (folder / "windlass.toml").write_text(f'stack = "{aws.installed_as}"\nregion = "{aws.region}"\n')
        aws.iam.attach_user_policy(UserName="ci-of-yawl", PolicyArn=aws.outputs["ReaderPolicyArn"])
        self.windlass.may_declare(aws, "yawl")

    def write(self, environments=ENVIRONMENTS, **changes):
        """Writes the declaration, with these members changed."""
        declaration = {**self.declaration(environments, {}), **changes}
        (self.folder / "app.yaml").write_text(yaml.safe_dump(declaration))
        return declaration

    def build(self, version):
        components = {"page": site_files("page", version), "jobs": function_files(version)}
        return [*self.in_folder(self.folder, version, **components), "--git-ref", "refs/heads/main"]


@pytest.fixture(scope="module")
def yawl(aws, tmp_path_factory):
    yawl = Yawl(aws, tmp_path_factory.mktemp("yawl"))
    yawl.make_targets()
    return yawl


def row(windlass, verb, environment):
    """The cells of an environment of the application in the table of all."""
    rows = [line.split() for line in windlass.run(*verb).out.splitlines()]
    return [cells for cells in rows if cells[:2] == ["yawl", environment]]


def test_an_application_is_declared_and_listed(yawl):
    declaration = yawl.write()
    first = yawl.windlass.run("declare")
    assert first.status == GOOD and "is the first declaration of yawl" in first.out and "is in force" in first.out, first
    assert yaml.safe_load(yawl.windlass.run("declaration", "yawl").out) == declaration
    listed = row(yawl.windlass, ["apps", "--limit", "100"], "bay")
    assert listed == [["yawl", "bay", "-", "-", "-", "-", "-", "nothing", "deployed"]], listed
    again = yawl.windlass.run("declare")
    assert again.status == GOOD and "nothing was uploaded" in again.out, again


def test_what_changes_is_shown_and_what_would_be_refused_is_not_uploaded(yawl):
    yawl.write(environments={**ENVIRONMENTS, "sea": {"deploy": {"tag": "release-candidate"}}})
    refused = yawl.windlass.run("declare")
    assert refused.status == REJECTED and "VersionNotHigher" in refused.err and "nothing was uploaded" in refused.err, refused
    yawl.write(environments={**ENVIRONMENTS, "sea": {"deploy": {"tag": "stable"}}}, version="1.0.1")
    dry = yawl.windlass.run("declare", "--dry-run")
    assert dry.status == GOOD and "- environments.sea.start: manual" in dry.out, dry
    changed = yawl.windlass.json("declare")
    assert changed.status == GOOD and changed.document["in_force"] and len(changed.document["differences"]) == 2, changed


def test_what_is_released_is_listed_and_explained(yawl):
    ran = yawl.windlass.run(*yawl.build("1.0.0"), "--watch")
    assert ran.status == GOOD, ran
    (bay,) = row(yawl.windlass, ["status"], "bay")
    # The version of a tag is not for a branch's release: the digits of its bytes follow.
    name = bay[2]
    assert name.startswith("1.0.0+") and f"recorded as {name}" in ran.out, (bay, ran)
    listed = yawl.windlass.json("apps", "--limit", "100").document["apps"]
    (app,) = [app for app in listed if app["app"] == "yawl"]
    assert {name: one["version"] for name, one in app["environments"][0]["running"].items()} == {"page": name, "jobs": name}
    both = yawl.windlass.run("status", "yawl")
    assert "yawl bay: snapshot" in both.out and "yawl sea: nothing was deployed yet" in both.out, both
    explained = yawl.windlass.run("explain", "yawl", "bay")
    assert explained.status == GOOD and "Succeeded" in explained.out and "it runs now" in explained.out, explained


def test_a_ref_is_explained_by_the_rules_in_force(yawl):
    main = yawl.windlass.run("explain", "yawl", "--git-ref", "refs/heads/main")
    assert main.status == GOOD and "it goes to bay" in main.out and "sea: takes tags such as `v1.4.0`: does not match" in main.out, main
    nowhere = yawl.windlass.json("explain", "yawl", "--git-ref", "refs/heads/mian")
    assert (nowhere.status, nowhere.document["chosen"]) == (REJECTED, None), nowhere


def test_settings_with_mistakes_list_all_of_them(yawl):
    settings = yawl.folder / "windlass.toml"
    good = settings.read_text()
    settings.write_text('stak = "windlass"\nregion = 1\n')
    wrong = yawl.windlass.run("apps")
    assert wrong.status == USAGE and "windlass.toml:1: `stak`" in wrong.err and "windlass.toml:2: `1` of `region`" in wrong.err, wrong
    settings.write_text('stack = "nowhere"\nregion = "us-east-1"\n')
    nowhere = yawl.windlass.run("apps")
    assert "the stack `nowhere`" in nowhere.err and "line 1 of" in nowhere.err, nowhere
    settings.write_text(good)
    assert yawl.windlass.run("apps").status == GOOD
