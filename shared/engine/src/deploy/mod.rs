//! The deployers and publishers, for every kind. A function's `main.rs` names the kind by its module's `of`, so that
//! its binary holds what this kind needs and nothing else (decision 0140).

use crate::converge::{Attempt, Budget, InvocationEnd, StepInvocation, Work, converge, done, finish};
use crate::kinds::{
    Built, Checkpoint, Kind, KindVisitor, PastReleases, Publication, Publishes, Switched, from_value, together,
};
use crate::ledger::{self, Fence, commit, tries};
use crate::payload::{DeployerInput, PublisherInput, WorkDone, WorkTransition};
use crate::ports::{Clock, DynamoDbApi, Result};
use crate::retention::kept;
use crate::trouble::Trouble;
use windlass_domain::deployment::step::{ChangeRecord, Progress, Step};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::count::count;

/// Serves the states `Deploy` and `Restore`: drives one component to a wave's goal, or back, and then does what follows
/// a switch. Faults: those of [`converge`], and of [`Kind::follow`].
pub async fn handle<P, B>(ports: &P, input: DeployerInput, of: impl AsyncFn(&P, &Step) -> Result<B>) -> Result<WorkDone>
where
    B: Built,
    P: DynamoDbApi + Clock,
{
    let work = Work::from(input);
    let invocation = StepInvocation::begin(ports, &work).await?;
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
            note(ports, &work, &fence, &warnings).await?;
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

/// The milliseconds after which no batch begins: the function's timeout is 15 minutes.
const WORK_MS: u64 = 12 * 60 * 1000;

/// Serves the state `Publish`: brings everything of a release that callers cannot notice yet. Faults: `MoreToDo` when
/// it must go on in a further invocation, or `StillInProgress` if this one came no further; `StaleToken`;
/// `AttemptSuperseded`; the transient faults of AWS.
pub async fn publish<P, B>(
    ports: &P,
    input: PublisherInput,
    of: impl AsyncFn(&P, &Step) -> Result<B>,
) -> Result<WorkDone>
where
    B: Publishes,
    P: DynamoDbApi + Clock,
{
    let work = Work::from(input);
    let invocation = StepInvocation::begin(ports, &work).await?;
    if let Some(done) = invocation.settled(ports).await? {
        return Ok(done);
    }
    let mut attempt = Attempt::claim(ports, invocation).await?;
    let began = attempt.step.value.progress.unwrap_or_default();
    // On the heap: a publication is too much for the stack of whoever waits for it.
    match Box::pin(publication(ports, &mut attempt, of)).await {
        Ok(Publication::Whole(warnings)) => {
            if !warnings.is_empty() {
                // This is the last write. It is not the attempt's, which knows nothing of the step after it.
                note(ports, &work, &attempt.fence, &warnings).await?;
            }
            Ok(done(&work, WorkTransition::Changed))
        }
        Ok(Publication::Part) => {
            let is = attempt.step.value.progress.unwrap_or_default();
            let so_far = format!("{} of {} are published", is.files_done, count(is.files_total, "file"));
            let end = if is.is_further_than(&began) {
                InvocationEnd::More(so_far)
            } else {
                InvocationEnd::NotYet(so_far.into())
            };
            finish(&mut attempt, &work, Ok(end)).await
        }
        Err(Trouble::Findings(findings)) => {
            let end = InvocationEnd::Failed(together(work.component.as_str(), &findings));
            finish(&mut attempt, &work, Ok(end)).await
        }
        Err(Trouble::Fault(fault)) => finish(&mut attempt, &work, Err(fault)).await,
    }
}

async fn publication<P: DynamoDbApi + Clock, B: Publishes>(
    ports: &P,
    attempt: &mut Attempt<'_, P>,
    of: impl AsyncFn(&P, &Step) -> Result<B>,
) -> Result<Publication, Trouble> {
    let step = attempt.step.value.clone();
    of(ports, &step).await?.publish(&step, attempt).await
}

impl<P: DynamoDbApi + Clock> Checkpoint for Attempt<'_, P> {
    async fn pass(&mut self, progress: Progress) -> Result<()> {
        self.step.value.progress = Some(progress);
        self.save().await
    }

    fn has_time(&self) -> bool {
        self.elapsed_ms() < WORK_MS
    }

    async fn past(&self, back: u32) -> Result<PastReleases> {
        let step = &self.step.value;
        let (app, env, component) = (&step.app, &step.environment, &step.component);
        let kept = kept(self.ports, EnvironmentId::new(app, env), component, back).await?;
        let newest = match kept.iter().max_by_key(|running| running.names.brought.since) {
            Some(running) => {
                let brought = &running.names.brought.deployment;
                let key = ledger::step(brought, running.name_in(brought, component));
                ledger::load(self.ports, &key).await?
            }
            None => None,
        };
        Ok(PastReleases { kept, newest: newest.map(|stored| stored.value) })
    }
}

/// Notes warnings on a step, each once, where the token is still that of the lock. One that cannot be
/// written is only logged.
pub(crate) async fn note(
    ports: &(impl DynamoDbApi + Clock),
    work: &Work,
    fence: &Fence,
    warnings: &[String],
) -> Result<()> {
    let component = &work.component;
    let key = ledger::step(&work.deployment, component);
    let noted = tries(ports, async || {
        let mut step = ledger::require(ports, &key).await?;
        let before = step.value.warnings.len();
        for warning in warnings {
            if !step.value.warnings.contains(warning) {
                step.value.warnings.push(warning.clone());
            }
        }
        if step.value.warnings.len() == before {
            return Ok(Some(()));
        }
        let writes = vec![step.put()?, fence.check()];
        Ok(commit(ports, writes).await?.then_some(()))
    });
    if noted.await?.is_none() {
        tracing::warn!(%component, ?warnings, "warnings could not be noted");
    }
    Ok(())
}
