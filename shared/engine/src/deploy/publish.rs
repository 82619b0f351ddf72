use super::warnings;
use crate::converge::{Attempt, End, Invocation, Work, done, finish};
use crate::kinds::{Checkpoint, PastReleases, Publication, Publishes, together};
use crate::ledger;
use crate::payload::{PublisherInput, WorkDone, WorkTransition};
use crate::ports::{Clock, DynamoDbApi, Result};
use crate::retention::kept;
use crate::trouble::Trouble;
use windlass_domain::count::count;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::step::{Progress, Step};

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
    let invocation = Invocation::begin(ports, &work).await?;
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
                warnings::note(ports, &work, &attempt.fence, &warnings).await?;
            }
            Ok(done(&work, WorkTransition::Changed))
        }
        Ok(Publication::Part) => {
            let is = attempt.step.value.progress.unwrap_or_default();
            let so_far = format!("{} of {} are published", is.files_done, count(is.files_total, "file"));
            let end = if is.is_further_than(&began) { End::More(so_far) } else { End::NotYet(so_far) };
            finish(&mut attempt, &work, Ok(end)).await
        }
        Err(Trouble::Findings(findings)) => {
            let end = End::Failed(together(work.component.as_str(), &findings));
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
    let built = of(ports, &step).await?;
    built.publish(&step, attempt).await
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
