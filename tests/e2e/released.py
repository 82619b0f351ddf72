"""Releases that `make release` made, unpacked, and the shell of somebody who has no Rust."""

import os
import pathlib
import re
import shutil
import subprocess
import tomllib

import api_document
import aws
import cloud
import enforced
import install

# The profile that is built; where RELEASE_PROFILE is empty, those of a release, which take many times as long.
PROFILE = os.environ.get("RELEASE_PROFILE", "dev")
# The processor of the functions that are installed, by Lambda's name. They run on this machine, so it must be its own.
ARCHITECTURE = os.environ.get("RELEASE_ARCHITECTURE", "x86_64")
# What the command line for Linux on this processor is made for.
COMMAND_LINE = {"arm64": "aarch64", "x86_64": "x86_64"}[ARCHITECTURE] + "-unknown-linux-gnu"
# Without what `make` passes to the `make` that it calls. And without a tag: what is tested here is no release of one.
PLAIN = {name: value for name, value in os.environ.items() if name != "TAG" and not name.startswith(("MAKE", "MFLAGS", "AWS_"))}


def version_of(source=cloud.REPOSITORY):
    return tomllib.loads((source / "Cargo.toml").read_text())["workspace"]["package"]["version"]


def make(into, source=cloud.REPOSITORY, target="release"):
    """Makes the release of a folder, as its `make` does."""
    command = ["nice", "make", target, f"PROFILE={PROFILE}", f"DIST={into}"]
    done = subprocess.run(command, cwd=source, env=PLAIN, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


# Kept between runs, so that only the first one compiles everything.
ELSEWHERE = cloud.REPOSITORY / ".local/elsewhere"


def elsewhere():
    """A copy of the sources in another folder, with the tools of this one."""
    for path in ELSEWHERE.iterdir() if ELSEWHERE.exists() else ():
        if path.name != "target":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=cloud.REPOSITORY, text=True, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (cloud.REPOSITORY / name).exists():
            (ELSEWHERE / name).parent.mkdir(parents=True, exist_ok=True)
            # With its time: what was installed for it is not installed again.
            shutil.copy2(cloud.REPOSITORY / name, ELSEWHERE / name)
    (ELSEWHERE / ".local").symlink_to(cloud.REPOSITORY / ".local")
    return ELSEWHERE


def set_version(source, version):
    """Makes the sources those of another release."""
    former = version_of(source)
    manifest, lock = source / "Cargo.toml", source / "Cargo.lock"
    manifest.write_text(manifest.read_text().replace(f'\nversion = "{former}"', f'\nversion = "{version}"', 1))
    own = re.compile(rf'(\nname = "windlass-[a-z-]+"\nversion = )"{re.escape(former)}"')
    lock.write_text(own.sub(rf'\1"{version}"', lock.read_text()))


def installation(version, architecture=ARCHITECTURE):
    """The name of the folder that is installed."""
    return f"windlass-{version}-install-{architecture}"


class Account:
    """A local cloud that stands in for an empty account, and a shell there. The shell finds no Rust."""

    def __init__(self, home, folder):
        self.home, self.folder = home, folder
        cloud.down(home)
        self.description = cloud.up(home, 0, 0.1, auth=True)
        endpoint = self.description["endpoint"]
        self.environment = {
            "PATH": os.pathsep.join([str(cloud.REPOSITORY / ".local/sam/bin"), "/usr/bin", "/bin"]),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": self.description["region"],
            "AWS_REGION": self.description["region"],
            "AWS_PAGER": "",
        }
        for program in ("cargo", "rustc"):
            assert shutil.which(program, path=self.environment["PATH"]) is None, "the shell has Rust"
        # What differs from an installation on AWS.
        self.parameters = [f"AwsEndpointUrl={endpoint}", "DeletionProtection=false"]

    def run(self, script, place=None):
        """Runs lines in a folder, where every question is answered by yes; answers what they printed."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=place or self.folder, env=self.environment, input="y\ny\n", text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, f"{script}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def unpack(self, archive):
        self.run(f"tar -xzf {archive}")
        return self.folder / pathlib.Path(archive).name.removesuffix(".tar.gz")

    def clients(self):
        """Clients for the account."""
        return aws.Aws({name: self.description[name] for name in ("endpoint", "region", "docker")})

    def adapted(self):
        """Clients for what was installed for the first time just now, which is adapted to the local cloud."""
        clients = self.clients()
        clients.outputs = clients.stack_outputs(install.STACK)
        enforced.adapt(clients, install.STACK)
        return clients

    def close(self, keep):
        api_document.end(self.home, keep)
