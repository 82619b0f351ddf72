//! `windlass report`: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::pages::{FAILED, answers, api, api_with};
use crate::standin::{code, err, folder, out};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

#[test]
fn a_report_is_one_file_with_every_deployment_and_leads_nowhere_that_needs_access() {
    let api = api();
    let report = api.windlass(&folder("ui"), &["report", "shop", "prod", "--days", "3660"]);
    assert_eq!(code(&report), 0, "{}", err(&report));
    let text = out(&report);
    assert!(text.starts_with("<!DOCTYPE html>") && text.trim_end().ends_with("</html>"), "{text}");
    assert!(text.contains("<style>:root") && !text.contains("rel=\"stylesheet\"") && !text.contains("<form"));
    assert!(text.contains(&format!("href=\"#{FAILED}\"")) && text.contains(&format!("id=\"{FAILED}\"")));
    assert!(text.contains("7.3 errors/min") && !text.contains("acts/"), "it shows and does not act");
    assert!(text.len() < 150 * 1024, "{}", text.len());
    let none = out(&api.windlass(&folder("ui"), &["report", "shop", "prod", "--days", "0"]));
    assert_eq!(none, "", "at least a day");
}

#[test]
fn a_program_gets_what_a_report_shows_as_values() {
    let report = api().windlass(&folder("ui"), &["report", "shop", "prod", "--days", "3660", "--json"]);
    let document: Value = serde_json::from_str(&out(&report)).unwrap();
    assert_eq!((&document["environment"]["app"], &document["html"]), (&json!("shop"), &Value::Null));
    let listed = document["history"].as_array().unwrap().iter().map(|one| &one["id"]);
    let whole = document["deployments"].as_array().unwrap().iter().map(|one| &one["deployment"]["id"]);
    let (listed, whole): (Vec<&Value>, Vec<&Value>) = (listed.collect(), whole.collect());
    assert_eq!(listed.len(), whole.len());
    let failed = json!(FAILED);
    assert!(listed.contains(&&failed) && whole.contains(&&failed), "{listed:?} {whole:?}");
}

/// The declaration alone gives the second one, and the page counts it as the command line does.
#[test]
fn a_report_counts_the_warnings_that_the_declaration_alone_gives() {
    let warning = |path: &str, declared: bool| {
        let (name, reason) = ("NothingMeasured", "It is so.");
        json!({"name": name, "path": path, "reason": reason, "remedy": "Mend it.", "declared": declared})
    };
    let mut answers = answers();
    let plan = &mut answers[&format!("/apps/shop/deployments/{FAILED}")]["plan"];
    plan["warnings"] = json!([warning("components.new", false), warning("components.known", true)]);
    let api = api_with(answers);
    let text = out(&api.windlass(&folder("ui"), &["report", "shop", "prod", "--days", "3660"]));
    assert!(text.contains("components.new") && !text.contains("components.known"), "{text}");
    let counted = "1 warning as when declaration 1.3.0 was declared: `windlass doctor shop prod` shows it";
    assert!(text.contains(counted), "{text}");
}

#[test]
fn a_report_links_nothing_that_it_does_not_have() {
    let mut answers = answers();
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = u64::try_from(since.as_millis()).unwrap();
    let history = answers["/apps/shop/deployments?environment=prod"]["deployments"].as_array_mut();
    for (number, one) in (0_u64..).zip(history.unwrap()) {
        let days = if number < 2 { number } else { 40 };
        one["accepted"] = (now - days * 86_400_000).into();
    }
    let api = api_with(answers);
    let text = out(&api.windlass(&folder("ui"), &["report", "shop", "prod", "--days", "30"]));
    assert!(text.contains(&format!("href=\"#{FAILED}\"")), "{text}");
    let older = "1f0c2d9a4b5e6f70";
    assert!(text.contains(&format!("<a>{older}</a>")), "what runs came before: {text}");
    let links = text.split("href=\"#").skip(1);
    let links: Vec<&str> = links.map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(links.len() > 3, "{links:?}");
    for to in links {
        assert!(text.contains(&format!("id=\"{to}\"")), "#{to} leads nowhere");
    }
}
