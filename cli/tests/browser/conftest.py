"""The program as a person starts it, against a scripted API, and Debian's Chromium in front of it."""

import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright
from standin import Standin

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / "docs/pictures"


@pytest.fixture(scope="session")
def program():
    path = os.environ.get("WINDLASS") or ROOT / "target" / os.environ.get("CARGO_BUILD_TARGET", "") / "debug/windlass"
    assert Path(path).exists(), f"{path} is not built: `cargo build --bin windlass`"
    return path


@pytest.fixture(scope="session")
def chromium():
    known = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    found = os.environ.get("CHROMIUM") or next(filter(None, known), None)
    assert found, "Chromium is not there: `apt-get install chromium`, or set CHROMIUM"
    with sync_playwright() as playwright:
        # In a container without user namespaces Chromium has no sandbox; it looks at our own pages alone.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def api():
    return Standin()


@pytest.fixture
def environment(api):
    """The variables of whoever starts the program."""
    return {
        "PATH": os.environ["PATH"],
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "a-secret",
        "AWS_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": api.aws_url,
        "WINDLASS_ENDPOINT": api.url,
    }


@pytest.fixture
def report(program, environment, tmp_path):
    """The address of the file that the program writes of an environment."""
    written = subprocess.run([program, "report", "shop", "prod"], stdout=subprocess.PIPE, env=environment, cwd=tmp_path, check=True)
    file = tmp_path / "report.html"
    file.write_bytes(written.stdout)
    return file.as_uri()


@pytest.fixture
def process(program, environment, tmp_path):
    """The program, which serves the pages."""
    process = subprocess.Popen([program, "ui"], stdout=subprocess.PIPE, env=environment, cwd=tmp_path, text=True)
    yield process
    process.terminate()
    process.wait()


@pytest.fixture
def ui(process):
    """The address that the program prints."""
    return process.stdout.readline().strip()


class Looking:
    """A page of the browser, and everything that it asked for or complained about."""

    def __init__(self, browser, ui, **context):
        context = {"viewport": {"width": 1180, "height": 760}, "timezone_id": "Europe/Berlin", "locale": "en-GB"} | context
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.ui, self.asked, self.complaints = ui, [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type in ("error", "warning") else None)

    def open(self, path=""):
        self.page.goto(self.ui + path)
        return self.page

    def counts_work(self):
        """From here on the browser counts the processor time that its page takes; returns how to ask for it, in seconds."""
        devtools = self.context.new_cdp_session(self.page)
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        return lambda: next(one["value"] for one in devtools.send("Performance.getMetrics")["metrics"] if one["name"] == "TaskDuration")

    def picture(self, name, height=None):
        """For the documents, where they are to be written anew."""
        if os.environ.get("UPDATE_DOCS"):
            PICTURES.mkdir(exist_ok=True)
            size = self.page.viewport_size
            clip = {"x": 0, "y": 0, "width": size["width"], "height": height} if height else None
            shot = self.page.screenshot(clip=clip, full_page=bool(clip), animations="disabled")
            # The pages have few colours: so a picture is a quarter as large.
            Image.open(io.BytesIO(shot)).convert("RGB").quantize(64).save(PICTURES / f"{name}.png", optimize=True)


@pytest.fixture
def look(chromium, ui):
    looks = []

    def begin(at=ui, **context):
        looks.append(Looking(chromium, at, **context))
        return looks[-1]

    yield begin
    for one in looks:
        foreign = [url for url in one.asked if not url.startswith((one.ui, "data:"))]
        one.context.close()
        assert foreign == [], "a page asked for something outside of its own path"
        assert one.complaints == []


@pytest.fixture
def answers():
    return json.loads((Path(__file__).parent / "answers.json").read_text())
