"""Gates on CloudWatch metrics: a point over the threshold undoes a release, points below it let it live; and a version
that fails more often than the former one is taken back, while one that fails as often lives."""

import pytest
from metric_gate import ERRORS, THRESHOLD, Gauge
from ledger import ending
from compared_function import Pair


@pytest.fixture(scope="module")
def pairs(aws):
    """Both environments at the same time."""
    pairs = {environment: Pair(aws, environment) for environment in ("alike", "worse")}
    for pair in pairs.values():
        pair.make_targets()
    pairs["alike"].declare()
    for environment, pair in pairs.items():
        pair.former = pair.count_calls()
        pair.release(f"1.0.0-{environment}")
    yield pairs
    for pair in pairs.values():
        pair.ended_counting.set()


@pytest.fixture(scope="module")
def gauges(aws, pairs):
    """Both environments at the same time, and beside the pairs, because a metric has a point a minute."""
    gauges = {environment: Gauge(aws, environment) for environment in ERRORS}
    for gauge in gauges.values():
        gauge.make_targets()
    gauges["calm"].declare()
    for environment, gauge in gauges.items():
        gauge.release(f"1.0.0-{environment}")
        gauge.until("the new version", lambda gauge=gauge: gauge.function("jobs", "live") != "before windlass")
        gauge.count_errors()
    yield gauges
    for gauge in gauges.values():
        gauge.ended_counting.set()


def ended(application):
    return application.ended(application.deployment_of(f"1.0.0-{application.environment}")["id"])


def compared(application, record):
    return [m for judgement in application.ledger.judgements(record["id"]) for m in judgement["measurements"] if m["source"] == "comparison"]


def test_a_point_over_the_threshold_undoes_it(gauges):
    stormy = gauges["stormy"]
    record = ended(stormy)
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "GateFailed"), record["ending"]
    cause = record["ending"]["cause"]
    assert "Gauge Errors Sum {Environment: stormy}" in cause and f"at most {THRESHOLD}" in cause, cause
    (failed,) = [m for judgement in stormy.ledger.judgements(record["id"]) for m in judgement["measurements"] if m["verdict"] == "fail"]
    assert failed["source"] == "metric" and int(failed["measured"].split()[0]) > THRESHOLD, failed
    assert stormy.function("jobs", "live") == "before windlass"


def test_points_below_the_threshold_let_it_live(gauges):
    calm = gauges["calm"]
    record = ended(calm)
    assert ending(record) == "Succeeded", record["ending"]
    (measured,) = [m for judgement in calm.ledger.judgements(record["id"]) for m in judgement["measurements"] if m["source"] == "metric"]
    assert (measured["verdict"], measured["measured"].split()[0]) == ("pass", "0"), measured
    assert calm.function("jobs", "live") == "1.0.0-calm"


def test_a_version_that_fails_more_often_is_taken_back(pairs):
    worse = pairs["worse"]
    record = ended(worse)
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "GateFailed"), record["ending"]
    (failed,) = compared(worse, record)
    assert failed["verdict"] == "fail" and " 0 of " in failed["measured"] and "not by chance" in failed["measured"], failed
    alias = worse.alias()
    assert (alias["FunctionVersion"], alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})) == (worse.former, {}), alias


def test_a_version_that_fails_as_often_lives(pairs):
    alike = pairs["alike"]
    record = ended(alike)
    assert ending(record) == "Succeeded", record["ending"]
    (measured,) = compared(alike, record)
    assert measured["verdict"] == "pass" and "by chance" in measured["measured"], measured
    assert alike.function("jobs", "live") == "1.0.0-alike"
