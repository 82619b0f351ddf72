//! A function whose alias AWS CodeDeploy moves. The code and its version are brought as for any other function. A
//! deployment of CodeDeploy then moves the callers, by the configuration, hooks and alarms of its group.
//!
//! Every way back moves the alias itself, as soon as CodeDeploy's own deployments are over (decision 0450). A look
//! reads what CodeDeploy does in the group, and then the function. So what is read of the alias is never older than
//! what is known of the deployment that moves it.

mod next;
mod prepare;
mod state;
mod wording;

use super::change::LambdaKind;
use super::kind::{field, noticed};
use super::state::{self as lambda, Group, Traffic};
use crate::config::Configured;
use crate::kinds::codedeploy::{self, mark, sent, sentences};
use crate::kinds::lambda::kind::{KnownVersions, observe};
use crate::kinds::lambda::state::Target;
use crate::kinds::{ChangeFacts, Class, Kind, LookContext, Next, Noticed, Trail, View};
use crate::ports::{Clock, CodeDeployApi, Deployed, LambdaApi, NewDeployed, Result, S3Api};
pub(super) use prepare::prepare;
use serde_json::Value;
pub use state::{Change, Goal, RequestedMove, Seen};
use std::collections::BTreeMap;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::Finding;

/// The kind over its ports.
pub struct CodeDeployed<P> {
    function: LambdaKind<P>,
    /// The ports at the function's place.
    at: P,
    deployment: DeploymentId,
}

impl<P> CodeDeployed<P> {
    /// Builds it from the kind of the function, the ports at the function's place, and the deployment.
    pub fn new(function: LambdaKind<P>, at: P, deployment: DeploymentId) -> Self {
        Self { function, at, deployment }
    }
}

/// Returns the deployment group of a target.
fn group_of(target: &Target) -> Result<&Group> {
    let group = target.codedeploy.as_ref();
    group.ok_or_else(|| Fault::internal("the step names no deployment group"))
}

/// Returns the facts of a change that CodeDeploy makes. Sooner or later all callers get the version `to`.
fn by_codedeploy(change: &Change, seen: &Seen, to: Option<&String>) -> ChangeFacts {
    let after = to.map(|to| Traffic::all_to(to));
    let after = after.map(|after| Noticed { value: after.noticed(), shown: after.to_string() });
    ChangeFacts { after, ..ChangeFacts::new(Class::Switching, change.value(), wording::what(change, seen)) }
}

impl<P: LambdaApi + S3Api + Configured + CodeDeployApi + Clock> Kind for CodeDeployed<P> {
    type Target = Target;
    type Seen = Seen;
    type Goal = Goal;
    type Change = Change;

    async fn observe(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        self.look(target, way).await
    }

    fn view(target: &Target, seen: &Seen) -> View {
        let mut value = seen.callers().noticed();
        if let Some(other) = seen.other.as_ref().filter(|_| seen.only_looks) {
            // Nobody knows where somebody else's deployment will leave the alias: what callers get is not as recorded.
            value["moved_by"] = other.id.clone().into();
        }
        View {
            noticed: Noticed { value, shown: wording::shown(seen) },
            waits_for: wording::waits_for(target, seen),
            // CodeDeploy begins nothing unless the alias is as its AppSpec says, a stop names a deployment of ours,
            // and the alias itself moves upon its RevisionId.
            is_guarded: true,
            is_consistent: false,
        }
    }

    fn back(seen: &Seen) -> Goal {
        let mut function = seen.function.clone();
        // A record that is made while CodeDeploy moves the alias says what callers will get.
        if let Some(alias) = &mut function.alias {
            alias.traffic = seen.callers();
        }
        Goal::to(lambda::Goal::Back(function))
    }

    fn unsettled(target: &Target, seen: &Seen) -> Option<Finding> {
        let moving = seen.moving()?;
        Some(sentences::unsettled(&wording::place(target), moving))
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(target, seen, goal)
    }

    fn facts(change: &Change, seen: &Seen) -> ChangeFacts {
        match change {
            Change::Function(change) => {
                let facts = LambdaKind::<P>::facts(change, &seen.function);
                let after = super::next::after(change, &seen.function);
                ChangeFacts { after: after.map(|after| noticed(&after)), ..facts }
            }
            Change::Begin { to, .. } => by_codedeploy(change, seen, Some(to)),
            Change::Stop { .. } => {
                let begun = seen.begun.as_ref();
                by_codedeploy(change, seen, begun.map(|begun| &begun.from))
            }
        }
    }

    fn field(member: &str, value: &Value) -> (String, String) {
        field(member, value)
    }

    fn outputs(seen: &Seen, goal: &Goal) -> BTreeMap<String, String> {
        LambdaKind::<P>::outputs(&seen.function, &goal.of)
    }

    fn trail(target: &Target) -> Option<Trail> {
        Some(Trail { resource: target.function.clone(), region: None })
    }

    fn owned(target: &Target) -> String {
        LambdaKind::<P>::owned(target)
    }

    async fn ready(&self, target: &Target, change: &Change) -> Result<()> {
        match change {
            Change::Function(change) => self.function.ready(target, change).await,
            Change::Begin { .. } | Change::Stop { .. } => Ok(()),
        }
    }

    async fn change(&self, target: &Target, change: &Change, deployment: &DeploymentId) -> Result<Option<String>> {
        match change {
            Change::Function(change) => self.function.change(target, change, deployment).await,
            Change::Begin { from, to } => {
                let group = group_of(target)?;
                let new = NewDeployed {
                    application: group.application.clone(),
                    group: group.group.clone(),
                    description: mark(&self.deployment),
                    content: group.appspec.moving(from, to),
                    configuration: None,
                };
                self.at.create_deployment(&new).await.map(Some)
            }
            Change::Stop { deployment, .. } => self.at.stop_deployment(deployment).await.map(|()| None),
        }
    }
}

impl<P: LambdaApi + S3Api + Configured + CodeDeployApi + Clock> CodeDeployed<P> {
    pub(crate) async fn look(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        let now = self.at.now();
        let begun = RequestedMove::of(way.changes);
        let group = group_of(target)?;
        let group = (group.application.as_str(), group.group.as_str());
        let asked = begun.as_ref().map(|begun| begun.at);
        let all = codedeploy::deployments(&self.at, group, asked).await?;
        let mark = mark(&self.deployment);
        let is_ours = |one: &&Deployed| one.description == mark && one.creator != codedeploy::ROLLBACK;
        let ours = all.iter().filter(is_ours).max_by_key(|one| one.created);
        let rollback = match ours {
            Some(ours) => codedeploy::rollback(&self.at, ours, &all).await?,
            None => None,
        };
        let events = match ours {
            Some(ours) if ours.status != "Succeeded" => self.at.lifecycle_events(&ours.id).await?.events,
            _ => vec![],
        };
        let own: Vec<&str> = ours.iter().map(|ours| ours.id.as_str()).collect();
        let own = |id: &str| own.contains(&id) || rollback.as_ref().is_some_and(|it| it.id == id);
        let other = all.iter().find(|one| !one.is_over() && !own(&one.id));
        let stops = ours.and_then(|ours| sent(way.changes, "stop", &ours.id));
        let known = KnownVersions::of(way.goal.map(|goal| &goal.of), way.made);
        Ok(Seen {
            now,
            function: observe(&self.at, target, &known).await?,
            begun,
            ours: ours.cloned(),
            other: other.cloned(),
            rollback,
            only_looks: way.goal.is_none(),
            events,
            stops,
        })
    }
}
