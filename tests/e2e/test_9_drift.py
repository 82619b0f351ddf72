"""What somebody changes by hand is found by the hourly look, reported once by its field, and reported again when it is gone; what is to be restored is.

docs/a-change-by-hand.md says so. The tests build on each other: 1.0.0 of the application `jetsam` is live, and is looked at.
"""

import datetime
import json
import re
import time

import hourly
import left_behind
import pytest
from application import Application
from command_line import CommandLine
from ledger import ending

GOOD = 0
ENVIRONMENTS = {"bay": {"deploy": {"branch": "main"}}}
LIVE = {"page": "1.0.0", "jobs": "1.0.0"}
HEARD = "heard-of-hourly-drift"
ALIAS = {"FunctionName": "jetsam-jobs-bay", "Name": "live"}
BEGAN = re.compile(r"it began between (\S+) and (\S+?);")
# What was there before Windlass.
BEFORE = "1"


class Jetsam(Application):
    """The application, who hears of its drift, and the command line of who looks."""

    def __init__(self, aws, folder):
        super().__init__(aws, "jetsam", "bay")
        self.windlass = CommandLine(aws, "jetsam", folder)
        aws.iam.attach_user_policy(UserName="ci-of-jetsam", PolicyArn=aws.outputs["ReaderPolicyArn"])
        left_behind.listen(aws, HEARD)
        self.heard = []

    def declared(self, version, **jobs):
        declaration = self.declaration(ENVIRONMENTS, {"between_waves": "0s"}, version)
        declaration["components"]["jobs"] |= jobs
        return declaration

    def move_alias(self, version):
        """Somebody moves it by hand; answers which version it had."""
        was = self.aws.lambda_.get_alias(**ALIAS)["FunctionVersion"]
        self.aws.lambda_.update_alias(**ALIAS, FunctionVersion=version)
        return was

    def reports(self, count):
        """All that was reported of drift so far, oldest first, once it is so much: what an event or a notification is called, and its text."""

        def found():
            for text in left_behind.taken(self.aws, HEARD):
                message = json.loads(text)
                if message.get("detail", {}).get("app") == "jetsam" and message["detail-type"].startswith("Drift"):
                    self.heard.append((message["detail-type"], message["detail"]))
                if re.match(r"\[windlass] jetsam .*Drift", message.get("Subject", "")):
                    self.heard.append((message["Subject"], message["Message"]))
            return len(self.heard) >= count

        self.until(f"{count} messages of drift", found)
        return [name for name, _ in self.heard]

    def drift(self):
        """Returns what the API shows of it, which looks at nothing."""
        return self.aws.call_api("GET", "/apps/jetsam/environments/bay").body["drift"]["components"]

    def restorings(self):
        return [found for found in self.ledger.deployments() if found["action"] == "restore"]

    def is_restored(self, count):
        """Waits until what was begun to be restored so often is; answers the record of the last."""
        self.until(f"{count} deployments that restore", lambda: len(self.restorings()) == count)
        record = self.ended(self.restorings()[-1]["id"])
        assert ending(record) == "Succeeded", record["ending"]
        assert self.seen() == LIVE
        return record


@pytest.fixture(scope="module")
def jetsam(aws, tmp_path_factory):
    jetsam = Jetsam(aws, tmp_path_factory.mktemp("jetsam"))
    jetsam.make_targets()
    jetsam.declare(jetsam.declared("1.0.0"))
    jetsam.release("1.0.0")
    assert ending(jetsam.ended(jetsam.deployment_of("1.0.0")["id"])) == "Succeeded"
    hourly.look(jetsam)
    return jetsam


def milliseconds(text):
    return datetime.datetime.fromisoformat(text).timestamp() * 1000


def states_of(jetsam):
    """The states in the last cell of the environment's row in `windlass apps`."""
    rows = jetsam.windlass.run("apps", "--limit", "100").out.splitlines()
    (row,) = [line for line in rows if line.split()[:2] == ["jetsam", "bay"]]
    return re.split(r"\s{2,}", row.strip())[-1].split("; ")


def test_what_somebody_changes_is_reported_by_its_field_and_since_when(jetsam):
    assert {name: found["drift"] for name, found in jetsam.drift().items()} == {"page": "none", "jobs": "none"}
    status = jetsam.windlass.run("status", "jetsam", "bay").out
    assert re.search(r"\n  drift: looked at \S+: all as recorded\n", status), status
    assert states_of(jetsam)[0].startswith("as recorded at "), states_of(jetsam)

    recorded = jetsam.move_alias(BEFORE)
    changed = time.time() * 1000
    hourly.look(jetsam)
    assert sorted(jetsam.reports(2)) == ["DriftFound", "[windlass] jetsam bay DriftFound"]
    texts = dict(jetsam.heard)
    event, message = texts["DriftFound"], texts["[windlass] jetsam bay DriftFound"]
    assert set(event) == {"schema", "app", "environment", "cause", "next", "summary"} and event["cause"] == message, event
    assert message.startswith("jetsam bay has DRIFTED: jobs, not as Windlass left it.\n"), message
    assert f"\n  jobs: version of the alias: recorded {recorded}, seen {BEFORE}; it began between" in message, message
    assert "CloudTrail names nobody: it has no call on that resource in this time" in message, "the local cloud keeps none"
    assert "\n  next: compare it again by `GET /apps/jetsam/environments/bay?observe=true`; " in event["cause"], event
    after, until = (milliseconds(text) for text in BEGAN.search(message).groups())
    assert after <= changed <= until + 1000, message


def test_the_api_and_the_command_line_show_it(jetsam):
    found = jetsam.drift()["jobs"]
    (field,) = found["fields"]
    assert (found["drift"], field["name"], field["seen"]) == ("changed", "version of the alias", BEFORE)
    assert "heal" not in found and found["who"]["nobody"], found
    answered = jetsam.aws.call_api("GET", "/apps?limit=100").body["apps"]
    (bay,) = [app["environments"][0] for app in answered if app["app"] == "jetsam"]
    assert bay["drift"]["components"]["jobs"] == found
    assert states_of(jetsam)[0] == "jobs drifted", states_of(jetsam)
    status = jetsam.windlass.run("status", "jetsam", "bay").out
    assert f"\n    drift: changed: version of the alias: recorded {field['recorded']}, seen {BEFORE}; it began between" in status, status
    observed = jetsam.windlass.json("status", "jetsam", "bay", "--observe").document["observed"]
    assert {name: one["drift"] for name, one in observed.items()} == {"page": "none", "jobs": "changed"}
    plan = jetsam.windlass.run("plan", "deploy", "jetsam", "bay", "1.0.0")
    assert plan.status == GOOD and "TargetChangedByOther" in plan.out, plan


def test_the_next_look_reports_nothing_and_that_it_is_gone_is_reported(jetsam):
    began = jetsam.drift()["jobs"]["began"]
    hourly.look(jetsam)
    assert jetsam.drift()["jobs"]["began"] == began
    jetsam.move_alias(jetsam.drift()["jobs"]["fields"][0]["recorded"])
    assert jetsam.seen() == LIVE
    hourly.look(jetsam)
    # The stream keeps its order: what the look between had reported would stand before it. Nobody is called for good news.
    assert sorted(jetsam.reports(3)) == ["DriftFound", "DriftGone", "[windlass] jetsam bay DriftFound"]
    assert dict(jetsam.heard)["DriftGone"]["cause"] == "The drift of jobs in jetsam bay is gone: it is as recorded."
    assert jetsam.drift()["jobs"]["drift"] == "none"
    assert states_of(jetsam)[0].startswith("as recorded at "), states_of(jetsam)


def test_what_runs_is_deployed_once_more_over_a_page_that_somebody_wrote(jetsam):
    words = "Written by hand: page 9.9.9"
    jetsam.aws.s3.put_object(Bucket=jetsam.bucket, Key="page/index.html", Body=words.encode(), ContentType="text/html")
    hourly.look(jetsam)
    jetsam.reports(5)
    found = jetsam.drift()["page"]
    assert [field["name"] for field in found["fields"]] == ["`index.html`"], found
    assert found["who"] == {"nobody": "it keeps no events of such a target"}
    assert words not in json.dumps(jetsam.heard) and words not in json.dumps(found), "no content is shown"
    ran = jetsam.windlass.json("deploy", "jetsam", "bay", "1.0.0", "--watch")
    assert ran.status == GOOD, ran
    assert jetsam.seen() == LIVE
    behind = jetsam.drift()["page"]
    assert (behind["drift"], behind["reason"]) == ("unknown", "a deployment had its turn since it was looked at")
    hourly.look(jetsam)
    assert jetsam.reports(6)[-1] == "DriftGone"
    assert {found["drift"] for found in jetsam.drift().values()} == {"none"}


def test_nothing_is_restored_while_deployments_are_held(jetsam):
    jetsam.declare(jetsam.declared("1.1.0", heal="restore"))
    held = jetsam.windlass.run("hold", "jetsam", "bay", "--reason", "a quiet weekend")
    assert held.status == GOOD, held
    jetsam.move_alias(BEFORE)
    hourly.look(jetsam)
    assert (jetsam.drift()["jobs"]["drift"], jetsam.drift()["jobs"]["heal"]) == ("changed", "restore")
    hourly.look(jetsam)
    assert jetsam.restorings() == [] and jetsam.seen() == {**LIVE, "jobs": "before windlass"}
    assert "`heal: restore`" in jetsam.windlass.run("status", "jetsam", "bay").out


def test_what_has_drifted_is_restored_by_a_deployment_that_is_in_the_history(jetsam):
    released = jetsam.windlass.run("release-hold", "jetsam", "bay", "--reason", "monday")
    assert released.status == GOOD, released
    hourly.look(jetsam)
    record = jetsam.is_restored(1)
    assert list(record["release"]["components"]) == ["jobs"], "the page is left alone"
    (newest, *_) = jetsam.windlass.json("history", "jetsam", "bay").document["deployments"]
    assert (newest["id"], newest["action"], newest["ending"]["ending"]) == (record["id"], "restore", "Succeeded")
    assert newest["requester"]["principal"] == "Windlass"
    assert newest["reason"].startswith("jobs is not as recorded: version of the alias: recorded "), newest
    assert "CloudTrail names nobody" in newest["reason"], newest
    running = jetsam.windlass.json("status", "jetsam", "bay").document["running"]
    assert {name: found["version"] for name, found in running.items()} == LIVE
    hourly.look(jetsam)
    assert {found["drift"] for found in jetsam.drift().values()} == {"none"}
    assert len(jetsam.restorings()) == 1


def test_what_is_set_back_again_and_again_is_held(jetsam):
    for count in (2, 3):
        jetsam.move_alias(BEFORE)
        hourly.look(jetsam)
        jetsam.is_restored(count)
    jetsam.move_alias(BEFORE)
    hourly.look(jetsam)
    hold = jetsam.until("a hold", lambda: jetsam.ledger.state().get("hold"))
    assert hold["by"] == "Windlass" and "deployed 3 times within a day" in hold["reason"], hold
    (newest, *_) = jetsam.windlass.json("history", "jetsam", "bay").document["deployments"]
    assert newest["ending"]["cause_name"] == "KeepsDrifting", newest
    assert jetsam.function("jobs", "live") == "before windlass"
