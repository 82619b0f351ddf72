"""The scripts of the GitHub Action: the arguments that they give the command line, their sign-in, and the status, outputs and summary of a run.
The command line is a script that notes what it is given and ends as it should."""

import json
import os
import platform
import re
import stat
import subprocess
import tomllib

import pytest
from cloud import REPOSITORY
from release_server import Releases
from token_service import TokenService

INPUTS = ["COMPONENTS", "ENVIRONMENT", "MODE", "VERSION", "GIT_REF", "GIT_COMMIT", "SEQUENCE", "FURTHER", "ROLE", "ENDPOINT", "REGION"]
# Notes its arguments and what it sees of credentials, says what a file has, writes the document, works until its token was
# renewed as often as it should be, and ends as it should.
PROGRAM = """#!/usr/bin/env bash
folder=$(dirname "$0")
printf '%s\\n' "$@" > "$folder/arguments"
env > "$folder/environment"
while [ $# -gt 0 ]; do if [ "$1" = --json-to ]; then cp "$folder/document" "$2"; fi; shift; done
cat "$folder/said"
for _ in $RENEWALS; do
  before=$(cat "$AWS_WEB_IDENTITY_TOKEN_FILE")
  until [ "$(cat "$AWS_WEB_IDENTITY_TOKEN_FILE")" != "$before" ]; do sleep 0.05; done
done
if [ -n "$AWS_WEB_IDENTITY_TOKEN_FILE" ]; then stat -c %a "$AWS_WEB_IDENTITY_TOKEN_FILE" > "$folder/rights"; cp "$AWS_WEB_IDENTITY_TOKEN_FILE" "$folder/token"; fi
exit "$ENDS"
"""
PUSH = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_REF_NAME": "main"}
TAG = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/tags/v1.4.0", "GITHUB_REF_NAME": "v1.4.0"}
REQUEST = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_REF_NAME": "7/merge", "GITHUB_BASE_REF": "main"}
RECORD = {"deployment": {"id": "1f0c", "environment": "prod", "executions": ["arn:1", "arn:2"]}}
ENDED = {"ending": "RolledBack", "cause": "a gate failed.\n  measured ``` 7"}


class Ran:
    """A run of the script in a folder."""

    def __init__(self, folder, variables, document=None, said="", ends=0, **inputs):
        self.folder = folder
        for name, text in {"document": json.dumps(document or {}), "said": said, "output": "", "summary": "", "windlass": PROGRAM}.items():
            (folder / name).write_text(text)
        (folder / "windlass").chmod(0o755)
        (folder / "event.json").write_text(json.dumps({"pull_request": {"head": {"sha": "5c1e"}}}))
        (folder / "temp").mkdir(exist_ok=True)
        runner = {
            "GITHUB_ACTION_PATH": REPOSITORY,
            "GITHUB_OUTPUT": folder / "output",
            "GITHUB_STEP_SUMMARY": folder / "summary",
            "GITHUB_EVENT_PATH": folder / "event.json",
            "GITHUB_RUN_NUMBER": "12",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "4711",
            "RUNNER_TEMP": folder / "temp",
            "PATH": os.environ["PATH"],
        }
        given = {name: "" for name in INPUTS} | {"APP": "shop", "COMPONENTS": "web=dist/", "PROGRAM": folder / "windlass", "ENDS": ends, "RENEWALS": ""}
        environment = {name: str(value) for name, value in {**runner, **given, **variables, **inputs}.items()}
        done = subprocess.run(["bash", REPOSITORY / "action/run.sh"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
        self.status, self.log = done.returncode, done.stdout + done.stderr

    def noted(self, name):
        return (self.folder / name).read_text()

    @property
    def arguments(self):
        arguments = self.noted("arguments").splitlines()
        # Where the document goes is the scripts' own affair.
        place = arguments.index("--json-to")
        return arguments[:place] + arguments[place + 2 :]

    @property
    def outputs(self):
        return dict(line.split("=", 1) for line in self.noted("output").splitlines() if "=" in line and "<<" not in line)


RUN = ["--sequence", "12"]
OF_MAIN = ["--git-ref", "refs/heads/main", "--git-commit", "5c1e"]


@pytest.mark.parametrize(
    ("variables", "inputs", "wanted"),
    [
        (PUSH, {}, ["release", "--watch", "shop", "main-12.1", "web=dist/", *RUN]),
        (PUSH | {"GITHUB_REF": "refs/heads/a/b", "GITHUB_REF_NAME": "a/b"}, {}, ["release", "--watch", "shop", "a-b-12.1", "web=dist/", *RUN]),
        (TAG, {}, ["release", "--watch", "shop", "1.4.0", "web=dist/", *RUN]),
        (TAG | {"GITHUB_REF": "refs/tags/shop-v1.4.0", "GITHUB_REF_NAME": "shop-v1.4.0"}, {}, ["release", "--watch", "shop", "1.4.0", "web=dist/", *RUN]),
        (TAG | {"GITHUB_REF": "refs/tags/@acme/shop@1.4.0-rc.1", "GITHUB_REF_NAME": "@acme/shop@1.4.0-rc.1"}, {}, ["release", "--watch", "shop", "1.4.0-rc.1", "web=dist/", *RUN]),
        (TAG | {"GITHUB_REF": "refs/tags/web/v1.4.0-1.2.3", "GITHUB_REF_NAME": "web/v1.4.0-1.2.3"}, {}, ["release", "--watch", "shop", "1.4.0-1.2.3", "web=dist/", *RUN]),
        (TAG | {"GITHUB_REF": "refs/tags/v2.0.0.1", "GITHUB_REF_NAME": "v2.0.0.1"}, {}, ["release", "--watch", "shop", "2.0.0.1", "web=dist/", *RUN]),
        (TAG | {"GITHUB_REF": "refs/tags/spring", "GITHUB_REF_NAME": "spring"}, {}, ["release", "--watch", "shop", "spring", "web=dist/", *RUN]),
        (TAG, {"MODE": "plan"}, ["plan", "release", "shop", "1.4.0", "web=dist/", *RUN]),
        (REQUEST, {}, ["plan", "release", "shop", "pr-7-12.1", "web=dist/", *OF_MAIN, *RUN]),
        (REQUEST, {"ENVIRONMENT": "prod"}, ["plan", "release", "shop", "pr-7-12.1", "web=dist/", "--environment", "prod", *OF_MAIN, *RUN]),
        (REQUEST, {"GIT_REF": "refs/heads/x"}, ["plan", "release", "shop", "pr-7-12.1", "web=dist/", "--git-ref", "refs/heads/x", *RUN]),
        (TAG, {"VERSION": "2", "SEQUENCE": "7", "GIT_COMMIT": "9f2c"}, ["release", "--watch", "shop", "2", "web=dist/", "--git-commit", "9f2c", "--sequence", "7"]),
        (PUSH, {"MODE": "choose", "ENVIRONMENT": "prod", "VERSION": "9"}, ["explain", "shop", "--git-ref", "refs/heads/main"]),
        (REQUEST, {"MODE": "choose"}, ["explain", "shop", "--git-ref", "refs/heads/main"]),
        (PUSH, {"MODE": "choose", "GIT_REF": "refs/heads/x", "FURTHER": "--timeout=9"}, ["explain", "shop", "--git-ref", "refs/heads/x", "--timeout=9"]),
        (PUSH, {"COMPONENTS": "\n  web=my dist/ \n\n\tapi=$(id);`id`\n"}, ["release", "--watch", "shop", "main-12.1", "web=my dist/", "api=$(id);`id`", *RUN]),
        (PUSH, {"FURTHER": "--again\n--reason=it is late"}, ["release", "--watch", "shop", "main-12.1", "web=dist/", "--again", "--reason=it is late", *RUN]),
    ],
)
def test_the_arguments_follow_from_the_event_and_the_inputs(tmp_path, variables, inputs, wanted):
    ran = Ran(tmp_path, variables, **inputs)
    assert ran.status == 0, ran.log
    assert ran.arguments == wanted


def test_a_pull_request_is_planned_as_the_commit_that_the_job_has_checked_out(tmp_path):
    who = ["-c", "user.name=ann", "-c", "user.email=ann@example.com"]
    for words in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "merged for trial"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()
    ran = Ran(tmp_path, REQUEST)
    assert ran.arguments[5:] == [*OF_MAIN[:-1], head, *RUN], ran.log


@pytest.mark.parametrize("status", [0, 1, 3, 4, 5, 7, 9, 12])
def test_the_step_ends_with_the_status_of_the_command_line(tmp_path, status):
    ran = Ran(tmp_path, TAG, ends=status)
    assert (ran.status, ran.outputs["exit-status"]) == (status, str(status))
    assert f"### shop 1.4.0: the release ended with exit status {status}" in ran.noted("summary")


def test_a_mode_that_is_none_is_refused_and_nothing_is_run(tmp_path):
    ran = Ran(tmp_path, TAG, MODE="deploy")
    assert ran.status == 2 and "`mode` is `plan`, `release` or `choose`" in ran.noted("summary") and not (tmp_path / "arguments").exists()


@pytest.mark.parametrize("given", [{"VERSION": "--help"}, {"APP": "--help"}])
def test_an_input_that_looks_like_an_option_is_none(tmp_path, given):
    ran = Ran(tmp_path, TAG, **given)
    assert ran.status == 2 and "`--help`" in ran.noted("summary") and not (tmp_path / "arguments").exists(), ran.log


@pytest.mark.parametrize(
    ("variables", "chosen", "matches", "ends", "inputs", "status", "environment", "heading"),
    [
        (PUSH, "prod", [True], 0, {}, 0, "prod", "refs/heads/main goes to prod"),
        (PUSH, None, [False], 3, {"ENVIRONMENT": "dev"}, 3, "", "refs/heads/main goes to no environment"),
        (REQUEST, "prod", [True], 0, {"ENVIRONMENT": "dev"}, 0, "prod", "refs/heads/main goes to prod"),
        # No environment takes the branch that it is to be merged into.
        (REQUEST, None, [False, False], 3, {"ENVIRONMENT": "dev"}, 0, "dev", "no environment takes refs/heads/main; planned for dev"),
        (REQUEST, None, [], 3, {"ENVIRONMENT": "dev"}, 0, "dev", "no environment takes refs/heads/main; planned for dev"),
        (REQUEST, None, [False], 3, {}, 3, "", "refs/heads/main goes to no environment"),
        (REQUEST, None, [False], 6, {"ENVIRONMENT": "dev"}, 6, "", "refs/heads/main goes to no environment"),
        # Two take it, or nothing is declared.
        (REQUEST, None, [True, True], 3, {"ENVIRONMENT": "dev"}, 3, "", "refs/heads/main goes to no environment"),
        (REQUEST, None, None, 3, {"ENVIRONMENT": "dev"}, 3, "", None),
    ],
)
def test_the_environment_that_a_ref_chooses_is_an_output(tmp_path, variables, chosen, matches, ends, inputs, status, environment, heading):
    document = {"app": "shop", "asked": "refs/heads/main", "chosen": chosen}
    document = {"error": "nothing is declared"} if matches is None else {**document, "rules": [{"matches": it} for it in matches]}
    ran = Ran(tmp_path, variables, document, ends=ends, MODE="choose", **inputs)
    assert (ran.status, ran.outputs["environment"], ran.outputs["exit-status"]) == (status, environment, str(status)), ran.log
    assert ("### shop: " in ran.noted("summary")) == (heading is not None)
    assert heading is None or f"### shop: {heading}\n" in ran.noted("summary")


def test_an_ending_is_an_output_and_a_summary_that_nothing_in_it_breaks(tmp_path):
    record = {"deployment": {**RECORD["deployment"], "ending": ENDED}}
    said = "wave 1\n::error::of an application\n"
    ran = Ran(tmp_path, TAG, record, said, 4)
    wanted = {"id": "1f0c", "environment": "prod", "ending": "RolledBack", "execution": "arn:2", "becomes": "", "hash": ""}
    assert wanted.items() <= ran.outputs.items(), ran.outputs
    assert "\na gate failed.\n" in ran.noted("output")
    assert "### shop prod 1.4.0: RolledBack" in ran.noted("summary")
    assert ran.noted("summary").count("````") == 4 and "```` 7" not in ran.noted("summary")
    # The runner does not take it for its own.
    before, _, after = ran.log.partition("::error::of an application")
    word = before.partition("::stop-commands::")[2].split("\n")[0]
    assert len(word) > 20 and f"::{word}::" in after


def test_a_plan_is_a_table_with_what_runs_and_what_would_run(tmp_path):
    change = {"from": {"version": "1.3.0"}, "to": {"version": "pr-7-12.1"}}
    plan = {
        **RECORD,
        "id": "5b1e",
        "turn": {"becomes": "goes", "text": "It would begin."},
        "drawn": {"hash": "ab", "changes": {"web": change, "api": {"to": {"version": "1|2"}}}},
        "commits": {"web": "9f2c..5c1e"},
    }
    ran = Ran(tmp_path, REQUEST, plan, "nothing was changed\n")
    rows = [line for line in ran.noted("summary").splitlines() if line.startswith("| ")]
    assert rows[2:] == ["| web | 1.3.0 | pr-7-12.1 | 9f2c..5c1e |", "| api | nothing | 1 2 |  |"]
    assert "### Plan of shop prod pr-7-12.1: goes" in ran.noted("summary") and "nothing was changed" in ran.noted("summary")
    assert (ran.outputs["becomes"], ran.outputs["hash"]) == ("goes", "ab")


def test_a_role_is_signed_in_to_with_a_token_that_is_renewed_and_taken_away(tmp_path):
    with TokenService("repo:example/shop:ref:refs/tags/v1.4.0") as tokens:
        present = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SESSION_TOKEN": "of-a-step-before", "AWS_PROFILE": "theirs", "RENEWED_AFTER_S": "0.2"}
        ran = Ran(tmp_path, {**TAG, **tokens.variables, **present}, ROLE="arn:aws:iam::1:role/r", REGION="eu-west-1", RENEWALS="first second")
    assert ran.status == 0, ran.log
    assert len(tokens.given) > 2 and ran.noted("token") in tokens.given[1:]
    assert ran.noted("rights") == "600\n"
    seen = dict(line.partition("=")[::2] for line in ran.noted("environment").splitlines())
    assert (seen["AWS_ROLE_ARN"], seen["AWS_ROLE_SESSION_NAME"], seen["AWS_REGION"]) == ("arn:aws:iam::1:role/r", "run-4711", "eu-west-1")
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_PROFILE"} & set(seen)
    assert not list((tmp_path / "temp").rglob("token*"))
    assert "as repo:example/shop:ref:refs/tags/v1.4.0" in ran.log
    # Only to be masked by the runner.
    assert [line for line in ran.log.splitlines() if any(token in line for token in tokens.given)] == [f"::add-mask::{tokens.given[0]}"]


def test_without_a_role_the_command_line_gets_what_it_needs_to_ask_for_a_token_itself(tmp_path):
    with TokenService("repo:example/shop:ref:refs/tags/v1.4.0") as tokens:
        present = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SESSION_TOKEN": "of-a-step-before", "AWS_PROFILE": "theirs"}
        ran = Ran(tmp_path, {**TAG, **tokens.variables, **present}, ENDPOINT="https://abc.example")
    assert ran.status == 0, ran.log
    seen = dict(line.partition("=")[::2] for line in ran.noted("environment").splitlines())
    assert seen["WINDLASS_ENDPOINT"] == "https://abc.example"
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"} & set(seen)
    assert tokens.variables.items() <= seen.items() and tokens.given == []
    for name in ("plain", "fork"):
        (tmp_path / name).mkdir()
    fork = Ran(tmp_path / "fork", TAG, ENDPOINT="https://abc.example")
    assert fork.status == 6 and "may not sign in" in fork.noted("summary") and not (tmp_path / "fork/arguments").exists()
    folder = tmp_path / "plain"
    seen = Ran(folder, TAG | {"AWS_PROFILE": "theirs"}).noted("environment")
    assert "WINDLASS_ENDPOINT" not in seen and "AWS_PROFILE=theirs" in seen


def test_a_token_that_is_refused_is_reported_and_nothing_is_run(tmp_path):
    with TokenService("repo:example/shop:pull_request") as tokens:
        wrong = {**tokens.variables, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-another-job"}
        ran = Ran(tmp_path, {**TAG, **wrong}, ROLE="arn:aws:iam::1:role/r")
    assert ran.status == 6 and "could not sign in" in ran.noted("summary") and not (tmp_path / "arguments").exists(), ran.log


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    releases = Releases(tmp_path_factory.mktemp("releases"))
    yield releases
    releases.close()


# Notes its arguments. A former one knows no attestations.
GH = """#!/usr/bin/env bash
case "$*" in
  "attestation verify --help") exit "$KNOWS" ;;
  *) printf '%s\\n' "$@" > "$(dirname "$0")/asked"; echo "no attestation has this digest"; exit "$HOLDS" ;;
esac
"""


@pytest.mark.parametrize(
    ("gh", "mirror", "status", "asked"),
    [
        ({"KNOWS": "0", "HOLDS": "0"}, False, 0, True),
        ({"KNOWS": "0", "HOLDS": "1"}, False, 6, True),
        ({"KNOWS": "1", "HOLDS": "1"}, False, 0, False),
        ({"KNOWS": "0", "HOLDS": "1"}, True, 0, False),
    ],
)
def test_the_command_line_needs_a_valid_attestation_where_gh_can_look_at_it(tmp_path, releases, gh, mirror, status, asked):
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    variables = {
        "GITHUB_ACTION_PATH": REPOSITORY, "GITHUB_OUTPUT": tmp_path / "output", "GITHUB_STEP_SUMMARY": tmp_path / "summary", "RUNNER_TEMP": tmp_path, "RUNNER_OS": "Linux",
        "RUNNER_ARCH": {"x86_64": "X64", "aarch64": "ARM64"}[platform.machine()], "PATH": f"{tmp_path}:{os.environ['PATH']}", "COMMAND_LINE": "", **gh,
        "GITHUB_SERVER_URL": releases.address, "ACTION_REPOSITORY": "example/windlass", "RELEASES": f"{releases.address}/example/windlass/releases/download" if mirror else "",
    }  # fmt: skip
    environment = {name: str(value) for name, value in variables.items()}
    done = subprocess.run(["bash", REPOSITORY / "action/bring.sh"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, done
    assert ("program=" in (tmp_path / "output").read_text()) == (status == 0), done
    if asked:
        assert (tmp_path / "asked").read_text().splitlines() == ["attestation", "verify", releases.archive.name, "--repo", "example/windlass"]
    assert (tmp_path / "asked").exists() == asked
    if status:
        assert "no attestation has this digest" in done.stdout and "could not be verified" in (tmp_path / "summary").read_text(), done


def test_each_reason_to_stop_has_its_line_on_the_page():
    scripts = "".join(path.read_text() for path in sorted((REPOSITORY / "action").glob("*.sh")))
    titles = {title.partition(" $")[0] for title in re.findall(r'stop \d "([^"]+)"', scripts)}
    page = re.split(r"\n###? ", (REPOSITORY / "docs/integrate/ci.md").read_text().partition("### When the action stops")[2])[0]
    documented = {row.removesuffix(" …") for row in re.findall(r"^\| (?!What it says|---)([^|]+?) \|", page, re.MULTILINE)}
    assert titles == documented and len(titles) > 5


def test_the_scripts_that_a_runner_starts_may_be_run():
    for name in ("bring.sh", "run.sh"):
        assert (REPOSITORY / "action" / name).stat().st_mode & stat.S_IXUSR


def test_the_version_is_found_where_the_script_looks_for_it():
    text = (REPOSITORY / "Cargo.toml").read_text()
    first = next(line for line in text.splitlines() if line.startswith('version = "'))
    assert first == f'version = "{tomllib.loads(text)["workspace"]["package"]["version"]}"'
