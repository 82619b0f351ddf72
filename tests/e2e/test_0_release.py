"""A release: which parts this machine can make, the template of one, its archives, and what stands beside them."""

import hashlib
import importlib.util
import io
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest
import yaml
from cloud import REPOSITORY
from test_0_install import ARM, RAW, VERSIONED, WithTags, long_forms, versions

TOOL = REPOSITORY / "tests/tools/release"
sys.path.insert(0, str(TOOL))

import archives  # noqa: E402
import builds  # noqa: E402
import installation  # noqa: E402
import papers  # noqa: E402
import parts  # noqa: E402

GNU, MUSL = "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"
ALL = {part.target for part in parts.PARTS}
VERSION = tomllib.loads((REPOSITORY / "Cargo.toml").read_text())["workspace"]["package"]["version"]


# ── what can be made here ──


@pytest.mark.parametrize(
    ("system", "host", "installed", "made"),
    [
        ("Linux", GNU, {GNU}, ["install-x86_64", GNU]),
        ("Linux", GNU, {GNU, MUSL}, ["install-x86_64", MUSL]),
        ("Linux", "aarch64-unknown-linux-gnu", {"aarch64-unknown-linux-gnu"}, ["install-arm64", "aarch64-unknown-linux-gnu"]),
        ("Linux", GNU, ALL, ["install-arm64", "install-x86_64", MUSL, "aarch64-unknown-linux-musl"]),
        ("Darwin", "aarch64-apple-darwin", {"aarch64-apple-darwin"}, ["aarch64-apple-darwin"]),
        ("Darwin", "aarch64-apple-darwin", ALL, ["x86_64-apple-darwin", "aarch64-apple-darwin"]),
        ("Windows", "x86_64-pc-windows-msvc", ALL, ["x86_64-pc-windows-msvc"]),
    ],
)
def test_what_is_installed_is_made_and_the_rest_is_listed(system, host, installed, made):
    here, missing = parts.chosen(system, host, installed)
    assert [part.file("1.2.3") for part in here] == [f"windlass-1.2.3-{name}.tar.gz" for name in made]
    assert {*here, *missing} >= {*parts.PARTS} and not {*here} & {*missing}
    for part, why in missing.items():
        if part.system == system:
            assert why.startswith(f"`rustup target add {part.target}`"), why
        else:
            assert why.startswith("make it on ") and part.target in why, why


def test_a_machine_without_any_target_makes_nothing():
    here, missing = parts.chosen("Linux", MUSL, set())
    assert here == [] and set(missing) == set(parts.PARTS)


# ── the template ──


@pytest.mark.parametrize("architecture", parts.ARCHITECTURES)
def test_the_template_of_a_release_is_this_one_but_for_where_its_functions_are(architecture):
    plain, made = (long_forms(yaml.load(text, WithTags)) for text in (RAW, installation.template(RAW, "1.2.3", architecture)))
    assert made["Outputs"]["Version"].pop("Value") == "1.2.3" and plain["Outputs"]["Version"].pop("Value") == "unreleased"
    assert made["Globals"]["Function"].pop("Architectures") == [architecture]
    assert plain["Globals"]["Function"].pop("Architectures") == [{"Ref": "Architecture"}]
    assert plain["Parameters"].pop("Architecture") and "Architecture" not in made["Parameters"]
    functions = {name: found["Properties"] for name, found in plain["Resources"].items() if found["Type"] == "AWS::Serverless::Function"}
    for name, properties in functions.items():
        there = made["Resources"][name]["Properties"]
        folder = properties.pop("CodeUri").split("/")
        assert there.pop("CodeUri") == f"functions/{folder[2]}.zip"
        if "AutoPublishAlias" in properties:
            assert there.pop("Description") == f"{properties.pop('Description')} Deployed from release 1.2.3"
    assert made == plain


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (RAW.replace("Value: unreleased", "Value: 1"), "Value: unreleased"),
        (RAW.replace("Architectures: [!Ref Architecture]", "Architectures: [arm64]"), "Architectures:"),
        (RAW.replace("  Architecture:\n", "  Arch:\n"), "parameter Architecture"),
        (RAW.replace("CodeUri: target/lambda/judge/", "CodeUri: elsewhere/judge/"), "below target/lambda"),
        ("Resources: {}\n", "below target/lambda"),
    ],
)
def test_a_template_that_would_not_be_whole_is_refused(text, wanted):
    with pytest.raises(builds.NotBuilt) as raised:
        installation.template(text, "1.2.3", "arm64")
    assert wanted in str(raised.value)


@pytest.fixture
def script(tmp_path):
    """Runs `deploy.sh` with arguments, at a time of its own, beside a `sam` that prints what it is given."""
    (tmp_path / "template.yaml").write_text(installation.template(RAW, "1.2.3", "arm64"))
    (tmp_path / installation.SCRIPT).write_bytes((TOOL / installation.SCRIPT).read_bytes())

    def run(*arguments, when="2026-11-20T08:00:00Z"):
        for name, text in {"sam": 'printf "%s\\n" "$@"\n', "date": f"echo {when}\n"}.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{text}")
            (tmp_path / name).chmod(0o755)
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "STACK": "other"}
        return subprocess.run(["sh", tmp_path / installation.SCRIPT, *arguments], env=environment, capture_output=True, text=True, check=False)

    return run


PARAMETERS = "--parameter-overrides"


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ([], []),
        (["A=b c", "D=e,f"], [PARAMETERS, "A=b c", "D=e,f"]),
        (["A=-b", "D=$(x) *"], [PARAMETERS, "A=-b", "D=$(x) *"]),
        (["--region", "eu-west-1"], ["--region", "eu-west-1"]),
        (["A=b c", "--no-confirm-changeset"], ["--no-confirm-changeset", PARAMETERS, "A=b c"]),
        # What follows an option is its own, also where it looks like a parameter.
        (
            ["A=b", "D=e", "--region", "eu-west-1", "--profile", "of shop", "--tags", "team=shop", "cost=1 2"],
            ["--region", "eu-west-1", "--profile", "of shop", "--tags", "team=shop", "cost=1 2", PARAMETERS, "A=b", "D=e"],
        ),
    ],
)
def test_the_script_passes_parameters_and_options_on(script, arguments, given):
    done = script(*arguments)
    assert done.stdout.splitlines() == ["deploy", "--template", "template.deployed.yaml", "--stack-name", "other", *given], done.stderr


def test_the_script_refuses_what_is_neither_a_parameter_nor_an_option(script, tmp_path):
    done = script("A=b", "AlertEmail", "you@example.com")
    assert (done.returncode, done.stdout) == (2, "") and "`AlertEmail` is no parameter: write Name=value" in done.stderr
    assert not (tmp_path / "template.deployed.yaml").exists()


def test_the_script_refuses_more_task_roles_than_a_function_takes(script):
    roles = ",".join(f"arn:aws:iam::111122223333:role/windlass-task-of-a-service-{number:02}" for number in range(60))
    assert script(f"TaskRoleArns={roles[:2300]}", "A=b").stdout.splitlines()[-2:] == [f"TaskRoleArns={roles[:2300]}", "A=b"]
    done = script("A=b", f"TaskRoleArns={roles[:2301]}")
    assert (done.returncode, done.stdout) == (2, "")
    for wanted in ("TaskRoleArns has 2301 characters, and 2300 is the most", "by one pattern", "`role_arn`"):
        assert wanted in done.stderr, done.stderr


def test_the_script_makes_each_deployment_a_new_one(script, tmp_path):
    first, second = (script(when=f"2026-11-2{day}T08:00:00Z") and (tmp_path / "template.deployed.yaml").read_text() for day in (0, 1))
    before, after = versions(first), versions(second)
    assert len(before) == VERSIONED and not set(before.values()) & set(after.values())
    assert not set(versions((tmp_path / "template.yaml").read_text()).values()) & set(before.values())


# ── archives ──


def test_an_archive_is_its_names_and_contents_alone(tmp_path):
    files = {"b/run.sh": (b"echo\n", True), "a": (b"a", False)}
    for name, order in (("one", files), ("two", dict(reversed(files.items())))):
        archives.packed(tmp_path / name, "folder", order)
    one, two = ((tmp_path / name).read_bytes() for name in ("one", "two"))
    assert one == two
    with tarfile.open(fileobj=io.BytesIO(one)) as archive:
        found = {entry.name: (entry.mode, archive.extractfile(entry).read()) for entry in archive}
    assert found == {"folder/a": (0o644, b"a"), "folder/b/run.sh": (0o755, b"echo\n")}


def test_a_functions_zip_is_what_lambda_takes(tmp_path):
    binary = tmp_path / "judge"
    binary.write_bytes(ARM)
    with zipfile.ZipFile(io.BytesIO(installation.zipped(binary))) as archive:
        (entry,) = archive.infolist()
        assert (entry.filename, entry.external_attr >> 16, archive.read(entry)) == ("bootstrap", 0o100755, ARM)
    assert installation.zipped(binary) == installation.zipped(binary)


def test_the_folder_has_all_that_the_template_refers_to(tmp_path):
    binary = tmp_path / "bootstrap"
    binary.write_bytes(ARM)
    made = installation.files("1.2.3", "arm64", dict.fromkeys(installation.functions(), binary))
    template = made["template.yaml"][0].decode()
    referred = re.findall(r"^ *(?:CodeUri|DefinitionUri): (\S+)$", template, re.MULTILINE)
    assert len(referred) == len(installation.functions()) + 1 and set(referred) < set(made)
    assert made[installation.SCRIPT][1] and "target/" not in template


# ── what stands beside them ──

LOG = "# Changelog\n\n## [Unreleased]\n\n- soon\n\n## [1.2.3] - 2026-11-23\n\n- a\n\n### Added: b\n\n- c\n\n## [1.2.2]\n\n- d\n\n## [1.2.1]\n"


@pytest.mark.parametrize(
    ("version", "tagged", "wanted"),
    [
        ("1.2.3", True, "- a\n\n### Added: b\n\n- c\n"),
        ("1.2.3", False, "- a\n\n### Added: b\n\n- c\n"),
        ("1.2.2", True, "- d\n"),
        ("1.2.1", True, None),
        ("1.3.0", True, None),
        ("1.3.0", False, "- soon\n"),
    ],
)
def test_the_changelogs_section(version, tagged, wanted):
    assert papers.changes(LOG, version, tagged) == wanted


def test_the_page_names_what_is_in_it_and_what_is_not():
    made, missing = parts.chosen("Linux", GNU, {GNU})
    page = papers.contents("1.2.3", made, missing, "")
    there, absent = page.split("## Not in it")
    assert re.findall(r"^\| `(\S+)` \|", there, re.MULTILINE) == [part.file("1.2.3") for part in made]
    assert absent.count("rustup target add") == 3 and absent.count("make it on") == 3
    whole = papers.contents("1.2.3", parts.PARTS, {}, "")
    assert "Not in it" not in whole and "profile" not in whole
    assert "profile `dev`" in papers.contents("1.2.3", made, missing, "dev")


def test_a_bill_has_no_time_number_and_folder():
    text = '{"serialNumber": "urn:uuid:1", "metadata": {"timestamp": "2026"}, "components": [{"bom-ref": "path+file://%s/cli#0.1.0"}]}' % REPOSITORY
    made = papers.bill(text).decode()
    assert "urn:uuid" not in made and "2026" not in made and str(REPOSITORY) not in made and "path+file:///windlass/cli#0.1.0" in made


def test_checksums_are_as_the_system_checks_them(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(b"a")
    (tmp_path / papers.SUMS).write_text(papers.sums(tmp_path))
    assert hashlib.sha256(b"a").hexdigest() in (tmp_path / papers.SUMS).read_text()
    subprocess.run(["sha256sum", "--check", "--strict", papers.SUMS], cwd=tmp_path, check=True, capture_output=True)


@pytest.fixture
def release(monkeypatch):
    """The program that makes a release, of a repository whose changelog is `LOG` and whose version is 1.2.3."""
    found = importlib.util.spec_from_file_location("release", TOOL / "__main__.py")
    program = importlib.util.module_from_spec(found)
    found.loader.exec_module(program)
    monkeypatch.setattr(program, "version", lambda: "1.2.3")
    monkeypatch.setattr(program, "changelog", lambda: LOG)
    return program


LACKING = {parts.PARTS[0]: "`rustup target add` brings it"}


@pytest.mark.parametrize(
    ("tag", "profile", "lacking", "version", "wanted"),
    [
        ("v1.2.3", "", {}, "1.2.3", []),
        # What no tag names may be made in parts.
        ("", "dev", LACKING, "1.3.0", []),
        ("v1.2.4", "", {}, "1.2.3", ["the tag is `v1.2.4`"]),
        ("1.2.3", "", {}, "1.2.3", ["the tag is `1.2.3`"]),
        ("v1.2.3", "dev", LACKING, "1.2.3", ["PROFILE", "rustup target add"]),
        ("v1.3.0", "", {}, "1.3.0", ["no section `## [1.3.0]`"]),
    ],
)
def test_a_release_of_a_tag_is_whole(release, monkeypatch, tag, profile, lacking, version, wanted):
    monkeypatch.setattr(release, "version", lambda: version)
    try:
        release.check(tag, profile, lacking)
        problem = None
    except release.NotReleased as error:
        problem = str(error)
    assert (problem is None) is (not wanted), problem
    assert all(text in problem for text in wanted), problem


def test_a_tag_that_is_not_whole_is_refused_with_all_that_it_lacks(tmp_path):
    """Before anything is built."""
    command = [sys.executable, TOOL, "papers", "--into", tmp_path, "--tag", "v0.0.1", "--profile", "dev"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and list(tmp_path.iterdir()) == []
    for wanted in ("the tag is `v0.0.1`", f"Cargo.toml {VERSION}", "leave out PROFILE", "`aarch64-apple-darwin`", "functions on arm64"):
        assert wanted in done.stderr, done.stderr
