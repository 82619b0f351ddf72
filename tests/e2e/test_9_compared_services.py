"""A canary of a service beside its former tasks, by what a load balancer counts of both target groups: new tasks that fail more often are
taken back before they get more callers, and those that fail as often get all."""

import threading

import pytest
from aws import Aws
from ecs_standin import EcsStandin
from ecs_shifted_services import Ferry
from ledger import ending
from proxy import machine_asks_through
from shifted_service import TARGET_GROUPS

ASKING = ["windlass-planner", "windlass-deploy-ecs"]
# How long a minute of a service's configuration takes, in seconds: a point of a metric is a minute, and its pauses are longer.
MINUTE_S = 20
# Of a hundred requests a second to each target group.
FAILED = 10
WAYS = ("alike", "worse")


@pytest.fixture(scope="module")
def standin(aws):
    standin = EcsStandin(aws.client("ecs"), MINUTE_S)
    with machine_asks_through(aws, ASKING, standin.start(), "ECS"):
        yield standin
    assert standin.breaches == []


@pytest.fixture(scope="module")
def ferries(aws, standin):
    """A release of each at the same time, while their load balancers count."""
    ecs = Aws({"endpoint": standin.address, "region": aws.region}).client("ecs")
    ferries = {way: Ferry(aws, way, ecs) for way in WAYS}
    gates = {"bake": "12s", "between_waves": "5s", "unknown": {"becomes": "hold", "for": "5m"}}
    is_over = threading.Event()
    for ferry in ferries.values():
        ferry.make_targets()
        ferry.before = ferry.tasks()
        ferry.declare(agent_has={"gates": {"comparisons": [{"compare": "previous", "samples": 100}]}}, gates=gates)
        threading.Thread(target=count, args=(aws, ferry, is_over), daemon=True).start()
    for ferry in ferries.values():
        ferry.begun = ferry.begin("1.0.0")
    yield ferries
    is_over.set()


def count(aws, ferry, is_over):
    """Counts once a second what each target group answers, as an Application Load Balancer does (User Guide for Application Load Balancers,
    "CloudWatch metrics for your Application Load Balancer")."""
    cloudwatch = aws.client("cloudwatch")
    former, _ = TARGET_GROUPS

    def of(group):
        dimensions = [{"Name": "LoadBalancer", "Value": f"app/{ferry.service['cluster']}/50dc6c495c0c9188"}, {"Name": "TargetGroup", "Value": group}]
        failed = 0 if ferry.app == "ferry-worse" and group == former else FAILED
        values = {"HTTPCode_Target_5XX_Count": failed, "RequestCount": 100}
        return [{"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": "Count"} for name, value in values.items()]

    data = [point for group in TARGET_GROUPS for point in of(group)]
    while not is_over.wait(1):
        cloudwatch.put_metric_data(Namespace="AWS/ApplicationELB", MetricData=data)


def compared(ferry, record):
    """The comparisons that decided something."""
    judged = ferry.ledger.judgements(record["id"])
    return [found for judgement in judged for found in judgement["measurements"] if found["source"] == "comparison"]


def test_new_tasks_that_fail_more_often_are_taken_back(ferries):
    ferry = ferries["worse"]
    record = ferry.ended(ferry.begun)
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "GateFailed"), record["ending"]
    (failed,) = compared(ferry, record)
    assert failed["verdict"] == "fail" and "not by chance" in failed["measured"], failed
    for group in TARGET_GROUPS:
        assert group in failed["measured"], failed
    status, _, share = ferry.newest()
    assert (status, share) == ("ROLLBACK_SUCCESSFUL", 0.0)
    assert (ferry.tasks(), ferry.function("jobs", "live")) == (ferry.before, "before windlass")


def test_new_tasks_that_fail_as_often_get_all_callers(ferries):
    ferry = ferries["alike"]
    record = ferry.ended(ferry.begun)
    assert ending(record) == "Succeeded", record["ending"]
    (measured,) = compared(ferry, record)
    assert measured["verdict"] == "pass" and "by chance" in measured["measured"], measured
    assert ferry.newest() == ("SUCCESSFUL", "CLEAN_UP", 100.0)
