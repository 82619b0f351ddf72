//! `windlass rollback` goes back to an earlier snapshot that was good, and `windlass restore` to what is recorded.
//! `windlass drill` goes to the version before and comes back, so that the way back is known to work.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::{VerbOutput, text};
use crate::ground::trouble::TroubleName;
use crate::ground::{arguments, interrupt};
use crate::talk::listing::{List, whole};
use crate::talk::windlass::{RouteName, Windlass, read};
use crate::verbs::follow::{AwaitedEnd, Wait};
use crate::verbs::operator::{ActedOn, Action, AwaitedEffect, ended_in_vain, execution_outcome, is_not_known_yet};
use crate::view::drills::{PrintedDrill, exit, find};
use crate::view::record;
use clap::Args;
use serde_json::{Map, Value, json};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::may_lose::ResourceOf;
use windlass_domain::release::version_order::in_lists;
use windlass_domain::shown::api::recorded::{ListedSnapshot, Snapshots};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

/// The arguments of `windlass rollback`, also of one that is only planned, which takes others in place of `ActedOn`.
#[derive(Debug, Args)]
pub struct Rollback<A: Args = ActedOn> {
    #[command(flatten)]
    pub(super) at: A,
    #[command(flatten)]
    pub(super) goal: RollbackGoal,
}

impl Rollback {
    /// Runs the rollback, and watches it until it has ended.
    ///
    /// # Errors
    /// If no snapshot of the version that it names passed, or Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let endpoint = &self.at.asking.endpoint;
        endpoint.ask(async |windlass| self.action(windlass).await?.run_at(windlass, output).await)
    }

    /// Returns the call of the verb.
    ///
    /// # Errors
    /// If no snapshot of the version that it names passed, or Windlass does not answer.
    pub async fn action(&self, windlass: &Windlass) -> Result<Action<'_>, Failure> {
        let of = EnvironmentId::new(&self.at.app, &self.at.environment);
        let body = self.goal.members(windlass, of).await?;
        let effect = AwaitedEffect::Deployment(AwaitedEnd::Runs);
        Ok(Action { at: &self.at, action: ActionName::Rollback, body, effect })
    }
}

/// The snapshot that a rollback goes to, and what it goes across.
#[derive(Debug, Args)]
pub struct RollbackGoal {
    /// The snapshot to go back to; the newest suitable one if not given.
    #[arg(long, value_name = "NUMBER", value_parser = arguments::number)]
    snapshot: Option<u64>,
    /// The version to go back to, of the component if one is named: its newest snapshot that passed.
    #[arg(long, value_name = "VERSION", value_parser = arguments::version, conflicts_with = "snapshot")]
    to: Option<String>,
    /// The one component that goes back; all of them if not given. A deployment under way is undone whole.
    #[arg(long, value_name = "COMPONENT")]
    component: Option<ComponentName>,
    /// A component that is irreversible and that it may go back across; may be given several times.
    #[arg(long, value_name = "COMPONENT")]
    across: Vec<ComponentName>,
    /// A resource of a stack whose data it may lose, such as `infra.Messages`; may be given several times.
    #[arg(long, value_name = "RESOURCE")]
    may_lose: Vec<ResourceOf>,
}

impl RollbackGoal {
    /// Returns its members of a request.
    ///
    /// # Errors
    /// If no snapshot of the version passed, or Windlass does not answer.
    pub async fn members(&self, windlass: &Windlass, of: EnvironmentId<'_>) -> Result<Map<String, Value>, Failure> {
        let snapshot = match &self.to {
            Some(version) => Some(newest_of(windlass, of, version, self.component.as_ref()).await?),
            None => self.snapshot,
        };
        let mut members = Map::new();
        members.extend(snapshot.map(|number| ("snapshot".to_owned(), number.into())));
        members.extend(self.component.iter().map(|component| ("component".to_owned(), json!(component))));
        if !self.across.is_empty() {
            members.insert("across".into(), json!(self.across));
        }
        if !self.may_lose.is_empty() {
            members.insert("may_lose".into(), json!(self.may_lose));
        }
        Ok(members)
    }
}

/// Returns whether a rollback may go to a snapshot that it does not name: it passed, and is not vetoed since.
fn is_good(one: &ListedSnapshot) -> bool {
    (one.verified_good || !one.doubts.is_empty()) && !one.vetoed
}

/// Returns the number of the newest snapshot of a version that passed.
async fn newest_of(
    windlass: &Windlass,
    of: EnvironmentId<'_>,
    version: &str,
    component: Option<&ComponentName>,
) -> Result<u64, Failure> {
    let mut all = whole::<Snapshots>(windlass, &List::of::<ListedSnapshot>(of)).await?.listed;
    if let Some(component) = component {
        // A component may have come with another version than the release that made the snapshot.
        all.retain_mut(|one| {
            let ran = one.components.get(component);
            ran.is_some_and(|ran| {
                one.version.clone_from(&ran.running.names.now.version);
                true
            })
        });
    }
    let newest = all.iter().find(|one| is_good(one) && one.version == version);
    newest
        .map(|one| one.number)
        .ok_or_else(|| Failure::rejected("the rollback was not asked for:", vec![none_of(of, version, &all)]))
}

/// Says that no snapshot of a version passed, and of which versions one did.
fn none_of(of: EnvironmentId<'_>, version: &str, all: &[ListedSnapshot]) -> Finding {
    let (app, environment) = (of.app(), of.environment());
    let bad: Vec<String> = all.iter().filter(|one| one.version == version).map(|one| one.number.to_string()).collect();
    let reason = match bad.as_slice() {
        [] => format!("there is no snapshot of {version}."),
        bad => format!("no snapshot of {version} passed, or it is vetoed since: {}.", bad.join(", ")),
    };
    let mut versions: Vec<&str> = Vec::new();
    for one in all.iter().filter(|one| is_good(one)) {
        if !versions.contains(&one.version.as_str()) {
            versions.push(&one.version);
        }
    }
    versions.sort_by(|one, other| in_lists(one, other));
    let good = match versions.as_slice() {
        [] => "No snapshot has passed yet".to_owned(),
        versions => format!("Snapshots that passed are of: {}", versions.join(", ")),
    };
    let remedy = format!(
        "{good}. `windlass snapshots {app} {environment}` lists all, and `--snapshot` goes to any by its number."
    );
    Finding::new(FindingName::NothingToGoBackTo, "--to", reason, remedy)
}

/// The arguments of `windlass restore`, also of one that is only planned, which takes others in place of `ActedOn`.
#[derive(Debug, Args)]
pub struct Restore<A: Args = ActedOn> {
    #[command(flatten)]
    pub(super) at: A,
    /// The one component that is brought back; all that run if not given.
    #[arg(long, value_name = "COMPONENT")]
    pub(super) component: Option<ComponentName>,
}

impl Restore {
    /// Runs the restoring, and watches it until it has ended.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let component = self.component.iter();
        let body = component.map(|component| ("component".to_owned(), json!(component))).collect();
        let effect = AwaitedEffect::Deployment(AwaitedEnd::Runs);
        Action { at: &self.at, action: ActionName::Restore, body, effect }.run(output)
    }
}

/// The arguments of `windlass drill`.
#[derive(Debug, Args)]
pub struct Drill {
    #[command(flatten)]
    at: ActedOn,
}

impl Drill {
    /// Runs the drill, and watches both ways until it has ended.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        if self.at.asking.wait.no_wait {
            return self.action().run(output);
        }
        self.at.asking.endpoint.ask(async |windlass| {
            let action = self.action();
            action.may_be_interrupted();
            let execution = action.start(windlass).await?;
            let waiting = self.at.asking.wait.patience.begin();
            let id = self.begun(windlass, &execution, &waiting).await?;
            self.follow(windlass, &id, &waiting, output).await
        })
    }

    /// Returns the call of the verb.
    pub fn action(&self) -> Action<'_> {
        Action {
            at: &self.at,
            action: ActionName::Drill,
            body: Map::new(),
            effect: AwaitedEffect::Deployment(AwaitedEnd::Runs),
        }
    }

    /// Returns the id of the drill that an execution has begun.
    async fn begun(&self, windlass: &Windlass, execution: &str, waiting: &Wait) -> Result<String, Failure> {
        loop {
            match execution_outcome(windlass, &self.at.app, execution).await {
                Ok(came) => {
                    if let Some(id) = came.deployment {
                        return Ok(id.0);
                    }
                    if let Some(refusal) = came.refusal {
                        return Err(Failure::rejected("it was rejected:", refusal.findings));
                    }
                    if let Some(died) = came.execution.filter(|known| known.status != "RUNNING") {
                        return Err(ended_in_vain(died));
                    }
                }
                Err(failure) if failure.passes || is_not_known_yet(&failure) => {}
                Err(failure) => return Err(failure),
            }
            self.goes_on(waiting).await?;
        }
    }

    async fn follow(&self, windlass: &Windlass, id: &str, waiting: &Wait, output: VerbOutput) -> Result<Exit, Failure> {
        let (app, environment) = (self.at.app.as_str(), self.at.environment.as_str());
        let mut printed = PrintedDrill::default();
        interrupt::says(format!(
            "interrupted; the drill goes on. `windlass status {app} {environment}` shows how it stands, `windlass cancel \
             {app} {environment} --reason '…'` stops the deployment under way and undoes it"
        ));
        waiting.pulse.waits_for(format!("drill {id} is on its way there and back"));
        loop {
            match windlass.get(RouteName::Drills, &[app, environment], &[]).await {
                Ok(answer) => {
                    if let Some(drill) = find(read(&answer)?, id) {
                        for line in printed.fresh(&drill) {
                            waiting.pulse.lines_printed();
                            output.progress(&line);
                        }
                        if let (Some(exit), Some(ended)) = (exit(&drill), &drill.ended) {
                            let exit = match exit {
                                Exit::Rejected => self.refused(windlass, id).await,
                                exit => exit,
                            };
                            let cause = text(&ended.cause);
                            output.result(&json!(drill), &cause);
                            return Ok(exit);
                        }
                    }
                }
                Err(failure) if failure.passes => {}
                Err(failure) => return Err(failure),
            }
            self.goes_on(waiting).await?;
        }
    }

    /// Returns the exit status of a drill that could not begin: that with which its deployment is watched.
    async fn refused(&self, windlass: &Windlass, id: &str) -> Exit {
        let record = record::of_deployment(windlass, &self.at.app, id).await.ok().flatten();
        let ended = record.and_then(|record| record.deployment.ending);
        ended.map_or(Exit::Rejected, |ended| Exit::of(&ended))
    }

    async fn goes_on(&self, waiting: &Wait) -> Result<(), Failure> {
        if waiting.goes_on().await {
            return Ok(());
        }
        let (app, environment) = (&self.at.app, &self.at.environment);
        let message =
            format!("the drill is not over yet; it goes on. `windlass status {app} {environment}` shows how it stands");
        Err(Failure::of(TroubleName::NotYetOver, message))
    }
}
