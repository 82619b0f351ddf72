//! Warnings about declarations that their authors may not mean.

#![allow(clippy::unwrap_used)]

use windlass_domain::declaration::Declaration;
use windlass_domain::text::finding::FindingName;

fn paths(environments: &str, api: &str, gates: &str) -> Vec<String> {
    let text = format!(
        "
app: shop
version: 1.0.0
environments: {{{environments}}}
components:
  api: {{kind: lambda, function: \"api-{{environment}}\", alias: live{api}}}
  web: {{kind: static_site, bucket: \"web-{{environment}}\"}}
gates: {{{gates}}}
"
    );
    let declaration = Declaration::parse(&text).unwrap();
    let warnings = declaration.warnings().into_iter();
    warnings
        .map(|warning| {
            assert_eq!((warning.name, warning.declared), (FindingName::NothingMeasured, true));
            assert!(!warning.reason.is_empty() && !warning.remedy.is_empty());
            warning.path
        })
        .collect()
}

#[test]
fn what_nothing_measures_is_warned_of() {
    const TWO: &str = "dev: {deploy: {branch: main}}, prod: {deploy: {tag: stable}}";
    const INVOKED: &str = ", gates: {invocations: [{name: health}]}";
    const STEPS: &str = ", rollout: {canary: [10, 50]}";
    const BOTH: &str = ", rollout: {canary: [10]}, gates: {invocations: [{name: health}]}";
    const ROLLOUT: &str = "components.api.rollout";
    const DEV: &str = "environments.dev.gates";
    const PROD: &str = "environments.prod.gates";
    const WATCHED: &str = "prod: {deploy: {tag: stable}}";
    let table: &[(&str, &str, &str, &[&str])] = &[
        (TWO, "", "", &[PROD]),
        (TWO, "", "alarms: [red]", &[]),
        (TWO, "", "probes: [{url: \"https://shop.example/\"}]", &[]),
        (TWO, "", "bake: 1m, metrics: [{namespace: Shop, metric: Errors, statistic: Sum, at_most: 1}]", &[]),
        (TWO, "", "bake: 10m", &[DEV, PROD]),
        (TWO, INVOKED, "", &[]),
        (TWO, STEPS, "", &[ROLLOUT, PROD]),
        (TWO, STEPS, "alarms: [red]", &[]),
        (TWO, BOTH, "", &[]),
        // Promoted to: by a tag, by name, by a person.
        ("dev: {deploy: {branch: main}}, prod: {}", "", "", &[PROD]),
        ("dev: {deploy: {branch: main}}, prod: {deploy: {branch: live}, start: manual}", "", "", &[PROD]),
        ("dev: {deploy: {branch: main}}, prod: {deploy: {branch: live}}", "", "", &[]),
        ("dev: {deploy: {branch: main}}, prod: {deploy: {tag: stable}, gates: {alarms: [red]}}", "", "", &[]),
        // Nothing is promoted where there is one environment.
        ("prod: {start: manual}", "", "", &[]),
        ("prod: {start: manual}", STEPS, "", &[ROLLOUT]),
        // It is watched for a time in which nothing is measured, of all or of a component.
        (WATCHED, "", "bake: 2m", &[PROD]),
        (WATCHED, INVOKED, "bake: 2m", &[PROD]),
        (WATCHED, "", "bake: 2m, alarms: [red]", &[]),
        (WATCHED, INVOKED, "", &[]),
    ];
    for (environments, api, gates, wanted) in table {
        assert_eq!(paths(environments, api, gates), *wanted, "{environments} {api} {gates}");
    }
}

#[test]
fn a_rule_for_headers_that_no_file_gets_is_warned_of() {
    const EVERY: &str = r#"{files: "**", cache_control: no-cache}"#;
    const ASSETS: &str = r#"{files: "assets/**", cache_control: no-store}"#;
    const TYPE: &str = r#"{files: "assets/**", content_type: text/plain}"#;
    let table: &[(&str, &[&str], &[usize])] = &[
        ("cache", &[EVERY, ASSETS], &[1]),
        ("cache", &[ASSETS, EVERY], &[]),
        ("cache", &[ASSETS, ASSETS, EVERY, ASSETS], &[1, 3]),
        ("headers", &[ASSETS, ASSETS], &[1]),
        ("headers", &[EVERY, TYPE, ASSETS, TYPE], &[2, 3]),
    ];
    for (member, rules, wanted) in table {
        let text = format!(
            "{{app: shop, version: 1.0.0, environments: {{prod: {{}}}}, \
             components: {{web: {{kind: static_site, bucket: web, {member}: [{}]}}}}}}",
            rules.join(", ")
        );
        let warnings = Declaration::parse(&text).unwrap().warnings().into_iter();
        let found: Vec<_> = warnings.map(|warning| (warning.name, warning.path)).collect();
        let path = |nth: &usize| (FindingName::Duplicate, format!("components.web.{member}[{nth}].files"));
        assert_eq!(found, wanted.iter().map(path).collect::<Vec<_>>(), "{member} {rules:?}");
    }
}
