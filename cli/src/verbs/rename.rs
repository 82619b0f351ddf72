//! `windlass rename`: a component has another name, or all of an environment has; what is recorded of it goes with it.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::moves::{Asking, Move};
use crate::output::Output;
use clap::Args;
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Rename {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The environment.
    #[arg(value_parser = |text: &str| EnvironmentName::new(text))]
    environment: EnvironmentName,
    /// The component, as it was called.
    #[arg(long, requires = "to_component", value_parser = |text: &str| ComponentName::new(text))]
    component: Option<ComponentName>,
    /// The component's name from now on; the declaration in force has it.
    #[arg(long, requires = "component", required_unless_present = "to_environment", conflicts_with = "to_environment", value_parser = |text: &str| ComponentName::new(text))]
    to_component: Option<ComponentName>,
    /// The environment's name from now on; the declaration in force has it.
    #[arg(long, conflicts_with = "component", value_parser = |text: &str| EnvironmentName::new(text))]
    to_environment: Option<EnvironmentName>,
    #[command(flatten)]
    asking: Asking,
}

impl Rename {
    /// Does it, or tells what it would do.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let there = self.to_environment.as_ref();
        let it = Move {
            app: &self.app,
            environment: &self.environment,
            component: self.component.as_ref(),
            to: there.map(|there| (&self.app, there)),
            name: self.to_component.as_ref(),
        };
        it.run(&self.asking, output)
    }
}
