"""Two builds of the same source in different folders are the same release, byte by byte."""

import io
import tarfile
import zipfile

import cloud
import pytest
import released

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """The same release, made here and elsewhere: the folder that it was made in, and its files."""
    made = []
    for number, source in enumerate((cloud.REPOSITORY, released.elsewhere())):
        dist = tmp_path_factory.mktemp(f"dist-{number}")
        released.make(dist, source)
        made.append((source, {path.name: path.read_bytes() for path in dist.iterdir()}))
    return made


def test_both_have_the_same_files(releases):
    (_, here), (_, there) = releases
    assert set(here) == set(there) and len(here) >= 6, set(here) ^ set(there)
    assert any(f"install-{released.ARCHITECTURE}" in name for name in here) and "SHA256SUMS" in here


def test_each_file_has_the_same_bytes(releases):
    (_, here), (_, there) = releases
    assert [name for name in here if here[name] != there[name]] == []


def test_no_file_shows_where_it_was_made(releases):
    programs = 0
    for source, files in releases:
        for name, content in contents(files):
            assert str(source).encode() not in content, name
            programs += content.startswith(b"\x7fELF")
    assert programs > 20, "nothing was looked at"


def contents(files):
    """Each file, and whatever is packed in it."""
    for name, content in files.items():
        yield name, content
        if name.endswith(".tar.gz"):
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                yield from contents({f"{name}/{entry.name}": archive.extractfile(entry).read() for entry in archive})
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield from contents({f"{name}/{entry}": archive.read(entry) for entry in archive.namelist()})
