//! The schedules that are played: every one with one mishap, those with a second one within the recovery of the first,
//! and random ones.

use crate::happening::Counts;
use crate::play::Played;
use crate::schedule::{Counted, Mishap, Schedule, What};
use crate::switches::is_switch;
use windlass_world::calls::only_reads;

/// Returns all schedules with one mishap, of a scenario whose plain run is known.
pub fn one_mishap(scenario: &str, plain: &Played) -> Vec<Schedule> {
    one_of(&What::ALL, scenario, plain)
}

/// Returns all schedules with one of these mishaps.
pub fn one_of(whats: &[What], scenario: &str, plain: &Played) -> Vec<Schedule> {
    let mut schedules = Vec::new();
    for &what in whats {
        let all = (1..=count(plain, what.counted())).map(|at| Mishap { what, at });
        let placed = all.filter(|mishap| may_be_placed(mishap, plain));
        schedules.extend(placed.map(|mishap| Schedule::with(scenario, &[mishap])));
    }
    schedules
}

/// Returns the schedules with a second mishap within the recovery that followed the first, in a run that is known. Of
/// those that differ only every `step`-th one is returned.
pub fn second_mishap(first: &Schedule, played: &Played, step: usize) -> Vec<Schedule> {
    let all = second_of(&What::ALL, first, played).into_iter();
    let others = all.filter(|pair| pair.mishaps.iter().skip(1).all(|second| differs(second, played)));
    others.step_by(step.max(1)).collect()
}

/// Returns whether a mishap after a call has another effect than the same mishap before the call, in a run whose calls
/// are known. For a read it has none: a read whose answer is lost is like one that was never made
/// (`tests/simulation.rs` shows that both end alike).
pub fn differs(mishap: &Mishap, played: &Played) -> bool {
    let is_after = matches!(mishap.what, What::FailsAfter | What::HangsAfter | What::KilledAfter | What::Late);
    !(is_after && call_at(mishap.at, played).is_some_and(only_reads))
}

/// Returns whether a mishap is placed here, in a run whose calls are known. Only a call that switches can be late.
fn may_be_placed(mishap: &Mishap, played: &Played) -> bool {
    mishap.what != What::StoppedLate || call_at(mishap.at, played).is_some_and(is_switch)
}

fn call_at(number: u64, played: &Played) -> Option<&'static str> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    played.calls.get(index).copied()
}

/// Returns all schedules with one of these mishaps as the second one, within the recovery of the first.
pub fn second_of(whats: &[What], first: &Schedule, played: &Played) -> Vec<Schedule> {
    let (Some(former), Some([from, to])) = (first.mishaps.first(), &played.recovery) else {
        return Vec::new();
    };
    let of = |counts: &Counts, what: What| counts.get(&what.counted()).copied().unwrap_or_default();
    let seconds = whats.iter().flat_map(|&what| {
        let within = of(from, what) + 1..=of(to, what);
        let within = within.map(move |at| Mishap { what, at });
        within.filter(|mishap| may_be_placed(mishap, played))
    });
    let pair = |second| Schedule::with(&first.scenario, &[*former, second]);
    seconds.map(pair).collect()
}

/// Makes a random schedule: up to four mishaps, and latencies that let parts interleave differently each time.
pub fn random(scenario: &str, plain: &Played, seed: u64) -> Schedule {
    let mut random = fastrand::Rng::with_seed(seed);
    let how_many = random.usize(1..=4);
    let mishaps = (0..how_many).map(|_| {
        let what = What::ALL[random.usize(..What::ALL.len())];
        // Mishaps make a run longer.
        let longest = count(plain, what.counted()) * 3 / 2;
        Mishap { what, at: random.u64(1..=longest.max(1)) }
    });
    Schedule { mishaps: mishaps.collect(), latencies: seed.max(1), ..Schedule::plain(scenario) }
}

fn count(plain: &Played, counted: Counted) -> u64 {
    plain.counted.get(&counted).copied().unwrap_or_default()
}

/// Returns the shortest schedule that still breaks the same rule, without the parts that it does not need.
pub fn shrink(schedule: &Schedule, mut breaks: impl FnMut(&Schedule) -> bool) -> Schedule {
    let mut shortest = schedule.clone();
    if shortest.latencies > 0 {
        let even = Schedule { latencies: 0, ..shortest.clone() };
        if breaks(&even) {
            shortest = even;
        }
    }
    let mut at = 0;
    while at < shortest.mishaps.len() {
        let mut shorter = shortest.clone();
        shorter.mishaps.remove(at);
        if breaks(&shorter) {
            shortest = shorter;
        } else {
            at += 1;
        }
    }
    shortest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_shrinks_to_what_breaks_the_rule() {
        let mishap = |at| Mishap { what: What::Late, at };
        let schedule = Schedule { latencies: 9, ..Schedule::with("canary", &[mishap(1), mishap(2), mishap(3)]) };
        let breaks = |tried: &Schedule| tried.mishaps.contains(&mishap(2));
        assert_eq!(shrink(&schedule, breaks).to_string(), "canary+late@2");
        let only_so = |tried: &Schedule| *tried == schedule;
        assert_eq!(shrink(&schedule, only_so), schedule);
    }
}
