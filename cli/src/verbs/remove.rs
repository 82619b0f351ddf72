//! `windlass remove` and `windlass withdraw`: an environment lets go of a component, of what one has left, or of all
//! that it has; a whole application is let go of; files of a site are taken away, now and for good.

use crate::ground::arguments;
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::{VerbOutput, text};
use crate::verbs::follow::AwaitedEnd;
use crate::verbs::operator::{ActedOn, Action, Asking, AwaitedEffect};
use crate::verbs::scope::{ScopeCall, listed, withdrawn};
use clap::Args;
use serde_json::{Map, json};
use windlass_domain::moving::scope::MovingScope;
use windlass_domain::release::action::ActionName;
use windlass_domain::shown::api::LetGo;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// The arguments of `windlass remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// The application.
    app: AppName,
    /// The environment; the whole application, with `--confirm`, if not given.
    environment: Option<EnvironmentName>,
    /// The component: what it has left, where it is declared; all of an environment that is not declared any more if
    /// not given.
    #[arg(long, requires = "environment", conflicts_with = "confirm")]
    component: Option<ComponentName>,
    /// The application's name again, to remove all of it.
    #[arg(long, value_name = "APP", conflicts_with = "environment")]
    confirm: Option<AppName>,
    /// Only show what would be let go of, and what stays.
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    asking: Asking,
}

impl Remove {
    /// Removes it, or prints what it would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let (app, asking) = (&self.app, &self.asking);
        let from = MovingScope { app, environment: self.environment.as_ref(), component: self.component.as_ref() };
        let call = ScopeCall { from, to: None, confirm: self.confirm.as_ref() };
        match &self.environment {
            _ if self.plan => call.look(asking, output, removed),
            Some(environment) => self.part(environment, output),
            None if self.confirm.is_some() => call.start(asking, output),
            None => Err(Failure::usage(format!(
                "it is not said what to remove: write an environment behind `{app}`, or, to let go of the whole \
                 application, its name again (`--confirm {app}`); `--plan` only shows what either would be"
            ))),
        }
    }

    /// Lets go of an environment, or of a component of it.
    fn part(&self, environment: &EnvironmentName, output: VerbOutput) -> Result<Exit, Failure> {
        let component = self.component.iter();
        let body = component.map(|component| ("component".to_owned(), json!(component))).collect();
        let (app, environment) = (self.app.clone(), environment.clone());
        let at = ActedOn { app, environment, asking: self.asking.clone() };
        let action = Action { at: &at, action: ActionName::Remove, body, effect: AwaitedEffect::Environment(|_| true) };
        action.run(output)
    }
}

/// Returns the lines on what would be let go of.
fn removed(call: &ScopeCall<'_>, goes: &LetGo) -> Vec<String> {
    let (from, is_whole) = (call.from, call.from.is_whole());
    let mut lines: Vec<String> = is_whole.then(|| format!("{from} would be let go of")).into_iter().collect();
    lines.extend(withdrawn(goes.declaration.as_ref()));
    for (name, here) in &goes.environments {
        let what = match from.component {
            Some(component) if here.components.is_empty() => format!("what {component} has left"),
            _ => listed(&here.components),
        };
        lines.push(if is_whole { format!("  {name}: {what}") } else { format!("{from} would let go of {what}") });
        lines.extend(here.frees.iter().map(|target| format!("  another component may have {target} then")));
    }
    lines.extend(goes.repositories.iter().map(|name| format!("  pushes to {name} would be nobody's")));
    lines.push(format!("  {}", text(&goes.leaves)));
    lines
}

/// The arguments of `windlass withdraw`, also of one that is only planned, which takes others in place of `ActedOn`.
#[derive(Debug, Args)]
pub struct Withdraw<A: Args = ActedOn> {
    #[command(flatten)]
    pub(super) at: A,
    /// The component that is the site.
    pub(super) component: ComponentName,
    /// The path of a file within the site, or a glob such as `backup/**`.
    #[arg(value_parser = arguments::text)]
    pub(super) pattern: String,
}

impl Withdraw {
    /// Runs the withdrawal, and watches it until it has ended.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let members = [("component".to_owned(), json!(self.component)), ("pattern".to_owned(), json!(self.pattern))];
        let (body, effect) = (Map::from_iter(members), AwaitedEffect::Deployment(AwaitedEnd::Runs));
        Action { at: &self.at, action: ActionName::Withdraw, body, effect }.run(output)
    }
}
