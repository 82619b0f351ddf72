//! Compares what an hourly look says with what the targets show at that moment. It also says whether a look is
//! awaited.

use crate::happening::Event;
use crate::stage::Stage;
use crate::targets::is_shown;
use serde::Deserialize as _;
use windlass_domain::deployment::heal::{HealDecision, HealFacts, turn};
use windlass_domain::deployment::hourly_look::{EVERY_S, HourlyLook, WayBack};
use windlass_domain::environment::drift::Drift;
use windlass_domain::environment::{EnvironmentState, Lock};
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::ports::Item;
use windlass_world::dynamodb::Written;

/// The time for which a read may show what was before a change, in seconds.
const BEHIND_S: u64 = 30;

fn read(item: &Item) -> Option<HourlyLook> {
    let is_look = item.key.sk == "hourly_look";
    is_look.then(|| HourlyLook::deserialize(&item.body).ok()).flatten()
}

impl Stage<'_> {
    /// Checks what a look says when it comes to its end. The targets of `prod` alone are known here.
    pub(crate) fn hold_looked(&mut self, change: &Written) {
        let Some(look) = change.after.as_deref().and_then(read) else {
            return;
        };
        let former = change.before.as_deref().and_then(read);
        let Some(at) = look.looked.filter(|_| look.environment.as_str() == "prod") else {
            return;
        };
        if former.is_some_and(|former| former.looked == look.looked) {
            return;
        }
        let holder: Lock = self.item(&ledger::lock(look.environment_id())).unwrap_or_default();
        if let Some(held) = holder.held {
            let why = format!("a look shows what {} is changing", held.deployment);
            return self.log(Event::Untrue(why));
        }
        let state: EnvironmentState = self.item(&ledger::state(look.environment_id())).unwrap_or_default();
        let now = self.world.true_time();
        for (name, one) in &look.components {
            let recorded = state.running.get(name).map(|running| &running.state);
            let shows = recorded.and_then(|it| is_shown(&self.world, name.as_str(), it));
            let is_good = match one.drift {
                Drift::None => true,
                Drift::Changed => false,
                Drift::Unknown => continue,
            };
            let since = Time(now.0.saturating_sub(BEHIND_S * 1000));
            let is_true = shows.is_none_or(|shows| shows == is_good);
            if one.at == at && !is_true && !self.is_touched(name.as_str(), since) {
                let why = format!("{name} is said to be as recorded ({is_good}), which is not so");
                self.log(Event::Untrue(why));
            }
        }
    }

    /// Returns whether something is to be restored by a later look.
    pub(crate) fn is_healing_awaited(&self) -> bool {
        if self.drifted_at.is_none() {
            return false;
        }
        let ledger = self.world.dynamodb();
        let item = |sk: &str| ledger.items.values().find(|item| item.key.sk == sk);
        let (Some(looked), Some(state), Some(lock)) = (item("hourly_look"), item("state"), item("lock")) else {
            return false;
        };
        let known = (read(looked), EnvironmentState::deserialize(&state.body), Lock::deserialize(&lock.body));
        let (Some(looked), Ok(recorded), Ok(lock)) = known else {
            return false;
        };
        let standing = HealFacts { look: Some(&looked), lock: &lock, state: &recorded, rev: state.rev, other: None };
        let then = self.world.true_time().plus_s(EVERY_S);
        !matches!(turn(&standing, then), HealDecision::Nothing(_))
    }

    /// Returns whether something was changed between deployments and no look has come to it yet, or something else is
    /// recorded since.
    pub(crate) fn is_look_awaited(&self) -> bool {
        let Some(changed) = self.drifted_at else {
            return false;
        };
        let ledger = self.world.dynamodb();
        // While an operator is needed nobody looks.
        let mut items = ledger.items.values();
        let held = items.find(|item| item.key.sk == "lock");
        let held = held.and_then(|item| Lock::deserialize(&item.body).ok());
        if held.is_some_and(|held| held.stuck().is_some()) {
            return false;
        }
        let looks = ledger.items.values().find_map(|item| read(item));
        let Some(look) = looks else { return true };
        let rev = ledger.items.values().find(|item| item.key.sk == "state");
        let rev = rev.map_or(0, |state| state.rev);
        // A component that could not be read is looked at again.
        let mut seen = look.components.values();
        let is_unknown = seen.any(|one| one.drift == Drift::Unknown);
        // The clock of the looking function may be ahead.
        let seen_since = changed.plus_s(2);
        let is_older = |looked| looked < seen_since;
        is_unknown || look.looked.is_none_or(is_older) || look.state != rev
    }

    /// Returns whether the way back was lost, or came back, and no check that was asked for since has been read; or
    /// another one is due.
    pub(crate) fn is_check_awaited(&self) -> bool {
        let Some(changed) = self.lost_at else {
            return false;
        };
        let ledger = self.world.dynamodb();
        let state = ledger.items.values().find(|item| item.key.sk == "state");
        let state = state.and_then(|item| EnvironmentState::deserialize(&item.body).ok());
        let present = state.map_or(0, |state| state.snapshot);
        let look = ledger.items.values().find_map(|item| read(item));
        let known = look.and_then(|look| look.way_back);
        // The clock of the asking function may be behind.
        let is_unread = |known: &WayBack| known.asked.plus_s(2) < changed || known.awaited(present).is_some();
        known.as_ref().is_none_or(is_unread) || WayBack::is_due(known.as_ref(), present, self.world.true_time())
    }
}
