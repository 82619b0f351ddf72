//! The longest time of a pause, by the room in the execution and by the time that AWS waits.

use super::Watched;
use crate::execution_history::{LONGEST_S, WaveHistory};
use crate::judgement::{Judgement, SLOWEST_S};
use crate::plan::{Timing, Wave, latest_changes, waves_of};
use crate::time::{Span, Time};

/// The seconds that AWS must wait longer than a pause: the look that ends it may come so late.
const LOOK_S: u64 = 60;

/// The longest pause, and what bounds it.
pub(super) struct Longest {
    pub seconds: u64,
    pub because: String,
}

/// Returns the looks for which the history has room while it is paused.
pub(super) fn looks(watched: &Watched<'_>, history: &WaveHistory<'_>) -> u64 {
    let spent = watched.judgements.iter();
    let spent: u64 = spent.map(|one| u64::from(one.paused_polls)).sum();
    history.spare_looks().saturating_sub(spent)
}

/// Returns the longest pause that can end as it says, in seconds.
pub(super) fn longest(watched: &Watched<'_>, history: &WaveHistory<'_>, judgement: &Judgement, now: Time) -> Longest {
    let gone_s = now.ms_since(watched.record.accepted) / 1000;
    let left_s = LONGEST_S.saturating_sub(history.seconds() + gone_s);
    let history_s = looks(watched, history) * SLOWEST_S;
    let mut longest = Longest {
        seconds: left_s.min(history_s),
        because: format!("an execution may take {} and has a history of limited length", Span::seconds(LONGEST_S)),
    };
    for (component, (reached, change)) in latest_changes(&watched.plan.waves, judgement.wave) {
        let Some(Timing::Waits(waits_s)) = change.timing else {
            continue;
        };
        let since = watched.judgements.iter().find(|one| one.wave == reached);
        let since = since.map_or(now, |one| one.started);
        let waves = &watched.plan.waves;
        let own = waves_of(waves, component);
        let next = own.into_iter().find(|wave| *wave > judgement.wave);
        let after_s = between(waves, judgement.wave, next) + LOOK_S;
        let end = since.plus_s(waits_s.saturating_sub(after_s));
        let seconds = end.ms_since(now) / 1000;
        if seconds < longest.seconds {
            longest = Longest {
                seconds,
                because: format!(
                    "AWS waits for Windlass with `{component}` until {}, and takes it back then",
                    since.plus_s(waits_s)
                ),
            };
        }
    }
    longest
}

/// Returns the seconds for which the waves behind this one are watched, until the next one begins.
fn between(waves: &[Wave], wave: u32, next: Option<u32>) -> u64 {
    let end = next.map_or(waves.len(), |next| next as usize);
    let behind = waves.iter().take(end).skip(wave as usize + 1);
    behind.map(|wave| wave.bake_s).sum()
}
