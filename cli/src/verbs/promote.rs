//! `windlass promote`: all that runs in one environment into another one. The plan is shown first.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::VerbOutput;
use crate::talk::installation::Endpoint;
use crate::verbs::planned;
use crate::verbs::start::{AfterRequest, Looking, OverrideOptions, StartRequest};
use clap::Args;
use std::io::{self, IsTerminal, Write as _};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Promote {
    /// The application.
    app: AppName,
    /// The environment whose present snapshot is promoted.
    from: EnvironmentName,
    /// The environment that it goes to.
    to: EnvironmentName,
    /// Go on after the plan without a question, which is asked on a terminal alone.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    wishes: OverrideOptions,
    #[command(flatten)]
    looking: Looking,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Promote {
    /// Runs the verb: shows the plan, and starts that very snapshot where the plan would go on.
    ///
    /// # Errors
    /// If Windlass refuses it, does not answer, or gives no plan in time.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        self.endpoint.ask(async |windlass| {
            let mut start = StartRequest::of_environment(self.to.clone(), &self.from);
            start.wishes(&self.wishes);
            let (answer, planned) = start.drawn(windlass, &self.app, &self.looking.patience).await?;
            let (words, exit) = (planned::words(&planned), planned::exit(&planned));
            if exit != Exit::Good {
                output.result(&answer, &words);
                return Ok(exit);
            }
            output.announce_as_is(&words);
            let asks = !self.yes && !output.is_json() && io::stdin().is_terminal();
            if asks && !confirmed(&format!("Promote it to {}?", self.to)) {
                output.result(&answer, "nothing was started");
                return Ok(Exit::Good);
            }
            if let Some(from) = &planned.deployment.promoted_from {
                start.binds(from.snapshot);
            }
            start.go(windlass, &self.app, AfterRequest::Follow(&self.looking), output).await
        })
    }
}

/// Returns whether a person on a terminal says yes.
pub fn confirmed(question: &str) -> bool {
    let _ = write!(io::stdout(), "{question} [y/N]: ").and_then(|()| io::stdout().flush());
    let mut line = String::new();
    let _ = io::stdin().read_line(&mut line);
    matches!(line.trim(), "y" | "Y" | "yes")
}
