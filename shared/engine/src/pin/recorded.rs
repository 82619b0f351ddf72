//! Finds the recorded release that a version means, as a person writes it.

use crate::ledger;
use crate::ports::{DynamoDbApi, Query, Result};
use crate::trouble::Checked;
use windlass_domain::declaration::version_name::{RecordedRelease, plain};
use windlass_domain::document::shape::unknown_name;
use windlass_domain::release::version_order::in_lists;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::AppName;

/// The most releases of one version, or pushes of one tag, that are named, if there are several.
const PUSHES: u32 = 5;

/// The number of versions that are looked through for the one that was meant.
const KNOWN: u32 = 100;

/// Finds the recorded release of this version, with or without a `v` before it; else the one release that has its bytes
/// in its name, as a push of this tag has.
///
/// # Errors
/// Findings if none is recorded, or if several have the name.
pub async fn release(ports: &impl DynamoDbApi, app: &AppName, version: &str) -> Checked<RecordedRelease> {
    let plain = plain(version);
    let key = ledger::release(app, &plain);
    for key in [&ledger::release(app, version), &key] {
        if let Some(recorded) = ledger::load(ports, key).await? {
            return Ok(recorded.value);
        }
    }
    let of_tag =
        Query { pk: key.pk.clone(), sk_prefix: format!("{}+", key.sk), descending: true, limit: PUSHES, after: None };
    let mut releases: Vec<RecordedRelease> = Vec::new();
    for item in ports.query(of_tag).await?.items {
        releases.push(ledger::from_item(item)?.value);
    }
    releases.retain(|one| one.release.image_push || one.release.is_marked(&plain));
    if releases.len() > 1 {
        return Err(several(app, version, &releases).into());
    }
    match releases.pop() {
        Some(release) => Ok(release),
        None => Err(unknown(ports, app, version).await?.into()),
    }
}

fn several(app: &AppName, tag: &str, releases: &[RecordedRelease]) -> Finding {
    let versions = releases.iter().map(|one| one.release.version.as_str());
    let mut versions: Vec<&str> = versions.collect();
    versions.sort_by(|one, other| in_lists(other, one));
    Finding::new(
        FindingName::UnknownName,
        "version",
        format!("several releases of `{app}` have the name `{tag}` and bytes of their own."),
        format!("Name one as the history lists it, such as `{}`.", versions.join("`, `")),
    )
}

/// Makes the finding that no release is recorded under a version, with the one that was probably meant. It costs a
/// query, which only who asks for what is not there pays.
async fn unknown(ports: &impl DynamoDbApi, app: &AppName, version: &str) -> Result<Finding> {
    let all = ledger::release(app, "");
    let page = ports
        .query(Query { pk: all.pk.clone(), sk_prefix: all.sk.clone(), descending: true, limit: KNOWN, after: None })
        .await?;
    let keys = page.items.iter().map(|item| item.key.sk.as_str());
    let mut known: Vec<String> = keys.filter_map(|sk| sk.strip_prefix(&all.sk)).map(str::to_owned).collect();
    known.sort_by(|one, other| in_lists(other, one));
    let reason = format!("no release {version} of `{app}` is recorded.");
    let otherwise = if known.is_empty() { "Release it first: none is recorded yet." } else { "" };
    Ok(unknown_name("version", reason, version, known, otherwise))
}
