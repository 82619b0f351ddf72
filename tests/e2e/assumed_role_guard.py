"""The guard of a stand-in of an account: lets in that account itself, and who has assumed a role there, as far as the role's policies say.

The local cloud checks each call that reaches it; what a stand-in answers it does not see. It is asked how it reads the role's policies. What an
action names is that of the Service Authorization Reference, but where enforced.py has what the local cloud looks at.
"""

import re

from enforced import CHECKED_AS

REGION = "us-east-1"
# Actions of CodeDeploy that name a deployment group.
OF_A_GROUP = {"GetDeploymentGroup", "ListDeployments", "CreateDeployment"}


class Gatehouse:
    """The guard of what is in one account."""

    def __init__(self, aws, account):
        self.account = account
        self.iam = aws.client("iam", account)
        # The role of each access key that was given out.
        self.roles = {}

    def learn(self, answered):
        """Reads an answer that may be one of AssumeRole."""
        key, role = re.search(rb"<AccessKeyId>(\w+)<", answered), re.search(rb":(\d{12}):assumed-role/([\w-]+)/", answered)
        if key and role and role[1].decode() == self.account:
            self.roles[key[1].decode()] = role[2].decode()

    def refuses(self, call, service, operation, asked):
        """Why a call is refused; None where it may be made."""
        key = re.search(r"Credential=(\w+)/", call.headers["authorization"])[1]
        if key == self.account:
            return None
        role = self.roles.get(key)
        for action, resource in self.needed(service, operation, asked):
            if not (role and self.may(role, action, resource)):
                who = f"arn:aws:sts::{self.account}:assumed-role/{role}"
                return f"User: {who} is not authorized to perform: {action} on resource: {resource}"
        return None

    def may(self, role, action, resource):
        about = {"PolicySourceArn": f"arn:aws:iam::{self.account}:role/{role}", "ActionNames": [action], "ResourceArns": [resource]}
        (found,) = self.iam.simulate_principal_policy(**about)["EvaluationResults"]
        return found["EvalDecision"] == "allowed"

    def needed(self, service, operation, asked):
        """Each action that a call needs, and on what."""
        yield f"{service}:{operation}", self.named(service, operation, asked)
        if (service, operation) == ("codedeploy", "CreateDeployment"):
            yield "codedeploy:GetDeploymentConfig", self.arn(service, "deploymentconfig:any")
            yield "codedeploy:RegisterApplicationRevision", self.arn(service, f"application:{asked['applicationName']}")

    def named(self, service, operation, asked):
        if f"{service}:{operation}" in CHECKED_AS:
            return self.arn(service, f"cluster/{asked['cluster'].rpartition('/')[2]}")
        if "serviceDeploymentArn" in asked:
            return asked["serviceDeploymentArn"]
        if operation in OF_A_GROUP:
            return self.arn(service, f"deploymentgroup:{asked['applicationName']}/{asked['deploymentGroupName']}")
        if operation == "GetDeployment":
            return self.arn(service, "deploymentgroup:any/any")
        if operation == "GetDeploymentConfig":
            return self.arn(service, f"deploymentconfig:{asked['deploymentConfigName']}")
        return self.arn(service, f"application:{asked['applicationName']}") if "applicationName" in asked else "*"

    def arn(self, service, what):
        return f"arn:aws:{service}:{REGION}:{self.account}:{what}"
