"""Gates on CloudWatch metrics: a point over the threshold undoes a release, points below it let it live."""

import pytest
from gauge import ERRORS, THRESHOLD, Gauge
from ledger import ending


@pytest.fixture(scope="module")
def gauges(aws):
    """Both environments at the same time, because a metric has a point a minute."""
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


def ended(gauge):
    return gauge.ended(gauge.deployment_of(f"1.0.0-{gauge.environment}")["id"])


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
