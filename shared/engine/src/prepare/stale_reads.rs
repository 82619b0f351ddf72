//! Checks whether what was observed may be older than the changes of the deployment before this one.
//!
//! AWS may answer with the state of a moment ago (Amazon ECS API Reference, DescribeServices: eventually consistent). A
//! plan that is made upon that would find nothing to do, or take a former state for the one to return to.

use super::component::Draft;
use super::scene::Scene;
use crate::kinds::Recorded;
use crate::ports::Result;
use windlass_domain::finding::FindingName;
use windlass_domain::step::SEEN_AFTER_MS;
use windlass_domain::time::Time;

/// Returns for how many milliseconds a look may not show yet what the deployment before has changed; `None` if
/// everything shows.
fn until_seen(scene: &Scene, now: Time) -> Option<u64> {
    let since = now.ms_since(scene.loaded.freed?);
    (since < SEEN_AFTER_MS).then(|| SEEN_AFTER_MS - since)
}

/// Returns for how many milliseconds to wait before everything is observed anew. `None` if what was seen is what the
/// ledger says that runs, or is surely true.
pub fn wait_ms(scene: &Scene, drafts: &[Draft<'_>], now: Time) -> Result<Option<u64>> {
    let Some(ms) = until_seen(scene, now) else {
        return Ok(None);
    };
    for draft in drafts {
        if !is_expected(scene, draft)? {
            return Ok(Some(ms));
        }
    }
    Ok(None)
}

fn is_expected(scene: &Scene, draft: &Draft<'_>) -> Result<bool> {
    let mut findings = draft.prepared.findings.iter();
    if findings.any(|finding| matches!(finding.name, FindingName::TargetMissing | FindingName::TargetNotReady)) {
        return Ok(false);
    }
    let before = &draft.prepared.before;
    match scene.state.running.get(draft.name) {
        _ if before.is_null() => Ok(true),
        Some(running) if !running.state.is_null() => {
            let before = Recorded::read("state before", before)?;
            let left = Recorded::read("state that runs", &running.state)?;
            Ok(before.is_as_left(&left))
        }
        _ => Ok(false),
    }
}
