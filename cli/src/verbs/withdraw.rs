//! `windlass withdraw`: takes files of a site away, now and for good.

use crate::arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::AwaitedEnd;
use crate::operator::{ActedOn, Action, Effect};
use crate::output::Output;
use clap::Args;
use serde_json::{Map, json};
use windlass_domain::name::ComponentName;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Withdraw {
    #[command(flatten)]
    at: ActedOn,
    /// The component that is the site.
    #[arg(value_parser = |text: &str| ComponentName::new(text))]
    component: ComponentName,
    /// The path of a file within the site, or a glob such as `backup/**`.
    #[arg(value_parser = arguments::text)]
    pattern: String,
}

impl Withdraw {
    /// Runs the withdrawal, and watches it until it has ended.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        self.action().run(output)
    }

    /// Returns the call of the verb.
    pub fn action(&self) -> Action<'_> {
        let mut body = Map::new();
        body.insert("component".into(), json!(self.component));
        body.insert("pattern".into(), json!(self.pattern));
        Action { at: &self.at, method: "POST", path: "withdrawals", body, effect: Effect::Deployment(AwaitedEnd::Runs) }
    }
}
