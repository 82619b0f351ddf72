"""The function against the real `git http-backend`, and an imitation of GitHub that answers as GitHub describes."""

import importlib.util
import pathlib
import sys
import time

import pytest
import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent)]

import github_imitation
import kit

KEY = "1f0c2d9a4b5e6f70/book/forward"
BRANCH = github_imitation.SETTINGS["branch"]


@pytest.fixture(scope="module")
def outside():
    """One imitation for all tests, with the function in this process."""
    imitated = github_imitation.Outside()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in imitated.variables().items():
            patch.setenv(name, value)
        spec = importlib.util.spec_from_file_location("pages_handler", HERE / "handler.py")
        imitated.function = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(imitated.function)
        yield imitated
    imitated.close()


@pytest.fixture
def pages(outside):
    """The imitation as it begins."""
    outside.tap = lambda moment: None
    outside.reset()
    return outside


def ask(pages, do, **more):
    """Returns the function's answer."""
    request = {"windlass": 1, "do": do, "app": "textbook", "environment": "prod", "component": "book"}
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 15))
    acts = {} if do == "observe" else {"key": KEY, "not_after": later}
    settings = github_imitation.SETTINGS
    return pages.function.handler(request | {"deployment": KEY[:16], "settings": settings} | acts | more)


def publish(pages, files):
    """Releases a build, and returns its goal."""
    release = pages.artifact(files)
    seen = ask(pages, "observe", release=release)
    assert ask(pages, "change", goal=seen["goal"], release=release, **{"if": seen["mark"]}) == {"sent": True}
    return seen["goal"]


def test_every_promise_is_kept():
    found = {sentence: f"{end}{why}" for sentence, end, why in kit.try_all(github_imitation.trial())}
    assert len(found) == 15
    assert set(found.values()) == {"kept"}, found


def test_a_release_is_one_commit_on_the_head_that_was_seen(pages):
    head = pages.head()
    goal = publish(pages, {"index.html": "first", "a/page.html": "page"})
    assert pages.git("rev-list", "--count", BRANCH) == "2"
    assert pages.git("rev-parse", f"{BRANCH}^") == head
    assert pages.served() == goal["tree"]
    assert pages.git("log", "-1", "--format=%(trailers:key=Windlass,valueonly)", BRANCH) == KEY
    assert pages.git("fsck", "--strict", "--no-dangling") == ""


def test_going_back_is_a_new_commit_with_the_former_tree(pages):
    before = ask(pages, "observe")["state"]
    publish(pages, {"index.html": "first"})
    seen = ask(pages, "observe", goal=before)
    assert ask(pages, "change", goal=before, **{"if": seen["mark"]}) == {"sent": True}
    commits = pages.git("rev-list", BRANCH).splitlines()
    assert len(set(commits)) == 3
    trees = [pages.git("rev-parse", f"{commit}^{{tree}}") for commit in commits]
    assert trees[0] == trees[2] == before["tree"]


# The moment of a change at which somebody pushes: before the function looks, and between its look and its push, before
# and after the server has shown it the head for that.
@pytest.mark.parametrize("moment", [1, 7, 9])
def test_what_others_push_meanwhile_is_not_overwritten(moment, pages):
    release = pages.releases[0]
    seen, moments = ask(pages, "observe", release=release), []

    def tap(name):
        moments.append(name)
        if len(moments) == moment:
            pages.meddle()

    pages.tap = tap
    answer = ask(pages, "change", goal=seen["goal"], release=release, **{"if": seen["mark"]})
    assert answer["refused"]["name"] == "Conflict", answer
    assert pages.files()["index.html"] == "by hand"


def test_what_the_server_refuses_is_no_conflict(pages):
    hook = pages.repository / "hooks/update"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    seen = ask(pages, "observe", release=pages.releases[0])
    answer = ask(pages, "change", goal=seen["goal"], release=pages.releases[0], **{"if": seen["mark"]})
    assert answer == {"refused": {"name": "Refused", "says": "The Git server refuses it: hook declined"}}
    assert pages.head() == seen["mark"]


# What the branch has, what the build brings, and what the branch has then.
KEPT = [
    ({".nojekyll": "", "CNAME": "a.example"}, {"x": "1"}, {".nojekyll": "", "CNAME": "a.example", "x": "1"}),
    ({".nojekyll": ""}, {"CNAME": "b.example"}, {".nojekyll": "", "CNAME": "b.example"}),
    ({"CNAME": "a.example"}, {"CNAME": "b.example"}, {".nojekyll": "", "CNAME": "b.example"}),
    ({"old.html": "gone", "CNAME/x": "a"}, {"x": "1"}, {".nojekyll": "", "CNAME/x": "a", "x": "1"}),
    ({".well-known/a": "a", ".x": "x"}, {"x": "1"}, {".nojekyll": "", ".well-known/a": "a", ".x": "x", "x": "1"}),
    ({".x": "theirs"}, {".x": "ours", "a/.y": "y"}, {".nojekyll": "", ".x": "ours", "a/.y": "y"}),
]


@pytest.mark.parametrize("before, brought, after", KEPT)
def test_what_the_branch_has_of_its_own_stays(before, brought, after, pages):
    pages.commit(before, pages.head())
    publish(pages, brought)
    assert pages.files() == after


# How GitHub's newest build stands, whether it is of the head, whether that is ready, and what has failed.
BUILDS = [
    ("queued", True, False, None),
    ("building", True, False, None),
    ("built", True, True, None),
    ("built", False, False, None),
    ("errored", False, False, None),
    ("errored", True, False, "GitHub: Page build failed."),
    ("a status of tomorrow", True, False, None),
]


@pytest.mark.parametrize("status, is_of_head, ready, failed", BUILDS)
def test_ready_is_the_build_of_exactly_this_commit(status, is_of_head, ready, failed, pages):
    goal = publish(pages, {"index.html": "first"})
    if not is_of_head:
        del pages.builds[-1]
    pages.builds[-1] |= {"status": status, "error": {"message": "Page build failed." if status == "errored" else None}}
    seen = ask(pages, "observe", goal=goal)
    assert seen["state"] == goal
    assert (seen["ready"], seen.get("failed")) == (ready, failed)
    assert seen["says"].startswith(f"GitHub: the build is {status if is_of_head else 'awaited'};")


def test_a_build_that_failed_before_the_change_says_nothing_of_the_goal(pages):
    pages.give_up("of the former release")
    seen = ask(pages, "observe", goal={"format": "1", "tree": "0" * 40})
    assert not seen["ready"]
    assert "failed" not in seen


def test_domain_and_certificate_are_said(pages):
    assert ask(pages, "observe")["says"].endswith("; book.example.com is verified, Certificate is approved")
    assert ask(pages, "observe")["value"] == "https://book.example.com/"
    pages.site |= {"cname": None, "protected_domain_state": None, "html_url": "https://org.github.io/textbook/"}
    del pages.site["https_certificate"]
    assert ask(pages, "observe")["says"] == "GitHub: the build is built"


UNSERVED = [
    {"source": {"branch": "main", "path": "/"}},
    {"source": {"branch": BRANCH, "path": "/docs"}},
    {"build_type": "workflow"},
    None,
]


@pytest.mark.parametrize("change", UNSERVED)
def test_a_branch_that_pages_does_not_serve_is_refused_at_once(change, pages):
    pages.site = change and pages.site | change
    assert ask(pages, "observe", release=pages.releases[0])["refused"]["name"] == "NotServed"
    # What is there is shown all the same.
    assert ask(pages, "observe")["state"]["tree"] == pages.served()


def test_a_branch_that_is_not_there_is_refused(pages):
    pages.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    assert ask(pages, "observe", release=pages.releases[0])["refused"]["name"] == "NotServed"
    seen = ask(pages, "observe")
    assert (seen["state"], seen["mark"], seen["ready"]) == ({"format": "1", "tree": None}, None, False)


def test_the_function_that_looks_makes_nothing(pages, monkeypatch):
    monkeypatch.setenv("WORDS", "observe")
    release = pages.releases[0]
    seen = ask(pages, "observe", release=release)
    for do in ("prepare", "change"):
        answer = ask(pages, do, goal=seen["goal"], release=release, **{"if": seen["mark"]})
        assert answer["refused"]["name"] == "UnknownDo"
    assert pages.head() == seen["mark"]


def test_an_answer_of_github_that_nobody_knows_is_an_error(pages, monkeypatch):
    monkeypatch.setattr(pages, "github", lambda *_: ({"message": "Service unavailable"}, 503))
    with pytest.raises(KeyError):
        ask(pages, "observe")


def test_the_template_gives_what_a_release_asks_for():
    """Alias, tags, a short timeout; the second function has neither the words nor the token of the first."""

    class Reader(yaml.SafeLoader):
        """Reads `!Ref` and its like as what they are given."""

    Reader.add_multi_constructor("!", lambda reader, tag, node: (tag, node.value))
    template = yaml.load((HERE / "template.yaml").read_text(), Reader)
    usual, resources = template["Globals"]["Function"], template["Resources"]
    assert usual["Timeout"] <= 30
    assert usual["AutoPublishAlias"] == "live"
    functions = [resources[name]["Properties"] for name in ("Pages", "Look")]
    tags = {"windlass:app": ("Ref", "App"), "windlass:environment": ("Ref", "Environment")}
    assert [each["Tags"] for each in functions] == [tags | {"windlass:external": value} for value in ("change", "look")]
    variables = [each["Environment"]["Variables"] for each in functions]
    assert [each.get("WORDS") for each in variables] == [None, "observe"]
    assert [each["TOKEN"] for each in variables] == [("Sub", "${TokenSecretArn}"), ("Sub", "${LookTokenSecretArn}")]
    for name, secret in (("PagesRole", "TokenSecretArn"), ("LookRole", "LookTokenSecretArn")):
        role = resources[name]["Properties"]
        assert ("Ref", "ArtifactsPolicyArn") in role["ManagedPolicyArns"]
        assert {tag["Key"] for tag in role["Tags"]} >= {"windlass:app", "windlass:external"}
        (statement,) = role["Policies"][0]["PolicyDocument"]["Statement"]
        assert (statement["Action"], statement["Resource"]) == ("secretsmanager:GetSecretValue", ("Ref", secret))
