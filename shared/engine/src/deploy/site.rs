//! `deploy-site`: switches a site to its goal, or back, and lets the edges forget what they cached.

use super::warnings;
use crate::config::Configured;
use crate::converge::{Budget, converge};
use crate::kinds::site::{Site, Target, load};
use crate::payload::{Word, Work, WorkDone};
use crate::ports::{Answered, Cdn, Clock, Ledger, Objects, Reach};
use crate::store;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::step::Step;
use windlass_domain::time::Time;

/// The ports that the function needs.
pub trait Ports: Ledger + Clock + Reach + Objects + Cdn + Configured {}
impl<P: Ledger + Clock + Reach + Objects + Cdn + Configured> Ports for P {}

/// How long an invalidation may take before it is only reported, in seconds.
const INVALIDATED_S: u64 = 600;
/// How long an invalidation that CloudFront refuses is tried, in seconds.
const TRIED_S: u64 = 180;
/// How long one invocation looks for the end of an invalidation, in milliseconds.
const LOOKED_MS: u64 = 15_000;

/// Serves the state `DeploySite`. Faults: `StillInProgress` until the site and its edges are there;
/// those of [`converge`].
pub async fn handle<P: Ports>(ports: &P, work: Work) -> Answered<WorkDone> {
    let key = store::step(&work.deployment, &work.component);
    let step = store::require::<Step>(ports, &key).await?;
    let known = load(ports, &step.value).await?;
    if work.wave.is_some() && known.lacks_files() {
        return Err(Fault::internal(
            "the list of the release's files is not there any more: a site without files is not wanted",
        ));
    }
    let done = converge(ports, |at| Site::new(at, known), &work, Budget::default()).await?;
    if done.verdict == Word::Changed {
        let step = store::require::<Step>(ports, &key).await?;
        if let Some(warning) = invalidate(ports, &step.value, &work).await? {
            warnings::note(ports, &work, &[warning]).await?;
        }
    }
    Ok(done)
}

fn target_of(step: &Step) -> Answered<Target> {
    serde_json::from_value(step.target.clone())
        .map_err(|error| Fault::internal(format!("a site's target cannot be read: {error}")))
}

/// Lets the edges forget what they cached, after all of them have the new configuration. Answers a
/// warning where that cannot be done: documents are revalidated anyway, so it never blocks for
/// ever. The whole distribution is invalidated, which counts as one path, because functions and
/// default documents make it unknowable under which addresses a file was cached.
async fn invalidate<P: Ports>(ports: &P, step: &Step, work: &Work) -> Answered<Option<String>> {
    let target = target_of(step)?;
    let (Some(id), Some(switched)) = (&target.site.distribution, switched(step, work)) else {
        return Ok(None);
    };
    let at = ports.at(&step.place);
    let direction = work.wave.map_or("back", |_| "forward");
    let reference = format!("{}-{direction}-{}", work.deployment, work.token);
    let age = ports.now().ms_since(switched);
    let invalidation = match at.invalidate(id, &reference, &["/*".to_owned()]).await {
        Ok(invalidation) => invalidation,
        Err(fault) if age < TRIED_S * 1000 => return Err(not_yet(&fault.message)),
        Err(fault) => return Ok(Some(failed(id, &fault.message))),
    };
    let started = ports.now();
    loop {
        let problem = match at.invalidated(id, &invalidation).await {
            Ok(true) => return Ok(None),
            Ok(false) => format!("the invalidation {invalidation} is in progress"),
            Err(fault) => fault.message,
        };
        if ports.now().ms_since(switched) > INVALIDATED_S * 1000 {
            return Ok(Some(failed(id, &problem)));
        }
        if ports.now().ms_since(started) >= LOOKED_MS {
            return Err(not_yet(&problem));
        }
        ports.sleep_ms(2_000).await;
    }
}

/// When this deployment switched last in this direction; nothing if it did not.
fn switched(step: &Step, work: &Work) -> Option<Time> {
    let undo = work.wave.is_none();
    let changes = step.changes.iter();
    let switching = changes.filter(|change| change.switching && change.undo == undo);
    switching.map(|change| change.at).max()
}

fn not_yet(why: &str) -> Fault {
    Fault::new(FaultName::StillInProgress, why)
}

fn failed(distribution: &str, why: &str) -> String {
    format!(
        "the edges of the distribution {distribution} may still serve cached files: {why}. Invalidate `/*` by hand."
    )
}
