//! The end of a run: nothing is left to move.

use crate::due_later::Later;
use crate::stage::Stage;
use windlass_engine::ledger;

/// The way in which a run came to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Nothing moves any more, and nothing is left to do.
    Quiet,
    /// It never came to rest.
    Never,
}

impl Stage<'_> {
    /// Returns whether the run is at rest: nothing runs or is on its way. Nobody holds a lock, waits, or has no ending,
    /// and no drill is to come back. What a recovery left has been looked at again. Arrivals have been looked for.
    /// Changes between deployments have been found, and restored if that is declared. A check has looked for a way back
    /// that was lost.
    pub(crate) fn is_at_rest(&self) -> bool {
        let only_schedules = self.agenda.values().all(Later::is_schedule);
        self.tasks.is_empty()
            && only_schedules
            && !self.stream_comes
            && !self.is_somebody_left()
            && !self.is_looked_for()
            && !self.is_look_awaited()
            && !self.is_healing_awaited()
            && !self.is_check_awaited()
    }

    fn is_somebody_left(&self) -> bool {
        let ledger = self.world.dynamodb();
        ledger.items.values().any(|item| {
            let waits = item.key.sk.starts_with("waiting#");
            let held =
                item.key.sk == "lock" && item.body.get("held").is_some_and(|held| held["state"] != "needs_operator");
            // The schedule has to find a deployment that has no ending.
            let open = item.key.sk == "record" && !item.body.contains_key("ending");
            let index = item.index.as_ref();
            let is_due = index.is_some_and(|index| [ledger::SECOND_LOOKS.pk, ledger::DRILLS.pk].contains(&&*index.pk));
            waits || held || open || is_due
        })
    }
}
