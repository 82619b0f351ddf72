//! Calls about a scope, which is let go of, or has another name or owner: a component, all of an environment, or a
//! whole application. A look shows beforehand what a call would do.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::Output;
use crate::talk::windlass::waiting;
use crate::verbs::operator::{Asking, ended_without_environment};
use serde_json::{Map, Value, json};
use windlass_domain::text::name::AppName;

/// A call, and the look before it.
pub struct ScopeCall<'a> {
    /// The application.
    pub app: &'a AppName,
    /// The path of the look.
    pub look: Vec<&'a str>,
    /// The path of the call.
    pub path: Vec<&'a str>,
    /// The components, in the query of the look and in the body of the call.
    pub named: Vec<(&'a str, &'a str)>,
    /// The application's name, typed again.
    pub confirm: Option<&'a AppName>,
}

impl ScopeCall<'_> {
    /// Prints what it would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn look(self, asking: &Asking, output: Output, words: impl Fn(&Value) -> String) -> Result<Exit, Failure> {
        waiting(async {
            let answer = asking.endpoint.open().await?.get(&self.look, &self.named).await?;
            output.result(&answer, &words(&answer));
            Ok(Exit::Good)
        })
    }

    /// Starts its execution, and waits until that is done.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn start(self, asking: &Asking, output: Output) -> Result<Exit, Failure> {
        waiting(async {
            let windlass = asking.endpoint.open().await?;
            let app = self.app;
            let confirm = self.confirm.map(|name| ("confirm", name.as_str()));
            let members = self.named.into_iter().chain(confirm).chain([("reason", asking.reason.as_str())]);
            let body: Map<String, Value> = members.map(|(name, value)| (name.to_owned(), json!(value))).collect();
            let begun = windlass.act("POST", &self.path, &[], Some(&Value::Object(body))).await?;
            let execution = begun.get("execution").and_then(Value::as_str);
            let execution = execution.ok_or_else(|| Failure::not_understood("the answer", "it names no execution"))?;
            if asking.wait.no_wait {
                let words = format!(
                    "handed in, and not waited for: {execution}. `windlass refusals {app}` tells whether it was refused"
                );
                output.result(&begun, &words);
                return Ok(Exit::Good);
            }
            let done = ended_without_environment(&windlass, app, execution, &asking.wait.patience).await?;
            output.result(&json!({"execution": execution, "done": done}), &done);
            Ok(Exit::Good)
        })
    }
}

/// Returns the texts of a list in an answer.
pub fn texts<'a>(answer: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    answer.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The words about a look.
pub struct Words<'a> {
    /// The member of the answer that lists the targets.
    pub targets: &'a str,
    /// The words before each target.
    pub before: &'a str,
    /// The words behind it.
    pub behind: &'a str,
    /// The new owner of a whole application's repositories, such as `for store`.
    pub owner: String,
}

impl Words<'_> {
    /// Says what a look has shown, behind these lines.
    pub fn of(&self, mut lines: Vec<String>, answer: &Value) -> String {
        let Self { targets, before, behind, owner } = self;
        let version = answer.get("declaration").and_then(Value::as_str);
        lines.extend(version.map(|version| format!("  its declaration {version} would be withdrawn")));
        let whole = answer.get("environments").and_then(Value::as_object);
        for (name, here) in whole.into_iter().flatten() {
            lines.push(format!("  {name}: {}", texts(here, "components").collect::<Vec<_>>().join(", ")));
            lines.extend(texts(here, targets).map(|target| format!("  {before} {target}{behind}")));
        }
        if whole.is_none() {
            lines.extend(texts(answer, targets).map(|target| format!("  {before} {target}{behind}")));
        } else {
            lines.extend(texts(answer, "repositories").map(|name| format!("  pushes to {name} would be {owner}")));
            lines.extend(texts(answer, "frees").map(|name| format!("  pushes to {name} would be nobody's")));
        }
        let rest = ["leaves", "stays", "next"].into_iter().filter_map(|member| answer.get(member)?.as_str());
        lines.extend(rest.map(|text| format!("  {text}")));
        lines.join("\n")
    }
}
