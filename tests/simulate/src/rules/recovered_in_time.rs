use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::{Mishap, What};
use std::collections::BTreeMap;
use windlass_domain::deployment::Deployment;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::time::Time;

/// The time that a deployment may be without an owner that lives, in milliseconds: a minute if the event says that the
/// owner died.
const ANNOUNCED_MS: u64 = 60_000;
/// The same time if the event is lost: a period of the schedule more.
const UNANNOUNCED_MS: u64 = ANNOUNCED_MS + 300_000;

/// "An execution that dies without an ending is finished by a recovery execution" (rule 1): if an execution dies in the
/// middle, another execution has taken over, or has brought the deployment to its ending, in time.
///
/// Safety: recovery: Whoever dies is followed by a recovery within a minute of the event, and within a period of the
/// schedule where that is lost, also a recovery.
pub fn recovered_in_time(outcome: &Outcome<'_>) -> Result<(), String> {
    let Some(longest) = longest(&outcome.schedule.mishaps) else {
        return Ok(());
    };
    let mut left = Left::default();
    for happening in &outcome.happened {
        match &happening.what {
            Event::Ended { arn, .. } => left.ended(arn, happening.at),
            Event::Wrote(_, change) => {
                if let Some(record) = outcome.read::<Deployment>(change.after.as_ref(), "record") {
                    left.written(&record, happening.at, longest)?;
                }
            }
            _ => {}
        }
    }
    match left.since.first_key_value() {
        None => Ok(()),
        Some((id, _)) => Err(format!("nobody takes over deployment {id}")),
    }
}

/// Returns the time that it may take, in milliseconds, if the only mishaps are one or two deaths of executions;
/// otherwise `None`. Two deaths come one after the other: the second may be that of the recovery of the first, even
/// before it has taken over. A third death would be followed only once in a quarter of an hour. After a slow stop among
/// two deaths the function goes on, and may take the lock after the last recovery that an event began has looked: then
/// the schedule finds it.
fn longest(mishaps: &[Mishap]) -> Option<u64> {
    // This mishap kills nobody: Step Functions says for a while that a dead execution runs.
    let deaths = mishaps.iter().map(|mishap| mishap.what);
    let deaths: Vec<What> = deaths.filter(|what| *what != What::LooksLate).collect();
    let after = |death: &What| match death {
        What::StoppedSlow if deaths.len() > 1 => Some(UNANNOUNCED_MS),
        What::Stopped | What::TimedOut | What::StoppedWithin | What::StoppedSlow => Some(ANNOUNCED_MS),
        What::StoppedUnannounced => Some(UNANNOUNCED_MS),
        _ => None,
    };
    let each: Vec<u64> = deaths.iter().map(after).collect::<Option<_>>()?;
    matches!(each.len(), 1 | 2).then(|| each.iter().sum())
}

/// Deployments without an ending.
#[derive(Default)]
struct Left {
    /// The execution that works for each.
    owners: BTreeMap<DeploymentId, String>,
    /// The deployments whose owner has died, and the time of that.
    since: BTreeMap<DeploymentId, Time>,
}

impl Left {
    fn ended(&mut self, arn: &str, at: Time) {
        let of = self.owners.iter().filter(|(_, owner)| *owner == arn);
        self.since.extend(of.map(|(id, _)| (id.clone(), at)));
    }

    fn written(&mut self, record: &Deployment, at: Time, longest: u64) -> Result<(), String> {
        let owner = record.executions.last().cloned().unwrap_or_default();
        let is_ended = record.ending.is_some();
        let is_same = self.owners.get(&record.id) == Some(&owner);
        if is_ended {
            self.owners.remove(&record.id);
        } else {
            self.owners.insert(record.id.clone(), owner);
        }
        if is_same && !is_ended {
            return Ok(());
        }
        match self.since.remove(&record.id) {
            Some(since) if at.ms_since(since) > longest => {
                Err(format!("deployment {} was without an owner for {} ms", record.id, at.ms_since(since)))
            }
            _ => Ok(()),
        }
    }
}
