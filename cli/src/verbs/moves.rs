//! `windlass rename` and `windlass hand-over`: a component, all of an environment or a whole application has another
//! name, or another environment or application has it; what is recorded of it goes with it.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::{VerbOutput, text};
use crate::verbs::operator::Asking;
use crate::verbs::scope::{ScopeCall, listed, withdrawn};
use clap::Args;
use std::iter;
use windlass_domain::moving::Moving;
use windlass_domain::moving::scope::MovingScope;
use windlass_domain::shown::api::Moves;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// Makes the move, or prints what it would do. The new owner is as [`ScopeCall::to`] has it.
///
/// # Errors
/// If Windlass refuses it or does not answer.
fn run(
    Moving { from, to }: Moving<'_>,
    confirm: Option<&AppName>,
    plan: bool,
    asking: &Asking,
    output: VerbOutput,
) -> Result<Exit, Failure> {
    let call = ScopeCall { from, to: Some(to), confirm };
    if plan { call.look(asking, output, moved) } else { call.start(asking, output) }
}

/// Returns the lines on what would be moved.
fn moved(call: &ScopeCall<'_>, moves: &Moves) -> Vec<String> {
    let (from, is_whole) = (call.from, call.from.is_whole());
    let to = call.to.unwrap_or(from);
    let there = if to.is_whole() { from } else { to };
    let mut lines: Vec<String> = is_whole.then(|| format!("{from} would be called {to}")).into_iter().collect();
    lines.extend(withdrawn(moves.declaration.as_ref()));
    for (name, here) in &moves.environments {
        if is_whole {
            lines.push(format!("  {name}: {}", listed(here.components.keys())));
        } else {
            let components = here.components.iter();
            lines.extend(components.map(|(was, name)| format!("{was} of {from} would be {name} of {there}")));
        }
        let indent = if is_whole { "    " } else { "  " };
        lines.extend(here.targets.iter().map(|target| format!("{indent}with {target}")));
    }
    lines.extend(moves.repositories.iter().map(|name| format!("  pushes to {name} would be for {to}")));
    lines.extend(moves.frees.iter().map(|name| format!("  pushes to {name} would be nobody's")));
    lines.extend(iter::once(&moves.stays).chain(&moves.next).map(|said| format!("  {}", text(said))));
    lines
}

/// The arguments of `windlass rename`.
#[derive(Debug, Args)]
pub struct Rename {
    /// The application.
    app: AppName,
    /// The environment; the whole application, with `--to-app` and `--confirm`, if not given.
    #[arg(required_unless_present = "to_app")]
    environment: Option<EnvironmentName>,
    /// The component, as it was called.
    #[arg(long, requires = "to_component", requires = "environment")]
    component: Option<ComponentName>,
    /// The component's name from now on; the declaration in force has it.
    #[arg(long, requires = "component", required_unless_present_any = ["to_environment", "to_app"], conflicts_with = "to_environment")]
    to_component: Option<ComponentName>,
    /// The environment's name from now on; the declaration in force has it.
    #[arg(long, requires = "environment", conflicts_with = "component")]
    to_environment: Option<EnvironmentName>,
    /// The application's name from now on; a declaration by that name is in force, and says which one it was
    /// (`formerly`).
    #[arg(long, value_name = "APP", conflicts_with_all = ["environment", "component", "to_environment"])]
    to_app: Option<AppName>,
    /// The application's present name again, to rename all of it.
    #[arg(long, value_name = "APP", requires = "to_app", required_unless_present_any = ["environment", "plan"])]
    confirm: Option<AppName>,
    /// Only show what would be moved, what stays, and what is to be done next.
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    asking: Asking,
}

impl Rename {
    /// Renames it, or prints what that would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let to_app = self.to_app.as_ref().unwrap_or(&self.app);
        let (environment, there) = (self.environment.as_ref(), self.to_environment.as_ref());
        let moving = Moving {
            from: MovingScope { app: &self.app, environment, component: self.component.as_ref() },
            to: MovingScope { app: to_app, environment: there, component: self.to_component.as_ref() },
        };
        run(moving, self.confirm.as_ref(), self.plan, &self.asking, output)
    }
}

/// The arguments of `windlass hand-over`.
#[derive(Debug, Args)]
pub struct HandOver {
    /// The application that has it.
    app: AppName,
    /// The environment that has it. A whole application is renamed: `windlass rename`.
    environment: Option<EnvironmentName>,
    /// The component; all of the environment if not given.
    #[arg(long)]
    component: Option<ComponentName>,
    /// The application that is to have it; the same if not given.
    #[arg(long, value_name = "APP", required_unless_present = "to_environment")]
    to_app: Option<AppName>,
    /// The environment that is to have it; the one of the same name if not given.
    #[arg(long, value_name = "ENVIRONMENT")]
    to_environment: Option<EnvironmentName>,
    /// The component's name there; the same if not given.
    #[arg(long, value_name = "COMPONENT", requires = "component")]
    to_component: Option<ComponentName>,
    /// Only show what would be moved, what stays, and what is to be done next.
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    asking: Asking,
}

impl HandOver {
    /// Hands it over, or prints what that would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let to = self.to_app.as_ref().unwrap_or(&self.app);
        let Some(environment) = &self.environment else {
            let app = &self.app;
            let to = self.to_app.as_ref().map_or("NAME", AppName::as_str);
            return Err(Failure::usage(format!(
                "it does not say which environment has it. All of an application goes to another one by `windlass rename \
                 {app} --to-app {to} --confirm {app} --reason '…'`"
            )));
        };
        let there = self.to_environment.as_ref().unwrap_or(environment);
        let moving = Moving {
            from: MovingScope { app: &self.app, environment: Some(environment), component: self.component.as_ref() },
            to: MovingScope { app: to, environment: Some(there), component: self.to_component.as_ref() },
        };
        run(moving, None, self.plan, &self.asking, output)
    }
}
