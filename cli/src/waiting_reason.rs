//! The reason why a deployment has no turn yet: what it waits for, since when, and what a person can do. Pure.

use crate::interrupt::cancelled;
use crate::status::Environment;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::HeldState;
use windlass_domain::time::Time;

/// The time that a deployment waits at most, in seconds (`AwaitTurn` of the release machine).
const LONGEST_S: u64 = 24 * 60 * 60;

/// Returns the lines, with the environment as it is now.
pub fn why_it_waits(record: &Deployment, now: &Environment) -> Vec<String> {
    let (app, environment, id) = (&record.app, &record.environment, &record.id);
    let place = now.waiting.iter().find(|one| one.deployment == *id);
    let since = place.map_or(record.accepted, |place| place.since);
    let mut lines = vec![format!("it waits for its turn since {since}")];
    lines.extend(what_for(record, now));
    let others: Vec<String> = now
        .waiting
        .iter()
        .filter(|one| one.deployment != *id)
        .map(|one| format!("  also waiting: {}, since {}", now.deployment(&one.deployment), one.since))
        .collect();
    if !others.is_empty() {
        lines.push(
            "  an operator's request goes first, then the newest release; one that it covers ends as superseded"
                .to_owned(),
        );
        lines.extend(others);
    }
    lines.push(format!("  it gives up at {}", gives_up(since)));
    lines.push(format!(
        "  next: `windlass watch {app} {id}` waits with it; `windlass cancel {app} {id} --reason '…'` takes it out of the \
         queue; `windlass rollback {app} {environment} --reason '…'` waits for nobody"
    ));
    lines
}

fn gives_up(since: Time) -> Time {
    since.plus_s(LONGEST_S)
}

fn what_for(record: &Deployment, now: &Environment) -> Vec<String> {
    let (app, environment) = (&record.app, &record.environment);
    let Some(held) = &now.lock.held else {
        return vec![format!(
            "  nothing works in {app} {environment} now: its turn comes as soon as it is woken, within five minutes at most"
        )];
    };
    let id = &held.deployment;
    let who = now.deployment(id);
    let since = held.since;
    match held.state {
        HeldState::Running => vec![
            format!("  {who} is under way, since {since}"),
            format!(
                "  `windlass watch {app} {id}` shows it; `windlass cancel {app} {id} --reason '…'` {}",
                cancelled(held.action)
            ),
        ],
        HeldState::Recovering => vec![format!("  {who} is being recovered, since {since}")],
        HeldState::NeedsOperator => vec![
            format!("  {who} NEEDS AN OPERATOR, since {since}: nothing else gets a turn until a person has ended that"),
            format!(
                "  `windlass recover {app} {environment} --reason '…'` undoes it again; `windlass accept {app} {environment} \
                 --reason '…'` takes what is there"
            ),
        ],
    }
}
