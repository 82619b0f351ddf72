//! Time limits and attempts of calls.
//!
//! They fit in the functions' timeouts, so that a call never outlives the invocation that made it.

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(3);

/// Reading and additive changes: three attempts within 20 s.
pub(crate) fn attempts() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3)
}

/// Reading and additive changes: 8 s an attempt, 20 s with all attempts.
pub(crate) fn ordinary() -> TimeoutConfig {
    times(8, 20)
}

/// Objects' bytes, but for those of a switching write: 25 s an attempt, 50 s with all attempts.
pub(crate) fn transfer() -> TimeoutConfig {
    times(25, 50)
}

/// Objects' bytes where a person or a CI job waits, whose line may be slow: an hour.
pub(crate) fn patient() -> TimeoutConfig {
    times(3600, 3600)
}

/// A switching change is sent once: a second send could arrive after somebody else's decision. The
/// engine observes before it asks again.
pub(crate) fn one_attempt() -> RetryConfig {
    RetryConfig::disabled()
}

/// A switching change: 10 s, well within the 15 s for which an open call is recorded.
pub(crate) fn switching() -> TimeoutConfig {
    times(10, 10)
}

/// A switching write of an object, of which one change has many. Its caller gives the limit, so that all of them end
/// within the time for which their open call is recorded.
pub(crate) fn switching_within(limit: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(limit).operation_timeout(limit).build()
}

/// A read between the record of a switching change and its send: 2 s, so that the send still begins and ends in its
/// time.
pub(crate) fn look() -> TimeoutConfig {
    times(2, 2)
}

/// An invocation of a function under test: its answer may take 50 s.
pub(crate) fn invocation() -> TimeoutConfig {
    times(50, 50)
}

fn times(attempt_s: u64, operation_s: u64) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(Duration::from_secs(attempt_s))
        .operation_timeout(Duration::from_secs(operation_s))
        .build()
}
