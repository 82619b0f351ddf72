//! Calls about a scope, which is let go of, or has another name or owner: a component, all of an environment, or a
//! whole application. A look shows beforehand what a call would do.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::{VerbOutput, text};
use crate::talk::windlass::{RouteName, read};
use crate::verbs::operator::{Asking, ended_without_environment};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use windlass_domain::moving::scope::MovingScope;
use windlass_domain::release::action::ActionName;
use windlass_domain::shown::api::ActionStarted;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// A scope that is let go of or moved.
#[derive(Debug, Clone, Copy)]
pub struct ScopeCall<'a> {
    /// The scope as it is.
    pub from: MovingScope<'a>,
    /// The new owner, and the component's new name if one is given; without an environment where only the component
    /// gets another name. Absent where it is let go of.
    pub to: Option<MovingScope<'a>>,
    /// The name of a whole application, typed again.
    pub confirm: Option<&'a AppName>,
}

impl<'a> ScopeCall<'a> {
    /// Returns the route of the look, the action, and the names in the paths of both: that of a move to another
    /// environment or application names both.
    fn routes(self) -> (RouteName, ActionName, Vec<&'a str>) {
        let app = self.from.app.as_str();
        let to = self.to.map(|to| (to.app.as_str(), to.environment));
        match (self.from.environment.map(EnvironmentName::as_str), to) {
            (None, None) => (RouteName::AppRemovable, ActionName::Remove, vec![app]),
            (None, Some((to, _))) => (RouteName::AppRenamable, ActionName::Rename, vec![app, to]),
            (Some(here), None) => (RouteName::Removable, ActionName::Remove, vec![app, here]),
            (Some(here), Some((_, None))) => (RouteName::Renamable, ActionName::Rename, vec![app, here]),
            (Some(here), Some((to, Some(there)))) => {
                (RouteName::Takable, ActionName::HandOver, vec![app, here, to, there.as_str()])
            }
        }
    }

    /// Returns the components that it names, as members of the look's query and of the call's body.
    fn components(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let named = [("component", self.from.component), ("to_component", self.to.and_then(|to| to.component))];
        named.into_iter().filter_map(|(member, name)| Some((member, name?.as_str())))
    }

    /// Prints what it would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn look<T: DeserializeOwned>(
        self,
        asking: &Asking,
        output: VerbOutput,
        words: fn(&Self, &T) -> Vec<String>,
    ) -> Result<Exit, Failure> {
        let ((look, _, names), query) = (self.routes(), self.components().collect::<Vec<_>>());
        let answer = asking.endpoint.ask(async |windlass| windlass.get(look, &names, &query).await)?;
        output.result(&answer, &words(&self, &read(&answer)?).join("\n"));
        Ok(Exit::Good)
    }

    /// Starts its execution, and waits until that is done.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn start(self, asking: &Asking, output: VerbOutput) -> Result<Exit, Failure> {
        let (_, action, names) = self.routes();
        let route = if self.from.is_whole() { RouteName::ActOnApp(action) } else { RouteName::Act(action) };
        asking.endpoint.ask(async |windlass| {
            let app = self.from.app;
            let confirm = self.confirm.map(|name| ("confirm", name.as_str()));
            let members = self.components().chain(confirm).chain([("reason", asking.reason.as_str())]);
            let body: Map<String, Value> = members.map(|(name, value)| (name.to_owned(), json!(value))).collect();
            let begun = windlass.act(route, &names, &[], Some(&Value::Object(body))).await?;
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

/// Returns the names of components in one text.
pub fn listed<'a>(components: impl IntoIterator<Item = &'a ComponentName>) -> String {
    components.into_iter().map(ComponentName::as_str).collect::<Vec<_>>().join(", ")
}
