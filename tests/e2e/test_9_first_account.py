"""`make story-aws` against a local cloud that stands in for an account: it asks, plays, looks at what only an account
can show as far as the local cloud goes, and leaves nothing, also after a step that breaks."""

import types

import api_document
import cloud
import first_account
import further_looks
import install
import pytest
import steps
import story_aws

pytestmark = pytest.mark.heavy

HOME = cloud.REPOSITORY / ".local/test-first-account"
ACCOUNT = "000000000000"
# What the local cloud cannot show, and what the look says of it there.
NOT_SHOWN = {
    "embedded metrics from an OS-only runtime with JSON logs": "lines with metrics",
    # It allocates at once, and whatever the code is.
    "an alias with provisioned concurrency, and a version that fails to initialise": "1.1.0 ended Succeeded",
    "continue and stop of a canary by the template's role": "ECS lists no deployment of the service",
    "GetApplicationRevision by the digest alone": "Unrecognized resource types: [AWS::CodeDeploy::Application",
}


@pytest.fixture(scope="module")
def endpoint():
    cloud.down(HOME)
    yield cloud.up(HOME, 0, 0.1)["endpoint"]
    api_document.end(HOME)


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
    found += [function["Name"] for function in aws.cloudfront.list_functions()["FunctionList"].get("Items", [])]
    found += [balancer["LoadBalancerArn"] for balancer in aws.elbv2.describe_load_balancers()["LoadBalancers"]]
    found += [acl["ARN"] for acl in aws.wafv2.list_web_acls(Scope="CLOUDFRONT")["WebACLs"]]
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
    stacks = ("targets", *further_looks.LOOKED, further_looks.FAILING, further_looks.EDGE)
    unsaid = [stack for stack in stacks if f"windlass-story-000-{stack}" not in performance.text]
    assert unsaid == [], "what it will make is shown before it asks"
    assert "Lambda@Edge" not in performance.text, "what cannot be taken away at once is made for who asks for it"


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


def test_the_whole_story_looks_at_everything_and_leaves_nothing(endpoint, monkeypatch):
    monkeypatch.setattr(first_account, "METRICS_WITHIN_S", 5)
    # Nothing here forgets a silent connection, however long the call takes.
    monkeypatch.setattr(further_looks, "CALL_S", 5)
    performance = Performance(endpoint, "windlass-story-002")
    before = there(performance.story.aws)
    performance.run()
    for step in steps.ALL:
        assert step.TITLE in performance.text, performance.text
    otherwise = [name for name in first_account.ALL if f"✓ as assumed: {name}: " not in performance.text]
    assert sorted(otherwise) == sorted(NOT_SHOWN), performance.text
    lines = performance.text.split("\n")
    said = {name: "\n".join(line for line in lines if f"✗ otherwise: {name}: " in line) for name in NOT_SHOWN}
    unsaid = [name for name, words in NOT_SHOWN.items() if words not in said[name]]
    assert unsaid == [], performance.text
    assert sorted(set(there(performance.story.aws)) - set(before)) == [], performance.text
