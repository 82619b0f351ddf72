"""A declaration names topics: the channel of a team hears what went live, what came back and what waits for a person, and one that is gone holds
up nothing."""

import datetime
import json
import re

import left_behind
import pytest
import schedules
from application import INVOCATIONS, MISTAKE, Application
from ledger import ending

ENVIRONMENT = "open"
HEARD = "heard-by-the-team"


class Gannet(Application):
    """A function alone, whose team has a channel."""

    def __init__(self, aws):
        super().__init__(aws, "gannet", ENVIRONMENT)

    def declare(self, topics, version="1.0.0", **environment):
        jobs = {"kind": "lambda", "function": "gannet-jobs-{environment}", "alias": "live", "gates": {"invocations": INVOCATIONS}}
        gates = {"bake": "5s"}
        environments = {ENVIRONMENT: {"deploy": {"branch": "main"}, **environment}}
        super().declare({"app": "gannet", "version": version, "environments": environments, "components": {"jobs": jobs}, "gates": gates, "notify": topics})

    def release(self, version, **mistakes):
        self.upload_function("jobs", version, **mistakes)
        components = {"jobs": self.artifact("jobs", version)}
        manifest = {"version": version, "git": {"ref": "refs/heads/main"}, "components": components}
        answer = self.aws.call_api("POST", f"/apps/gannet/environments/{ENVIRONMENT}/releases", manifest)
        assert answer.status == 202, answer
        return self.ended(answer.body["id"])


@pytest.fixture(scope="module")
def topic(aws):
    """The team's topic; what it is sent comes into a queue."""
    tags = [{"Key": "windlass:app", "Value": "gannet"}]
    topic = aws.sns.create_topic(Name="gannet-team", Tags=tags)["TopicArn"]
    aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=left_behind.make_queue(aws, HEARD))
    return topic


@pytest.fixture(scope="module")
def gannet(aws, topic):
    gannet = Gannet(aws)
    gannet.make_targets()
    gone = aws.sns.create_topic(Name="gannet-team-gone", Tags=[{"Key": "windlass:app", "Value": "gannet"}])["TopicArn"]
    gannet.declare([{"topic": topic}, {"topic": gone, "of": ["success"], "form": "text"}])
    aws.sns.delete_topic(TopicArn=gone)
    return gannet


def heard(gannet, title):
    """The message whose title begins so, as soon as it is there."""
    seen = []

    def found():
        seen.extend(json.loads(json.loads(text)["Message"]) for text in left_behind.taken(gannet.aws, HEARD))
        return next((message for message in seen if message["content"]["title"].startswith(title)), None)

    return gannet.until(f"the message `{title}`", found)


def named(message):
    """The inputs of the release machine that the next steps of a message name."""
    return [json.loads(re.search(r"{.*}", step)[0]) for step in message["content"]["nextSteps"]]


def test_a_channel_hears_what_went_live(gannet):
    record = gannet.release("1.0.0")
    assert ending(record) == "Succeeded", record["ending"]
    message = heard(gannet, f"gannet {ENVIRONMENT} 1.0.0 Succeeded")
    assert (message["version"], message["source"]) == ("1.0", "custom")
    assert message["metadata"]["threadId"] == record["id"]


def test_a_channel_hears_what_came_back_and_what_to_do(gannet):
    record = gannet.release("1.1.0", sum_=MISTAKE)
    assert ending(record) == "RolledBack", record["ending"]
    message = heard(gannet, f"gannet {ENVIRONMENT} 1.1.0 RolledBack")
    assert "was rolled back" in message["content"]["description"]
    assert message["content"]["nextSteps"], message


def test_people_hear_of_the_topic_that_is_gone(gannet, aws):
    left_behind.listen(aws, "heard-by-people")
    gannet.release("1.2.0")
    texts = gannet.until("what people hear", lambda: [text for text in left_behind.taken(aws, "heard-by-people") if "could not be reached" in text])
    assert "gannet-team-gone" in texts[0]


def test_a_channel_hears_once_what_the_day_came_to(gannet, topic, aws):
    gannet.declare([{"topic": topic, "of": ["summary"]}], "1.1.0")
    # The day of a summary ends with the last full hour: this one has what has just ended here.
    look = datetime.datetime.now(datetime.UTC).replace(minute=5) + datetime.timedelta(hours=1)
    look = look.strftime("%Y-%m-%dT%H:%M:%SZ")
    schedules.come(aws, "SummarySchedule", look)
    message = heard(gannet, f"gannet {look[:10]}: 2 Succeeded, 1 RolledBack")
    assert "gannet, the 24 hours until" in message["content"]["description"], message
    schedules.come(aws, "SummarySchedule", look)
    assert left_behind.taken(aws, HEARD) == []


def test_a_channel_hears_what_waits_for_a_person_and_what_ends_it(gannet, topic, aws):
    gannet.declare([{"topic": topic}], "1.2.0", start="manual")
    record = gannet.release("1.3.0")
    assert (ending(record), record["ending"]["cause_name"]) == ("NothingToDo", "Recorded"), record["ending"]
    waits = heard(gannet, f"gannet {ENVIRONMENT} 1.3.0 waits to be started")
    assert named(waits) == [{"action": "deploy", **gannet.where, "version": "1.3.0"}], waits
    answer = aws.call_api("PUT", f"/apps/gannet/environments/{ENVIRONMENT}/hold", {"reason": "a quiet weekend"})
    assert answer.status == 202, answer
    held = heard(gannet, f"gannet {ENVIRONMENT} held")
    assert "a quiet weekend" in held["content"]["description"], held
    assert named(held) == [{"action": "release_hold", **gannet.where, "reason": "…"}], held


def test_a_channel_hears_of_a_release_that_a_hold_keeps_from_going_on(gannet, topic):
    """The hold of the test before is there still."""
    gannet.declare([{"topic": topic}], "1.3.0")
    record = gannet.release("1.4.0")
    assert (ending(record), record["ending"]["cause_name"]) == ("Rejected", "Held"), record["ending"]
    content = heard(gannet, f"gannet {ENVIRONMENT} 1.4.0 Rejected")["content"]
    texts = [content["description"], *content.get("nextSteps", [])]
    assert any("deploy" in text and "1.4.0" in text and re.search("through.hold", text) for text in texts), content
