"""The schedules of an installation, which come when a test says so: what EventBridge sends goes to where the rule sends it."""

import json

# Amazon EventBridge User Guide, "Creating an Amazon EventBridge rule that runs on a schedule".
SCHEDULED = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "000000000000",
    "time": "2015-10-08T16:53:06Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {},
}


def come(aws, logical_id, time=SCHEDULED["time"]):
    """Lets the schedule with this logical id come at a time. Where it calls a function, that has ended well afterwards."""
    rule, target = rule_and_target(aws, logical_id)
    event = json.dumps(SCHEDULED | {"resources": [rule["Arn"]], "time": time})
    service, resource = target["Arn"].split(":", 5)[2::3]
    if service == "sqs":
        url = aws.sqs.get_queue_url(QueueName=resource)["QueueUrl"]
        aws.sqs.send_message(QueueUrl=url, MessageBody=event)
    else:
        done = aws.lambda_.invoke(FunctionName=target["Arn"], Payload=event)
        assert "FunctionError" not in done, done["Payload"].read()


def rule_and_target(aws, logical_id):
    """A schedule's rule and its one target, to which it sends the event as it is."""
    name = physical_id(aws, logical_id)
    rule = aws.events.describe_rule(Name=name)
    assert rule["State"] == "ENABLED" and rule["ScheduleExpression"] and not rule.get("EventPattern"), rule
    (target,) = aws.events.list_targets_by_rule(Rule=name)["Targets"]
    assert not {"Input", "InputPath", "InputTransformer"} & set(target), target
    return rule, target


def physical_id(aws, logical_id):
    """The name of a rule that the template made."""
    found = aws.cloudformation.describe_stack_resource(StackName="windlass", LogicalResourceId=logical_id)
    return found["StackResourceDetail"]["PhysicalResourceId"].rpartition("/")[2]
