"""Calls Windlass by a client that was generated from docs/openapi.json, and prints what it was answered, as JSON.

It runs in an environment of its own (requirements-openapi.txt). Its input is JSON: the folder above the generated package
`windlass_api`, the address and the region of the API, the application, the environment, and a manifest.
"""

import json
import sys
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import httpx

GIVEN = json.loads(sys.stdin.read())
sys.path.insert(0, GIVEN["folder"])

from windlass_api import Client  # noqa: E402
from windlass_api.api.operate import rollback  # noqa: E402
from windlass_api.api.release import start  # noqa: E402
from windlass_api.api.see import deployment, deployments  # noqa: E402
from windlass_api.models import DeploymentStarted, ExecutionOutcome, Problem, Record, RollbackBody, StartBody  # noqa: E402


class Signed(httpx.Auth):
    """AWS Signature Version 4, by botocore."""

    requires_request_body = True

    def auth_flow(self, request):
        headers = {"Content-Type": request.headers["Content-Type"]} if request.content else {}
        plain = botocore.awsrequest.AWSRequest(request.method, str(request.url), data=request.content, headers=headers)
        credentials = botocore.credentials.Credentials(GIVEN["key"], GIVEN["secret"])
        botocore.auth.SigV4Auth(credentials, "execute-api", GIVEN["region"]).add_auth(plain)
        request.headers.update(plain.headers.items())
        yield request


CLIENT = Client(GIVEN["api"], httpx_args={"auth": Signed()})
APP, ENVIRONMENT = GIVEN["app"], GIVEN["environment"]


def of_type(kind, answer):
    assert isinstance(answer, kind), answer
    return answer


def ended(id):
    """Waits until a deployment has ended; answers its record."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        answer = deployment.sync(APP, id, client=CLIENT)
        if isinstance(answer, Record) and answer.deployment.ending:
            return answer
        time.sleep(0.3)
    raise TimeoutError(answer)


def became(execution):
    """Waits until an execution has become a deployment; answers its id."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        answer = deployments.sync(APP, environment=ENVIRONMENT, execution=execution, client=CLIENT)
        if isinstance(answer, ExecutionOutcome) and answer.deployment:
            return answer.deployment
        time.sleep(0.3)
    raise TimeoutError(answer)


def history():
    """Returns the whole history, in pages of one."""
    page = deployments.sync(APP, environment=ENVIRONMENT, limit=1, client=CLIENT)
    while True:
        yield from page.deployments
        if not page.next_:
            return
        page = deployments.sync(APP, environment=ENVIRONMENT, limit=1, after=page.next_, client=CLIENT)


begun = of_type(DeploymentStarted, start.sync(APP, ENVIRONMENT, client=CLIENT, body=StartBody.from_dict(GIVEN["manifest"])))
released = ended(begun.id)
wrong = StartBody.from_dict(GIVEN["wrong"])
refused = of_type(Problem, start.sync(APP, ENVIRONMENT, client=CLIENT, body=wrong))
back = rollback.sync(APP, ENVIRONMENT, client=CLIENT, body=RollbackBody(reason="to see it", snapshot=1))
went_back = ended(became(back.execution))

print(
    json.dumps(
        {
            "released": [begun.version, released.deployment.ending.ending.value, [step.component for step in released.steps]],
            "refused": [refused.status, [[finding.name.value, finding.path] for finding in refused.findings]],
            "went_back": [went_back.deployment.ending.ending.value, went_back.deployment.action.value],
            "history": [[one.id, one.action.value] for one in history()],
            "ids": [went_back.deployment.id, begun.id],
        }
    )
)
