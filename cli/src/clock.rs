//! The clock of this machine.

use std::time::SystemTime;
use windlass_domain::time::Time;

/// Returns the time now, by the clock of this machine.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Time(since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}
