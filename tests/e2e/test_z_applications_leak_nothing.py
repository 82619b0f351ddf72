"""No secret passes through: what the applications of this run have left is searched for the secrets in the environment of what they
deployed. Runs last. test_z_nothing_leaks.py does it for the sample application, and for what people type."""

import json

import pytest
from left_behind import PLANTED, everything, is_planted, places_without

SEARCHED = ["executions", "ledger", "logs", "events and notifications", "metrics", "objects"]


@pytest.fixture(scope="module")
def left(aws):
    return everything(aws)


@pytest.mark.parametrize("where", SEARCHED)
def test_no_planted_secret_is_found(left, where):
    """Safety: secrets: No secret in the environment of what an application deployed is found in what Windlass left."""
    assert [text for text in left[where] if PLANTED in text] == []


def test_what_is_searched_is_what_was_left(aws, left):
    """A deployment's id is found where it must be, and the secrets were there: otherwise the search would find none."""
    records = [item for item in map(json.loads, left["ledger"]) if item["sk"] == {"S": "record"}]
    assert any(places_without(left, record["id"]["S"]) == [] for record in records)
    assert is_planted(aws)
