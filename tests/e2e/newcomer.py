"""Somebody who brings an application to Windlass: a repository, an account in which the application lives, and the rights of a developer."""

import json
import os
import subprocess

from command_line import PROGRAM, CommandLine
from shop import REPOSITORY

GOOD = 0
# What docs/CLI.md says that `init` needs to see the account.
SEES = [
    "lambda:ListFunctions", "ecs:ListClusters", "ecs:ListServices", "cloudfront:ListDistributions", "tag:GetResources", "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition", "elasticloadbalancing:DescribeTargetGroups",
]  # fmt: skip
# What a developer of the application may besides, and what the script of the targets does.
MENDS = [
    "lambda:GetAlias", "lambda:CreateAlias", "lambda:PublishVersion", "lambda:TagResource", "s3:PutBucketVersioning", "s3:GetBucketTagging",
    "s3:PutBucketTagging", "cloudfront:TagResource", "ecs:TagResource", "tag:TagResources",
]  # fmt: skip
# What docs/CLI.md says that `logs` needs.
READS_LOGS = ["logs:FilterLogEvents", "lambda:GetFunctionConfiguration", "ecs:DescribeTaskDefinition", "ecs:ListTasks", "ecs:DescribeTasks"]
# A release of a function is watched twice for three minutes.
TYPED_WITHIN_S = 540


class Newcomer:
    """A developer of an application; `aws`, `app` and `folder` are the application's."""

    def make_repository(self, files, branch="main"):
        """The repository with these files in it, committed, of a project on GitHub."""
        for path, text in files.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        who = ["-c", "user.name=ann", "-c", "user.email=ann@example.com"]
        remote = f"git@github.com:example/{self.app}.git"
        for words in (["init", "-q", "-b", branch, "."], ["remote", "add", "origin", remote], ["add", "."], [*who, "commit", "-qm", "as it is"]):
            subprocess.run(["git", *words], cwd=self.folder, check=True)

    def make_developer(self):
        """Credentials that may what docs/CLI.md says, and nothing of what Windlass may."""
        self.commands = []
        self.windlass = CommandLine(self.aws, self.app, self.folder)
        for variable in ("WINDLASS_ENDPOINT", "WINDLASS_BUCKET"):
            del self.windlass.environment[variable]
        self.windlass.environment["PATH"] = os.pathsep.join([str(REPOSITORY / ".local/sam/bin"), str(PROGRAM.parent), os.environ["PATH"]])
        user = f"ci-of-{self.app}"
        self.aws.iam.attach_user_policy(UserName=user, PolicyArn=self.aws.outputs["ReaderPolicyArn"])
        declares = {"Action": ["s3:PutObject", "s3:GetObject"], "Resource": f"arn:aws:s3:::{self.aws.outputs['ArtifactsBucket']}/apps/{self.app}/*"}
        allowed = [{"Effect": "Allow", **declares}, {"Effect": "Allow", "Action": [*SEES, *MENDS], "Resource": "*"}]
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        self.aws.iam.put_user_policy(UserName=user, PolicyName="develop", PolicyDocument=document)

    def let_read_logs(self):
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": READS_LOGS, "Resource": "*"}]}
        self.aws.iam.put_user_policy(UserName=f"ci-of-{self.app}", PolicyName="logs", PolicyDocument=json.dumps(document))

    def type(self, command):
        """Types a command, which is counted; answers what it printed."""
        self.commands.append(command)
        done = subprocess.run(
            command, shell=True, executable="/bin/bash", cwd=self.folder, env=self.windlass.environment, capture_output=True, text=True, timeout=TYPED_WITHIN_S, check=False
        )
        print(f"$ {command}\n{done.stdout}{done.stderr}")
        assert done.returncode == GOOD, (command, done.stdout, done.stderr)
        return done.stdout
