"""The pages that people type from give what a shell reads, and what windlass, AWS and make know; and the index lists every page."""

import itertools
import pathlib
import re
import shlex
import subprocess

import pytest
from awscli.clidriver import create_clidriver
from command_line import PROGRAM

ROOT = pathlib.Path(__file__).parents[2]
TYPED = ["a-change-by-hand", "a-fix-during-a-bad-canary", "applications", "cost", "install", "integrate/README", "integrate/channel", "integrate/other-deployers", "endings", "faults", "findings", "troubles"]
PAGES = sorted(ROOT / f"docs/{name}.md" for name in TYPED)
# What a command line takes of its words, and leaves to the shell.
FOR_THE_SHELL = {"|", ">"}
NOBODY = "http://127.0.0.1:9"
CALLER = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_MAX_ATTEMPTS": "1"}


def blocks():
    for page in PAGES:
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL):
            yield pytest.param(block, id=f"{page.parent.name}/{page.stem}")


def typed(block):
    """The lines of a block as a shell takes them: a quoted text may go over several."""
    whole = ""
    for line in block.replace("\\\n", " ").splitlines():
        whole = f"{whole}\n{line}" if whole else line
        try:
            shlex.split(whole, comments=True)
        except ValueError:
            continue
        yield whole
        whole = ""
    assert not whole, f"a quotation is never closed: {whole}"


def commands(program):
    """Each command of the program with its words, also one whose answer a variable gets."""
    for parameter in blocks():
        (block,) = parameter.values
        for line in typed(block):
            line = re.sub(r"^\s*\w+=\$\((.*)\)$", r"\1", line)
            words = shlex.split(re.sub(r"\$(\w+)", r"a-\1", line), comments=True)
            if words and words[0] == program:
                own = itertools.takewhile(lambda word: word not in FOR_THE_SHELL, words[1:])
                yield pytest.param(list(own), id=" ".join(words[1:4]))


@pytest.mark.parametrize("block", blocks())
def test_a_shell_reads_what_is_to_be_typed(block):
    read = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr


@pytest.mark.parametrize("words", commands("windlass"))
def test_windlass_understands_the_command(words, tmp_path):
    """What clap does not take begins with `error: `; what comes later, such as that nobody answers, with `windlass: `.
    What asks nobody, such as `explain Held`, says nothing there and ends well."""
    places = {"WINDLASS_ENDPOINT": NOBODY, "WINDLASS_BUCKET": "nowhere", "AWS_ENDPOINT_URL": NOBODY}
    # What follows a deployment goes on asking, so that only its first word is waited for.
    with subprocess.Popen([PROGRAM, *words], env={**CALLER, **places}, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        line = running.stderr.readline()
        if line:
            running.kill()
    assert line.startswith("windlass: ") or (line, running.returncode) == ("", 0), line


@pytest.mark.parametrize("words", commands("aws"))
def test_aws_knows_the_command_and_its_options(words, monkeypatch, capsys):
    """It is sent, so all of it was read and checked; nobody answers there. What stays on this machine ends well.
    AWS's command line is called here and not as a process, which reads a second long before it does anything."""
    for name, value in CALLER.items():
        monkeypatch.setenv(name, value)
    code = create_clidriver().main([*words, "--endpoint-url", NOBODY])
    printed = capsys.readouterr().err
    assert code == 0 or "Could not connect to the endpoint" in printed, printed


@pytest.mark.parametrize("words", commands("make"))
def test_make_knows_the_target(words):
    assert re.search(rf"^{re.escape(words[0])}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_pages_have_something_to_type():
    counts = {program: len(list(commands(program))) for program in ("windlass", "aws", "make")}
    assert counts["windlass"] > 20 and counts["aws"] > 5 and counts["make"] > 1, counts


def test_a_channel_is_connected_in_a_region_that_the_page_names():
    """AWS's command line takes any region, so that typing the command finds no wrong one."""
    page = (ROOT / "docs/integrate/channel.md").read_text()
    named = re.search(r"AWS answers it in (.*?) alone", page, re.DOTALL)[1]
    regions = re.findall(r"`([a-z]+-[a-z]+-\d)`", named)
    used = re.findall(r"^aws chatbot .* --region (\S+)", page, re.MULTILINE)
    assert len(regions) == 4 and used and set(used) <= set(regions), (used, regions)


def linked(page):
    """The pages that a page links to, from the root of the repository."""
    links = re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text())
    return {(page.parent / link).resolve().relative_to(ROOT.resolve()).as_posix() for link in links}


@pytest.mark.parametrize("folder", ["docs", "docs/integrate", "docs/runbooks"])
def test_each_page_is_in_the_index_of_its_folder(folder):
    pages = {page.relative_to(ROOT).as_posix() for page in (ROOT / folder).glob("*.md")} - {f"{folder}/README.md"}
    assert pages <= linked(ROOT / folder / "README.md")


def test_the_index_is_short_and_names_every_folder():
    index = ROOT / "docs/README.md"
    assert len(index.read_text().splitlines()) <= 40
    folders = {page.parent.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md")} - {"docs"}
    without = folders - {pathlib.PurePosixPath(page).parent.as_posix() for page in linked(index)}
    assert {folder for folder in without if not folder.startswith("docs/decisions/")} == set()
