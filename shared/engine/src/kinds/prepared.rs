//! The types by which `Prepare` asks every kind. Each kind's module has `pub async fn prepare<P>(ports: &P, input:
//! &PrepareInput<'_>, spec: &…) -> Result<Prepared>`. `ports` are at the target's place, and `spec` is the component
//! as the kind declares it, with every value final.

use crate::ports::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::installation;
use windlass_domain::declaration::kinds::Spec;
use windlass_domain::declaration::output::{Inputs, Output, PlannedOutput};
use windlass_domain::declaration::plan::{ChangeDetail, Timing};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::environment::Running;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::call;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::stays_reachable::StaysReachable;
use windlass_domain::release::withdrawal::WithdrawnFiles;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;
use windlass_domain::{prose, run};

/// The tag that names the application a target belongs to.
pub const APP_TAG: &str = "windlass:app";

/// The tag that names the environment a target belongs to.
pub const ENVIRONMENT_TAG: &str = "windlass:environment";

/// The input with which a kind plans one component's change.
#[derive(Debug, Clone)]
pub struct PrepareInput<'a> {
    /// The deployment.
    pub deployment: &'a DeploymentId,
    /// The application.
    pub app: &'a AppName,
    /// The environment.
    pub environment: &'a EnvironmentName,
    /// The component.
    pub component: &'a ComponentName,
    /// The folder in which a kind keeps documents of the component beside the ledger, if the three names above do not
    /// name it: because the component was moved or has the name of one that was.
    pub home: Option<&'a str>,
    /// The bytes to bring.
    pub artifact: Option<&'a Artifact>,
    /// The recorded state to come back to, as the kind wrote it, for a rollback.
    pub goal_state: Option<&'a Value>,
    /// True if there is neither, because a check only looks what a release would need. The stages are planned as if
    /// what is there now came once more, and none of them is ever carried out.
    pub is_check: bool,
    /// True if only a plan is drawn, and whoever sees it may not be allowed to release it.
    pub is_plan: bool,
    /// True if this only tries whether the recorded state can be reached again: nothing may be made for it, because
    /// nobody would let go of that.
    pub is_trial: bool,
    /// The resources of the component whose data the request allows to lose.
    pub may_lose: &'a BTreeSet<String>,
    /// True if the request can name such resources ([`windlass_domain::release::action::ActionName::takes_losses`]).
    pub takes_losses: bool,
    /// The component as it runs, as far as the ledger knows.
    pub running: Option<&'a Running>,
    /// The time since which the oldest runs of what a rollback may go back to; `None` if that is not known, or the kind
    /// deletes nothing.
    pub oldest: Option<Time>,
    /// The values that it takes from other components
    /// ([`windlass_domain::declaration::kinds::ResolvedKind::takes_from`]).
    pub inputs: &'a Inputs,
    /// True if it is asked for once more although it may be there. A task that is run once then runs again.
    pub again: bool,
    /// The component whose image it runs, as it is declared
    /// ([`windlass_domain::declaration::kinds::ResolvedKind::image_of`]).
    pub image_of: Option<&'a Spec>,
    /// The files of it that are withdrawn.
    pub withdrawals: Withdrawals<'a>,
    /// The place of the target.
    pub place: &'a Place,
}

/// The files of a component that are withdrawn ([`windlass_domain::release::withdrawal`]).
#[derive(Debug, Clone, Copy, Default)]
pub struct Withdrawals<'a> {
    /// The pattern of what is to be withdrawn now. The goal is then the present state without it.
    pub asked: Option<&'a str>,
    /// The files that were withdrawn before.
    pub former: Option<&'a WithdrawnFiles>,
}

impl Withdrawals<'_> {
    /// Returns whether these bytes were withdrawn at this path.
    pub fn has(&self, path: &str, sha256: &Digest) -> bool {
        let mut former = self.former.into_iter().flatten();
        former.any(|file| file.path == path && file.sha256 == *sha256)
    }
}

/// A kind's part of the plan. With findings, nothing else in it counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prepared {
    /// The target, as the step item keeps it.
    pub target: Value,
    /// True if something was made only to plan, such as a change set. Where nobody carries the plan out, it is let go
    /// of by the target, which is there with findings too ([`super::Kind::let_go`]).
    pub is_made_to_plan: bool,
    /// The identity of the target (tenancy): one or more resources, or folders of them, that no other component may
    /// have. It is equal for the same target, whatever is deployed to it, and never empty. If it is known, it is there
    /// with findings too, because they may say nothing of a target that is another one since.
    pub claims: Vec<Claim>,
    /// The resources that are there and that it changes or takes away, although other components may have them for
    /// targets. What it claims itself is none of them.
    pub touches: Vec<TouchedResource>,
    /// The state that was observed, as it is recorded ([`super::Recorded`]); undo returns to it.
    pub before: Value,
    /// All bytes that it has once it is changed, or has already, if the release brings a part of them.
    pub artifact: Option<Artifact>,
    /// The wanted states, in order; each belongs to a wave of its own.
    pub stages: Vec<Stage>,
    /// The reason why nothing has to be changed, for a person; `stages` is then empty.
    pub unchanged: Option<String>,
    /// The number of files of a site by which alone what ran differs from what is wanted
    /// ([`windlass_domain::declaration::plan::Unchanged::kept_files`]).
    pub kept_files: Option<usize>,
    /// True if the kind itself names what somebody else changed since the recorded state, because `before` has only
    /// what concerns this deployment, such as some files of a site. For every other kind the two states are compared.
    pub names_out_of_band_changes: bool,
    /// True if nothing that came before may run once it has begun
    /// ([`windlass_domain::deployment::step::Step::irreversible`]). If it is unchanged, true if it has been run with
    /// what the release brings.
    pub irreversible: bool,
    /// The findings that stop the deployment.
    pub findings: Vec<Finding>,
    /// The findings that do not stop the deployment.
    pub warnings: Vec<Finding>,
    /// The files that a withdrawal takes away.
    pub withdraws: WithdrawnFiles,
    /// The files that are no longer part of a site, and that stay reachable.
    pub stays_reachable: Option<StaysReachable>,
}

/// A resource of AWS, as the component that makes it knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsResource {
    /// Its type in the words of CloudFormation, such as `AWS::Lambda::Function`.
    pub kind: String,
    /// Its name or ARN in its service.
    pub physical: String,
    /// The ARN of something in the same region and account.
    pub beside: String,
}

/// A resource that a component changes or takes away, although another one may have it for a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TouchedResource {
    /// The place that findings on it have.
    pub path: String,
    /// Its name in the component.
    pub logical: String,
    /// The resource.
    pub resource: AwsResource,
    /// True if it is removed, or replaced by another one.
    pub is_lost: bool,
    /// The places in its properties that change, such as `Code.S3Key`.
    pub changed: BTreeSet<String>,
}

/// One wanted state on the way to the last one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stage {
    /// The wanted state, as the kind writes it.
    pub goal: Value,
    /// The change in words, such as `alias live to 10 % of sha256:ab12…`.
    pub what: String,
    /// The seconds for which it is watched, if the component's rollout says so itself.
    pub bake_s: Option<u64>,
    /// True if it is only published, ahead of the first switch: callers notice nothing.
    pub ahead: bool,
    /// True if it is only there so that gates ahead of the switch wake what is idle. A rollback keeps it as well, where
    /// no gate decides.
    pub wakes: bool,
    /// The time for which AWS keeps what it has reached; `None` if that is for ever.
    pub holds: Option<Holds>,
    /// The service of AWS that goes on with it by itself while it is watched, such as `ECS`. No person can pause or
    /// skip that. `None` if nothing goes on, or if it waits for Windlass ([`Stage::holds`]).
    pub timed_by: Option<&'static str>,
    /// True if it only waits until AWS has ended the rollout by itself, or looks behind those that touch the target. It
    /// comes behind all other waves, and is not watched.
    pub closing: bool,
    /// True if it only looks at what the stage before it has begun and AWS goes on with by itself. It divides the time
    /// of that stage, and has the same goal.
    pub look: bool,
    /// True if only test traffic gets what it brings, until the next stage. Then those gates decide that ask what test
    /// traffic gets.
    pub tested: bool,
    /// The share of callers that get the new one then, in tenths of a percent, if they get it in steps.
    pub share: Option<u32>,
    /// The change of each resource, of a component that is made of many.
    pub details: Vec<ChangeDetail>,
    /// The outputs of earlier waves without which it cannot be planned. If a stage has some, neither the component's
    /// goals nor its target count: the kind is asked for both again, once they are known.
    pub later: BTreeSet<Output>,
}

/// The time within which the next stage of a component must begin. After it AWS does something by itself. The words are
/// parts of one sentence: `The release is watched for 5m while … is paused, and its hook waits for only 4m: then …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holds {
    /// The member of the component that this is about.
    pub member: &'static str,
    /// The seconds, counted from when the stage is reached.
    pub seconds: u64,
    /// The condition under which it is watched, such as `once service agent has all traffic`.
    pub when: String,
    /// The words for what lasts that long, such as `AWS keeps the former tasks of service agent`.
    pub kept: String,
    /// The words for what happens then.
    pub then: String,
    /// The way for a person to make the time longer, such as `raise … to at least`, which the time follows.
    pub longer: String,
    /// True if the time must be enough for a look even if the stage is not watched.
    pub is_always: bool,
}

impl Stage {
    /// A stage with this goal and these words, which is watched as long as the gates say.
    pub fn new(goal: Value, what: impl Into<String>) -> Self {
        Self { goal, what: what.into(), ..Self::default() }
    }

    /// Returns what AWS does by itself with what the stage has reached.
    pub fn timing(&self) -> Option<Timing> {
        if let Some(aws) = self.timed_by {
            return Some(Timing::GoesOn(aws.to_owned()));
        }
        let holds = self.holds.as_ref();
        holds.map(|holds| Timing::Waits(holds.seconds))
    }
}

impl Prepared {
    /// A plan that is refused.
    pub fn refused(findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::default() }
    }
}

/// A target or state as the ledger keeps it.
pub fn to_value(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Fault::internal(format!("a state cannot be written: {error}")))
}

/// Reads a target or a state of a step, as its kind wrote it. `what` names it in a fault.
pub fn from_value<T: DeserializeOwned>(what: &str, value: &Value) -> Result<T> {
    T::deserialize(value).map_err(|error| Fault::internal(format!("the {what} of a step cannot be read: {error}")))
}

impl PrepareInput<'_> {
    /// Returns the inputs that are known only in a later wave.
    pub fn later(&self) -> BTreeSet<Output> {
        self.inputs
            .iter()
            .filter(|(_, given)| **given == PlannedOutput::Later)
            .map(|(output, _)| output.clone())
            .collect()
    }

    /// Returns the path of a member of this component in the declaration, such as `components.api.function`.
    pub fn path(&self, member: &str) -> String {
        format!("components.{}.{member}", self.component)
    }

    /// Returns what to do where what a rollback goes back to is gone. A deployment of the older release is no way: it
    /// needs the same bytes.
    pub fn to_another_snapshot(&self) -> Prose {
        let snapshots = call::snapshots(EnvironmentId::new(self.app, self.environment));
        prose!("Roll back to another snapshot; they are listed by {}.", snapshots)
    }

    /// Returns whether the target's tags must name this application and environment: always, unless the target is
    /// reached through a role that was given to this environment alone.
    pub fn needs_tags(&self) -> bool {
        self.place.role.is_none()
    }

    /// Finds what is wrong with the tags of a target, such as `function shop-api-prod`. If its ARN is known, the
    /// finding has the command that tags it. What belongs to an installation of Windlass is no target, also where a
    /// role of the environment's own decides what is reached.
    pub fn check_tags(
        &self,
        member: &str,
        (what, arn): (&str, Option<&str>),
        tags: &BTreeMap<String, String>,
    ) -> Option<Finding> {
        if let Some(of) = installation::by_tags(tags) {
            return Some(installation::not_a_target(self.path(member), what, of));
        }
        if !self.needs_tags() {
            return None;
        }
        let wanted = [(APP_TAG, self.app.as_str()), (ENVIRONMENT_TAG, self.environment.as_str())];
        let wrong: Vec<String> = wanted
            .iter()
            .filter(|(name, value)| tags.get(*name).map(String::as_str) != Some(value))
            .map(|(name, value)| match tags.get(*name) {
                Some(found) => format!("`{name}` is `{found}` and not `{value}`"),
                None => format!("`{name}` is missing"),
            })
            .collect();
        (!wrong.is_empty()).then(|| {
            let is_of_another = wanted.iter().any(|(name, value)| tags.get(*name).is_some_and(|found| found != value));
            let remedy = if is_of_another { self.leave_it(what).into() } else { self.tag_it(what, arn) };
            Finding::new(
                FindingName::TargetNotOurs,
                self.path(member),
                format!("The tags of the {what} do not make it ours: {}.", wrong.join("; ")),
                remedy,
            )
        })
    }

    /// Says what to do where another one's tags are on a target: they may be in use, so that nobody is asked to write
    /// over them.
    fn leave_it(&self, what: &str) -> String {
        format!(
            "Name a target of `{}` in `{}` instead: the {what} is another one's. Before you take it over, its owner has to let go of it or hand it over (docs/let-go.md).",
            self.app, self.environment
        )
    }

    /// Says what to do where a target has no tags.
    fn tag_it(&self, what: &str, arn: Option<&str>) -> Prose {
        let tags = format!("`{APP_TAG}`: `{}` and `{ENVIRONMENT_TAG}`: `{}`", self.app, self.environment);
        prose!(
            "Tag the {} with {}, or give the environment a role of its own (`role_arn`), which then decides what is reached.{}",
            what,
            tags,
            arn.map(|arn| self.tagging(arn)).unwrap_or_default(),
        )
    }

    /// A sentence with the command that tags a target. One command tags targets of every service (Resource Groups
    /// Tagging API Reference, TagResources). Targets of `CloudFront`, whose ARNs have no region, are tagged in
    /// us-east-1.
    fn tagging(&self, arn: &str) -> Prose {
        let region = if arn.contains(":cloudfront:") { " --region us-east-1" } else { "" };
        prose!(
            " This tags it: {}.",
            run!(
                "aws resourcegroupstaggingapi tag-resources{region} --tags {APP_TAG}={},{ENVIRONMENT_TAG}={} --resource-arn-list {arn}",
                self.app,
                self.environment
            )
        )
    }
}

#[cfg(test)]
#[path = "prepared_tests.rs"]
pub(crate) mod tests;
