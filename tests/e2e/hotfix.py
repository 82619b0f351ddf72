"""A release of the sample application's function alone, as CI asks for it."""

from shop import made_zip

WHERE = {"app": "shop", "environment": "prod"}
FUNCTION = {"FunctionName": "shop-api-prod", "Name": "live"}
GOOD = 'def handler(event, context):\n    return {{"statusCode": 200, "body": "{version}"}}\n'


def release(story, version, code=GOOD):
    """CI POSTs the release; answers its deployment."""
    key = f"artifacts/shop/{story.shop.environment}/api/{version}.zip"
    story.shop.upload(key, made_zip({"index.py": code.format(version=version)}))
    manifest = {"version": version, "git": {"ref": f"refs/tags/v{version}"}, "components": {"api": story.shop.pinned(key)}}
    answer = story.aws.call_api("POST", f"/apps/shop/environments/{story.shop.environment}/releases", manifest)
    assert answer.status == 202, answer
    return story.until(f"a record of {version}", lambda: story.ledger.deployment(answer.body["id"]))
