"""AWS clients, for the local cloud or for the account of one's credentials: an SDK that is independent of the product's, as its oracle."""

import dataclasses
import functools
import json
import pathlib
import urllib.error
import urllib.request

import api_document
import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials


@dataclasses.dataclass
class Answer:
    """An answer of the HTTP API."""

    status: int
    body: dict
    content_type: str


class Aws:
    """Clients by service name, made on first use: `aws.s3`, `aws.stepfunctions`, …"""

    def __init__(self, outputs):
        # Absent for the account of one's credentials.
        self.endpoint = outputs.get("endpoint")
        self.region = outputs["region"]
        self.installed_as = outputs.get("name", "windlass")
        self.outputs = outputs.get("stack", {})
        self.docker = outputs.get("docker")

    @classmethod
    def from_file(cls, path):
        return cls(json.loads(pathlib.Path(path).read_text()))

    def __getattr__(self, service):
        client = self.client(service)
        setattr(self, service, client)
        return client

    @functools.cache
    def client(self, service, key="test", secret="test"):
        """A client, made once: botocore makes the classes of a service for each. On the local cloud, with the 12 digits of an account as
        its access key, it acts as the root of that account."""
        service = {"lambda_": "lambda"}.get(service, service)
        if not self.endpoint:
            return boto3.client(service, region_name=self.region, config=Config(retries={"mode": "adaptive", "max_attempts": 10}))
        config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2})
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=config,
        )

    @property
    def patience(self):
        """By how much longer things take than where nothing else is done: the groups of tests run beside each other, and beside all others, and
        an account is an account."""
        return 3 if self.endpoint else 20

    def pause_s(self, waited_s):
        """How long to wait before the next look. Each look takes a part of the processor that what is waited for needs: whoever
        has waited longer looks more seldom."""
        return min(max(0.1, waited_s / 20), 0.3) if self.endpoint else 3

    def stack_outputs(self, stack):
        found = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    @functools.cached_property
    def api(self):
        """The base of the HTTP API; the local cloud serves it under a path, because its host names do not resolve."""
        if not self.endpoint:
            return self.outputs["ApiUrl"]
        return f"{self.endpoint}/_aws/execute-api/{self.outputs['ApiId']}/$default"

    def call_api(self, method, path, body=None, credentials=None):
        """Calls Windlass's HTTP API, signed as IAM authorization asks for, by these credentials or one's own."""
        data = None if body is None else json.dumps(body).encode()
        request = AWSRequest(method, self.api + path, data=data, headers={"Content-Type": "application/json"})
        credentials = credentials or (Credentials("test", "test") if self.endpoint else boto3.Session().get_credentials())
        SigV4Auth(credentials, "execute-api", self.region).add_auth(request)
        return self.answer(urllib.request.Request(request.url, data=data, method=method, headers=dict(request.headers.items())), path)

    @staticmethod
    def answer(request, path):
        """Sends a request of the HTTP API; the answer is as the document of the API has it for the path."""
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            body, content_type = json.loads(answer.read() or b"{}"), answer.headers.get("Content-Type", "")
            api_document.check(request.method, path, answer.status, body, content_type)
            return Answer(answer.status, body, content_type)
