//! The messages that people read when an input is refused, in full. No input makes the readers panic.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};
use windlass_domain::declaration::Declaration;
use windlass_domain::release::manifest::Manifest;
use windlass_domain::release::request::Request;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::AppName;

const GOOD: &str = include_str!("bad_inputs/declaration.yaml");
const GOOD_JSON: &str =
    r#"{"version": "1.4.0", "components": {"web": {"key": "artifacts/shop/prod/web/1.zip", "version_id": "v1"}}}"#;
const GOOD_MANIFEST: &str = include_str!("bad_inputs/manifest.yaml");

fn listed(findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().map(Finding::written).collect();
    lines.join("\n")
}

fn findings_of(declaration: &str) -> String {
    listed(&Declaration::parse(declaration).err().unwrap_or_default())
}

#[test]
fn mistakes_of_form_are_listed_together() {
    let text = "
app: Shop
version: 1.3
environments:
  dev: {deploy: {brunch: main}, start: sometimes, sources: [s3, sftp]}
components:
  web: {kind: static_site, buckt: shop-web, cache: [{files: '*'}]}
  api: {kind: lamda, function: shop-api}
  job: {function: shop-job}
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: [shop/agent], steady_within: 10}
gates:
  bake: 10 minutes
  probes: [{url: 'https://shop.example/', status: 1000}]
";
    insta::assert_snapshot!(findings_of(text));
}

#[test]
fn mistakes_of_meaning_are_listed_together() {
    let text = "
app: shop
version: 1.3.0
environments:
  dev: {deploy: {branch: main}, vars: {host: shop.example}}
  test: {deploy: {branches: ['ma*']}}
components:
  web: {kind: static_site, bucket: shop-web, distribution: {dev: E1, tset: E2}, after: [api]}
  api: {kind: lambda, function: 'shop-{env}', after: [web], rollout: {canary: [50, 10], every: 30s}}
gates:
  bake: 30s
  metrics: [{namespace: AWS/Lambda, metric: Errors, statistic: Sum, at_most: 5}]
  probes: [{url: 'http://169.254.169.254/'}, {url: 'https://me@shop.example/'}]
";
    insta::assert_snapshot!(findings_of(text));
}

#[test]
fn a_secret_is_listed_alone_because_other_findings_could_repeat_it() {
    let text = "
app: shop
version: 1.3.0
owner: me
environments:
  dev: {deploy: {branch: main}, vars: {db_password: Hunter2!}}
components:
  web: {kind: static_site, bucket: 'shop-{db_password}', after: [api]}
  api: {kind: lambda, function: 'x-{db_password}'}
gates:
  probes: [{url: 'ftp://shop.example/?api_key=Hunter2!'}]
";
    insta::assert_snapshot!(findings_of(text));
}

#[test]
fn all_mistakes_of_a_manifest_are_listed() {
    let Ok(app) = AppName::new("shop") else { panic!("a good name") };
    let text = r#"{"version": "1.4.0 beta", "git": {"ref": "main"}, "components": {"web": {"key": 1}}}"#;
    let form = Manifest::parse(&app, text).err().unwrap_or_default();
    let text = r#"{"version": "1.4.0", "components": {
        "web": {"key": "artifacts/bank/prod/web/1.zip", "version_id": "v1"}, "agent": {"image": "shop/agent"}, "api": {}}}"#;
    let meaning = Manifest::parse(&app, text).err().unwrap_or_default();
    insta::assert_snapshot!(format!("{}\n\n{}", listed(&form), listed(&meaning)));
}

#[test]
fn all_mistakes_of_a_request_are_listed() {
    let input = json!({"action": "rollback", "app": "shop", "version": "1.0.0", "allow_older": true});
    let findings = Request::parse(&input).err().unwrap_or_default();
    insta::assert_snapshot!(listed(&findings));
}

#[test]
fn a_document_that_multiplies_itself_is_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let before = format!("*a{}", i - 1);
        let nine = [before.as_str(); 9].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{nine}]\n"));
    }
    assert!(findings_of(&bomb).starts_with("NotWellFormed"), "{}", findings_of(&bomb));
    let deep = "[".repeat(5000);
    assert!(findings_of(&deep).starts_with("NotWellFormed"), "{}", findings_of(&deep));
    let large = format!("# {}\n{GOOD}", "x".repeat(256 * 1024));
    assert!(findings_of(&large).contains("at most 262144"));
}

#[test]
fn what_is_too_long_is_refused() {
    let shop = AppName::new("shop").unwrap();
    let limit = 128 * 1024;
    let large = format!("{GOOD_JSON}{}", " ".repeat(limit - GOOD_JSON.len()));
    assert!(Manifest::parse(&shop, &large).is_ok());
    let findings = Manifest::parse(&shop, &format!("{large} ")).unwrap_err();
    let wanted =
        "BadValue: the manifest: The manifest has 131073 bytes; at most 131072 are read. Remedy: Make it smaller.";
    assert_eq!(listed(&findings), wanted);

    let reason = |length: usize| {
        let input = json!({
            "action": "hold", "app": "shop", "environment": "prod", "reason": "x".repeat(length),
        });
        listed(&Request::parse(&input).err().unwrap_or_default())
    };
    assert_eq!(reason(1024), "");
    let long = reason(1025);
    assert!(long.contains("has more than 1024 characters"), "{long}");

    let value = |length: usize| {
        let config = format!("{{path: c.json, values: {{a: {}}}}}", "x".repeat(length));
        findings_of(&GOOD.replace("distribution: {dev", &format!("config: {config}, distribution: {{dev")))
    };
    assert_eq!(value(4096), "");
    let long = value(4097);
    assert!(long.contains("is not a text of at most 4096 characters"), "{long}");
}

/// Any JSON, with the words of our documents in it, so that it gets past the first checks.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("kind".to_owned()),
        Just("components".to_owned()),
        Just("{environment}".to_owned()),
        Just("lambda".to_owned()),
        ".{0,12}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(word.clone(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Collects every place in a document, as JSON pointers.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| places(member, &format!("{at}/{name}"), all));
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| places(item, &format!("{at}/{i}"), all)),
        _ => {}
    }
}

/// Returns the good document with one place changed.
fn changed(good: &str, place: prop::sample::Index, with: Value) -> Value {
    let mut value: Value = serde_saphyr::from_str(good).unwrap_or_default();
    let mut all = Vec::new();
    places(&value, "", &mut all);
    let at = &all[place.index(all.len())];
    if let Some(target) = value.pointer_mut(at) {
        *target = with;
    }
    value
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic(cut in any::<prop::sample::Index>(), junk in "\\PC{0,8}") {
        let mut text = GOOD.to_owned();
        let mut at = cut.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.insert_str(at, &junk);
        let _ = Declaration::parse(&text);
        text.truncate(at);
        let _ = Declaration::parse(&text);
    }

    #[test]
    fn no_value_anywhere_makes_the_reader_panic(
        place in any::<prop::sample::Index>(),
        with in any_json(),
    ) {
        let text = changed(GOOD, place, with.clone()).to_string();
        if let Ok(declaration) = Declaration::parse(&text) {
            for environment in declaration.environments() {
                prop_assert!(declaration.resolve(environment).is_ok());
            }
        }
        let manifest = changed(GOOD_MANIFEST, place, with.clone());
        if let Ok(app) = AppName::new("shop") {
            let _ = Manifest::from_value(&app, &manifest);
        }
        let _ = Request::parse(&json!({"action": "deploy", "app": "shop", "manifest": manifest}));
        let _ = Request::parse(&with);
    }
}
