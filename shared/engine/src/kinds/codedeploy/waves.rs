//! The waves in which a group of CodeDeploy moves callers.

use super::group::FoundGroup;
use super::state::{Moved, PlannedGroup};
use crate::kinds::{Holds, Prepared, Stage, looks, to_value};
use crate::ports::Result;

/// The service that moves callers by itself, as people know it.
const CODEDEPLOY: &str = "CodeDeploy";

/// The largest number of looks while callers are moved: each is a wave.
const LOOKS: u64 = 12;

/// A group that moves callers of a target, for the waves of it.
pub(in crate::kinds) struct GroupWaves<'a> {
    pub found: &'a FoundGroup,
    /// The target, such as `service agent`.
    pub target: String,
    /// True if callers go back by the group, all at once.
    pub is_back: bool,
    /// True if CodeDeploy ends the former tasks in its own time.
    pub keeps_former: bool,
}

impl GroupWaves<'_> {
    /// Returns the plan by this group. `is_moved` says which of its stages move callers.
    pub fn planned(&self, planned: Prepared, is_moved: impl Fn(&Stage) -> Result<bool>) -> Result<Prepared> {
        let mut target = planned.target;
        target["codedeploy"] = to_value(&self.found.group)?;
        let mut stages = Vec::new();
        for stage in planned.stages {
            if is_moved(&stage)? {
                stages.extend(self.stages(&stage)?);
            } else {
                stages.push(stage);
            }
        }
        Ok(Prepared { target, stages, ..planned })
    }

    /// Plans the waves of one stage. CodeDeploy goes by itself. It is looked at in waves for as long as the
    /// configuration says, so that gates watch it, and so that Windlass soon reports what CodeDeploy takes back. The
    /// last wave waits for its end. If the declaration says so, CodeDeploy waits for Windlass before these waves. A way
    /// back by the group is one wave.
    fn stages(&self, planned: &Stage) -> Result<Vec<Stage>> {
        let PlannedGroup { minutes, ready_min, continues, .. } = self.found.group;
        let what = &planned.what;
        let stage = |moved: Moved, what: String| -> Result<Stage> {
            let mut goal = planned.goal.clone();
            if moved != Moved::All {
                goal["moved"] = to_value(&moved)?;
            }
            Ok(Stage::new(goal, what))
        };
        let mut stages = Vec::new();
        if let Some(ready_min) = ready_min.filter(|_| continues && !self.is_back) {
            let holds = Some(self.holds(ready_min));
            stages.push(Stage { holds, ..stage(Moved::Ready, format!("{what}, ready"))? });
        }
        let looks = if self.is_back { 0 } else { looks(minutes, LOOKS) };
        for look in 1..=looks {
            stages.push(Stage {
                bake_s: Some(minutes * 60 / looks),
                look: look > 1,
                timed_by: Some(CODEDEPLOY),
                ..stage(Moved::Some, format!("{what}, look {look} of {looks}"))?
            });
        }
        // CodeDeploy counts the time until it ends the former tasks.
        let timed_by = self.keeps_former.then_some(CODEDEPLOY);
        stages.push(Stage { timed_by, ..stage(Moved::All, format!("{what}, complete"))? });
        if let Some(first) = stages.first_mut() {
            let ready = if first.holds.is_some() { ", ready" } else { "" };
            let words = if self.is_back {
                "CodeDeploy, all callers at once"
            } else {
                &format!("CodeDeploy's {}", self.found.words)
            };
            first.what = format!("{what} by {words}{ready}");
        }
        Ok(stages)
    }

    /// Returns the time after which CodeDeploy stops a deployment that waits.
    fn holds(&self, ready_min: u64) -> Holds {
        Holds {
            member: "codedeploy",
            seconds: ready_min * 60,
            when: format!("while CodeDeploy waits before it moves callers of {}", self.target),
            kept: "its deployment group waits".to_owned(),
            then: "then CodeDeploy stops the deployment".to_owned(),
            longer: "raise `waitTimeInMinutes` of its `deploymentReadyOption` to at least".to_owned(),
            is_always: true,
        }
    }
}
