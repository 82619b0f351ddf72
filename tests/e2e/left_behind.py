"""Everything that a run of Windlass leaves in a place where somebody may read it."""

import json

HEARD = "heard"
# What the targets hold and Windlass must never take along: values of the environment of functions and containers.
PLANTED = "planted-Zk3vTq81-never-to-be-told"
# What is wrong with an input and no secret, so that it is shown.
WRONG = "wrong-Hd9xLp46-to-be-told"
# Members of an execution's description and history that repeat what it was started with.
INPUTS = {"input", "parameters"}


def make_queue(aws, queue):
    """A queue that takes what events and notifications bring; answers its ARN."""
    url = aws.sqs.create_queue(QueueName=queue)["QueueUrl"]
    arn = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    senders = {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]}
    statement = {"Effect": "Allow", "Principal": senders, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return arn


def listen(aws, queue=HEARD):
    """From now on what goes to the event bus and to the topic is kept in a queue as well."""
    arn = make_queue(aws, queue)
    bus = aws.outputs["EventBusName"]
    aws.events.put_rule(Name=queue, EventBusName=bus, EventPattern=json.dumps({"source": ["windlass"]}))
    aws.events.put_targets(Rule=queue, EventBusName=bus, Targets=[{"Id": queue, "Arn": arn}])
    aws.sns.subscribe(TopicArn=aws.outputs["TopicArn"], Protocol="sqs", Endpoint=arn)


def everything(aws):
    """Texts by where they were found."""
    return {
        "executions": executions(aws),
        "ledger": pages(aws.dynamodb, "scan", "Items", TableName=aws.outputs["TableName"]),
        "logs": logs(aws),
        "events and notifications": messages(aws),
        "metrics": pages(aws.cloudwatch, "list_metrics", "Metrics"),
        "objects": objects(aws),
    }


def places_without(left, deployment):
    """Returns where a deployment's id is not found, of the places where each deployment leaves it."""
    places = ("executions", "ledger", "logs", "events and notifications")
    return [place for place in places if not any(deployment in text for text in left[place])]


def is_planted(aws):
    """Whether the secrets are in the environment of a function and of a container."""
    functions = [found.get("Environment", {}) for found in aws.lambda_.list_functions()["Functions"]]
    definitions = aws.ecs.list_task_definitions()["taskDefinitionArns"]
    described = [aws.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in definitions]
    return all(any(PLANTED in json.dumps(found, default=str) for found in those) for those in (functions, described))


def pages(client, operation, member, **request):
    return [json.dumps(found, default=str) for page in client.get_paginator(operation).paginate(**request) for found in page[member]]


def executions(aws):
    """Inputs, outputs and histories."""
    machine = aws.outputs["ReleaseMachineArn"]
    arns = [json.loads(found)["executionArn"] for found in pages(aws.stepfunctions, "list_executions", "executions", stateMachineArn=machine)]
    texts = [json.dumps(aws.stepfunctions.describe_execution(executionArn=arn), default=str) for arn in arns]
    for arn in arns:
        texts += pages(aws.stepfunctions, "get_execution_history", "events", executionArn=arn)
    return texts


def without_inputs(text):
    """A text of `executions` without what it was started with: that is Step Functions' own, before Windlass sees it. Any other as it is."""

    def kept(value):
        if isinstance(value, dict):
            return {name: kept(member) for name, member in value.items() if name not in INPUTS}
        return [kept(member) for member in value] if isinstance(value, list) else value

    try:
        return json.dumps(kept(json.loads(text)), ensure_ascii=False)
    except ValueError:
        return text


def leave_a_metric(aws):
    """A metric as the local cloud would make it of a function's log line, if it did: with what is wrong as a dimension."""
    data = {"MetricName": "Faults", "Dimensions": [{"Name": "Function", "Value": WRONG}], "Value": 1}
    aws.cloudwatch.put_metric_data(Namespace="Windlass", MetricData=[data])


def logs(aws):
    """Every log line: the functions', the machine's, the API's."""
    texts = []
    for found in pages(aws.logs, "describe_log_groups", "logGroups"):
        texts += pages(aws.logs, "filter_log_events", "events", logGroupName=json.loads(found)["logGroupName"])
    return texts


def messages(aws):
    """Returns what was heard since `listen`, and the dead letters."""
    names = [url.rpartition("/")[2] for url in aws.sqs.list_queues()["QueueUrls"]]
    return [text for name in names if name == HEARD or "DeadLetters" in name for text in taken(aws, name)]


def taken(aws, queue):
    """The messages of a queue, which are gone from it then."""
    url = aws.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    texts = []
    while found := aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            texts.append(message["Body"])
            aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return texts


def objects(aws):
    """Returns what Windlass itself wrote to the artifacts bucket."""
    place = {"Bucket": aws.outputs["ArtifactsBucket"]}
    keys = [json.loads(found)["Key"] for found in pages(aws.s3, "list_objects_v2", "Contents", **place)]
    own = [key for key in keys if key.startswith("windlass/") or key.endswith(".findings.json")]
    return [aws.s3.get_object(**place, Key=key)["Body"].read().decode("latin-1") for key in own]
