//! The end of a run: nothing is left to move.

use crate::due_later::Later;
use crate::stage::Stage;
use windlass_engine::ledger;

/// The seconds within which a promotion that is due holds off the end of a run.
const SOON_S: u64 = 20 * 60;

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
    /// no drill is to come back, and no promotion is due soon. What a recovery left has been looked at again. Arrivals
    /// have been looked for. Changes between deployments have been found, and restored if that is declared. A check has
    /// looked for a way back that was lost.
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
        // A try that came to nothing is made again in a quarter of an hour; each rule of a scenario asks for half an hour.
        let soon = format!("{:015}", self.world.true_time().plus_s(SOON_S).0);
        let ledger = self.world.dynamodb();
        let stays = ledger.items.values().any(|item| {
            let is =
                |member: &str, key: &str| item.key.sk == member && item.body.get(key).is_some_and(|it| !it.is_null());
            is("state", "hold") || is("lock", "held") && item.body["held"]["state"] == "needs_operator"
        });
        ledger.items.values().any(|item| {
            let waits = item.key.sk.starts_with("waiting#");
            let held =
                item.key.sk == "lock" && item.body.get("held").is_some_and(|held| held["state"] != "needs_operator");
            // The schedule has to find a deployment that has no ending.
            let open = item.key.sk == "record" && !item.body.contains_key("ending");
            let index = item.index.as_ref();
            let is_due = index.is_some_and(|index| [ledger::SECOND_LOOKS.pk, ledger::DRILLS.pk].contains(&&*index.pk));
            let goes_on = index.is_some_and(|index| index.pk == ledger::PROMOTIONS.pk && index.sk < soon) && !stays;
            waits || held || open || is_due || goes_on
        })
    }
}
