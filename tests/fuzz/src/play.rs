//! Tries inputs one after the other, and notices broken properties.

use crate::watch::{self, Most, Tried};
use crate::{Outcome, Target};
use fastrand::Rng;
use peak_alloc::PeakAlloc;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::{Duration, Instant};

/// Counts allocated memory, so that an input that makes memory grow is noticed.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The memory that one input may take beyond what was taken before, in bytes: four times the largest upload that is
/// read at once.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The time that one input may take. Machines differ, so this is far more than any input should take.
const MOST_TIME: Duration = Duration::from_secs(10);

/// The results of the inputs of a target.
#[derive(Debug, Default)]
pub struct Seen {
    /// Inputs that were tried.
    pub inputs: u64,
    /// Inputs that were taken.
    pub taken: u64,
    /// The number of inputs that each finding refused.
    pub findings: BTreeMap<String, u64>,
    /// The most memory that one input took, in bytes.
    pub peak_bytes: usize,
    /// The most time that one input took.
    pub slowest: Duration,
    /// The inputs that broke a property: the number and what happened.
    pub broken: Vec<(u64, String)>,
}

/// Starts the watch once, before the first input.
static WATCHED: Once = Once::new();

/// Tries the inputs of these numbers. An input that does not end, or takes all memory, ends the process and is named.
pub fn play(target: &Target, numbers: impl Iterator<Item = u64>) -> Seen {
    WATCHED.call_once(|| {
        watch::start(Most { bytes: MOST_BYTES, time: MOST_TIME, now: || MEMORY.current_usage() });
    });
    let mut attempt = (target.ready)();
    let mut seen = Seen::default();
    for number in numbers {
        let mut shown = Vec::new();
        let mut rng = rng(target, number);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let began = Instant::now();
        watch::begin(Tried { target: target.name, number, began, before });
        let tried = catch_unwind(AssertUnwindSafe(|| attempt(&mut rng, &mut shown)));
        watch::end();
        let took = began.elapsed();
        let peak = MEMORY.peak_usage().saturating_sub(before);
        seen.inputs += 1;
        seen.peak_bytes = seen.peak_bytes.max(peak);
        seen.slowest = seen.slowest.max(took);
        let wrong = match tried {
            Err(_) => Some("it panics".to_owned()),
            Ok(Err(broken)) => Some(broken),
            Ok(Ok(_)) if peak > MOST_BYTES => Some(format!("it takes {peak} bytes of memory")),
            Ok(Ok(_)) if took > MOST_TIME => Some(format!("it takes {} s", took.as_secs())),
            Ok(Ok(outcome)) => {
                note(&mut seen, outcome);
                None
            }
        };
        if let Some(wrong) = wrong {
            seen.broken.push((number, wrong));
            attempt = (target.ready)();
        }
    }
    seen
}

/// Returns the bytes of an input, as far as the target shows them.
pub fn input(target: &Target, number: u64) -> Vec<u8> {
    let mut shown = Vec::new();
    let mut attempt = (target.ready)();
    let _ = catch_unwind(AssertUnwindSafe(|| attempt(&mut rng(target, number), &mut shown)));
    shown
}

fn rng(target: &Target, number: u64) -> Rng {
    let name = target.name.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    Rng::with_seed(name ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn note(seen: &mut Seen, outcome: Outcome) {
    match outcome {
        Outcome::Taken => seen.taken += 1,
        Outcome::Refused(names) => {
            for name in names {
                *seen.findings.entry(name).or_default() += 1;
            }
        }
    }
}
