"""Things that no emulator can show, each by its name: what was assumed, and what an account shows.

Each is a function of the story that answers the evidence, or raises `Otherwise` with what was seen instead. Five look
at what the story leaves; further_looks.py has those that need targets of their own. docs/FIRST_ACCOUNT.md says what
would have to change then.
"""

import functools
import json

import further_looks
from looked_at import Otherwise

METRICS_WITHIN_S = 45


def leading_keys(story):
    """`dynamodb:LeadingKeys` inside a transaction that also checks another item."""
    written = []
    for deployment in story.ledger.deployments():
        steps = story.ledger.steps(deployment["id"])
        written += [name for name, step in steps.items() if step["changes"]]
    refused = denied(story)
    if refused or not written:
        raise Otherwise(f"no deployer wrote its step beside a check of the lock: {refused or 'no step has a change'}")
    return f"{len(written)} steps were written by roles for `deployment#*` in transactions that check the lock of `env#*`"


def resource_tag(story):
    """`aws:ResourceTag` where the function's ARN has a qualifier."""
    asked = [found for found in measurements(story) if found["source"] == "invocation"]
    refused = [found["measured"] for found in asked if "AccessDenied" in found["measured"] or "not authorized" in found["measured"]]
    if refused or not asked:
        raise Otherwise(f"the judge could not invoke a version of a tagged function: {refused or 'nothing was invoked'}")
    return f"{len(asked)} invocations of versions, by a role that asks for the function's tags"


def embedded_metrics(story):
    """Embedded metrics from an OS-only runtime with JSON logs."""
    wanted = [{"Name": "Stack", "Value": story.aws.installed_as}, {"Name": "Environments", "Value": "others"}]

    def look():
        return story.aws.cloudwatch.list_metrics(Namespace="Windlass", MetricName="DeploymentSeconds", Dimensions=wanted)["Metrics"]

    try:
        found = story.until("a metric of the deployments", look, METRICS_WITHIN_S)
    except AssertionError as error:
        lines = logged(story, '"CloudWatchMetrics"')
        raise Otherwise(f"{error}; the outbox wrote {lines} lines with metrics") from error
    return f"{found[0]['MetricName']} in the namespace {found[0]['Namespace']}"


def one_etag(story):
    """The same ETag from GetDistribution and GetDistributionConfig."""
    distribution = story.shop.targets["DistributionId"]
    cloudfront = story.aws.cloudfront
    whole, configuration = (ask(Id=distribution)["ETag"] for ask in (cloudfront.get_distribution, cloudfront.get_distribution_config))
    if whole != configuration:
        raise Otherwise(f"GetDistribution answers {whole}, GetDistributionConfig {configuration}")
    return f"both answer {whole}"


def task_token(story):
    """`SendTaskSuccess` by the machine's ARN: who waits for its turn is woken by a role that may answer this machine's tokens."""
    first, second = ("1.6.0", "1.7.0")
    for version in (first, second):
        story.shop.release(version, source="1.2.1")
        story.deployment_of(version)
    ended = [story.ended(story.deployment_of(version)["id"]) for version in (first, second)]
    executions = [execution for record in ended for execution in record["executions"]]
    waited = [execution for execution in executions if "AwaitTurn" in story.machine.states(execution)]
    if not waited:
        raise Otherwise("neither of two releases waited for its turn: ask again")
    answered = [event["type"] for execution in waited for event in history(story, execution) if event["type"] in ("TaskSucceeded", "TaskTimedOut")]
    if "TaskTimedOut" in answered:
        raise Otherwise("the token of one that waits was not answered")
    return f"{len(waited)} waited, and went on"


FIVE = {
    "dynamodb:LeadingKeys inside a transaction that also checks another item": leading_keys,
    "aws:ResourceTag where the function's ARN has a qualifier": resource_tag,
    "embedded metrics from an OS-only runtime with JSON logs": embedded_metrics,
    "the same ETag from GetDistribution and GetDistributionConfig": one_etag,
    "SendTaskSuccess by the machine's ARN": task_token,
}
ALL = [*FIVE, *further_looks.SIX]


def look(home):
    """Looks at all, whatever the others show; answers by name whether each is as assumed, and the evidence."""
    story, shown = home.story, {}
    home.looked = further_looks.begin(home)
    checks = {name: functools.partial(check, story) for name, check in FIVE.items()}
    checks |= {name: functools.partial(check, home) for name, check in further_looks.SIX.items()}
    for name, check in checks.items():
        try:
            shown[name] = (True, check())
        except Otherwise as error:
            shown[name] = (False, str(error))
        except Exception as error:  # What breaks one says nothing of the others.
            shown[name] = (False, f"not seen: {type(error).__name__}: {error}")
        story.note(f"{'✓ as assumed' if shown[name][0] else '✗ otherwise'}: {name}: {shown[name][1]}")
    return shown


def measurements(story):
    for deployment in story.ledger.deployments():
        for judgement in story.ledger.judgements(deployment["id"]):
            yield from judgement["measurements"]


def denied(story):
    """Returns what deployments ended for, where access was denied."""
    causes = [(deployment.get("ending") or {}).get("cause", "") for deployment in story.ledger.deployments()]
    return [cause for cause in causes if "AccessDenied" in cause]


def history(story, execution):
    pages = story.aws.stepfunctions.get_paginator("get_execution_history").paginate(executionArn=execution)
    return [event for page in pages for event in page["events"]]


def logged(story, text):
    group = f"/aws/lambda/{story.aws.installed_as}-outbox"
    found = story.aws.logs.filter_log_events(logGroupName=group, filterPattern=json.dumps(text))["events"]
    return len(found)
