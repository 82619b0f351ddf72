//! The answers on deployments: the history of an environment, a whole record, and what came of an execution.

use crate::access::{AllowedBy, Approval};
use crate::declaration::plan::Plan;
use crate::deployment::judgement::Judgement;
use crate::deployment::second_look::SecondLook;
use crate::deployment::step::Step;
use crate::deployment::{Deployment, Ended, Refusal, Resolved, Status};
use crate::document::git::Git;
use crate::environment::{ACCEPTED, PromotedFrom};
use crate::release::Part;
use crate::release::action::ActionName;
use crate::release::identity::DeploymentId;
use crate::release::request::Requester;
use crate::shown::audit::Audited;
use crate::shown::message::ReleaseSummary;
use crate::shown::release_status::PresentState;
use crate::text::foreign;
use crate::text::name::{AppName, EnvironmentName};
use crate::text::prose::Prose;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A page of the history of an environment, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deployments {
    /// The deployments.
    pub deployments: Vec<HistoryEntry>,
    /// The `after` of the next page; null on the last one.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub next: Option<String>,
}

/// A deployment in short.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryEntry {
    /// Its id.
    pub id: DeploymentId,
    /// The environment.
    pub environment: EnvironmentName,
    /// The action that was asked for.
    pub action: ActionName,
    /// The release's version; of a rollback, a drill, a restore or a withdrawal that of the snapshot that it goes to.
    /// Until its turn the action's name stands there, and is no version.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// The snapshot that a rollback, a drill or a restore goes to; absent while nobody knows it.
    pub snapshot: Option<u64>,
    /// Its status.
    pub status: Status,
    /// The time at which it was accepted.
    pub accepted: Time,
    /// The requester.
    pub requester: Requester,
    /// False if nobody is known to vouch for the requester; absent if true.
    #[serde(default = "crate::access::yes", skip_serializing_if = "Clone::clone")]
    pub vouched: bool,
    /// What let the requester in; absent where no rules of operators were in force.
    pub allowed_by: Option<AllowedBy>,
    /// The snapshot of another environment that it brought, or by which a rule admitted it.
    pub promoted_from: Option<PromotedFrom>,
    /// The approval of its plan, if it needed one, with everybody who has given it.
    pub approval: Option<Approval>,
    /// The recoveries that somebody has asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recovered_by: Vec<Resolved>,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub reason: Option<String>,
    /// The place in Git that its release comes from.
    #[serialize_always]
    pub git: Option<Git>,
    /// The components that it brought, or containers of them; of a rollback also those that go back to what was found.
    pub components: Vec<Part>,
    /// The time at which it began.
    pub started: Option<Time>,
    /// Its ending.
    pub ending: Option<Ended>,
}

impl HistoryEntry {
    /// Returns what it brings.
    pub fn summary(&self) -> ReleaseSummary<'_> {
        ReleaseSummary { action: self.action, version: Some(&self.version), snapshot: self.snapshot }
    }

    /// Returns the facts by which it is audited.
    pub fn audited(&self) -> Audited<'_> {
        Audited {
            requester: &self.requester,
            vouched: self.vouched,
            allowed_by: self.allowed_by.as_ref(),
            from: self.promoted_from.as_ref(),
            approval: self.approval.as_ref(),
            recovered_by: &self.recovered_by,
        }
    }
}

impl From<Deployment> for HistoryEntry {
    fn from(record: Deployment) -> Self {
        Self {
            components: sorted_parts(&record),
            id: record.id,
            environment: record.environment,
            action: record.action,
            version: record.release.version,
            snapshot: record.snapshot,
            status: record.status,
            accepted: record.accepted,
            requester: record.requester,
            vouched: record.vouched,
            allowed_by: record.allowed_by,
            promoted_from: record.verified_by.or(record.promoted_from),
            approval: record.approval,
            recovered_by: record.recovered_by,
            reason: record.reason,
            git: record.release.git,
            started: record.started,
            ending: record.ending,
        }
    }
}

fn sorted_parts(record: &Deployment) -> Vec<Part> {
    let mut parts = record.parts();
    parts.sort();
    parts
}

/// The deployment that brought something, in short, beside what it brought.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// The action that was asked for.
    pub action: ActionName,
    /// The release's version; of a rollback, a drill, a restore or a withdrawal that of the snapshot that it goes to.
    /// Until its turn the action's name stands there, and is no version.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// The snapshot that it goes to, if it goes to one and that is known.
    pub snapshot: Option<u64>,
    /// The place in Git that its release comes from.
    pub git: Option<Git>,
    /// The components that it brought, or containers of them.
    #[serde(default)]
    pub components: Vec<Part>,
    /// The requester.
    pub requester: Requester,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub reason: Option<String>,
    /// The time at which it was accepted.
    pub accepted: Time,
    /// The time at which it began.
    pub started: Option<Time>,
    /// The time at which it ended.
    pub ended: Option<Time>,
    /// The person who accepted what it had left, where it could not be undone.
    pub resolved: Option<Resolved>,
    /// The approval of its plan, if it needs one and waits.
    pub approval: Option<Approval>,
}

impl Provenance {
    /// Returns the person who accepted what runs by this name, where the deployment left that.
    pub fn accepted_as(&self, version: &str) -> Option<&Resolved> {
        self.resolved.as_ref().filter(|_| version == ACCEPTED)
    }

    /// Returns what it brings.
    pub fn summary(&self) -> ReleaseSummary<'_> {
        ReleaseSummary { action: self.action, version: Some(&self.version), snapshot: self.snapshot }
    }
}

impl From<Deployment> for Provenance {
    fn from(record: Deployment) -> Self {
        Self {
            components: sorted_parts(&record),
            action: record.action,
            version: record.release.version,
            snapshot: record.snapshot,
            git: record.release.git,
            requester: record.requester,
            reason: record.reason,
            accepted: record.accepted,
            started: record.started,
            ended: record.ending.as_ref().map(|ended| ended.at),
            approval: record.approval.filter(|_| record.status == Status::Waiting),
            resolved: record.ending.and_then(|ended| ended.resolved),
        }
    }
}

/// The whole record of a deployment.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// The deployment: its release, its requester, its status and its ending.
    pub deployment: Deployment,
    /// Its plan; null before its targets were looked at.
    #[serialize_always]
    pub plan: Option<Plan>,
    /// The present state of what it brought, for a deployment that succeeded or found everything in place; absent where
    /// its ending says it all.
    pub now: Option<PresentState>,
    /// The second look at its targets after a recovery; absent where none is due.
    pub second_look: Option<SecondLook>,
    /// The number of people who must approve its plan, by the rule in force; absent where it does not ask for that.
    pub needs: Option<u32>,
    /// Its steps, one for each component that it changes.
    pub steps: Vec<Step>,
    /// Its judgements, one for each wave.
    pub judgements: Vec<Judgement>,
}

/// A deployment that was accepted and is not recorded yet, in the form of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NotYetRecorded {
    /// The facts that are known by now.
    pub deployment: AcceptedDeployment,
    /// The plan, which is null.
    pub plan: Option<Plan>,
    /// The steps, of which there are none.
    pub steps: Vec<Step>,
    /// The judgements, of which there are none.
    pub judgements: Vec<Judgement>,
}

/// The facts of a deployment that was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AcceptedDeployment {
    /// Its id.
    pub id: DeploymentId,
    /// The application.
    pub app: AppName,
    /// The environment; null where the Git ref chooses it.
    pub environment: Option<EnvironmentName>,
    /// Its status, which is `accepted`.
    pub status: AcceptedStatus,
    /// The time at which its execution was started.
    pub accepted: Time,
    /// Its execution.
    pub executions: Vec<String>,
    /// The ending, which is null.
    pub ending: Option<Ended>,
}

/// The status of a deployment that is not recorded yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AcceptedStatus {
    /// Its execution was started, and records it next.
    Accepted,
}

/// The outcome of an execution. All members but `execution` are null while nothing is recorded, and for an execution
/// that drew a plan. If the status of any other is not `RUNNING` any more and nothing is recorded, nobody knows what it
/// did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionOutcome {
    /// The deployment that it became.
    pub deployment: Option<DeploymentId>,
    /// The refusal, if it was refused before it could become a deployment.
    pub refusal: Option<Refusal>,
    /// The deed of an action that is no deployment, such as a hold.
    pub done: Option<Done>,
    /// The execution itself; null where Step Functions does not know it any more.
    pub execution: Option<ExecutionEnd>,
}

/// The deed of an action that is no deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Done {
    /// The text of it. A `recover` that had nothing to do says so, and why.
    pub cause: Prose,
}

/// The end of an execution, as Step Functions has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionEnd {
    /// The status, such as `RUNNING`.
    #[serde(deserialize_with = "foreign::one")]
    pub status: String,
    /// The name of the error of one that failed.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub error: Option<String>,
    /// The cause of one that failed.
    pub cause: Option<String>,
}
