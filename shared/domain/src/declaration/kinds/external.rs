//! The kind `external`: something that a Lambda function of the user's looks at and changes, such as a branch, an
//! application of another deployer, or an alias in a database. Windlass orders, fences, records and takes back; what is
//! there, and the one change of it, is the function's.

use crate::declaration::aws_name;
use crate::declaration::claim::DeclaredClaim;
use crate::declaration::execution_history::polls::wait;
use crate::declaration::execution_history::{LONGEST_WAIT, polls};
use crate::declaration::gates::ResolvedGates as Gates;
use crate::declaration::kinds::{ArtifactSorts, AsWritten, Common, Extent, Resolve, ResolvedKind};
use crate::declaration::name_text::NameText;
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use crate::text::count::count;
use crate::text::finding::Finding;
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

mod answer;
mod request;

pub use answer::{Acted, BadAnswer, CONFLICT, FunctionRefusal, LONGEST_ANSWER, Look, TOO_LATE};
pub use request::{Act, Deed, Observe, ReleaseBytes, State, Subject, VERSION};

/// The longest settings, in bytes of JSON: they go with every request, and stand in the ledger.
const LONGEST_SETTINGS: usize = 4 * 1024;

/// Something that no other kind knows: a Lambda function of yours says what is there, and makes one change
/// (`docs/integrate/external.md`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-instead" = json!({
    "alias": "Write it within `function`, beside its `name`.",
    "key": "Remove it: the file comes with each release.",
    "payload": "Write `settings`.",
    "rollout": "Remove it: the function makes one change; only a `lambda` has a `rollout`.",
    "timeout": "Write `within`.",
})))]
pub struct Written {
    /// The Lambda function that shows the target's state and changes the target.
    pub function: ExternalFunction,
    /// A second Lambda function, which only shows the target's state. If you write `look`, Windlass reads the state
    /// only through this second function. The first function, in `function`, then only makes changes. Only
    /// `deploy-external`, a Lambda function of Windlass, calls the first function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<ExternalFunction>,
    /// Settings that Windlass sends to the function, such as the name of a branch. The settings are an object of at
    /// most 4 KiB, and must not contain a secret.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
    /// The longest time that Windlass waits after a change until the target is ready, such as `30m`. This time is at
    /// least `1m` and at most `24h`. During the wait, Windlass only reads the target's state.
    #[serde(default = "Span::of_seconds::<1800>")]
    pub within: Span,
    /// The name or URI of the ECR repository, if the component's artifact is an image. An image that is pushed to this
    /// repository belongs to this component. Without `repository` the component's artifact is a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Text>,
}

/// A Lambda function with its alias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [json!({"name": "textbook-pages-{environment}", "alias": "live"})]))]
pub struct ExternalFunction {
    /// The function's name.
    pub name: Text,
    /// The alias. A deployment calls the published version to which the alias pointed when Windlass planned the
    /// deployment.
    pub alias: Text,
}

/// An external component with every value final.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    /// The function that looks and changes.
    pub function: FunctionAlias,
    /// The function that only looks; the same one if absent.
    pub look: Option<FunctionAlias>,
    /// The things that the function has to know.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
    /// The seconds after which a change of it has failed.
    pub within_s: u64,
    /// The repository of its images; none if it takes a file.
    pub repository: Option<String>,
}

/// A function and its alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionAlias {
    /// The function's name.
    pub name: String,
    /// The alias.
    pub alias: String,
}

/// The one output.
pub const VALUE: &str = "value";

impl AsWritten for Written {
    fn takes(&self) -> ArtifactSorts {
        let takes_images = self.repository.is_some();
        ArtifactSorts {
            key: !takes_images,
            image: takes_images,
            images: false,
            instead: if takes_images {
                "Write `image`: an external component with a `repository` takes one."
            } else {
                "Write `key`: an external component without a `repository` takes a file."
            },
        }
    }
}

impl ResolvedKind for External {
    fn function_or_bucket(&self) -> Option<(&'static str, String)> {
        Some(("function.name", self.function.name.clone()))
    }

    /// The function alone knows what it changes: that is claimed when a look has shown it.
    fn claim(&self) -> DeclaredClaim {
        DeclaredClaim::whole("external", "function", &[""], "what its function changes".to_owned())
    }

    fn extent(&self) -> Extent {
        Extent { seconds: self.within_s, polls: polls(self.within_s) }
    }

    fn repository(&self) -> Option<&str> {
        self.repository.as_deref()
    }

    fn gives(&self) -> Vec<&str> {
        vec![VALUE]
    }

    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        let look = self.look.as_mut().map(|look| ("look.name", &mut look.name));
        let names = [("function.name", &mut self.function.name)].into_iter().chain(look);
        names.map(|(member, name)| NameText::new(member, name, &aws_name::FUNCTION)).collect()
    }
}

impl Resolve for External {
    type Written = Written;
    const MEMORY_MB: u64 = 256;
    const SHOWS_LOOKS: bool = true;
    const SHORTEST: &str = r#"{"function": {"name": "{environment}-a", "alias": "a"}}"#;

    fn resolve(scope: &mut Scope<'_>, path: &str, written: &Written, common: &Common, _: &Gates) -> Self {
        let at = |field: &str| join(path, field);
        wait(scope, &at("within"), "change", (written.within, LONGEST_WAIT));
        let bytes = Value::Object(written.settings.clone()).to_string().len();
        if bytes > LONGEST_SETTINGS {
            let reason = format!("The settings have {}, and {LONGEST_SETTINGS} are the most.", count(bytes, "byte"));
            let remedy = "Let the function read what is long itself, and name the place.";
            scope.note(Finding::too_large(at("settings"), reason, remedy).seen(bytes, LONGEST_SETTINGS));
        }
        if common.on_artifact && written.repository.is_some() {
            scope.bad_value(
                &at("on_artifact"),
                "A component with a `repository` takes no uploaded artifact: an image push is its release.",
                "Leave out `on_artifact`, or leave out `repository` where a release brings a file.",
            );
        }
        let mut called = |field: &str, function: &ExternalFunction| {
            let path = join(path, field);
            FunctionAlias {
                name: scope.text_taking(&join(&path, "name"), &function.name, &aws_name::FUNCTION),
                alias: scope.text(&join(&path, "alias"), &function.alias, &aws_name::ALIAS),
            }
        };
        let function = called("function", &written.function);
        let look = written.look.as_ref().map(|look| called("look", look));
        Self {
            function,
            look,
            settings: written.settings.clone(),
            // A longer time is refused above, and not once more as a time that cannot be watched.
            within_s: written.within.min(LONGEST_WAIT).as_s(),
            repository: scope.maybe(&at("repository"), written.repository.as_ref(), &aws_name::REPOSITORY),
        }
    }
}
