"""The release machine as an operator sees it: starts executions, follows their states, stops them."""

import json
import time


class Machine:
    """The release machine of an installation."""

    def __init__(self, aws):
        self.aws = aws
        self.arn = aws.outputs["ReleaseMachineArn"]

    def start(self, **request):
        """Starts an execution with the input that an operator types into the console; answers its ARN."""
        return self.aws.stepfunctions.start_execution(stateMachineArn=self.arn, input=json.dumps(request))["executionArn"]

    def stop(self, execution):
        self.aws.stepfunctions.stop_execution(executionArn=execution, error="StoppedByOperator", cause="An operator stopped it.")

    def describe(self, execution):
        return self.aws.stepfunctions.describe_execution(executionArn=execution)

    def states(self, execution):
        """The names of the states that were entered, in order."""
        pages = self.aws.stepfunctions.get_paginator("get_execution_history").paginate(executionArn=execution)
        details = (event.get("stateEnteredEventDetails") for page in pages for event in page["events"])
        return [detail["name"] for detail in details if detail]

    def follow(self, execution, within_s, on_state=lambda name: None, on_look=lambda: None):
        """Follows an execution to its end, reporting each state that was entered and each look; answers its description."""
        reported = 0
        began = time.monotonic()
        while True:
            description = self.describe(execution)
            on_look()
            states = self.states(execution)
            for name in states[reported:]:
                on_state(name)
            reported = len(states)
            if description["status"] != "RUNNING":
                return description
            waited_s = time.monotonic() - began
            if waited_s > within_s:
                raise AssertionError(f"{execution} still runs after {within_s} s; its states: {' → '.join(states)}")
            time.sleep(self.aws.pause_s(waited_s))
