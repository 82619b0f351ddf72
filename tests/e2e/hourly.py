"""The hourly look at an environment, which comes when a test says so: in the ledger as much time has passed as it waits for."""

import time

import schedules

HOUR_MS = 60 * 60 * 1000
# A run of the schedule looks at the other applications of the installation as well.
LOOKS_WITHIN_S = 120


def look(application):
    """The schedule comes until an hourly look at the environment has ended; answers what is kept of it."""
    before = kept(application).get("looked")

    def made():
        pass_hours(application, 1)
        schedules.come(application.aws, "RecoverySchedule")
        return kept(application).get("looked") != before and kept(application)

    return application.until("an hourly look", made, LOOKS_WITHIN_S)


def look_twice(application):
    """A look asks for a check of the way back, and once that has ended another look reads what it found."""
    look(application)
    place = {"stateMachineArn": application.aws.outputs["ReleaseMachineArn"], "statusFilter": "RUNNING"}

    def have_ended():
        running = application.aws.stepfunctions.list_executions(**place)["executions"]
        return not any(execution["name"].startswith("check-") for execution in running)

    application.until("the end of the check", have_ended)
    look(application)


def kept(application):
    """Returns what the ledger has of the hourly looks; nothing before the schedule knows the environment."""
    return application.ledger.item(*place(application)) or {}


def place(application):
    return f"look#{application.app}/{application.environment}", "hourly_look"


def pass_hours(application, hours):
    """The last deployment ended so long ago, what was restored was so earlier, and a look is due."""
    ledger, passed = application.ledger, hours * HOUR_MS
    then = int(time.time() * 1000) - passed
    partition = f"env#{application.app}/{application.environment}"
    if ledger.lock().get("freed", 0) > then:
        ledger.change(partition, "lock", freed=then)
    restored = ledger.state().get("restored")
    if restored:
        ledger.change(partition, "state", restored=[{**one, "at": one["at"] - passed} for one in restored])
    if kept(application).get("due", 0) > then:
        ledger.change(*place(application), due=then, index_sk=f"{then:015}#{application.app}/{application.environment}")
