"""A second release, whose function gets traffic in two steps."""

from ledger import ending

TITLE = "(b) 1.1.0 goes live with the function shifted in two steps"


def play(story):
    story.note("CI uploads 1.1.0")
    story.shop.release("1.1.0")
    shares = []

    def look():
        for share in story.shop.alias()[1].values():
            if share not in shares:
                shares.append(share)

    ended = story.follow(story.deployment_of("1.1.0"), look)
    story.expect("ending", ending(ended), "Succeeded")
    story.expect("shares of traffic that the new version had on its way", shares, [0.1, 0.5])
    story.expect_seen(agent="1.1.0", api="1.1.0", web="1.1.0")
