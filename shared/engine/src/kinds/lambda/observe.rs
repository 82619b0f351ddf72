//! Reads a function. A function may have thousands of versions, which Lambda lists fifty at a time and the oldest
//! first. So a look reads the few that matter by their numbers.

use super::state::{AliasState, Goal, Latest, Observed, Source, Target, Traffic, Version};
use crate::ports::{Function, LambdaApi, Result};
use windlass_domain::fault::FaultName;

/// The versions that matter and that the alias does not name.
#[derive(Debug, Clone, Default)]
pub struct KnownVersions {
    /// The version that was published for this deployment.
    published: Option<String>,
    /// The versions that are gone back to, or whose code is brought.
    wanted: Vec<String>,
    /// The code that is to be live again, if callers use `$LATEST` and no record tells which version keeps it.
    former: Option<String>,
}

impl KnownVersions {
    /// Puts together the versions to look at on the way to a goal. `made` is the version that was published.
    pub fn of(goal: Option<&Goal>, made: Option<&str>) -> Self {
        let mut known = Self { published: made.map(str::to_owned), ..Self::default() };
        match goal {
            Some(Goal::Back(Observed { alias: Some(alias), .. })) => known.wanted.extend(alias.traffic.versions()),
            Some(Goal::Back(was)) if made.is_none() && !was.latest.is_image() => {
                known.former = Some(was.latest.code_sha256.clone());
            }
            Some(Goal::Release(wanted)) => {
                if let Source::Version(version) = &wanted.source {
                    known.wanted.push(version.clone());
                }
            }
            Some(Goal::Back(_)) | None => {}
        }
        known
    }
}

/// Reads the function, its alias, and the versions that matter.
pub async fn observe(at: &impl LambdaApi, target: &Target, known: &KnownVersions) -> Result<Observed> {
    let latest = latest(at.function(&target.function, None).await?);
    let alias = match &target.alias {
        Some(alias) => Some(read_alias(at, &target.function, alias).await?),
        None => None,
    };
    let published = match (&known.published, &known.former) {
        (None, Some(code)) if latest.code_sha256 != *code => keeper(at, &target.function, code).await?,
        (published, _) => published.clone(),
    };
    let used = alias.iter().flat_map(|alias| alias.traffic.versions());
    let named = used.chain(known.wanted.clone()).chain(published.clone());
    Ok(Observed { latest, versions: read(at, &target.function, named).await?, published, alias })
}

/// Returns the newest version that keeps a code. Only here all versions are listed.
async fn keeper(at: &impl LambdaApi, function: &str, code: &str) -> Result<Option<String>> {
    let mut newest_first = at.versions(function).await?.into_iter().rev();
    let found = newest_first.find(|version| version.code_sha256 == code);
    Ok(found.map(|version| version.version))
}

/// Reads versions by their numbers, oldest first. A version that is not there, or not seen yet, is left out.
async fn read(at: &impl LambdaApi, function: &str, named: impl Iterator<Item = String>) -> Result<Vec<Version>> {
    let mut numbers: Vec<u64> = named.filter_map(|number| number.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut versions = Vec::new();
    for number in numbers {
        match at.function(function, Some(&number.to_string())).await {
            Ok(version) => versions.push(Version::of(version)),
            Err(fault) if fault.name == FaultName::NotFound => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(versions)
}

fn latest(function: Function) -> Latest {
    Latest {
        code_sha256: function.code_sha256,
        image: function.image,
        code_key: function.code_key,
        configuration: function.configuration,
        revision_id: function.revision_id,
        state: function.state,
        last_update: function.last_update,
        reason: function.reason,
    }
}

async fn read_alias(at: &impl LambdaApi, function: &str, name: &str) -> Result<AliasState> {
    let alias = at.alias(function, name).await?;
    let provisioned = at.provisioned(function, name).await?;
    Ok(AliasState {
        name: name.to_owned(),
        traffic: Traffic { version: alias.version, weights: alias.weights },
        revision_id: alias.revision_id,
        provisioned,
    })
}

impl Traffic {
    /// Returns the versions that callers may get: two at most (AWS Lambda Developer Guide, "Implement Lambda canary
    /// deployments using a weighted alias").
    fn versions(&self) -> impl Iterator<Item = String> {
        let weighted = self.weights.iter().map(|(version, _)| version.clone());
        weighted.chain([self.version.clone()])
    }
}
