"""The local cloud with IAM's simulation as AWS has it, by the context that it is given, on each of the resources; with alarms on
expressions; with buckets of stacks that have their tags, and change sets that are found by the stack's id; and with HTTP Tasks of Step
Functions (http_task.py). It keeps what Windlass's API answers in its folder (kept_answers.py). It works less than MiniStack alone: many
clouds share a machine.

MiniStack 1.5.33 simulates without any context, so that whatever is allowed on what is tagged is refused. It evaluates
policies itself; this only hands over what was asked. It makes no stack with an alarm on an expression over metrics, leaves a bucket's
tags out, and finds change sets by the stack's name alone.
Run by MiniStack's own interpreter, in place of its program:

    python -P tests/e2e/simulation.py
"""

import gzip
import importlib.util
import itertools
import pathlib
import re
import time
import types

import botocore
from ministack.app import main
from ministack.core import router
from ministack.core.iam_evaluator import EvalContext, _gather_role_policies, evaluate
from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway, ecs, iam, s3
from ministack.services.cloudformation import handlers, provisioners

DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny", "ImplicitDeny": "implicitDeny"}
# What is answered when any of several resources is refused: the strictest.
STRICTEST = ["explicitDeny", "implicitDeny", "allowed"]


def listed(asked, name):
    """A list of the query protocol."""
    each = (iam._p(asked, f"{name}.member.{number}") for number in itertools.count(1))
    return list(itertools.takewhile(bool, each))


def context(asked):
    """Returns what comes with the calls, by condition keys."""
    found = {}
    for number in itertools.count(1):
        entry = f"ContextEntries.member.{number}"
        key = iam._p(asked, f"{entry}.ContextKeyName")
        if not key:
            return found
        values = listed(asked, f"{entry}.ContextKeyValues")
        found[key.lower()] = values[0] if len(values) == 1 else values


def simulated(asked):
    """Returns what MiniStack's own evaluation says of a role's policies."""
    role = iam._p(asked, "PolicySourceArn")
    account = get_account_id()
    policies = _gather_role_policies(role.rpartition("/")[2], account)
    resources = listed(asked, "ResourceArns") or ["*"]

    def decided(action, resource):
        called = EvalContext(role, "AssumedRole", account, action, resource, get_region(), service_context=context(asked))
        return DECISIONS[evaluate(called, policies).decision]

    def evaluated(action):
        decision = min((decided(action, resource) for resource in resources), key=STRICTEST.index)
        return f"<member><EvalActionName>{action}</EvalActionName><EvalResourceName>{resources[0]}</EvalResourceName><EvalDecision>{decision}</EvalDecision></member>"

    results = "".join(evaluated(action) for action in listed(asked, "ActionNames"))
    result = f"<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>"
    return iam._xml(200, "SimulatePrincipalPolicyResponse", f"<SimulatePrincipalPolicyResult>{result}</SimulatePrincipalPolicyResult>", ns="iam")


def alarm_on_anything(made):
    """An alarm on an expression is there and never goes off, for it watches a metric that nobody writes. tests/contract/tests/alarms.rs
    evaluates the template's."""

    def record(name, properties):
        if properties.get("Metrics"):
            rest = {key: value for key, value in properties.items() if key != "Metrics"}
            properties = rest | {"Namespace": "Expressions", "MetricName": name}
        return made(name, properties)

    return record


def tagged(made):
    """A bucket of a stack has the tags that its template gives it, and those of the stack."""

    def record(*given):
        bucket, attributes = made(*given)
        *_, properties, _stack = given
        s3._bucket_tags[bucket] = provisioners._tag_map(properties.get("Tags"))
        return bucket, attributes

    return record


def by_id(found):
    """A stack's change sets are found by its id, too."""

    def answered(asked):
        stack = handlers._resolve_stack(handlers._p(asked, "StackName"))
        return found({**asked, "StackName": stack["StackName"]} if stack else asked)

    return answered


# MiniStack asks Docker for every container ten times a second: a third of what a cloud takes of a processor.
LOOK_AT_CONTAINERS_EVERY_S = 0.5


def seldom(seconds):
    """Sleeps between two looks at a container."""
    time.sleep(LOOK_AT_CONTAINERS_EVERY_S if seconds == 0.1 else seconds)


def service_names():
    """Returns the names that requests are signed for. MiniStack reads 4 s long all of botocore's models for that, and answers
    nobody meanwhile; the names are in the head of each."""
    names = set()
    for path in pathlib.Path(botocore.__file__).parent.glob("data/*/*/service-2.json.gz"):
        with gzip.open(path) as model:
            head = model.read(4096).decode(errors="replace")
        names |= {path.parts[-3], *re.findall(r'"(?:endpointPrefix|signingName)"\s*:\s*"([^"]+)"', head)}
    return frozenset(names)


def beside(name):
    """A module of this folder, which is not in the path."""
    specification = importlib.util.spec_from_file_location(name, pathlib.Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


if __name__ == "__main__":
    iam._IAM_HANDLERS["SimulatePrincipalPolicy"] = simulated
    provisioners._cw_metric_alarm_record = alarm_on_anything(provisioners._cw_metric_alarm_record)
    provisioners._STACK_TAG_PROPERTY["AWS::S3::Bucket"] = ("Tags", "list")
    buckets = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    buckets |= {name: tagged(buckets[name]) for name in ("create", "update")}
    handlers._ACTION_HANDLERS |= {name: by_id(handlers._ACTION_HANDLERS[name]) for name in ("DescribeChangeSet", "ListChangeSets")}
    ecs.time = types.SimpleNamespace(**{**vars(time), "sleep": seldom})
    router._KNOWN_AWS_SERVICE_NAMES = service_names()
    beside("http_task").install()
    answers = beside("kept_answers")
    apigateway._invoke_lambda_proxy = answers.Keeper(pathlib.Path.cwd() / answers.FILE).around(apigateway._invoke_lambda_proxy)
    main()
