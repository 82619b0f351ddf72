"""The functions themselves: how large they are, and how soon they answer."""

import io
import json
import statistics
import subprocess
import zipfile

from figures import REPOSITORY, Figure, rounded

LAMBDA = REPOSITORY / "target/lambda"
NAMES = sorted(folder.parent.name for folder in REPOSITORY.glob("functions/*/Cargo.toml"))


def sizes(_bench):
    """What is uploaded of each function: `sam deploy` makes a zip of its folder with zlib's usual level."""
    for name in NAMES:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(LAMBDA / name / "bootstrap", "bootstrap")
        yield Figure(f"zip_bytes.{name}", len(buffer.getvalue()), "bytes")


def cold_starts(bench):
    """From the start of the process to its first answer, to an event that it refuses without asking AWS."""
    folders = [str(LAMBDA / name) for name in NAMES]
    command = ["cargo", "run", "--quiet", "--release", "--package", "windlass-runtime", "--example", "cold_start", "--", str(bench.starts), *folders]
    told = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True).stdout
    for name, times in json.loads(told).items():
        yield Figure(f"cold_start_ms.{name}", rounded(statistics.median(times)), "ms")
