"""Reads Windlass's ledger beside Windlass, as a check on what it says; and moves times in it, so that no test must wait."""

import json

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_deserialize = TypeDeserializer().deserialize
_serialize = TypeSerializer().serialize


class Ledger:
    """The ledger of one application in one environment."""

    def __init__(self, aws, app="shop", environment="prod"):
        self.aws = aws
        self.table = aws.outputs["TableName"]
        self.app = app
        self.environment = environment

    def item(self, pk, sk):
        answer = self.aws.dynamodb.get_item(TableName=self.table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True)
        return plain(answer["Item"]) if "Item" in answer else None

    def change(self, pk, sk, **members):
        """Sets members of an item that nobody else writes meanwhile."""
        self.aws.dynamodb.update_item(
            TableName=self.table,
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in members),
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={f"#{name}": name for name in members},
            ExpressionAttributeValues={f":{name}": _serialize(value) for name, value in members.items()},
        )

    def items(self, **query):
        pages = self.aws.dynamodb.get_paginator("query").paginate(TableName=self.table, **query)
        return [plain(item) for page in pages for item in page["Items"]]

    def declaration(self):
        return self.item(f"app#{self.app}", "declaration")

    def state(self):
        return self.item(f"env#{self.app}/{self.environment}", "state") or {}

    def lock(self):
        return self.item(f"env#{self.app}/{self.environment}", "lock") or {}

    def deployments(self):
        """All deployments of the environment, oldest first."""
        key = {":pk": {"S": f"history#{self.app}/{self.environment}"}}
        return self.items(IndexName="by_index", KeyConditionExpression="index_pk = :pk", ExpressionAttributeValues=key)

    def records(self):
        """The records of all deployments of the application; also those that had no turn yet, which are in no history."""
        pages = self.aws.dynamodb.get_paginator("scan").paginate(
            TableName=self.table,
            ConsistentRead=True,
            FilterExpression="sk = :sk AND app = :app",
            ExpressionAttributeValues={":sk": {"S": "record"}, ":app": {"S": self.app}},
        )
        return [plain(item) for page in pages for item in page["Items"]]

    def deployment(self, deployment_id):
        return self.item(f"deployment#{deployment_id}", "record")

    def steps(self, deployment_id):
        """Returns what was done per component."""
        key = {":pk": {"S": f"deployment#{deployment_id}"}, ":sk": {"S": "step#"}}
        found = self.items(KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)", ExpressionAttributeValues=key)
        return {step["component"]: step for step in found}

    def judgements(self, deployment_id):
        key = {":pk": {"S": f"deployment#{deployment_id}"}, ":sk": {"S": "judgement#"}}
        return self.items(KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)", ExpressionAttributeValues=key)


# The calls of the API that a text for people names.
CALLS = {
    "environment": "GET /apps/{app}/environments/{environment}",
    "observe": "GET /apps/{app}/environments/{environment}?observe=true",
    "snapshots": "GET /apps/{app}/environments/{environment}/snapshots",
    "history": "GET /apps/{app}/deployments?environment={environment}",
    "deployment": "GET /apps/{app}/deployments/{deployment}",
    "cancel": 'POST /apps/{app}/environments/{environment}/deployments/{deployment}/cancel {{"reason":"…"}}',
}

# What is the same wherever it is shown.
FIXED = {"deploy": {"again": "deploy again", "fixed": "deploy a fixed release"}, "line": {"next": "next: "}}


def plain(item):
    return {name: as_read(_deserialize(value)) for name, value in item.items()}


def as_read(value):
    """Returns a value of the ledger with each text for people as Windlass shows it at the console."""
    if isinstance(value, list):
        return [as_read(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$prose"}:
        return "".join(part if isinstance(part, str) else step(part) for part in value["$prose"])
    return {name: as_read(member) for name, member in value.items()}


def step(part):
    [(sort, what)] = part.items()
    if sort in FIXED:
        return FIXED[sort][what]
    if sort == "first":
        begun = step(what)
        return begun[:1].upper() + begun[1:]
    if sort == "start":
        ordered = {"action": what["action"], **dict(sorted(what.items()))}
        return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), default=int)
    return f"`{CALLS[next(iter(what))].format(**next(iter(what.values())))}`" if sort == "call" else f"`{what}`"


def ending(deployment):
    """The ending's name; None while there is none."""
    return (deployment.get("ending") or {}).get("ending")
