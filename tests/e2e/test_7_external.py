"""A book on GitHub Pages and an image that Argo CD follows, each behind a user's function, on the installed product: forward, undone by a
gate, rolled back, changed by hand, and with a function that is killed or loses its answer. Git is the real `git http-backend`; GitHub, the
Kubernetes API and Argo CD are the examples' imitations."""

import pytest
from command_line import CommandLine
from external_component import External, as_imitated, once
from shop import made_zip

pytestmark = pytest.mark.heavy

OF_AWS = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
ENVIRONMENT = "shelf"


class Textbook(External):
    """A book, whose builds GitHub serves once it has built them."""

    def __init__(self, aws):
        super().__init__(aws, "textbook", ENVIRONMENT, "book", "github-pages")

    def make_targets(self):
        super().make_targets()
        secret = self.client("secretsmanager").create_secret(Name=self.name("token"), SecretString=self.imitation.SECRET)["ARN"]
        role = self.make_role([{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret}])
        at = {"GIT_SERVER": self.outside.url, "GITHUB_API": self.outside.url, "TOKEN": secret}
        self.make_functions(role, {**at, "AWS_ENDPOINT_URL": self.aws.endpoint})

    def begin(self, version):
        self.shop.upload(self.key("book", version), made_zip({"index.html": f"book {version}"}))
        return super().begin(version, self.artifact("book", version))

    def newest(self):
        return self.outside.builds[-1]["commit"]

    def page(self):
        """What the branch has, whatever GitHub has built."""
        return self.outside.files().get("index.html")


@pytest.fixture(scope="module")
def textbook(aws):
    textbook = Textbook(aws)
    textbook.make_targets()
    textbook.declare()
    yield textbook
    textbook.outside.close()


def test_doctor_looks_twice_and_says_how_long_it_took(textbook, aws, tmp_path):
    ran = CommandLine(aws, "textbook", tmp_path).json("doctor", "textbook", ENVIRONMENT)
    assert (ran.status, ran.document["findings"]) == (0, []), ran
    assert "two looks took" in ran.document["seen"]["book"], ran.document


def test_a_build_is_published_by_one_commit(textbook):
    before = textbook.outside.head()
    record = textbook.release("1.0.0")
    textbook.expect_ended(record, "Succeeded")
    assert textbook.page() == "book 1.0.0"
    said = textbook.outside.git("log", "-1", "--format=%P%n%B", "gh-pages")
    assert said.startswith(before) and f"Windlass: {record['id']}/book/forward" in said, said
    assert "CNAME" in textbook.outside.files(), "what the build does not bring stays"


def test_a_failed_gate_brings_the_former_tree_back(textbook):
    tree, before = textbook.outside.served(), textbook.outside.head()
    deployment = textbook.begin("1.1.0")
    textbook.until_sent(before)
    textbook.set_alarm("ALARM")
    record = textbook.to_its_end(deployment)
    textbook.set_alarm("OK")
    textbook.expect_ended(record, "RolledBack", "GateFailed")
    assert textbook.outside.served() == tree
    assert textbook.outside.head() != before, "it went back by another commit"


def test_what_github_cannot_build_is_undone_with_its_sentence(textbook):
    before, tree = textbook.outside.head(), textbook.outside.served()
    deployment = textbook.begin("1.2.0")
    textbook.until_sent(before)
    textbook.gives_up("A page has no title.")
    record = textbook.to_its_end(deployment)
    assert "A page has no title" in textbook.expect_ended(record, "RolledBack", "ChangeFailed")
    assert textbook.outside.served() == tree


def test_an_answer_that_is_lost_is_found_out_by_the_next_look(textbook):
    before = textbook.outside.head()
    loses = once("after", lambda: textbook.outside.head() != before, lambda: None)
    assert textbook.release_through(loses, "1.3.0") == 1, "it was not sent a second time"
    assert textbook.page() == "book 1.3.0"


def test_a_rollback_goes_to_the_release_before(textbook):
    textbook.follow_back()
    assert textbook.page() == "book 1.0.0"


@pytest.mark.parametrize("version, moment", [("1.4.0", "before"), ("1.5.0", "after")])
def test_a_function_that_is_killed_before_or_after_its_push_makes_one_commit(textbook, version, moment):
    assert textbook.release_through(textbook.kills(moment), version) == 1
    assert textbook.page() == f"book {version}"


def test_somebody_elses_push_is_left_to_them(textbook):
    before = textbook.outside.head()
    deployment = textbook.begin("1.6.0")
    textbook.until_sent(before)
    textbook.outside.meddle()
    record = textbook.to_its_end(deployment)
    assert "by hand" in textbook.page(), record["ending"]
    textbook.expect_ended(record, record["ending"]["ending"], "TargetChangedByOther")


class Orders(External):
    """An image whose digest is committed to the repository that Argo CD follows."""

    def __init__(self, aws):
        super().__init__(aws, "orders", ENVIRONMENT, "orders", "argocd")
        self.repository = "orders/app"

    def make_targets(self):
        super().make_targets()
        self.client("ecr").create_repository(repositoryName=self.repository)
        self.make_functions(self.make_role([]), as_imitated(self.outside, (*OF_AWS, "AWS_ENDPOINT_URL_SECRETS_MANAGER")))

    def begin(self, version):
        self.shop.push_image(version, self.repository, content=f"orders {version}")
        return super().begin(version, {"image": f"{self.repository}:{version}"})


@pytest.fixture(scope="module")
def orders(aws):
    orders = Orders(aws)
    orders.make_targets()
    orders.declare(repository=orders.repository)
    yield orders
    orders.outside.close()


def test_an_image_is_released_by_a_commit_that_argo_cd_applies(orders):
    orders.expect_ended(orders.release("1.0.0"), "Succeeded")
    first = orders.outside.text()
    assert "resources: [deployment.yaml,   service.yaml]   # two" in first, "what a person has written stays"
    orders.expect_ended(orders.release("1.1.0"), "Succeeded")
    assert orders.outside.text() != first
    orders.follow_back()
    assert orders.outside.text() == first


def test_a_sync_that_fails_is_undone_with_argo_cds_message(orders):
    first, before = orders.outside.text(), orders.outside.head()
    deployment = orders.begin("1.2.0")
    orders.until_sent(before)
    orders.gives_up("one or more objects failed to apply")
    record = orders.to_its_end(deployment)
    assert "one or more objects failed to apply" in orders.expect_ended(record, "RolledBack", "ChangeFailed")
    assert orders.outside.text() == first


def test_what_brought_it_takes_it_back_though_the_alias_has_moved(orders):
    first, before = orders.outside.text(), orders.outside.head()
    deployment = orders.begin("1.3.0")
    orders.until_sent(before)
    version = orders.publish_again()
    orders.set_alarm("ALARM")
    record = orders.to_its_end(deployment)
    orders.set_alarm("OK")
    orders.expect_ended(record, "RolledBack", "GateFailed")
    assert orders.outside.text() == first
    pinned = orders.ledger.steps(record["id"])["orders"]["target"]["function"]["version"]
    assert pinned != version, "both ways are of the version that was planned"


def test_a_function_that_is_killed_before_its_push_is_asked_once_more(orders):
    first = orders.outside.text()
    assert orders.release_through(orders.kills("before"), "1.4.0") == 1
    assert orders.outside.text() != first


def test_what_somebody_else_commits_is_left_to_them(orders):
    before = orders.outside.head()
    deployment = orders.begin("1.5.0")
    orders.until_sent(before)
    orders.outside.meddle()
    record = orders.to_its_end(deployment)
    assert "by-hand" in orders.outside.text(), record["ending"]
    orders.expect_ended(record, record["ending"]["ending"], "TargetChangedByOther")
