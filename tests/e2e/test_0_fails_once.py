"""One thing that breaks is one failure: what builds on it is skipped, and nothing else is."""

import pathlib
import subprocess
import sys
import types

import pytest
from performance import Performance

HERE = pathlib.Path(__file__).parent
TESTS = """
import pytest

@pytest.fixture(scope="session")
def cloud():
    raise RuntimeError("no cloud")

@pytest.fixture(scope="session")
def shop(cloud):
    return cloud

@pytest.fixture(scope="module")
def page():
    raise RuntimeError("no page")

def test_first(shop): pass
def test_second(shop): pass
def test_third(cloud): pass
def test_other(): pass
def test_page(page): pass
def test_page_again(page): pass
"""


def test_what_could_not_be_set_up_for_the_run_fails_once(tmp_path):
    (tmp_path / "conftest.py").write_text(f"import sys\nsys.path.insert(0, {str(HERE)!r})\nfrom fails_once import *\n")
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    ended = {line.split("::")[1].split(" ")[0]: line.split(" ")[0] for line in done.stdout.splitlines() if line.startswith(("ERROR ", "PASSED "))}
    wanted = {"test_first": "ERROR", "test_other": "PASSED", "test_page": "ERROR", "test_page_again": "ERROR"}
    assert ended == wanted, done.stdout
    assert "an earlier test shows why there is no `cloud`" in done.stdout and "3 errors" in done.stdout and "2 skipped" in done.stdout, done.stdout


def step(name, played, breaks=False):
    def play(story):
        played.append(name)
        if breaks:
            raise AssertionError(f"{name} did not end as expected")

    return types.SimpleNamespace(TITLE=name, play=play)


def test_each_step_is_played_once_and_in_its_order():
    played = []
    steps = [step(name, played) for name in "abc"]
    performance = Performance("story", steps)
    performance.play(steps[1])
    assert played == ["a", "b"]
    performance.play(steps[0])
    assert (performance.to_its_end(), played) == ("story", ["a", "b", "c"])
    assert (performance.to_its_end(), played) == ("story", ["a", "b", "c"])


def test_a_step_that_breaks_fails_once_and_what_builds_on_it_is_skipped():
    played = []
    steps = [step("a", played), step("b", played, breaks=True), step("c", played)]
    performance = Performance("story", steps)
    performance.play(steps[0])
    with pytest.raises(AssertionError):
        performance.play(steps[1])
    for build_on_it in (lambda: performance.play(steps[2]), performance.to_its_end):
        with pytest.raises(pytest.skip.Exception, match="the story broke at: b"):
            build_on_it()
    assert played == ["a", "b"]
