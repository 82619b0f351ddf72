//! Renaming and handing over: the calls, the waiting and the texts that both verbs have in common.

use crate::arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::WaitOptions;
use crate::installation::Endpoint;
use crate::operator::ended_without_environment;
use crate::output::Output;
use crate::windlass::{Windlass, waiting};
use clap::Args;
use serde_json::{Map, Value, json};
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};

/// The reason of a move, and the way in which it is asked for.
#[derive(Debug, Args)]
pub struct Asking {
    /// Only tell what would be moved, what stays, and what is to be done next.
    #[arg(long)]
    pub plan: bool,
    /// The reason, which is recorded.
    #[arg(long, value_name = "TEXT", value_parser = arguments::text)]
    pub reason: String,
    /// The installation.
    #[command(flatten)]
    pub endpoint: Endpoint,
    /// Says whether it is waited for, and how long.
    #[command(flatten)]
    pub wait: WaitOptions,
}

/// Starts an execution by a call, and waits until it is done.
///
/// # Errors
/// If Windlass refuses it or does not answer.
pub async fn begun(
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
    let told = ended_without_environment(windlass, app, execution, &asking.wait.patience).await?;
    output.result(&json!({"execution": execution, "done": told}), &told);
    Ok(Exit::Good)
}

/// Returns the texts of a list in an answer.
pub fn texts<'a>(answer: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    let all = answer.get(name).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_str)
}

/// A move of components to another name, application or environment.
pub struct Move<'a> {
    /// The application that has them now.
    pub app: &'a AppName,
    /// The environment that has them now.
    pub environment: &'a EnvironmentName,
    /// The component; `None` for all of the environment.
    pub component: Option<&'a ComponentName>,
    /// The application and environment that are to have it; `None` where only the component gets another name.
    pub to: Option<(&'a AppName, &'a EnvironmentName)>,
    /// Its name from then on.
    pub name: Option<&'a ComponentName>,
}

impl Move<'_> {
    /// Makes the move, or prints what it would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, asking: &Asking, output: Output) -> Result<Exit, Failure> {
        waiting(async {
            let windlass = asking.endpoint.open().await?;
            if asking.plan {
                let named: Vec<(&str, &str)> = self.named().collect();
                let answer = windlass.get(&self.path("renamable"), &named).await?;
                output.result(&answer, &self.in_words(&answer));
                return Ok(Exit::Good);
            }
            let named = self.named();
            let mut body: Map<String, Value> = named.map(|(name, value)| (name.to_owned(), json!(value))).collect();
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
            let told = answer.get(member).and_then(Value::as_str);
            lines.extend(told.map(|told| format!("  {told}")));
        }
        lines.join("\n")
    }
}
