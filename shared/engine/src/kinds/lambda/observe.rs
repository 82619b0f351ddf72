//! Reads a function.

use super::state::{AliasState, Latest, Observed, Revision, Target, Traffic, Version};
use crate::ports::{Answered, Function, Functions};

/// How many of the newest versions are looked at. The one that a deployment publishes is among
/// them, and the state is kept in the ledger, whose items are limited to 400 KB.
const NEWEST: usize = 10;

/// Reads the function, its versions and its alias.
pub async fn observe(at: &impl Functions, target: &Target) -> Answered<Observed> {
    let latest = latest(at.function(&target.function, None).await?);
    let alias = match &target.alias {
        Some(alias) => Some(read_alias(at, &target.function, alias).await?),
        None => None,
    };
    let versions = at.versions(&target.function).await?;
    let mut versions = chosen(versions, alias.as_ref());
    let count = versions.len();
    for (number, version) in (1..).zip(&mut versions) {
        let is_newest = number == count;
        let serves_image = latest.image.is_some() && is_used(version, alias.as_ref());
        if is_newest || serves_image {
            ask(at, target, version).await?;
        }
    }
    Ok(Observed {
        latest,
        versions,
        alias,
    })
}

/// Only reading a version by itself tells its state and its image; a listing does not.
async fn ask(at: &impl Functions, target: &Target, version: &mut Version) -> Answered<()> {
    let asked = at
        .function(&target.function, Some(&version.version))
        .await?;
    version.state = asked.state;
    version.reason = asked.reason;
    version.image = asked.image;
    Ok(())
}

fn is_used(version: &Version, alias: Option<&AliasState>) -> bool {
    alias.is_some_and(|alias| alias.traffic.uses(&version.version))
}

fn latest(function: Function) -> Latest {
    Latest {
        code_sha256: function.code_sha256,
        image: function.image,
        code_key: function.code_key,
        configuration: function.configuration,
        revision_id: Revision(function.revision_id),
        state: function.state,
        last_update: function.last_update,
        reason: function.reason,
    }
}

async fn read_alias(at: &impl Functions, function: &str, name: &str) -> Answered<AliasState> {
    let alias = at.alias(function, name).await?;
    let provisioned = at.provisioned(function, name).await?;
    Ok(AliasState {
        name: name.to_owned(),
        traffic: Traffic {
            version: alias.version,
            weights: alias.weights,
        },
        revision_id: Revision(alias.revision_id),
        provisioned,
    })
}

fn chosen(versions: Vec<Function>, alias: Option<&AliasState>) -> Vec<Version> {
    let from = versions.len().saturating_sub(NEWEST);
    versions
        .into_iter()
        .map(Version::of)
        .enumerate()
        .filter(|(position, version)| *position >= from || is_used(version, alias))
        .map(|(_, version)| version)
        .collect()
}

impl Traffic {
    /// Whether callers may get this version.
    fn uses(&self, version: &str) -> bool {
        self.version == version || self.weights.iter().any(|(other, _)| other == version)
    }
}
