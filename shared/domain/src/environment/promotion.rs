//! Promotion: what a snapshot of one environment lacks to admit a release into another one, how all that it has is
//! called as one release, and what goes on by itself. Pure.

// A promotion is compared by digests and not by versions, whatever way it comes, and no wish passes that: a wish is
// what a hurried person types. It looks at every snapshot and does not walk back as a rollback does, which passes
// over what was rolled back since. Times of several snapshots are not added up: what ran beside was not seen
// together.

use crate::document::git_rule::version_of_tag;
use crate::environment::{ACCEPTED, BEFORE_WINDLASS, Doubts, FOUND, GivenVersion, Running, Snapshot};
use crate::release::artifact::Artifact;
use crate::release::identity::EnvironmentId;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::time::{Span, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The snapshot that a deployment was promoted from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PromotedFrom {
    /// The environment.
    pub environment: EnvironmentName,
    /// The number of the snapshot there.
    pub snapshot: u64,
}

/// A promotion that Windlass starts by itself. The ending of a deployment in the environment before writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Promotion {
    /// The application.
    pub app: AppName,
    /// The environment that it goes to.
    pub environment: EnvironmentName,
    /// The snapshot that is promoted, while it is the present one there.
    pub from: PromotedFrom,
    /// The time at which it has been live for long enough, or is tried again.
    pub due: Time,
    /// The number of its executions that died before anything was recorded of it, or that came at a wrong moment.
    #[serde(default)]
    pub tries: u32,
    /// True once something is recorded of it, or it came to nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub over: bool,
}

impl Promotion {
    /// Returns the environment that it goes to.
    pub fn environment_id(&self) -> EnvironmentId<'_> {
        EnvironmentId::new(&self.app, &self.environment)
    }

    /// Returns whether no rules could be read when it was written: then it names the environment that it comes from
    /// alone.
    pub fn is_to_come(&self) -> bool {
        self.environment == self.from.environment
    }

    /// Returns the environment that it comes from.
    pub fn source_id(&self) -> EnvironmentId<'_> {
        EnvironmentId::new(&self.app, &self.from.environment)
    }
}

/// What a snapshot lacks to admit a release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lacking {
    /// The components whose bytes it did not run.
    pub not_run: Vec<ComponentName>,
    /// True if no deployment that was judged good made it.
    pub unjudged: bool,
    /// The components that it ran, and of which nothing was measured or nothing ran.
    pub doubts: Doubts,
    /// True if its release was undone there later.
    pub vetoed: bool,
    /// The time for which it was live, where that is too short.
    pub live: Option<Span>,
}

impl Lacking {
    /// Returns what a snapshot lacks that was replaced, or is looked at, at a time. It has the present names of its
    /// components. Whether it is vetoed is another item's.
    pub fn of(snapshot: &Snapshot, until: Time, release: &BTreeMap<ComponentName, Artifact>, live_for: Span) -> Self {
        let (mut not_run, mut states) = (Vec::new(), Vec::new());
        for (name, artifact) in release {
            match snapshot.components.get(name).filter(|ran| ran.has(artifact)) {
                None => not_run.push(name.clone()),
                Some(ran) if !ran.once => states.push(name),
                // A task is measured by its end.
                Some(_) => {}
            }
        }
        let live = Span::millis(until.ms_since(snapshot.made));
        Self {
            not_run,
            unjudged: snapshot.release.is_none(),
            doubts: snapshot.proof.doubts(states.into_iter()),
            vetoed: false,
            live: (live < live_for).then_some(live),
        }
    }

    /// Returns whether it lacks nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether this lacks less than another one: first by the bytes.
    pub fn is_less_than(&self, other: &Self) -> bool {
        let weight = |it: &Self| {
            let in_doubt = it.doubts.unmeasured.len() + it.doubts.idle.len();
            (it.not_run.len(), u8::from(it.unjudged) + u8::from(it.vetoed), in_doubt, it.live.map(Reverse))
        };
        weight(self) < weight(other)
    }

    /// Returns each thing that is left, in words.
    fn in_words(&self, live_for: Span) -> String {
        let not_run = self.not_run.iter().map(|name| format!("it did not run these bytes of {name}"));
        let rest = [
            self.unjudged.then(|| "nobody judged it".to_owned()),
            (!self.doubts.is_empty()).then(|| format!("it {}", self.doubts)),
            self.vetoed.then(|| "its release was undone there, and is vetoed".to_owned()),
            self.live.map(|live| format!("it was live for {} of {live_for}", rounded(live))),
        ];
        not_run.chain(rest.into_iter().flatten()).collect::<Vec<_>>().join("; ")
    }
}

/// Returns whole minutes, or whole seconds of less than one.
fn rounded(live: Span) -> Span {
    let ms = live.as_ms();
    Span::millis(ms - ms % if ms < 60_000 { 1000 } else { 60_000 })
}

/// Makes the finding that no snapshot admits a release, with the one that lacks least.
pub fn not_verified(
    to: &EnvironmentName,
    from: &EnvironmentName,
    live_for: Span,
    best: Option<(u64, &Lacking)>,
) -> Finding {
    let reason = match best {
        Some((number, lacking)) => {
            let left = lacking.in_words(live_for);
            format!("no snapshot of `{from}` has shown that it is good. Snapshot {number} comes nearest: {left}.")
        }
        None => format!("nothing has run in `{from}` yet."),
    };
    let remedy = format!(
        "Bring all of it into `{from}`, where gates measure it, and let it be live for {live_for}; then ask again."
    );
    Finding::new(FindingName::NotVerified, format!("environments.{to}.from"), reason, remedy)
}

/// All that a snapshot has, as one release.
#[derive(Debug, Clone, PartialEq)]
pub struct Together {
    /// The version: that of the one release that it is, else the newest with the place of the snapshot.
    pub version: String,
    /// The version of the newest release in it.
    pub newest: String,
    /// The components, as they were pinned.
    pub components: BTreeMap<ComponentName, Artifact>,
}

impl Together {
    /// Takes the components of a snapshot of an environment whose bytes are known; `None` if there is none. The version
    /// of what a person accepted, or what was found, is no release's.
    pub fn of(snapshot: Snapshot, from: &EnvironmentName) -> Option<Self> {
        let number = snapshot.number;
        let known = snapshot.components.into_iter().filter(|(_, ran)| ran.artifact.is_some());
        let known: BTreeMap<ComponentName, _> = known.collect();
        let mut versions: Vec<&GivenVersion> =
            known.values().flat_map(Running::all_names).map(|names| &names.now).collect();
        versions.sort_by_key(|given| (version_of_tag(&given.version), given.since));
        let newest = versions.last()?.version.clone();
        let is_release = ![ACCEPTED, BEFORE_WINDLASS, FOUND].contains(&newest.as_str());
        let version = if is_release && versions.iter().all(|given| given.version == newest) {
            newest.clone()
        } else {
            // Semantic Versioning 2.0.0, 10: build metadata is separated by dots.
            let then = if newest.contains('+') { '.' } else { '+' };
            format!("{newest}{then}{from}.{number}")
        };
        let components = known.into_iter().filter_map(|(name, ran)| Some((name, ran.artifact?))).collect();
        Some(Self { version, newest, components })
    }

    /// Returns whether it is one release, and is called as that.
    pub fn is_one(&self) -> bool {
        self.version == self.newest
    }
}

#[cfg(test)]
#[path = "promotion_tests.rs"]
mod tests;
