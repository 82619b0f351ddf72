//! Publishes: long additive work before a switch. A kind that publishes has a function of its own for it
//! (`KindName::publishes`), which the release machine calls before it calls the kind's deployer.

use crate::ports::Result;
use crate::trouble::Trouble;
use serde_json::Value;
use windlass_domain::deployment::step::{Progress, Step};
use windlass_domain::environment::Running;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::Redeploy;

/// A kind that publishes: the type that its module's `of` builds. Everything that [`publish`](Publishes::publish) does
/// is additive: no caller of the target notices it, and it is harmless when it is late.
pub trait Publishes {
    /// Brings what is left to bring towards the last goal of the step that it was built of, and in the end deletes what
    /// no rollback needs any more. It may be killed anywhere, and begun again beside itself.
    async fn publish(&self, step: &Step, checkpoint: &mut impl Checkpoint) -> Result<Publication, Trouble>;
}

/// Keeps a publication within its rights and its time, and reads for it what it must know of the ledger.
pub trait Checkpoint {
    /// Writes the progress, on the condition that this invocation may still act: before each batch.
    async fn pass(&mut self, progress: Progress) -> Result<()>;

    /// Returns whether there is time for another batch.
    fn has_time(&self) -> bool;

    /// Returns what a rollback may need of the component, if `back` snapshots and those that they replaced are kept.
    /// This is never deleted.
    async fn past(&self, back: u32) -> Result<PastReleases>;
}

/// The releases of a component that ran and may run again.
#[derive(Debug, Default)]
pub struct PastReleases {
    /// The one that runs, and the one of each snapshot that a rollback may go back to.
    pub kept: Vec<Running>,
    /// The step that brought the newest of them. A look for drift reads the state from which it came and its goal.
    pub newest: Option<Step>,
}

impl PastReleases {
    /// Returns the recorded states of which nothing may be deleted: those that this step leaves and goes to, those that
    /// a rollback may go back to, and those that a look for drift compares with.
    pub fn states<'s>(&'s self, step: &'s Step) -> impl Iterator<Item = &'s Value> {
        let steps = self.newest.iter().chain([step]);
        let of_steps = steps.flat_map(|step| step.goals.values().chain([&step.before["goal"]]));
        of_steps.chain(self.kept.iter().map(|running| &running.state["goal"]))
    }
}

/// The progress of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publication {
    /// Everything is there; with warnings that stop nothing.
    Whole(Vec<String>),
    /// It must go on in a further invocation.
    Part,
}

/// Returns one finding for several, because a step has one: the first, with the number and the paths of the others.
pub fn together(component: &str, findings: &[Finding]) -> Finding {
    let Some(first) = findings.first() else {
        return Finding::new(
            FindingName::ChangeFailed,
            component,
            "it could not be published, and nothing shows why",
            Redeploy::Again,
        );
    };
    let mut all = first.clone();
    if findings.len() > 1 {
        let more: Vec<&str> = findings[1..].iter().take(10).map(|it| it.path.as_str()).collect();
        all.reason.push(format!("; the same or like it for {} more: {}", findings.len() - 1, more.join(", ")));
    }
    all
}
