//! Calls about a scope, which is let go of, or has another name or owner: a component, all of an environment, or a
//! whole application. A look shows beforehand what a call would do.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::{Output, text};
use crate::talk::windlass::{RouteName, read};
use crate::verbs::operator::{Asking, ended_without_environment};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use windlass_domain::shown::api::ActionStarted;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// A call, and the look before it.
pub struct ScopeCall<'a> {
    /// The application.
    pub app: &'a AppName,
    /// The route of the look.
    pub look: RouteName,
    /// The route of the call.
    pub call: RouteName,
    /// The names in the paths of both.
    pub names: Vec<&'a str>,
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
    pub fn look<T: DeserializeOwned>(
        self,
        asking: &Asking,
        output: Output,
        words: impl Fn(T) -> Vec<String>,
    ) -> Result<Exit, Failure> {
        let answer = asking.endpoint.ask(async |windlass| windlass.get(self.look, &self.names, &self.named).await)?;
        output.result(&answer, &words(read(&answer)?).join("\n"));
        Ok(Exit::Good)
    }

    /// Starts its execution, and waits until that is done.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn start(self, asking: &Asking, output: Output) -> Result<Exit, Failure> {
        asking.endpoint.ask(async |windlass| {
            let app = self.app;
            let confirm = self.confirm.map(|name| ("confirm", name.as_str()));
            let members = self.named.into_iter().chain(confirm).chain([("reason", asking.reason.as_str())]);
            let body: Map<String, Value> = members.map(|(name, value)| (name.to_owned(), json!(value))).collect();
            let begun = windlass.act(self.call, &self.names, &[], Some(&Value::Object(body))).await?;
            let ActionStarted { execution } = &read(&begun)?;
            if asking.wait.no_wait {
                let words = format!(
                    "handed in, and not waited for: {execution}. `windlass refusals {app}` shows whether it was refused"
                );
                output.result(&begun, &words);
                return Ok(Exit::Good);
            }
            let done = ended_without_environment(windlass, app, execution, &asking.wait.patience).await?;
            output.result(&json!({"execution": execution, "done": done}), &text(&done));
            Ok(Exit::Good)
        })
    }
}

/// Returns the line on the declaration of a whole application, if it has one.
pub fn withdrawn(version: Option<&semver::Version>) -> Option<String> {
    version.map(|version| format!("  its declaration {version} would be withdrawn"))
}

/// Returns the line on the components of an environment of a whole application.
pub fn named<'a>(environment: &EnvironmentName, components: impl IntoIterator<Item = &'a ComponentName>) -> String {
    let names: Vec<&str> = components.into_iter().map(ComponentName::as_str).collect();
    format!("  {environment}: {}", names.join(", "))
}
