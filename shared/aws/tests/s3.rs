//! S3: conditions, checksums, ranges that a server ignores, names that must be encoded.

#![allow(clippy::expect_used, clippy::similar_names, reason = "a test fails by panicking")]

use crate::replay::{Replay, reply, s3_error};
use bytes::Bytes;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fact, FaultName};
use windlass_engine::ports::{AssumeRole, CopySource, ObjectId, PutOptions, Replaces, Result, S3Api, Upload};

fn object(version: Option<&str>) -> ObjectId {
    ObjectId { bucket: "b".into(), key: "dir/a b+ü.txt".into(), version_id: version.map(str::to_owned) }
}

#[tokio::test]
async fn a_range_is_checked() {
    let right = [("content-range", "bytes 3-5/10")];
    let wrong = [("content-range", "bytes 0-2/10")];
    let (aws, replay) = Replay::new(vec![reply(206, &right, "345"), reply(206, &wrong, "012")]);
    let bytes = aws.get_range(&object(None), 3, 3).await;
    assert_eq!(bytes, Ok(Bytes::from_static(b"345")));
    assert_eq!(replay.only().header("range"), Some("bytes=3-5"));
    let fault = aws.get_range(&object(None), 3, 3).await.expect_err("another range");
    assert_eq!(fault.name, FaultName::Refused);
}

#[tokio::test]
async fn the_whole_object_in_answer_to_a_range_is_cut() {
    let whole = || reply(200, &[("content-length", "10")], "0123456789");
    let (aws, _) = Replay::new(vec![whole(), whole(), whole()]);
    for (start, length, expected) in [(3, 4, "3456"), (8, 40, "89"), (0, 1, "0")] {
        let bytes = aws.get_range(&object(Some("v")), start, length).await.expect("read");
        assert_eq!(bytes, expected);
    }
}

#[tokio::test]
async fn a_whole_object_that_is_too_large_to_cut_is_refused() {
    let huge = reply(200, &[("content-length", "99999999999")], "");
    let (aws, _) = Replay::new(vec![huge]);
    let fault = aws.get_range(&object(Some("v")), 3, 4).await.expect_err("too large");
    assert_eq!(fault.name, FaultName::Refused);
}

#[tokio::test]
async fn a_write_has_its_checksum_and_its_condition() {
    let (aws, replay) = Replay::new(vec![reply(200, &[("etag", "\"e\"")], "")]);
    let options = PutOptions {
        content_type: Some("text/html; charset=utf-8".into()),
        cache_control: Some("no-cache".into()),
        content_encoding: Some("gzip".into()),
        metadata: [("version".to_owned(), "1".to_owned())].into(),
        replaces: Replaces::Nothing,
        sha256: None,
    };
    let made = aws.put("b", "k", Bytes::from_static(b"abc"), &options).await.expect("written");
    assert_eq!(made.etag, "\"e\"");
    let sent = replay.only();
    let sum = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    assert_eq!(sent.header("x-amz-checksum-sha256"), Some(sum));
    assert_eq!(sent.header("if-none-match"), Some("*"));
    assert_eq!(sent.header("x-amz-meta-version"), Some("1"));
    assert_eq!(sent.header("cache-control"), Some("no-cache"));
    assert_eq!(sent.header("content-encoding"), Some("gzip"));
}

/// A checksum that is given is sent and signed as it is. So a body is summed up once, by its reader.
#[tokio::test]
async fn a_checksum_that_is_known_is_sent_and_signed_and_not_summed_up_again() {
    let (aws, replay) = Replay::new(vec![reply(200, &[], "")]);
    let given = Digest::of(b"something else");
    let options = PutOptions { sha256: Some(given.clone()), ..PutOptions::default() };
    aws.put("b", "k", Bytes::from_static(b"abc"), &options).await.expect("written");
    let sent = replay.only();
    assert_eq!(sent.header("x-amz-content-sha256"), Some(given.as_str()));
    let sum = "9B8/piX/Eg3cp+9Fa/ZjcezqI8Ep9OTDI2cQHttRbPg=";
    assert_eq!(sent.header("x-amz-checksum-sha256"), Some(sum));
}

#[tokio::test]
async fn every_bucket_has_its_own_address() {
    let (aws, replay) = Replay::new((0..4).map(|_| reply(200, &[], "")).collect());
    let options = PutOptions::default();
    for (bucket, key) in [("one-b", "k"), ("two-b", "k"), ("two-b", "l"), ("three.b", "k")] {
        let put = aws.put(bucket, key, Bytes::new(), &options).await;
        put.expect("written");
    }
    let sent: Vec<String> = replay.sent().into_iter().map(|sent| sent.uri).collect();
    let expected = [
        "https://one-b.s3.eu-west-1.amazonaws.com/k?x-id=PutObject",
        "https://two-b.s3.eu-west-1.amazonaws.com/k?x-id=PutObject",
        "https://two-b.s3.eu-west-1.amazonaws.com/l?x-id=PutObject",
        // The wildcard of the certificate's name stands for no dot.
        "https://s3.eu-west-1.amazonaws.com/three.b/k?x-id=PutObject",
    ];
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_broken_condition_is_a_conflict() {
    let (aws, _) = Replay::new(vec![s3_error(412, "PreconditionFailed"), s3_error(409, "ConditionalRequestConflict")]);
    let options = PutOptions { replaces: Replaces::ETag("\"e\"".into()), ..PutOptions::default() };
    for _ in 0..2 {
        let fault = aws.put("b", "k", Bytes::new(), &options).await.expect_err("changed");
        assert_eq!(fault.name, FaultName::Conflict, "{fault}");
    }
}

#[tokio::test]
async fn a_copy_names_its_source_encoded_and_its_condition() {
    let made = "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>";
    let (aws, replay) = Replay::new(vec![reply(200, &[("x-amz-version-id", "v2")], made)]);
    let replaces = Replaces::ETag("\"old\"".into());
    let from = CopySource { object: object(Some("v/1")), etag: Some("\"source\"".into()) };
    let written = aws.copy(&from, "b2", "k", &replaces).await.expect("copied");
    assert_eq!((written.etag.as_str(), written.version_id.as_deref()), ("\"e\"", Some("v2")));
    let sent = replay.only();
    let source = "b/dir/a%20b%2B%C3%BC.txt?versionId=v%2F1";
    assert_eq!(sent.header("x-amz-copy-source"), Some(source));
    assert_eq!(sent.header("if-match"), Some("\"old\""));
    assert_eq!(sent.header("x-amz-copy-source-if-match"), Some("\"source\""));
}

#[tokio::test]
async fn what_is_not_there_is_none() {
    let (aws, _) =
        Replay::new(vec![reply(404, &[], ""), reply(405, &[("x-amz-delete-marker", "true")], ""), reply(403, &[], "")]);
    assert_eq!(aws.head(&object(None)).await, Ok(None));
    assert_eq!(aws.head(&object(Some("marker"))).await, Ok(None));
    let fault = aws.head(&object(None)).await.expect_err("denied");
    assert_eq!(fault.name, FaultName::AccessDenied, "unknown is not absent");
}

#[tokio::test]
async fn a_checksum_of_parts_is_not_the_objects_checksum() {
    let sum = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    let with = |kind: &'static str| reply(200, &[("x-amz-checksum-sha256", sum), ("x-amz-checksum-type", kind)], "");
    let (aws, _) = Replay::new(vec![with("COMPOSITE"), with("FULL_OBJECT")]);
    let parts = aws.head(&object(None)).await.expect("read").expect("there");
    assert_eq!(parts.sha256, None);
    let whole = aws.head(&object(None)).await.expect("read").expect("there");
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(whole.sha256.expect("a checksum").as_str(), expected);
}

#[tokio::test]
async fn a_bucket_without_tags_has_none() {
    let (aws, _) = Replay::new(vec![s3_error(404, "NoSuchTagSet"), s3_error(404, "NoSuchBucket")]);
    assert_eq!(aws.bucket_tags("b").await, Ok([].into()));
    let fault = aws.bucket_tags("b").await.expect_err("no bucket");
    assert_eq!((fault.name, fault.fact), (FaultName::NotFound, Some(Fact::NoBucket)));
}

#[tokio::test]
async fn the_tags_of_a_version_are_read() {
    let tagged = "<Tagging><TagSet><Tag><Key>owner</Key><Value>web</Value></Tag></TagSet></Tagging>";
    let denied = s3_error(403, "AccessDenied");
    let (aws, replay) = Replay::new(vec![reply(200, &[], tagged), denied]);
    let tags = aws.object_tags(&object(Some("v1"))).await.expect("read");
    assert_eq!(tags["owner"], "web");
    let asked = replay.only();
    assert!(asked.uri.contains("tagging"), "{}", asked.uri);
    assert!(asked.uri.contains("versionId=v1"), "{}", asked.uri);
    let fault = aws.object_tags(&object(None)).await.expect_err("denied");
    assert_eq!(fault.name, FaultName::AccessDenied);
}

#[tokio::test]
async fn versions_and_markers_are_listed_with_the_next_page() {
    let page = "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>\
        <Version><Key>k</Key><VersionId>v1</VersionId><IsLatest>false</IsLatest><ETag>\"e\"</ETag><Size>3</Size></Version>\
        <DeleteMarker><Key>k</Key><VersionId>v2</VersionId><IsLatest>true</IsLatest></DeleteMarker></ListVersionsResult>";
    let (aws, replay) =
        Replay::new(vec![reply(200, &[], page), reply(200, &[], "<ListVersionsResult></ListVersionsResult>")]);
    let listing = aws.list_versions("b", "", None).await.expect("listed");
    let found: Vec<_> = listing.objects.iter().map(|o| (o.version_id.as_deref(), o.latest, o.deleted)).collect();
    assert_eq!(found, [(Some("v2"), true, true), (Some("v1"), false, false)]);
    let last = aws.list_versions("b", "", listing.next).await.expect("listed");
    assert_eq!(last.next, None);
    let uri = &replay.sent()[1].uri;
    assert!(uri.contains("key-marker=k") && uri.contains("version-id-marker=v1"), "{uri}");
}

fn name<T>(answered: Result<T>) -> Option<FaultName> {
    answered.err().map(|fault| fault.name)
}

async fn put(aws: &impl S3Api) -> Option<FaultName> {
    let options = PutOptions::default();
    let put = aws.put("b", "k", Bytes::from_static(b"abc"), &options);
    name(put.await)
}

#[tokio::test]
async fn whoever_works_on_targets_learns_of_a_throttle_of_each_write() {
    let (aws, replay) = Replay::new((0..5).map(|_| s3_error(503, "SlowDown")).collect());
    let at = aws.at(&Place::default());
    let from = CopySource { object: object(None), etag: None };
    let upload = Upload { bucket: "b".into(), key: "k".into(), id: "u".into() };
    let names = [
        put(&at).await,
        name(at.copy(&from, "b", "k", &Replaces::Anything).await),
        name(at.upload_part(&upload, 1, Bytes::new()).await),
        name(at.delete("b", "k", &Replaces::Anything).await),
        name(at.delete_all("b", &["k".into()]).await),
    ];
    assert_eq!(names, [Some(FaultName::Throttled); 5]);
    assert_eq!(replay.sent().len(), 5);
}

#[tokio::test]
async fn other_throttles_and_what_fails_in_between_are_tried_again() {
    let throttled_once = || vec![s3_error(503, "SlowDown"), reply(200, &[], "")];
    let (aws, replay) = Replay::new(throttled_once());
    assert_eq!((put(&aws).await, replay.sent().len()), (None, 2));
    let (aws, replay) = Replay::new(throttled_once());
    let at = aws.at(&Place::default());
    assert_eq!(name(at.head(&object(None)).await), None);
    assert_eq!(replay.sent().len(), 2);
    let (aws, replay) = Replay::new(vec![s3_error(500, "InternalError"), reply(200, &[], "")]);
    let at = aws.at(&Place::default());
    assert_eq!((put(&at).await, replay.sent().len()), (None, 2));
}
