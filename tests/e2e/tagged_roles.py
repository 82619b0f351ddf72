"""Roles with the managed policies of the template, as people tag them for an application and an environment."""

import contextlib
import json
import re

from botocore.credentials import Credentials

ANYBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}


def document_of(aws, output):
    """The document of the managed policy that an output of the installation names."""
    arn = aws.outputs[output]
    version = aws.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = aws.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return document if isinstance(document, dict) else json.loads(document)


def filled(document, tags):
    """A policy as IAM reads it for a role with these tags: the local cloud knows no policy variables. One without a value matches nothing."""
    text = json.dumps(document)
    return json.loads(re.sub(r"\$\{aws:PrincipalTag/([^}]+)\}", lambda tag: tags.get(tag[1], "no-value"), text))


def session(credentials):
    """The credentials of a role as the command line takes them."""
    return {"AccessKeyId": credentials.access_key, "SecretAccessKey": credentials.secret_key, "SessionToken": credentials.token}


@contextlib.contextmanager
def tagged_roles(story, policies, tags):
    """While it lasts there is a role for each policy, by its output; answers the credentials of each."""
    iam, sts = story.aws.iam, story.aws.client("sts")
    names = {policy: f"{tags['windlass:environment']}-caller-{policy}" for policy in policies}
    credentials = {}
    for policy, output in policies.items():
        role = iam.create_role(
            RoleName=names[policy], AssumeRolePolicyDocument=json.dumps(ANYBODY), Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )["Role"]
        document = filled(document_of(story.aws, output), tags)
        iam.put_role_policy(RoleName=names[policy], PolicyName="as-filled-in", PolicyDocument=json.dumps(document))
        given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName=policy)["Credentials"]
        credentials[policy] = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    yield credentials
    for name in names.values():
        iam.delete_role_policy(RoleName=name, PolicyName="as-filled-in")
        iam.delete_role(RoleName=name)
