"""The application `kelp`: a function, which is called once with each release of it."""

from application import Application
from ledger import ending

ENVIRONMENT = "open"


class Kelp(Application):
    """The application in its one environment."""

    def __init__(self, aws):
        super().__init__(aws, "kelp", ENVIRONMENT)

    def declare(self):
        function = "kelp-jobs-{environment}"
        call = {"name": function, "alias": "live", "of": "jobs", "payload": {"job": "migrate"}}
        components = {
            "jobs": {"kind": "lambda", "function": function, "alias": "live"},
            "migrate": {"kind": "task", "function": call, "after": ["jobs"], "limit": "2m", "undo": "none"},
        }
        gates = {"bake": "10s", "alarms": [f"kelp-{ENVIRONMENT}-errors"]}
        environments = {ENVIRONMENT: {"deploy": {"branch": "main"}}}
        super().declare({"app": "kelp", "version": "1.0.0", "environments": environments, "components": components, "gates": gates})

    def release(self, version, code=None, **mistakes):
        """CI uploads the function and POSTs a release of it; answers the record once that has ended."""
        self.upload_function("jobs", code or version, **mistakes)
        components = {"jobs": self.artifact("jobs", code or version)}
        manifest = {"version": version, "git": {"ref": "refs/heads/main"}, "components": components}
        answer = self.aws.call_api("POST", f"/apps/kelp/environments/{ENVIRONMENT}/releases", manifest)
        assert answer.status == 202, answer
        return self.ended(answer.body["id"])

    # ── what is seen from outside ──

    def called(self, record):
        """Returns what the ledger has of the calls of a deployment."""
        key = {":pk": {"S": f"deployment#{record['id']}"}, ":sk": {"S": "call#"}}
        return self.ledger.items(KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)", ExpressionAttributeValues=key)

    def expect_ended(self, record, wanted, cause=None):
        ended = record["ending"]
        assert (ending(record), cause or ended["cause_name"]) == (wanted, ended["cause_name"]), ended
        return ended["cause"]
