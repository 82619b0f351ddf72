"""A stand-in for the files of this repository's releases: the command line that was built here, in an archive, and its checksum."""

import functools
import hashlib
import http.server
import platform
import tarfile
import threading
import tomllib

from cloud import REPOSITORY
from command_line import PROGRAM

VERSION = tomllib.loads((REPOSITORY / "Cargo.toml").read_text())["workspace"]["package"]["version"]


class Releases:
    """Serves the files below one address, as the repository `example/windlass` has them."""

    def __init__(self, folder):
        self.files = folder / "example/windlass/releases/download" / f"v{VERSION}"
        self.files.mkdir(parents=True)
        name = f"windlass-{VERSION}-{platform.machine()}-unknown-linux-musl"
        self.archive = self.files / f"{name}.tar.gz"
        with tarfile.open(self.archive, "w:gz", compresslevel=1) as archive:
            archive.add(PROGRAM, arcname=f"{name}/windlass")
        self.write_checksums()
        handler = functools.partial(Quiet, directory=folder)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def write_checksums(self):
        is_ = hashlib.sha256(self.archive.read_bytes()).hexdigest()
        (self.files / "SHA256SUMS").write_text(f"{is_}  {self.archive.name}\n")

    def tamper(self):
        """Somebody puts other bytes in the place of the archive's."""
        with self.archive.open("ab") as archive:
            archive.write(b"more")

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass
