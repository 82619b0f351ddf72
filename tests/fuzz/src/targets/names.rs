//! Keys, tags, refs, names, digests and addresses: every short text that comes from outside, by itself and in the field
//! of a document that holds it.

use super::refusals::refused;
use crate::mutate::{bytes, word};
use crate::{Broken, Outcome, Try};
use serde_json::{Value, json};
use std::net::IpAddr;
use windlass_domain::declaration::Declaration;
use windlass_domain::document::git_rule::{GitRef, glob, version_of_tag};
use windlass_domain::release::identity::execution_name;
use windlass_domain::release::key::{FINDINGS_SUFFIX, Upload, upload};
use windlass_domain::release::request::Request;
use windlass_domain::text::address;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

pub fn ready() -> Box<Try> {
    Box::new(|rng, shown| {
        let word = word(rng).into_bytes();
        *shown = bytes(rng, &[word]);
        let text = String::from_utf8_lossy(shown).into_owned();
        let _ = (GitRef::of(&text), version_of_tag(&text));
        if let Ok(address) = text.parse::<IpAddr>() {
            let _ = (address::kind_of(address), address::forbidden(address, rng.bool()));
        }
        let is_own = text.ends_with(FINDINGS_SUFFIX) || text.starts_with("windlass/");
        if is_own && upload(&text).is_some() {
            return Err("what Windlass writes itself is taken for an upload".into());
        }
        let name = execution_name(&[&text, &text], &text);
        let good = |one: char| one.is_ascii_alphanumeric() || ".-_".contains(one);
        if name.is_empty() || name.len() > 80 || !name.chars().all(good) {
            return Err(format!("no name for an execution: {name:?}"));
        }
        in_documents(&text)
    })
}

/// A text as the field of a document.
struct Field {
    path: &'static str,
    /// True if the text alone is a good value of the field; `None` if more decides.
    is_one: Option<bool>,
    came: Result<(), Vec<Finding>>,
}

/// Puts the text into every field that holds such a text. If it is no good value, the document must be refused for that
/// field.
fn in_documents(text: &str) -> Result<Outcome, Broken> {
    let mut names = Vec::new();
    let mut is_taken = false;
    for field in fields(text) {
        match of(&field)? {
            Outcome::Taken => is_taken = true,
            Outcome::Refused(found) => names.extend(found),
        }
    }
    if is_taken {
        return Ok(Outcome::Taken);
    }
    Ok(Outcome::Refused(names))
}

fn of(field: &Field) -> Result<Outcome, Broken> {
    let (path, is_one) = (field.path, field.is_one);
    let Err(findings) = &field.came else {
        return match is_one {
            Some(false) => Err(format!("{path} takes what it cannot hold")),
            _ => Ok(Outcome::Taken),
        };
    };
    let is_secret = |finding: &Finding| finding.name == FindingName::SecretInInput;
    if is_one == Some(true) && !findings.iter().all(is_secret) {
        return Err(format!("{path} refuses what it holds: {findings:?}"));
    }
    // A text that cannot be in a document at all is named by line and column.
    let is_elsewhere =
        |finding: &&Finding| finding.name != FindingName::NotWellFormed && !finding.path.starts_with(path);
    match findings.iter().find(is_elsewhere) {
        Some(other) => Err(format!("{path} is refused for something else: {other:?}")),
        None => refused(findings),
    }
}

fn fields(text: &str) -> [Field; 6] {
    let asked = |path, is_one, input: Value| Field { path, is_one, came: Request::parse(&input).map(drop) };
    let manifest_of_shop = match upload(text) {
        Some(Upload::Manifest(app, _)) if app.as_str() == "shop" => Some(true),
        _ => None,
    };
    let key = format!("artifacts/shop/prod/{text}/1.zip");
    [
        asked(
            "app",
            Some(AppName::new(text).is_ok()),
            json!({"action": "hold", "app": text, "environment": "prod", "reason": "because"}),
        ),
        asked(
            "environment",
            Some(EnvironmentName::new(text).is_ok()),
            json!({"action": "hold", "app": "shop", "environment": text, "reason": "because"}),
        ),
        asked(
            "artifact_object",
            Some(ComponentName::new(text).is_ok()),
            json!({"action": "deploy", "app": "shop", "artifact_object": {"component": text, "object": {"key": key}}}),
        ),
        asked(
            "image_push.digest",
            Some(Digest::parse(text).is_ok()),
            json!({"action": "deploy", "app": "shop", "image_push": {"repository": "shop/agent", "digest": text, "tag": "main"}}),
        ),
        asked(
            "manifest_object.key",
            manifest_of_shop,
            json!({"action": "deploy", "app": "shop", "manifest_object": {"key": text}}),
        ),
        Field { path: "environments.prod.deploy", is_one: glob(text).is_err().then_some(false), came: declared(text) },
    ]
}

/// Checks the text as the branch that an environment deploys.
fn declared(branch: &str) -> Result<(), Vec<Finding>> {
    let declaration = json!({
        "app": "shop", "version": "1.0.0",
        "environments": {"prod": {"deploy": {"branch": branch}}},
        "components": {"api": {"kind": "lambda", "function": "shop-api", "alias": "live"}},
    });
    Declaration::parse(&declaration.to_string()).map(drop)
}
