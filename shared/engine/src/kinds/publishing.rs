//! Long additive work before a switch: the room of the contract for kinds that publish by a function of their own
//! (`KindName::publishes`), which the release machine asks before it asks the kind's deployer.

use crate::ports::Answered;
use windlass_domain::environment::Running;
use windlass_domain::fault::Fault;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::step::{Progress, Step};

/// What a module's `of` builds, where its kind publishes. All that it does in [`publish`](Publishes::publish) is
/// additive: no caller of the target notices it, and it is harmless when it is late.
pub trait Publishes {
    /// Brings what is left to bring towards the last goal of the step that it was built of, and in the end deletes what
    /// no rollback needs any more. It may be killed anywhere, and begun again beside itself.
    async fn publish(
        &self,
        step: &Step,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Publication, Trouble>;
}

/// What keeps a publication within its rights and its time, and what it must know of the ledger.
pub trait Checkpoint {
    /// Writes the progress, on the condition that this invocation may still act: before each batch.
    async fn pass(&mut self, progress: Progress) -> Answered<()>;

    /// Whether there is time for another batch.
    fn has_time(&self) -> bool;

    /// What a rollback may need of the component, which is never deleted, where `back` snapshots and those that
    /// they replaced are kept.
    async fn past(&self, back: u32) -> Answered<Past>;
}

/// What ran of a component, and may run again.
#[derive(Debug, Default)]
pub struct Past {
    /// What runs, and what ran of each snapshot that a rollback may go back to.
    pub kept: Vec<Running>,
    /// The step that brought the newest of it: whoever looks for drift reads what it came from and went to.
    pub newest: Option<Step>,
}

/// How far a publication is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publication {
    /// Everything is there; with warnings that stop nothing.
    Whole(Vec<String>),
    /// It must go on in a further invocation.
    Part,
}

/// What stops a publication: something wrong while doing, or something wrong with the input.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// Something went wrong while doing.
    Fault(Fault),
    /// What is to be published, or its target, has something wrong.
    Findings(Vec<Finding>),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Finding> for Trouble {
    fn from(finding: Finding) -> Self {
        Self::Findings(vec![finding])
    }
}

/// A step has one finding: the first, with how many more there are.
pub fn together(component: &str, findings: &[Finding]) -> Finding {
    let Some(first) = findings.first() else {
        return Finding::new(
            FindingName::ChangeFailed,
            component,
            "it could not be published, and nothing tells why",
            "deploy again",
        );
    };
    let mut all = first.clone();
    if findings.len() > 1 {
        let more: Vec<&str> = findings[1..]
            .iter()
            .take(10)
            .map(|it| it.path.as_str())
            .collect();
        all.reason = format!(
            "{}; the same or like it for {} more: {}",
            first.reason,
            findings.len() - 1,
            more.join(", ")
        );
    }
    all
}
