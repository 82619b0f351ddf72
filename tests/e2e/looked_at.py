"""What a look makes for itself (further_looks.py): a stack, and an application that Windlass releases into it."""

import cloud
from application import Application, function_files
from aws import Aws
from botocore.exceptions import ClientError
from ledger import ending
from shop import made_zip
from storyteller import ENDS_WITHIN_S

TEMPLATES = cloud.REPOSITORY / "tests/e2e/looks"
MADE_WITHIN_S = 120
# Where CloudFront looks for web ACLs and for functions of Lambda@Edge.
GLOBAL = "us-east-1"


class Otherwise(AssertionError):
    """An account shows something else than what was assumed."""


class Stack:
    """A stack of one of the templates, named after the story and the look."""

    def __init__(self, home, look, template, region=None, **parameters):
        aws = Aws(home.where | {"region": region}) if region else home.aws
        self.cloudformation = aws.cloudformation
        self.story = home.story
        self.name = f"{home.name}-{look}"
        self.template = TEMPLATES / template
        self.parameters = {"App": look, "Environment": home.environment, **parameters}
        # The reason for which it is not made, if CloudFormation refused it.
        self.refused = None

    def begin(self):
        try:
            self.cloudformation.create_stack(
                StackName=self.name,
                TemplateBody=self.template.read_text(),
                Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()],
                Capabilities=["CAPABILITY_NAMED_IAM"],
            )
        except ClientError as error:
            self.refused = str(error)

    def begin_behind(self, giver):
        """Begins once another stack is made, whose outputs are parameters of this one."""
        try:
            self.parameters |= giver.outputs()
        except AssertionError as error:
            self.refused = str(error)
            return
        self.begin()

    def outputs(self):
        """Waits until it is made; answers its outputs by name."""
        if self.refused:
            raise Otherwise(f"the stack {self.name} was not made: {self.refused}")
        found = self.story.until(f"the end of making {self.name}", self.if_made, MADE_WITHIN_S)
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def if_made(self):
        (found,) = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        status = found["StackStatus"]
        if status == "CREATE_COMPLETE":
            return found
        if status != "CREATE_IN_PROGRESS":
            happened = reversed(events(self.cloudformation, self.name))
            failed = [event for event in happened if event["ResourceStatus"] == "CREATE_FAILED"]
            why = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed]
            raise Otherwise(f"the stack {self.name} is {status}: {'; '.join(why)}")
        return None


class Looked(Application):
    """An application of the look's name, in the environment of the story; its targets are the look's stack."""

    def __init__(self, home, look, template, **parameters):
        super().__init__(home.aws, look, home.environment)
        self.say = home.say
        self.began = home.story.began
        self.stack = Stack(home, look, template, **parameters)
        self.made = {}

    def ready(self):
        """Waits for its targets; answers itself."""
        self.made = self.stack.outputs()
        return self

    def declare_components(self, **components):
        environments = {self.environment: {"deploy": {"branch": "main"}}}
        self.declare({"app": self.app, "version": "1.0.0", "environments": environments, "components": components})

    def begin(self, version, **components):
        """CI POSTs a release; answers the deployment's id."""
        manifest = {"version": version, "git": {"ref": "refs/heads/main"}, "components": components}
        self.note(f"{version} is released into {self.stack.name}")
        answer = self.aws.call_api("POST", f"/apps/{self.app}/environments/{self.environment}/releases", manifest)
        if answer.status != 202:
            raise Otherwise(f"a release of {self.app} was answered {answer.status}: {answer.body}")
        return answer.body["id"]

    def release_into(self, wanted, version, at_each_look=lambda: None, **components):
        """Releases, and waits for the ending that is wanted; answers the record."""
        id_ = self.begin(version, **components)

        def look():
            at_each_look()
            return self.if_ended(id_)

        return require(self.until(f"the ending of {id_}", look, ENDS_WITHIN_S), wanted)

    def upload_jobs(self, version, **code):
        """Uploads a function, of which `index` may be the whole text; answers its artifact."""
        files = {"index.py": code["index"]} if "index" in code else function_files(version, **code)
        self.shop.upload(self.key("jobs", version), made_zip(files))
        return self.artifact("jobs", version)

    def alias(self):
        """The alias: its version, and the weights of others."""
        alias = self.aws.lambda_.get_alias(FunctionName=self.stack.name, Name="live")
        return alias["FunctionVersion"], (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}

    def calls(self, record):
        """Returns what the ledger has of the calls of a deployment."""
        found = "pk = :pk AND begins_with(sk, :sk)"
        key = {":pk": {"S": f"deployment#{record['id']}"}, ":sk": {"S": "call#"}}
        return self.ledger.items(KeyConditionExpression=found, ExpressionAttributeValues=key)

    def newest_rollout(self):
        """The newest deployment of the service, as ECS describes it; None if ECS lists none."""
        where = {"cluster": self.stack.name, "service": "agent"}
        listed = self.aws.ecs.list_service_deployments(**where)["serviceDeployments"]
        if not listed:
            return None
        newest = max(listed, key=lambda found: found["createdAt"])["serviceDeploymentArn"]
        return self.aws.ecs.describe_service_deployments(serviceDeploymentArns=[newest])["serviceDeployments"][0]


def require(record, wanted):
    """Answers the record of a deployment, if it has ended so."""
    if ending(record) != wanted:
        raise Otherwise(f"{record['release']['version']} ended {ending(record)}: {first_line(record)}")
    return record


def first_line(record):
    return record["ending"]["cause"].split("\n")[0]


def events(cloudformation, stack):
    """What happened to a stack and its resources, newest first."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    return [event for page in pages for event in page["StackEvents"]]
