//! The shop whose deployments are run, and the checks on them afterwards.

use windlass_domain::release::ending::Ending;
use windlass_machine::shop::Shop;
pub use windlass_machine::state_paths::{
    BACK, BOTH, GO, ROLLED_BACK, WAVE, both, live, path, program, serves, whole_way,
};

pub const SERVICE_WAVE: &str = "Change(Begin Deploy) Changed Judge Judged";

pub fn cause(shop: &Shop<'_>, arn: &str) -> (String, String) {
    let ended = shop.region.ended(arn).unwrap();
    (ended.error.clone(), ended.cause.clone())
}

/// Returns the components that a message names as undone, in its order.
pub fn undone(message: &str) -> Vec<&str> {
    let line = message.lines().find_map(|l| l.trim().strip_prefix("undone: "));
    let changes = line.unwrap_or_default().split("), ");
    changes.filter_map(|change| change.split(' ').next()).collect()
}

pub fn ending(shop: &Shop<'_>, arn: &str) -> Ending {
    shop.deployment(arn).ending.unwrap().ending
}

/// Checks that the record counts transitions as AWS does for the bill: of all executions that worked for it.
pub fn assert_counted(shop: &Shop<'_>, arn: &str) {
    let record = shop.deployment(arn);
    let made = |arn: &String| shop.region.ended(arn).unwrap().execution.path().transitions;
    let made: u64 = record.executions.iter().map(made).sum();
    let counted = record.ending.unwrap().cost.unwrap().transitions;
    assert_eq!(counted, made, "{}", shop.path(arn));
}

pub fn unlocked(shop: &Shop<'_>) -> bool {
    shop.lock().held.is_none()
}
