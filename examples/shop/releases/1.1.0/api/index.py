"""The shop's API: says whether it is well, and what things cost."""

import json

VERSION = "1.1.0"
PRICES = {"tea": 3, "coffee": 4}


def handler(event, context):
    path = event.get("rawPath", "/")
    # API Gateway puts the stage before the path.
    parts = [part for part in path.split("/") if part and part != "shop"]
    if parts == ["health"]:
        return answer(200, {"version": VERSION})
    if len(parts) == 2 and parts[0] == "prices" and parts[1] in PRICES:
        return answer(200, {"version": VERSION, "price": PRICES[parts[1]]})
    return answer(404, {"error": f"there is nothing at {path}"})


def answer(status, body):
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
