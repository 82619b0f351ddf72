"""A page that names a script which its archive lacks, the version of a release that was only refused, and a drill between releases
that differ by files that stay.

The tests build on each other: the page of 1.0.0 of the application `coble` is live from the second one on, once the first is refused.
"""

import pytest
from application import MISTAKE, Application, function_files, site_files
from command_line import CommandLine

GOOD, REJECTED, ROLLED_BACK = 0, 3, 4
WHOLE = site_files("page", "1.0.0")
LACKING = {"index.html": WHOLE["index.html"]}
# A script that no page loads at once, beside the same page.
MORE = {**WHOLE, "assets/later-4f1c2a9b.js": "export {};"}


class Coble(Application):
    """The application, whose components are released one by one."""

    def __init__(self, aws, folder):
        super().__init__(aws, "coble", "bay")
        self.folder = folder
        self.windlass = CommandLine(aws, "coble", folder)

    def release(self, version, **components):
        """Somebody releases these files; answers the end of the program."""
        arguments = self.in_folder(self.folder, version, **components)
        return self.windlass.json(*arguments, "--git-ref", "refs/heads/main", "--watch")

    def is_given_back(self, version):
        """Whether the API has it that other bytes may come under the version."""
        answer = self.aws.call_api("GET", f"/apps/coble/releases/{version}")
        assert answer.status == 200, answer
        return answer.body.get("given_back", False)

    def public(self):
        """The files of the page that visitors can reach."""
        listed = self.client("s3").list_objects_v2(Bucket=self.bucket, Prefix="page/").get("Contents", [])
        return {found["Key"].removeprefix("page/") for found in listed}


@pytest.fixture(scope="module")
def coble(aws, tmp_path_factory):
    coble = Coble(aws, tmp_path_factory.mktemp("coble"))
    coble.make_targets()
    coble.declare(coble.declaration({"bay": {"deploy": {"branch": "main"}}}, {}))
    return coble


def ended(ran):
    """The exit status, and the ending with the name of its cause."""
    ending = ran.document["deployment"]["ending"]
    return ran.status, ending["ending"], ending["cause_name"]


def reused(ran):
    """Whether the release was refused, because its version has other bytes."""
    return (ran.status, [found["name"] for found in ran.document["findings"]]) == (REJECTED, ["VersionReused"])


def test_a_page_that_names_a_missing_script_is_refused_before_anything_is_public(coble):
    ran = coble.release("1.0.0", page=LACKING)
    assert ended(ran) == (REJECTED, "Rejected", "BadArchive"), ran
    (found,) = ran.document["deployment"]["ending"]["findings"]
    assert found["path"].rpartition(": ")[2] == "index.html", found
    assert coble.public() == set()
    assert coble.is_given_back("1.0.0")


def test_the_same_version_comes_again_with_the_file(coble):
    """Safety: bytes: A version whose deployments were all refused at once comes again with other bytes, from an installation."""
    assert ended(coble.release("1.0.0", page=WHOLE)) == (GOOD, "Succeeded", "")
    assert (coble.site("page"), coble.public()) == ("1.0.0", set(WHOLE))
    assert not coble.is_given_back("1.0.0")
    assert reused(coble.release("1.0.0", page=MORE))
    assert coble.public() == set(WHOLE)


def test_a_version_that_has_written_a_step_has_its_bytes_for_good(coble):
    """Safety: bytes: A version that was undone never comes again with other bytes, from an installation."""
    assert ended(coble.release("1.1.0", jobs=function_files("1.1.0", sum_=MISTAKE))) == (ROLLED_BACK, "RolledBack", "GateFailed")
    assert not coble.is_given_back("1.1.0")
    assert reused(coble.release("1.1.0", jobs=function_files("1.1.0")))
    # Who asks the API in place of the command line, which looks before, is refused as well.
    coble.upload_function("jobs", "1.1.0")
    manifest = {"version": "1.1.0", "git": {"ref": "refs/heads/main"}, "components": {"jobs": coble.artifact("jobs", "1.1.0")}}
    answer = coble.aws.call_api("POST", "/apps/coble/environments/bay/releases", manifest)
    assert [found["name"] for found in answer.body["findings"]] == ["VersionReused"], answer
    assert coble.function("jobs", "live") == "before windlass"


def test_a_drill_between_releases_that_differ_by_files_that_stay_says_so(coble):
    assert ended(coble.release("1.2.0", page=MORE)) == (GOOD, "Succeeded", "")
    assert coble.public() == set(MORE)
    drilled = coble.windlass.run("drill", "coble", "bay", "--reason", "before the sale")
    assert drilled.status == ROLLED_BACK, drilled
    (drill,) = coble.aws.call_api("GET", "/apps/coble/environments/bay/drills").body["drills"]
    assert (drill["ended"]["outcome"], drill["ended"]["restored"]) == ("failed", True), drill
    ways = [drill[way]["ended"] for way in ("there", "back")]
    assert [(way["ending"], way["kept_files"]) for way in ways] == [("NothingToDo", 1), ("NothingToDo", 1)], ways
    assert coble.public() == set(MORE)
