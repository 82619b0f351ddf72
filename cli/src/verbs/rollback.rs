//! `windlass rollback` goes back to an earlier snapshot that was good; `windlass drill` goes to the version before and
//! comes back, so that the way back is known to work.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::Output;
use crate::ground::output::text;
use crate::ground::trouble::TroubleName;
use crate::ground::{arguments, interrupt};
use crate::talk::windlass::{Windlass, read, waiting};
use crate::verbs::follow::{AwaitedEnd, Wait};
use crate::verbs::operator::{ActedOn, Action, Effect, execution_outcome, is_not_known_yet};
use crate::view::drills::{PrintedDrill, exit, find};
use crate::view::record;
use clap::Args;
use serde_json::{Map, json};
use windlass_domain::text::name::ComponentName;

/// The arguments of `windlass rollback`.
#[derive(Debug, Args)]
pub struct Rollback {
    #[command(flatten)]
    at: ActedOn,
    /// The snapshot to go back to; the newest suitable one if not given.
    #[arg(long, value_name = "NUMBER", value_parser = arguments::number)]
    snapshot: Option<u64>,
    /// A component that is irreversible and that it may go back across; may be given several times.
    #[arg(long, value_name = "COMPONENT", value_parser = |text: &str| ComponentName::new(text))]
    across: Vec<ComponentName>,
}

impl Rollback {
    /// Runs the rollback, and watches it until it has ended.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        self.action().run(output)
    }

    /// Returns the call of the verb.
    pub fn action(&self) -> Action<'_> {
        let mut body = Map::new();
        if let Some(snapshot) = self.snapshot {
            body.insert("snapshot".into(), snapshot.into());
        }
        if !self.across.is_empty() {
            body.insert("across".into(), json!(self.across));
        }
        Action { at: &self.at, method: "POST", path: "rollbacks", body, effect: Effect::Deployment(AwaitedEnd::Runs) }
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
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        if self.at.asking.wait.no_wait {
            return self.action().run(output);
        }
        waiting(async {
            let windlass = self.at.asking.endpoint.open().await?;
            let action = self.action();
            action.may_be_interrupted();
            let execution = action.start(&windlass).await?;
            let waiting = self.at.asking.wait.patience.begin();
            let id = self.begun(&windlass, &execution, &waiting).await?;
            self.follow(&windlass, &id, &waiting, output).await
        })
    }

    /// Returns the call of the verb.
    pub fn action(&self) -> Action<'_> {
        Action {
            at: &self.at,
            method: "POST",
            path: "drills",
            body: Map::new(),
            effect: Effect::Deployment(AwaitedEnd::Runs),
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
                        let cause = died.cause.or(died.error).unwrap_or_default();
                        let message = format!("its execution ended {}: {cause}", died.status);
                        return Err(Failure::broken(message));
                    }
                }
                Err(failure) if failure.passes || is_not_known_yet(&failure) => {}
                Err(failure) => return Err(failure),
            }
            self.goes_on(waiting).await?;
        }
    }

    async fn follow(&self, windlass: &Windlass, id: &str, waiting: &Wait, output: Output) -> Result<Exit, Failure> {
        let (app, environment) = (self.at.app.as_str(), self.at.environment.as_str());
        let path = ["apps", app, "environments", environment, "drills"];
        let mut printed = PrintedDrill::default();
        interrupt::says(format!(
            "interrupted; the drill goes on. `windlass status {app} {environment}` tells how it stands, `windlass cancel \
             {app} {environment} --reason '…'` stops the deployment under way and undoes it"
        ));
        waiting.pulse.waits_for(format!("drill {id} is on its way there and back"));
        loop {
            match windlass.get(&path, &[]).await {
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
        let path = ["apps", self.at.app.as_str(), "deployments", id];
        let answer = windlass.get(&path, &[]).await;
        let record = answer.and_then(|answer| record::read(&answer)).ok().flatten();
        let ended = record.and_then(|record| record.deployment.ending);
        ended.map_or(Exit::Rejected, |ended| Exit::of(&ended))
    }

    async fn goes_on(&self, waiting: &Wait) -> Result<(), Failure> {
        if waiting.goes_on().await {
            return Ok(());
        }
        let (app, environment) = (&self.at.app, &self.at.environment);
        let message =
            format!("the drill is not over yet; it goes on. `windlass status {app} {environment}` tells how it stands");
        Err(Failure::of(TroubleName::NotYetOver, message))
    }
}
