"""Components that are a user's function: an example of examples/external on the local cloud, with the variables that its template gives.

What the functions meet outside is the example's own imitation, which listens on loopback. The local cloud has no VPC and no EKS, so that
the function for Argo CD gets the imitation's settings and keys in place of those that its template makes.
"""

import contextlib
import functools
import importlib.util
import json
import os
import pathlib
import signal
import time

from application import Application
from cloud import REPOSITORY
from ledger import ending
from shop import made_zip
from tagged_roles import document_of, filled

EXAMPLES = REPOSITORY / "examples/external"
LAMBDA = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
# What the local cloud would set itself, keys among it, comes by one variable.
ENTRY = """
import json, os
imitated = json.loads(os.environ.pop("AS_IMITATED", "{}"))
if imitated:
    os.environ.pop("AWS_ENDPOINT_URL", None)
    os.environ.update(imitated)
from handler import handler
"""


def imitation(example):
    """The module of an example that imitates the outside."""
    (path,) = (EXAMPLES / example).glob("*imitation.py")
    spec = importlib.util.spec_from_file_location(f"imitation_of_{example.replace('-', '_')}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def packed(example):
    """The zip of a function: what its page puts into its build. The local cloud's Python has all that dulwich needs."""
    (dulwich,) = importlib.util.find_spec("dulwich").submodule_search_locations
    folder = pathlib.Path(dulwich)
    files = {f"dulwich/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*.py")}
    page = (EXAMPLES / example / "README.md").read_text()
    copied = page.partition("\ncp ")[2].partition(" build/\n")[0].split()
    files |= {pathlib.Path(name).name: (EXAMPLES / example / name).read_bytes() for name in copied}
    return made_zip(files | {"entry.py": ENTRY})


class External(Application):
    """An application with one component, behind the functions of an example."""

    def __init__(self, aws, app, environment, component, example):
        super().__init__(aws, app, environment)
        self.component, self.example = component, example
        self.imitation = imitation(example)
        self.outside = self.imitation.Outside()
        self.noticed = self.newest()
        self.tags = {"windlass:app": app, "windlass:environment": environment}

    def name(self, of):
        return f"{self.app}-{of}-{self.environment}"

    def make_role(self, statements):
        """The role of the functions: what the installation's policy lets read, and what is theirs alone."""
        iam, name = self.client("iam"), self.name("external")
        tags = [{"Key": key, "Value": value} for key, value in {**self.tags, "windlass:external": "yes"}.items()]
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(LAMBDA), Tags=tags)["Role"]["Arn"]
        artifacts = filled(document_of(self.aws, "ArtifactsPolicyArn"), self.tags)
        iam.put_role_policy(RoleName=name, PolicyName="artifacts", PolicyDocument=json.dumps(artifacts))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
        return role

    def make_functions(self, role, variables):
        """The function that changes, and the one that only looks, each with an alias on its first version."""
        for of, words in (("change", "observe prepare change"), ("look", "observe")):
            made = self.client("lambda_").create_function(
                FunctionName=self.name(of),
                Runtime="python3.11",
                Handler="entry.handler",
                Role=role,
                Timeout=30,
                MemorySize=512,
                Code={"ZipFile": packed(self.example)},
                Environment={"Variables": {**variables, "WORDS": words}},
                Tags={**self.tags, "windlass:external": of},
                Publish=True,
            )
            self.client("lambda_").create_alias(FunctionName=self.name(of), Name="live", FunctionVersion=made["Version"])

    def kill(self):
        """Kills the function that changes, in the middle of what it does, as Lambda may."""
        its = {f"AWS_LAMBDA_FUNCTION_NAME={self.name('change')}".encode(), f"AWS_ENDPOINT_URL={self.aws.endpoint}".encode()}
        for place in pathlib.Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if its <= set(place.read_bytes().split(b"\0")):
                    os.kill(int(place.parent.name), signal.SIGKILL)

    def kills(self, moment):
        """A tap that kills it once, before its push is taken or after."""
        return once(moment, lambda: self.outside.asked.endswith("/git-receive-pack"), self.kill)

    def publish_again(self):
        """Somebody publishes the function that changes once more, and moves its alias."""
        lambda_ = self.client("lambda_")
        lambda_.update_function_configuration(FunctionName=self.name("change"), Description="mended")
        version = lambda_.publish_version(FunctionName=self.name("change"))["Version"]
        lambda_.update_alias(FunctionName=self.name("change"), Name="live", FunctionVersion=version)
        return version

    def declare(self, **more):
        function, look = ({"name": self.name(of), "alias": "live"} for of in ("change", "look"))
        component = {"kind": "external", "function": function, "look": look, "settings": self.imitation.SETTINGS, "within": "5m", **more}
        gates = {"bake": "10s", "alarms": [f"{self.app}-{self.environment}-errors"]}
        environments = {self.environment: {"deploy": {"branch": "main"}, "sources": ["api", "console"]}}
        super().declare({"app": self.app, "version": "1.0.0", "environments": environments, "components": {self.component: component}, "gates": gates})

    def begin(self, version, artifact):
        """CI POSTs a release; answers the id of its deployment."""
        manifest = {"version": version, "git": {"ref": "refs/heads/main"}, "components": {self.component: artifact}}
        answer = self.aws.call_api("POST", f"/apps/{self.app}/environments/{self.environment}/releases", manifest)
        assert answer.status == 202, answer
        return answer.body["id"]

    def release(self, version):
        return self.to_its_end(self.begin(version))

    def release_through(self, tap, version):
        """Releases while something happens to the function; returns how many commits that made."""
        before, self.outside.tap = self.outside.head(), tap
        record = self.release(version)
        self.outside.tap = lambda moment: None
        self.expect_ended(record, "Succeeded")
        return int(self.outside.git("rev-list", "--count", f"{before}..{self.outside.head()}"))

    # ── what goes on outside ──

    def newest(self):
        """The newest commit that the outside has noticed."""
        return self.outside.head()

    def goes_on(self):
        """The outside ends well what it has begun with a commit, once for each: between two looks it is as it was."""
        if self.newest() != self.noticed:
            self.noticed = self.newest()
            self.outside.finish()

    def gives_up(self, sentence):
        """The outside gives up its newest commit."""
        self.noticed = self.newest()
        self.outside.give_up(sentence)

    def until_sent(self, before):
        """Waits until a deployment has sent its commit, and nobody has done anything with it."""
        self.until("a commit", lambda: self.newest() != before, within_s=120)
        # The local cloud says since when an alarm is red in whole seconds: of the same second it is red before the change.
        time.sleep(1)

    def to_its_end(self, deployment):
        """Waits for a deployment's ending while the outside goes on; answers its record."""

        def look():
            self.goes_on()
            return self.if_ended(deployment)

        return self.until(f"the ending of {deployment}", look, within_s=240)

    def follow_back(self):
        """An operator goes back, while the outside goes on."""
        execution = self.machine.start(action="rollback", reason="a test goes back", **self.where)
        ended = self.machine.follow(execution, 240 * self.aws.patience, on_look=self.goes_on)
        assert ended["status"] == "SUCCEEDED", ended
        self.operate(action="release_hold", reason="a test goes on", **self.where)

    def expect_ended(self, record, wanted, cause=None):
        ended = record["ending"]
        assert (ending(record), cause or ended["cause_name"]) == (wanted, ended["cause_name"]), ended
        return ended["cause"]


def as_imitated(outside, keys):
    """The variables of an imitation's function that the local cloud would set otherwise."""
    given = outside.variables()
    own = {name: value for name, value in given.items() if name not in ("PATH", "PYTHONPATH", "WORDS")}
    return {"AS_IMITATED": json.dumps({name: own.pop(name) for name in keys if name in own}), **own}


def once(moment, when, doing):
    """A tap of the imitation that does something at the first request of which `when` holds, and closes the connection."""
    open_ = [True]

    def tap(now):
        if now == moment and open_ and when():
            open_.clear()
            doing()
            raise ConnectionAbortedError

    return tap
