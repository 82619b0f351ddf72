//! Decides what the end of a deployment means for its drill.

use crate::deployment::drill::messages::{self, OutcomeText};
use crate::deployment::drill::{
    Drill, DrillDeployment, DrillDeploymentEnd, DrillDirection, DrillEnded, DrillOutcome, EndedDeployment, TRIES,
    steps, was_overtaken,
};
use crate::deployment::judgement::Judgement;
use crate::deployment::{Deployment, Resolved};
use crate::release::ending::{Ending, NothingDone};
use crate::release::identity::EnvironmentId;
use crate::text::prose::Prose;
use crate::text::time::Time;

/// The longest cause of a deployment that is kept beside the drill, in bytes.
const LONGEST: usize = 500;

/// The most gates that are kept of those that did not pass.
const MOST_RED: usize = 10;

/// The end of a drill.
struct DrillEnd {
    outcome: DrillOutcome,
    restored: bool,
    said: OutcomeText,
}

impl Drill {
    /// Records the end of one of its deployments.
    pub(super) fn drill_deployment_ended(&mut self, of: EnvironmentId<'_>, end: &EndedDeployment<'_>) {
        let Some(direction) = self.direction(&end.record.id) else { return };
        let Some(ended) = drill_deployment_end(end) else { return };
        let at = ended.at;
        let deployment = match direction {
            DrillDirection::There => &mut self.there,
            DrillDirection::Back => match &mut self.back {
                Some(back) => back,
                None => return,
            },
        };
        if deployment.ended.is_some() {
            return;
        }
        close(deployment, end, ended);
        let over = match direction {
            DrillDirection::There => after_there(end),
            DrillDirection::Back => self.after_back(end),
        };
        self.conclude(of, over, at);
    }

    /// Records that one of its deployments needs an operator no more: a recovery has ended it in another way, or a
    /// person has accepted what it had left. The outcome stays, because the way back is as unproved as before. Returns
    /// whether it says anything anew.
    pub fn resolve(&mut self, of: EnvironmentId<'_>, record: &Deployment, accepted: Option<&Resolved>) -> bool {
        let (Some(direction), Some(ended)) = (self.direction(&record.id), &record.ending) else { return false };
        let (restored, said) = match (accepted, ended.ending, direction) {
            (Some(accepted), ..) => (false, OutcomeText::Accepted(accepted.to_string())),
            (None, Ending::NeedsOperator, _) => return false,
            (None, Ending::Succeeded | Ending::NothingToDo, DrillDirection::Back)
            | (None, Ending::RolledBack | Ending::Rejected, DrillDirection::There) => (true, OutcomeText::Restored),
            (None, ..) => (false, OutcomeText::LeftThere),
        };
        let cause = messages::cause(of, self, said);
        let Some(ended) = self.ended.as_mut().filter(|ended| ended.cause != cause) else { return false };
        ended.restored = restored;
        ended.cause = cause;
        true
    }

    fn after_back(&self, end: &EndedDeployment<'_>) -> Option<DrillEnd> {
        let (outcome, restored, said) = match ending(end)? {
            Ending::Succeeded | Ending::NothingToDo if found_another(end) => {
                (DrillOutcome::Overtaken, false, OutcomeText::OvertakenBack)
            }
            Ending::Succeeded | Ending::NothingToDo => return Some(self.came_back()),
            Ending::RolledBack if was_overtaken(end.record) => {
                (DrillOutcome::Overtaken, false, OutcomeText::OvertakenBack)
            }
            Ending::NeedsOperator => (DrillOutcome::Failed, false, OutcomeText::NeedsOperator),
            Ending::RolledBack | Ending::Rejected if self.tries < TRIES => return None,
            Ending::RolledBack | Ending::Rejected => {
                let why = cause(end);
                (DrillOutcome::Failed, false, OutcomeText::StuckThere(why))
            }
        };
        Some(DrillEnd { outcome, restored, said })
    }

    fn came_back(&self) -> DrillEnd {
        let deployments = [Some(&self.there), self.back.as_ref()];
        let ended = deployments.into_iter().flatten().filter_map(|deployment| deployment.ended.as_ref());
        let red: Vec<String> = ended.clone().flat_map(|ended| ended.red.clone()).collect();
        let idle = ended.filter(|ended| ended.ending == Ending::NothingToDo);
        // The least: a way that changed nothing for another reason has none.
        let (outcome, said) = match idle.map(|idle| idle.kept_files).min() {
            Some(Some(files)) => (DrillOutcome::Failed, OutcomeText::OnlyKeptFiles(files)),
            Some(None) => (DrillOutcome::Failed, OutcomeText::NothingChanged),
            None if red.is_empty() => (DrillOutcome::Proved, OutcomeText::Proved),
            None => (DrillOutcome::Failed, OutcomeText::RedBack(red)),
        };
        DrillEnd { outcome, restored: true, said }
    }

    fn conclude(&mut self, of: EnvironmentId<'_>, over: Option<DrillEnd>, at: Time) {
        let Some(over) = over else { return };
        let cause = messages::cause(of, self, over.said);
        self.ended = Some(DrillEnded { outcome: over.outcome, at, cause, restored: over.restored });
    }
}

/// The name of the cause of a way back that the drill does not go, because something else runs than the drill had
/// brought.
pub(crate) const OVERTAKEN: &str = NothingDone::Superseded.name();

/// Returns whether something else than the drill had brought ran when it was to come back.
fn found_another(end: &EndedDeployment<'_>) -> bool {
    let ended = end.record.ending.as_ref();
    ended.is_some_and(|ended| ended.cause_name == OVERTAKEN)
}

/// Returns the end of the drill after the way there; `None` if the drill goes on.
fn after_there(end: &EndedDeployment<'_>) -> Option<DrillEnd> {
    let stopped = end.record.stopped;
    let (outcome, restored, said) = match ending(end)? {
        Ending::Succeeded | Ending::NothingToDo => return None,
        Ending::Rejected => (DrillOutcome::Refused, true, OutcomeText::Refused(cause(end))),
        Ending::RolledBack if was_overtaken(end.record) || stopped => {
            (DrillOutcome::Overtaken, true, OutcomeText::OvertakenThere(cause(end)))
        }
        Ending::RolledBack => (DrillOutcome::Failed, true, OutcomeText::FailedThere(cause(end))),
        Ending::NeedsOperator => (DrillOutcome::Failed, false, OutcomeText::NeedsOperator),
    };
    Some(DrillEnd { outcome, restored, said })
}

fn ending(end: &EndedDeployment<'_>) -> Option<Ending> {
    end.record.ending.as_ref().map(|ended| ended.ending)
}

/// Returns the reason of the undo, or else of the ending.
fn cause(end: &EndedDeployment<'_>) -> Prose {
    let why = end.record.undoing.as_ref().map(|why| &why.text);
    let cause = why.or(end.record.ending.as_ref().map(|ended| &ended.cause));
    cause.map(Prose::first_line).unwrap_or_default().truncated(LONGEST)
}

fn close(deployment: &mut DrillDeployment, end: &EndedDeployment<'_>, ended: DrillDeploymentEnd) {
    deployment.began = end.record.started;
    (deployment.steps, deployment.left_out) = steps::steps(end);
    deployment.ended = Some(ended);
}

fn drill_deployment_end(end: &EndedDeployment<'_>) -> Option<DrillDeploymentEnd> {
    let ended = end.record.ending.as_ref()?;
    let measured = |judgement: &Judgement| judgement.measurements.len();
    let gates = end.judgements.iter().map(measured).max().unwrap_or_default();
    let red = end.judgements.iter().filter_map(steps::red);
    Some(DrillDeploymentEnd {
        ending: ended.ending,
        cause_name: ended.cause_name.clone(),
        cause: ended.cause.first_line().truncated(LONGEST),
        at: ended.at,
        snapshot: end.snapshot,
        kept_files: end.kept_files,
        gates: u32::try_from(gates).unwrap_or(u32::MAX),
        red: red.take(MOST_RED).map(steps::in_words).collect(),
    })
}
