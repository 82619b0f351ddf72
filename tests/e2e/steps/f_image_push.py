"""An image push is a release of the container alone."""

from ledger import ending

TITLE = "(f) An image push deploys the container alone"


def play(story):
    digest = story.shop.push_image("1.3.0")
    story.note(f"CI pushes {story.shop.repository}:1.3.0")
    if story.aws.endpoint:
        story.note("the local cloud's ECR sends no event, so the documented one is delivered by hand")
        story.shop.deliver_image_event("1.3.0", digest)
    ended = story.follow(story.deployment_of("1.3.0"))
    story.expect("ending", ending(ended), "Succeeded")
    story.expect("running digest", story.shop.running_digest(), digest)
    story.expect_seen(agent="1.3.0", api="1.1.0", web="1.1.0")
