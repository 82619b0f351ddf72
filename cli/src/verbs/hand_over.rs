//! `windlass hand-over`: another environment or application has a component, or all of an environment; what is recorded
//! of it goes with it.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::moves::{Asking, Move};
use crate::output::Output;
use clap::Args;
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct HandOver {
    /// The application that has it.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The environment that has it. A whole application is renamed: `windlass rename`.
    #[arg(value_parser = |text: &str| EnvironmentName::new(text))]
    environment: Option<EnvironmentName>,
    /// The component; all of the environment if not given.
    #[arg(long, value_parser = |text: &str| ComponentName::new(text))]
    component: Option<ComponentName>,
    /// The application that is to have it; the same if not given.
    #[arg(long, value_name = "APP", required_unless_present = "to_environment", value_parser = |text: &str| AppName::new(text))]
    to_app: Option<AppName>,
    /// The environment that is to have it; the one of the same name if not given.
    #[arg(long, value_name = "ENVIRONMENT", value_parser = |text: &str| EnvironmentName::new(text))]
    to_environment: Option<EnvironmentName>,
    /// The component's name there; the same if not given.
    #[arg(long, value_name = "COMPONENT", requires = "component", value_parser = |text: &str| ComponentName::new(text))]
    to_component: Option<ComponentName>,
    #[command(flatten)]
    asking: Asking,
}

impl HandOver {
    /// Hands it over, or prints what that would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let to = self.to_app.as_ref().unwrap_or(&self.app);
        let Some(environment) = &self.environment else {
            let app = &self.app;
            let to = self.to_app.as_ref().map_or("NAME", AppName::as_str);
            return Err(Failure::usage(format!(
                "it does not say which environment has it. All of an application goes to another one by `windlass rename \
                 {app} --to-app {to} --confirm {app} --reason '…'`"
            )));
        };
        let there = self.to_environment.as_ref();
        let it = Move {
            app: &self.app,
            environment,
            component: self.component.as_ref(),
            to: Some((to, there.unwrap_or(environment))),
            name: self.to_component.as_ref(),
        };
        it.run(&self.asking, output)
    }
}
