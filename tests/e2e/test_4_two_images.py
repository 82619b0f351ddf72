"""A service with two images of its own: a release of one changes that one, and a rollback brings back what ran."""

import pytest
from two_image_service import Duo
from ledger import ending


@pytest.fixture(scope="module")
def duo(aws):
    duo = Duo(aws)
    duo.make_targets()
    duo.declare()
    return duo


@pytest.fixture(scope="module")
def both(duo):
    record = duo.release("1.0.0", "web", "worker")
    assert ending(record) == "Succeeded", record["ending"]
    return duo.running()


@pytest.fixture(scope="module")
def one(duo, both):
    record = duo.release("1.1.0", "worker")
    assert ending(record) == "Succeeded", record["ending"]
    return duo.running()


def test_a_release_of_both_runs(both):
    assert both.keys() == {"web", "worker"} and len(set(both.values())) == 2, both


def test_a_release_of_one_changes_that_one(both, one):
    assert one["web"] == both["web"]
    assert one["worker"] != both["worker"]


def test_each_image_is_shown_with_its_version(duo, one):
    answer = duo.aws.call_api("GET", "/apps/duo/environments/open")
    assert answer.status == 200, answer
    assert "web 1.0.0, worker 1.1.0" in str(answer.body), answer.body


def test_a_rollback_brings_back_what_ran(duo, both, one):
    ended = duo.operate(action="rollback", **duo.where, reason="the worker is too eager")
    assert ended["status"] == "SUCCEEDED", ended
    assert duo.running() == both
