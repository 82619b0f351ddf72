"""The rights that an installation needs on the local cloud alone, because it enforces IAM otherwise than AWS does; the template does not have them.

Each entry was seen in MiniStack 1.5.33, and is to be looked at again when that version changes.
"""

# What the local cloud checks otherwise is adapted here and not in the template: on AWS more would be allowed than
# AWS asks for.

import json

# Actions that are checked otherwise than the Service Authorization Reference says: as which action, on which resource.
CHECKED_AS = {
    # AWS: repository; checked there on `*`, because the request has a list of names.
    "ecr:DescribeRepositories": ("ecr:DescribeRepositories", "*"),
    # AWS: repository; checked there on `*`, because its ARN is a parameter.
    "ecr:ListTagsForResource": ("ecr:ListTagsForResource", "*"),
    # AWS: topic; checked there on `*`, because its ARN is a parameter.
    "sns:ListTagsForResource": ("sns:ListTagsForResource", "*"),
    # AWS: service or task; checked there on the cluster.
    "ecs:DescribeServices": ("ecs:DescribeServices", "arn:aws:ecs:*:*:cluster/*"),
    "ecs:DescribeTasks": ("ecs:DescribeTasks", "arn:aws:ecs:*:*:cluster/*"),
    # AWS: cluster; checked there on `*`, because the request has a list of names.
    "ecs:DescribeClusters": ("ecs:DescribeClusters", "*"),
    # AWS: task definition; checked there on the cluster.
    "ecs:RunTask": ("ecs:RunTask", "arn:aws:ecs:*:*:cluster/*"),
    # AWS: task, with its tags; checked there on the cluster, whose tags are others.
    "ecs:StopTask": ("ecs:StopTask", "arn:aws:ecs:*:*:cluster/*"),
    "ecs:UpdateService": ("ecs:UpdateService", "arn:aws:ecs:*:*:cluster/*"),
    # AWS: distribution; checked there on `*`, because its ARN is a parameter.
    "cloudfront:ListTagsForResource": ("cloudfront:ListTagsForResource", "*"),
    # AWS: distribution, with its tags; there a distribution's tags are not known to IAM.
    "cloudfront:GetDistribution": ("cloudfront:GetDistribution", "arn:aws:cloudfront::*:distribution/*"),
    "cloudfront:GetDistributionConfig": ("cloudfront:GetDistributionConfig", "arn:aws:cloudfront::*:distribution/*"),
    "cloudfront:GetInvalidation": ("cloudfront:GetInvalidation", "arn:aws:cloudfront::*:distribution/*"),
    "cloudfront:UpdateDistribution": ("cloudfront:UpdateDistribution", "arn:aws:cloudfront::*:distribution/*"),
    "cloudfront:CreateInvalidation": ("cloudfront:CreateInvalidation", "arn:aws:cloudfront::*:distribution/*"),
    # AWS: state machine, which Step Functions reads from the token; checked there on `*`, because the request names none.
    "states:SendTaskSuccess": ("states:SendTaskSuccess", "*"),
    # AWS: log group, with its tags; there a log group's tags are not known to IAM.
    "logs:StartQuery": ("logs:StartQuery", "*"),
    "logs:FilterLogEvents": ("logs:FilterLogEvents", "*"),
    # AWS: environment, with its tags; there an environment's tags are not known to IAM.
    "appconfig:StartDeployment": ("appconfig:StartDeployment", "arn:aws:appconfig:*:*:application/*"),
    "appconfig:StopDeployment": ("appconfig:StopDeployment", "arn:aws:appconfig:*:*:application/*"),
    # AWS: environment; checked there on `*`, because its ARN is in the path.
    "appconfig:ListTagsForResource": ("appconfig:ListTagsForResource", "*"),
    # AWS: role; checked there on `*`, because its ARN is a parameter.
    "iam:SimulatePrincipalPolicy": ("iam:SimulatePrincipalPolicy", "*"),
    # AWS: stack; checked there on `*`, because the request names a change set alone.
    "cloudformation:DescribeChangeSet": ("cloudformation:DescribeChangeSet", "*"),
    "cloudformation:DescribeEvents": ("cloudformation:DescribeEvents", "*"),
    "cloudformation:ExecuteChangeSet": ("cloudformation:ExecuteChangeSet", "*"),
    "cloudformation:DeleteChangeSet": ("cloudformation:DeleteChangeSet", "*"),
    # AWS: stack, with its tags, the role and the change set's name; there none of them is known to IAM.
    "cloudformation:CreateChangeSet": ("cloudformation:CreateChangeSet", "arn:aws:cloudformation:*:*:stack/*"),
    "cloudformation:CancelUpdateStack": ("cloudformation:CancelUpdateStack", "arn:aws:cloudformation:*:*:stack/*"),
    "cloudformation:ContinueUpdateRollback": ("cloudformation:ContinueUpdateRollback", "arn:aws:cloudformation:*:*:stack/*"),
    "cloudformation:DeleteStack": ("cloudformation:DeleteStack", "arn:aws:cloudformation:*:*:stack/*"),
    # AWS: what one message needs; checked there as the call is called.
    "sqs:SendMessage": ("sqs:SendMessageBatch", "arn:aws:sqs:*:*:*"),
    # AWS: as what they are called; checked there as the listing of aliases.
    "lambda:GetAlias": ("lambda:ListAliases", "arn:aws:lambda:*:*:function:*"),
}


def adapt(clients, stack):
    """Adapts an installation to the local cloud."""
    allow_plain_http(clients)
    let_sessions_write_beside_access_files(clients)
    resources = clients.cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    for resource in resources:
        if resource["ResourceType"] == "AWS::IAM::Role":
            allow_where_it_is_checked(clients.iam, resource["PhysicalResourceId"])


def allow_plain_http(clients):
    """The local cloud speaks plain HTTP, which the artifacts bucket refuses: takes that one statement away."""
    place = {"Bucket": clients.outputs["ArtifactsBucket"]}
    policy = json.loads(clients.s3.get_bucket_policy(**place)["Policy"])
    (refusal,) = [statement for statement in policy["Statement"] if statement["Sid"] == "TlsOnly"]
    policy["Statement"].remove(refusal)
    clients.s3.put_bucket_policy(**place, Policy=json.dumps(policy))


def let_sessions_write_beside_access_files(clients):
    """In a bucket's policy, too, `aws:PrincipalArn` is a role's session there: those of intake, which writes its findings below `access/`, are
    let in as the role is on AWS."""
    place = {"Bucket": clients.outputs["ArtifactsBucket"]}
    policy = json.loads(clients.s3.get_bucket_policy(**place)["Policy"])
    (refusal,) = [statement for statement in policy["Statement"] if statement["Sid"] == "AccessOfWriters"]
    callers = refusal["Condition"]["ArnNotLike"]
    arns = callers["aws:PrincipalArn"]
    arns = [arns] if isinstance(arns, str) else arns
    callers["aws:PrincipalArn"] = arns + [f"{session_of(arn)}/*" for arn in arns if ":role/" in arn]
    clients.s3.put_bucket_policy(**place, Policy=json.dumps(policy))


def session_of(role):
    """A role's ARN as that of a session of it begins."""
    return role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")


def allow_where_it_is_checked(iam, role):
    """Lets a role do what it may do by the template where the local cloud checks it, and nothing else."""
    own = actions_of(iam, role)
    statements = [{"Effect": "Allow", "Action": action, "Resource": resource} for called, (action, resource) in CHECKED_AS.items() if called in own]
    if statements:
        document = {"Version": "2012-10-17", "Statement": statements}
        iam.put_role_policy(RoleName=role, PolicyName="local-cloud", PolicyDocument=json.dumps(document))


def name_sessions(iam, role):
    """In a trust policy `aws:PrincipalArn` is the caller's role on AWS, and its session there: lets both stand for each other."""
    policy = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    for statement in policy["Statement"]:
        callers = statement["Condition"]["ArnLike"]
        pattern = callers["aws:PrincipalArn"]
        callers["aws:PrincipalArn"] = [pattern, session_of(pattern)]
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(policy))


def actions_of(iam, role):
    """The actions that a role's policies allow."""
    actions = [statement["Action"] for _, document in documents_of(iam, role) for statement in document["Statement"] if statement["Effect"] == "Allow"]
    return {action for group in actions for action in (group if isinstance(group, list) else [group])}


def documents_of(iam, role):
    """The policies of a role: each with its name."""
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        yield name, iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        policy = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        yield attached["PolicyName"], version["PolicyVersion"]["Document"]
