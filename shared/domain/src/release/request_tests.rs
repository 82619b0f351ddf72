use crate::release::request::*;
use serde_json::json;

#[test]
fn an_action_and_a_route_are_shown_as_they_are_written() {
    use ActionName::{
        Accept, Approve, Check, Continue, Deploy, Drill, HandOver, Hold, Pause, Recover, ReleaseHold, Remove, Rename,
        Rollback, SkipBake,
    };
    for action in [
        Deploy,
        Rollback,
        Drill,
        Recover,
        Accept,
        Hold,
        ReleaseHold,
        Check,
        Pause,
        Continue,
        SkipBake,
        Approve,
        Remove,
        Rename,
        HandOver,
    ] {
        assert_eq!(json!(action), json!(action.to_string()));
    }
    for route in [Route::S3, Route::Ecr, Route::Api, Route::Ci, Route::Console, Route::Windlass] {
        assert_eq!(json!(route), json!(route.to_string()));
    }
}

#[test]
fn the_content_of_a_request_is_what_it_asks_for_and_not_who_asks() {
    let request = |change: fn(&mut Request)| {
        let mut request = Request::new(ActionName::Deploy, AppName::new("shop").unwrap());
        request.version = Some("1.4.0".into());
        change(&mut request);
        request.content()
    };
    let content = request(|_| {});
    let same: [fn(&mut Request); 3] = [
        |r| r.idempotency_key = Some("run-812".into()),
        |r| r.arrived = Some(Time(5)),
        |r| r.requester = Some(r.asked_by()),
    ];
    let other: [fn(&mut Request); 4] = [
        |r| r.version = Some("1.4.1".into()),
        |r| r.reason = Some("so".into()),
        |r| r.again = true,
        |r| r.action = ActionName::Rollback,
    ];
    for change in same {
        assert_eq!(request(change), content);
    }
    for change in other {
        assert_ne!(request(change), content);
    }
}

#[test]
fn a_request_is_about_the_upload_that_it_names() {
    let object = |key: &str| ObjectRef { key: key.into(), version_id: None };
    let mut request = Request::new(ActionName::Deploy, AppName::new("shop").unwrap());
    assert_eq!(request.upload(), None);
    request.artifact_object =
        Some(ArtifactObject { component: ComponentName::new("web").unwrap(), object: object("artifact") });
    assert_eq!(request.upload(), Some(&object("artifact")));
    request.manifest_object = Some(object("manifest"));
    assert_eq!(request.upload(), Some(&object("manifest")));
}
