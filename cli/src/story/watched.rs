//! The time for which a wave is watched, and what persons did meanwhile.

use super::{AT_ONCE, Line};
use crate::record::Record;
use windlass_domain::judgement::Judgement;

/// Returns the lines on what persons did at the wheel while a wave was watched.
pub(super) fn steered(record: &Record, wave: u32) -> impl Iterator<Item = Line> {
    let turns = record.deployment.wheel.iter();
    let of_it = turns.filter(move |turn| turn.wave == wave);
    of_it.map(|turn| Line::plain(format!("  {} {}", turn.at.clock(), turn.in_words())))
}

/// Returns the line on how long a wave is watched.
pub(super) fn watched(judgement: &Judgement) -> Line {
    let number = judgement.wave + 1;
    let watched = if judgement.until > judgement.started {
        format!("watched until {} UTC", judgement.until.clock())
    } else {
        AT_ONCE.to_owned()
    };
    Line::new(
        format!("watch {number}"),
        format!("  wave {number} is {watched}"),
    )
}
