"""Images that arrive by themselves: several tags, none, and images whose containers crash or cannot be pulled.

Runs after the story, on the environment that it leaves behind.
"""

from ledger import ending


def push(story, version, **behaviour):
    """Pushes an image and follows the deployment that its event starts; answers its record."""
    digest = story.shop.push_image(version, **behaviour)
    story.shop.deliver_image_event(version, digest)
    return story.follow(story.deployment_of_image(digest))


def test_several_tags_of_one_image_are_one_deployment(story):
    digest = story.shop.push_image("1.6.0")
    assert story.shop.push_image("v1.6.0", content="1.6.0") == digest
    story.shop.deliver_image_event("1.6.0", digest)
    story.shop.deliver_image_event("v1.6.0", digest)
    ended = story.follow(story.deployment_of_image(digest))
    story.until_queue_is_empty()
    assert ending(ended) == "Succeeded"
    assert story.shop.running_digest() == digest
    images = [found for found in story.ledger.deployments() if digest.partition(":")[2] in str(found["release"])]
    assert [found["id"] for found in images] == [ended["id"]]


def test_an_image_without_a_tag_is_dropped(story):
    before = story.executions()
    digest = story.shop.push_image("1.7.0", content="a child of an index")
    story.shop.deliver_image_event(None, digest)
    story.until_queue_is_empty()
    assert story.executions() == before


def test_containers_that_crash_are_reported_and_undone(story):
    before = story.shop.seen()
    ended = push(story, "1.8.0", exit_code=3, exit_after=0.2)
    assert ending(ended) == "RolledBack", ended
    assert "Essential container exited (agent: exit code 3)" in ended["ending"]["cause"], ended["ending"]["cause"]
    assert story.shop.seen() == before


def test_an_image_that_cannot_be_pulled_is_reported_and_undone(story):
    before = story.shop.seen()
    ended = push(story, "1.9.0", pull_error="toomanyrequests: slow down")
    assert ending(ended) == "RolledBack", ended
    assert "CannotPullContainerError" in ended["ending"]["cause"], ended["ending"]["cause"]
    assert story.shop.seen() == before
