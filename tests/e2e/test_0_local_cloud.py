"""The local cloud throws nothing away that nobody named, and its environment is that of one which answers. Without a cloud."""

import http.server
import json
import os
import subprocess
import sys
import threading

import cloud
import install
import pytest
from cloud import REPOSITORY

WAITS = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def running(tmp_path):
    """The folder of a local cloud on port 4566, whose only process waits."""
    process = cloud.start(tmp_path, "waits", WAITS, {})
    (tmp_path / "cloud.json").write_text(json.dumps({"port": 4566, "endpoint": "http://127.0.0.1:4566", "processes": {"waits": process}}))
    (tmp_path / cloud.MARKER).touch()
    yield tmp_path
    cloud.stop_all({"waits": process})


@pytest.mark.parametrize("start", [cloud.up, cloud.anew])
def test_the_cloud_of_another_port_is_refused_and_goes_on(running, start):
    with pytest.raises(cloud.CloudError, match="runs on port 4566: `make down` stops it.* PORT=4566"):
        start(running, 4600, 0.1)
    assert cloud.describe(running)["port"] == 4566


def test_the_cloud_of_the_same_port_is_replaced_and_that_is_said(running, monkeypatch):
    monkeypatch.setattr(cloud, "up", lambda home, port, wait_scale: cloud.describe(home))
    said = []
    assert cloud.anew(running, 4566, 0.1, said.append) is None
    assert ["thrown away" in line for line in said] == [True], said
    assert cloud.anew(running, 4566, 0.1, said.append) is None and len(said) == 1


@pytest.mark.parametrize("port", [4566, 4600])
def test_the_end_deletes_what_was_in_a_cloud_and_no_other_one_s_outputs(running, port):
    outputs = running / "outputs.json"
    outputs.write_text(json.dumps({"endpoint": f"http://127.0.0.1:{port}"}))
    (running / "state").mkdir()
    assert "there is none" in cloud.end(running / "state", outputs) and outputs.exists()
    assert "deleted" in cloud.end(running, outputs)
    assert (cloud.describe(running), (running / "state").exists(), outputs.exists()) == (None, False, port == 4600)


def test_make_demo_stops_nothing_but_what_it_replaces(running):
    options = ["make", "--silent", "demo", "PORT=4600", f"RUN={running}", "BUILT=1"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    planned = subprocess.run([*options, "--dry-run"], cwd=REPOSITORY, env=environment, text=True, capture_output=True, check=True).stdout
    assert "cloud.py down" not in planned and planned.index("cloud.py replaceable") < planned.index("cloud.py anew"), planned
    done = subprocess.run(options, cwd=REPOSITORY, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode != 0 and "runs on port 4566" in done.stderr, done
    assert cloud.describe(running)


def test_make_up_lets_windlass_into_buckets_of_ones_own():
    options = ["make", "--silent", "up", "BUILT=1", "SITE_BUCKETS=blog-web media-*", "--dry-run"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    planned = subprocess.run(options, cwd=REPOSITORY, env=environment, text=True, capture_output=True, check=True).stdout
    assert '--site-buckets "blog-web media-*"' in planned, planned
    arns = install.site_bucket_arns(["blog-web", "media-*"])
    assert arns == "arn:aws:s3:::shop-*,arn:aws:s3:::*-pages-*,arn:aws:s3:::blog-web,arn:aws:s3:::media-*"


class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == cloud.READY else 404)
        self.end_headers()

    def log_message(self, *_):
        pass


def environment_of(outputs, endpoint):
    outputs.write_text(json.dumps({"endpoint": endpoint, "region": cloud.REGION}))
    command = [sys.executable, str(REPOSITORY / "tests/e2e/environment.py"), "--outputs", str(outputs)]
    return subprocess.run(command, text=True, capture_output=True, check=False)


def test_the_environment_is_that_of_a_cloud_that_answers(tmp_path):
    with http.server.HTTPServer(("127.0.0.1", 0), Ready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        done = environment_of(tmp_path / "outputs.json", endpoint)
        assert done.returncode == 0 and f"export AWS_ENDPOINT_URL={endpoint}" in done.stdout, done
        server.shutdown()
    done = environment_of(tmp_path / "outputs.json", endpoint)
    assert (done.returncode, done.stdout) == (1, ""), done
    assert f"nothing answers at {endpoint}" in done.stderr and "`make up` starts a new one" in done.stderr, done.stderr


def test_an_environment_of_no_cloud_names_what_starts_one(tmp_path):
    command = [sys.executable, str(REPOSITORY / "tests/e2e/environment.py"), "--outputs", str(tmp_path / "outputs.json")]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, "") and "`make up` starts it" in done.stderr, done
