//! Topics: messages and tags.

use crate::replay::{Replay, reply};
use windlass_domain::text::fault::FaultName;
use windlass_engine::ports::SnsApi;

#[tokio::test]
async fn a_notification_goes_to_the_topic() {
    let answer = "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
    let (aws, replay) = Replay::new(vec![reply(200, &[], answer)]);
    assert_eq!(aws.notify("subject", "ten lines").await, Ok(()));
    let body = replay.only().body;
    assert!(body.contains("TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A111111111111%3Aw"), "{body}");
    assert!(body.contains("Subject=subject"), "{body}");
}

#[tokio::test]
async fn a_topic_of_a_declaration_is_written_to_in_its_own_region() {
    let answer = "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
    let (aws, replay) = Replay::new(vec![reply(200, &[], answer)]);
    let topic = "arn:aws:sns:us-east-1:111111111111:team";
    assert_eq!(aws.notify_topic(topic, "subject", "lines").await, Ok(()));
    let sent = replay.only();
    assert!(sent.body.contains("TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A111111111111%3Ateam"), "{}", sent.body);
    let scope = sent.header("authorization").expect("signed");
    assert!(scope.contains("/us-east-1/sns/"), "{scope}");
}

#[tokio::test]
async fn a_topics_tags_are_read_in_its_own_region() {
    let answer = "<ListTagsForResourceResponse><ListTagsForResourceResult><Tags><member><Key>windlass:app</Key>\
        <Value>shop</Value></member></Tags></ListTagsForResourceResult></ListTagsForResourceResponse>";
    let gone = "<ErrorResponse><Error><Type>Sender</Type><Code>ResourceNotFound</Code><Message>Resource does not exist\
        </Message></Error></ErrorResponse>";
    let (aws, replay) = Replay::new(vec![reply(200, &[], answer), reply(404, &[], gone)]);
    let topic = "arn:aws:sns:us-east-1:111111111111:team";
    let tags = aws.topic_tags(topic).await.expect("tags");
    assert_eq!(tags.get("windlass:app").map(String::as_str), Some("shop"));
    let fault = aws.topic_tags(topic).await.expect_err("gone");
    assert_eq!(fault.name, FaultName::NotFound);
    let sent = &replay.sent()[0];
    assert!(sent.body.contains("ResourceArn=arn%3Aaws%3Asns%3Aus-east-1"), "{}", sent.body);
    let scope = sent.header("authorization").expect("signed");
    assert!(scope.contains("/us-east-1/sns/"), "{scope}");
}
