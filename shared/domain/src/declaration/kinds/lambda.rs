//! The kind `lambda`: a function of AWS Lambda.

use crate::declaration::aws_name;
use crate::declaration::claim::DeclaredClaim;
use crate::declaration::execution_history::polls;
use crate::declaration::folder::{Destination, Folder, FolderPatterns};
use crate::declaration::gates::ResolvedGates as Gates;
use crate::declaration::kinds::codedeploy::{self, Group};
use crate::declaration::kinds::rollout::{self, Rollout};
use crate::declaration::kinds::{
    ArtifactSorts, AsWritten, Common, Extent, Resolve, ResolvedKind, Split, Steps, WarningContext,
};
use crate::declaration::name_text::NameText;
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use crate::text::count::count;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::ComponentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The seconds that a change of a function takes at most, as is usual.
const CHANGED_S: u64 = 15 * 60;

/// A Lambda function.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// The function's name.
    pub function: Text,
    /// The alias that callers use, such as `live`. Without an alias a change is live at once.
    pub alias: Option<Text>,
    /// The name or URI of the ECR repository, for a function that is deployed as an image. An image that is pushed to
    /// this repository belongs to this component. With `repository`, the component accepts only images from this
    /// repository, and no zip. Without `repository`, it accepts no image.
    pub repository: Option<Text>,
    /// Another `lambda` component of this declaration. This function uses the zip of that component. Each release of
    /// that component also changes this function. A release lists that component, and never this function. Windlass
    /// refuses a release with a separate artifact for this function.
    pub artifact: Option<ComponentName>,
    /// The steps in which Windlass shifts traffic to a new version. If absent, Windlass shifts all traffic at once.
    pub rollout: Option<rollout::Written>,
    /// The deployment group of AWS CodeDeploy that moves the alias. The group's own steps, hooks and alarms apply, and
    /// Windlass judges the gates meanwhile. With `codedeploy`, write an `alias` and no `rollout`.
    pub codedeploy: Option<codedeploy::Written>,
    /// Patterns of files in the component's folder. A release contains these files, even if Windlass would otherwise
    /// refuse them or leave them out. The section *Files of a folder* in `docs/app.md` lists the files that Windlass
    /// refuses or leaves out. The patterns have the syntax of a `.gitignore`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publish: Vec<String>,
    /// Patterns of files in the component's folder. A release leaves these files out. The patterns have the syntax of a
    /// `.gitignore`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
}

/// A Lambda function's target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lambda {
    /// The function's name.
    pub function: String,
    /// The alias that callers use; without one a change is live at once.
    pub alias: Option<String>,
    /// The ECR repository's name or URI, for a function that is an image; image pushes there are
    /// for this component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The steps in which traffic is shifted; only with an alias.
    pub rollout: Rollout,
    /// The deployment group that shifts it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codedeploy: Option<Group>,
    /// True if each new version is tried by invocations: before the alias moves, and while it gets traffic.
    pub is_tried: bool,
    /// The patterns of files that go, and that do not.
    #[serde(default, skip_serializing_if = "FolderPatterns::is_empty")]
    pub files: FolderPatterns,
}

impl AsWritten for Written {
    // Lambda cannot change the package type of a function, so the declaration has it. The declaration then also says
    // whose a push is, which nobody would know by the type before AWS is asked.
    fn takes(&self) -> ArtifactSorts {
        ArtifactSorts {
            key: self.repository.is_none(),
            image: true,
            images: false,
            instead: "Write `image`: a function with a `repository` takes one.",
        }
    }

    fn artifact_of(&self) -> Option<&ComponentName> {
        self.artifact.as_ref()
    }

    fn function(&self) -> Option<&Text> {
        Some(&self.function)
    }

    fn steps(&self) -> Option<Steps> {
        self.rollout.as_ref().map(|_| Steps::Ours)
    }

    fn split(&self) -> Option<Split<'_>> {
        Some(Split::Alias { function: &self.function, alias: self.alias.as_ref()?, rollout: self.rollout.as_ref()? })
    }
}

impl ResolvedKind for Lambda {
    fn claim(&self) -> DeclaredClaim {
        let what = format!("the function `{}`", self.function);
        DeclaredClaim::whole("lambda:function", "function", &[&self.function], what)
    }

    fn gives(&self) -> Vec<&str> {
        vec!["version"]
    }

    fn own_part(&self) -> Option<&str> {
        self.alias.as_deref()
    }

    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        vec![NameText::new("function", &mut self.function, &aws_name::FUNCTION)]
    }

    fn needs_its_target(&self) -> Option<&'static str> {
        self.codedeploy.as_ref().map(|_| "codedeploy")
    }

    fn extent(&self) -> Extent {
        Extent {
            seconds: CHANGED_S,
            // A deployment of CodeDeploy is waited for.
            polls: self.codedeploy.as_ref().map_or(0, |_| polls(CHANGED_S)),
        }
    }

    fn repository(&self) -> Option<&str> {
        self.repository.as_deref()
    }

    fn rollout(&self) -> Option<&Rollout> {
        Some(&self.rollout)
    }

    fn rollout_mut(&mut self) -> Option<&mut Rollout> {
        Some(&mut self.rollout)
    }

    fn is_tried_ahead(&self) -> bool {
        self.is_tried && self.alias.is_some()
    }

    /// Warns of a rollout in steps whose time passes without anything that could end it.
    fn warnings(&self, about: &WarningContext<'_>) -> Vec<Finding> {
        let Rollout { steps, every } = &self.rollout;
        if steps.is_empty() || about.is_measured {
            return vec![];
        }
        let steps = match steps.len() {
            1 => "a step".to_owned(),
            steps => count(steps, "step"),
        };
        vec![Finding::new(
            FindingName::NothingMeasured,
            format!("components.{}.rollout", about.component),
            format!(
                "In `{}` the rollout goes in {steps} of {every}, and nothing is measured meanwhile: each passes when its time is over.",
                about.environment
            ),
            "Write `gates`, for the whole release or of the function; or leave `rollout` out, which then takes no time.",
        )]
    }

    /// A function of a repository takes images.
    fn folder(&self) -> Option<Folder<'_>> {
        let takes_zip = self.repository.is_none();
        takes_zip.then_some(Folder { destination: Destination::Function, patterns: &self.files })
    }
}

impl Resolve for Lambda {
    type Written = Written;
    const MEMORY_MB: u64 = 512;
    const SHORTEST: &str = r#"{"function": "{environment}-a"}"#;

    fn resolve(scope: &mut Scope<'_>, path: &str, written: &Written, common: &Common, gates: &Gates) -> Self {
        let at = |field: &str| join(path, field);
        if common.on_artifact && written.repository.is_some() {
            scope.bad_value(
                &at("on_artifact"),
                "A function with a `repository` takes no uploaded artifact: an image push is its release.",
                "Leave out `on_artifact`, or leave out `repository` for a function that is a zip.",
            );
        }
        let has_patterns = !written.publish.is_empty() || !written.exclude.is_empty();
        if has_patterns && written.repository.is_some() {
            let field = if written.exclude.is_empty() { "publish" } else { "exclude" };
            scope.bad_value(
                &at(field),
                "A function with a `repository` takes an image, so that no folder is packed for it.",
                "Leave it out, and write the patterns into the `.dockerignore` of the image.",
            );
        }
        let rollout = match &written.rollout {
            None => Rollout::default(),
            Some(rollout) => {
                if written.alias.is_none() {
                    let reason = "Traffic can be shifted only by an alias, and none is named.";
                    let remedy = "Write `alias`, such as `live`, and let callers use it; or leave `rollout` out.";
                    scope.note(Finding::not_supported(at("rollout"), reason, remedy).resting_on([at("alias")]));
                }
                Rollout::resolve(scope, &at("rollout"), rollout, gates.slowest().as_ref())
            }
        };
        let codedeploy = written.codedeploy.as_ref().map(|codedeploy| {
            let path = at("codedeploy");
            if written.alias.is_none() {
                let reason = "CodeDeploy moves callers by an alias, and none is named.";
                let remedy = "Write `alias`, such as `live`: the one that the deployment group moves.";
                scope.note(Finding::not_supported(&path, reason, remedy).resting_on([at("alias")]));
            }
            if codedeploy.continue_when_ready {
                scope.not_supported(
                    &join(&path, "continue_when_ready"),
                    "CodeDeploy waits before it moves callers of a service alone, and this is a function.",
                    "Leave out `continue_when_ready`.",
                );
            }
            Group::resolve(scope, &path, codedeploy, written.rollout.is_some())
        });
        Self {
            function: scope.text_taking(&at("function"), &written.function, &aws_name::FUNCTION),
            alias: scope.maybe(&at("alias"), written.alias.as_ref(), &aws_name::ALIAS),
            repository: scope.maybe(&at("repository"), written.repository.as_ref(), &aws_name::REPOSITORY),
            rollout,
            codedeploy,
            is_tried: common.gates.invocations.iter().flatten().next().is_some(),
            files: FolderPatterns::resolve(scope, path, &written.publish, &written.exclude),
        }
    }
}
