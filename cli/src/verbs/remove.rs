//! `windlass remove`: an environment lets go of a component that is not declared any more, or of all that it has.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::operator::{Action, Effect, Where};
use crate::output::Output;
use crate::windlass::waiting;
use clap::Args;
use serde_json::{Map, Value};
use windlass_domain::name::ComponentName;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Remove {
    #[command(flatten)]
    at: Where,
    /// The component; all of an environment that is not declared any more if not given.
    #[arg(long, value_parser = |text: &str| ComponentName::new(text))]
    component: Option<ComponentName>,
    /// Only tell what would be let go of, and what stays.
    #[arg(long)]
    plan: bool,
}

impl Remove {
    /// Does it, or tells what it would do.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        if self.plan {
            return self.planned(output);
        }
        let mut body = Map::new();
        if let Some(component) = &self.component {
            body.insert("component".into(), component.as_str().into());
        }
        let action = Action {
            at: &self.at,
            method: "POST",
            path: "remove",
            body,
            effect: Effect::Environment(|_| true),
        };
        action.run(output)
    }

    fn planned(&self, output: Output) -> Result<Exit, Failure> {
        waiting(async {
            let windlass = self.at.endpoint.open().await?;
            let (app, environment) = (self.at.app.as_str(), self.at.environment.as_str());
            let path = ["apps", app, "environments", environment, "removable"];
            let component = self.component.iter();
            let query: Vec<(&str, &str)> = component
                .map(|component| ("component", component.as_str()))
                .collect();
            let answer = windlass.get(&path, &query).await?;
            output.result(&answer, &in_words(app, environment, &answer));
            Ok(Exit::Good)
        })
    }
}

fn in_words(app: &str, environment: &str, answer: &Value) -> String {
    let list = |name: &str| {
        let all = answer.get(name).and_then(Value::as_array);
        let texts = all.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect::<Vec<String>>()
    };
    let mut lines = vec![format!(
        "{app}/{environment} would let go of {}",
        list("components").join(", ")
    )];
    let frees = list("frees").into_iter();
    lines.extend(frees.map(|claim| format!("  another component may have {claim} then")));
    let leaves = answer.get("leaves").and_then(Value::as_str);
    lines.extend(leaves.map(|leaves| format!("  {leaves}")));
    lines.join("\n")
}
