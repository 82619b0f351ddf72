"""The results that `make mutants` keeps from one run to the next: what was caught stands only while a test that caught it does."""

import sys

import pytest
from cloud import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "tests/mutants"))

import judges  # noqa: E402
import mutants  # noqa: E402

ARGUMENTS = ["--package=windlass-domain", "--lib"]
LOG = """
     Running unittests src/lib.rs (target/debug/deps/windlass_domain-1)
test load::tests::a_load_is_raised ... FAILED
test load::tests::a_load_is_let_down ... ok
test load::tests::a_load_hangs - should panic ... FAILED
test result: FAILED. 1 passed; 2 failed
"""
SOURCE = """pub fn raise() {}

mod tests {
    use super::*;

    fn helper() {}

    /// It is seen.
    #[test]
    fn a_load_is_raised() {
        assert!(raise());
    }

    #[test]
    #[should_panic(expected = "it hangs")]
    fn a_load_hangs() {
        hang();
    }
}
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(judges, "REPOSITORY", tmp_path)
    path = tmp_path / "shared/domain/src/load.rs"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE)
    forget()
    yield path
    forget()


def forget():
    judges.tests_of.cache_clear()


def changed(path, this, into):
    assert this in path.read_text()
    path.write_text(path.read_text().replace(this, into))
    forget()


def test_the_tests_that_failed_are_noted_with_their_text(file):
    noted = judges.of_log(LOG, ARGUMENTS)
    assert [judge["test"] for judge in noted] == ["a_load_is_raised", "a_load_hangs"]
    assert len({judge["text"] for judge in noted}) == 2
    assert judges.of_log("a process was killed", ARGUMENTS) == []
    assert judges.of_log("test helper ... FAILED", ARGUMENTS) == []


@pytest.mark.parametrize(
    "this, into, stands",
    [
        ("pub fn raise() {}", "pub fn raise() {}\n\n#[test]\nfn another() {\n}", True),
        ("assert!(raise());", "raise();", False),
        ("    #[test]\n    fn a_load_is", "    #[test]\n    #[ignore]\n    fn a_load_is", False),
        ("fn a_load_is_raised", "fn a_load_is_heavy", False),
    ],
)
def test_what_was_caught_stands_while_its_test_does(file, this, into, stands):
    row = {"outcome": "caught", "judges": judges.of_log(LOG, ARGUMENTS)[:1]}
    assert mutants.holds(row)
    changed(file, this, into)
    assert mutants.holds(row) == stands


def test_one_of_several_tests_is_enough(file):
    row = {"outcome": "caught", "judges": judges.of_log(LOG, ARGUMENTS)}
    changed(file, "assert!(raise());", "raise();")
    assert mutants.holds(row)
    changed(file, "hang();", "")
    assert not mutants.holds(row)


def test_what_was_caught_by_nobody_knows_what_is_kept_counted_and_tried_again_when_asked():
    former = {"kept": {"before": "abc1234"}, "mutants": [{"key": key, "outcome": "caught"} for key in ("one", "two")]}
    found = [{"key": key, "file": "", "name": key} for key in ("one", "two", "three")]
    mutants.remember(found, former)
    assert [mutant.get("outcome") for mutant in found] == ["caught", "caught", None]
    assert mutants.kept(found, former) == {"unjudged": 2, "before": "abc1234", "tried_at": {}}
    mutants.try_again(found, 1)
    assert [mutants.is_settled(mutant) for mutant in found] == [False, True, False]
    assert found[0]["former"] == "caught"
