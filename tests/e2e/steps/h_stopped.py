"""An execution that is stopped in the middle of a change is finished by a recovery."""

from ledger import ending

TITLE = "(h) An operator stops an execution in the middle of a change, and the recovery brings it back"


def play(story):
    story.note("CI uploads 1.5.0")
    story.shop.release("1.5.0", source="1.2.1")
    deployment = story.deployment_of("1.5.0")
    story.until("a service in the middle of a rollout", lambda: rolling_out(story))
    story.note("the service is in the middle of its rollout: the operator stops the execution in the console")
    story.machine.stop(deployment["executions"][0])
    ended = story.ended(deployment["id"])
    story.expect("ending", ending(ended), "RolledBack")
    for line in ended["ending"]["cause"].split("\n"):
        story.note(f"  │ {line}")
    story.expect("it is said that the stop vetoes nothing", "so it is not vetoed" in ended["ending"]["cause"], True)
    story.expect("executions that worked for it: the stopped one and its recovery", len(ended["executions"]), 2)
    story.expect("the environment is free", story.ledger.lock().get("held"), None)
    story.expect_seen(agent="1.4.0", api="1.4.0", web="1.4.0")


def rolling_out(story):
    service = story.aws.ecs.describe_services(cluster=story.shop.cluster, services=["agent"])["services"][0]
    return any(found["rolloutState"] == "IN_PROGRESS" for found in service["deployments"])
