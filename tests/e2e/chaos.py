"""Real deployments in several environments at once, while everything goes wrong: `make chaos`.

    python tests/e2e/chaos.py [--home .local/chaos] [--report target/chaos.json] [--rounds 10] [--rate 0.02] [--seed 1]

Executions are stopped, functions' processes are killed, and a proxy between functions and cloud drops answers, resets
connections, answers 503 and throttles. When all deployments were asked for nothing goes wrong any more; then every
deployment must have an ending, every refusal a cause that these faults explain, every target must be what its record says,
every lock and every dead letter must be free or explained, and nothing may wait; and there must have been enough
deployments, and every sort of fault. Ends with status 0 only then.
"""

# Truth is judged afterwards, in calm: what is being mended would be reported as wrong.

import argparse
import collections
import json
import pathlib
import random
import sys
import threading
import time

import cloud
import install
from aws import Aws
from faulty_proxy import KINDS, FaultyProxy
from fleet import ENVIRONMENTS, IMAGES, Captain, Fleet, Releases
from ledger import ending
from left_behind import taken
from mayhem import STRIKES, Mayhem, Schedule

CALM_WITHIN_S = 1200
# How many deployments must have begun for the run to show something.
AT_LEAST = 60
BEFORE = {"page": "nothing", "jobs": "before windlass"}
# Why a deployment may be refused here: its execution was stopped before it had changed anything, the calls of its first
# state, or of the one in which it waits, were refused for too long, it came behind one that could not be undone, or an
# operator asked to go back where nothing older had succeeded yet.
REFUSED_FOR = {"Chaos", "Unsettled", "CouldNotWait", "NeedsOperator", "NothingToGoBackTo"}


def main():
    options = read_options()
    home = options.home.resolve()
    cloud.down(home)
    description = cloud.up(home, 0, wait_scale=0.1)
    try:
        broken = storm(options, home, description)
    finally:
        cloud.down(home)
    if broken:
        sys.exit("\n".join(["chaos: not everything came to a good end", *broken]))


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=pathlib.Path, default=cloud.REPOSITORY / ".local/chaos")
    parser.add_argument("--report", type=pathlib.Path, default=cloud.REPOSITORY / "target/chaos.json")
    parser.add_argument("--rounds", type=int, default=10, help="releases into each environment, at least")
    parser.add_argument("--rate", type=float, default=0.02, help="the share of the functions' calls that go wrong")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    return parser.parse_args()


def storm(options, home, description):
    """The whole run; answers what is wrong at the end."""
    began = time.monotonic()
    proxy = FaultyProxy(description["port"], options.seed)
    install.install(home, home / "outputs.json", functions=proxy.start())
    aws = Aws.from_file(home / "outputs.json")
    releases = prepare(aws, options.rounds)
    say(began, f"{len(ENVIRONMENTS)} environments are ready; seed {options.seed}")
    mayhem = Mayhem(aws, aws.outputs["ReleaseMachineArn"], description["processes"]["ministack"], options.seed)
    schedule = Schedule(aws)
    captains = [Captain(Aws.from_file(home / "outputs.json"), name, releases, options.seed) for name in ENVIRONMENTS]
    threads = [threading.Thread(target=captain.sail, daemon=True) for captain in captains]
    proxy.rate = options.rate
    mayhem.start()
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(10)
        say(began, progress(captains, proxy, mayhem))
    proxy.rate = 0.0
    mayhem.end()
    say(began, "nothing goes wrong any more")
    wait_for_calm(captains)
    schedule.end()
    report, broken = judge(captains, releases)
    report["faults"] = dict(sorted((proxy.faults + mayhem.faults).items()))
    broken += too_calm(report)
    options.report.parent.mkdir(exist_ok=True)
    options.report.write_text(json.dumps(report, indent=2) + "\n")
    say(began, f"{proxy.calls} calls of the functions; {json.dumps(report)}")
    return broken


def prepare(aws, rounds):
    """The targets, the declaration and the releases, while all is calm."""
    fleets = [Fleet(aws, name) for name in ENVIRONMENTS]
    aws.ecr.create_repository(repositoryName=IMAGES)
    for fleet in fleets:
        fleet.make_targets()
    fleets[0].declare()
    return Releases(fleets[0], rounds)


def say(began, text):
    print(f"{time.monotonic() - began:7.1f} s  {text}", flush=True)


def progress(captains, proxy, mayhem):
    records = [record for captain in captains for record in captain.ledger.deployments()]
    endings = collections.Counter(ending(record) or "under way" for record in records)
    faults = dict(sorted((proxy.faults + mayhem.faults).items()))
    return f"{len(records)} deployments {dict(sorted(endings.items()))}, faults {faults}"


def wait_for_calm(captains):
    """Waits until nothing runs, nothing waits, and every deployment has an ending; what does not come to that is listed by `judge`."""
    deadline = time.monotonic() + CALM_WITHIN_S
    while time.monotonic() < deadline and (running(captains[0]) or unended(captains[0].ledger.records())):
        time.sleep(2)


def running(captain):
    answer = captain.aws.stepfunctions.list_executions(stateMachineArn=captain.machine.arn, statusFilter="RUNNING")
    return [found["name"] for found in answer["executions"]]


def unended(records):
    return [f"{record['environment']}: deployment {record['id']} has no ending" for record in records if not ending(record)]


def judge(captains, releases):
    """Returns what came of it all: the report, and what is wrong, in words."""
    records = captains[0].ledger.records()
    stuck = unended(records)
    stuck += [f"execution {name} still runs" for name in running(captains[0])]
    stuck += [f"{captain.where['environment']}: {found['deployment']} still waits" for captain in captains for found in waiting(captain)]
    leaked = [text for captain in captains for text in leaked_lock(captain)]
    untrue = [text for captain in captains for text in untruths(captain, releases)]
    endings = collections.Counter(ending(record) for record in records if ending(record))
    report = {"deployments": len(records), "endings": dict(sorted(endings.items()))}
    report |= {"stuck": len(stuck), "untrue": len(untrue), "locks_leaked": len(leaked), "refused_for": refused_for(records)}
    letters = dead_letters(captains[0].aws)
    report["dead_letters"] = {queue: len(found) for queue, found in letters.items()}
    lost = unexplained(letters, lambda execution: is_done(captains[0].ledger, execution))
    report["lost"] = len(lost)
    return report, stuck + leaked + untrue + wrongly_refused(records) + lost + [text for captain in captains for text in captain.trouble]


def refused(records):
    return [record["ending"] for record in records if ending(record) == "Rejected"]


def refused_for(records):
    """Returns how many were refused, by cause."""
    return dict(sorted(collections.Counter(ended["cause_name"] for ended in refused(records)).items()))


def wrongly_refused(records):
    """Returns what was refused although nothing that goes wrong here is a reason."""
    return [f"refused for {ended['cause_name']}: {ended['cause']}" for ended in refused(records) if ended["cause_name"] not in REFUSED_FOR]


def dead_letters(aws):
    """The messages of the dead-letter queues, by queue."""
    names = [url.rpartition("/")[2] for url in aws.sqs.list_queues().get("QueueUrls", [])]
    return {name: [json.loads(text) for text in taken(aws, name)] for name in sorted(names) if "DeadLetters" in name}


def unexplained(letters, is_done):
    """The dead letters for which nothing has made up. The schedule makes up for a death that was not announced, and its next run for one
    that failed; for an event or a notification that was not sent, and for what was not taken in, nothing does."""
    found = []
    for queue, messages in letters.items():
        for message in messages:
            event = message.get("requestPayload", message)
            is_schedules = event.get("detail-type") == "Scheduled Event"
            execution = event.get("detail", {}).get("executionArn")
            if "Recovery" not in queue or not (is_schedules or execution and is_done(execution)):
                found.append(f"a dead letter in {queue}: {json.dumps(message)}")
    return found


def is_done(ledger, execution):
    """Returns whether there is nothing to recover of an execution: it worked for no deployment, or for one that has its ending."""
    known = ledger.item(f"execution#{execution}", "deployment")
    return not known or bool(ending(ledger.deployment(known["deployment"])))


def too_calm(report):
    """Why the run shows too little: too few deployments, or too few that succeed, or a sort of fault that did not come."""
    missing = [f"nothing was {kind}" for kind in (*KINDS, *STRIKES) if not report["faults"].get(kind)]
    deployments, succeeded = report["deployments"], report["endings"].get("Succeeded", 0)
    begun = deployments - report["endings"].get("Rejected", 0)
    if begun < AT_LEAST:
        missing.append(f"only {begun} deployments began, and not {AT_LEAST}")
    if succeeded * 4 < deployments:
        missing.append(f"only {succeeded} of {deployments} deployments succeeded: nothing is shown of the others' work")
    return missing


def waiting(captain):
    key = {":pk": {"S": f"env#fleet/{captain.where['environment']}"}, ":sk": {"S": "waiting#"}}
    return captain.ledger.items(KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)", ExpressionAttributeValues=key)


def leaked_lock(captain):
    """A lock that is held is explained by a deployment that needs an operator, and by nothing else."""
    held = captain.ledger.lock().get("held")
    if not held:
        return []
    record = captain.ledger.deployment(held["deployment"])
    explained = held["state"] == "needs_operator" and ending(record) == "NeedsOperator"
    return [] if explained else [f"{captain.where['environment']}: the lock is held by {held}"]


def untruths(captain, releases):
    """Returns where a target is not what the ledger says that runs: seen from outside, and as Windlass itself shows it."""
    environment = captain.where["environment"]
    observed = captain.aws.call_api("GET", f"/apps/fleet/environments/{environment}?observe=true").body["observed"]
    found = [f"{environment}: {name} has drifted: {shown}" for name, shown in observed.items() if shown["drift"] in ("changed", "unknown")]
    runs = captain.ledger.state().get("running", {})
    for name, seen in captain.fleet.seen().items():
        recorded = runs[name]["version"] if name in runs else BEFORE.get(name)
        wanted = releases.digests.get(recorded, recorded) if name == "agent" else recorded
        if wanted is not None and recorded != "accepted" and seen != wanted:
            found.append(f"{environment}: {name} is {seen}, but the ledger says {wanted}")
        if name == "jobs" and recorded and recorded.endswith(".1"):
            found.append(f"{environment}: a release that fails its gate runs")
    return found


if __name__ == "__main__":
    try:
        main()
    except cloud.CloudError as error:
        sys.exit(f"local cloud: {error}")
