"""A client in another language, generated from docs/openapi.json, releases, is refused, rolls back and reads the history in pages."""

import json
import os
import subprocess

import api_document
import npm_tools
import pytest
from application import Application
from cloud import REPOSITORY

TOOLS = REPOSITORY / ".local/openapi/bin"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The folder above the generated package. Nothing of the document may be left out of it."""
    subprocess.run(["make", "--silent", ".local/openapi/stamp"], cwd=REPOSITORY, check=True)
    folder = tmp_path_factory.mktemp("client")
    command = [TOOLS / "openapi-python-client", "generate", "--path", api_document.DOCUMENT, "--meta", "none", "--output-path", folder / "windlass_api"]
    path = f"{TOOLS}:{os.environ['PATH']}"
    made = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    said = made.stdout + made.stderr
    assert made.returncode == 0 and "Warning" not in said, said
    return folder


def test_the_document_is_as_its_linter_wants_it():
    done = npm_tools.redocly(api_document.DOCUMENT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_generated_client_releases_and_goes_back(aws, client):
    application = Application(aws, "teller", "prod")
    application.make_targets()
    application.declare(application.declaration({"prod": {"deploy": {"branch": "main"}}}, {"between_waves": "1s", "bake": "1s"}))
    manifest = application.manifest("1.0.0")
    wrong = {**manifest, "version": "no version", "sequence": 10**18}
    given = {
        "folder": str(client),
        "api": aws.api,
        "region": aws.region,
        "key": "test",
        "secret": "test",
        "app": application.app,
        "environment": application.environment,
        "manifest": manifest,
        "wrong": wrong,
    }
    script = REPOSITORY / "tests/e2e/generated_client.py"
    ran = subprocess.run([TOOLS / "python", script], input=json.dumps(given), capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr[-4000:]
    seen = json.loads(ran.stdout)
    assert seen["released"] == ["1.0.0", "Succeeded", ["jobs", "page"]], seen
    status, findings = seen["refused"]
    assert status == 400 and sorted(path for _, path in findings) == ["sequence", "version"], seen
    assert seen["went_back"] == ["Succeeded", "rollback"], seen
    assert seen["history"] == [[seen["ids"][0], "rollback"], [seen["ids"][1], "deploy"]], seen
