//! Watches an input while it is tried. An input that never ends, or takes all memory, is named.

use std::collections::HashMap;
use std::process::exit;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// The time between two looks.
const EVERY: Duration = Duration::from_millis(100);

/// The factor of the limits at which an input is given up, and the process ends. An input below it ends by itself: then
/// its own thread reports that it exceeded a limit, and goes on with the other inputs.
const TIMES: u32 = 6;

/// An input that is tried.
#[derive(Debug, Clone, Copy)]
pub struct Tried {
    /// The target's name.
    pub target: &'static str,
    /// The input's number.
    pub number: u64,
    /// The time at which it began.
    pub began: Instant,
    /// The memory that was taken before, in bytes.
    pub before: usize,
}

/// The limits of one input.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// The memory that it may take, in bytes.
    pub bytes: usize,
    /// The time that it may take.
    pub time: Duration,
    /// Returns the memory that all inputs take now, in bytes.
    pub now: fn() -> usize,
}

type All = HashMap<ThreadId, Tried>;

static TRIED: LazyLock<Mutex<All>> = LazyLock::new(Mutex::default);

fn all() -> MutexGuard<'static, All> {
    TRIED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes that this thread begins to try an input.
pub fn begin(tried: Tried) {
    all().insert(thread::current().id(), tried);
}

/// Notes that the input of this thread has ended.
pub fn end() {
    all().remove(&thread::current().id());
}

/// Watches the inputs from now on, and ends the process if an input exceeds the limits too far.
pub fn start(most: Most) {
    thread::spawn(move || {
        loop {
            thread::sleep(EVERY);
            let tried: Vec<Tried> = all().values().copied().collect();
            let wrong = tried.iter().find_map(|tried| wrong(tried, most, Instant::now()));
            if let Some(wrong) = wrong {
                eprintln!("{wrong}");
                exit(3);
            }
        }
    });
}

/// Returns the reason why an input is given up, or `None`.
fn wrong(tried: &Tried, most: Most, now: Instant) -> Option<String> {
    let took = now.saturating_duration_since(tried.began);
    let bytes = (most.now)().saturating_sub(tried.before);
    let what = if took > most.time * TIMES {
        format!("it does not end within {} s", took.as_secs())
    } else if bytes > most.bytes * TIMES as usize {
        format!("it takes {bytes} bytes of memory and goes on")
    } else {
        return None;
    };
    let Tried { target, number, .. } = tried;
    Some(format!("{what}: windlass-fuzz one {target} {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_end_or_takes_all_memory_is_named() {
        let began = Instant::now();
        let tried = Tried { target: "names", number: 7, began, before: 100 };
        let most = |now| Most { bytes: 10, time: Duration::from_secs(1), now };
        let after = |seconds| began + Duration::from_secs(seconds);
        assert_eq!(wrong(&tried, most(|| 160), after(6)), None);
        let found = wrong(&tried, most(|| 0), after(7));
        assert_eq!(found.as_deref(), Some("it does not end within 7 s: windlass-fuzz one names 7"));
        let found = wrong(&tried, most(|| 161), after(0));
        assert_eq!(found.as_deref(), Some("it takes 61 bytes of memory and goes on: windlass-fuzz one names 7"));
    }
}
