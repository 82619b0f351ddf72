//! The topics that a declaration names are the application's own.

use crate::config::Configured;
use crate::kinds::APP_TAG;
use crate::ports::{Result, SnsApi};
use std::collections::BTreeSet;
use windlass_domain::declaration::Declaration;
use windlass_domain::fault::FaultName;
use windlass_domain::finding::Finding;
use windlass_domain::installation::by_tags;
use windlass_domain::name::AppName;
use windlass_domain::notify::{account_of, not_ours};

/// Returns a finding for each topic that is not there, is in another account than Windlass, or does not have the tag of
/// the application: whoever declares a topic writes to the people behind it. Each is looked up once, at its first place.
pub async fn foreign(
    ports: &(impl SnsApi + Configured),
    app: &AppName,
    declaration: &Declaration,
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, topics) in declaration.topics() {
        for (i, notify) in topics.iter().enumerate() {
            let topic = &notify.topic;
            if !seen.insert(topic) {
                continue;
            }
            if let Some(why) = why_foreign(ports, app, topic).await? {
                findings.push(not_ours(format!("{at}[{i}].topic"), topic, app, &why));
            }
        }
    }
    Ok(findings)
}

async fn why_foreign(ports: &(impl SnsApi + Configured), app: &AppName, topic: &str) -> Result<Option<String>> {
    let own = &ports.config().account;
    if account_of(topic) != Some(own) {
        return Ok(Some(format!("is not in the account of Windlass, {own}")));
    }
    let tags = match ports.topic_tags(topic).await {
        Ok(tags) => tags,
        Err(fault) if fault.name == FaultName::NotFound => {
            return Ok(Some("does not exist".to_owned()));
        }
        Err(fault) if matches!(fault.name, FaultName::AccessDenied | FaultName::Refused) => {
            return Ok(Some(format!("does not show its tags: {}", fault.message)));
        }
        Err(fault) => return Err(fault),
    };
    if let Some(installation) = by_tags(&tags) {
        let why = format!("belongs to the installation `{installation}` of Windlass");
        return Ok(Some(why));
    }
    Ok(match tags.get(APP_TAG) {
        Some(marked) if marked == app.as_str() => None,
        Some(other) => Some(format!("has the tag `{APP_TAG}`: `{other}`")),
        None => Some(format!("has no tag `{APP_TAG}`")),
    })
}
