//! Starting a deployment through the HTTP API.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::VerbOutput;
use crate::ground::{arguments, interrupt};
use crate::talk::windlass::{RouteName, Windlass, read};
use crate::verbs::follow::{AwaitedEnd, Patience, Wait, follow};
use crate::verbs::planned::{self, CallerKind};
use crate::view::record;
use clap::Args;
use serde_json::{Map, Value, json};
use std::time::Duration;
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::manifest::Manifest;
use windlass_domain::release::may_lose::ResourceOf;
use windlass_domain::shown::api::DeploymentStarted;
use windlass_domain::shown::planned::Planned;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Span;

/// The wishes that a deployment may come with; each needs a reason.
#[derive(Debug, Clone, Default, Args)]
pub struct OverrideOptions {
    /// The reason, which is recorded. Each wish needs it: `--again`, `--allow-older`, `--accept-red`, `--through-hold`,
    /// `--preempt`, `--may-lose`.
    #[arg(long, value_name = "TEXT", value_parser = arguments::text)]
    reason: Option<String>,
    /// Deploy it once more although it was deployed, or undone, before; lifts the veto.
    #[arg(long, requires = "reason")]
    again: bool,
    /// Deploy it although a newer release is there.
    #[arg(long, requires = "reason")]
    pub allow_older: bool,
    /// Deploy it although a gate is red before anything has changed; it is judged, and undoes the release where it
    /// stays red.
    #[arg(long, requires = "reason")]
    accept_red: bool,
    /// Deploy it although deployments are held, and where only a person starts them.
    #[arg(long, requires = "reason")]
    pub through_hold: bool,
    /// Stop the deployment under way, have it undone, and deploy this as the next. Nothing stops a rollback.
    #[arg(long, requires = "reason")]
    preempt: bool,
    /// A resource of a stack whose data it may lose, such as `infra.Messages`: the component, and its name in the
    /// template; may be given several times.
    #[arg(long, value_name = "RESOURCE", requires = "reason")]
    may_lose: Vec<ResourceOf>,
}

impl OverrideOptions {
    /// Returns whether there is any.
    pub fn any(&self) -> bool {
        self.reason.is_some()
    }

    /// Returns whether there is one that overrides a check, which is for operators.
    pub fn overrides(&self) -> bool {
        !self.may_lose.is_empty() || self.flags().iter().any(|(_, wished)| *wished)
    }

    fn flags(&self) -> [(&'static str, bool); 5] {
        [
            ("again", self.again),
            ("allow_older", self.allow_older),
            ("accept_red", self.accept_red),
            ("through_hold", self.through_hold),
            ("preempt", self.preempt),
        ]
    }
}

/// The next step after a request.
#[derive(Debug, Clone, Copy)]
pub enum AfterRequest<'a> {
    /// The deployment is started, and looked at for some time.
    Follow(&'a Looking),
    /// Only its plan is drawn, and waited for.
    Plan(&'a Patience),
}

/// A request to start a deployment.
pub struct StartRequest {
    environment: EnvironmentName,
    body: Map<String, Value>,
    by: CallerKind,
    wished: bool,
    before: Vec<String>,
}

impl StartRequest {
    /// Makes the request for a release that has its manifest here.
    ///
    /// # Errors
    /// If the manifest cannot be written, which cannot happen.
    pub fn of_manifest(environment: EnvironmentName, manifest: &Manifest) -> Result<Self, Failure> {
        match serde_json::to_value(manifest) {
            Ok(Value::Object(body)) => {
                Ok(Self { environment, body, by: CallerKind::Arrival, wished: false, before: Vec::new() })
            }
            _ => Err(Failure::broken("the manifest cannot be written")),
        }
    }

    /// Makes the request for a release that is recorded already, or for one component of it.
    pub fn of_version(environment: EnvironmentName, version: &str, component: Option<&ComponentName>) -> Self {
        let mut body = Map::from_iter([("version".to_owned(), version.into())]);
        body.extend(component.map(|component| ("component".to_owned(), json!(component))));
        Self { environment, body, by: CallerKind::Person, wished: false, before: Vec::new() }
    }

    /// Makes the request for all that runs in an environment.
    pub fn of_environment(environment: EnvironmentName, from: &EnvironmentName) -> Self {
        let body = Map::from_iter([("from".to_owned(), json!(from))]);
        Self { environment, body, by: CallerKind::Person, wished: false, before: Vec::new() }
    }

    /// Binds it to the snapshot of that environment that the plan has shown.
    pub fn binds(&mut self, snapshot: u64) {
        self.body.insert("snapshot".into(), snapshot.into());
    }

    /// Notes the deployments of this version that were there before: the one that it becomes may be among them.
    pub fn there_before(&mut self, ids: impl IntoIterator<Item = String>) {
        self.before.extend(ids);
    }

    /// Adds the wishes to the request.
    pub fn wishes(&mut self, wishes: &OverrideOptions) {
        if let Some(reason) = &wishes.reason {
            self.body.insert("reason".into(), reason.as_str().into());
        }
        for (name, wished) in wishes.flags().into_iter().filter(|(_, wished)| *wished) {
            self.body.insert(name.into(), json!(wished));
        }
        if !wishes.may_lose.is_empty() {
            self.body.insert("may_lose".into(), json!(wishes.may_lose));
        }
        self.wished |= wishes.overrides();
    }

    /// Sends it: starts it, or only asks what it would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub async fn go(
        self,
        windlass: &Windlass,
        app: &AppName,
        then: AfterRequest<'_>,
        output: VerbOutput,
    ) -> Result<Exit, Failure> {
        match then {
            AfterRequest::Follow(looking) => self.send(windlass, app, looking, output).await,
            AfterRequest::Plan(patience) => planned::draw(self.drawn(windlass, app, patience), output).await,
        }
    }

    /// Starts it, and watches it: until it has ended, or until it is known that it was not refused at once.
    async fn send(
        self,
        windlass: &Windlass,
        app: &AppName,
        looking: &Looking,
        output: VerbOutput,
    ) -> Result<Exit, Failure> {
        let environment = &self.environment;
        interrupt::says(format!(
            "interrupted; it may be handed in all the same: `windlass history {app} {environment}` lists what was"
        ));
        let (id, answer) = self.begin(windlass, app).await?;
        let [typed, recorded] = [self.body.get("version"), answer.get("version")];
        if let Some(name) = recorded.and_then(Value::as_str).filter(|_| typed != recorded) {
            output.announce(&format!("recorded as {name}: the history lists it so, and a promotion names it so"));
        }
        let begun = BegunDeployment { id: &id, answer: &answer, joins: self.before.contains(&id) };
        looking.follow(windlass, app, begun, output).await
    }

    /// Starts it, and returns the deployment's id and the answer.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub async fn begin(&self, windlass: &Windlass, app: &AppName) -> Result<(String, Value), Failure> {
        let (of, body) = (EnvironmentId::new(app, &self.environment), Value::Object(self.body.clone()));
        let begun = self.by.send(windlass, self.route(), of, &body).await?;
        let DeploymentStarted { id, .. } = read(&begun)?;
        Ok((id.0, begun))
    }

    /// Returns the route that takes it: what is for operators has one of its own, which CI may not call. A promotion
    /// needs the right to release alone.
    fn route(&self) -> RouteName {
        let is_recorded = self.by == CallerKind::Person && !self.body.contains_key("from");
        let is_for_operators = is_recorded || self.wished;
        if is_for_operators { RouteName::StartRecorded } else { RouteName::Start }
    }

    /// Asks for its plan, and waits until that is drawn.
    ///
    /// # Errors
    /// If Windlass refuses it, does not answer, or gives no plan in time.
    pub async fn drawn(
        &self,
        windlass: &Windlass,
        app: &AppName,
        patience: &Patience,
    ) -> Result<(Value, Planned), Failure> {
        let (of, body) = (EnvironmentId::new(app, &self.environment), Value::Object(self.body.clone()));
        planned::drawn(windlass, of, &body, self.by, patience).await
    }
}

/// The deployment that something handed in has become.
#[derive(Debug, Clone, Copy)]
pub struct BegunDeployment<'a> {
    /// The deployment.
    pub id: &'a str,
    /// The JSON that `--json` prints.
    pub answer: &'a Value,
    /// True where the deployment was there before, because it has the same release.
    pub joins: bool,
}

impl BegunDeployment<'_> {
    /// Returns the beginning of a sentence about the deployment.
    fn words(&self) -> String {
        let id = self.id;
        if self.joins {
            format!("it joins deployment {id}, which was there before with the same release and")
        } else {
            format!("deployment {id}")
        }
    }

    fn as_json(&self, stands: &str) -> Value {
        let mut answer = self.answer.clone();
        answer["stands"] = stands.into();
        if self.joins {
            answer["joins"] = true.into();
        }
        answer
    }
}

/// Returns the state of a deployment that has not ended, in words.
fn stands(deployment: &Deployment) -> &'static str {
    match (deployment.status, &deployment.undoing) {
        (Status::Waiting, _) if deployment.asks() => "waits until people approve its plan",
        (Status::Waiting, _) => "waits for its turn",
        (_, Some(_)) => "is being undone",
        (Status::Recovering, None) => "is being recovered",
        (Status::Running | Status::Ended, None) => "is under way",
    }
}

/// The time for which a deployment is looked at once it is started.
#[derive(Debug, Clone, Args)]
pub struct Looking {
    /// Watch it until it has ended.
    #[arg(long)]
    pub watch: bool,
    /// The time to look for a refusal, without `--watch`; `0s` does not look.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = Span::parse)]
    pub look: Span,
    /// The time for which it is watched.
    #[command(flatten)]
    pub patience: Patience,
}

impl Looking {
    /// Begins to wait for a refusal.
    pub fn begin(&self) -> Wait {
        self.patience.begin_at_most(Duration::from_millis(self.look.as_ms()))
    }

    /// Watches a deployment that was handed in.
    ///
    /// # Errors
    /// If Windlass does not answer, or it became no deployment.
    pub async fn follow(
        &self,
        windlass: &Windlass,
        app: &AppName,
        begun: BegunDeployment<'_>,
        output: VerbOutput,
    ) -> Result<Exit, Failure> {
        let BegunDeployment { id, joins, .. } = begun;
        if self.watch {
            if joins {
                output.announce(&format!("{} is watched", begun.words()));
            }
            let waiting = self.patience.begin();
            waiting.until_known(windlass, app, id).await?;
            return follow(windlass, app, id, &waiting, AwaitedEnd::Runs, output).await;
        }
        let handed_in = |stands: &str| {
            let words = format!("handed in: {} {stands}; `windlass watch {app} {id}` shows how it ends", begun.words());
            output.result(&begun.as_json(stands), &words);
            Ok(Exit::Good)
        };
        if self.look.as_ms() == 0 {
            return handed_in("was not looked at");
        }
        let waiting = self.begin();
        interrupt::says(interrupt::of_deployment(app.as_str(), id, None));
        waiting.pulse.waits_for(format!("deployment {id} is handed in; it is looked whether it is refused at once"));
        loop {
            let (record, unseen) = match windlass.get(RouteName::Deployment, &[app.as_str(), id], &[]).await {
                Ok(answer) => (record::read(&answer)?, None),
                // It was started a moment ago: it may be there at the next look.
                Err(failure) if failure.exit == Exit::Rejected => (None, None),
                Err(failure) => (None, Some(failure.message)),
            };
            let known = record.map(|record| record.deployment);
            if known.as_ref().is_some_and(|one| one.ending.is_some()) {
                return follow(windlass, app, id, &waiting, AwaitedEnd::Runs, output).await;
            }
            // A deployment that was there before is not refused at once any more.
            let is_let_in = |one: &&Deployment| joins || one.status != Status::Waiting;
            if let Some(known) = known.as_ref().filter(is_let_in) {
                return handed_in(stands(known));
            }
            if !waiting.goes_on().await {
                let unseen = unseen.map(|why| format!("could not be seen: {why}"));
                return handed_in(match (&unseen, &known) {
                    (Some(unseen), _) => unseen,
                    (None, Some(known)) => stands(known),
                    (None, None) => "is not recorded yet",
                });
            }
        }
    }
}
