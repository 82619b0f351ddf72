use crate::deed::Deed;
use crate::happening::Event;
use crate::outcome::Outcome;
use windlass_domain::declaration::tenancy::ResourceClaims;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::drill::Drills;
use windlass_domain::environment::{EnvironmentState, Lock, Running, Snapshot};
use windlass_domain::release::action::ActionName;
use windlass_domain::text::name::ComponentName;

/// "So that there is no moment at which nobody has the target" (decision 0539): if a component gets another name or
/// owner, the new one has its claims from the same moment on, and its record with the way back. A move happens only
/// while nothing is under way and no drill has to come back, or it does not happen. A rollback by the new name goes
/// back to what ran under the old one. A whole application gets another name with all of its components and without its
/// former declaration, or it keeps both (decision 0539).
///
/// Safety: moving: What has another name or owner has its claims and its record from one moment to the next, or not at
/// all.
pub fn moves_whole(outcome: &Outcome<'_>) -> Result<(), String> {
    let moves = outcome.scenario.acts.iter();
    let moves: Vec<Move> = moves.flat_map(|act| Move::of(act.deed, outcome.scenario.declaration)).collect();
    for one in &moves {
        one.is_whole(outcome)?;
        one.goes_back(outcome)?;
    }
    let mut acts = outcome.scenario.acts.iter();
    if acts.any(|act| matches!(act.deed, Deed::RenameAll)) {
        is_one(outcome)?;
    }
    Ok(())
}

/// Checks that the former name has all of the application, or nothing of it.
fn is_one(outcome: &Outcome<'_>) -> Result<(), String> {
    let states = outcome.all::<EnvironmentState>(HERE, "state");
    let left: Vec<String> = states.iter().flat_map(|state| state.running.keys().map(ToString::to_string)).collect();
    let ledger = outcome.world.dynamodb();
    let mut keys = ledger.items.keys();
    let is_declared = keys.any(|key| key.pk == "app#shop" && key.sk == "declaration");
    drop(ledger);
    let has_all = ["api", "jobs"].iter().all(|name| left.iter().any(|it| it == name));
    match (is_declared, left.is_empty()) {
        (true, true) => Err("the application has another name, and its former declaration is in force".into()),
        (false, false) => Err(format!("{left:?} runs by a name that is not declared any more")),
        (true, false) if !has_all => Err(format!("of the application {left:?} alone has its former name")),
        _ => Ok(()),
    }
}

/// A move that was asked for.
struct Move {
    was: &'static str,
    name: &'static str,
    /// The application that has the component from then on.
    app: &'static str,
}

impl Move {
    /// Returns the moves of a deed. To rename the whole application is to move every component that it declares.
    fn of(deed: Deed, declaration: &'static str) -> Vec<Self> {
        match deed {
            Deed::Rename(was, name) => vec![Self::to("shop", was, name)],
            Deed::HandOver(was, name) => vec![Self::to("bank", was, name)],
            Deed::RenameAll => {
                let names = ["api", "jobs"].into_iter();
                let declared = names.filter(|name| declaration.contains(&format!("  {name}: {{")));
                declared.map(|name| Self::to("bank", name, name)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn to(app: &'static str, was: &'static str, name: &'static str) -> Self {
        Self { was, name, app }
    }

    /// Returns the partition of the new owner's record.
    fn there(&self) -> String {
        format!("env#{}/prod", self.app)
    }

    fn is_whole(&self, outcome: &Outcome<'_>) -> Result<(), String> {
        let (was, name) = (self.was, self.name);
        let (former, new) = (format!("shop/{was}"), format!("{}/{name}", self.app));
        let mut is_free = outcome.lock_before.held.is_none();
        let mut is_drilled = false;
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
            if is_here && let Some(drills) = outcome.read::<Drills>(change.after.as_ref(), "drills") {
                is_drilled = drills.under_way.is_some();
            }
            let claims = |item| {
                let claims = outcome.read::<ResourceClaims>(item, "claims");
                claims.as_deref().map(owners).unwrap_or_default()
            };
            let (before, after) = (claims(change.before.as_ref()), claims(change.after.as_ref()));
            let lost = |all: &[String]| all.contains(&former);
            if lost(&before) && !lost(&after) && !after.contains(&new) {
                return Err(format!("{was} has lost a claim, and {name} does not have it"));
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
                if is_drilled {
                    return Err(format!("{was} was moved while a drill was under way"));
                }
                left = Some(ran);
            }
        }
        let Some(left) = left else {
            return Ok(());
        };
        self.has_all(outcome, &left)
    }

    /// Checks that the new owner has everything that the former one had.
    fn has_all(&self, outcome: &Outcome<'_>, left: &Running) -> Result<(), String> {
        let (was, name, there) = (self.was, self.name, self.there());
        let states = outcome.all::<EnvironmentState>(&there, "state");
        let Some(state) = states.first() else {
            return Err(format!("{was} was moved, and {there} has no record"));
        };
        if of(state.running.iter(), name).is_none() {
            return Err(format!("{was} was moved, and {name} is not recorded as running"));
        }
        if of(state.found.iter(), name).is_none() {
            return Err(format!("{name} has no way back to what was found of {was}"));
        }
        let by_another = there != HERE;
        let running = of(state.running.iter(), name);
        if by_another && running.is_some_and(|running| !running.is_same(left)) {
            return Err(format!("{name} is recorded as something else than {was} ran"));
        }
        let ledger = outcome.world.dynamodb();
        let mut claimed = ledger.items.values().filter(|item| item.key.sk == "claims");
        let is_left = claimed.any(|item| {
            let claims = outcome.read::<ResourceClaims>(Some(item), "claims");
            claims.is_some_and(|claims| owners(&claims).contains(&format!("shop/{was}")))
        });
        if is_left {
            return Err(format!("{was} was moved, and has a claim"));
        }
        Ok(())
    }

    /// Checks that the last rollback that succeeded has brought what its snapshot says of the former name.
    fn goes_back(&self, outcome: &Outcome<'_>) -> Result<(), String> {
        let state = outcome.environment();
        if of(state.running.iter(), self.was).is_some() {
            return Ok(());
        }
        let snapshots = outcome.all::<Snapshot>(HERE, "snapshot#");
        let present = snapshots.iter().find(|one| one.number == state.snapshot);
        let records = outcome.records();
        let made_by = |present: &Snapshot| -> Option<&Deployment> {
            let mut records = records.iter();
            records.find(|record| record.id == present.deployment).map(|record| &**record)
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

/// Returns whether a component should have got this name, and its target is still recorded under another one, because
/// the rename was refused or failed. A release by the new name has then found what ran under the former one.
pub fn was_not_renamed(outcome: &Outcome<'_>, component: &str) -> bool {
    let state = outcome.environment();
    let mut acts = outcome.scenario.acts.iter();
    acts.any(|act| match act.deed {
        Deed::Rename(was, name) => name == component && of(state.running.iter(), was).is_some(),
        _ => false,
    })
}

const HERE: &str = "env#shop/prod";

fn of<'a>(mut all: impl Iterator<Item = (&'a ComponentName, &'a Running)>, name: &str) -> Option<Running> {
    let found = all.find(|(of, _)| of.as_str() == name);
    found.map(|(_, running)| running.clone())
}

fn owners(claims: &ResourceClaims) -> Vec<String> {
    let held = claims.held.iter();
    held.map(|held| format!("{}/{}", held.owner.app, held.owner.component)).collect()
}
