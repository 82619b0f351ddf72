//! The way back of a deployment of CodeDeploy that deploys a service, in memory: the deployment that takes it back, and
//! its steps.

use super::{STOPS_S, ServiceDeployed};
use crate::deployment_group::taken_back;
use crate::rollout::LiveService;
use windlass_domain::text::time::Time;

/// The time until the rollback of an ended deployment is created, in seconds.
const RETURNS_S: u64 = 2;

impl ServiceDeployed {
    /// True where it is over, and the deployment that takes it back is not there yet.
    pub(crate) fn will_return(&self) -> bool {
        let is_gone = ["Failed", "Stopped"].contains(&self.described.status.as_str());
        let is_possible = self.sets.1.is_some() && !self.forgets;
        is_gone && self.described.rolls_back && is_possible && self.described.rolled_back_by.is_none()
    }

    /// True where CodeDeploy has given it up by itself, and takes it back.
    pub fn gave_up(&self) -> bool {
        let is_gone = ["Failed", "Stopped"].contains(&self.described.status.as_str());
        is_gone && self.stopped.is_none()
    }

    pub(super) fn go_back(&mut self, live: &mut LiveService, now: Time) {
        self.described.status = "InProgress".into();
        if now < self.created.plus_s(STOPS_S) {
            return;
        }
        let former = self.sets.0.clone().unwrap_or_default();
        if !live.promote(&former) {
            return self.end(now, "Failed", Some(("INTERNAL_ERROR", "its tasks are gone")));
        }
        if let Some(new) = &self.sets.1 {
            live.end_task_set(new, now);
        }
        self.end(now, "Succeeded", None);
    }

    /// Returns the deployment that takes it back, once it is time for one.
    pub(crate) fn rollback(&mut self, id: &str, now: Time) -> Option<Self> {
        let ended = self.described.completed.filter(|_| self.will_return())?;
        let begins = ended.plus_s(RETURNS_S);
        if now < begins {
            return None;
        }
        Some(Self {
            described: taken_back(&mut self.described, id, begins),
            stopped: None,
            created: begins,
            at: now,
            ..self.clone()
        })
    }
}
