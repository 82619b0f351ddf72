//! Pure: how long the writes of a switch may take, so that all of them end within the time for which it
//! is recorded as an open call. It begins to send 10 s before the end of that time at the latest.

use crate::kinds::site::parts::is_large;
use crate::kinds::site::plan::{Op, What};

/// No write begins after this many milliseconds, but for one that S3 has throttled, which is made again
/// after a pause of up to 0.4 s.
pub const SENDING_MS: u64 = 5_000;

/// How long a write takes at most.
const WITHIN_MS: u64 = 4_000;

/// How long a write of a large file takes at most, which S3 copies or puts together.
const LARGE_WITHIN_MS: u64 = 24_000;

/// How much longer a switch may take that has such a write, in seconds.
const LARGE_LONGER_S: u64 = 20;

/// How many seconds longer than usual it may take to do the ops.
pub fn takes_longer_s(ops: &[Op]) -> u64 {
    if ops.iter().any(is_slow) {
        LARGE_LONGER_S
    } else {
        0
    }
}

/// After how many milliseconds the write of an op is given up.
pub fn within_ms(op: &Op) -> u64 {
    if is_slow(op) {
        LARGE_WITHIN_MS
    } else {
        WITHIN_MS
    }
}

fn is_slow(op: &Op) -> bool {
    match &op.what {
        What::Put(file) => is_large(file.bytes),
        What::Restore(object) => is_large(object.bytes),
        What::Delete => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::site::pace::Pace;

    #[test]
    fn every_write_ends_in_the_time_of_its_open_call() {
        let last_begins = SENDING_MS + Pace::pause_ms(2);
        assert!(last_begins + WITHIN_MS <= 10_000);
        assert!(last_begins + LARGE_WITHIN_MS <= 10_000 + LARGE_LONGER_S * 1000);
    }
}
