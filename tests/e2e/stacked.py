"""An application of the tests one of whose components, `infra`, is a stack: its releases make it and change it."""

import json
import os
import subprocess

import yaml
from application import Application
from botocore.exceptions import ClientError
from command_line import CommandLine

ENVIRONMENT = "bay"
# Fails two seconds after all else of its template is changed, because nobody signals.
LEVER = {
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Lever": {"Type": "AWS::CloudFormation::WaitCondition", "DependsOn": "Note", "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "2"}},
}


class Stacked(Application):
    """The application in its one environment, with the command line of its team."""

    def __init__(self, aws, app, folder, environment=ENVIRONMENT):
        super().__init__(aws, app, environment)
        self.folder = folder
        self.windlass = CommandLine(aws, app, folder)
        self.stack = f"{app}-{environment}"

    def declare_with(self, gates=None, infra=(), **components):
        """Declares the stack, and other components."""
        stack = {"kind": "cloudformation", "stack": self.app + "-{environment}", "role": f"windlass-stack-{self.app}", **dict(infra)}
        environments = {self.environment: {"deploy": {"branch": "main"}, "sources": ["api"]}}
        self.declare({"app": self.app, "version": "1.0.0", "environments": environments, "components": {"infra": stack, **components}, "gates": gates or {}})

    def noted(self, note, **resources):
        """A template with a note, which everybody can read, and further resources. The note is the last of all that is changed."""
        name = f"/{self.app}/note"
        noted = {"Type": "AWS::SSM::Parameter", "DependsOn": sorted(resources.keys() - LEVER.keys()), "Properties": {"Name": name, "Type": "String", "Value": note}}
        return {"Resources": {**resources, "Note": noted}}

    def built(self, version, template, **components):
        """Builds a release into the folder, of other components these files; answers the command line's arguments for it."""
        arguments = self.in_folder(self.folder, version, **components)
        place = self.folder / version / "template.yaml"
        place.parent.mkdir(exist_ok=True)
        place.write_text(yaml.safe_dump(template, sort_keys=False))
        return [*arguments, f"infra={version}/template.yaml", "--git-ref", "refs/heads/main"]

    def release(self, *arguments):
        """Releases it, and watches that to its end; answers the end of the program."""
        return self.windlass.json(*arguments, "--watch")

    def change_by_hand(self, template):
        """Somebody else changes the stack."""
        named = {"StackName": self.stack, "ChangeSetName": "by-hand"}
        self.aws.cloudformation.create_change_set(**named, TemplateBody=json.dumps(template))
        self.aws.cloudformation.execute_change_set(**named)
        self.aws.cloudformation.get_waiter("stack_update_complete").wait(StackName=self.stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def run(self, *command, **variables):
        """Runs a program of a developer in the folder."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", **variables}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (done.stdout, done.stderr)

    def goes_back(self):
        """An operator rolls it back."""
        done = self.operate(action="rollback", reason="as the test says", **self.where)
        assert done["status"] == "SUCCEEDED", done
        self.operate(action="release_hold", reason="as the test says", **self.where)

    # ── what is seen from outside ──

    def described(self):
        """The stack as CloudFormation describes it; None where there is none."""
        try:
            (stack,) = self.aws.cloudformation.describe_stacks(StackName=self.stack)["Stacks"]
        except ClientError as error:
            assert "does not exist" in str(error), error
            return None
        return stack

    def waiting(self):
        """The change sets that could be executed."""
        listed = self.aws.cloudformation.list_change_sets(StackName=self.stack)["Summaries"]
        return [found["ChangeSetName"] for found in listed if found["ExecutionStatus"] == "AVAILABLE"]

    def notes(self):
        """Whatever the note has said, oldest first."""
        found = self.aws.ssm.get_parameter_history(Name=f"/{self.app}/note")["Parameters"]
        return [version["Value"] for version in sorted(found, key=lambda version: version["Version"])]


def ended(ran):
    """The exit status, and the ending with the name of its cause."""
    ending = ran.document["deployment"]["ending"]
    return ran.status, ending["ending"], ending["cause_name"]
