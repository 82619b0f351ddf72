"""A function and the repository that it is built from, released by the GitHub Action as `windlass init` sets it up."""

import functools
import json
import os
import subprocess
import textwrap

import workflow_runner
import yaml
from application import INVOCATIONS, function_files
from command_line import PREFIXES, PROGRAM
from release_server import Releases
from ruled import Ruled
from shop import made_zip
from token_service import TokenService

APP, ENVIRONMENT, GITHUB = "dinghy", "prod", "example/dinghy"
# By these numbers the access file knows the repository.
OWNER_ID, ID = "4711", "815"
OF_REPOSITORY = {"repository": GITHUB, "repository_id": ID, "repository_owner": "example", "repository_owner_id": OWNER_ID}
RUN_ID = "1407"
FUNCTION = f"{APP}-api-{ENVIRONMENT}"
ACTION = "example/windlass@v0.1.0"
WORKFLOWS = ".github/workflows"
STATUS = 'STATUS=$(jq -r .status <<< "$STARTED")'
EXECUTES = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
STACK = """
new lambda.Function(this, 'Api', {
  functionName: `dinghy-api-${props.environment}`,
  code: lambda.Code.fromAsset('../api'),
});
"""


class Dinghy(Ruled):
    """The application, its repository, and the runner of its workflow, whose tokens the issuer signs."""

    def __init__(self, aws, issuer, folder):
        super().__init__(aws, APP, ENVIRONMENT)
        self.issuer = issuer
        self.folder = folder / APP
        self.folder.mkdir()
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
        return subprocess.run(["git", *arguments], cwd=self.folder, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def head(self):
        """The commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def windlass(self, *arguments):
        """The command line of a developer who may everything."""
        key = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": self.aws.region, "AWS_ENDPOINT_URL": self.aws.endpoint}
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder.parent), **key}
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def init(self, action, *more):
        """Has the files written, for a workflow with this action."""
        self.windlass("init", "--yes", *more, "--answer", f"action={action}", "--answer", f"github.ids={OWNER_ID}/{ID}")

    def take_the_workflow_without_an_action(self):
        """The one of `init` where there is no action. The API's host name does not resolve here: the status is asked for where the rest is."""
        self.init("none", "--force")
        self.git("checkout", "--quiet", "--", "app.yaml")
        written = (self.folder / WORKFLOWS / "release.yaml").read_text()
        assert written.count(STATUS) == 1, written
        (self.folder / WORKFLOWS / "release.yaml").write_text(written.replace(STATUS, f'{STATUS}; STATUS="$API/${{STATUS#*/ci/}}"'))
        self.commit("without an action")

    def declare_with_a_gate(self):
        """With a gate that calls the function, all callers at once, and a short bake."""
        place = self.folder / "app.yaml"
        declaration = yaml.safe_load(place.read_text())
        api = declaration["components"]["api"]
        api["gates"] = {"invocations": INVOCATIONS}
        del api["rollout"]
        declaration["gates"]["bake"] = "10s"
        place.write_text(yaml.safe_dump(declaration, sort_keys=False))
        self.windlass("declare")

    def write_pull_request_workflow(self, mode):
        """Somebody writes a workflow for pull requests: what the release's job does, in a mode."""
        document = yaml.safe_load((self.folder / WORKFLOWS / "release.yaml").read_text())
        job = document["jobs"]["release"]
        del job["needs"]
        job["steps"][-1]["with"] |= {"environment": ENVIRONMENT, "mode": mode}
        looks = {"name": "look", "on": {"pull_request": {}}, "permissions": {}, "defaults": document["defaults"], "jobs": {"look": job}}
        self.write(**{f"{WORKFLOWS}/look.yaml": yaml.safe_dump(looks, sort_keys=False)})
        self.commit(f"a job of pull requests: {mode}")

    def change_the_access_file(self, version, without=None):
        """Somebody who may puts the file of the proposal in force again, perhaps without one of its groups."""
        document = yaml.safe_load((self.folder / self.file).read_text())
        if without:
            del document["who"][without]
            rules = document["environments"][ENVIRONMENT]
            rules["release"] = [name for name in rules["release"] if name != without]
        self.put_in_force(document | {"version": version})

    # ── what GitHub does ──

    def push(self, ref, claimed=None, **variables):
        """Somebody pushes a branch or a tag. Some claims of the job's token may be other ones."""
        return self.run("push", {"ref": ref}, {"ref": ref} | (claimed or {}), **variables)

    def open_pull_request(self, number, fork=None, **variables):
        """Somebody asks for what is checked out to be merged into main."""
        head = {"ref": "topic", "sha": self.head(), "repo": {"full_name": fork or GITHUB}}
        request = {"number": number, "head": head, "base": {"ref": "main"}}
        claims = {"ref": f"refs/pull/{number}/merge", "ref_type": "branch", "head_ref": "topic", "base_ref": "main", "sub": f"repo:{GITHUB}:pull_request"}
        return self.run("pull_request", {"number": number, "pull_request": request}, claims, **variables)

    def run(self, event, about, claims, **variables):
        """The job has no credentials of AWS, and no address of it but that of Windlass's API."""
        claims = OF_REPOSITORY | {"event_name": event, "sha": self.head(), "run_id": RUN_ID, "run_number": workflow_runner.RUN_NUMBER} | claims
        with TokenService(signs=functools.partial(self.issuer.github, **claims)) as tokens:
            self.tokens = tokens
            known = {"GITHUB_SERVER_URL": self.releases.address, "GITHUB_RUN_ID": RUN_ID, **tokens.variables, **variables}
            run = self.runner.run(event, about, {name: value for name, value in known.items() if value})
        print(run.log)
        return run

    # ── what is seen from outside ──

    def history(self):
        """The version and the ending of each deployment."""
        return [(found["release"]["version"], found["ending"]["ending"]) for found in self.ledger.deployments()]

    def recorded(self, version):
        """The deployment of a version, as the API lists it."""
        answer = self.aws.call_api("GET", f"/apps/{APP}/deployments?environment={ENVIRONMENT}")
        (found,) = [found for found in answer.body["deployments"] if found["version"] == version]
        return found

    def seen(self):
        """The version that callers of the function get, and the number of what is published."""
        return self.function("api", "live"), len(self.aws.lambda_.list_versions_by_function(FunctionName=FUNCTION)["Versions"])

    def uploaded(self):
        """The keys of all artifacts."""
        pages = self.aws.s3.get_paginator("list_objects_v2")
        listed = [page for prefix in PREFIXES for page in pages.paginate(Bucket=self.aws.outputs["ArtifactsBucket"], Prefix=f"{prefix}/{APP}/")]
        return {found["Key"] for page in listed for found in page.get("Contents", [])}
