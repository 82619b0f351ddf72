"""The same request twice is one deployment."""

from ledger import ending

TITLE = "(g) CI POSTs the same release twice and gets one deployment"


def play(story):
    manifest = story.shop.build("1.4.0", source="1.2.1")
    story.note("CI uploads the artifacts of 1.4.0, and POSTs the manifest, twice")
    asked = story.aws.call_api("GET", f"/apps/shop/environments?ref={manifest['git']['ref']}")
    story.expect("the environment that its Git ref chooses", asked.body["chosen"], story.shop.environment)
    path = f"/apps/shop/environments/{asked.body['chosen']}/releases"
    first = story.aws.call_api("POST", path, manifest)
    at_once = story.aws.call_api("GET", f"/apps/shop/deployments/{first.body['id']}")
    second = story.aws.call_api("POST", path, manifest)
    story.expect("status of both answers", (first.status, second.status), (202, 202))
    story.expect("the status address answers at once", at_once.status in (200, 202), True)
    story.expect("the second answer's id is the first's", second.body["id"], first.body["id"])
    ended = story.follow(story.deployment_of("1.4.0"))
    story.expect("ending", ending(ended), "Succeeded")
    count = sum(found["release"]["version"] == "1.4.0" for found in story.ledger.deployments())
    story.expect("deployments of 1.4.0", count, 1)
    story.expect_seen(agent="1.4.0", api="1.4.0", web="1.4.0")
