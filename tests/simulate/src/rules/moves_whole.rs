use crate::happening::Event;
use crate::outcome::Outcome;
use crate::scenario::Deed;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{EnvironmentState, Lock, Running, Snapshot};
use windlass_domain::name::ComponentName;
use windlass_domain::request::ActionName;
use windlass_domain::tenancy::Claims;

/// "So that there is no moment at which nobody has the target" (decision 0539): where a component has another name or owner,
/// that one has its claims from the same moment on, and its record with the way back; while nothing is under way, or not
/// at all. A rollback by the new name goes back to what the old one ran.
pub fn moves_whole(outcome: &Outcome<'_>) -> Result<(), String> {
    let moves = outcome.scenario.acts.iter();
    let moves: Vec<Move> = moves.filter_map(|act| Move::of(act.deed)).collect();
    for one in &moves {
        one.is_whole(outcome)?;
        one.goes_back(outcome)?;
    }
    Ok(())
}

/// A move that was asked for.
struct Move {
    was: &'static str,
    name: &'static str,
    /// Where the new owner's record is.
    there: &'static str,
}

impl Move {
    fn of(deed: Deed) -> Option<Self> {
        let (was, name, there) = match deed {
            Deed::Rename(was, name) => (was, name, HERE),
            Deed::HandOver(was, name) => (was, name, "env#bank/prod"),
            _ => return None,
        };
        Some(Self { was, name, there })
    }

    fn is_whole(&self, outcome: &Outcome<'_>) -> Result<(), String> {
        let (was, name) = (self.was, self.name);
        let mut is_free = outcome.lock_before.held.is_none();
        let mut left = None;
        for happening in &outcome.happened {
            let Event::Wrote(_, change) = &happening.what else {
                continue;
            };
            let item = change.after.as_ref().or(change.before.as_ref());
            let is_here = item.is_some_and(|item| item.key.pk == HERE);
            if is_here && let Some(lock) = outcome.read::<Lock>(change.after.as_ref(), "lock") {
                is_free = lock.held.is_none();
            }
            let claims = |item| {
                let claims = outcome.read::<Claims>(item, "claims");
                claims.as_deref().map(owners).unwrap_or_default()
            };
            let (before, after) = (
                claims(change.before.as_ref()),
                claims(change.after.as_ref()),
            );
            let lost = |all: &[String]| all.iter().any(|owner| owner == was);
            if lost(&before) && !lost(&after) && !after.iter().any(|owner| owner == name) {
                return Err(format!(
                    "{was} has lost a claim, and {name} does not have it"
                ));
            }
            let before = outcome.read::<EnvironmentState>(change.before.as_ref(), "state");
            let after = outcome.read::<EnvironmentState>(change.after.as_ref(), "state");
            let (Some(before), Some(after), true) = (before, after, is_here) else {
                continue;
            };
            let ran = |state: &EnvironmentState| of(state.running.iter(), was);
            if let (Some(ran), None) = (ran(&before), ran(&after)) {
                if !is_free {
                    return Err(format!("{was} was moved while a deployment was under way"));
                }
                left = Some(ran);
            }
        }
        let Some(left) = left else {
            return Ok(());
        };
        self.has_all(outcome, &left)
    }

    /// Whether the new owner has all that the former one had.
    fn has_all(&self, outcome: &Outcome<'_>, left: &Running) -> Result<(), String> {
        let (was, name, there) = (self.was, self.name, self.there);
        let states = outcome.all::<EnvironmentState>(there, "state");
        let Some(state) = states.first() else {
            return Err(format!("{was} was moved, and {there} has no record"));
        };
        if of(state.running.iter(), name).is_none() {
            return Err(format!(
                "{was} was moved, and {name} is not recorded as running"
            ));
        }
        if of(state.found.iter(), name).is_none() {
            return Err(format!("{name} has no way back to what was found of {was}"));
        }
        let by_another = there != HERE;
        let running = of(state.running.iter(), name);
        if by_another && running.is_some_and(|running| !running.is_same(left)) {
            return Err(format!(
                "{name} is recorded as something else than {was} ran"
            ));
        }
        let ledger = outcome.world.ledger();
        let mut claimed = ledger.items.values().filter(|item| item.key.sk == "claims");
        let is_left = claimed.any(|item| {
            let claims = outcome.read::<Claims>(Some(item), "claims");
            claims.is_some_and(|claims| owners(&claims).iter().any(|owner| owner == was))
        });
        if is_left {
            return Err(format!("{was} was moved, and has a claim"));
        }
        Ok(())
    }

    /// Whether the last rollback that succeeded has brought what its snapshot says of the former name.
    fn goes_back(&self, outcome: &Outcome<'_>) -> Result<(), String> {
        let state = outcome.environment();
        let snapshots = outcome.all::<Snapshot>(HERE, "snapshot#");
        let present = snapshots.iter().find(|one| one.number == state.snapshot);
        let records = outcome.records();
        let made_by = |present: &Snapshot| -> Option<&Deployment> {
            let mut records = records.iter();
            records
                .find(|record| record.id == present.deployment)
                .map(|record| &**record)
        };
        let record = present.and_then(|present| made_by(present));
        let record = record.filter(|record| record.action == ActionName::Rollback);
        let goal = record.and_then(|record| record.snapshot);
        let goal = snapshots.iter().find(|one| Some(one.number) == goal);
        let then = goal.and_then(|goal| of(goal.components.iter(), self.was));
        let now = of(state.running.iter(), self.name);
        match (then, now) {
            (Some(then), Some(now)) if !now.is_same(&then) => Err(format!(
                "a rollback has brought {} of {}, and {} ran {} then",
                now.version(),
                self.name,
                self.was,
                then.version()
            )),
            _ => Ok(()),
        }
    }
}

const HERE: &str = "env#shop/prod";

fn of<'a>(
    mut all: impl Iterator<Item = (&'a ComponentName, &'a Running)>,
    name: &str,
) -> Option<Running> {
    let found = all.find(|(of, _)| of.as_str() == name);
    found.map(|(_, running)| running.clone())
}

fn owners(claims: &Claims) -> Vec<String> {
    let held = claims.held.iter();
    held.map(|held| held.owner.component.to_string()).collect()
}
