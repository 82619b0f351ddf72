//! The time that a measurement takes on a core, whatever else runs beside it.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Returns the time that this process was on a core so far (Linux, `proc_pid_schedstat`). On another system it is the
/// time by the clock.
pub fn on_core() -> Duration {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let statistics = std::fs::read_to_string("/proc/self/schedstat").ok();
    let first = statistics.as_deref().and_then(|text| text.split(' ').next());
    match first.and_then(|nanoseconds| nanoseconds.parse().ok()) {
        Some(nanoseconds) => Duration::from_nanos(nanoseconds),
        None => BEGAN.elapsed(),
    }
}
