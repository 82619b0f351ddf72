//! What must hold of the calls of users' functions, whatever they say.

use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::What;
use std::collections::BTreeSet;
use windlass_domain::deployment::Deployment;
use windlass_domain::release::ending::Ending;
use windlass_machine::shop_world::BOOK;
use windlass_world::external::AskedChange;

/// "No late call meets a later decision": no change is asked of a function while an earlier one may still be made, which
/// nobody can stop.
///
/// Safety: kinds: A user's function is asked for no change while an earlier one is still being made.
pub fn no_change_beside_another(outcome: &Outcome<'_>) -> Result<(), String> {
    let asked = outcome.world.external().asked.clone();
    for (nth, one) in asked.iter().enumerate() {
        let mut earlier = asked[..nth].iter().filter(|before| before.function == one.function);
        if let Some(before) = earlier.find(|before| before.acted.is_some_and(|acted| acted > one.sent)) {
            let (key, sent) = (&one.key, one.sent);
            return Err(format!("{key} was asked for at {sent}, and {} came only at {:?}", before.key, before.acted));
        }
    }
    Ok(())
}

/// "Forward and undo call that version, whatever the alias says meanwhile": all changes of one deployment are asked of
/// one version.
///
/// Safety: kinds: A deployment calls a user's function in one version, forward and back.
pub fn one_version_of_a_function(outcome: &Outcome<'_>) -> Result<(), String> {
    let asked = outcome.world.external().asked.clone();
    for record in outcome.records() {
        let versions: BTreeSet<&str> = of(&asked, &record).map(|one| one.version.as_str()).collect();
        if versions.len() > 1 {
            return Err(format!("deployment {} has called the versions {versions:?}", record.id));
        }
    }
    Ok(())
}

/// "Success is `state` equal to `goal` and `ready`, in two looks at least 15 s apart": when a deployment has ended, the
/// outside serves what its last change has given it, though its function says so earlier. A lie is contradicted by no look
/// that shows for minutes what was there before (`docs/safety-limits.md`).
///
/// Safety: truth: What a user's function says too early to be ready is not believed.
pub fn ready_when_it_ends(outcome: &Outcome<'_>) -> Result<(), String> {
    let are_late = outcome.schedule.mishaps.iter().any(|one| one.what == What::LooksLate);
    if are_late && outcome.world.external().of(BOOK).lie.is_some() {
        return Ok(());
    }
    let asked = outcome.world.external().asked.clone();
    let mut happened = outcome.happened.iter();
    let is_theirs = happened.any(|one| matches!(one.what, Event::ChangedByOther("book")));
    for record in outcome.records() {
        let Some(ended) = &record.ending else { continue };
        let way = match ended.ending {
            Ending::Succeeded => "/forward",
            Ending::RolledBack if !is_theirs => "/back",
            _ => continue,
        };
        let mut own = of(&asked, &record).filter(|one| one.key.ends_with(way));
        if let Some(ready_at) = own.next_back().and_then(|last| last.ready_at)
            && ready_at > ended.at
        {
            return Err(format!("deployment {} ended at {}, and it was ready at {ready_at}", record.id, ended.at));
        }
    }
    Ok(())
}

/// Returns the changes that a deployment has asked for, oldest first.
fn of<'a>(asked: &'a [AskedChange], record: &Deployment) -> impl DoubleEndedIterator<Item = &'a AskedChange> {
    let begins = format!("{}/", record.id);
    asked.iter().filter(move |one| one.key.starts_with(&begins))
}
