//! `publish-site`: brings everything of a release that visitors cannot notice yet.

use super::warnings;
use crate::config::Configured;
use crate::converge::{Attempt, End, Standing, check_token, done, finish, standing_of};
use crate::kinds::site::publish::{Fence, Published, Publisher};
use crate::kinds::site::{Target, load};
use crate::kinds::site::{Trouble, together};
use crate::payload::{Word, Work, WorkDone};
use crate::ports::{Answered, Cdn, Clock, Ledger, Objects, Reach};
use crate::retention::kept;
use crate::store;
use windlass_domain::fault::Fault;
use windlass_domain::step::{Progress, Step};

/// The ports that the function needs.
pub trait Ports: Ledger + Clock + Reach + Objects + Cdn + Configured {}
impl<P: Ledger + Clock + Reach + Objects + Cdn + Configured> Ports for P {}

/// No batch begins after so long, in milliseconds: the function's timeout is 15 minutes.
const WORK_MS: u64 = 12 * 60 * 1000;

/// Serves the state `PublishSite`. Faults: `MoreToDo` when it must go on in a further invocation, or
/// `StillInProgress` if this one came no further; `StaleToken`; `AttemptSuperseded`; the transient faults of AWS.
pub async fn handle<P: Ports>(ports: &P, work: Work) -> Answered<WorkDone> {
    let started = ports.now();
    let key = store::step(&work.deployment, &work.component);
    let step = store::require::<Step>(ports, &key).await?;
    if let Standing::Settled(verdict) = standing_of(&step.value, &work)? {
        check_token(ports, &step.value, work.token).await?;
        return Ok(done(&work, verdict));
    }
    let mut attempt = Attempt::claim(ports, step, &work, started).await?;
    let began = attempt.step.value.progress.unwrap_or_default();
    match publish(ports, &mut attempt, &work).await {
        Ok(Published::All) => Ok(done(&work, Word::Changed)),
        Ok(Published::Some) => {
            let is = attempt.step.value.progress.unwrap_or_default();
            let so_far = format!(
                "{} of {} files are published",
                is.files_done, is.files_total
            );
            let end = if is.is_further_than(&began) {
                End::More(so_far)
            } else {
                End::NotYet(so_far)
            };
            finish(&mut attempt, &work, Ok(end)).await
        }
        Err(Trouble::Findings(findings)) => {
            let end = End::Failed(together(work.component.as_str(), &findings));
            finish(&mut attempt, &work, Ok(end)).await
        }
        Err(Trouble::Fault(fault)) => finish(&mut attempt, &work, Err(fault)).await,
    }
}

async fn publish<P: Ports>(
    ports: &P,
    attempt: &mut Attempt<'_, P>,
    work: &Work,
) -> Result<Published, Trouble> {
    let known = load(ports, &attempt.step.value).await?;
    let target: Target = serde_json::from_value(attempt.step.value.target.clone())
        .map_err(|error| Fault::internal(format!("a site's target cannot be read: {error}")))?;
    let at = ports.at(&attempt.step.value.place);
    let publisher = Publisher::new(&at, ports, &target, &known, &work.deployment);
    if publisher.publish(attempt).await? == Published::Some {
        return Ok(Published::Some);
    }
    let mut found: Vec<String> = publisher.uncopied().into_iter().collect();
    if target.archive.is_some() {
        // Not in a rollback's way.
        found.extend(prune(ports, &publisher, &target, attempt).await?);
    }
    if !found.is_empty() {
        // The last write: it is not the attempt's, which knows nothing of the step after it.
        warnings::note(ports, work, &found).await?;
    }
    Ok(Published::All)
}

/// Answers a warning where something could not be deleted.
async fn prune<P: Ports>(
    ports: &P,
    publisher: &Publisher<'_, P>,
    target: &Target,
    attempt: &mut Attempt<'_, P>,
) -> Answered<Option<String>> {
    let (app, env, component) = (&target.app, &target.environment, &target.component);
    let kept = kept(ports, app, env, component, target.site.keep).await?;
    // Whoever looks for drift reads what the deployment that runs came from and went to.
    let newest = kept.iter().max_by_key(|running| running.since);
    let step = match newest {
        Some(running) => {
            let key = store::step(&running.deployment, component);
            store::load::<Step>(ports, &key).await?
        }
        None => None,
    };
    let states = step.iter().flat_map(|step| {
        let goals = step.value.goals.values();
        goals.chain([&step.value.before["goal"]])
    });
    let shown: Vec<_> = states.collect();
    publisher.prune(&kept, &shown, attempt).await
}

impl<P: Ledger + Clock> Fence for Attempt<'_, P> {
    async fn pass(&mut self, progress: Progress) -> Answered<()> {
        self.step.value.progress = Some(progress);
        self.save().await
    }

    fn has_time(&self) -> bool {
        self.elapsed_ms() < WORK_MS
    }
}
