"""The stacks of `examples/github-*.yaml` on the local cloud, whose CloudFormation knows no connections and no destinations."""

import json

import left_behind
from cloud import REPOSITORY
from template import resources

SECRET = "{{resolve:secretsmanager:${TokenSecret}:SecretString:token}}"
# As http_task.py calls it.
SECRET_OF_CONNECTION = "arn:aws:secretsmanager:us-east-1:000000000000:secret:events!connection/{}/token"


def filled(value, names):
    """A part of a template, with what its short forms name in their places."""
    if isinstance(value, dict):
        return {name: filled(member, names) for name, member in value.items()}
    if isinstance(value, list):
        return [filled(member, names) for member in value]
    if not isinstance(value, str):
        return value
    for name, given in names.items():
        value = given if value == name else value.replace("${" + name + "}", given)
    return value


class Stack:
    """One of the templates, deployed for an application: what is the same in both."""

    def __init__(self, aws, template, app, hub, token):
        self.aws, self.name, self.token = aws, f"{app}-{template}", token
        self.parts = {name: part["Properties"] for name, part in resources(REPOSITORY / f"examples/{template}.yaml").items()}
        self.names = {"App": app, "Repository": f"acme/{app}", "Api": hub.url, "EventBusName": aws.outputs["EventBusName"]}
        self.names |= {"Role.Arn": "arn:aws:iam::000000000000:role/github", "Untold.Arn": left_behind.make_queue(aws, f"{self.name}-untold")}
        self.connect()

    def part(self, name):
        return filled(self.parts[name], self.names)

    def connect(self):
        """The connection, which holds the token that CloudFormation reads."""
        self.connection = self.part("Connection")
        key = self.connection["AuthParameters"]["ApiKeyAuthParameters"]
        assert SECRET in key["ApiKeyValue"]
        key["ApiKeyValue"] = key["ApiKeyValue"].replace(SECRET, self.token)
        self.names["Connection.Arn"] = self.aws.events.create_connection(Name=self.name, **self.connection)["ConnectionArn"]

    def rule(self, name):
        """A rule with its targets; the local cloud knows no dead letters."""
        rule = self.part(name)
        where = {"EventBusName": rule.get("EventBusName", "default")}
        targets = [{member: given for member, given in target.items() if member != "DeadLetterConfig"} for target in rule["Targets"]]
        self.aws.events.put_rule(Name=f"{self.name}-{name}", EventPattern=json.dumps(rule["EventPattern"]), **where)
        failed = self.aws.events.put_targets(Rule=f"{self.name}-{name}", Targets=targets, **where)
        assert failed["FailedEntryCount"] == 0, failed

    def rules(self):
        for name, part in self.parts.items():
            if "EventPattern" in part:
                self.rule(name)

    def undelivered(self):
        """Returns what GitHub was not sent since it was asked for that last."""
        return left_behind.taken(self.aws, f"{self.name}-untold")


class Statuses(Stack):
    """`examples/github-statuses.yaml`."""

    def __init__(self, aws, app, hub, token):
        super().__init__(aws, "github-statuses", app, hub, token)
        destination = aws.events.create_api_destination(Name=self.name, **self.part("Statuses"))
        self.names["Statuses.Arn"] = destination["ApiDestinationArn"]
        self.rules()


class Deployments(Stack):
    """`examples/github-deployments.yaml`."""

    def __init__(self, aws, app, hub, token):
        super().__init__(aws, "github-deployments", app, hub, token)
        trust = json.dumps(self.part("MachineRole")["AssumeRolePolicyDocument"])
        role = aws.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        machine = self.part("Machine")
        definition = json.dumps(filled(machine["Definition"], machine["DefinitionSubstitutions"]))
        made = aws.stepfunctions.create_state_machine(name=self.name, definition=definition, roleArn=role)
        self.names |= {"Machine": made["stateMachineArn"], "Connection.SecretArn": SECRET_OF_CONNECTION.format(self.name)}
        self.machine = made["stateMachineArn"]
        policy = self.part("MachinePolicy")
        aws.iam.put_role_policy(RoleName=self.name, PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"]))
        self.rules()

    def executions(self):
        """The executions of the machine, as Step Functions keeps them."""
        pages = self.aws.stepfunctions.get_paginator("list_executions").paginate(stateMachineArn=self.machine)
        arns = [execution["executionArn"] for page in pages for execution in page["executions"]]
        return [self.aws.stepfunctions.describe_execution(executionArn=arn) for arn in arns]

    def histories(self):
        """Every event of every execution, as text."""
        history = self.aws.stepfunctions.get_paginator("get_execution_history")
        pages = (page for execution in self.executions() for page in history.paginate(executionArn=execution["executionArn"]))
        return [json.dumps(event, default=str) for page in pages for event in page["events"]]

    def rest(self):
        """Returns whether no execution is under way."""
        return all(execution["status"] != "RUNNING" for execution in self.executions())
