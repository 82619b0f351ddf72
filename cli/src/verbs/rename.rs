//! `windlass rename`: a component, all of an environment or a whole application has another name; what is recorded of it
//! goes with it.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::moves::{Asking, Move};
use crate::output::Output;
use crate::renames::Renaming;
use clap::Args;
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Rename {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The environment; the whole application, with `--to-app` and `--confirm`, if not given.
    #[arg(required_unless_present = "to_app", value_parser = |text: &str| EnvironmentName::new(text))]
    environment: Option<EnvironmentName>,
    /// The component, as it was called.
    #[arg(long, requires = "to_component", requires = "environment", value_parser = |text: &str| ComponentName::new(text))]
    component: Option<ComponentName>,
    /// The component's name from now on; the declaration in force has it.
    #[arg(long, requires = "component", required_unless_present_any = ["to_environment", "to_app"], conflicts_with = "to_environment", value_parser = |text: &str| ComponentName::new(text))]
    to_component: Option<ComponentName>,
    /// The environment's name from now on; the declaration in force has it.
    #[arg(long, requires = "environment", conflicts_with = "component", value_parser = |text: &str| EnvironmentName::new(text))]
    to_environment: Option<EnvironmentName>,
    /// The application's name from now on; a declaration by that name is in force, and says which one it was (`formerly`).
    #[arg(long, value_name = "APP", conflicts_with_all = ["environment", "component", "to_environment"], value_parser = |text: &str| AppName::new(text))]
    to_app: Option<AppName>,
    /// The application's present name again, to rename all of it.
    #[arg(long, value_name = "APP", requires = "to_app", required_unless_present_any = ["environment", "plan"], value_parser = |text: &str| AppName::new(text))]
    confirm: Option<AppName>,
    #[command(flatten)]
    asking: Asking,
}

impl Rename {
    /// Renames it, or prints what that would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let Some(environment) = &self.environment else {
            let it = Renaming {
                app: &self.app,
                to: self.to_app.as_ref().unwrap_or(&self.app),
                confirm: self.confirm.as_ref(),
            };
            return it.run(&self.asking, output);
        };
        let there = self.to_environment.as_ref();
        let it = Move {
            app: &self.app,
            environment,
            component: self.component.as_ref(),
            to: there.map(|there| (&self.app, there)),
            name: self.to_component.as_ref(),
        };
        it.run(&self.asking, output)
    }
}
