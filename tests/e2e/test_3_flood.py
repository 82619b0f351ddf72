"""One application uploads hundreds of files, and the release of another one does not wait until all of them are served.

Runs after the story, on the environment that it leaves behind. The local cloud serves one batch after the other, and its
queue knows no groups: what is seen here is that a flood goes back into the queue, behind what came after it.
"""

import concurrent.futures
import json
import os
import time

import pytest

UPLOADS = int(os.environ.get("UPLOADS", "300"))


@pytest.fixture(autouse=True)
def nothing_changes(story):
    """What all three serve is the same afterwards."""
    before = story.shop.seen()
    yield
    story.until_queue_is_empty()
    assert story.shop.seen() == before


def test_a_flood_of_one_application_keeps_no_release_of_another_waiting(story):
    """Safety: arrivals: One application's flood of uploads is served after what others upload."""
    bucket = story.aws.outputs["ArtifactsBucket"]

    def put(key, text):
        story.aws.s3.put_object(Bucket=bucket, Key=key, Body=text.encode())

    story.until_queue_is_empty()
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda number: put(f"artifacts/flood/prod/api/{number}.zip", "flood"), range(UPLOADS)))
    put("releases/shop/prod/9.9.9.json", "{}")
    uploaded = time.monotonic()
    assert "MissingField" in json.dumps(story.findings_beside("releases/shop/prod/9.9.9.json"))
    answered_s = time.monotonic() - uploaded
    still_waits = not story.queue_is_empty()
    story.until_queue_is_empty()
    print(f"behind {UPLOADS} uploads another application was answered after {answered_s:.1f} s, and the last of them after {time.monotonic() - uploaded:.1f} s")
    assert still_waits, "the other application was the last that was served"
