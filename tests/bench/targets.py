"""Targets on the local cloud, as infrastructure code would have made them: a site, a function with an alias, a service."""

import io
import json
import zipfile

APP = "yard"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ROLE = "arn:aws:iam::000000000000:role/yard"


def tags(environment, app=APP):
    """Returns what says whose a target is."""
    return {"windlass:app": app, "windlass:environment": environment}


def listed(named, key="Key", value="Value"):
    return [{key: name, value: text} for name, text in named.items()]


def make_bucket(s3, name, environment, app=APP):
    """A bucket that keeps versions."""
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": listed(tags(environment, app))})


def make_distribution(aws, bucket, environment, app=APP):
    """A distribution over a bucket that lets it read; answers its id and its domain."""
    access = {"Name": bucket, "OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4"}
    control = aws.cloudfront.create_origin_access_control(OriginAccessControlConfig=access)["OriginAccessControl"]["Id"]
    origin = {
        "Id": "site",
        "DomainName": f"{bucket}.s3.{aws.region}.amazonaws.com",
        "OriginAccessControlId": control,
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    config = {
        "CallerReference": bucket,
        "Comment": "",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED},
    }
    answer = aws.cloudfront.create_distribution_with_tags(DistributionConfigWithTags={"DistributionConfig": config, "Tags": {"Items": listed(tags(environment, app))}})
    distribution = answer["Distribution"]
    reads = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"aws:SourceArn": distribution["ARN"]}},
    }
    policy = {"Version": "2012-10-17", "Statement": [reads]}
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    return distribution["Id"], distribution["DomainName"]


def make_function(aws, name, environment):
    """A function whose version 1 is behind the alias `live`."""
    aws.lambda_.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": code("before")},
        Publish=True,
        Tags=tags(environment),
    )
    aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")


def code(version):
    """A function's code that answers with its version."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("app.py", (1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, f'def handler(event, context):\n    return {{"statusCode": 200, "body": "{version}"}}\n')
    return buffer.getvalue()


ROLLS = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


def make_service(aws, cluster, image, environment, configuration=None):
    """A service of one task, which rolls unless its deployment configuration says otherwise."""
    aws.ecs.create_cluster(clusterName=cluster)
    aws.ecs.register_task_definition(
        family=cluster,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::000000000000:role/windlass-task-yard",
        containerDefinitions=[{"name": "agent", "image": image, "essential": True}],
    )
    aws.ecs.create_service(
        cluster=cluster,
        serviceName="agent",
        taskDefinition=cluster,
        launchType="FARGATE",
        desiredCount=1,
        deploymentConfiguration=configuration or ROLLS,
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-00000000000000000"], "assignPublicIp": "ENABLED"}},
        tags=listed(tags(environment), "key", "value"),
    )
