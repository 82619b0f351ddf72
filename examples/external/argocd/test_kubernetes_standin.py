"""The stand-in for a cluster, tried with the real `kubectl`: it is not only what these tests take a cluster for."""

import json
import subprocess

import pytest
from kubernetes_standin import Cluster, Server, certificates

APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "orders"},
    "spec": {"project": "default", "destination": {}, "source": {"repoURL": "https://github.com/org/deployments"}},
}


@pytest.fixture
def cluster(tmp_path):
    server = Server(Cluster("prod", "eu-central-1", {}), tmp_path)
    yield server
    server.close()


def create(cluster, name="orders"):
    application = json.dumps(APPLICATION | {"metadata": {"name": name}})
    return cluster.ask("create", "--validate=false", "-f", "-", input=application)


def patch(cluster, **parts):
    return cluster.ask("patch", "application", "orders", "--type=merge", "-p", json.dumps(parts))


def read(cluster):
    return json.loads(cluster.ask("get", "application", "orders", "-o", "json"))


def test_kubectl_makes_reads_lists_and_takes_away_an_application(cluster):
    assert create(cluster) == "application.argoproj.io/orders created\n"
    create(cluster, "payments")
    assert read(cluster)["metadata"]["resourceVersion"] == "1" and read(cluster)["spec"] == APPLICATION["spec"]
    names = cluster.ask("get", "applications", "-o", "name").split()
    assert names == ["application.argoproj.io/orders", "application.argoproj.io/payments"]
    assert "AlreadyExists" in create(cluster)
    assert "deleted" in cluster.ask("delete", "application", "orders", "--wait=false")
    assert "NotFound" in cluster.ask("get", "application", "orders")


def test_a_patch_makes_a_new_version_and_a_stale_one_is_a_conflict(cluster):
    create(cluster)
    assert "patched" in patch(cluster, status={"sync": {"status": "Synced"}, "health": {"status": "Healthy"}})
    now = read(cluster)
    assert (now["metadata"]["resourceVersion"], now["status"]["sync"]["status"]) == ("2", "Synced")
    stale = {"resourceVersion": "1"}
    assert "Conflict" in patch(cluster, metadata=stale, status={"health": None})
    old = json.dumps(now | {"metadata": now["metadata"] | stale})
    assert "Conflict" in cluster.ask("replace", "--validate=false", "-f", "-", input=old)
    assert "replaced" in cluster.ask("replace", "--validate=false", "-f", "-", input=json.dumps(now))


def test_a_watch_shows_each_change(cluster):
    create(cluster)
    watch = cluster.kubectl("get", "application", "orders", "-w", "-o", 'jsonpath=[{.status.sync.status}]{"\\n"}')
    with subprocess.Popen(watch, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "[]\n", "there is no status yet"
        for status in ("OutOfSync", "Synced"):
            patch(cluster, status={"sync": {"status": status}})
            assert process.stdout.readline() == f"[{status}]\n"
        process.terminate()


def test_a_wrong_token_and_a_wrong_authority_are_refused(cluster, tmp_path):
    create(cluster)
    assert "Unauthorized" in cluster.ask("get", "applications", token="k8s-aws-v1.nobody")
    (tmp_path / "other").mkdir()
    cluster.authority, _, _ = certificates(tmp_path / "other")
    assert "certificate signed by unknown authority" in cluster.ask("get", "applications")
