"""The function's commit, its rights, its token, and its promises to Windlass."""

import base64
import datetime
import json
import os
import pathlib
import ssl
import subprocess
import sys
import types
import urllib.parse

import argocd_imitation
import eks
import kit
import protocol
import pytest
import yaml
import yaml_value
from kubernetes_standin import Server

HERE = pathlib.Path(__file__).parent
FIELD = ["image", "digest"]
PROXY = {"name": "proxy"}
# A text, and what stands at `image.digest` in it.
PLACES = {
    "image: {digest: sha256:ab}": "sha256:ab",
    "image:\n  digest: 'sha256:ab' # and so on\n": "sha256:ab",
    'image:\n  "digest": ""\n': "",
    "# image: {digest: no}\nother:\n  digest: no\nimage:\r\n  digest: 1.10\r\n": "1.10",
    "\ufeffimage: {tag: 'ü', digest: ab}": "ab",
    "image:\n  digest: ab": "ab",
}
# A text without one place, and why.
NO_PLACES = {
    "image: {digest: }": "nothing to replace",
    "image: {digest: |\n  ab\n}": "no YAML",
    "image:\n  digest: |\n    ab\n": "several lines",
    "image:\n  digest: a\n    b\n": "two lines",
    'image: {digest: "a\\x62"}': "an escape",
    "image: {digest: 'it''s'}": "an escape",
    "image: {digest: ab, digest: cd}": "twice",
    "image: {digest: ab}\nimage: {digest: ab}": "twice",
    "image: {digest: !!str ab}": "a tag",
    "image: {digest: &it ab}\nother: *it": "an anchor, which another place has as well",
    "it: &it {digest: ab}\nimage: *it": "the same, from the other side",
    "it: &it {digest: ab}\nimage:\n  <<: *it": "from another place",
    "image: {digest: [ab]}": "a list",
    "image: {digest: {a: b}}": "a mapping",
    "image: [digest]": "a list on the way",
    "image: ab": "a text on the way",
    "image: {digest: ab}\n---\nimage: {digest: ab}": "two documents",
    "": "nothing",
}


@pytest.mark.parametrize("text", PLACES)
def test_a_value_is_found_and_replaced_and_nothing_else_is(text):
    value = PLACES[text]
    assert yaml_value.value_of(text, FIELD) == value
    new = yaml_value.replaced(text, FIELD, "sha256:ef")
    assert yaml_value.value_of(new, FIELD) == "sha256:ef" and len(new) == len(text) - len(value) + len("sha256:ef")
    if value:
        assert yaml_value.replaced(new, FIELD, value) == text, "there and back"


@pytest.mark.parametrize("text", NO_PLACES)
def test_what_is_not_one_plain_value_is_not_guessed(text):
    with pytest.raises(yaml_value.NoPlace):
        yaml_value.value_of(text, FIELD)


@pytest.mark.parametrize("value", ["a: b", "a #b", "*a", "", "a\nb", "'a", "a, b", "a}"])
def test_a_value_that_would_be_read_as_another_is_not_written(value):
    with pytest.raises(yaml_value.NoPlace):
        yaml_value.replaced("image: {digest: ab}", FIELD, value)


def test_of_a_list_the_one_item_is_taken():
    text = "images:\n- {name: a, digest: x}\n- name: b\n  digest: y\n- {name: c, digest: z}\n- {name: c, digest: z}\n"
    assert yaml_value.value_of(text, ["images", {"name": "b"}, "digest"]) == "y"
    for none in ({"name": "c"}, {"name": "d"}, {"name": "b", "digest": "x"}, "b"):
        with pytest.raises(yaml_value.NoPlace):
            yaml_value.value_of(text, ["images", none, "digest"])


def test_a_release_is_one_commit_in_which_one_value_is_another(outside, ask, release):
    before = outside.head()
    seen = release(0)
    assert seen["goal"] == {"format": "1", "value": argocd_imitation.DIGESTS[0]} and seen["mark"] == before
    assert outside.text() == argocd_imitation.FILE.replace('digest: ""', f'digest: "{argocd_imitation.DIGESTS[0]}"')
    assert outside.git("rev-list", "--parents", "-1", "main").split()[1:] == [before], "on the head that was seen"
    assert outside.git("diff", "--name-only", before, "main") == argocd_imitation.SETTINGS["file"]
    trailer = outside.git("log", "-1", "--format=%(trailers:key=Windlass,valueonly)", "main")
    assert trailer == "1f0c2d9a4b5e6f70/orders/forward"
    made = outside.head()
    assert ask("change", goal=seen["goal"], if_=before) == {"sent": True} and outside.head() == made, "it is there"
    assert ask("change", goal=seen["state"], if_=made) == {"sent": True}
    assert outside.text() == argocd_imitation.FILE, "back from a first release"


def test_a_commit_of_somebody_else_is_a_conflict_and_is_kept(outside, ask):
    seen = ask("observe", release=argocd_imitation.RELEASES[0])
    other = outside.commit({"apps/other.yaml": "replicas: 2\n"})
    asked = {"goal": seen["goal"], "release": argocd_imitation.RELEASES[0]}
    answer = ask("change", **asked, if_=seen["mark"])
    assert answer["refused"]["name"] == "Conflict" and outside.head() == other
    assert ask("observe")["state"] == seen["state"], "so Windlass looks and tries again"
    assert ask("change", **asked, if_=other) == {"sent": True}
    assert outside.git("show", "main:apps/other.yaml") == "replicas: 2"


def test_a_commit_that_comes_first_wins(outside, ask):
    """The server compares the head as well: the other commit is made while the push is under way."""
    seen = ask("observe", release=argocd_imitation.RELEASES[0])
    posts = []

    def tap(moment):
        # A change asks for a secret, for the head, for the file, and to push.
        posts.append(moment)
        if len(posts) == len(requests) - 1:
            outside.tap = lambda _moment: None
            outside.commit({"apps/other.yaml": "replicas: 4\n"})

    requests = []
    outside.tap = requests.append
    assert ask("change", goal=seen["goal"], if_=seen["mark"]) == {"sent": True}
    outside.tap = lambda _moment: None
    now = ask("observe")
    outside.tap = tap
    answer = ask("change", goal=seen["state"], if_=now["mark"])
    assert answer["refused"]["name"] == "Conflict"
    assert outside.git("show", "main:apps/other.yaml") == "replicas: 4"
    assert ask("observe")["state"] == now["state"]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"goal": {"format": "2", "value": "x"}}, "UnknownFormat"),
        ({"goal": {"format": "1", "value": "a: b"}, "settings": {"field": ["images", PROXY, "digest"]}}, "NoPlace"),
        ({"release": {"image": "shop/orders:latest"}}, "WrongDigest"),
        ({"release": {"bucket": "b", "key": "k", "version_id": "v", "sha256": "a" * 64}}, "WrongDigest"),
        ({"not_after": "2020-01-01T00:00:00Z"}, "TooLate"),
        ({"do": "prepare", "not_after": "2020-01-01T00:00:00Z"}, "TooLate"),
        ({"settings": {"file": "no.yaml"}}, "NoPlace"),
        ({"settings": {"file": "apps//orders/kustomization.yaml"}}, "NoPlace"),
        ({"settings": {"branch": "none"}}, "NoPlace"),
        ({"windlass": 2}, "UnknownVersion"),
        ({"do": "destroy"}, "UnknownDo"),
    ],
)
def test_what_is_refused_changes_nothing(outside, ask, asked, name):
    before = outside.head()
    asked = {"do": "change", "goal": {"format": "1", "value": argocd_imitation.DIGESTS[0]}, "if_": before} | asked
    asked["settings"] = argocd_imitation.SETTINGS | asked.get("settings", {})
    assert ask(**asked)["refused"]["name"] == name and outside.head() == before


def test_nothing_is_sent_after_a_look_that_took_too_long(outside, ask, monkeypatch):
    class Clock(datetime.datetime):
        late = datetime.timedelta()

        @classmethod
        def now(cls, zone):
            return datetime.datetime.now(zone) + cls.late

    def tap(_moment):
        Clock.late = datetime.timedelta(minutes=1)

    before = outside.head()
    monkeypatch.setattr(protocol, "datetime", types.SimpleNamespace(datetime=Clock, timezone=datetime.timezone))
    outside.tap = tap
    answer = ask("change", goal={"format": "1", "value": argocd_imitation.DIGESTS[0]}, if_=before)
    assert answer["refused"]["name"] == "TooLate" and outside.head() == before


def test_the_function_that_looks_changes_nothing(outside, ask, release, monkeypatch):
    seen = release(0)
    monkeypatch.setenv("WORDS", "observe")
    assert ask("observe")["state"] == seen["goal"]
    assert ask("change", goal=seen["state"], if_=outside.head())["refused"]["name"] == "UnknownDo"
    assert ask("prepare", goal=seen["state"])["refused"]["name"] == "UnknownDo"


def url_of(token):
    return base64.urlsafe_b64decode(token.partition(".")[2] + "==").decode()


def test_the_token_is_what_the_command_line_of_aws_makes(outside):
    command = [pathlib.Path(sys.executable).with_name("aws"), "eks", "get-token", "--cluster-name", "prod"]
    made = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["status"]["token"]
    ours, theirs = (urllib.parse.urlsplit(url_of(token)) for token in (eks.token("prod"), made))
    assert ours[:3] == theirs[:3] == ("https", "sts.eu-central-1.amazonaws.com", "/")
    moved = {"X-Amz-Date": None, "X-Amz-Signature": None}
    said = [dict(urllib.parse.parse_qsl(url.query)) | moved for url in (ours, theirs)]
    assert said[0] == said[1]
    assert outside.cluster.groups(made) == ["windlass-look"], "whose signature the stand-in computes as well"


@pytest.mark.parametrize("variable", ["CLUSTER", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_REGION"])
def test_a_token_of_another_role_or_for_another_cluster_shows_nothing(outside, ask, monkeypatch, variable):
    monkeypatch.setenv(variable, "us-west-2" if variable == "AWS_REGION" else "another")
    monkeypatch.setenv("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])
    look = ask("observe")
    says = "The Kubernetes API answers 401 for applications argocd/orders."
    assert (look["ready"], look["says"], look["state"]) == (False, says, {"format": "1", "value": ""})
    assert ask("observe", release=argocd_imitation.RELEASES[0])["state"] is None, "no release begins"


def test_a_role_that_access_yaml_does_not_bind_sees_nothing(outside, ask):
    outside.cluster.roles = {name: (secret, ["others"]) for name, (secret, _) in outside.cluster.roles.items()}
    assert ask("observe")["says"] == "The Kubernetes API answers 403 for applications argocd/orders."


@pytest.mark.parametrize("settings", [{"application": "payments"}, {"namespace": "default"}])
def test_an_application_that_is_not_there_or_not_allowed_is_never_ready(outside, ask, settings):
    look = ask("observe", settings=argocd_imitation.SETTINGS | settings)
    assert not look["ready"] and look["says"].startswith("The Kubernetes API answers 40")


def test_a_cluster_with_another_certificate_does_not_get_the_token(outside, ask, tmp_path, monkeypatch):
    other = Server(outside.cluster, tmp_path)
    monkeypatch.setenv("CLUSTER_ENDPOINT", other.endpoint)
    assert ask("observe")["says"] == "The Kubernetes API does not answer (SSLCertVerificationError)."
    other.close()
    assert ask("observe")["says"] == "The Kubernetes API does not answer (ConnectionRefusedError)."


def test_a_certificate_of_eks_is_taken_by_every_python(outside, ask, monkeypatch):
    """From 3.13 on Python is strict by itself, and would refuse it."""
    usual = ssl.create_default_context

    def strict(**more):
        context = usual(**more)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)
    assert ask("observe")["ready"]


def test_access_yaml_allows_one_look_and_nothing_else(outside, ask):
    """`kubectl` applies the file, and asks what the function's token may do."""
    for plural in ("roles", "rolebindings"):
        del outside.cluster.objects[plural, "argocd", "windlass-look"]
    assert not ask("observe")["ready"]
    applied = outside.kubernetes.ask("apply", "--validate=false", "-f", str(HERE / "access.yaml"))
    assert applied.count(" created") == 2
    assert ask("observe")["ready"]
    token, patch = eks.token("prod"), '{"spec": {"project": "other"}}'
    allowed = outside.kubernetes.ask("get", "application", "orders", "-o", "name", token=token)
    assert allowed == "application.argoproj.io/orders\n"
    for command in (
        ["get", "applications"],
        ["get", "application", "orders", "-w"],
        ["get", "application", "orders", "-n", "default"],
        ["get", "role", "windlass-look"],
        ["patch", "application", "orders", "--type=merge", "-p", patch],
        ["delete", "application", "orders"],
    ):
        assert "Forbidden" in outside.kubernetes.ask(*command, token=token), command


class Template(yaml.SafeLoader):
    """Reads the intrinsic functions as what stands behind them."""


Template.add_multi_constructor("!", lambda loader, tag, node: getattr(loader, f"construct_{node.id}")(node))


def test_the_template_has_what_windlass_and_the_cluster_ask_for(outside):
    template = yaml.load((HERE / "template.yaml").read_text(), Template)
    resources, common = template["Resources"], template["Globals"]["Function"]
    functions = {name: it["Properties"] for name, it in resources.items() if it["Type"] == "AWS::Serverless::Function"}
    assert common["Timeout"] <= 30 and common["AutoPublishAlias"] == "live"
    tags = [it["Tags"] for it in functions.values()]
    assert [it["windlass:external"] for it in tags] == ["change", "look"]
    assert all({"windlass:app", "windlass:environment"} < set(it) for it in tags)
    assert functions["Look"]["Environment"]["Variables"]["WORDS"] == "observe"
    of_lambda = {"PATH", "PYTHONPATH", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_SECRETS_MANAGER"}
    of_lambda |= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    given = {*common["Environment"]["Variables"], *functions["Change"]["Environment"]["Variables"]}
    assert given == set(outside.variables()) - of_lambda, "what the function is tried with"
    bound = [it["subjects"][0]["name"] for it in argocd_imitation.rules() if it["kind"] == "RoleBinding"]
    entries = [it["Properties"] for it in resources.values() if it["Type"] == "AWS::EKS::AccessEntry"]
    assert [it["KubernetesGroups"] for it in entries] == [bound, bound]
    assert {it["PrincipalArn"] for it in entries} == {f"{it['Role']}" for it in functions.values()}
    roles = [it["Properties"]["Policies"] for it in resources.values() if it["Type"] == "AWS::IAM::Role"]
    rights = [it["Action"] for (policy,) in roles for it in policy["PolicyDocument"]["Statement"]]
    assert rights == ["secretsmanager:GetSecretValue"] * 2


def test_cfn_lint_finds_nothing_in_the_template():
    command = pathlib.Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([command, HERE / "template.yaml"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_handler_is_short_enough_to_be_copied():
    assert len((HERE / "handler.py").read_text().splitlines()) <= 150


def test_every_promise_to_windlass_is_kept():
    trial = argocd_imitation.trial()
    try:
        ends = list(kit.try_all(trial))
    finally:
        trial.outside.close()
    assert len(ends) == 15 and [end for end in ends if end[1] != "kept"] == []


def test_the_page_puts_all_into_the_build_that_the_function_imports():
    page = (HERE / "README.md").read_text()
    copied = page.partition("\ncp ")[2].partition(" build/\n")[0].split()
    names = {pathlib.Path(name).stem for name in copied}
    assert {name for name in names if not (HERE / f"{name}.py").exists()} == {"git_http", "protocol"}
    known = {"boto3": "the runtime", "botocore": "the runtime", "dulwich": "", "urllib3": "", "yaml": "PyYAML"}
    pinned = (HERE / "requirements.txt").read_text()
    for name in copied:
        for line in (HERE / name).read_text().splitlines():
            module = line.split()[1].partition(".")[0] if line.startswith(("import ", "from ")) else "os"
            package = known.get(module, "it is here")
            assert module in {*names, *known} | sys.stdlib_module_names, module
            assert package in ("the runtime", "it is here") or f"{package or module}==" in pinned, module
