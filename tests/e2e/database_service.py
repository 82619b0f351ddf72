"""The application `atoll`: a service with a database, by the declarations of examples/expand-contract."""

import yaml
from application import Application
from ledger import ending
from shop import REPOSITORY

EXAMPLE = REPOSITORY / "examples/expand-contract"
ENVIRONMENT = "open"
IMAGES = "atoll/api"
TASKS = {"expand": "expand", "unexpand": "expand", "contract": "contract"}


class Atoll(Application):
    """The application in its one environment."""

    def __init__(self, aws):
        super().__init__(aws, "atoll", ENVIRONMENT)
        self.service = {"cluster": f"atoll-{ENVIRONMENT}", "service": "agent"}

    def make_targets(self):
        super().make_targets()
        self.client("ecr").create_repository(repositoryName=IMAGES)

    def declare(self, file="app.yaml"):
        """Declares what a file of the example says, of targets that are here, and without its times."""
        document = yaml.safe_load((EXAMPLE / file).read_text())
        components = document["components"]
        components["service"] |= {**self.service, "container": "agent", "repository": IMAGES}
        gates = {"bake": "10s", "alarms": [f"atoll-{ENVIRONMENT}-errors"]}
        environments = {ENVIRONMENT: {"deploy": {"branch": "main"}}}
        super().declare({"app": "atoll", "version": document["version"], "environments": environments, "components": components, "gates": gates})

    def begin(self, version, content=None, **exits):
        """CI POSTs a release of the image; `exits` says with which code a migration ends. Answers the id of its deployment."""
        exits = {f"exit_code_of.{word}": code for word, code in (dict.fromkeys(TASKS, 0) | exits).items()}
        self.shop.push_image(version, IMAGES, content=content or version, **exits)
        manifest = {"version": version, "git": {"ref": "refs/heads/main"}, "components": {"service": {"image": f"{IMAGES}:{version}"}}}
        answer = self.aws.call_api("POST", f"/apps/atoll/environments/{ENVIRONMENT}/releases", manifest)
        assert answer.status == 202, answer
        return answer.body["id"]

    def release(self, version, content=None, **exits):
        """The same; answers the record once that has ended."""
        return self.ended(self.begin(version, content, **exits))

    def roll_back(self, **members):
        """An operator goes back; answers the record."""
        execution = self.operate(action="rollback", **self.where, **members)
        records = [one for one in self.ledger.records() if execution["executionArn"] in one["executions"]]
        assert len(records) == 1, (execution, records)
        return records[0]

    # ── what is seen from outside ──

    def ran(self):
        """The last word of each task that was run and has ended, oldest first, with its exit code."""
        ecs, cluster = self.client("ecs"), self.service["cluster"]
        arns = [
            arn
            for name in ("expand", "contract")
            for arn in ecs.list_tasks(cluster=cluster, family=f"windlass-atoll_{ENVIRONMENT}_{name}", desiredStatus="STOPPED")["taskArns"]
        ]
        tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        tasks.sort(key=lambda task: task["createdAt"])
        return [(task["overrides"]["containerOverrides"][0]["command"][-1], task["containers"][0]["exitCode"]) for task in tasks]

    def expect_ended(self, record, wanted, cause=None):
        ended = record["ending"]
        assert (ending(record), cause or ended["cause_name"]) == (wanted, ended["cause_name"]), ended
        return ended["cause"]
