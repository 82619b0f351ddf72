"""The functions themselves: how large they are, and how soon they answer."""

import io
import json
import re
import statistics
import subprocess
import zipfile
import zlib

from figures import REPOSITORY, Figure, rounded

LAMBDA = REPOSITORY / "target/local"
NAMES = sorted(folder.parent.name for folder in REPOSITORY.glob("functions/*/Cargo.toml"))


# Sections of an ELF file by what they are to a reader.
SECTIONS = {"code": [".text"], "constants": [".rodata"], "unwinding": [".eh_frame", ".eh_frame_hdr"], "relocations": [".rela.dyn"]}


def sizes(bench):
    """Returns what is uploaded of each function: `sam deploy` makes a zip of its folder with zlib's usual level."""
    listed = []
    for name in NAMES:
        binary = LAMBDA / name / "bootstrap"
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(binary, "bootstrap")
        yield Figure(f"zip_bytes.{name}", len(buffer.getvalue()), "bytes")
        listed.append(f"{name} {', '.join(f'{part} {size / 1e6:.2f}' for part, size in _parts(binary).items())}")
    bench.notes["zip_bytes"] = f"in MB, each part packed alone: {'; '.join(listed)}"


def _parts(binary):
    """Returns how many bytes each part of a binary takes, packed."""
    listed = subprocess.run(["readelf", "--section-headers", "--wide", binary], capture_output=True, text=True, check=True).stdout
    places = {name: (int(offset, 16), int(size, 16)) for name, offset, size in re.findall(r"\] (\S+) +\S+ +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+)", listed)}
    content = binary.read_bytes()

    def packed(section):
        offset, size = places[section]
        return len(zlib.compress(content[offset : offset + size]))

    return {part: sum(packed(section) for section in sections) for part, sections in SECTIONS.items()}


def cold_starts(bench):
    """From the start of the process to its first answer, to an event that it refuses without asking AWS."""
    folders = [str(LAMBDA / name) for name in NAMES]
    command = ["cargo", "run", "--quiet", "--release", "--package", "windlass-runtime", "--example", "cold_start", "--", str(bench.starts), *folders]
    printed = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True).stdout
    for name, times in json.loads(printed).items():
        yield Figure(f"cold_start_ms.{name}", rounded(statistics.median(times)), "ms")
