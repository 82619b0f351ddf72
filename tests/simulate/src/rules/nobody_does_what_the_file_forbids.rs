use super::as_pinned::is_claimed;
use crate::access::{WhoMay, needed, session};
use crate::deed::Deed;
use crate::happening::{Event, Who};
use crate::outcome::Outcome;
use serde::Deserialize as _;
use serde_json::Value;
use std::collections::BTreeSet;
use windlass_domain::deployment::Deployment;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::request::{Requester, Route};
use windlass_domain::text::time::Time;
use windlass_world::dynamodb::Written;

/// The time from the read of a file to the write that is decided by it, in seconds: the longest invocation of the
/// conductor, with a call that takes effect late.
const DECIDED_S: u64 = 60;

/// The name of the finding with which the rules refuse.
const NOT_ALLOWED: &str = "NotAllowed";

/// "Nobody does what the rules forbid": a deployment gets its turn only if the file in force then names who asked for
/// it, with each right that it needs, and never if somebody only claims to be that one. A hold is put and released by
/// those alone who may. What was refused changes nothing.
///
/// Safety: access: A deployment has its turn only by the access file that is in force then, and what is refused changes
/// nothing.
pub fn nobody_does_what_the_file_forbids(outcome: &Outcome<'_>) -> Result<(), String> {
    let files = Files::of(outcome);
    if files.are_none() {
        return Ok(());
    }
    let refused = refused(outcome);
    let is_refused = |who: &Who| who.execution.as_deref().is_some_and(|arn| refused.contains(arn));
    for happening in &outcome.happened {
        match &happening.what {
            Event::Switched { who, component, .. } if is_refused(who) => {
                return Err(format!("{:?} was refused, and switched {component}", who.execution));
            }
            Event::Wrote(who, change) => {
                if is_refused(who) {
                    is_a_record_alone(change)?;
                }
                let lets_go = |asked: &dyn Fn(&WhoMay) -> bool| files.in_force(happening.at).any(asked);
                if let Some(record) = started(outcome, change)
                    && (is_forged(outcome, &record) || !lets_go(&|file| file.lets_go(&record)))
                {
                    let Deployment { id, release, requester, .. } = &*record;
                    return Err(format!("deployment {id} of {} started, which {requester} may not", release.version));
                }
                if let Some((action, by)) = holds(outcome, who, change)
                    && let Some(right) = needed(action, &by, false)
                    && !lets_go(&|file| file.has(right, &by))
                {
                    return Err(format!("`{action}` was done, which {by} may not"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// "It starts at once": no rollback is refused by the rules if they name who asks for it, and nothing that Windlass
/// itself brings back, looks at or holds is refused by them, whoever they name.
///
/// Safety: access: Nobody who may go back is refused by the rules, and no recovery or restoring of Windlass's own.
pub fn every_rollback_begins(outcome: &Outcome<'_>) -> Result<(), String> {
    let files = Files::of(outcome);
    if files.are_none() {
        return Ok(());
    }
    let wrongly = |action: ActionName, by: &Requester, is_way_back: bool| {
        let goes_back = matches!(action, ActionName::Rollback | ActionName::Recover | ActionName::Restore);
        (goes_back || by.route == Route::Windlass) && files.always_let(action, by, is_way_back)
    };
    let executions = outcome.world.stepfunctions();
    for (arn, execution) in &executions.executions {
        let is_refused = execution.error.as_deref() == Some(NOT_ALLOWED);
        let asked = asked(&execution.input).filter(|_| is_refused);
        let is_way_back = !execution.input["drill"].is_null();
        if let Some((action, by)) = asked.filter(|(action, by)| wrongly(*action, by, is_way_back)) {
            return Err(format!("{arn} was refused: `{action}`, which {by} may ask for"));
        }
    }
    for record in outcome.records() {
        let is_refused = record.ending.as_ref().is_some_and(|ended| ended.cause_name == NOT_ALLOWED);
        if is_refused && wrongly(record.action, &record.requester, record.drill.is_some()) {
            return Err(format!("deployment {} was refused: `{}`, which is allowed", record.id, record.action));
        }
    }
    for happening in &outcome.happened {
        if let Event::Answered { act, reply } = &happening.what
            && let Some(Deed::RollBackBy(role)) = outcome.scenario.acts.get(*act).map(|act| act.deed)
            && reply["status"] == 403
        {
            let by = Requester::new(Route::Api, Some(session(role)));
            if wrongly(ActionName::Rollback, &by, false) {
                return Err(format!("the API turns {by} away, who may go back"));
            }
        }
    }
    Ok(())
}

/// The files that were in force in a run, each with the time since when.
pub(super) struct Files(Vec<(Time, &'static WhoMay)>);

impl Files {
    pub(super) fn of(outcome: &Outcome<'_>) -> Self {
        let first = outcome.scenario.access.map(|file| (Time(0), file));
        let replaced = outcome.happened.iter().filter_map(|happening| {
            let Event::Acted(n) = happening.what else {
                return None;
            };
            match outcome.scenario.acts.get(n)?.deed {
                Deed::ReplaceAccess(file) => Some((happening.at, file)),
                _ => None,
            }
        });
        Self(first.into_iter().chain(replaced).collect())
    }

    pub(super) fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether any file wants releases approved.
    pub(super) fn want_approvals(&self) -> bool {
        self.0.iter().any(|(_, file)| file.approve.is_some())
    }

    /// Returns whether somebody may do something by each file.
    fn always_let(&self, action: ActionName, by: &Requester, is_way_back: bool) -> bool {
        let right = needed(action, by, is_way_back);
        right.is_none_or(|right| self.0.iter().all(|(_, file)| file.has(right, by)))
    }

    /// Returns the files by which what is written at a time may be decided: the one in force, and one that was replaced
    /// just before.
    pub(super) fn in_force(&self, at: Time) -> impl Iterator<Item = &'static WhoMay> {
        let ends = self.0.iter().skip(1).map(|(since, _)| Some(*since)).chain([None]);
        let each = self.0.iter().zip(ends);
        let each = each
            .filter(move |((since, _), end)| *since <= at && end.is_none_or(|end: Time| end.plus_s(DECIDED_S) > at));
        each.map(|((_, file), _)| *file)
    }
}

/// Returns whether nobody but the input of its execution says who has asked for a deployment.
fn is_forged(outcome: &Outcome<'_>, record: &Deployment) -> bool {
    let executions = outcome.world.stepfunctions();
    let first = record.executions.first().and_then(|arn| executions.executions.get(arn));
    first.is_some_and(is_claimed)
}

/// Returns the executions that the rules have refused.
fn refused(outcome: &Outcome<'_>) -> BTreeSet<String> {
    let executions = outcome.world.stepfunctions();
    let all = executions.executions.iter();
    all.filter(|(_, one)| one.error.as_deref() == Some(NOT_ALLOWED)).map(|(arn, _)| arn.clone()).collect()
}

/// Returns the deployment that gets its turn by this write.
fn started(outcome: &Outcome<'_>, change: &Written) -> Option<std::rc::Rc<Deployment>> {
    let before = outcome.read::<Deployment>(change.before.as_ref(), "record");
    let after = outcome.read::<Deployment>(change.after.as_ref(), "record")?;
    let is_new = before.is_none_or(|before| before.started.is_none());
    (is_new && after.started.is_some()).then_some(after)
}

/// Returns the action and who asked for it, if an execution puts or releases a hold by this write.
fn holds(outcome: &Outcome<'_>, who: &Who, change: &Written) -> Option<(ActionName, Requester)> {
    let is_state = change.after.as_ref().is_some_and(|item| item.key.sk == "state");
    let executions = outcome.world.stepfunctions();
    let execution = executions.executions.get(who.execution.as_deref().filter(|_| is_state)?)?;
    let asked = asked(&execution.input)?;
    matches!(asked.0, ActionName::Hold | ActionName::ReleaseHold).then_some(asked)
}

/// Returns the action that an input asks for, and who asks.
fn asked(input: &Value) -> Option<(ActionName, Requester)> {
    let by = Requester::deserialize(&input["requester"]);
    let by = by.unwrap_or(Requester::new(Route::Console, None));
    Some((ActionName::deserialize(&input["action"]).ok()?, by))
}

/// Checks that what was refused wrote neither of the environment nor of a component.
fn is_a_record_alone(change: &Written) -> Result<(), String> {
    let Some(item) = change.after.as_ref() else {
        return Ok(());
    };
    let sk = item.key.sk.as_str();
    let is_of_what_runs =
        ["state", "claims"].contains(&sk) || ["step#", "snapshot#", "veto#"].iter().any(|it| sk.starts_with(it));
    if is_of_what_runs { Err(format!("what was refused wrote {} {sk}", item.key.pk)) } else { Ok(()) }
}
