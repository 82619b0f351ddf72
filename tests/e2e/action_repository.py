"""A function and the repository that it is built from, released by the GitHub Action as `windlass init` sets it up."""

import json
import os
import subprocess
import textwrap

import workflow_runner
import yaml
from application import INVOCATIONS, function_files
from command_line import PROGRAM
from ledger import Ledger
from release_server import Releases
from shop import made_zip
from storyteller import Storyteller
from test_3_who_may_call import filled
from token_service import TokenService

APP, ENVIRONMENT, GITHUB = "dinghy", "prod", "example/dinghy"
# The same with the numbers of owner and repository, as GitHub writes it of one that was made since 15 July 2026.
OWNER_ID, ID = "4711", "815"
NUMBERED = f"example@{OWNER_ID}/dinghy@{ID}"
FUNCTION = f"{APP}-api-{ENVIRONMENT}"
ACTION = "example/windlass@v0.1.0"
EXECUTES = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
STACK = """
new lambda.Function(this, 'Api', {
  functionName: `dinghy-api-${props.environment}`,
  code: lambda.Code.fromAsset('../api'),
});
"""


class Dinghy(Storyteller):
    """The application, its repository, and the runner of its workflow."""

    def __init__(self, aws, folder):
        super().__init__(aws)
        self.folder = folder / APP
        self.folder.mkdir()
        self.where = {"app": APP, "environment": ENVIRONMENT}
        self.ledger = Ledger(aws, APP, ENVIRONMENT)
        self.runner = workflow_runner.Runner(self.folder, folder / "runner", {ACTION: workflow_runner.action(folder / "action")})

        self.releases = Releases(folder / "releases")

    # ── what is there before ──

    def make_function(self):
        """The function, with what its component needs."""
        role = self.aws.iam.create_role(RoleName=f"{APP}-api", AssumeRolePolicyDocument=json.dumps(EXECUTES))["Role"]["Arn"]
        self.aws.lambda_.create_function(
            FunctionName=FUNCTION,
            Runtime="python3.11",
            Handler="index.handler",
            Role=role,
            Code={"ZipFile": made_zip(function_files("before windlass"))},
            Tags={"windlass:app": APP, "windlass:environment": ENVIRONMENT},
            Publish=True,
        )
        self.aws.lambda_.create_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="1")

    def make_repository(self):
        self.write(**{"infrastructure/cdk.json": "{}", "infrastructure/lib/stack.ts": STACK})
        self.build("1.0.0")
        self.git("init", "--quiet", "--initial-branch", "main", ".")
        self.git("remote", "add", "origin", f"https://github.com/{GITHUB}.git")
        self.commit("as it was")

    def write(self, **files):
        for path, text in files.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(textwrap.dedent(text))

    def build(self, version, **code):
        """Somebody writes another version of the function."""
        self.write(**{f"api/{path}": text for path, text in function_files(version, **code).items()})

    def commit(self, why):
        self.git("add", "--all")
        self.git("-c", "user.name=someone", "-c", "user.email=someone@example.com", "commit", "--quiet", "--message", why)

    def git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.folder, check=True)

    def windlass(self, *arguments):
        """The command line of a developer who may everything."""
        key = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": self.aws.region, "AWS_ENDPOINT_URL": self.aws.endpoint}
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder.parent), **key}
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def declare(self):
        """With a gate that calls the function, all callers at once, and a short bake."""
        place = self.folder / "app.yaml"
        declaration = yaml.safe_load(place.read_text())
        api = declaration["components"]["api"]
        api["gates"] = {"invocations": INVOCATIONS}
        del api["rollout"]
        declaration["gates"]["bake"] = "10s"
        place.write_text(yaml.safe_dump(declaration, sort_keys=False))
        self.windlass("declare")

    def make_roles(self):
        """The roles of CI, as their template says; the local cloud reads no policy variables, so that they are filled in."""
        self.shop.deploy_stack(f"{APP}-ci", self.folder / "ci-role.yaml", {"MakeProvider": "no"})
        roles = [role["RoleName"] for role in self.aws.iam.list_roles()["Roles"] if role["RoleName"].startswith(f"{APP}-ci-")]
        for role in roles:
            tags = {tag["Key"]: tag["Value"] for tag in self.aws.iam.list_role_tags(RoleName=role)["Tags"]}
            for policy in self.aws.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
                version = self.aws.iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
                document = self.aws.iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]
                document = document if isinstance(document, dict) else json.loads(document)
                self.aws.iam.put_role_policy(RoleName=role, PolicyName="as-filled-in", PolicyDocument=json.dumps(filled(document, tags)))

    # ── what GitHub does ──

    def push(self, ref, named_as=NUMBERED, **variables):
        """Somebody pushes a branch or a tag, in the repository as the token names it."""
        return self.run("push", {"ref": ref}, f"repo:{named_as}:ref:{ref}", **variables)

    def open_pull_request(self, number, fork=None, **variables):
        """Somebody asks for what is checked out to be merged into main."""
        head = {"ref": "topic", "sha": "a" * 40, "repo": {"full_name": fork or GITHUB}}
        request = {"number": number, "head": head, "base": {"ref": "main"}}
        return self.run("pull_request", {"number": number, "pull_request": request}, f"repo:{NUMBERED}:pull_request", **variables)

    def run(self, event, about, subject, **variables):
        with TokenService(subject) as tokens:
            self.tokens = tokens
            known = {"AWS_ENDPOINT_URL": self.aws.endpoint, "GITHUB_SERVER_URL": self.releases.address, **tokens.variables, **variables}
            run = self.runner.run(event, about, {name: value for name, value in known.items() if value})
        print(run.log)
        return run

    # ── what is seen from outside ──

    def history(self):
        """The version and the ending of each deployment."""
        return [(found["release"]["version"], found["ending"]["ending"]) for found in self.ledger.deployments()]

    def seen(self):
        """The version that callers of the function get, and the number of what is published."""
        answer = json.loads(self.aws.lambda_.invoke(FunctionName=FUNCTION, Qualifier="live")["Payload"].read())
        return answer["version"], len(self.aws.lambda_.list_versions_by_function(FunctionName=FUNCTION)["Versions"])
