"""The HTTP Task of Step Functions on the local cloud, which lacks it: MiniStack 1.5.33 fails a state that is one.

It does what AWS says of the task (AWS Step Functions Developer Guide, "Call HTTPS APIs in Step Functions workflows"): the
machine's role must be allowed to call the address, to use the connection and to read its secret; what the connection has is
added here and stands in no state; the answer comes as `StatusCode`, `Headers` and `ResponseBody`; and an answer that is none
of success is an error with the name that the task gives it. `simulation.py` puts it into MiniStack.
"""

import contextvars
import json
import urllib.error
import urllib.parse
import urllib.request

from ministack.core.iam_evaluator import EvalContext, _gather_role_policies, evaluate
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, stepfunctions

TASK = "arn:aws:states:::http:invoke"
KNOWN = {"ApiEndpoint", "Method", "Authentication", "Headers", "QueryParameters", "RequestBody", "Transform"}
# The machine whose task is made.
MACHINE = contextvars.ContextVar("machine")


def failed(name, cause):
    """An error of this name, as a state catches it."""
    return stepfunctions._ExecutionError(name, cause)


def secret_of(connection):
    """The secret that EventBridge makes for a connection."""
    return f"arn:aws:secretsmanager:{get_region()}:{get_account_id()}:secret:events!connection/{connection}/token"


def require(action, resource, error, **context):
    """Fails unless the machine's role allows the action."""
    role = MACHINE.get()["roleArn"]
    conditions = {f"states:{key}".lower(): value for key, value in context.items()}
    asked = EvalContext(role, "AssumedRole", get_account_id(), action, resource, get_region(), service_context=conditions)
    if evaluate(asked, _gather_role_policies(role.rpartition("/")[2], get_account_id())).decision != "Allow":
        raise failed(error, f"{role} is not authorized to perform: {action} on resource: {resource}")


def connection_of(arn):
    """Returns what the connection adds: its key, and headers."""
    name = arn.rpartition("/")[2]
    require("events:RetrieveConnectionCredentials", arn, "Events.ConnectionResource.AccessDenied")
    for action in ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"):
        require(action, secret_of(name), "Events.ConnectionResource.AccessDenied")
    found = eventbridge._connections.get(name)
    if found is None:
        raise failed("Events.ConnectionResource.ResourceNotFound", arn)
    parameters = found["AuthParameters"].get("InvocationHttpParameters", {}).get("HeaderParameters", [])
    return {part["Key"]: part["Value"] for part in parameters} | eventbridge._connection_auth_headers(found, None)


def request_of(task):
    """The request that a task describes, with what the connection adds."""
    if unknown := task.keys() - KNOWN:
        raise failed("States.Runtime", f"an HTTP Task has no {sorted(unknown)}")
    address, method = task["ApiEndpoint"], task["Method"]
    require("states:InvokeHTTPEndpoint", MACHINE.get()["stateMachineArn"], "States.Permissions", HTTPEndpoint=address, HTTPMethod=method)
    headers = {"Content-Type": "application/json; charset=UTF-8", **task.get("Headers", {})}
    headers |= connection_of(task["Authentication"]["ConnectionArn"])
    headers |= {"User-Agent": f"Amazon|StepFunctions|HttpInvoke|{get_region()}", "Range": "bytes=0-262144"}
    query = urllib.parse.urlencode(task.get("QueryParameters", {}))
    body = json.dumps(task["RequestBody"]).encode() if "RequestBody" in task else None
    return urllib.request.Request(address + (f"?{query}" if query else ""), body, headers, method=method)


def invoke(_resource, task):
    try:
        with urllib.request.urlopen(request_of(task), timeout=60) as answer:
            headers = {name.lower(): [value] for name, value in answer.headers.items()}
            text = answer.read().decode()
    except urllib.error.HTTPError as error:
        raise failed(f"States.Http.StatusCode.{error.code}", error.read().decode()) from None
    except OSError as error:
        raise failed("States.Http.Socket", str(error)) from None
    is_json = headers.get("content-type", [""])[0].startswith("application/json")
    return {"StatusCode": answer.status, "StatusText": answer.reason, "Headers": headers, "ResponseBody": json.loads(text) if is_json else text}


def of_its_machine(execute):
    """Lets a task know whose it is, for MiniStack shows a task's service nothing of the execution."""

    def executed(state, given, execution, context):
        MACHINE.set(stepfunctions._state_machines[execution["stateMachineArn"]])
        return execute(state, given, execution, context)

    return executed


def install():
    stepfunctions._execute_task = of_its_machine(stepfunctions._execute_task)
    stepfunctions._SERVICE_DISPATCH[TASK] = invoke
