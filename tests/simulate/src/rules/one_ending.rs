use crate::end_of_run::Rest;
use crate::happening::Event;
use crate::outcome::Outcome;
use windlass_domain::deployment::Deployment;
use windlass_domain::release::ending::Ending;

/// "A deployment ends in exactly one of: `Succeeded`; `NothingToDo`; `Rejected`; `RolledBack`; `NeedsOperator`"
/// (rule 1). Only an operator's recovery out of `NeedsOperator` changes an ending. A deployment whose execution dies is
/// brought to an ending.
///
/// Safety: endings: Each deployment has one ending, and whatever dies is brought to one.
pub fn one_ending(outcome: &Outcome<'_>) -> Result<(), String> {
    if outcome.rest == Rest::Never {
        return Err("it never comes to rest".into());
    }
    for record in outcome.records() {
        if record.ending.is_none() {
            return Err(format!("deployment {} has no ending", record.id));
        }
    }
    for happening in &outcome.happened {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        let (Some(before), Some(after)) = (
            outcome.read::<Deployment>(change.before.as_ref(), "record"),
            outcome.read::<Deployment>(change.after.as_ref(), "record"),
        ) else {
            continue;
        };
        let ending = |record: &Deployment| record.ending.as_ref().map(|ended| ended.ending);
        match (ending(&before), ending(&after)) {
            (None | Some(Ending::NeedsOperator), _) => {}
            (former, now) if former == now => {}
            (former, now) => {
                let id = &after.id;
                return Err(format!("deployment {id} ended {former:?} and then {now:?}"));
            }
        }
    }
    for (arn, execution) in &outcome.world.stepfunctions().executions {
        if execution.status == "RUNNING" {
            return Err(format!("execution {arn} never ends"));
        }
    }
    Ok(())
}
