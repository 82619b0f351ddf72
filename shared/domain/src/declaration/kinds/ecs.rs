//! The kind `ecs`: a service in Amazon ECS.

use crate::declaration::aws_name;
use crate::declaration::claim::DeclaredClaim;
use crate::declaration::execution_history::{LONGEST_WAIT, polls};
use crate::declaration::gates::ResolvedGates as Gates;
use crate::declaration::kinds::codedeploy::{self, Group};
use crate::declaration::kinds::{ArtifactSorts, AsWritten, Common, Extent, Resolve, ResolvedKind, Split, Steps};
use crate::declaration::name_text::NameText;
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use crate::text::finding::{Finding, FindingName};
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// An ECS service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-instead" = json!({
    "alias": "Remove it: only a `lambda` has an alias.",
    "image": "Remove it: the image comes with each release; write its `repository`.",
    "on_artifact": "Remove it: each image push to its `repository` is a release.",
})))]
#[schemars(extend("x-common" = json!({"on_artifact": null})))]
pub struct Written {
    /// The cluster's name.
    pub cluster: Text,
    /// The service's name.
    pub service: Text,
    /// The container whose image changes, if there is only one such container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Text>,
    /// The name or URI of the ECR repository of the service's images. An image that is pushed to this repository
    /// belongs to this component. The component accepts only images from this repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Text>,
    /// The containers whose images change, each with its ECR repository, such as
    /// `{web: shop/web, worker: shop/worker}`. Write `containers` instead of `container` and `repository`. When an
    /// image is pushed to a repository, each container with that repository gets the image. The other containers keep
    /// their images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minProperties" = 1))]
    pub containers: Option<BTreeMap<String, Text>>,
    /// The task definition from which Windlass makes new ones: `running`, `family_latest` or `artifact`.
    #[serde(default)]
    pub base: Base,
    /// The deployment strategy that your infrastructure code sets for the service: `rolling`, `blue_green`, `canary` or
    /// `linear`. Windlass refuses a release if the service has a different strategy.
    #[serde(default, skip_serializing_if = "Strategy::is_rolling")]
    pub rollout: Strategy,
    /// The stages at which the service's own `PAUSE` hooks wait for Windlass. At each stage Windlass judges the gates,
    /// and then continues the deployment or rolls it back. Windlass does not answer any other hook.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub pause: BTreeSet<Pause>,
    /// The deployment group of AWS CodeDeploy that deploys the service. The group's own steps, hooks and alarms apply,
    /// and Windlass judges the gates meanwhile. The service must have the deployment controller `CODE_DEPLOY`. With
    /// `codedeploy`, write neither `rollout` nor `pause`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codedeploy: Option<codedeploy::Written>,
    /// The time after which an unfinished rollout counts as failed, such as `15m`; at most `24h`. The bake times of the
    /// service's own strategy are added to this time. When the rollout continues after a pause, the time begins again
    /// from zero.
    #[serde(default = "Span::of_seconds::<900>")]
    pub steady_within: Span,
}

/// The way in which ECS replaces the tasks of a service (Amazon ECS API Reference, DeploymentConfiguration,
/// `strategy`). Your infrastructure code sets the percentages, times, hooks and alarms in the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// ECS replaces the former tasks step by step.
    #[default]
    Rolling,
    /// ECS starts new tasks beside the former tasks, and then moves all traffic at once.
    BlueGreen,
    /// ECS starts new tasks beside the former tasks, and then moves first a part of the traffic and later the rest.
    Canary,
    /// ECS starts new tasks beside the former tasks, and then moves the traffic in equal steps.
    Linear,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rolling, Self::BlueGreen, Self::Canary, Self::Linear];

    /// Returns the name as it is written in `app.yaml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rolling => "rolling",
            Self::BlueGreen => "blue_green",
            Self::Canary => "canary",
            Self::Linear => "linear",
        }
    }

    /// Returns the name in ECS.
    pub const fn in_ecs(self) -> &'static str {
        match self {
            Self::Rolling => "ROLLING",
            Self::BlueGreen => "BLUE_GREEN",
            Self::Canary => "CANARY",
            Self::Linear => "LINEAR",
        }
    }

    /// Returns the one that has this name in ECS; `None` if this build does not know it.
    pub fn of_ecs(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.in_ecs() == name)
    }

    /// Returns whether tasks are replaced one by one, so that there is no traffic to shift.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    pub const fn is_rolling(&self) -> bool {
        matches!(self, Self::Rolling)
    }
}

/// A stage at which ECS can pause the deployment of a service (Amazon ECS Developer Guide, "Pause hooks for Amazon ECS
/// service deployments"). At each of these stages, the new tasks get traffic of callers or testers, or are about to get
/// it. The list is in the order in which a deployment reaches the stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Pause {
    /// The new tasks get the test traffic.
    PostTestTrafficShift,
    /// The next part of the production traffic is about to go to the new tasks. A deployment reaches this stage before
    /// each step. Before the first step, the new tasks have 0 % of the production traffic.
    PreProductionTrafficShift,
    /// The new tasks get all production traffic, and the former ones still run.
    PostProductionTrafficShift,
}

impl Pause {
    /// All of them, in their order.
    pub const ALL: [Self; 3] =
        [Self::PostTestTrafficShift, Self::PreProductionTrafficShift, Self::PostProductionTrafficShift];

    /// Returns the name, in `app.yaml` and in ECS.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PostTestTrafficShift => "POST_TEST_TRAFFIC_SHIFT",
            Self::PreProductionTrafficShift => "PRE_PRODUCTION_TRAFFIC_SHIFT",
            Self::PostProductionTrafficShift => "POST_PRODUCTION_TRAFFIC_SHIFT",
        }
    }
}

/// An ECS service's target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ecs {
    /// The cluster.
    pub cluster: String,
    /// The service.
    pub service: String,
    /// The containers whose images are ours, each with its ECR repository's name or URI: image pushes there are for
    /// this component.
    pub containers: BTreeMap<String, String>,
    /// The task definition that the new one is made from.
    pub base: Base,
    /// The deployment strategy that the service must have.
    pub rollout: Strategy,
    /// The stages at which it pauses for Windlass.
    pub pause: BTreeSet<Pause>,
    /// The deployment group of CodeDeploy that deploys it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codedeploy: Option<Group>,
    /// The time after which a rollout has failed, beside the times for which the strategy bakes.
    pub steady_within: Span,
}

/// The task definition from which Windlass makes a new one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// The task definition that the service uses now.
    #[default]
    Running,
    /// The newest task definition of the family, for example one that Terraform registered.
    FamilyLatest,
    /// A task definition as a JSON document, which the release contains as an artifact.
    Artifact,
}

impl AsWritten for Written {
    fn split(&self) -> Option<Split<'_>> {
        matches!(self.rollout, Strategy::Canary | Strategy::Linear).then_some(Split::TargetGroups)
    }

    fn steps(&self) -> Option<Steps> {
        let waits = self.pause.contains(&Pause::PreProductionTrafficShift);
        matches!(self.rollout, Strategy::Canary | Strategy::Linear).then_some(Steps::OfAws { waits })
    }

    fn waits_with_test_traffic(&self) -> bool {
        self.pause.contains(&Pause::PostTestTrafficShift)
    }

    fn takes(&self) -> ArtifactSorts {
        let is_key = self.base == Base::Artifact;
        let is_one = self.containers.as_ref().is_none_or(|it| it.len() == 1);
        ArtifactSorts {
            key: is_key,
            image: !is_key && is_one,
            images: !is_key,
            instead: if is_key {
                "Write `key`: an ECS service with `base: artifact` takes a task definition."
            } else if is_one {
                "Write `image`: an ECS service takes one."
            } else {
                "Write `images` with the image of each container that is to be changed: the service has several of \
                 its own (`containers`)."
            },
        }
    }

    fn repository_at(&self) -> &'static str {
        match self.containers {
            Some(_) => "containers",
            None => "repository",
        }
    }
}

impl ResolvedKind for Ecs {
    fn claim(&self) -> DeclaredClaim {
        let what = format!("the service `{}/{}`", self.cluster, self.service);
        DeclaredClaim::whole("ecs:service", "service", &[&self.cluster, &self.service], what).within(&["cluster"])
    }

    fn gives(&self) -> Vec<&str> {
        vec!["task_definition"]
    }

    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        let names = [("cluster", &mut self.cluster), ("service", &mut self.service)];
        names.map(|(member, name)| NameText::new(member, name, &aws_name::ECS)).into()
    }

    fn needs_its_target(&self) -> Option<&'static str> {
        let is_by_codedeploy = self.codedeploy.is_some();
        is_by_codedeploy.then_some("codedeploy").or((!self.pause.is_empty()).then_some("pause"))
    }

    /// A rollout takes as long as the declaration allows. The times for which ECS bakes come on top and are not known
    /// here, so such a rollout may be polled as often as the longest change.
    fn extent(&self) -> Extent {
        let seconds = self.steady_within.as_s();
        let polled = if self.rollout.is_rolling() && self.codedeploy.is_none() { seconds } else { LONGEST_WAIT.as_s() };
        Extent { seconds, polls: polls(polled) }
    }

    /// ECS keeps the former tasks for a time, and then ends the deployment.
    fn is_ended_by_aws(&self) -> bool {
        !self.rollout.is_rolling()
    }

    fn containers(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.containers)
    }
}

impl Resolve for Ecs {
    type Written = Written;
    const MEMORY_MB: u64 = 256;
    const SHORTEST: &str = r#"{"cluster": "{environment}-a", "service": "a", "container": "a", "repository": "aa"}"#;

    fn resolve(scope: &mut Scope<'_>, path: &str, written: &Written, _: &Common, _: &Gates) -> Self {
        let at = |field: &str| join(path, field);
        if written.steady_within > LONGEST_WAIT {
            let takes = written.steady_within;
            let reason = format!(
                "A rollout that takes `{takes}` cannot be waited for: a change is waited for at most {LONGEST_WAIT}."
            );
            let remedy = format!("Write at most `{LONGEST_WAIT}`.");
            scope.note(Finding::too_large(at("steady_within"), reason, remedy).seen(takes, LONGEST_WAIT));
        }
        let is_by_codedeploy = written.codedeploy.is_some();
        if is_by_codedeploy && !written.pause.is_empty() {
            scope.not_supported(
                &at("pause"),
                "A service that CodeDeploy deploys has no hooks of Amazon ECS, so that it pauses for Windlass at none of these stages.",
                "Leave out `pause`; `continue_when_ready` of `codedeploy` lets the group's own wait end when the gates have been judged.",
            );
        } else if written.rollout.is_rolling() && !written.pause.is_empty() {
            let reason =
                "A service that rolls shifts no traffic, so that it pauses for Windlass at none of these stages.";
            let remedy = "Leave out `pause`, or write as `rollout` which strategy the service has: `blue_green`, \
                          `canary` or `linear`.";
            scope.note(Finding::not_supported(at("pause"), reason, remedy).resting_on([at("rollout")]));
        }
        Self {
            cluster: scope.text_taking(&at("cluster"), &written.cluster, &aws_name::ECS),
            service: scope.text_taking(&at("service"), &written.service, &aws_name::ECS),
            containers: containers(scope, path, written),
            base: written.base.clone(),
            rollout: written.rollout,
            pause: written.pause.clone(),
            codedeploy: written.codedeploy.as_ref().map(|codedeploy| {
                let has_rollout = !written.rollout.is_rolling();
                Group::resolve(scope, &at("codedeploy"), codedeploy, has_rollout)
            }),
            // A longer time is refused above, and not once more as a time that cannot be watched.
            steady_within: written.steady_within.min(LONGEST_WAIT),
        }
    }
}

/// Returns the containers and their repositories, by whichever of the two forms is written.
fn containers(scope: &mut Scope<'_>, path: &str, written: &Written) -> BTreeMap<String, String> {
    let at = |field: &str| join(path, field);
    let one = [("container", written.container.as_ref()), ("repository", written.repository.as_ref())];
    let Some(several) = &written.containers else {
        for (field, text) in one {
            if text.is_none() {
                let reason = format!("`{field}` is missing.");
                let remedy = "Write `container` and `repository`, or `containers` with each container and its \
                              repository, such as `{web: shop/web, worker: shop/worker}`.";
                scope.note(Finding::missing_field(at(field), reason, remedy).resting_on([at("containers")]));
            }
        }
        let [container, repository] = [(0, &aws_name::ECS), (1, &aws_name::REPOSITORY)]
            .map(|(number, form)| scope.maybe(&at(one[number].0), one[number].1, form));
        return container.zip(repository).into_iter().collect();
    };
    for (field, _) in one.iter().filter(|(_, text)| text.is_some()) {
        scope.find(
            FindingName::Duplicate,
            &at(field),
            format!("`{field}` is given beside `containers`, which says all of it."),
            format!("Leave `{field}` out, or `containers` for a service with one image of its own."),
        );
    }
    several
        .iter()
        .map(|(container, repository)| {
            let path = join(&at("containers"), container);
            scope.check(&path, container, &aws_name::ECS);
            let repository = scope.text(&path, repository, &aws_name::REPOSITORY);
            (container.clone(), repository)
        })
        .collect()
}
