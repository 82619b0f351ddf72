"""The fix is not held up by the release that failed."""

from ledger import ending

TITLE = "(d) The fix 1.2.1 goes live at once"


def play(story):
    story.note("CI uploads 1.2.1")
    story.shop.release("1.2.1")
    ended = story.follow(story.deployment_of("1.2.1"))
    story.expect("ending", ending(ended), "Succeeded")
    story.expect_seen(agent="1.2.1", api="1.2.1", web="1.2.1")
