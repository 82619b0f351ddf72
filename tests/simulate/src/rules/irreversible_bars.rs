use crate::happening::Event;
use crate::outcome::Outcome;
use crate::targets::TASK;
use std::rc::Rc;
use windlass_domain::ending::Ending;
use windlass_domain::environment::Snapshot;
use windlass_domain::identity::DeploymentId;
use windlass_domain::request::ActionName;
use windlass_domain::time::Time;

/// Nothing that came before an irreversible task runs after it: the undo of a deployment brings nothing back once its task
/// has begun, and such a deployment is never said to be rolled back. A rollback goes back across one only where it names
/// it.
pub fn irreversible_bars(outcome: &Outcome<'_>) -> Result<(), String> {
    for happening in &outcome.happened {
        let Event::Switched { who, component, .. } = &happening.what else {
            continue;
        };
        if let Some(work) = who.work.as_ref().filter(|work| work.wave.is_none())
            && has_barred(outcome, &work.deployment, happening.at)
        {
            return Err(format!(
                "{component} was brought back although what is irreversible had begun"
            ));
        }
    }
    for record in outcome.records() {
        let Some(ended) = &record.ending else {
            continue;
        };
        if ended.ending == Ending::RolledBack && has_barred(outcome, &record.id, ended.at) {
            return Err(format!(
                "{} is rolled back, and its irreversible task had begun",
                record.id
            ));
        }
        let is_back = record.action == ActionName::Rollback && ended.ending == Ending::Succeeded;
        if is_back
            && !record.across.iter().any(|name| name.as_str() == TASK)
            && crosses(outcome, record.snapshot)
        {
            return Err(format!(
                "rollback {} went back across what is irreversible unasked",
                record.id
            ));
        }
    }
    Ok(())
}

/// True where the irreversible task of a deployment had begun by then.
pub fn has_barred(outcome: &Outcome<'_>, id: &DeploymentId, then: Time) -> bool {
    let by = format!("windlass/{id}/{TASK}/forward");
    let runs = outcome.world.runs();
    let mut own = runs.live.iter().filter(|live| live.asked.started_by == by);
    is_declared(outcome) && own.any(|live| live.began(then))
}

fn is_declared(outcome: &Outcome<'_>) -> bool {
    outcome.scenario.declaration.contains("irreversible: true")
}

/// True where a task has begun since a snapshot was made.
fn crosses(outcome: &Outcome<'_>, number: Option<u64>) -> bool {
    let now = outcome.world.true_time();
    let snapshots: Vec<Rc<Snapshot>> = outcome.all("env#shop/prod", "snapshot#");
    let mut goals = snapshots.iter().filter(|one| Some(one.number) == number);
    let runs = outcome.world.runs();
    let has_begun_since = |goal: &Rc<Snapshot>| {
        let mut live = runs.live.iter();
        live.any(|live| live.created > goal.made && live.began(now))
    };
    is_declared(outcome) && goals.any(has_begun_since)
}
