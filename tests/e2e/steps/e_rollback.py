"""An operator goes back, which holds automatic deployments until the hold is released."""

from ledger import ending

TITLE = "(e) An operator rolls back; automatic deployments are held, then released"


def play(story):
    done = story.operate(action="rollback", **story.where, reason="customers report wrong prices")
    story.expect("execution", done["status"], "SUCCEEDED")
    story.expect_seen(agent="1.1.0", api="1.1.0", web="1.1.0")
    story.expect("automatic deployments are held", bool(story.ledger.state().get("hold")), True)
    story.note("CI uploads 1.2.2 meanwhile")
    story.shop.release("1.2.2", source="1.2.1")
    held = story.ended(story.deployment_of("1.2.2")["id"])
    story.expect("ending of 1.2.2", (ending(held), held["ending"]["cause_name"]), ("Rejected", "Held"))
    story.note(f"  │ {held['ending']['cause']}")
    story.expect_seen(agent="1.1.0", api="1.1.0", web="1.1.0")
    done = story.operate(action="release_hold", **story.where, reason="prices are right again")
    story.expect("execution", done["status"], "SUCCEEDED")
    story.expect("automatic deployments are held", bool(story.ledger.state().get("hold")), False)
