//! S3: reads of a whole bucket.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::replay::{Replay, reply, s3_error};
use windlass_domain::text::fault::FaultName;
use windlass_engine::ports::{LifecycleRule, S3Api};

#[tokio::test]
async fn lifecycle_rules_are_read_old_and_new() {
    let rules = "<LifecycleConfiguration>\
        <Rule><ID>old</ID><Prefix>web/</Prefix><Status>Enabled</Status><Expiration><Days>9</Days></Expiration></Rule>\
        <Rule><ID>new</ID><Filter><And><Prefix>a/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter><Status>Disabled</Status>\
        <NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays><NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration></Rule>\
        <Rule><Filter/><Status>Enabled</Status><Expiration><Date>2027-01-01T00:00:00Z</Date></Expiration></Rule>\
        </LifecycleConfiguration>";
    let (aws, _) = Replay::new(vec![reply(200, &[], rules)]);
    let expected = [
        LifecycleRule {
            id: "old".into(),
            enabled: true,
            prefix: "web/".into(),
            current_days: Some(9),
            ..LifecycleRule::default()
        },
        LifecycleRule {
            id: "new".into(),
            prefix: "a/".into(),
            by_tag: true,
            noncurrent_days: Some(3),
            noncurrent_kept: 2,
            ..LifecycleRule::default()
        },
        LifecycleRule { enabled: true, current_days: Some(0), ..LifecycleRule::default() },
    ];
    assert_eq!(aws.lifecycle("b").await.as_deref(), Ok(&expected[..]));
}

#[tokio::test]
async fn a_bucket_without_rules_has_none_and_one_that_may_not_be_read_is_a_fault() {
    let (aws, _) = Replay::new(vec![s3_error(404, "NoSuchLifecycleConfiguration"), s3_error(403, "AccessDenied")]);
    assert_eq!(aws.lifecycle("b").await, Ok(vec![]));
    let fault = aws.lifecycle("b").await.expect_err("denied");
    assert_eq!(fault.name, FaultName::AccessDenied);
}

#[tokio::test]
async fn the_next_page_begins_after_the_last_key() {
    let page = "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>\
        <Contents><Key>a</Key><ETag>\"e\"</ETag><Size>1</Size></Contents><Contents><Key>b c</Key><ETag>\"f\"</ETag><Size>2</Size></Contents></ListBucketResult>";
    let last = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>d</Key></Contents></ListBucketResult>";
    let (aws, replay) = Replay::new(vec![reply(200, &[], page), reply(200, &[], last)]);
    let first = aws.list("b", "", None).await.expect("listed");
    assert_eq!(first.next.as_deref(), Some("b c"));
    let second = aws.list("b", "", first.next).await.expect("listed");
    assert_eq!((second.objects.len(), second.next), (1, None));
    let uri = &replay.sent()[1].uri;
    assert!(uri.contains("start-after=b%20c"), "{uri}");
}

#[tokio::test]
async fn many_objects_are_deleted_with_one_call_and_what_stays_is_reported() {
    let some = "<DeleteResult><Error><Key>b&amp;b</Key><Code>AccessDenied</Code></Error></DeleteResult>";
    let busy = "<DeleteResult><Error><Key>a</Key><Code>SlowDown</Code></Error></DeleteResult>";
    let (aws, replay) =
        Replay::new(vec![reply(200, &[], "<DeleteResult/>"), reply(200, &[], some), reply(200, &[], busy)]);
    let keys = ["a".to_owned(), "b&b".to_owned()];
    assert_eq!(aws.delete_all("web", &keys).await, Ok(()));
    let sent = replay.only();
    assert!(sent.uri.contains("delete"), "{}", sent.uri);
    for member in ["<Key>a</Key>", "<Key>b&amp;b</Key>", "<Quiet>true</Quiet>"] {
        assert!(sent.body.contains(member), "{}", sent.body);
    }
    assert!(!sent.body.contains("VersionId"), "versions stay");
    let kept = aws.delete_all("web", &keys).await.expect_err("refused");
    assert_eq!(kept.name, FaultName::AccessDenied);
    assert!(kept.message.contains("b&b"), "{}", kept.message);
    let later = aws.delete_all("web", &keys).await.expect_err("busy");
    assert_eq!(later.name, FaultName::Throttled);
}
