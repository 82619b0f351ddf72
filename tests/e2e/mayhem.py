"""The mishaps beside the calls: executions are stopped, and functions' processes are killed, at random."""

import collections
import json
import os
import pathlib
import random
import signal
import threading

import cloud
from schedules import SCHEDULED

# What goes wrong here, as it is counted.
STRIKES = ("stopped", "killed")


class Mayhem:
    """Strikes every few seconds until it is asked to end; counts by kind."""

    def __init__(self, aws, machine, process, seed):
        self.aws = aws
        self.machine = machine
        self.process = process
        self.random = random.Random(seed)
        self.faults = collections.Counter()
        self.stopped = collections.Counter()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.strike, args=args, daemon=True) for args in ((self.stop_one, 8), (self.kill_one, 3))]

    def start(self):
        for thread in self.threads:
            thread.start()

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def strike(self, strike, every_s):
        while not self.over.wait(self.random.uniform(0.5, 1.5) * every_s):
            strike()

    def stop_one(self):
        """Stops an execution. A recovery is stopped once: the next one of the same token may take a quarter of an hour."""
        running = self.aws.stepfunctions.list_executions(stateMachineArn=self.machine, statusFilter="RUNNING")["executions"]
        candidates = [found for found in running if not (found["name"].startswith("recover-") and self.stopped[found["name"][-8:]])]
        if not candidates:
            return
        one = self.random.choice(candidates)
        if one["name"].startswith("recover-"):
            self.stopped[one["name"][-8:]] += 1
        try:
            self.aws.stepfunctions.stop_execution(executionArn=one["executionArn"], error="Chaos", cause="Stopped at random.")
            self.faults["stopped"] += 1
        except self.aws.stepfunctions.exceptions.ValidationException:
            pass  # It has ended meanwhile.

    def kill_one(self):
        """Kills a function's process: a child of this local cloud that still is the one that was found."""
        found = [{"pid": pid, "started": cloud.started(pid)} for pid in functions_of(self.process["pid"])]
        if not found or not cloud.alive(self.process):
            return
        one = self.random.choice(found)
        if cloud.alive(one) and one["pid"] in functions_of(self.process["pid"]):
            os.kill(one["pid"], signal.SIGKILL)
            self.faults["killed"] += 1


class Schedule:
    """The schedule of the recovery, which comes every five minutes, comes every ten seconds: the documented event, delivered by hand."""

    def __init__(self, aws):
        self.lambda_ = aws.client("lambda_")
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.over.wait(10):
            self.lambda_.invoke(FunctionName="windlass-recovery", InvocationType="Event", Payload=json.dumps(SCHEDULED))

    def end(self):
        self.over.set()
        self.thread.join()


def functions_of(pid):
    """The processes of Windlass's functions among the children of a process."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text()
        except OSError:
            continue
        name, rest = fields[fields.index("(") + 1 : fields.rindex(")")], fields[fields.rindex(")") + 2 :].split()
        if name == "bootstrap" and int(rest[1]) == pid:
            found.append(int(entry.name))
    return found
