//! `windlass remove` and `windlass withdraw`: an environment lets go of a component, of what one has left, or of all
//! that it has; a whole application is let go of; files of a site are taken away, now and for good.

use crate::ground::arguments;
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::Output;
use crate::talk::installation::Endpoint;
use crate::talk::windlass::waiting;
use crate::verbs::follow::{AwaitedEnd, WaitOptions};
use crate::verbs::operator::{ActedOn, Action, Effect, ended_without_environment};
use clap::Args;
use serde_json::{Map, Value, json};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// The arguments of `windlass remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The environment; the whole application, with `--confirm`, if not given.
    #[arg(value_parser = |text: &str| EnvironmentName::new(text))]
    environment: Option<EnvironmentName>,
    /// The component: what it has left, where it is declared; all of an environment that is not declared any more if
    /// not given.
    #[arg(long, requires = "environment", conflicts_with = "confirm", value_parser = |text: &str| ComponentName::new(text))]
    component: Option<ComponentName>,
    /// The application's name again, to remove all of it.
    #[arg(long, value_name = "APP", conflicts_with = "environment", value_parser = |text: &str| AppName::new(text))]
    confirm: Option<AppName>,
    /// Only tell what would be let go of, and what stays.
    #[arg(long)]
    plan: bool,
    /// The reason, which is recorded.
    #[arg(long, value_name = "TEXT", value_parser = arguments::text)]
    reason: String,
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    wait: WaitOptions,
}

impl Remove {
    /// Removes it, or prints what it would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        if self.plan {
            return self.planned(output);
        }
        let Some(environment) = &self.environment else {
            if self.confirm.is_none() {
                let app = &self.app;
                return Err(Failure::usage(format!(
                    "it is not said what to remove: write an environment behind `{app}`, or, to let go of the whole \
                     application, its name again (`--confirm {app}`); `--plan` only tells what either would be"
                )));
            }
            return self.all(output);
        };
        let mut body = Map::new();
        if let Some(component) = &self.component {
            body.insert("component".into(), component.as_str().into());
        }
        let at = ActedOn {
            app: self.app.clone(),
            environment: environment.clone(),
            reason: self.reason.clone(),
            endpoint: self.endpoint.clone(),
            wait: self.wait.clone(),
        };
        let action = Action { at: &at, method: "POST", path: "remove", body, effect: Effect::Environment(|_| true) };
        action.run(output)
    }

    /// Lets go of the whole application, and waits until it is done.
    fn all(&self, output: Output) -> Result<Exit, Failure> {
        waiting(async {
            let windlass = self.endpoint.open().await?;
            let app = self.app.as_str();
            let confirm = self.confirm.as_ref().map(AppName::as_str);
            let body = json!({"confirm": confirm, "reason": self.reason});
            let path = ["apps", app, "remove"];
            let begun = windlass.act("POST", &path, &[], Some(&body)).await?;
            let execution = begun.get("execution").and_then(Value::as_str);
            let execution = execution.ok_or_else(|| Failure::not_understood("the answer", "it names no execution"))?;
            if self.wait.no_wait {
                let words = format!(
                    "handed in, and not waited for: {execution}. `windlass refusals {app}` tells whether it was refused"
                );
                output.result(&begun, &words);
                return Ok(Exit::Good);
            }
            let done = ended_without_environment(&windlass, &self.app, execution, &self.wait.patience).await?;
            output.result(&json!({"execution": execution, "done": done}), &done);
            Ok(Exit::Good)
        })
    }

    fn planned(&self, output: Output) -> Result<Exit, Failure> {
        waiting(async {
            let windlass = self.endpoint.open().await?;
            let app = self.app.as_str();
            let Some(environment) = &self.environment else {
                let answer = windlass.get(&["apps", app, "removable"], &[]).await?;
                output.result(&answer, &all_in_words(app, &answer));
                return Ok(Exit::Good);
            };
            let environment = environment.as_str();
            let path = ["apps", app, "environments", environment, "removable"];
            let component = self.component.iter();
            let query: Vec<(&str, &str)> = component.map(|component| ("component", component.as_str())).collect();
            let answer = windlass.get(&path, &query).await?;
            let component = self.component.as_ref().map(ComponentName::as_str);
            let words = in_words(app, environment, component, &answer);
            output.result(&answer, &words);
            Ok(Exit::Good)
        })
    }
}

fn list(answer: &Value, name: &str) -> Vec<String> {
    let all = answer.get(name).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn in_words(app: &str, environment: &str, component: Option<&str>, answer: &Value) -> String {
    let names = list(answer, "components");
    let what = match component {
        Some(component) if names.is_empty() => format!("what {component} has left"),
        _ => names.join(", "),
    };
    let mut lines = vec![format!("{app}/{environment} would let go of {what}")];
    lines.extend(frees(answer));
    lines.extend(leaves(answer));
    lines.join("\n")
}

fn all_in_words(app: &str, answer: &Value) -> String {
    let mut lines = vec![format!("{app} would be let go of")];
    let version = answer.get("declaration").and_then(Value::as_str);
    lines.extend(version.map(|version| format!("  its declaration {version} would be withdrawn")));
    let environments = answer.get("environments").and_then(Value::as_object);
    for (name, here) in environments.into_iter().flatten() {
        lines.push(format!("  {name}: {}", list(here, "components").join(", ")));
        lines.extend(frees(here));
    }
    lines.extend(list(answer, "repositories").into_iter().map(|name| format!("  pushes to {name} would be nobody's")));
    lines.extend(leaves(answer));
    lines.join("\n")
}

fn frees(answer: &Value) -> Vec<String> {
    list(answer, "frees").into_iter().map(|claim| format!("  another component may have {claim} then")).collect()
}

fn leaves(answer: &Value) -> Option<String> {
    let leaves = answer.get("leaves").and_then(Value::as_str);
    leaves.map(|leaves| format!("  {leaves}"))
}

/// The arguments of `windlass withdraw`.
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
