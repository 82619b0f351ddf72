"""Sites of many files of mixed size, made the same way every time."""

import hashlib
import io
import pathlib
import random
import shutil
import zipfile

KINDS = [("js", 6), ("css", 2), ("html", 3), ("svg", 3), ("json", 2), ("png", 4)]
HASHED = {"js", "css", "svg", "png"}
# As incompressible as pictures are; all others are text, of which deflate leaves less than half.
PICTURES = {"png"}
DOCUMENT = "index.html"
LARGEST = 2_000_000


def make(folder, count, seed=1):
    """Writes a site of so many files, with a document at its root.

    Sizes are spread as those of a built site are: most files are of a few KiB, some of hundreds. Pictures cannot be
    packed, text can. What is hashed has its content's digest in its name, as bundlers do.
    """
    folder = pathlib.Path(folder)
    choice = random.Random(seed)
    endings = [ending for ending, weight in KINDS for _ in range(weight)]
    words = _text(choice)
    for number in range(count - 1):
        size = min(int(choice.lognormvariate(8.6, 1.2)), LARGEST)
        ending = choice.choice(endings)
        start = choice.randrange(len(words) - LARGEST)
        content = choice.randbytes(size) if ending in PICTURES else words[start : start + size]
        _write(folder, number, ending, f"{seed} {number}\n".encode() + content)
    (folder / DOCUMENT).write_text(f"<!doctype html><title>Yard</title>{seed}")
    return folder


def _text(choice):
    """Words that are as often repeated as those of a text are."""
    words = ["".join(choice.choices("abcdefghijklmnopqrstuvwxyz", k=choice.randint(2, 10))) for _ in range(4000)]
    often = [1 / (rank + 1) for rank in range(len(words))]
    return " ".join(choice.choices(words, often, k=LARGEST)).encode()[: 2 * LARGEST]


def _write(folder, number, ending, content):
    name = f"pages/{number % 100:02}/{number:06}"
    if ending in HASHED:
        name = f"assets/{number:06}-{hashlib.sha256(content).hexdigest()[:8]}"
    path = folder / f"{name}.{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def changed(folder, to, share, seed):
    """A copy in which a share of the files are others; a changed asset is a new file, and the old one is gone.

    What is the same keeps its time of change, or `aws s3 sync` would upload it again.
    """
    shutil.copytree(folder, to)
    paths = sorted(path for path in to.rglob("*") if path.is_file() and path.name != DOCUMENT)
    choice = random.Random(seed)
    for path in choice.sample(paths, max(1, round(len(paths) * share))):
        content = f"{seed} anew\n".encode() + path.read_bytes()
        number, ending = int(path.stem.partition("-")[0]), path.suffix.removeprefix(".")
        path.unlink()
        _write(to, number, ending, content)
    (to / DOCUMENT).write_text(f"<!doctype html><title>Yard</title>{seed}")
    return to


def zipped(folder):
    """The site as CI uploads it."""
    buffer = io.BytesIO()
    zip_into(buffer, folder)
    return buffer.getvalue()


def zip_into(file, folder):
    """The same into a file."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder).as_posix())


def zip_documents(path, count, release, with_large):
    """Writes an archive of so many small pages, all of which name the release; one of them is larger than what is uploaded in one piece."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(DOCUMENT, f"<!doctype html><title>Yard</title>{release}")
        for number in range(count - 1):
            archive.writestr(f"pages/{number % 100:02}/{number:06}.html", f"<!doctype html>{number} of {release}")
        if with_large:
            # Not so repetitive that it looks like a bomb.
            words = random.Random(release).randbytes(5_000_000).hex()
            archive.writestr("all.html", f"<!doctype html>{words}")


def described(folder):
    """Size and MD5 by path: what a bucket of it must hold."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): (path.stat().st_size, hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()) for path in files}


def in_bucket(s3, bucket, prefix=""):
    """The same of what a bucket holds; an ETag is the MD5 of what was not uploaded in parts."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    objects = (found for page in pages for found in page.get("Contents", []))
    return {found["Key"].removeprefix(prefix): (found["Size"], found["ETag"].strip('"')) for found in objects}
