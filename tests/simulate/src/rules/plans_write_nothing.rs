use crate::happening::{Event, Who};
use crate::outcome::Outcome;

/// "Without lock or change": an execution that only plans, or checks, writes its plan and nothing else, and switches
/// nothing.
///
/// Safety: plans: An execution that only plans, or checks, writes its plan and nothing else, and switches nothing.
pub fn plans_write_nothing(outcome: &Outcome<'_>) -> Result<(), String> {
    let executions = outcome.world.stepfunctions();
    let only_plans = |who: &Who| {
        let arn = who.execution.as_deref().unwrap_or_default();
        let execution = executions.executions.get(arn);
        let input = execution.map(|execution| &execution.input);
        input.is_some_and(|input| input["plan"] == true || input["action"] == "check")
    };
    for happening in &outcome.happened {
        match &happening.what {
            Event::Wrote(who, change) if only_plans(who) => {
                let item = change.after.as_ref().or(change.before.as_ref());
                let key = item.map(|item| &item.key);
                if let Some(key) = key.filter(|key| key.sk != "planned") {
                    return Err(format!("a plan wrote {} {}", key.pk, key.sk));
                }
            }
            Event::Switched { who, component, .. } if only_plans(who) => {
                return Err(format!("a plan switched {component}"));
            }
            _ => {}
        }
    }
    Ok(())
}
