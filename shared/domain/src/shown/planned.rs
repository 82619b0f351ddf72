//! Plans of requests: what a request would do, planned upon what ledger and targets show now, without a lock and
//! without a change, and an estimate of its cost. Pure.

use crate::declaration::execution_history::WaveHistory;
use crate::declaration::gate::Verdict;
use crate::declaration::kinds::KindName;
use crate::declaration::plan::{Plan, PlanOutcome, Wave};
use crate::deployment::step::Step;
use crate::deployment::{Cost, Deployment};
use crate::document::git::Git;
use crate::environment::Running;
use crate::environment::kept::Irreversible;
use crate::environment::reach::SnapshotReach;
use crate::release::artifact::Artifact;
use crate::text::digest::Digest;
use crate::text::finding::Finding;
use crate::text::foreign;
use crate::text::name::ComponentName;
use crate::text::prose::Prose;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The seconds for which a plan that nobody carries out is kept: a day.
pub const KEPT_S: u64 = 24 * 60 * 60;

/// A request that was planned, and not carried out.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Planned {
    /// The record with which the deployment would begin. Its id is the plan's.
    pub deployment: Deployment,
    /// The turn that it would have at its arrival.
    pub turn: ArrivalFate,
    /// The time until which the plan is kept: for a day. The plan is true only of the moment in which it was drawn.
    pub expires: Time,
    /// The changes that it would make; absent until the targets were looked at.
    pub drawn: Option<DrawnPlan>,
    /// The plan in whose place this one is drawn, because something has moved since: what is new in this one shows
    /// beside it. Only a plan that asks for approval once more has it.
    pub before: Option<FormerPlan>,
}

/// The part of a plan that is kept when another one is drawn in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FormerPlan {
    /// Its changes.
    pub changes: BTreeMap<ComponentName, FromTo>,
    /// The digests of its parts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, Digest>,
}

impl FormerPlan {
    /// Returns what of another plan is new beside versions, in words.
    pub fn moved_parts(&self, drawn: &DrawnPlan) -> Vec<String> {
        let moved = drawn.parts.iter().filter(|(part, now)| self.parts.get(*part).is_some_and(|then| then != *now));
        let in_words = |part: &str| match part {
            "declaration" => "the declaration".to_owned(),
            "waves" => "the waves".to_owned(),
            "irreversible" => "the runs that cannot be undone".to_owned(),
            of => format!("what callers get of {}, or its target", of.strip_prefix(COMPONENTS).unwrap_or(of)),
        };
        moved.map(|(part, _)| in_words(part)).collect()
    }
}

/// The beginning of the names of those parts of a plan that are a component's.
const COMPONENTS: &str = "components.";

/// The fate of a deployment at its arrival.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArrivalFate {
    /// The fate in a word.
    pub becomes: Becomes,
    /// The fate in a sentence, or in several.
    pub text: Prose,
    /// The findings for which it would be refused; empty unless it would be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// The fate in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Becomes {
    /// It would begin at once.
    Goes,
    /// It would wait for its turn.
    Waits,
    /// It would stop the deployment that is under way, which is undone first.
    Stops,
    /// The same release waits or runs already: it would be that deployment.
    Same,
    /// Something newer is there, or waits: it would end `NothingToDo`.
    Superseded,
    /// It would be recorded, and a person would start it.
    Recorded,
    /// It would end `Rejected`.
    Refused,
}

impl Planned {
    /// Adds the plan. Where the plan would be refused, the turn's text says so in place of "would begin at once".
    pub fn draw(&mut self, drawn: DrawnPlan) {
        if self.turn.becomes == Becomes::Goes && drawn.outcome() == PlanOutcome::Rejected {
            self.turn.text =
                "It would begin, and be refused for what its plan finds, before anything is changed.".into();
        }
        self.drawn = Some(drawn);
    }

    /// Returns its fate at the arrival in words. `None` where findings say more: it would be refused there, or it would
    /// begin at once, and its plan would be refused.
    pub fn fate(&self) -> Option<&Prose> {
        let is_rejected = self.drawn.as_ref().is_some_and(|drawn| drawn.outcome() == PlanOutcome::Rejected);
        let is_refused = !self.turn.findings.is_empty() || (is_rejected && self.turn.becomes == Becomes::Goes);
        (!is_refused).then_some(&self.turn.text)
    }
}

impl ArrivalFate {
    /// Makes a turn without findings.
    pub fn new(becomes: Becomes, text: impl Into<Prose>) -> Self {
        Self { becomes, text: text.into(), findings: vec![] }
    }

    /// Makes the turn of a deployment that would be refused.
    pub fn refused(findings: Vec<Finding>) -> Self {
        let text = Prose::join(findings.iter().map(Finding::line), "\n");
        Self { becomes: Becomes::Refused, text, findings }
    }
}

/// A plan, with its results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrawnPlan {
    /// The time at which the targets were looked at.
    pub at: Time,
    /// The plan, as the deployment would record it.
    pub plan: Plan,
    /// The former and the new version of each component that it changes.
    pub changes: BTreeMap<ComponentName, FromTo>,
    /// The gates of the components that it changes, as they were when the targets were looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateNow>,
    /// The components that it changes and that no declared gate measures: they pass, and are not verified good.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unmeasured: BTreeSet<ComponentName>,
    /// The newest snapshots that passed and are something else than what runs, at most four, and whether a rollback can
    /// go to each. Only a check looks at them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<SnapshotReach>,
    /// The seconds for which the former and the new version get callers side by side, if all passes at once.
    pub both_s: u64,
    /// An estimate of the cost. It counts the state transitions of a deployment whose gates all pass. The time that
    /// functions work comes on top, and so does waiting for AWS.
    pub cost: Cost,
    /// The digest of the bytes, the targets as they are now and the changes, with the versions of the release and of
    /// the declaration, of what each component runs by the ledger, and of the irreversible runs. It is equal for equal
    /// plans, whoever asks and whenever.
    pub hash: Digest,
    /// The digests of the parts by which the hash may become another one, beside versions: `declaration`, `waves`,
    /// `irreversible`, and `components.<name>` for a target with what callers get of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, Digest>,
}

/// A gate, as it is before anything has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateNow {
    /// The gate, such as an alarm's name.
    #[serde(deserialize_with = "foreign::one")]
    pub gate: String,
    /// The sort of gate, such as `alarm`.
    pub source: String,
    /// The threshold in words.
    #[serde(deserialize_with = "foreign::one")]
    pub threshold: String,
    /// The verdict now; absent if only the release itself can be measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// The former and the new version of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FromTo {
    /// The version that runs, as far as Windlass knows; none before the first release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<End>,
    /// The version that would run.
    pub to: End,
}

/// One end of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct End {
    /// The version.
    pub version: String,
    /// The commit that its bytes were made of, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub commit: Option<String>,
    /// The digest of its bytes; absent for a version that Windlass did not bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

impl End {
    /// Makes the end that runs.
    pub fn running(running: &Running) -> Self {
        Self {
            version: running.version().to_owned(),
            commit: commit(running.names.brought.git.as_ref()),
            digest: running.artifact.as_ref().map(Artifact::digest),
        }
    }

    /// Makes the end that a deployment brings of a component. It has no digest if the component goes back to what was
    /// found of it.
    pub fn brought(deployment: &Deployment, component: &ComponentName) -> Self {
        let artifact = deployment.release.components.get(component);
        Self {
            version: deployment.release.version.clone(),
            commit: commit(deployment.release.git.as_ref()),
            digest: artifact.map(Artifact::digest),
        }
    }
}

fn commit(git: Option<&Git>) -> Option<String> {
    git?.commit.clone()
}

impl FromTo {
    /// Returns the commits between the two ends, as `git log` takes them: `9f2c…..3d4e…`; `None` if one is not known.
    pub fn commits(&self) -> Option<String> {
        let from = self.from.as_ref()?.commit.as_ref()?;
        let to = self.to.commit.as_ref()?;
        (from != to).then(|| format!("{from}..{to}"))
    }
}

impl DrawnPlan {
    /// Makes a plan of what was drawn, with the targets of the components that it changes.
    pub fn of(
        deployment: &Deployment,
        (plan, gates): (Plan, Vec<GateNow>),
        targets: &BTreeMap<ComponentName, Value>,
        changes: BTreeMap<ComponentName, FromTo>,
        (history, irreversible): (&WaveHistory<'_>, &Irreversible),
        at: Time,
    ) -> Self {
        Self {
            at,
            hash: hash(deployment, &plan, targets, (&changes, irreversible)),
            parts: parts(deployment, &plan, targets, irreversible),
            changes,
            gates,
            unmeasured: BTreeSet::new(),
            snapshots: Vec::new(),
            both_s: both_s(&plan.waves),
            cost: cost(history.transitions(), &[]),
            plan,
        }
    }

    /// Returns the outcome: it would be refused, find nothing to do, or change something.
    pub fn outcome(&self) -> PlanOutcome {
        self.plan.outcome
    }
}

/// Returns the most seconds from the first switch of a component to its last one, over the components that are switched
/// in steps. A stage that is only published, only tested, or only waited for is no switch.
fn both_s(waves: &[Wave]) -> u64 {
    let longest = waves.iter().flat_map(|wave| &wave.changes).map(|change| {
        let mut own = waves.iter().enumerate().filter(|(_, wave)| !wave.ahead && switches(wave, &change.component));
        let Some((first, _)) = own.next() else { return 0 };
        let last = own.next_back().map_or(first, |(last, _)| last);
        waves.get(first..last).unwrap_or_default().iter().map(|wave| wave.bake_s).sum()
    });
    longest.max().unwrap_or(0)
}

/// Returns whether callers get something else of a component in a wave.
fn switches(wave: &Wave, component: &ComponentName) -> bool {
    let mut changes = wave.changes.iter();
    changes.any(|one| one.component == *component && !one.tested && !one.closing)
}

/// Returns what the hash of a plan has of a component: its target, without what was made only to plan, and what its
/// callers get now, which no release of ours need have brought. A kind compares what callers get by value, so nothing
/// is in it that moves by itself.
pub fn target_of(step: &Step) -> Value {
    let mut target = step.target.clone();
    if let Some(members) = target.as_object_mut() {
        members.retain(|name, _| !step.kind.made_to_plan().contains(&name.as_str()));
    }
    json!([target, step.before["noticed"]["value"]])
}

/// Returns the digest of what is planned: of the bytes, the targets with what their callers get now, the changes, what
/// each component runs by the ledger, and the irreversible runs. It has neither the deployment's own id nor its time.
/// So the same plan drawn twice, and the deployment that follows, have the same one.
pub fn hash(
    deployment: &Deployment,
    plan: &Plan,
    targets: &BTreeMap<ComponentName, Value>,
    (changes, irreversible): (&BTreeMap<ComponentName, FromTo>, &Irreversible),
) -> Digest {
    let components = &deployment.release.components;
    let digests: BTreeMap<&ComponentName, Digest> =
        components.iter().map(|(name, artifact)| (name, artifact.digest())).collect();
    let runs: BTreeMap<&ComponentName, &Option<End>> = changes.iter().map(|(name, it)| (name, &it.from)).collect();
    let content = json!({
        "app": deployment.app,
        "environment": deployment.environment,
        "action": deployment.action,
        "declaration": deployment.declaration,
        "version": deployment.release.version,
        "digests": digests,
        "outcome": plan.outcome,
        "waves": plan.waves,
        "targets": targets,
        "runs": runs,
        "irreversible": irreversible,
    });
    Digest::of_content(&content)
}

fn parts(
    deployment: &Deployment,
    plan: &Plan,
    targets: &BTreeMap<ComponentName, Value>,
    irreversible: &Irreversible,
) -> BTreeMap<String, Digest> {
    let targets = targets.iter().map(|(name, target)| (format!("{COMPONENTS}{name}"), Digest::of_content(target)));
    let rest = [
        ("declaration", json!(deployment.declaration)),
        ("waves", json!(plan.waves)),
        ("irreversible", json!(irreversible)),
    ];
    targets.chain(rest.map(|(part, content)| (part.to_owned(), Digest::of_content(&content)))).collect()
}

/// US dollars for a state transition of a Standard workflow (AWS Step Functions pricing,
/// us-east-1, 2026).
pub const DOLLARS_PER_TRANSITION: f64 = 0.000_025;

/// US dollars for a gigabyte-second of an arm64 function (AWS Lambda pricing, us-east-1, 2026).
pub const DOLLARS_PER_GB_S: f64 = 0.000_013_333_4;

/// The transitions that follow when the ending is written: `Ended`, or `Admitted`, and the ending
/// itself.
pub const STILL_TO_COME: u64 = 2;

/// Returns the estimate. It takes the state transitions of all executions that worked for the deployment, and the
/// milliseconds that each component's deployers worked.
pub fn cost(transitions: u64, worked: &[(KindName, u64)]) -> Cost {
    let mb_ms: u64 = worked.iter().map(|(kind, ms)| kind.memory_mb() * ms).sum();
    // Counts of one deployment are far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let dollars = transitions as f64 * DOLLARS_PER_TRANSITION + mb_ms as f64 / 1024.0 / 1000.0 * DOLLARS_PER_GB_S;
    Cost { transitions, worked_ms: worked.iter().map(|(_, ms)| ms).sum(), dollars }
}

#[cfg(test)]
mod tests_of_cost {
    use super::*;

    #[test]
    fn transitions_and_work_cost_money() {
        let dollars = |transitions, worked: &[_]| cost(transitions, worked).dollars;
        let ecs = [(KindName::Ecs, 300_000)];
        assert!((dollars(40, &[]) - 0.001).abs() < 1e-9);
        assert!((dollars(0, &ecs) - 0.001).abs() < 1e-6);
        assert!((dollars(40, &ecs) - 0.002).abs() < 1e-6);
    }

    #[test]
    fn work_costs_by_the_memory_of_its_kind() {
        // Two seconds of half a gigabyte, and one of a whole.
        let worked = [(KindName::Lambda, 2_000), (KindName::StaticSite, 1_000)];
        let cost = cost(0, &worked);
        assert!((cost.dollars - 2.0 * DOLLARS_PER_GB_S).abs() < 1e-12);
        assert_eq!(cost.worked_ms, 3_000);
    }
}

#[cfg(test)]
#[path = "planned_tests.rs"]
mod tests;
