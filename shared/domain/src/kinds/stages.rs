//! The stages of a component's rollout, as the engine plans them.

use super::Spec;
use super::rollout::Rollout;
use crate::plan::Stage;
use std::collections::BTreeSet;

impl Spec {
    /// Returns the stages of its rollout, as the engine plans them.
    pub fn stages(&self) -> Vec<Stage> {
        let stage = |bake_s, ahead| Stage {
            what: String::new(),
            bake_s,
            ahead,
            closing: false,
            look: false,
            tested: false,
            share: None,
            later: BTreeSet::new(),
            timing: None,
        };
        let mut stages = Vec::new();
        stages.extend(self.is_tried_ahead().then(|| stage(None, true)));
        if let Some(Rollout { steps, every }) = self.rollout() {
            stages.extend(steps.iter().map(|_| stage(Some(every.as_s()), false)));
        }
        stages.push(stage(None, false));
        stages.extend(self.is_ended_by_aws().then(|| Stage { closing: true, ..stage(None, false) }));
        stages
    }
}
