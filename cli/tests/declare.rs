//! `windlass declare` and `windlass declaration`: the real program, an API that answers, and an S3 that keeps.

#![allow(clippy::unwrap_used)]

use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};
use std::path::PathBuf;
use windlass_domain::declaration::Declaration;

/// A declaration of this version, with this bucket.
fn text(version: &str, bucket: &str) -> String {
    format!(
        "# what we deploy\napp: shop\nversion: {version}\nenvironments: {{prod: {{deploy: {{tag: stable}}}}}}\n\
         components: {{web: {{kind: static_site, bucket: {bucket}}}}}\n"
    )
}

fn declared(text: &str) -> Value {
    let declaration = Declaration::parse(text).unwrap();
    json!({"app": "shop", "version": declaration.version(), "digest": declaration.digest(), "accepted": 0, "text": text})
}

/// The reaction of Windlass to an upload.
#[derive(Clone, Copy, PartialEq)]
enum Makes {
    InForce,
    /// The tags of the account's resources may not be read.
    InForceUnseen,
    Refused,
    Nothing,
}

const FINDINGS: &str = "/artifacts-bucket/apps/shop/app.yaml.findings.json";

/// An installation in which this declaration is in force.
fn installation(former: Option<String>, makes: Makes) -> StandIn {
    let mut in_force = former;
    let mut beside =
        Some(json!({"version_id": "v0", "deployment": null, "findings": [finding("of an earlier upload")]}));
    StandIn::new(move |call: &Call| {
        let path = call.path.split('?').next().unwrap();
        match (call.method.as_str(), path) {
            ("PUT", "/artifacts-bucket/apps/shop/app.yaml") => {
                let uploaded = String::from_utf8(call.body.clone()).unwrap();
                if [Makes::InForce, Makes::InForceUnseen].contains(&makes) {
                    in_force = Some(uploaded);
                }
                if makes == Makes::Refused {
                    beside = Some(
                        json!({"version_id": "v1", "deployment": null, "findings": [finding("the repository is another's")]}),
                    );
                }
                Reply {
                    status: 200,
                    headers: vec![("x-amz-version-id", "v1".into()), ("etag", "\"e\"".into())],
                    body: String::new(),
                }
            }
            ("GET", FINDINGS) => match &beside {
                Some(lies) => reply(200, lies),
                None => reply(404, &json!({})),
            },
            ("GET", "/stage/apps/shop/declaration") => in_force.as_ref().map_or_else(
                || {
                    let finding = json!({"name": "NoDeclaration", "path": "app", "reason": "r", "remedy": "m"});
                    reply(404, &json!({"detail": "d", "findings": [finding]}))
                },
                |text| reply(200, &declared(text)),
            ),
            ("GET", "/stage/apps/shop/environments/prod") => reply(
                200,
                &json!({"app": "shop", "environment": "prod", "snapshot": 0, "running": {}, "lock": {"token": 1}, "waiting": []}),
            ),
            ("POST", "/") if makes == Makes::InForceUnseen => {
                reply(400, &json!({"__type": "AccessDeniedException", "message": "not authorized"}))
            }
            // The resources of the account that have the tag of an installation.
            ("POST", "/") => {
                let lambda = "arn:aws:lambda:eu-west-1:111111111111:function:blue-api";
                let tags = json!([{"Key": "windlass:installation", "Value": "blue"}]);
                let arns = [lambda, "arn:aws:s3:::blue-artifacts-1x2y"];
                let all = arns.map(|arn| json!({"ResourceARN": arn, "Tags": tags}));
                reply(200, &json!({"ResourceTagMappingList": all}))
            }
            _ => reply(404, &json!({"message": path})),
        }
    })
}

fn finding(reason: &str) -> Value {
    json!({"name": "BadValue", "path": "components.web", "reason": reason, "remedy": "m"})
}

fn file(text: &str) -> PathBuf {
    let folder = folder("declare");
    std::fs::write(folder.join("app.yaml"), text).unwrap();
    folder
}

/// Returns the status, the output, and the number of objects that were put.
fn declare(there: &StandIn, text: &str, more: &[&str]) -> (i32, String, usize) {
    let arguments = [&["declare", "--every", "2ms"], more].concat();
    let output = there.windlass(&file(text), &arguments);
    let puts = there.calls().iter().filter(|call| call.method == "PUT").count();
    (code(&output), format!("{}{}", out(&output), err(&output)), puts)
}

#[test]
fn a_part_of_another_installation_is_refused_before_anything_is_uploaded() {
    let there = installation(Some(text("1.0.0", "shop-web")), Makes::InForce);
    let (status, said, puts) = declare(&there, &text("1.1.0", "blue-artifacts-1x2y"), &[]);
    assert_eq!((status, puts), (3, 0), "{said}");
    assert!(said.contains("PartOfWindlass"), "{said}");
    assert!(said.contains("components.web.bucket"), "{said}");
    assert!(said.contains("installation `blue`"), "{said}");
}

#[test]
fn who_may_not_see_the_tags_declares_all_the_same_and_sees_what_was_not_looked_at() {
    let there = installation(None, Makes::InForceUnseen);
    let (status, said, puts) = declare(&there, &text("1.0.0", "shop-web"), &[]);
    assert_eq!((status, puts), (0, 1), "{said}");
    assert!(said.contains("shop 1.0.0 is the first declaration of shop"), "{said}");
    assert!(said.contains("not looked at: whether a target belongs to an installation of Windlass"), "{said}");
}

#[test]
fn a_declaration_is_put_in_force_and_what_is_different_is_shown() {
    let there = installation(Some(text("1.0.0", "shop-web")), Makes::InForce);
    let (status, said, puts) = declare(&there, &text("1.1.0", "shop-pages"), &[]);
    assert_eq!((status, puts), (0, 1), "{said}");
    for part in [
        "shop 1.1.0 in place of 1.0.0:",
        "~ components.web.bucket: shop-web → shop-pages",
        "~ version: 1.0.0 → 1.1.0",
        "uploaded: s3://artifacts-bucket/apps/shop/app.yaml",
        "shop 1.1.0 is in force",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let put = there.calls().into_iter().find(|call| call.method == "PUT").unwrap();
    assert_eq!(String::from_utf8(put.body).unwrap(), text("1.1.0", "shop-pages"));
}

/// An installation where this declaration is in force, which answers this of `staging`, and nothing of `later`.
fn drilled(former: String, staging: Value) -> StandIn {
    StandIn::new(move |call: &Call| {
        let path = call.path.split('?').next().unwrap();
        match path {
            "/stage/apps/shop/declaration" => reply(200, &declared(&former)),
            "/stage/apps/shop/environments/staging" => reply(200, &staging),
            _ => {
                let finding = json!({"name": "UnknownName", "path": "environment", "reason": "r", "remedy": "m"});
                reply(404, &json!({"detail": "d", "findings": [finding]}))
            }
        }
    })
}

#[test]
fn the_first_drill_by_a_schedule_is_shown_before_it_is_declared() {
    let text = |version: &str, every: &str| {
        format!(
            "app: shop\nversion: {version}\nenvironments:\n  staging: {{drill: {{every: {every}}}}}\n  \
             later: {{drill: {{every: 7d}}}}\n  prod: {{}}\n\
             components: {{web: {{kind: static_site, bucket: 'web-{{environment}}'}}}}\n"
        )
    };
    let given = json!({"version": "1.0.0", "deployment": "d1", "since": 0});
    let running = json!({"version": "1.0.0", "deployment": "d1", "since": 0, "brought": given, "state": {}});
    // The end of a drill lies so far ahead that the next one is not due, whenever this runs.
    let at = 4_102_444_800_000_u64;
    let proved = json!({"drill": "d0", "outcome": "proved", "at": at, "cause": "", "restored": true});
    let staging = |drills: &Value, hold: &Value| {
        json!({"app": "shop", "environment": "staging", "snapshot": 3, "running": {"web": running}, "hold": hold,
            "lock": {"token": 1}, "waiting": [], "drills": drills})
    };
    let hold = json!({"since": 0, "reason": "a sale", "by": "ann"});
    let before = json!({"last": proved, "proved": proved});
    for (drills, hold, wanted) in [
        // The declaration in force has another rhythm: the new one counts.
        (&before, json!(null), "every 30d, due 2100-01-31T00:00:00Z"),
        (&json!({}), json!(null), "every 30d, begins within the hour"),
        (&json!({}), hold, "every 30d, put off: deployments are held since 1970-01-01T00:00:00Z by ann: \"a sale\""),
    ] {
        let there = drilled(text("1.0.0", "7d"), staging(drills, &hold));
        let (status, said, _) = declare(&there, &text("1.1.0", "30d"), &["--dry-run"]);
        assert_eq!(status, 0, "{said}");
        for line in [
            format!("  drills of staging: {wanted}\n"),
            "  drills of later: every 7d, put off: nothing runs there yet\n".to_owned(),
            "  drills of prod: never by a schedule: it is production, and declares none\n".to_owned(),
        ] {
            assert!(said.contains(&line), "{line}: {said}");
        }
    }
}

#[test]
fn the_first_declaration_is_shown_as_that_and_the_same_one_is_not_sent_again() {
    let there = installation(None, Makes::InForce);
    let place = file(&text("1.0.0", "shop-web"));
    let output = there.windlass(&place, &["declare", "--every", "2ms", "--json"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(err(&output).contains("shop 1.0.0 is the first declaration of shop"), "{}", err(&output));
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!((&document["in_force"], &document["former"]), (&json!(true), &json!(null)));
    let there = installation(Some(text("1.0.0", "shop-web")), Makes::InForce);
    let other_layout = text("1.0.0", "shop-web").replace("# what we deploy\n", "");
    let (status, said, puts) = declare(&there, &other_layout, &[]);
    assert_eq!((status, puts), (0, 0), "{said}");
    assert!(said.contains("shop 1.0.0 is in force already and says the same: nothing was uploaded"), "{said}");
    let there = installation(
        Some(text("1.0.0", "\"shop-web-{environment}\"").replace("{prod", "{dev: {}, prod")),
        Makes::InForce,
    );
    let other_order = text("1.0.0", "\"shop-web-{environment}\"").replace("stable}}", "stable}}, dev: {}");
    let (status, said, puts) = declare(&there, &other_order, &[]);
    assert_eq!((status, puts), (0, 0), "{said}");
    assert!(said.contains("  ~ environments: another order, which needs a higher `version`"), "{said}");
}

#[test]
fn warnings_that_were_there_when_it_was_declared_are_counted() {
    let bakes = |version: &str| format!("{}gates: {{bake: 10m}}\n", text(version, "shop-web"));
    let there = installation(Some(bakes("1.0.0")), Makes::InForce);
    for (version, is_new) in [("1.0.0", false), ("1.1.0", true)] {
        let (status, said, _) = declare(&there, &bakes(version), &["--dry-run"]);
        assert_eq!(status, 0, "{said}");
        assert_eq!(said.contains("  warning: NothingMeasured: environments.prod.gates: "), is_new, "{said}");
        let counted = "  1 warning as when declaration 1.0.0 was declared: `windlass validate` shows it";
        assert_eq!(said.contains(counted), !is_new, "{said}");
    }
}

#[test]
fn what_would_be_refused_is_not_uploaded() {
    let there = installation(Some(text("1.0.0", "shop-web")), Makes::InForce);
    let (status, said, puts) = declare(&there, &text("1.0.0", "shop-pages"), &[]);
    assert_eq!((status, puts), (3, 0), "{said}");
    assert!(said.contains("VersionNotHigher") && said.contains("nothing was uploaded"), "{said}");
    let bad = format!("{}colour: blue\nstyle: bold\n", text("1.1.0", "shop-web"));
    let (status, said, puts) = declare(&there, &bad, &[]);
    assert_eq!((status, puts), (3, 0), "{said}");
    assert!(said.contains("colour") && said.contains("style") && said.contains("2 findings"), "{said}");
}

#[test]
fn a_dry_run_shows_the_same_and_uploads_nothing() {
    let there = installation(Some(text("1.0.0", "shop-web")), Makes::InForce);
    let (status, said, puts) = declare(&there, &text("1.1.0", "shop-pages"), &["--dry-run"]);
    assert_eq!((status, puts), (0, 0), "{said}");
    assert!(said.contains("~ components.web.bucket: shop-web → shop-pages"), "{said}");
}

#[test]
fn what_windlass_refuses_is_shown_and_findings_of_another_upload_are_not() {
    let there = installation(Some(text("1.0.0", "shop-web")), Makes::Refused);
    let (status, said, _) = declare(&there, &text("1.1.0", "shop-pages"), &[]);
    assert_eq!(status, 3, "{said}");
    assert!(said.contains("the repository is another's") && said.contains("the former stays in force"), "{said}");
    assert!(!said.contains("of an earlier upload"), "{said}");
    let there = installation(Some(text("1.0.0", "shop-web")), Makes::Nothing);
    let (status, said, puts) = declare(&there, &text("1.1.0", "shop-pages"), &["--timeout", "30ms"]);
    assert_eq!((status, puts), (7, 1), "{said}");
    assert!(said.contains("was not seen in force yet; `windlass declaration shop` shows what is"), "{said}");
    let (status, said, _) = declare(&there, &text("1.1.0", "shop-pages"), &["--no-wait"]);
    assert_eq!(status, 0, "{said}");
    assert!(!said.contains("is in force"), "{said}");
}

#[test]
fn the_declaration_in_force_can_be_fetched_as_it_was_written() {
    let written = text("1.0.0", "shop-web");
    let there = installation(Some(written.clone()), Makes::Nothing);
    let output = there.windlass(&folder("fetched"), &["declaration", "shop"]);
    assert_eq!((code(&output), out(&output)), (0, written), "{}", err(&output));
    let output = there.windlass(&folder("fetched"), &["declaration", "shop", "--json"]);
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(document["version"], "1.0.0");
    let none = installation(None, Makes::Nothing);
    let output = none.windlass(&folder("fetched"), &["declaration", "shop"]);
    assert_eq!(code(&output), 3, "{}", err(&output));
}
