"""Takes away what a story made in an account: its stacks, and what they keep or leave."""

import contextlib
import time

from botocore.exceptions import ClientError

WITHIN_S = 3600
GONE = ("NoSuchBucket", "ResourceNotFoundException", "ValidationError", "404")
KEPT = {"AWS::S3::Bucket": "bucket", "AWS::DynamoDB::Table": "table", "AWS::Logs::LogGroup": "log group", "AWS::Lambda::Function": "log of the function"}


class Cleaning:
    """Cleans one account; what could not be taken away is listed, and the rest is taken away all the same."""

    def __init__(self, aws, say):
        self.aws = aws
        self.say = say
        self.left = []

    def stacks(self, *names):
        """Deletes stacks, all at once, then what they keep."""
        kept = [found for name in names for found in self.kept(name)]
        for kind, physical in kept:
            # A bucket that a stack deletes must be empty, and a table not protected.
            if kind == "bucket":
                self.attempt(f"what is in {physical}", lambda bucket=physical: self.empty(bucket))
            if kind == "table":
                self.attempt(f"the protection of {physical}", lambda table=physical: self.unprotect(table))
        for name in names:
            # Below it is waited for, and tried again.
            with contextlib.suppress(ClientError):
                self.aws.cloudformation.delete_stack(StackName=name)
        for name in names:
            for kind, physical in kept:
                if kind == "bucket":
                    # What still ran may have written to it.
                    self.attempt(f"what is in {physical}", lambda bucket=physical: self.empty(bucket))
            self.attempt(f"the stack {name}", lambda name=name: self.stack(name))
        for kind, physical in kept:
            self.attempt(f"the {kind} {physical}", lambda kind=kind, physical=physical: getattr(self, kind.replace(" ", "_"))(physical))

    def attempt(self, what, work):
        try:
            work()
            self.say(f"taken away: {what}")
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                self.left.append(f"{what}: {error}")
        except Exception as error:  # Whatever it is, the rest goes on.
            self.left.append(f"{what}: {error}")

    def kept(self, stack):
        """Returns what of a stack is not gone with it, or must be emptied before."""
        try:
            found = self.aws.cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
        except ClientError:
            return []
        return [(KEPT[one["ResourceType"]], one["PhysicalResourceId"]) for one in found if one["ResourceType"] in KEPT and one.get("PhysicalResourceId")]

    def stack(self, name):
        self.aws.cloudformation.delete_stack(StackName=name)
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            try:
                (found,) = self.aws.cloudformation.describe_stacks(StackName=name)["Stacks"]
            except ClientError:
                return
            if found["StackStatus"] == "DELETE_COMPLETE":
                return
            if found["StackStatus"] == "DELETE_FAILED":
                raise RuntimeError(found.get("StackStatusReason", "it could not be deleted"))
            time.sleep(0.2 if self.aws.endpoint else 10)
        raise RuntimeError(f"not deleted within {WITHIN_S} s")

    def empty(self, bucket):
        for page in self.aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            there = [{"Key": found["Key"], "VersionId": found["VersionId"]} for kind in ("Versions", "DeleteMarkers") for found in page.get(kind, [])]
            if there:
                self.aws.s3.delete_objects(Bucket=bucket, Delete={"Objects": there, "Quiet": True})

    def bucket(self, name):
        self.empty(name)
        self.aws.s3.delete_bucket(Bucket=name)

    def table(self, name):
        self.unprotect(name)
        self.aws.dynamodb.delete_table(TableName=name)

    def unprotect(self, table):
        """The ledger is protected where Windlass is installed as people install it (DeletionProtection)."""
        found = self.aws.dynamodb.describe_table(TableName=table)["Table"]
        if found.get("DeletionProtectionEnabled"):
            self.aws.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
            waiter = self.aws.dynamodb.get_waiter("table_exists")
            waiter.wait(TableName=table, WaiterConfig={"Delay": 2, "MaxAttempts": 60})

    def log_group(self, name):
        self.aws.logs.delete_log_group(logGroupName=name)

    def log_of_the_function(self, name):
        """Lambda makes it at the first call where nobody else did, and leaves it."""
        self.log_group(f"/aws/lambda/{name}")

    def task_definitions(self, family):
        """Those that Windlass registered beside the stack's."""
        for page in self.aws.ecs.get_paginator("list_task_definitions").paginate(familyPrefix=family):
            for arn in page["taskDefinitionArns"]:
                self.aws.ecs.deregister_task_definition(taskDefinition=arn)
