//! Lets the edges of a site's distribution forget what they cached.

use super::ports::SitePorts;
use crate::kinds::Switched;
use crate::ports::Result;
use windlass_domain::fault::{Fault, FaultName};

/// The seconds that an invalidation may take before it is only reported.
const INVALIDATED_S: u64 = 600;
/// The seconds for which an invalidation is tried again that CloudFront refuses.
const TRIED_S: u64 = 180;
/// The milliseconds for which one invocation looks for the end of an invalidation.
const LOOKED_MS: u64 = 15_000;

/// Lets the edges of a distribution forget what they cached, after all of them have the new configuration. Answers a
/// warning where that cannot be done: documents are revalidated anyway, so it never blocks for ever. The whole
/// distribution is invalidated, which counts as one path, because functions and default documents make it unknowable
/// under which addresses a file was cached. `at` are the ports at the target's place.
pub(super) async fn invalidate(at: &impl SitePorts, id: &str, switched: &Switched) -> Result<Vec<String>> {
    let age = || at.now().ms_since(switched.at);
    let everything = ["/*".to_owned()];
    let invalidation = match at.invalidate(id, &switched.token, &everything).await {
        Ok(invalidation) => invalidation,
        Err(fault) if age() < TRIED_S * 1000 => return Err(not_yet(&fault.message)),
        Err(fault) => return Ok(vec![not_forgotten(id, &fault.message)]),
    };
    let started = at.now();
    loop {
        let problem = match at.invalidated(id, &invalidation).await {
            Ok(true) => return Ok(vec![]),
            Ok(false) => format!("the invalidation {invalidation} is in progress"),
            Err(fault) => fault.message,
        };
        if age() > INVALIDATED_S * 1000 {
            return Ok(vec![not_forgotten(id, &problem)]);
        }
        if at.now().ms_since(started) >= LOOKED_MS {
            return Err(not_yet(&problem));
        }
        at.sleep_ms(2_000).await;
    }
}

fn not_yet(why: &str) -> Fault {
    Fault::new(FaultName::StillInProgress, why)
}

fn not_forgotten(distribution: &str, why: &str) -> String {
    format!(
        "the edges of the distribution {distribution} may still serve cached files: {why}. Invalidate `/*` by hand."
    )
}
