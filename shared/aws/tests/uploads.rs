//! S3: uploads in parts, with their checksums and the condition of the completion, and uploads that others make.

#![allow(clippy::expect_used, clippy::similar_names, reason = "a test fails by panicking")]

use crate::replay::{Replay, reply, s3_error};
use bytes::Bytes;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_engine::ports::{PutOptions, PutToSign, Replaces, S3Api, Upload};

const BEGUN: &str = "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>";
const COMPLETED: &str = "<CompleteMultipartUploadResult><ETag>\"e-2\"</ETag></CompleteMultipartUploadResult>";
/// SHA-256 of `abc`, as S3 writes it.
const SUM: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

fn upload() -> Upload {
    Upload { bucket: "b".into(), key: "k".into(), id: "u1".into() }
}

#[tokio::test]
async fn an_upload_begins_with_headers_and_metadata() {
    let (aws, replay) = Replay::new(vec![reply(200, &[], BEGUN)]);
    let options = PutOptions {
        content_type: Some("video/mp4".into()),
        cache_control: Some("no-cache".into()),
        content_encoding: Some("br".into()),
        metadata: [("windlass-sha256".to_owned(), "ab".to_owned())].into(),
        replaces: Replaces::Nothing,
        sha256: None,
    };
    assert_eq!(aws.create_upload("b", "k", &options).await, Ok(upload()));
    let sent = replay.only();
    assert_eq!(sent.method, "POST");
    assert!(sent.uri.contains("uploads"), "{}", sent.uri);
    assert_eq!(sent.header("content-type"), Some("video/mp4"));
    assert_eq!(sent.header("cache-control"), Some("no-cache"));
    assert_eq!(sent.header("content-encoding"), Some("br"));
    assert_eq!(sent.header("x-amz-meta-windlass-sha256"), Some("ab"));
    assert_eq!(sent.header("x-amz-checksum-algorithm"), Some("SHA256"));
    assert_eq!(sent.header("if-none-match"), None, "the completion's");
}

#[tokio::test]
async fn a_part_has_its_number_and_checksum_and_the_completion_both_and_the_condition() {
    let (aws, replay) =
        Replay::new(vec![reply(200, &[("etag", "\"p2\"")], ""), reply(200, &[("x-amz-version-id", "v7")], COMPLETED)]);
    let part = aws.upload_part(&upload(), 2, Bytes::from_static(b"abc")).await.expect("uploaded");
    assert_eq!((part.number, part.etag.as_str()), (2, "\"p2\""));
    let replaces = Replaces::ETag("\"old\"".into());
    let made = aws.complete_upload(&upload(), &[part], &replaces).await;
    let made = made.expect("completed");
    assert_eq!((made.etag.as_str(), made.version_id.as_deref()), ("\"e-2\"", Some("v7")));
    let sent = replay.sent();
    assert!(sent[0].uri.contains("partNumber=2"), "{}", sent[0].uri);
    assert!(sent[0].uri.contains("uploadId=u1"), "{}", sent[0].uri);
    assert_eq!(sent[0].header("x-amz-checksum-sha256"), Some(SUM));
    assert_eq!(sent[1].header("if-match"), Some("\"old\""));
    for member in ["<PartNumber>2</PartNumber>", "p2", SUM] {
        assert!(sent[1].body.contains(member), "{}", sent[1].body);
    }
}

#[tokio::test]
async fn a_completion_may_be_refused_or_too_late() {
    let (aws, replay) = Replay::new(vec![
        s3_error(412, "PreconditionFailed"),
        s3_error(404, "NoSuchUpload"),
        s3_error(404, "NoSuchUpload"),
    ]);
    let refused = aws.complete_upload(&upload(), &[], &Replaces::Nothing).await;
    assert_eq!(refused.expect_err("changed").name, FaultName::Conflict);
    assert_eq!(replay.only().header("if-none-match"), Some("*"));
    let late = aws.complete_upload(&upload(), &[], &Replaces::Nothing).await;
    assert_eq!(late.expect_err("gone").name, FaultName::NotFound);
    let gone = aws.abort_upload(&upload()).await;
    assert_eq!(gone.expect_err("gone").name, FaultName::NotFound);
}

/// What S3 signs over for an address (Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters").
#[tokio::test]
async fn an_address_of_a_put_holds_the_bytes_their_number_and_the_time() {
    let (aws, replay) = Replay::new(Vec::new());
    let put = PutToSign { sha256: Digest::of(b"abc"), bytes: 3, valid_s: 900 };
    let signed = aws.presign_put("b", "artifacts/shop/prod/web/1.zip", &put).await.expect("signed");
    assert!(replay.sent().is_empty(), "nothing is sent");
    let header = |name: &str| signed.headers.get(name).map(String::as_str);
    assert_eq!((header("x-amz-checksum-sha256"), header("content-length")), (Some(SUM), Some("3")));
    let (address, query) = signed.url.split_once('?').expect("a query");
    assert!(address.ends_with("/artifacts/shop/prod/web/1.zip"), "{address}");
    let named = |name: &str| query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    assert_eq!(named("X-Amz-Expires"), Some("900"));
    assert_eq!(named("X-Amz-SignedHeaders"), Some("content-length%3Bhost%3Bx-amz-checksum-sha256"));
    // With a sum of the body in its place S3 would find another signature.
    assert!(named("X-Amz-Content-Sha256").is_none_or(|payload| payload == "UNSIGNED-PAYLOAD"), "{query}");
}
