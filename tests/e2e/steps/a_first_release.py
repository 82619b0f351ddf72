"""The declaration arrives, then the first release."""

from ledger import ending

TITLE = "(a) Release 1.0.0 of all three goes live"


def play(story):
    story.note("before Windlass: " + ", ".join(f"{name} {version}" for name, version in story.shop.seen().items()))
    story.note(f"a developer uploads apps/shop/app.yaml (each step is watched for {story.shop.watched_for} instead of 30 s, so that the story is short)")
    story.shop.declare()
    story.until("the declaration in force", story.ledger.declaration)
    story.note("CI uploads the artifacts of 1.0.0, then releases/shop/prod/1.0.0.json")
    story.shop.release("1.0.0")
    ended = story.follow(story.deployment_of("1.0.0"))
    story.expect("ending", ending(ended), "Succeeded")
    story.expect_seen(agent="1.0.0", api="1.0.0", web="1.0.0")
