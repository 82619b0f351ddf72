//! The deployers, for every kind. A function's `main.rs` names the kind by its module's `of`, so that its binary holds
//! what this kind needs and nothing else (decision 0280).

mod publish;
mod warnings;

pub use publish::publish;

use crate::converge::{Budget, Invocation, Work, converge};
use crate::kinds::{Built, Kind, KindVisitor, Switched, from_value};
use crate::ledger;
use crate::payload::{DeployerInput, WorkDone, WorkTransition};
use crate::ports::{Clock, DynamoDbApi, Result};
use windlass_domain::step::{ChangeRecord, Step};

/// Serves the states `Deploy` and `Restore`: drives one component to a wave's goal, or back, and then does what follows
/// a switch. Faults: those of [`converge`], and of [`Kind::follow`].
pub async fn handle<P, B>(ports: &P, input: DeployerInput, of: impl AsyncFn(&P, &Step) -> Result<B>) -> Result<WorkDone>
where
    B: Built,
    P: DynamoDbApi + Clock,
{
    let work = Work::from(input);
    let invocation = Invocation::begin(ports, &work).await?;
    let fence = invocation.fence.clone();
    // On the heap: a kind's whole work is too much for the stack of whoever waits for it.
    let done = Box::pin(converge(ports, &of, invocation, Budget::default())).await?;
    if done.verdict == WorkTransition::Changed {
        let key = ledger::step(&work.deployment, &work.component);
        let step = ledger::require(ports, &key).await?.value;
        if let Some(switched) = switched(&step, &work) {
            let (step, switched) = (&step, &switched);
            let built = of(ports, step).await?;
            let warnings = Box::pin(built.with(Follow { step, switched })).await?;
            warnings::note(ports, &work, &fence, &warnings).await?;
        }
    }
    Ok(done)
}

/// The work that follows a switch.
struct Follow<'s> {
    step: &'s Step,
    switched: &'s Switched,
}

impl KindVisitor for Follow<'_> {
    type Out = Vec<String>;

    async fn visit<K: Kind>(self, kind: &K) -> Result<Vec<String>> {
        let target = from_value("target", &self.step.target)?;
        kind.follow(&target, self.switched).await
    }
}

/// Returns the switch that this deployment made in this direction; `None` if it made none. On the way back, everything
/// that was sent counts: what was taken away may be cached as well.
fn switched(step: &Step, work: &Work) -> Option<Switched> {
    let undo = work.wave.is_none();
    let changes = step.changes.iter();
    let counts = |change: &&ChangeRecord| change.undo == undo && (change.switching || undo);
    let switching = changes.filter(counts);
    let direction = if undo { "back" } else { "forward" };
    switching
        .map(|change| change.at)
        .max()
        .map(|at| Switched { at, token: format!("{}-{direction}-{}", work.deployment, work.token) })
}
