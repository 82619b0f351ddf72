use super::nobody_does_what_the_file_forbids::{Files, NOT_ALLOWED, asked};
use crate::deed::Deed;
use crate::happening::Event;
use crate::outcome::Outcome;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::request::{Requester, Route};

/// "It starts at once": no rollback is refused by the rules if they name who asks for it, and nothing that Windlass
/// itself brings back, looks at or holds is refused by them, whoever they name.
///
/// Safety: access: Nobody who may go back is refused by the rules, and no recovery or restoring of Windlass's own.
pub fn every_rollback_begins(outcome: &Outcome<'_>) -> Result<(), String> {
    let files = Files::of(outcome);
    if files.is_none() {
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
            let by = Requester { route: Route::Api, principal: Some(crate::access::session(role)) };
            if wrongly(ActionName::Rollback, &by, false) {
                return Err(format!("the API turns {by} away, who may go back"));
            }
        }
    }
    Ok(())
}
