//! The times of calls, and the latest time at which they take effect: the assumptions of `docs/SAFETY.md`.

use crate::switches::is_switch;
use windlass_domain::deployment::step::OPEN_CALL_GRACE_S;
use windlass_domain::text::time::Time;
use windlass_engine::measurements::LONGEST_PROBE_MS;
use windlass_engine::ports::{LOOK_S, STARTS_S};

/// The largest error of a function's clock, in milliseconds.
pub const SKEW_MS: u64 = 900;

/// The time for which a request may still be on its way when its sender has given it up, in milliseconds. It is what
/// `OPEN_CALL_GRACE_S` leaves if of two clocks one is ahead and one behind, less a moment in which somebody looks for
/// it.
const ON_ITS_WAY_MS: u64 = OPEN_CALL_GRACE_S * 1000 - 2 * SKEW_MS - 100;

/// The time after which a request takes effect that AWS holds beyond all assumptions, in milliseconds: when the
/// recovery is over, and before the second look.
pub const HELD_MS: u64 = 300_000;

/// The time by which reads that need not be consistent are behind, in milliseconds. A value above what Windlass waits
/// for after a change is more than `docs/SAFETY.md` assumes.
pub const BEHIND_MS: u64 = 15_000;

/// The longest time by which a read is behind where the latencies of calls are random, in milliseconds.
pub const BEHIND_AT_RANDOM_MS: u64 = 3_000;

/// The time for which reads are behind, in milliseconds.
pub const BEHIND_FOR_MS: u64 = 30_000;

/// The longest time of a slow call whose function Step Functions has lost, in milliseconds: longer than the first wait
/// of the Task's Retry.
const TWIN_MS: u64 = 7_000;

/// The timeout of a user's function, in seconds: the longest that one may have.
const OF_A_FUNCTION_S: u64 = 30;

/// Returns the time that an adapter waits for an answer, in milliseconds, with its own attempts
/// (`shared/aws/src/limits.rs`), if its caller does not say how long.
pub fn budget_ms(name: &str, within_ms: Option<u64>) -> u64 {
    within_ms.unwrap_or_else(|| match name {
        // What it sends is read before that, within two seconds.
        "cloudfront.set_origin_path" => 12_000,
        "lambda.invoke" | "lambda.download" => 50_000,
        "external.look" => LOOK_S * 1000,
        "external.change" | "external.prepare" => (OF_A_FUNCTION_S + STARTS_S) * 1000,
        "probe.converse" | "probe.probe" => LONGEST_PROBE_MS,
        _ if name.starts_with("s3.") => 50_000,
        _ if is_switch(name) => 10_000,
        _ => 20_000,
    })
}

/// Returns whether a request may be under way for longer than its sender has recorded: a user's function goes on until
/// its own timeout, whatever the record says.
pub fn runs_on(name: &str) -> bool {
    name == "external.change"
}

/// Returns the latest time at which a request takes effect that may be under way until the given time.
pub fn late(until: Time) -> Time {
    until.plus_ms(ON_ITS_WAY_MS)
}

/// Returns the time after which a slow call takes effect whose answer comes within its budget, in milliseconds.
pub fn slow_ms(budget_ms: u64) -> u64 {
    budget_ms / 5 * 4
}

/// The same if another invocation begins meanwhile.
pub fn twin_ms(budget_ms: u64) -> u64 {
    slow_ms(budget_ms).min(TWIN_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The adapters need an SDK, which nothing here does, so the test reads their source.
    #[test]
    fn these_are_the_limits_of_the_adapters() {
        let limits = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/aws/src/limits.rs");
        let limits = std::fs::read_to_string(limits).unwrap();
        let operation_ms = |of: &str| {
            let named = format!("fn {of}() -> TimeoutConfig {{\n    times(");
            let (_, rest) = limits.split_once(&named).unwrap();
            let (times, _) = rest.split_once(')').unwrap();
            let (_, operation_s) = times.split_once(", ").unwrap();
            operation_s.parse::<u64>().unwrap() * 1000
        };
        let budget_ms = |name| budget_ms(name, None);
        let [look, switching] = ["look", "switching"].map(operation_ms);
        assert_eq!(budget_ms("lambda.update_alias"), switching);
        assert_eq!(budget_ms("ecs.update_service"), switching);
        assert_eq!(budget_ms("cloudfront.set_origin_path"), look + switching);
        assert_eq!(budget_ms("s3.head"), operation_ms("transfer"));
        assert_eq!(budget_ms("lambda.invoke"), operation_ms("invocation"));
        assert_eq!(budget_ms("ecs.service"), operation_ms("ordinary"));
        assert_eq!(super::budget_ms("s3.put", Some(4_000)), 4_000);
    }
}
