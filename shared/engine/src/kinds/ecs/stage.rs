//! Pure: the words that ECS has for a service deployment, each with its sentence. A word that this build does not know
//! counts as unknown: it means neither that a goal is reached nor that the deployment is over.

use crate::ports::ServiceRollout;

/// The state of a service deployment (Amazon ECS Developer Guide, "View service history using Amazon ECS service
/// deployments": the states of a service deployment).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServiceDeploymentState {
    /// It is on its way.
    UnderWay,
    /// ECS is about to end it, or goes back.
    GoingBack,
    /// It is over, and callers get what it brought.
    Successful,
    /// ECS went back.
    WentBack,
    /// ECS could not go back.
    Stuck,
    /// It was ended, and nothing else was done.
    Stopped,
    /// ECS has a word for it that this build does not know.
    Unknown,
}

/// Each status of ECS, its state, and its sentence.
pub(super) const STATUSES: [(&str, ServiceDeploymentState, &str); 9] = [
    ("PENDING", ServiceDeploymentState::UnderWay, "ECS has not begun yet"),
    ("IN_PROGRESS", ServiceDeploymentState::UnderWay, "ECS is at it"),
    ("SUCCESSFUL", ServiceDeploymentState::Successful, "ECS has ended it as successful"),
    ("STOP_REQUESTED", ServiceDeploymentState::GoingBack, "ECS is about to stop it"),
    ("ROLLBACK_REQUESTED", ServiceDeploymentState::GoingBack, "ECS is about to go back"),
    ("ROLLBACK_IN_PROGRESS", ServiceDeploymentState::GoingBack, "ECS goes back"),
    ("STOPPED", ServiceDeploymentState::Stopped, "it was stopped, and ECS did not go back"),
    ("ROLLBACK_SUCCESSFUL", ServiceDeploymentState::WentBack, "ECS went back"),
    ("ROLLBACK_FAILED", ServiceDeploymentState::Stuck, "ECS could not go back"),
];

impl ServiceDeploymentState {
    pub(super) fn of(rollout: &ServiceRollout) -> Self {
        STATUSES.iter().find(|(word, ..)| *word == rollout.status).map_or(Self::Unknown, |(_, standing, _)| *standing)
    }

    /// True if ECS does no more with the deployment.
    pub(super) const fn is_over(self) -> bool {
        match self {
            Self::Successful | Self::WentBack | Self::Stuck | Self::Stopped => true,
            Self::UnderWay | Self::GoingBack | Self::Unknown => false,
        }
    }
}

/// The lifecycle stages in their order, each with its sentence (Amazon ECS API Reference, ServiceDeployment,
/// `lifecycleStage`, and DeploymentLifecycleHook, `lifecycleStages`, which alone has PRE_PRODUCTION_TRAFFIC_SHIFT).
pub(super) const STAGES: [(&str, &str); 11] = [
    ("RECONCILE_SERVICE", "ECS first brings the service in order, because more than one revision is active"),
    ("PRE_SCALE_UP", "no new task has started yet"),
    ("SCALE_UP", "the new tasks start, without traffic"),
    ("POST_SCALE_UP", "the new tasks run, without traffic"),
    ("TEST_TRAFFIC_SHIFT", "test traffic goes over to the new tasks"),
    ("POST_TEST_TRAFFIC_SHIFT", "the new tasks get the test traffic"),
    ("PRE_PRODUCTION_TRAFFIC_SHIFT", "the next part of the production traffic is about to go over"),
    ("PRODUCTION_TRAFFIC_SHIFT", "production traffic goes over to the new tasks"),
    ("POST_PRODUCTION_TRAFFIC_SHIFT", "the new tasks get all production traffic"),
    ("BAKE_TIME", "the new tasks get all production traffic, and ECS still keeps the former ones"),
    ("CLEAN_UP", "ECS ends the former tasks"),
];

/// The positions of three stages in `STAGES`: before production traffic goes over, while it does, and when all of it
/// has.
pub(super) const PRE_PRODUCTION: usize = 6;
pub(super) const SHIFT: usize = 7;
pub(super) const POST_PRODUCTION: usize = 8;

/// Returns the position of a stage in their order; `None` if this build does not know it.
pub(super) fn rank(stage: &str) -> Option<usize> {
    STAGES.iter().position(|(word, _)| *word == stage)
}

/// Says how a deployment stands, without a full stop. While it is under way the stage is named, because it says more
/// than the status.
pub(super) fn sentence(rollout: &ServiceRollout) -> String {
    let status = &rollout.status;
    let known = STATUSES.iter().find(|(word, ..)| word == status);
    let Some((_, standing, words)) = known else {
        return format!("ECS says `{status}`, which this version of Windlass does not know");
    };
    let stage = &rollout.stage;
    if *standing != ServiceDeploymentState::UnderWay || stage.is_empty() {
        return format!("{words} ({status})");
    }
    match rank(stage) {
        Some(rank) => format!("{} ({stage})", STAGES[rank].1),
        None => {
            format!("ECS is at the stage `{stage}`, which this version of Windlass does not know")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::ecs::shift::has_come;
    use crate::kinds::ecs::state::Until;
    use windlass_domain::text::time::Time;

    fn rollout(status: &str, stage: &str) -> ServiceRollout {
        ServiceRollout {
            arn: "arn/d".into(),
            created: Time(0),
            finished: None,
            status: status.into(),
            reason: String::new(),
            stage: stage.into(),
            task_definition: "t:2".into(),
            traffic_tenths: None,
            hooks: vec![],
            target_groups: None,
        }
    }

    #[test]
    fn every_status_has_its_sentence_and_an_unknown_one_is_unknown() {
        let words = STATUSES.iter().map(|(word, ..)| *word);
        let sentences = words.chain(["PAUSED", ""]).map(|word| {
            let is = rollout(word, "");
            let standing = ServiceDeploymentState::of(&is);
            format!("{word}: {standing:?}, over {}: {}", standing.is_over(), sentence(&is))
        });
        insta::assert_snapshot!(sentences.collect::<Vec<_>>().join("\n"), @"
        PENDING: UnderWay, over false: ECS has not begun yet (PENDING)
        IN_PROGRESS: UnderWay, over false: ECS is at it (IN_PROGRESS)
        SUCCESSFUL: Successful, over true: ECS has ended it as successful (SUCCESSFUL)
        STOP_REQUESTED: GoingBack, over false: ECS is about to stop it (STOP_REQUESTED)
        ROLLBACK_REQUESTED: GoingBack, over false: ECS is about to go back (ROLLBACK_REQUESTED)
        ROLLBACK_IN_PROGRESS: GoingBack, over false: ECS goes back (ROLLBACK_IN_PROGRESS)
        STOPPED: Stopped, over true: it was stopped, and ECS did not go back (STOPPED)
        ROLLBACK_SUCCESSFUL: WentBack, over true: ECS went back (ROLLBACK_SUCCESSFUL)
        ROLLBACK_FAILED: Stuck, over true: ECS could not go back (ROLLBACK_FAILED)
        PAUSED: Unknown, over false: ECS says `PAUSED`, which this version of Windlass does not know
        : Unknown, over false: ECS says ``, which this version of Windlass does not know
        ");
    }

    #[test]
    fn every_stage_has_its_sentence_and_nothing_is_reached_by_an_unknown_one() {
        let words = STAGES.iter().map(|(word, _)| *word);
        let sentences = words.chain(["SHADOW_TRAFFIC", ""]).map(|word| {
            let is = rollout("IN_PROGRESS", word);
            let reached = [Until::Shifting { tenths: 1 }, Until::Shifted, Until::Complete];
            let reached = reached.map(|until| has_come(&is, until));
            format!("{word}: {reached:?}: {}", sentence(&is))
        });
        insta::assert_snapshot!(sentences.collect::<Vec<_>>().join("\n"), @"
        RECONCILE_SERVICE: [false, false, false]: ECS first brings the service in order, because more than one revision is active (RECONCILE_SERVICE)
        PRE_SCALE_UP: [false, false, false]: no new task has started yet (PRE_SCALE_UP)
        SCALE_UP: [false, false, false]: the new tasks start, without traffic (SCALE_UP)
        POST_SCALE_UP: [false, false, false]: the new tasks run, without traffic (POST_SCALE_UP)
        TEST_TRAFFIC_SHIFT: [false, false, false]: test traffic goes over to the new tasks (TEST_TRAFFIC_SHIFT)
        POST_TEST_TRAFFIC_SHIFT: [false, false, false]: the new tasks get the test traffic (POST_TEST_TRAFFIC_SHIFT)
        PRE_PRODUCTION_TRAFFIC_SHIFT: [false, false, false]: the next part of the production traffic is about to go over (PRE_PRODUCTION_TRAFFIC_SHIFT)
        PRODUCTION_TRAFFIC_SHIFT: [true, false, false]: production traffic goes over to the new tasks (PRODUCTION_TRAFFIC_SHIFT)
        POST_PRODUCTION_TRAFFIC_SHIFT: [true, true, false]: the new tasks get all production traffic (POST_PRODUCTION_TRAFFIC_SHIFT)
        BAKE_TIME: [true, true, false]: the new tasks get all production traffic, and ECS still keeps the former ones (BAKE_TIME)
        CLEAN_UP: [true, true, false]: ECS ends the former tasks (CLEAN_UP)
        SHADOW_TRAFFIC: [false, false, false]: ECS is at the stage `SHADOW_TRAFFIC`, which this version of Windlass does not know
        : [false, false, false]: ECS is at it (IN_PROGRESS)
        ");
    }
}
