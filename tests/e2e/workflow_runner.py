"""A real runner of workflows, nektos/act: runs the jobs of a repository on this machine, without Docker."""

import dataclasses
import json
import os
import shutil
import subprocess

from cloud import REPOSITORY

ACT = REPOSITORY / ".local/actions/bin/act"
ENDS_WITHIN_S = 300
RUN_NUMBER = "12"


@dataclasses.dataclass
class Run:
    """The end of a workflow, and what it left."""

    status: int
    log: str
    summary: str
    outputs: dict


class Runner:
    """Runs the workflows of one repository. `actions` are folders with actions, by `owner/name@ref`."""

    def __init__(self, repository, home, actions):
        self.repository, self.home, self.actions = repository, home, actions
        home.mkdir(parents=True, exist_ok=True)
        # Without it act asks a person which images to take.
        (home / ".actrc").write_text("-P ubuntu-latest=-self-hosted\n")

    def run(self, event, about, variables):
        """Runs what an event starts; `about` is GitHub's document of it."""
        document = self.home / "event.json"
        document.write_text(json.dumps(about))
        variables = {"GITHUB_RUN_NUMBER": RUN_NUMBER, "GITHUB_RUN_ID": "4711", **variables}
        command = [ACT, event, "--json", "--no-cache-server", "--eventpath", document, "--actor", "someone", "--concurrent-jobs", "1"]
        command += ["--action-cache-path", self.home / "cache"]
        for name, folder in self.actions.items():
            command += ["--local-repository", f"{name}={folder}"]
        for name, value in variables.items():
            command += ["--env", f"{name}={value}"]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", "XDG_CONFIG_HOME": str(self.home / "config")}
        done = subprocess.run(command, cwd=self.repository, env=environment, capture_output=True, text=True, timeout=ENDS_WITHIN_S, check=False)
        lines = [as_line(line) for line in (done.stdout + done.stderr).splitlines()]
        said = [line for line in lines if line.get("command") in (None, "summary", "set-output")]
        summaries = [line["content"] for line in lines if line.get("command") == "summary"]
        outputs = {line["name"]: line["arg"] for line in lines if line.get("command") == "set-output" and "name" in line}
        return Run(done.returncode, "\n".join(line["msg"].rstrip("\n") for line in said), "\n".join(summaries), outputs)


def as_line(text):
    try:
        line = json.loads(text)
    except json.JSONDecodeError:
        return {"msg": text}
    return line if isinstance(line, dict) and "msg" in line else {"msg": text}


def action(folder):
    """The action of this repository, as the runner would fetch it: without what was built here."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("action.yml", "Cargo.toml"):
        shutil.copy(REPOSITORY / name, folder)
    shutil.copytree(REPOSITORY / "action", folder / "action")
    return folder
