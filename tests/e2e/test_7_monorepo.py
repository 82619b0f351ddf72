"""An application of a monorepo is released by tags that have its name before the version; its warnings are shown in full once, and the ending of
what nothing ran says so.

The tests build on each other: `quay` takes candidates and `sea` stable versions of the application `smack`, both behind `shop-v`.
"""

import pytest
import yaml
from application import Application, function_files
from command_line import CommandLine

GOOD, REJECTED, SUPERSEDED = 0, 3, 8
PREFIX = "shop-v"
RULES = {"quay": "release-candidate", "sea": "stable"}
CANDIDATE = "1.10.0-rc.1"
PASSED_BY = f"sea takes tags such as `shop-v1.4.0`, and `1.4.0` of images; {CANDIDATE} is none, and goes there only because somebody names it."
# The warning of each environment that the declaration gives: releases are watched, and nothing is measured meanwhile.
WARNED = [("NothingMeasured", f"environments.{environment}.gates") for environment in RULES]


class Smack(Application):
    """The application in one of its environments, and the command line."""

    def __init__(self, aws, environment, windlass):
        super().__init__(aws, "smack", environment)
        self.windlass = windlass

    def write(self, version="1.0.0"):
        """Writes the declaration into the folder."""
        environments = {name: {"deploy": {"tag": {"prefix": PREFIX, "is": what}}} for name, what in RULES.items()}
        jobs = {"kind": "lambda", "function": "smack-jobs-{environment}", "alias": "live"}
        declaration = {**self.declaration(environments, {"bake": "1s"}, version), "components": {"jobs": jobs}}
        (self.windlass.folder / "app.yaml").write_text(yaml.safe_dump(declaration, sort_keys=False))

    def built(self, version, tag):
        """The arguments of a release by a tag."""
        jobs = function_files(version)
        return [*self.in_folder(self.windlass.folder, version, jobs=jobs), "--git-ref", f"refs/tags/{tag}"]

    def goes(self, *arguments):
        """Answers the exit status, where it went, and the ending with the name of its cause."""
        ran = self.windlass.json(*arguments, "--watch")
        deployment = ran.document["deployment"]
        ended = deployment["ending"]
        return ran.status, deployment["environment"], ended["ending"], ended["cause_name"]


@pytest.fixture(scope="module")
def both(aws, tmp_path_factory):
    windlass = CommandLine(aws, "smack", tmp_path_factory.mktemp("smack"))
    windlass.may_declare(aws, "smack")
    both = {name: Smack(aws, name, windlass) for name in RULES}
    for smack in both.values():
        smack.make_targets()
    return both


@pytest.fixture
def sea(both):
    return both["sea"]


def warned(ran):
    """The warnings that are shown in full: of each its name, and its place where that is shown."""
    lines = [line.strip() for line in ran.out.splitlines()]
    return [tuple(line.split(": ")[1:3]) for line in lines if line.startswith("warning: ")]


def counted(number, command):
    """The line that counts those that were shown before."""
    warnings, them = ("1 warning", "it") if number == 1 else (f"{number} warnings", "them")
    return f"{warnings} as when declaration 1.0.0 was declared: `{command}` shows {them}"


def is_shown(line, ran):
    return [it.strip() for it in ran.out.splitlines()].count(line) == 1


def test_warnings_are_shown_when_they_are_declared_and_counted_the_next_time(sea):
    sea.write()
    first = sea.windlass.run("declare")
    assert (first.status, warned(first)) == (GOOD, WARNED), first
    again = sea.windlass.run("declare")
    assert (again.status, warned(again)) == (GOOD, []), again
    assert is_shown(counted(2, "windlass validate"), again), again
    assert warned(sea.windlass.run("validate")) == WARNED, "what the count names shows them"
    kept = sea.windlass.json("declare").document["warnings"]
    assert [(found["name"], found["path"], found["declared"]) for found in kept] == [(*one, True) for one in WARNED]
    sea.write("1.0.1")
    assert warned(sea.windlass.run("declare", "--dry-run")) == WARNED, "another version shows them in full"


def test_a_plan_counts_them_and_shows_what_is_new(sea):
    release = sea.built("1.4.0", "shop-v1.4.0")
    warnings = sea.windlass.json("plan", *release).document["drawn"]["plan"]["warnings"]
    known = [found["path"] for found in warnings if found.get("declared")]
    assert known == ["environments.sea.gates"], warnings
    planned = sea.windlass.run("plan", *release)
    assert planned.status == GOOD and len(warned(planned)) == len(warnings) - len(known), planned
    doctor = "windlass doctor smack sea"
    assert is_shown(counted(1, doctor), planned), planned
    shown = sea.windlass.json(*doctor.split()[1:]).document["warnings"]
    assert "environments.sea.gates" in [found["path"] for found in shown], "what the count names shows it"


def test_a_tag_behind_the_prefix_is_a_release_of_its_version(sea):
    assert sea.goes(*sea.built("1.4.0", "shop-v1.4.0")) == (GOOD, "sea", "Succeeded", "")
    assert sea.function("jobs", "live") == "1.4.0"
    running = sea.windlass.json("status", "smack", "sea").document["running"]
    assert running["jobs"]["version"] == "1.4.0"


def test_a_promotion_goes_by_the_version_behind_the_tag(both, sea):
    assert sea.goes(*sea.built(CANDIDATE, f"{PREFIX}{CANDIDATE}")) == (GOOD, "quay", "Succeeded", "")
    assert both["quay"].function("jobs", "live") == CANDIDATE
    planned = sea.windlass.json("plan", "deploy", "smack", "sea", CANDIDATE)
    assert (planned.status, planned.document["turn"]["becomes"]) == (GOOD, "goes"), planned
    assert planned.document["turn"]["text"].endswith(PASSED_BY), planned
    assert sea.goes("deploy", "smack", "sea", CANDIDATE) == (GOOD, "sea", "Succeeded", "")
    # As a text 1.9.0 would be the newer one.
    assert sea.goes(*sea.built("1.9.0", "shop-v1.9.0")) == (SUPERSEDED, "sea", "NothingToDo", "Superseded")
    assert sea.function("jobs", "live") == CANDIDATE


def test_a_tag_that_is_another_ones_goes_nowhere(sea):
    known = len(sea.ledger.records())
    for tag in ("wharf-v1.11.0", "v1.11.0", "shop-v1.11", "shop-v"):
        ran = sea.windlass.json(*sea.built("1.11.0", tag))
        assert (ran.status, [(found["name"], found["path"]) for found in ran.document["findings"]]) == (REJECTED, [("NoEnvironment", "git.ref")]), ran
    other = sea.windlass.json(*sea.built("1.12.0", "shop-v1.11.0"))
    assert (other.status, [(found["name"], found["path"]) for found in other.document["findings"]]) == (REJECTED, [("VersionNotOfTag", "version")]), other
    for reference, status in (("refs/tags/wharf-v1.11.0", REJECTED), ("refs/tags/shop-v1.11.0", GOOD)):
        assert sea.windlass.run("explain", "smack", "--git-ref", reference).status == status, reference
    assert len(sea.ledger.records()) == known, "nothing was begun"


def test_what_nothing_ran_succeeds_and_its_ending_says_so(sea):
    sea.client("lambda_").put_function_concurrency(FunctionName="smack-jobs-sea", ReservedConcurrentExecutions=0)
    ran = sea.windlass.json(*sea.built("1.13.0", "shop-v1.13.0"), "--watch")
    ended = ran.document["deployment"]["ending"]
    assert (ran.status, ended["ending"]) == (GOOD, "Succeeded"), ran
    assert "passed; nothing ran jobs (the function has a reserved concurrency of 0)" in ended["cause"], ended
