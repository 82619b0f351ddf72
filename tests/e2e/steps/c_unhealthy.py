"""A release whose function answers with errors is measured before callers get it, and undone."""

from ledger import ending

TITLE = "(c) 1.2.0 has a function that answers with errors, and is undone"


def play(story):
    story.note("CI uploads 1.2.0")
    story.shop.release("1.2.0")
    ended = story.follow(story.deployment_of("1.2.0"))
    story.expect("ending", ending(ended), "RolledBack")
    execution = story.machine.describe(ended["executions"][0])
    story.expect("execution", execution["status"], "FAILED")
    for line in ended["ending"]["cause"].split("\n"):
        story.note(f"  │ {line}")
    story.expect("the execution's Cause carries the same sentence", execution["cause"].split("\n")[0], ended["ending"]["cause"].split("\n")[0])
    failed = [m for judgement in story.ledger.judgements(ended["id"]) for m in judgement["measurements"] if m["verdict"] == "fail"]
    story.expect("what failed", sorted({m["source"] for m in failed}), ["invocation"])
    steps = story.ledger.steps(ended["id"])
    undone = [component for component, step in steps.items() if any(change["undo"] for change in step["changes"])]
    story.expect("undone", undone, ["agent"])
    noticed = [change["what"] for change in steps["api"]["changes"] if change["switching"]]
    story.expect("what the function's callers noticed", noticed, [])
    story.expect_seen(agent="1.1.0", api="1.1.0", web="1.1.0")
