//! AWS CodeDeploy in memory: deployment groups of Lambda functions, and deployments that move an alias in steps, run
//! hooks, are stopped, and are taken back by deployments of their own.
//!
//! What moves a deployment is in [`crate::live_deployment`].

pub use crate::live_deployment::LiveDeployment;

use crate::World;
use crate::live_function::LiveFunction;
use std::collections::BTreeMap;
use windlass_domain::appspec::AppSpec;
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::ports::{
    Answered, CodeDeploy, Deployed, DeploymentGroup, LifecycleEvent, ListedDeployments,
    NewDeployed, Revision, Routing,
};

/// The number of deployments that a page has: few, so that who reads one page alone is caught.
const PAGE: usize = 2;

/// The groups, their deployments, and the revisions that were registered.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The groups.
    pub groups: Vec<Group>,
    /// The deployments of all groups, oldest first.
    pub deployments: Vec<LiveDeployment>,
    /// The texts of revisions by their SHA-256.
    pub texts: BTreeMap<String, String>,
}

/// A deployment group.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its application.
    pub application: String,
    /// Its name.
    pub name: String,
    /// `Lambda`, or what a test says.
    pub platform: String,
    /// The steps of its deployment configuration.
    pub routing: Routing,
    /// The revision that it deployed last.
    pub revision: Option<Revision>,
    /// True where what fails, or is stopped by an alarm, is rolled back.
    pub rolls_back: bool,
    /// The names of the alarms that stop a deployment.
    pub monitors: Vec<String>,
    /// The hook that says no.
    pub fails_at: Option<&'static str>,
    /// The time that a hook takes, in seconds.
    pub hook_s: u64,
}

impl State {
    /// Makes a group that deploys to Lambda.
    pub fn put(&mut self, application: &str, name: &str, routing: Routing) -> &mut Group {
        self.groups.push(Group {
            application: application.to_owned(),
            name: name.to_owned(),
            platform: "Lambda".into(),
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

    /// A group, by names.
    pub fn group(&mut self, application: &str, name: &str) -> Answered<&mut Group> {
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
        Revision::Kept {
            kind: "AppSpecContent".into(),
            sha256,
        }
    }

    /// The version that all callers of a function's alias will get by a deployment that is under way, or is taken back;
    /// nothing where the alias is not as that has left it.
    pub fn moves_to(&self, function: &LiveFunction) -> Option<String> {
        let mut newest_first = self.deployments.iter().rev();
        newest_first.find_map(|live| live.moves_to(function))
    }

    /// True where CodeDeploy has given a deployment of this function up by itself, and takes it back.
    pub fn gave_up(&self, function: &str) -> bool {
        let mut deployments = self.deployments.iter();
        deployments.any(|live| live.gave_up(function))
    }
}

fn missing(what: &str) -> Fault {
    let message = format!("{what}DoesNotExistException: it is not there");
    Fault::new(FaultName::NotFound, message)
}

impl CodeDeploy for World {
    async fn deployment_group(&self, application: &str, group: &str) -> Answered<DeploymentGroup> {
        let call = self.call("codedeploy.deployment_group").await?;
        let told = {
            let mut state = self.codedeploy();
            let group = state.group(application, group)?;
            DeploymentGroup {
                platform: group.platform.clone(),
                configuration: format!("{application}/{}", group.name),
                revision: group.revision.clone(),
                last: vec![],
            }
        };
        call.answer(told).await
    }

    async fn routing(&self, configuration: &str) -> Answered<Routing> {
        let call = self.call("codedeploy.routing").await?;
        let routing = {
            let mut state = self.codedeploy();
            let (application, group) = configuration.split_once('/').unwrap_or_default();
            state.group(application, group)?.routing.clone()
        };
        call.answer(routing).await
    }

    async fn revision(&self, _: &str, _: &str, sha256: &str) -> Answered<String> {
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
    ) -> Answered<(Vec<String>, Option<String>)> {
        let call = self.call("codedeploy.deployments").await?;
        self.codedeploy().group(application, group)?;
        let page = {
            let seen = call.seen();
            let state = seen.codedeploy();
            let own = state
                .deployments
                .iter()
                .filter(|live| live.is_of(application, group));
            let listed = own.filter(|live| match listed {
                ListedDeployments::Active => live.is_active(),
                ListedDeployments::Created(from, to) => {
                    live.told.created.is_some_and(|at| from <= at && at <= to)
                }
            });
            let ids: Vec<String> = listed.map(|live| live.told.id.clone()).collect();
            let from: usize = next.and_then(|next| next.parse().ok()).unwrap_or(0);
            let more = (from + PAGE < ids.len()).then(|| (from + PAGE).to_string());
            (ids.into_iter().skip(from).take(PAGE).collect(), more)
        };
        call.answer(page).await
    }

    async fn deployed(&self, id: &str) -> Answered<Deployed> {
        let call = self.call("codedeploy.deployed").await?;
        let told = {
            let seen = call.seen();
            let state = seen.codedeploy();
            let found = state.deployments.iter().find(|live| live.told.id == id);
            found.ok_or_else(|| missing("Deployment"))?.told.clone()
        };
        call.answer(told).await
    }

    async fn lifecycle_events(&self, id: &str) -> Answered<Vec<LifecycleEvent>> {
        let call = self.call("codedeploy.lifecycle_events").await?;
        let events = {
            let seen = call.seen();
            let state = seen.codedeploy();
            let found = state.deployments.iter().find(|live| live.told.id == id);
            found.map_or_else(Vec::new, |live| live.events.clone())
        };
        call.answer(events).await
    }

    async fn create_deployment(&self, new: &NewDeployed) -> Answered<String> {
        let call = self.call("codedeploy.create_deployment").await?;
        let id = self.create(new)?;
        call.answer(id).await
    }

    async fn stop_deployment(&self, id: &str) -> Answered<()> {
        let call = self.call("codedeploy.stop_deployment").await?;
        let now = self.true_time();
        {
            let mut state = self.codedeploy();
            let mut all = state.deployments.iter_mut();
            let found = all.find(|live| live.told.id == id);
            let found = found.ok_or_else(|| missing("Deployment"))?;
            if !found.stop(now) {
                return Err(Fault::new(
                    FaultName::Conflict,
                    format!("DeploymentAlreadyCompletedException: {id}"),
                ));
            }
        }
        call.answer(()).await
    }
}

impl World {
    /// Creates a deployment, as anyone may; answers its id.
    pub fn create(&self, new: &NewDeployed) -> Answered<String> {
        let now = self.true_time();
        let mut state = self.codedeploy();
        let group = state.group(&new.application, &new.group)?.clone();
        let active = state.deployments.iter().find(|live| {
            live.is_of(&new.application, &new.group) && (live.is_active() || live.will_return())
        });
        if let Some(active) = active {
            return Err(Fault::new(
                FaultName::Conflict,
                format!(
                    "DeploymentLimitExceededException: The Deployment Group '{}' already has an active Deployment '{}'",
                    new.group, active.told.id
                ),
            ));
        }
        AppSpec::read(&new.content).map_err(|why| {
            Fault::new(
                FaultName::Refused,
                format!("InvalidRevisionException: {why}"),
            )
        })?;
        let revision = state.register(&new.content);
        let id = format!("d-{:09}", state.deployments.len() + 1);
        let live = LiveDeployment::begin(&id, new, &group, revision.clone(), now);
        state.deployments.push(live);
        state.group(&new.application, &new.group)?.revision = Some(revision);
        Ok(id)
    }

    /// Lets the time that has passed since the last look happen to every deployment.
    pub fn deploy_on(&self) {
        if self.codedeploy().deployments.is_empty() {
            return;
        }
        let now = self.true_time();
        let alarms = self.alarms().history.clone();
        let mut state = self.codedeploy();
        let mut functions = self.functions();
        let mut begun = Vec::new();
        for at in 0..state.deployments.len() {
            let id = format!("d-{:09}", state.deployments.len() + begun.len() + 1);
            let live = &mut state.deployments[at];
            live.go_on(&mut functions.functions, &alarms, now);
            begun.extend(live.rollback(&id, now));
        }
        for mut back in begun {
            back.go_on(&mut functions.functions, &alarms, now);
            state.deployments.push(back);
        }
    }
}
