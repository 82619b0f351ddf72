"""A site of more than a thousand files, published while S3 asks to slow down, and watched."""

import hashlib
import re

import pytest
from large_site import FILES, Atlas, BusyBucket, files, published_through
from command_line import CommandLine

# How many files the publisher brings before it notes how far it is.
BATCH = 512
# It begins with half as many writes at a time; never asked to slow down, it has more than that after the first batch.
UNSLOWED = 64


@pytest.fixture(scope="module")
def atlas(aws):
    atlas = Atlas(aws)
    atlas.make_targets()
    atlas.declare()
    return atlas


def test_it_is_watched_file_by_file_and_every_file_is_right(atlas, tmp_path):
    """No batch goes on before the progress that the one before has made was printed."""
    windlass = CommandLine(atlas.aws, "atlas", tmp_path)
    bucket = BusyBucket(int(atlas.aws.endpoint.rpartition(":")[2]), atlas.bucket)
    site = files("1.0.0")
    lines, at_once = [], []
    with published_through(atlas.aws, bucket):
        watched = windlass.begin("watch", "atlas", atlas.begin("1.0.0", site), "--every", "200ms")
        for line in watched.stdout:
            lines.append(line)
            if done := re.search(r"site: published (\d+) of", line):
                at_once.append(bucket.waiting)
                # The document is not written before the switch.
                bucket.open_until = int(done[1]) + BATCH - 1
    ending = [line for line in lines if line.startswith("Succeeded")]
    assert (watched.wait(), len(ending)) == (0, 1), lines
    assert lines[-1].strip() == "passed; nothing was measured of site", "no gate is declared"
    progress = [line.strip() for line in lines if "published" in line]
    print(f"{bucket.written} writes, {bucket.refused} refused, at once {at_once}: {progress}")
    assert at_once[1] < UNSLOWED, "S3 asked to slow down"
    assert [line.split(",")[0] for line in progress] == [f"site: published {done} of {FILES} files" for done in (0, 512, 1024, FILES)]
    assert [bool(re.search(r"files, [\d.]+ Ki?B of [\d.]+ Ki?B, about \d+ \w+ left$", line)) for line in progress] == [False, True, True, False]
    assert bucket.refused > 0
    assert atlas.listed() == {path: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for path, text in site.items()}
