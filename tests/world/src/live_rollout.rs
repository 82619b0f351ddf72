//! A deployment of AppConfig in memory: looked at, growing, baking, complete; or on its way back.

use std::collections::BTreeMap;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{AlarmChange, ConfigurationRollout, NewRollout, RolloutDetail, RolloutEvent};

/// The time for which its content is validated, in seconds.
const VALIDATED_S: u64 = 1;
/// The time that callers take to go back, in seconds.
const BACK_S: u64 = 8;
/// The growth of each step, in percent of the callers.
const STEP: u32 = 20;

/// A deployment that lives.
#[derive(Debug, Clone)]
pub struct LiveRollout {
    /// The deployment as AppConfig describes it.
    pub rollout: ConfigurationRollout,
    /// The text that its starter wrote.
    pub description: String,
    /// The events, oldest first.
    pub events: Vec<RolloutEvent>,
    started: Time,
    /// The time since which its callers go back.
    back: Option<Time>,
}

impl LiveRollout {
    /// Makes a deployment that begins.
    pub fn begin(number: u32, new: &NewRollout, label: Option<String>, minutes: (u64, u64), now: Time) -> Self {
        let mut begun = Self {
            rollout: ConfigurationRollout {
                number,
                profile: new.profile.clone(),
                version: new.version.clone(),
                label,
                state: "VALIDATING".into(),
                percent: 0,
                minutes,
                started: Some(now),
                completed: None,
            },
            description: new.description.clone(),
            events: vec![],
            started: now,
            back: None,
        };
        begun.happens("DEPLOYMENT_STARTED", "USER", "Deployment started");
        begun
    }

    /// True where it is not over.
    pub fn is_under_way(&self) -> bool {
        let over = ["COMPLETE", "ROLLED_BACK", "REVERTED"];
        !over.contains(&self.rollout.state.as_str())
    }

    pub(crate) fn described(&self) -> RolloutDetail {
        RolloutDetail {
            rollout: self.rollout.clone(),
            description: self.description.clone(),
            events: self.events.iter().rev().cloned().collect(),
        }
    }

    fn happens(&mut self, what: &str, by: &str, words: &str) {
        self.events.push(RolloutEvent { what: what.into(), by: by.into(), words: words.into() });
    }

    fn is(&mut self, state: &str) {
        state.clone_into(&mut self.rollout.state);
    }

    /// Lets time pass.
    pub(crate) fn grow(&mut self, monitors: &[String], alarms: &BTreeMap<String, Vec<AlarmChange>>, now: Time) {
        if !self.is_under_way() {
            return;
        }
        let (grows, bakes) = self.rollout.minutes;
        let full = self.started.plus_s(VALIDATED_S + grows * 60);
        let complete = full.plus_s(bakes * 60);
        let until = self.back.unwrap_or(now.min(complete));
        let rung = monitors.iter().filter_map(|name| {
            let at = rings(alarms.get(name)?, self.started, until)?;
            Some((at, name))
        });
        if self.back.is_none()
            && let Some((at, name)) = rung.min()
        {
            self.at(at, full);
            let arn = format!("arn:aws:cloudwatch:eu-west-1:111111111111:alarm:{name}");
            self.go_back(at, "CLOUDWATCH_ALARM", &arn);
        }
        if let Some(back) = self.back {
            if now >= back.plus_s(BACK_S) {
                self.is("ROLLED_BACK");
                self.happens("ROLLBACK_COMPLETED", "APPCONFIG", "Rollback completed");
            }
            return;
        }
        self.at(now, full);
        if now >= complete {
            self.complete(complete);
        }
    }

    /// Completes it: all callers have it since then.
    pub(crate) fn complete(&mut self, since: Time) {
        self.is("COMPLETE");
        self.rollout.percent = 100;
        self.rollout.completed = Some(since);
        self.happens("DEPLOYMENT_COMPLETED", "APPCONFIG", "Deployment completed");
    }

    /// Sets its percentage and its state as of a time while it goes on.
    fn at(&mut self, now: Time, full: Time) {
        let begins = self.started.plus_s(VALIDATED_S);
        if now < begins {
            return;
        }
        let (whole, passed) = (full.ms_since(begins), now.ms_since(begins));
        let percent = (passed * 100).checked_div(whole).unwrap_or(100).min(100);
        let percent = u32::try_from(percent).unwrap_or(100);
        self.rollout.percent = percent / STEP * STEP;
        self.is(if now >= full { "BAKING" } else { "DEPLOYING" });
    }

    /// Sends its callers back from now on, because of an alarm or at somebody's request.
    pub fn go_back(&mut self, now: Time, by: &str, who: &str) {
        self.back = Some(now);
        self.is("ROLLING_BACK");
        self.happens("ROLLBACK_STARTED", by, &format!("Rollback initiated by {who}"));
    }

    /// Ends it as if a person had stopped it, unless it was over, and its callers had gone back.
    pub fn end_by_hand(&mut self) {
        if self.is_under_way() {
            self.happens("ROLLBACK_STARTED", "USER", "Rollback initiated by 111111111111");
            self.is("ROLLED_BACK");
        }
    }

    /// Stops it, or reverts it. Returns whether that could be done.
    pub(crate) fn stop(&mut self, now: Time, revertible_s: u64) -> bool {
        match (self.rollout.state.as_str(), self.rollout.completed) {
            ("DEPLOYING" | "BAKING", _) => {
                self.go_back(now, "USER", "111111111111");
                true
            }
            ("COMPLETE", Some(completed)) if now < completed.plus_s(revertible_s) => {
                self.is("REVERTED");
                self.happens("REVERT_COMPLETED", "USER", "Revert initiated by 111111111111");
                true
            }
            _ => false,
        }
    }
}

/// Returns the first time within these bounds at which an alarm is in `ALARM`; the first bound if it is so already.
pub(crate) fn rings(history: &[AlarmChange], from: Time, until: Time) -> Option<Time> {
    let is_red = |change: &&AlarmChange| change.to == "ALARM";
    let before = history.iter().rfind(|change| change.at <= from);
    if before.is_some_and(|change| is_red(&change)) {
        return Some(from);
    }
    let mut within = history.iter().filter(|change| change.at > from && change.at <= until);
    within.find(is_red).map(|change| change.at)
}
