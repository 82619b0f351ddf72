"""A gate on logs: before the change no line matches, so that the release begins; then too many do, and it is undone."""

import threading
import time

import pytest
from application import Application
from ledger import ending

AT_MOST = 2
GROUP = "/chronicle/prod"
TAGS = {"windlass:app": "chronicle", "windlass:environment": "prod"}


class Chronicle(Application):
    """The application `chronicle`, whose function is measured by what is logged; its log group is the test's."""

    def __init__(self, aws):
        super().__init__(aws, "chronicle", "prod")
        self.ended_writing = threading.Event()
        self.text = "fine"

    def make_targets(self):
        super().make_targets()
        logs = self.client("logs")
        logs.create_log_group(logGroupName=GROUP, tags=TAGS)
        logs.create_log_stream(logGroupName=GROUP, logStreamName="one")

    def declare(self):
        logs = {"groups": ["/{app}/{environment}"], "filter": "@message like /ERROR/", "window": "5m", "at_most": AT_MOST}
        declaration = self.declaration({"prod": {"deploy": {"branch": "main"}}}, {"bake": "5m"})
        declaration["components"]["jobs"]["gates"]["logs"] = [logs]
        super().declare(declaration)

    def write(self):
        """Writes a line twice a second, beside everything else, until `ended_writing` is set."""
        logs = self.client("logs")

        def write():
            while not self.ended_writing.wait(0.5):
                event = {"timestamp": int(time.time() * 1000), "message": self.text}
                logs.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=[event])

        threading.Thread(target=write, daemon=True).start()

    def release(self, version):
        self.upload_function("jobs", version)
        components = {"jobs": self.artifact("jobs", version)}
        manifest = {"version": version, "git": {"ref": "refs/heads/main"}, "components": components}
        answer = self.aws.call_api("POST", "/apps/chronicle/environments/prod/releases", manifest)
        assert answer.status == 202, answer


@pytest.fixture
def chronicle(aws):
    chronicle = Chronicle(aws)
    chronicle.make_targets()
    chronicle.declare()
    chronicle.write()
    yield chronicle
    chronicle.ended_writing.set()


def test_too_many_lines_undo_a_release(chronicle):
    chronicle.release("1.0.0")

    def callers_get_it():
        record = chronicle.deployment_of("1.0.0")
        assert "ending" not in record, record["ending"]
        return chronicle.function("jobs", "live") != "before windlass"

    chronicle.until("the new version", callers_get_it)
    chronicle.text = "ERROR no table"
    record = chronicle.ended(chronicle.deployment_of("1.0.0")["id"])
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "GateFailed"), record["ending"]
    cause = record["ending"]["cause"]
    assert f"{GROUP} @message like /ERROR/" in cause and f"at most {AT_MOST} lines in 5m" in cause, cause
    judgements = chronicle.ledger.judgements(record["id"])
    measured = [found for judgement in judgements for found in judgement["measurements"] if found["source"] == "logs"]
    (failed,) = [found for found in measured if found["verdict"] == "fail"]
    assert int(failed["measured"].split()[0]) > AT_MOST, failed
    assert chronicle.function("jobs", "live") == "before windlass"
