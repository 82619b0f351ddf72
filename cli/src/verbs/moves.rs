//! `windlass rename` and `windlass hand-over`: a component, all of an environment or a whole application has another
//! name, or another environment or application has it; what is recorded of it goes with it.

use crate::ground::arguments;
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::Output;
use crate::talk::installation::Endpoint;
use crate::talk::windlass::{Windlass, waiting};
use crate::verbs::follow::WaitOptions;
use crate::verbs::operator::ended_without_environment;
use clap::Args;
use serde_json::{Map, Value, json};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// The reason of a move, and the way in which it is asked for.
#[derive(Debug, Args)]
struct Asking {
    /// Only tell what would be moved, what stays, and what is to be done next.
    #[arg(long)]
    plan: bool,
    /// The reason, which is recorded.
    #[arg(long, value_name = "TEXT", value_parser = arguments::text)]
    reason: String,
    /// The installation.
    #[command(flatten)]
    endpoint: Endpoint,
    /// Says whether it is waited for, and how long.
    #[command(flatten)]
    wait: WaitOptions,
}

/// Starts an execution by a call, and waits until it is done.
///
/// # Errors
/// If Windlass refuses it or does not answer.
async fn begun(
    windlass: &Windlass,
    app: &AppName,
    path: &[&str],
    body: Value,
    asking: &Asking,
    output: Output,
) -> Result<Exit, Failure> {
    let begun = windlass.act("POST", path, &[], Some(&body)).await?;
    let execution = begun.get("execution").and_then(Value::as_str);
    let execution = execution.ok_or_else(|| Failure::not_understood("the answer", "it names no execution"))?;
    if asking.wait.no_wait {
        let words = format!(
            "handed in, and not waited for: {execution}. `windlass refusals {app}` tells whether it was refused"
        );
        output.result(&begun, &words);
        return Ok(Exit::Good);
    }
    let done = ended_without_environment(windlass, app, execution, &asking.wait.patience).await?;
    output.result(&json!({"execution": execution, "done": done}), &done);
    Ok(Exit::Good)
}

/// Returns the texts of a list in an answer.
fn texts<'a>(answer: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    answer.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// A move of components to another name, application or environment.
struct Move<'a> {
    /// The application that has them now.
    app: &'a AppName,
    /// The environment that has them now.
    environment: &'a EnvironmentName,
    /// The component; `None` for all of the environment.
    component: Option<&'a ComponentName>,
    /// The application and environment that are to have it; `None` where only the component gets another name.
    to: Option<(&'a AppName, &'a EnvironmentName)>,
    /// Its name from then on.
    name: Option<&'a ComponentName>,
}

impl Move<'_> {
    /// Makes the move, or prints what it would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    fn run(&self, asking: &Asking, output: Output) -> Result<Exit, Failure> {
        waiting(async {
            let windlass = asking.endpoint.open().await?;
            if asking.plan {
                let named: Vec<(&str, &str)> = self.named().collect();
                let answer = windlass.get(&self.path("renamable"), &named).await?;
                output.result(&answer, &self.in_words(&answer));
                return Ok(Exit::Good);
            }
            let mut body: Map<String, Value> =
                self.named().map(|(name, value)| (name.to_owned(), json!(value))).collect();
            body.insert("reason".into(), json!(asking.reason));
            let body = Value::Object(body);
            let path = self.path("rename");
            begun(&windlass, self.app, &path, body, asking, output).await
        })
    }

    /// Returns the path of the call: a move to another environment has a path that names both.
    fn path<'p>(&'p self, within: &'p str) -> Vec<&'p str> {
        let (app, environment) = (self.app.as_str(), self.environment.as_str());
        match self.to {
            Some((to, there)) => vec!["hand-overs", app, environment, to.as_str(), there.as_str()],
            None => vec!["apps", app, "environments", environment, within],
        }
    }

    fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let component = self.component.map(|name| ("component", name.as_str()));
        let name = self.name.map(|name| ("to_component", name.as_str()));
        component.into_iter().chain(name)
    }

    fn in_words(&self, answer: &Value) -> String {
        let (app, environment) = (self.app, self.environment);
        let (to, there) = self.to.unwrap_or((app, environment));
        let mut lines = Vec::new();
        let components = answer.get("components").and_then(Value::as_object);
        for (was, name) in components.into_iter().flatten() {
            let name = name.as_str().unwrap_or(was);
            lines.push(format!("{was} of {app}/{environment} would be {name} of {to}/{there}"));
        }
        lines.extend(texts(answer, "targets").map(|target| format!("  with {target}")));
        for member in ["stays", "next"] {
            let text = answer.get(member).and_then(Value::as_str);
            lines.extend(text.map(|text| format!("  {text}")));
        }
        lines.join("\n")
    }
}

/// An application and its name from then on.
struct Renaming<'a> {
    /// Its name.
    app: &'a AppName,
    /// Its name from then on.
    to: &'a AppName,
    /// Its present name, typed again; `None` where it was not typed.
    confirm: Option<&'a AppName>,
}

impl Renaming<'_> {
    /// Renames it, or prints what that would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    fn run(&self, asking: &Asking, output: Output) -> Result<Exit, Failure> {
        let path = ["renames", self.app.as_str(), self.to.as_str()];
        waiting(async {
            let windlass = asking.endpoint.open().await?;
            if asking.plan {
                let answer = windlass.get(&path, &[]).await?;
                output.result(&answer, &self.in_words(&answer));
                return Ok(Exit::Good);
            }
            let mut body = json!({"reason": asking.reason});
            if let Some(confirm) = self.confirm {
                body["confirm"] = json!(confirm);
            }
            begun(&windlass, self.app, &path, body, asking, output).await
        })
    }

    fn in_words(&self, answer: &Value) -> String {
        let (app, to) = (self.app, self.to);
        let mut lines = vec![format!("{app} would be called {to}")];
        let version = answer.get("declaration").and_then(Value::as_str);
        lines.extend(version.map(|version| format!("  its declaration {version} would be withdrawn")));
        let environments = answer.get("environments").and_then(Value::as_object);
        for (name, here) in environments.into_iter().flatten() {
            let components: Vec<&str> = texts(here, "components").collect();
            lines.push(format!("  {name}: {}", components.join(", ")));
            lines.extend(texts(here, "targets").map(|target| format!("    with {target}")));
        }
        lines.extend(texts(answer, "repositories").map(|name| format!("  pushes to {name} would be for {to}")));
        lines.extend(texts(answer, "frees").map(|name| format!("  pushes to {name} would be nobody's")));
        for member in ["stays", "next"] {
            let text = answer.get(member).and_then(Value::as_str);
            lines.extend(text.map(|text| format!("  {text}")));
        }
        lines.join("\n")
    }
}

/// The arguments of `windlass rename`.
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
    /// The application's name from now on; a declaration by that name is in force, and says which one it was
    /// (`formerly`).
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

/// The arguments of `windlass hand-over`.
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
