//! Tells that no release is recorded under a version, and names the one that was probably meant.

use crate::ledger;
use crate::ports::{DynamoDbApi, Query, Result};
use windlass_domain::document::shape::objection::did_you_mean;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::AppName;

/// The number of versions that are looked through for the one that was meant.
const KNOWN: u32 = 100;

/// The finding. It costs a query, which only who asks for what is not there pays.
pub async fn unknown_version(ports: &impl DynamoDbApi, app: &AppName, version: &str) -> Result<Finding> {
    let all = ledger::release(app, "");
    let page = ports
        .query(Query { pk: all.pk.clone(), sk_prefix: all.sk.clone(), descending: true, limit: KNOWN, after: None })
        .await?;
    let keys = page.items.iter().map(|item| item.key.sk.as_str());
    let known: Vec<String> = keys.filter_map(|sk| sk.strip_prefix(&all.sk)).map(str::to_owned).collect();
    let remedy = if known.is_empty() {
        "Release it first: none is recorded yet.".to_owned()
    } else {
        format!("Write a version that is recorded. {}", did_you_mean(version, &known))
    };
    Ok(Finding::new(
        FindingName::UnknownName,
        "version",
        format!("no release {version} of `{app}` is recorded."),
        remedy,
    ))
}
