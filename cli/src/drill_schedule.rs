//! The drills of each environment by its declaration, in words.

use crate::status::Environment;
use std::collections::BTreeMap;
use windlass_domain::declaration::Declaration;
use windlass_domain::drill::{DrillFacts, Drills, Schedule, is_production};
use windlass_domain::environment::Lock;
use windlass_domain::name::EnvironmentName;
use windlass_domain::time::Time;

/// The environments that were looked at, as they are now; `None` for one that was never declared.
pub type LookedEnvironments = BTreeMap<EnvironmentName, Option<Environment>>;

/// Returns a line for each environment. It tells how often this declaration drills the environment, and when the first
/// drill is due, if that was looked at. A production that is not drilled has a line that says so. Without any schedule
/// in the declaration there are no lines.
pub fn drills(declaration: &Declaration, looked: &LookedEnvironments, now: Time) -> BTreeMap<EnvironmentName, String> {
    let declared = declaration.environments();
    let all: Vec<_> = declared.map(|name| (name, declaration.drills(name))).collect();
    if all.iter().all(|(_, schedule)| schedule.is_none()) {
        return BTreeMap::new();
    }
    let told = all.into_iter().filter_map(|(name, schedule)| {
        let words = match schedule {
            Some(schedule) => of_schedule(schedule, looked.get(name), now),
            None if is_production(name) => "never by a schedule: it is production, and declares none".to_owned(),
            None => return None,
        };
        Some((name.clone(), words))
    });
    told.collect()
}

fn of_schedule(schedule: &Schedule, here: Option<&Option<Environment>>, now: Time) -> String {
    let (no_drills, free) = (Drills::default(), Lock::default());
    let facts = match here {
        Some(Some(here)) => here.drills.as_ref().map(|drills| DrillFacts {
            schedule: Some(schedule),
            drills,
            lock: &here.lock,
            waits: here.waiting.first().map(|one| &one.deployment),
            hold: here.hold.as_ref(),
            runs: !here.running.is_empty(),
            now,
        }),
        Some(None) => Some(DrillFacts {
            schedule: Some(schedule),
            drills: &no_drills,
            lock: &free,
            waits: None,
            hold: None,
            runs: false,
            now,
        }),
        None => None,
    };
    let next = facts.and_then(|facts| facts.next());
    next.map_or_else(
        || {
            let every = schedule.every;
            format!("every {every}, the first one so long after the last, or as soon as one can begin")
        },
        |next| next.to_string(),
    )
}
