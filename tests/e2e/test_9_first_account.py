"""`make story-aws` against a local cloud that stands in for an account: it asks, plays, looks at the five things, and leaves nothing, also
after a step that breaks."""

import types

import cloud
import first_account
import install
import pytest
import steps
import story_aws

pytestmark = pytest.mark.heavy

HOME = cloud.REPOSITORY / ".local/test-first-account"
ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def endpoint():
    cloud.down(HOME)
    yield cloud.up(HOME, 0, 0.1)["endpoint"]
    cloud.remove(HOME)


class Performance:
    """One performance, its lines, and what is asked in it."""

    def __init__(self, endpoint, name):
        self.lines = []
        self.story = story_aws.Story(name, cloud.REGION, endpoint, self.lines.append, install.BUILT)
        self.asked = []

    def run(self, answer=ACCOUNT, chosen=steps.ALL):
        def ask(question):
            self.asked.append((question, len(there(self.story.aws))))
            return answer

        return story_aws.run(self.story, ask, chosen)

    @property
    def text(self):
        return "\n".join(str(line) for line in self.lines)


def there(aws):
    """All that a story may have made."""
    found = [stack["StackName"] for stack in aws.cloudformation.describe_stacks()["Stacks"] if stack["StackStatus"] != "DELETE_COMPLETE"]
    found += [bucket["Name"] for bucket in aws.s3.list_buckets()["Buckets"]]
    found += aws.dynamodb.list_tables()["TableNames"]
    found += [function["FunctionName"] for function in aws.lambda_.list_functions()["Functions"]]
    found += [repository["repositoryName"] for repository in aws.ecr.describe_repositories()["repositories"]]
    found += [distribution["Id"] for distribution in aws.cloudfront.list_distributions()["DistributionList"].get("Items", [])]
    found += [group["logGroupName"] for group in aws.logs.describe_log_groups()["logGroups"]]
    return found + aws.ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"]


def test_another_answer_makes_nothing(endpoint):
    performance = Performance(endpoint, "windlass-story-000")
    before = there(performance.story.aws)
    assert performance.run(answer="no") == 1
    assert there(performance.story.aws) == before
    (asked,) = performance.asked
    assert "account's number" in asked[0]
    assert f"account {ACCOUNT}, region {cloud.REGION}" in performance.text and "costs about $" in performance.text
    assert "windlass-story-000-targets" in performance.text, "what it will make is shown before it asks"


def test_after_a_step_that_breaks_nothing_is_left(endpoint):
    def breaks(story):
        story.expect("what the step planted", "red", "green")

    performance = Performance(endpoint, "windlass-story-001")
    before = there(performance.story.aws)
    broken = types.SimpleNamespace(TITLE="(x) A step that breaks", play=breaks)
    assert performance.run(chosen=[steps.a_first_release, broken]) == 1
    assert "what the step planted: 'red', but the story says 'green'" in performance.text
    assert sorted(set(there(performance.story.aws)) - set(before)) == [], performance.text
    assert "Nothing of it is there any more but what AWS keeps for free" in performance.text


def test_the_whole_story_looks_at_the_five_things_and_leaves_nothing(endpoint, monkeypatch):
    monkeypatch.setattr(first_account, "METRICS_WITHIN_S", 5)
    performance = Performance(endpoint, "windlass-story-002")
    before = there(performance.story.aws)
    performance.run()
    for step in steps.ALL:
        assert step.TITLE in performance.text, performance.text
    # What the local cloud can show is as assumed; it makes no metrics of log lines, and the look says so.
    by_name = {name: f"✓ as assumed: {name}" in performance.text for name in first_account.ALL}
    assert [name for name, as_assumed in by_name.items() if not as_assumed] == ["embedded metrics from an OS-only runtime with JSON logs"], performance.text
    assert "lines with metrics" in performance.text
    assert sorted(set(there(performance.story.aws)) - set(before)) == [], performance.text
