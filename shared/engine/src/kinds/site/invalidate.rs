//! What follows a switch: the edges forget what they cached.

use super::{Site, SitePorts, Target};
use crate::kinds::Switched;
use crate::ports::Answered;
use windlass_domain::fault::{Fault, FaultName};

/// How long an invalidation may take before it is only reported, in seconds.
const INVALIDATED_S: u64 = 600;
/// How long an invalidation that CloudFront refuses is tried, in seconds.
const TRIED_S: u64 = 180;
/// How long one invocation looks for the end of an invalidation, in milliseconds.
const LOOKED_MS: u64 = 15_000;

impl<P: SitePorts> Site<P> {
    /// Lets the edges forget what they cached, after all of them have the new configuration. Answers a
    /// warning where that cannot be done: documents are revalidated anyway, so it never blocks for
    /// ever. The whole distribution is invalidated, which counts as one path, because functions and
    /// default documents make it unknowable under which addresses a file was cached.
    pub(super) async fn invalidate(
        &self,
        target: &Target,
        switched: &Switched,
    ) -> Answered<Option<String>> {
        let Some(id) = &target.site.distribution else {
            return Ok(None);
        };
        let age = |at: &P| at.now().ms_since(switched.at);
        let everything = ["/*".to_owned()];
        let invalidated = self.at.invalidate(id, &switched.token, &everything);
        let invalidation = match invalidated.await {
            Ok(invalidation) => invalidation,
            Err(fault) if age(&self.at) < TRIED_S * 1000 => return Err(not_yet(&fault.message)),
            Err(fault) => return Ok(Some(failed(id, &fault.message))),
        };
        let started = self.at.now();
        loop {
            let problem = match self.at.invalidated(id, &invalidation).await {
                Ok(true) => return Ok(None),
                Ok(false) => format!("the invalidation {invalidation} is in progress"),
                Err(fault) => fault.message,
            };
            if age(&self.at) > INVALIDATED_S * 1000 {
                return Ok(Some(failed(id, &problem)));
            }
            if self.at.now().ms_since(started) >= LOOKED_MS {
                return Err(not_yet(&problem));
            }
            self.at.sleep_ms(2_000).await;
        }
    }
}

fn not_yet(why: &str) -> Fault {
    Fault::new(FaultName::StillInProgress, why)
}

fn failed(distribution: &str, why: &str) -> String {
    format!(
        "the edges of the distribution {distribution} may still serve cached files: {why}. Invalidate `/*` by hand."
    )
}
