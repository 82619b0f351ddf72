"""One application uploads hundreds of files, and the release of another one does not wait until all of them are served.

Runs after the story, on the environment that it leaves behind. The local cloud brings messages in their order, and its
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

    def answered():
        """The number of uploads of the flood that are answered, by the findings beside them."""
        pages = story.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="artifacts/flood/")
        return sum(found["Key"].endswith(".findings.json") for page in pages for found in page.get("Contents", ()))

    story.until_queue_is_empty()
    (source,) = story.aws.client("lambda").list_event_source_mappings(FunctionName="windlass-intake")["EventSourceMappings"]
    source = {"UUID": source["UUID"]}
    story.aws.client("lambda").update_event_source_mapping(**source, Enabled=False)
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda number: put(f"artifacts/flood/{number}.zip", "flood"), range(UPLOADS)))
    put("releases/shop/prod/behind-a-flood.json", "{}")
    story.aws.client("lambda").update_event_source_mapping(**source, Enabled=True)
    uploaded = time.monotonic()
    assert "MissingField" in json.dumps(story.findings_beside("releases/shop/prod/behind-a-flood.json"))
    before, answered_s = answered(), time.monotonic() - uploaded
    story.until(f"an answer to all {UPLOADS} uploads", lambda: answered() == UPLOADS, 300)
    print(f"another application was answered after {answered_s:.1f} s and {before} of {UPLOADS} uploads, and the last after {time.monotonic() - uploaded:.1f} s")
    assert before < UPLOADS / 2, "the other application waited for the flood"
