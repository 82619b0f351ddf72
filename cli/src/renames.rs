//! Renaming a whole application: the call, and its texts.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::moves::{Asking, begun, texts};
use crate::output::Output;
use crate::windlass::waiting;
use serde_json::{Value, json};
use windlass_domain::name::AppName;

/// An application and its name from then on.
pub struct Renaming<'a> {
    /// Its name.
    pub app: &'a AppName,
    /// Its name from then on.
    pub to: &'a AppName,
    /// Its present name, typed again; `None` where it was not typed.
    pub confirm: Option<&'a AppName>,
}

impl Renaming<'_> {
    /// Renames it, or prints what that would do.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, asking: &Asking, output: Output) -> Result<Exit, Failure> {
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
        let repositories = texts(answer, "repositories");
        lines.extend(repositories.map(|name| format!("  pushes to {name} would be for {to}")));
        let freed = texts(answer, "frees");
        lines.extend(freed.map(|name| format!("  pushes to {name} would be nobody's")));
        for member in ["stays", "next"] {
            let told = answer.get(member).and_then(Value::as_str);
            lines.extend(told.map(|told| format!("  {told}")));
        }
        lines.join("\n")
    }
}
