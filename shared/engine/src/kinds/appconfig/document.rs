//! The document that is brought: an object in the artifacts bucket, filled in with the outputs of other components.
//! Nothing of its content is ever shown.

use super::state::{Filled, PinnedDocument};
use crate::config::Configured;
use crate::kinds::{PrepareInput, read_pinned};
use crate::ports::{Result, S3Api};
use crate::trouble::Checked;
use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::appconfig::Appconfig as Spec;
use windlass_domain::declaration::output::{Inputs, Output, PlannedOutput};
use windlass_domain::document::shape::objection::nearest;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::count::count;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

/// The largest document that is read, in bytes. AppConfig takes 2 MB of feature flags and free form by default, and
/// more if AWS was asked for it (AWS General Reference, "AWS AppConfig endpoints and quotas"). AppConfig itself refuses
/// a larger one.
const LARGEST: u64 = 4 * 1024 * 1024;

const SMALLER: &str = "Upload a document of at most 2 MB, and release it under a new version.";

/// The bytes that are deployed. The fault is `Refused` where they are not made of the pinned ones, or more than are
/// read.
pub(super) async fn read(home: &(impl S3Api + Configured), document: &PinnedDocument) -> Result<Bytes> {
    let bytes = uploaded(home, document).await?;
    let Some(filled) = &document.filled else { return Ok(bytes) };
    let bytes = Bytes::from(fill(&bytes, &filled.with));
    if Digest::of(&bytes) == filled.sha256 {
        return Ok(bytes);
    }
    Err(Fault::internal(format!("the artifact {} is not filled in as it was planned", document.key)))
}

/// The bytes that were uploaded.
async fn uploaded(home: &(impl S3Api + Configured), document: &PinnedDocument) -> Result<Bytes> {
    read_pinned(home, &document.key, &document.version_id, &document.sha256, LARGEST).await
}

/// The document that a release brings, or what is wrong with it. Where others give only later what it takes, it is
/// filled in as if each gave `0`, to be looked at.
pub(super) async fn wanted(
    home: &(impl S3Api + Configured),
    input: &PrepareInput<'_>,
    spec: &Spec,
    is_flags: bool,
) -> Checked<PinnedDocument> {
    let Some(Artifact::Object { key, version_id, sha256, .. }) = input.artifact else {
        return Err(wrong(
            input,
            FindingName::BadValue,
            "A configuration comes as an object in the artifacts bucket.".into(),
            "Upload the document, and name it with `key` in the manifest.",
        )
        .into());
    };
    let document =
        PinnedDocument { key: key.clone(), version_id: version_id.clone(), sha256: sha256.clone(), filled: None };
    let bytes = match uploaded(home, &document).await {
        Ok(bytes) => bytes,
        Err(fault) if fault.name == FaultName::Refused => {
            let reason = format!("{}.", fault.message);
            return Err(wrong(input, FindingName::BadValue, reason, SMALLER).into());
        }
        Err(fault) => return Err(fault.into()),
    };
    let with = values(input.inputs);
    if let Some(missing) = missing(input.component, key, &bytes, &with) {
        return Err(missing.into());
    }
    let bytes = fill(&bytes, &with);
    let filled = (!with.is_empty()).then(|| Filled { with, sha256: Digest::of(&bytes) });
    let objection = match if is_flags { flags(&bytes) } else { None } {
        Some(reason) => Some(no_flags(input, key, reason)),
        None => not_of_type(&format!("components.{}", input.component), key, spec, &bytes),
    };
    match objection {
        Some(objection) => Err(objection.into()),
        None => Ok(PinnedDocument { filled, ..document }),
    }
}

fn no_flags(input: &PrepareInput<'_>, key: &str, reason: &str) -> Finding {
    wrong(
        input,
        FindingName::BadValue,
        format!("The artifact {key} is no document of feature flags: {reason}."),
        "Write it as AWS AppConfig User Guide, \"Understanding the type reference for AWS.AppConfig.FeatureFlags\", says: an object with `version`, `flags` and `values`.",
    )
}

/// Returns what is wrong with a document, as far as its bytes and the declaration show; see
/// [`crate::kinds::check_artifact`]. Only AppConfig knows whether its profile is one of feature flags.
pub fn check_artifact(component: &ComponentName, spec: &Spec, named: &str, bytes: &[u8]) -> Vec<Finding> {
    let path = format!("components.{component}");
    if bytes.len() as u64 > LARGEST {
        let reason = format!("The document {named} has {}.", count(bytes.len(), "byte"));
        return vec![Finding::bad_value(path, reason, SMALLER)];
    }
    let with = as_if(&spec.fill);
    let found = not_of_type(&path, named, spec, &fill(bytes, &with));
    found.or_else(|| missing(component, named, bytes, &with)).into_iter().collect()
}

/// Returns a finding if a document is not of its declared type. AppConfig itself takes any bytes, and the callers get
/// them.
fn not_of_type(path: &str, named: &str, spec: &Spec, bytes: &[u8]) -> Option<Finding> {
    let kind = spec.content_type.split(';').next().unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    let is_text = kind.starts_with("text/") || kind.ends_with("yaml");
    let why = match std::str::from_utf8(bytes) {
        _ if bytes.is_empty() => "it is empty",
        Err(_) if is_text => "it is no text in UTF-8",
        _ if is_json(&kind) && serde_json::from_slice::<IgnoredAny>(bytes).is_err() => "it is not JSON",
        _ => return None,
    };
    Some(Finding::bad_value(
        path,
        format!("The document {named} is not of the declared type `{}`: {why}.", spec.content_type),
        format!("Release a document of that type, or declare its own with `{path}.content_type`."),
    ))
}

fn is_json(kind: &str) -> bool {
    kind == "application/json" || kind.ends_with("+json")
}

/// Returns the reason for which AppConfig would refuse it at first sight. AppConfig itself checks its own schema and
/// the constraints of the flags.
fn flags(bytes: &[u8]) -> Option<&'static str> {
    // The parser's own words may repeat parts of the document.
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return Some("it is not JSON") };
    match &document {
        Value::Object(members) if members.contains_key("flags") => None,
        Value::Object(_) => Some("it has no member `flags`"),
        _ => Some("it is no object"),
    }
}

fn wrong(input: &PrepareInput<'_>, name: FindingName, reason: String, remedy: &str) -> Finding {
    Finding::new(name, format!("components.{}", input.component), reason, remedy)
}

/// Returns the name of an output as a document has it.
fn place(output: &Output) -> String {
    format!("${{{output}}}")
}

/// Returns the document with each output's value in the place of its name.
pub(super) fn fill(bytes: &[u8], with: &BTreeMap<Output, String>) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    with.iter().fold(text.to_owned(), |text, (output, value)| text.replace(&place(output), value)).into_bytes()
}

/// Returns the values to fill in. A value that is given only later is `0`, so that the rest can be checked.
pub(super) fn values(inputs: &Inputs) -> BTreeMap<Output, String> {
    inputs
        .iter()
        .map(|(output, given)| {
            let value = match given {
                PlannedOutput::Known(value) | PlannedOutput::Expected(value) => value.clone(),
                PlannedOutput::Later => "0".to_owned(),
            };
            (output.clone(), value)
        })
        .collect()
}

/// Returns the same values while no other component has been asked yet.
pub(super) fn as_if(outputs: &BTreeSet<Output>) -> BTreeMap<Output, String> {
    let later = outputs.iter().map(|output| (output.clone(), PlannedOutput::Later));
    values(&later.collect())
}

/// Returns a finding if an output is to be filled in and the document `named` does not have it, or has it misspelt. Of
/// the document it names only what is nearly the name of an output.
pub(super) fn missing(
    component: &ComponentName,
    named: &str,
    bytes: &[u8],
    with: &BTreeMap<Output, String>,
) -> Option<Finding> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let wanted: Vec<String> = with.keys().map(place).collect();
    let there: BTreeSet<String> = places(text).filter(|place| !wanted.contains(place)).collect();
    let missing = wanted.iter().filter(|place| !text.contains(*place));
    let missing: Vec<&str> = missing.map(String::as_str).collect();
    let misspelt = there.iter().filter_map(|place| Some((place, nearest(place, &wanted)?)));
    let misspelt: Vec<(&String, &String)> = misspelt.collect();
    if missing.is_empty() && misspelt.is_empty() {
        return None;
    }
    let no = missing.iter().map(|place| format!("no `{place}`"));
    let odd = misspelt.iter().map(|(place, _)| format!("`{place}`, which nothing fills in,"));
    let has: Vec<String> = odd.chain(no).collect();
    let asked = misspelt.iter().map(|(place, meant)| format!("Did you mean `{meant}` by `{place}`? "));
    let asked: String = asked.collect();
    let remedy = if asked.is_empty() {
        "Write it in the document where its value belongs, or remove it from `fill`.".to_owned()
    } else {
        format!("{asked}Write what `fill` names, or remove that from `fill`.")
    };
    let found = Finding::bad_value(
        format!("components.{component}.fill"),
        format!("The document {named} has {}.", has.join(" and ").trim_end_matches(',')),
        remedy,
    );
    Some(match misspelt.as_slice() {
        &[(_, meant)] => found.meaning(Some(meant)),
        _ => found,
    })
}

/// Returns everything in a document that looks like a place for an output.
fn places(text: &str) -> impl Iterator<Item = String> {
    let names = text.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name));
    names.map(|name| format!("${{{name}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::declaration::output::Output;

    #[test]
    fn what_is_no_document_of_feature_flags_is_reported_without_its_content() {
        let table = [
            ("{\"version\":\"1\",\"flags\":{},\"values\":{}}", None),
            ("{\"flags\":{}}", None),
            ("{\"values\":{}}", Some("it has no member `flags`")),
            ("[\"flags\"]", Some("it is no object")),
            ("{\"flags\": s3cret", Some("it is not JSON")),
            ("", Some("it is not JSON")),
        ];
        for (text, wanted) in table {
            assert_eq!(flags(text.as_bytes()), wanted, "{text}");
        }
    }

    #[test]
    fn a_document_is_of_its_declared_type() {
        let table: [(&str, &[u8], &str); 10] = [
            ("application/json", b"{\"a\": 1}", ""),
            ("application/json", b"<html>", "it is not JSON"),
            ("application/json", b"", "it is empty"),
            ("application/json; charset=utf-8", b"{", "it is not JSON"),
            ("application/problem+json", b"{", "it is not JSON"),
            ("application/x-yaml", b"a: 1", ""),
            ("application/x-yaml", b"PK\x03\x04\xff", "it is no text in UTF-8"),
            ("text/plain", b"hacked", ""),
            ("text/plain", b"\xff", "it is no text in UTF-8"),
            ("application/octet-stream", b"\xff", ""),
        ];
        for (kind, bytes, why) in table {
            let found = findings(kind, &[], bytes);
            let reason = found.first().map_or_else(String::new, |finding| finding.reason.written());
            assert_eq!(reason.is_empty(), why.is_empty(), "{kind}: {reason}");
            assert!(reason.contains(why) && !reason.contains("hacked"), "{kind}: {reason}");
        }
    }

    fn findings(kind: &str, fill: &[&str], bytes: &[u8]) -> Vec<Finding> {
        let fill = fill.iter().map(|text| Output::try_from((*text).to_owned()));
        let spec = Spec {
            application: "shop".into(),
            environment: "prod".into(),
            profile: "flags".into(),
            strategy: "slow".into(),
            content_type: kind.into(),
            fill: fill.map(Result::unwrap).collect(),
        };
        let component = ComponentName::new("flags").unwrap();
        check_artifact(&component, &spec, "flags.json", bytes)
    }

    #[test]
    fn a_document_is_looked_at_as_it_will_be_filled_in() {
        let table: [(&[u8], &str); 3] = [
            (b"{\"a\": ${api.version}}", ""),
            (b"{\"a\": ${api.version}", "it is not JSON"),
            (b"{\"a\": 1}", "has no `${api.version}`"),
        ];
        for (bytes, why) in table {
            let found = findings("application/json", &["api.version"], bytes);
            let reason = found.first().map_or_else(String::new, |finding| finding.reason.written());
            assert_eq!(reason.is_empty(), why.is_empty(), "{reason}");
            assert!(reason.contains(why), "{reason}");
        }
    }

    #[test]
    fn what_is_nearly_the_name_of_an_output_is_reported_and_nothing_else_of_a_document() {
        let flags = ComponentName::new("flags").unwrap();
        let outputs: Vec<Output> =
            ["jobs.version", "api.version"].map(|text| Output::try_from(text.to_owned()).unwrap()).to_vec();
        let with = as_if(&outputs.into_iter().collect());
        let reported = |text: &str| {
            let found = missing(&flags, "1.json", text.as_bytes(), &with);
            found.map(|found| (found.reason.written(), found.meant))
        };
        let both = "${api.version} ${jobs.version}";
        assert_eq!(reported(both), None);
        assert_eq!(reported(&format!("{both} ${{env}} ${{a}} ${{not.closed")), None);
        let (reason, meant) = reported("${api.version} ${jobs.versoin} ${secret}").unwrap();
        assert_eq!(
            reason,
            "The document 1.json has `${jobs.versoin}`, which nothing fills in, and no `${jobs.version}`."
        );
        assert_eq!(meant.as_deref(), Some("${jobs.version}"));
        // There is a second place, which is misspelt and would go live as it stands.
        let (reason, _) = reported(&format!("{both} ${{job.version}}")).unwrap();
        assert_eq!(reason, "The document 1.json has `${job.version}`, which nothing fills in.");
        let (reason, meant) = reported("${api.version}").unwrap();
        assert_eq!(reason, "The document 1.json has no `${jobs.version}`.");
        assert_eq!(meant, None);
    }
}
