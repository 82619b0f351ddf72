//! AWS CodeDeploy in memory: deployment groups of Lambda functions and of services, and deployments that move callers
//! in steps, run hooks, are stopped, and are taken back by deployments of their own.
//!
//! [`crate::live_deployment`] and [`crate::live_service_deployment`] move the deployments on.

use crate::World;
pub use crate::deployment_group::Group;
pub use crate::live_deployment::LiveDeployment;
use crate::live_function::LiveFunction;
pub use crate::live_service_deployment::ServiceDeployed;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::appspec::AppSpec;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{
    CodeDeployApi, Deployed, DeploymentGroup, DeploymentWait, Lifecycle, ListedDeployments, NewDeployed, Result,
    Revision, Routing,
};

/// The number of deployments that a page has. It is small, to catch callers that read one page alone.
const PAGE: usize = 2;

/// The groups, their deployments, and the revisions that were registered.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The groups.
    pub groups: Vec<Group>,
    /// The deployments of functions of all groups, oldest first.
    pub deployments: Vec<LiveDeployment>,
    /// The deployments of services of all groups, oldest first.
    pub of_services: Vec<ServiceDeployed>,
    /// The texts of revisions by their SHA-256.
    pub texts: BTreeMap<String, String>,
    /// The ids of the deployments that a call of the port has stopped, or has let end the former tasks.
    pub ended_by_call: BTreeSet<String>,
}

impl State {
    /// Makes a group that deploys to Lambda.
    pub fn put(&mut self, application: &str, name: &str, routing: Routing) -> &mut Group {
        self.groups.push(Group {
            application: application.to_owned(),
            name: name.to_owned(),
            platform: "Lambda".into(),
            service: None,
            ready_min: None,
            ends_min: Some(0),
            routing,
            revision: None,
            rolls_back: true,
            monitors: vec![],
            fails_at: None,
            hook_s: 30,
        });
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    /// Makes a group that deploys a service, and keeps the former tasks for some minutes.
    pub fn put_service(
        &mut self,
        application: &str,
        name: &str,
        (cluster, service): (&str, &str),
        routing: Routing,
    ) -> &mut Group {
        let group = self.put(application, name, routing);
        group.platform = "ECS".into();
        group.service = Some((cluster.to_owned(), service.to_owned()));
        group.ends_min = Some(5);
        group
    }

    /// A group, by names.
    pub fn group(&mut self, application: &str, name: &str) -> Result<&mut Group> {
        let mut all = self.groups.iter_mut();
        all.find(|group| group.application == application && group.name == name)
            .ok_or_else(|| missing(&format!("DeploymentGroup {application}/{name}")))
    }

    /// Registers a text as a group's last revision, as the deployment did that brought it.
    pub fn deployed_last(&mut self, application: &str, name: &str, text: &str) {
        let revision = self.register(text);
        if let Ok(group) = self.group(application, name) {
            group.revision = Some(revision);
        }
    }

    fn register(&mut self, text: &str) -> Revision {
        let sha256 = Digest::of(text.as_bytes()).to_string();
        self.texts.insert(sha256.clone(), text.to_owned());
        Revision::Kept { kind: "AppSpecContent".into(), sha256 }
    }

    /// Returns the version that all callers of a function's alias will get by a deployment that is under way, or is
    /// being taken back; `None` where the alias is no longer as that deployment left it.
    pub fn moves_to(&self, function: &LiveFunction) -> Option<String> {
        let mut newest_first = self.deployments.iter().rev();
        newest_first.find_map(|live| live.moves_to(function))
    }

    /// Returns the task definition that all callers of a service will get by a deployment that is under way, or is
    /// being taken back.
    pub fn steers_to(&self, cluster: &str, service: &str) -> Option<String> {
        let mut newest_first = self.of_services.iter().rev();
        let steers = newest_first.find_map(|live| {
            let is_its = live.service.0 == cluster && live.service.1 == service;
            live.steers_to().filter(|_| is_its)
        });
        steers.map(str::to_owned)
    }

    /// Returns whether CodeDeploy has given up a deployment of this service by itself.
    pub fn gave_service_up(&self, service: &str) -> bool {
        let mut deployments = self.of_services.iter();
        deployments.any(|live| live.service.1 == service && live.gave_up())
    }

    /// Returns the descriptions of all deployments, of this group or of all groups: those of functions, then those of
    /// services, each oldest first.
    fn described(&self, of: Option<(&str, &str)>) -> impl Iterator<Item = &Deployed> {
        let is_of = move |is: &dyn Fn(&str, &str) -> bool| of.is_none_or(|(a, g)| is(a, g));
        let functions = self.deployments.iter();
        let functions = functions.filter(move |live| is_of(&|a, g| live.is_of(a, g)));
        let services = self.of_services.iter();
        let services = services.filter(move |live| is_of(&|a, g| live.is_of(a, g)));
        let services = services.map(|live| &live.described);
        functions.map(|live| &live.described).chain(services)
    }

    /// Returns the id of the next deployment.
    pub(crate) fn next_id(&self) -> String {
        format!("d-{:09}", self.deployments.len() + self.of_services.len() + 1)
    }

    /// Returns the id of a deployment that the group has under way, or is about to take back.
    fn busy(&self, application: &str, group: &str) -> Option<String> {
        let functions = self
            .deployments
            .iter()
            .filter(|live| live.is_of(application, group) && (live.is_active() || live.will_return()));
        let services = self
            .of_services
            .iter()
            .filter(|live| live.is_of(application, group) && (live.is_active() || live.will_return()));
        let services = services.map(|live| live.described.id.clone());
        functions.map(|live| live.described.id.clone()).chain(services).next()
    }

    /// Returns whether CodeDeploy has given up a deployment of this function by itself, and takes it back.
    pub fn gave_up(&self, function: &str) -> bool {
        let mut deployments = self.deployments.iter();
        deployments.any(|live| live.gave_up(function))
    }
}

fn missing(what: &str) -> Fault {
    let message = format!("{what}DoesNotExistException: it is not there");
    Fault::new(FaultName::NotFound, message)
}

impl CodeDeployApi for World {
    async fn deployment_group(&self, application: &str, group: &str) -> Result<DeploymentGroup> {
        let call = self.call("codedeploy.deployment_group").await?;
        let described = {
            let mut state = self.codedeploy();
            let group = state.group(application, group)?;
            DeploymentGroup {
                platform: group.platform.clone(),
                configuration: format!("{application}/{}", group.name),
                revision: group.revision.clone(),
                last: vec![],
                services: group.service.clone().into_iter().collect(),
                ready_min: group.ready_min,
                ends_min: group.ends_min,
            }
        };
        call.answer(described).await
    }

    async fn routing(&self, configuration: &str) -> Result<Routing> {
        let call = self.call("codedeploy.routing").await?;
        let routing = {
            let mut state = self.codedeploy();
            let (application, group) = configuration.split_once('/').unwrap_or_default();
            state.group(application, group)?.routing.clone()
        };
        call.answer(routing).await
    }

    async fn revision(&self, _: &str, _: &str, sha256: &str) -> Result<String> {
        let call = self.call("codedeploy.revision").await?;
        let text = self.codedeploy().texts.get(sha256).cloned();
        call.answer(text.ok_or_else(|| missing("Revision"))?).await
    }

    async fn deployments(
        &self,
        application: &str,
        group: &str,
        listed: ListedDeployments,
        next: Option<&str>,
    ) -> Result<(Vec<String>, Option<String>)> {
        let call = self.call("codedeploy.deployments").await?;
        self.codedeploy().group(application, group)?;
        let page = {
            let seen = call.seen();
            let state = seen.codedeploy();
            let is_over = |one: &Deployed| ["Succeeded", "Failed", "Stopped"].contains(&one.status.as_str());
            let own = state.described(Some((application, group)));
            let listed = own.filter(|one| match listed {
                ListedDeployments::Active => !is_over(one),
                ListedDeployments::Created(from, to) => one.created.is_some_and(|at| from <= at && at <= to),
            });
            let ids: Vec<String> = listed.map(|one| one.id.clone()).collect();
            let from: usize = next.and_then(|next| next.parse().ok()).unwrap_or(0);
            let more = (from + PAGE < ids.len()).then(|| (from + PAGE).to_string());
            (ids.into_iter().skip(from).take(PAGE).collect(), more)
        };
        call.answer(page).await
    }

    async fn deployed(&self, id: &str) -> Result<Deployed> {
        let call = self.call("codedeploy.deployed").await?;
        let deployed = {
            let seen = call.seen();
            let state = seen.codedeploy();
            let found = state.described(None).find(|one| one.id == id);
            found.ok_or_else(|| missing("Deployment"))?.clone()
        };
        call.answer(deployed).await
    }

    async fn lifecycle_events(&self, id: &str) -> Result<Lifecycle> {
        let call = self.call("codedeploy.lifecycle_events").await?;
        let lifecycle = {
            let seen = call.seen();
            let state = seen.codedeploy();
            let function = state.deployments.iter().find(|live| live.described.id == id);
            let function = function.map(|live| Lifecycle { events: live.events.clone(), task_sets: vec![] });
            let service = state.of_services.iter().find(|live| live.described.id == id);
            function.or_else(|| service.map(ServiceDeployed::lifecycle))
        };
        call.answer(lifecycle.unwrap_or_default()).await
    }

    async fn create_deployment(&self, new: &NewDeployed) -> Result<String> {
        let call = self.call("codedeploy.create_deployment").await?;
        let id = self.create(new)?;
        call.answer(id).await
    }

    async fn stop_deployment(&self, id: &str) -> Result<()> {
        let call = self.call("codedeploy.stop_deployment").await?;
        let now = self.true_time();
        let is_stopped = {
            let mut state = self.codedeploy();
            state.ended_by_call.insert(id.to_owned());
            let function = state.deployments.iter_mut().find(|it| it.described.id == id);
            let function = function.map(|live| live.stop(now));
            let service = state.of_services.iter_mut().find(|it| it.described.id == id);
            function.or(service.map(|live| live.stop(now)))
        };
        if !is_stopped.ok_or_else(|| missing("Deployment"))? {
            return Err(refused("DeploymentAlreadyCompletedException", id));
        }
        call.answer(()).await
    }

    async fn continue_deployment(&self, id: &str, waiting: DeploymentWait) -> Result<()> {
        let call = self.call("codedeploy.continue_deployment").await?;
        let now = self.true_time();
        let goes = {
            let mut state = self.codedeploy();
            if waiting == DeploymentWait::Termination {
                state.ended_by_call.insert(id.to_owned());
            }
            let live = state.of_services.iter_mut().find(|it| it.described.id == id);
            let live = live.ok_or_else(|| missing("Deployment"))?;
            live.called |= waiting == DeploymentWait::Ready;
            live.go(waiting, now)
        };
        if !goes {
            return Err(refused("DeploymentIsNotInReadyStateException", id));
        }
        call.answer(()).await
    }
}

/// Returns the fault that a deployment's state does not allow the call.
fn refused(code: &str, id: &str) -> Fault {
    Fault::new(FaultName::Conflict, format!("{code}: {id}"))
}

impl World {
    /// Creates a deployment, as anyone may, and returns its id.
    pub fn create(&self, new: &NewDeployed) -> Result<String> {
        let now = self.true_time();
        let mut state = self.codedeploy();
        let group = state.group(&new.application, &new.group)?.clone();
        if let Some(active) = state.busy(&new.application, &new.group) {
            return Err(Fault::new(
                FaultName::Conflict,
                format!(
                    "DeploymentLimitExceededException: The Deployment Group '{}' already has an active Deployment '{active}'",
                    new.group
                ),
            ));
        }
        let is_service = group.platform == "ECS";
        let read = if is_service { AppSpec::read_service(&new.content) } else { AppSpec::read(&new.content) };
        read.map_err(|why| Fault::new(FaultName::Refused, format!("InvalidRevisionException: {}", why.written())))?;
        let revision = state.register(&new.content);
        let id = state.next_id();
        if is_service {
            let live = ServiceDeployed::begin(&id, new, &group, revision.clone(), now);
            state.of_services.push(live);
        } else {
            let live = LiveDeployment::begin(&id, new, &group, revision.clone(), now);
            state.deployments.push(live);
        }
        state.group(&new.application, &new.group)?.revision = Some(revision);
        Ok(id)
    }
}
