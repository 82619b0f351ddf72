"""The command line as CI runs it: the built program, with the credentials of a user who may only what docs/API.md and docs/CLI.md say."""

import dataclasses
import json
import os
import pathlib
import pty
import re
import shlex
import subprocess

from shop import REPOSITORY

# `make build` builds it beside the functions.
PROGRAM = REPOSITORY / "target" / os.environ.get("CARGO_BUILD_TARGET", "") / "debug/windlass"
ENDS_WITHIN_S = 120
# Where a user of an application uploads, for all of its environments.
PREFIXES = ("artifacts", "plans", "releases")


@dataclasses.dataclass
class Ran:
    """The end of the program, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def document(self):
        """The one document that `--json` prints."""
        return json.loads(self.out)

    def names(self, verb):
        """The arguments of each command of a verb that its words name, as a shell reads them."""
        commands = re.findall(rf"`windlass ({verb} [^`]+)`", self.out + self.err)
        return [shlex.split(command) for command in commands]


class CommandLine:
    """The program in the hands of one user, who may do everything with one application."""

    def __init__(self, aws, app, folder, credentials=None):
        """In the hands of a user who is made for it, or of whom these credentials are."""
        key = credentials or make_user(aws, app)
        self.folder = pathlib.Path(folder)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            # The repository around the tests is none of the application's.
            "GIT_CEILING_DIRECTORIES": str(self.folder.parent),
            "WINDLASS_ENDPOINT": aws.api,
            "WINDLASS_BUCKET": aws.outputs["ArtifactsBucket"],
            "AWS_ENDPOINT_URL": aws.endpoint,
            "AWS_REGION": aws.region,
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            **({"AWS_SESSION_TOKEN": key["SessionToken"]} if "SessionToken" in key else {}),
        }

    def run(self, *arguments, **variables):
        """Runs a verb to its end."""
        environment = {**self.environment, **variables}
        done = subprocess.run(
            [PROGRAM, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=ENDS_WITHIN_S, check=False
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def at_a_terminal(self, typed, *arguments, folder=None):
        """Runs a verb whose questions a person answers with what is typed."""
        person, terminal = pty.openpty()
        program = subprocess.Popen(
            [PROGRAM, *arguments], cwd=folder or self.folder, env=self.environment, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        os.write(person, typed.encode())
        try:
            out, err = program.communicate(timeout=ENDS_WITHIN_S)
        finally:
            program.kill()
            os.close(person)
            os.close(terminal)
        return Ran(program.returncode, out, err)

    def begin(self, *arguments):
        """Begins a verb; its lines can be read while it runs."""
        return subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True)

    def json(self, *arguments):
        return self.run(*arguments, "--json")

    def may_declare(self, aws, app):
        """Lets the user put declarations of the application in force."""
        place = f"arn:aws:s3:::{aws.outputs['ArtifactsBucket']}/apps/{app}/*"
        statement = {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": place}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        aws.iam.put_user_policy(UserName=f"ci-of-{app}", PolicyName="declare", PolicyDocument=document)


def make_user(aws, app):
    """A user who may what docs/API.md, "Who may call what", and docs/CLI.md say, for one application; answers their key."""
    bucket = aws.outputs["ArtifactsBucket"]
    api = f"arn:aws:execute-api:{aws.region}:000000000000:{aws.outputs['ApiId']}"
    statements = [
        {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [f"{api}/*/*/apps/{app}/*"]},
        *({"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": f"arn:aws:s3:::{bucket}/{prefix}/{app}/*"} for prefix in PREFIXES),
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"},
    ]
    name = f"ci-of-{app}"
    aws.iam.create_user(UserName=name)
    aws.iam.put_user_policy(UserName=name, PolicyName="release", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return aws.iam.create_access_key(UserName=name)["AccessKey"]
