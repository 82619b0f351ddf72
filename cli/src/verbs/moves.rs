//! `windlass rename` and `windlass hand-over`: a component, all of an environment or a whole application has another
//! name, or another environment or application has it; what is recorded of it goes with it.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::{Output, text};
use crate::talk::windlass::RouteName;
use crate::verbs::operator::Asking;
use crate::verbs::scope::{ScopeCall, named, withdrawn};
use clap::Args;
use std::iter;
use windlass_domain::moving::scope::Scope;
use windlass_domain::release::action::ActionName;
use windlass_domain::shown::api::{AppMoves, Moves};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// A move that is asked for.
struct Move<'a> {
    /// The scope as it is.
    from: Scope<'a>,
    /// The new owner, and the component's new name if one is given; without an environment where only the component
    /// gets another name.
    to: Scope<'a>,
    /// The name of a whole application, typed again.
    confirm: Option<&'a AppName>,
    /// Says whether it is only shown.
    plan: bool,
}

impl Move<'_> {
    /// Makes the move, or prints what it would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    fn run(&self, asking: &Asking, output: Output) -> Result<Exit, Failure> {
        let (from, to) = (self.from, self.to);
        let component = from.component.map(|name| ("component", name.as_str()));
        let name = to.component.map(|name| ("to_component", name.as_str()));
        let (look, call, names) = self.routes();
        let call = ScopeCall {
            app: from.app,
            look,
            call,
            names,
            named: component.into_iter().chain(name).collect(),
            confirm: self.confirm,
        };
        if !self.plan {
            return call.start(asking, output);
        }
        if from.is_whole() {
            return call.look(asking, output, |moves: AppMoves| self.all_of(&moves));
        }
        call.look(asking, output, |moves: Moves| self.moved(&moves))
    }

    /// Returns the routes of the look and of the call, and the names in their paths: that of a move to another environment
    /// or application names both.
    fn routes(&self) -> (RouteName, RouteName, Vec<&str>) {
        let (app, to) = (self.from.app.as_str(), self.to.app.as_str());
        match [self.from.environment, self.to.environment].map(|name| name.map(EnvironmentName::as_str)) {
            [None, _] => (RouteName::AppRenamable, RouteName::ActOnApp(ActionName::Rename), vec![app, to]),
            [Some(here), None] => (RouteName::Renamable, RouteName::Act(ActionName::Rename), vec![app, here]),
            [Some(here), Some(there)] => {
                (RouteName::Takable, RouteName::Act(ActionName::HandOver), vec![app, here, to, there])
            }
        }
    }

    /// Returns the lines on what would be moved of one environment.
    fn moved(&self, moves: &Moves) -> Vec<String> {
        let (from, to) = (self.from, self.to);
        let there = if to.is_whole() { from } else { to };
        let components = moves.components.iter();
        let mut lines: Vec<String> =
            components.map(|(was, name)| format!("{was} of {from} would be {name} of {there}")).collect();
        lines.extend(moves.targets.iter().map(|target| format!("  with {target}")));
        lines.extend(iter::once(&moves.stays).chain(&moves.next).map(|said| format!("  {}", text(said))));
        lines
    }

    /// Returns the lines on what would be moved of a whole application.
    fn all_of(&self, moves: &AppMoves) -> Vec<String> {
        let mut lines = vec![format!("{} would be called {}", self.from, self.to)];
        lines.extend(withdrawn(moves.declaration.as_ref()));
        for (name, here) in &moves.environments {
            lines.push(named(name, &here.components));
            lines.extend(here.targets.iter().map(|target| format!("    with {target}")));
        }
        let to = self.to;
        lines.extend(moves.repositories.iter().map(|name| format!("  pushes to {name} would be for {to}")));
        lines.extend(moves.frees.iter().map(|name| format!("  pushes to {name} would be nobody's")));
        lines.extend(iter::once(&moves.stays).chain(&moves.next).map(|said| format!("  {}", text(said))));
        lines
    }
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
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let to_app = self.to_app.as_ref().unwrap_or(&self.app);
        let (environment, there) = (self.environment.as_ref(), self.to_environment.as_ref());
        let it = Move {
            from: Scope { app: &self.app, environment, component: self.component.as_ref() },
            to: Scope { app: to_app, environment: there, component: self.to_component.as_ref() },
            confirm: self.confirm.as_ref(),
            plan: self.plan,
        };
        it.run(&self.asking, output)
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
        let there = self.to_environment.as_ref().unwrap_or(environment);
        let it = Move {
            from: Scope { app: &self.app, environment: Some(environment), component: self.component.as_ref() },
            to: Scope { app: to, environment: Some(there), component: self.to_component.as_ref() },
            confirm: None,
            plan: self.plan,
        };
        it.run(&self.asking, output)
    }
}
