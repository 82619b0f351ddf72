"""A function that answers its version: what docs/local-cloud.md deploys on the local cloud."""

import json

VERSION = "1.0.0"


def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"version": VERSION})}
