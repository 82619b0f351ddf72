use super::*;
use serde_json::{Value, json};

const DECLARATION: &str = "
app: shop
version: 1.2.0
environments:
  dev: {deploy: {branch: main}, sources: [api, s3]}
  prod: {deploy: {tag: stable}, start: manual, sources: [s3]}
components:
  api: {kind: lambda, function: 'shop-{environment}', alias: live}
  web: {kind: static_site, bucket: 'shop-web-{environment}'}
";

fn manifest(version: &str, git: Option<(&str, bool)>, components: &Value) -> Manifest {
    let mut manifest = json!({"version": version, "components": components});
    if let Some((reference, dirty)) = git {
        manifest["git"] = json!({"ref": reference, "commit": "9f2c111", "dirty": dirty});
    }
    serde_json::from_value(manifest).unwrap()
}

fn api() -> Value {
    json!({"api": {"key": "plans/shop/api/1.zip", "sha256": "a".repeat(64)}})
}

/// Returns the environment to which it goes, and the names of the findings against it.
fn checked(manifest: &Manifest, named: Option<&str>, route: Route) -> (Option<String>, Vec<String>) {
    let declaration = Declaration::parse(DECLARATION).unwrap();
    let app = AppName::new("shop").unwrap();
    let named = named.map(|name| EnvironmentName::new(name).unwrap());
    let plan = ReleasePlan {
        app: &app,
        manifest,
        named: named.as_ref(),
        route: Some(route),
        through_hold: false,
        allow_older: false,
        dirty: false,
        tag: None,
        uploads: true,
    };
    let (here, findings) = misfits(plan, &declaration);
    let found = findings.iter();
    let found = found.map(|one| format!("{} {}", one.name, one.path));
    (here.map(|here| here.environment.to_string()), found.collect())
}

/// A manifest, the environment that is named, the route; the environment that it goes to, and the findings.
type Row<'a> = (Manifest, Option<&'a str>, Route, Option<&'a str>, &'a [&'a str]);

#[test]
fn what_the_declaration_refuses_is_found_before_anything_is_sent() {
    let main = Some(("refs/heads/main", false));
    let tag = Some(("refs/tags/v1.4.0", false));
    let misspelt = json!({"apy": {"key": "plans/shop/apy/1.zip", "version_id": "v1"}});
    let image = json!({"web": {"image": "shop/web:1"}});
    let table: [Row; 12] = [
        (manifest("1.4.0", main, &api()), None, Route::S3, Some("dev"), &[]),
        (manifest("1.4.0", tag, &api()), None, Route::S3, Some("prod"), &[]),
        (manifest("spring", tag, &api()), None, Route::S3, Some("prod"), &["VersionNotOfTag version"]),
        (
            manifest("1.4.0", tag, &api()),
            None,
            Route::Api,
            Some("prod"),
            &["SourceNotAccepted environments.prod.sources"],
        ),
        (manifest("1", Some(("refs/heads/nowhere", false)), &api()), None, Route::S3, None, &["NoEnvironment git.ref"]),
        (manifest("1", None, &api()), None, Route::S3, None, &["NoEnvironment git.ref"]),
        (manifest("1", None, &api()), Some("dev"), Route::Api, Some("dev"), &[]),
        (manifest("1", None, &api()), Some("dve"), Route::Api, None, &["UnknownName environment"]),
        (manifest("1", main, &misspelt), None, Route::S3, Some("dev"), &["UnknownName components.apy"]),
        (manifest("1", main, &image), None, Route::S3, Some("dev"), &["BadValue components.web.image"]),
        // Changes that are in no commit go where a branch goes, and not where a tag does.
        (manifest("1", Some(("refs/heads/main", true)), &api()), None, Route::S3, Some("dev"), &[]),
        (
            manifest("1.4.0", Some(("refs/tags/v1.4.0", true)), &api()),
            None,
            Route::S3,
            Some("prod"),
            &["BadValue git.dirty"],
        ),
    ];
    for (manifest, named, route, goes, against) in table {
        let row = format!("{manifest:?} {named:?}");
        let expected = against.iter().map(ToString::to_string).collect();
        assert_eq!(checked(&manifest, named, route), (goes.map(str::to_owned), expected), "{row}");
    }
}

#[test]
fn a_version_that_is_recorded_with_other_bytes_and_what_stops_everything_are_found() {
    let declaration = Declaration::parse(DECLARATION).unwrap();
    let app = AppName::new("shop").unwrap();
    let manifest = manifest("1.4.0", Some(("refs/heads/main", false)), &api());
    let mut plan = ReleasePlan {
        app: &app,
        manifest: &manifest,
        named: None,
        route: Some(Route::S3),
        through_hold: false,
        allow_older: false,
        dirty: false,
        tag: None,
        uploads: true,
    };
    let recorded = |digest: &str| -> Release {
        let api = json!({"type": "object", "key": "k", "version_id": "v", "bytes": 1,
            "sha256": digest.repeat(64)});
        let recorded = json!({"app": "shop", "version": "1.4.0", "components": {"api": api}});
        serde_json::from_value(recorded).unwrap()
    };
    assert_eq!(reused(plan, &recorded("a")), []);
    assert_eq!(reused(plan, &recorded("b"))[0].name, FindingName::VersionReused);
    let here = goes_to(plan, &declaration).unwrap();
    let now = json!({"app": "shop", "environment": "dev", "snapshot": 1, "running": {}, "waiting": [],
        "hold": {"since": 0, "reason": "a sale", "by": "ann"},
        "closed": {"until": 60_000, "freeze": "a sale", "waits": false},
        "lock": {"token": 1, "held": {"deployment": "0123456789abcdef", "action": "deploy",
            "execution": "arn", "since": 0, "state": "needs_operator"}}});
    let now = crate::talk::windlass::read(&now).unwrap();
    let names = |plan| -> Vec<FindingName> { stopped(plan, &here, &now).iter().map(|finding| finding.name).collect() };
    assert_eq!(names(plan), [FindingName::Held, FindingName::Held, FindingName::NeedsOperator]);
    plan.through_hold = true;
    assert_eq!(names(plan), [FindingName::NeedsOperator]);
}

#[test]
fn a_ref_that_goes_nowhere_is_refused_with_the_tag_of_what_is_checked_out_where_a_rule_takes_it() {
    let declaration = Declaration::parse(DECLARATION).unwrap();
    let app = AppName::new("shop").unwrap();
    for (tag, is_named) in [(Some("refs/tags/v1.4.0"), true), (Some("refs/tags/v1.4.0-rc.1"), false), (None, false)] {
        let plan = ReleasePlan {
            app: &app,
            manifest: &manifest("1.4.0", Some(("refs/heads/topic", false)), &api()),
            named: None,
            route: Some(Route::S3),
            through_hold: false,
            allow_older: false,
            dirty: false,
            uploads: true,
            tag,
        };
        let findings = goes_to(plan, &declaration).unwrap_err();
        let remedy = &findings[0].remedy;
        let names = remedy.written().contains("`prod` takes: give `--git-ref refs/tags/v1.4.0`. ");
        assert_eq!(names, is_named, "{remedy:?}");
    }
}
