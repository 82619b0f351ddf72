"""The job of `docs/integrate/ci.md` that waits by the API runs as it stands: it ends whatever the API answers."""

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]

STARTED = '{"id": "1f0c", "execution": "arn", "status": "https://api/apps/shop/deployments/1f0c"}'
GONE = '{"title": "UnknownName", "status": 404, "findings": []}'
WAITS = '{"deployment": {"status": "accepted", "ending": null}}'
ENDED = '{"deployment": {"status": "ended", "ending": {"ending": "%s", "cause_name": "%s", "cause": "as it ended"}}}'

# `call` and `sleep` in place of the page's function and of time: the n-th look gets the n-th answer, the last for ever.
AROUND = """
set -e
API=https://api
sleep() { :; }
call() {
  case "$*" in *"ref="*/environments) echo '{"chosen": "prod"}'; return;; esac
  case "$*" in *"--request POST"*) echo "$POSTED"; return "$REFUSED";; esac
  echo look >> looks
  sed -n "$(wc -l < looks)p;\\$p" answers | head -n 1
}
"""


def snippet():
    page = (ROOT / "docs/integrate/ci.md").read_text()
    blocks = [block.split("```")[0] for block in page.split("```sh\n")[1:]]
    (found,) = [block for block in blocks if "\nSTARTED=" in block]
    return found


def wait(folder, answers, posted=STARTED, refused=0):
    (folder / "answers").write_text("".join(answer + "\n" for answer in answers))
    (folder / "looks").touch()
    variables = f"POSTED='{posted}' REFUSED={refused}\n"
    done = subprocess.run(["bash", "-c", AROUND + variables + snippet()], cwd=folder, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout, len((folder / "looks").read_text().splitlines())


@pytest.mark.parametrize(
    ("answers", "succeeds", "looks", "words"),
    [
        ([WAITS, WAITS, ENDED % ("Succeeded", "")], True, 3, "as it ended"),
        ([GONE, WAITS, ENDED % ("NothingToDo", "AlreadyThere")], True, 3, "as it ended"),
        ([ENDED % ("NothingToDo", "Superseded")], False, 1, "as it ended"),
        ([WAITS, ENDED % ("RolledBack", "GateFailed")], False, 2, "as it ended"),
        ([GONE], False, 30, "UnknownName"),
        (["<html>"], False, 30, "No ending to be seen"),
        ([WAITS, *[GONE] * 29, WAITS, GONE], False, 61, "UnknownName"),
        # Thousands of processes, one after the other.
        pytest.param([WAITS], False, 720, "No ending to be seen", marks=pytest.mark.heavy),
    ],
)
def test_a_job_that_waits_ends_as_the_deployment_or_after_a_bound(tmp_path, answers, succeeds, looks, words):
    status, said, looked = wait(tmp_path, answers)
    assert (status == 0, looked) == (succeeds, looks), said
    assert words in said


def test_what_is_refused_is_shown_and_not_waited_for(tmp_path):
    status, said, looked = wait(tmp_path, [WAITS], GONE, refused=22)
    assert (status, looked) == (1, 0)
    assert "UnknownName" in said
