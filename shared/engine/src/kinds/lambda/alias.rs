//! An alias of a function: the versions to which it sends its callers, and what Lambda does to them by itself.
//!
//! An alias with provisioned concurrency does not move at once. Until Lambda has allocated the concurrency for the new
//! version, it shows the new version with a weight of 1 for the former one, which so keeps all callers. AWS documents
//! no such weight; people read it (hashicorp/terraform-provider-aws, pull request 48116: `{"1": 1}`). It stays where the
//! new version's initialisation fails. Nobody else sends such a weight, because all callers are given to a version by
//! its number alone.

// Provisioned concurrency is judged by its status: with a weighted alias the counts move by themselves. Only
// `FUNCTION_ERROR` vetoes, because a full account says nothing of the release. A weight of 1 is Lambda's own.

use super::fitness::Fitness;
use crate::ports::{Alias, Provisioned};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;

/// The versions to which an alias sends its callers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// The version that gets the rest.
    pub version: String,
    /// Versions that get a share, from 0 to 1.
    pub weights: Vec<(String, String)>,
}

/// An alias as it was observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AliasState {
    /// Its name.
    pub name: String,
    /// The versions to which it sends its callers.
    #[serde(flatten)]
    pub traffic: Traffic,
    /// Its revision.
    pub revision_id: String,
    /// Its provisioned concurrency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioned: Option<Provisioned>,
    /// The former version, to which Lambda itself still sends all callers: it has not allocated the alias's provisioned
    /// concurrency for the version of [`Self::traffic`] yet, or cannot.
    #[serde(skip)]
    pub kept_at: Option<String>,
}

impl AliasState {
    /// Reads an alias as Lambda returns it.
    pub fn of(name: &str, alias: Alias, provisioned: Option<Provisioned>) -> Self {
        let Alias { version, mut weights, revision_id } = alias;
        let kept_at = match (&provisioned, weights.as_slice()) {
            (Some(_), [(former, share)]) if in_millionths(share) == ALL => Some(former.clone()),
            _ => None,
        };
        if kept_at.is_some() {
            weights.clear();
        }
        Self { name: name.to_owned(), traffic: Traffic { version, weights }, revision_id, provisioned, kept_at }
    }

    /// Returns why Lambda cannot allocate the provisioned concurrency, in its own words; `None` if it can, or none is
    /// configured.
    pub fn lacks_concurrency(&self) -> Option<&str> {
        let provisioned = self.provisioned.as_ref();
        let broken = provisioned.filter(|it| matches!(Fitness::of_concurrency(&it.status), Fitness::Broken(_)));
        broken.map(|it| it.reason.as_str())
    }

    /// Returns whether Lambda still allocates.
    pub fn is_allocating(&self) -> bool {
        let provisioned = self.provisioned.as_ref();
        let is_in_progress = provisioned.is_some_and(|it| Fitness::of_concurrency(&it.status) == Fitness::Soon);
        self.lacks_concurrency().is_none() && (is_in_progress || self.kept_at.is_some())
    }

    /// Returns what the alias is once Lambda does no more by itself: where it cannot allocate, callers stay where they
    /// are.
    #[must_use]
    pub fn at_rest(mut self) -> Self {
        if let (Some(_), Some(former)) = (self.lacks_concurrency(), &self.kept_at) {
            self.traffic = Traffic::all_to(former);
        }
        self
    }

    /// Says what the alias waits for.
    pub fn waits_for(&self) -> Option<String> {
        self.is_allocating().then(|| {
            let Self { name, traffic, .. } = self;
            let version = &traffic.version;
            let kept = self.kept_at.as_ref().map(|former| format!("; all callers get version {former} until then"));
            format!(
                "Lambda allocates the provisioned concurrency of alias {name} for version {version}{}",
                kept.unwrap_or_default()
            )
        })
    }
}

/// Says what callers get, as [`Traffic`] does, and which version gets all of them still.
impl fmt::Display for AliasState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.traffic.fmt(f)?;
        match &self.kept_at {
            Some(former) => write!(f, " (Lambda still sends all callers to {former})"),
            None => Ok(()),
        }
    }
}

impl Traffic {
    /// Sends all callers to one version.
    pub fn all_to(version: &str) -> Self {
        Self { version: version.to_owned(), weights: vec![] }
    }

    /// Returns what callers can notice of it. Weights become numbers, so that they are compared as such.
    pub fn noticed(&self) -> Value {
        let mut shares: Vec<(&str, u64)> = self
            .weights
            .iter()
            .map(|(version, share)| (version.as_str(), in_millionths(share)))
            .filter(|(_, share)| *share > 0)
            .collect();
        shares.sort_unstable();
        json!({"version": self.version, "shares": shares})
    }

    /// Returns the whole percents that another version than the alias's own gets; `None` if none does.
    pub fn share(&self) -> Option<u32> {
        let millionths = in_millionths(&self.weights.last()?.1);
        u32::try_from(millionths / 10_000).ok().filter(|_| millionths.is_multiple_of(10_000))
    }

    /// Returns whether callers notice no difference.
    pub fn same(&self, other: &Self) -> bool {
        self.noticed() == other.noticed()
    }
}

/// All callers, in millionths.
const ALL: u64 = 1_000_000;

/// Returns a share from 0 to 1 in millionths. A text that is no number is the whole.
fn in_millionths(share: &str) -> u64 {
    let share: f64 = share.parse().unwrap_or(1.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 0 to 1
    let millionths = (share.clamp(0.0, 1.0) * 1_000_000.0).round() as u64;
    millionths
}

/// Formats it as `41`, or `41 with 42 at 10 %`.
impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.version)?;
        for (version, share) in &self.weights {
            #[allow(clippy::cast_precision_loss)] // at most a million
            let percent = in_millionths(share) as f64 / 10_000.0;
            write!(f, " with {version} at {percent} %")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_of_all_callers_is_lambda_s_own_where_concurrency_is_provisioned() {
        let all = || vec![("1".to_owned(), "1.0".to_owned())];
        let share = || vec![("1".to_owned(), "0.9".to_owned())];
        for (weights, status, shown, at_rest, waits) in [
            (all(), Some("IN_PROGRESS"), "2 (Lambda still sends all callers to 1)", "2", true),
            (all(), Some("READY"), "2 (Lambda still sends all callers to 1)", "2", true),
            (all(), Some("FAILED"), "2 (Lambda still sends all callers to 1)", "1", false),
            (all(), None, "2 with 1 at 100 %", "2 with 1 at 100 %", false),
            (share(), Some("READY"), "2 with 1 at 90 %", "2 with 1 at 90 %", false),
            (vec![], Some("IN_PROGRESS"), "2", "2", true),
            (vec![], Some("READY"), "2", "2", false),
            (vec![], Some("FAILED"), "2", "2", false),
            (vec![], None, "2", "2", false),
        ] {
            let case = format!("{weights:?} {status:?}");
            let seen = Alias { version: "2".into(), weights, revision_id: "a1".into() };
            let provisioned = status.map(|status| Provisioned { status: status.into(), reason: String::new() });
            let alias = AliasState::of("live", seen, provisioned);
            assert_eq!(alias.to_string(), shown, "{case}");
            assert_eq!(alias.waits_for().is_some(), waits, "{case}");
            assert_eq!(alias.at_rest().traffic.to_string(), at_rest, "{case}");
        }
    }
}
