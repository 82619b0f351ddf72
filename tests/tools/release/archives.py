"""Archives whose bytes depend on names, contents and the right to run alone: no time, owner, order or system is in them. The time of the
commit is in none either, because a folder without `.git` would give other bytes."""

import gzip
import io
import pathlib
import tarfile
import zipfile

# The first moment that a zip can hold (APPNOTE.TXT, "4.4.6 date and time fields"), so that no clock is in an archive.
MOMENT = (1980, 1, 1, 0, 0, 0)
MOMENT_S = 315532800
RUNS, READ = 0o755, 0o644


def mode(runs):
    return RUNS if runs else READ


def zipped(path, files):
    """Writes a zip: contents by name; each is a program."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Unix, whatever this machine is.
            entry.create_system = 3
            entry.external_attr = (0o100000 | RUNS) << 16
            archive.writestr(entry, content)


def packed(path, folder, files):
    """Writes a .tar.gz of one folder: by name a content, and whether it is a program."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, (content, runs) in sorted(files.items()):
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mtime, entry.mode = len(content), MOMENT_S, mode(runs)
            archive.addfile(entry, io.BytesIO(content))
    with pathlib.Path(path).open("wb") as file, gzip.GzipFile("", "wb", 6, file, MOMENT_S) as zipped_file:
        zipped_file.write(made.getvalue())
