//! Findings: something wrong with input or with a target, told so that its author can mend it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is wrong, by name. Each variant's comment is its page under `docs/findings/`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum FindingName {
    /// The document is not well-formed YAML or JSON. Mend the syntax at the place that is named.
    NotWellFormed,
    /// A field is not known. Misspelt fields are refused, because ignoring one could deploy
    /// something else than what its author meant.
    UnknownField,
    /// A required field is missing.
    MissingField,
    /// A value has the wrong type or form.
    BadValue,
    /// Two things that must differ are the same, or something is named twice.
    Duplicate,
    /// A name refers to something that the declaration does not define.
    UnknownName,
    /// The order given by `after` leads back to where it began.
    Cycle,
    /// A Git ref matches the rules of two environments, so it is not clear where it goes.
    AmbiguousRef,
    /// A Git ref, or an image tag, matches no environment's rule.
    NoEnvironment,
    /// The declaration's content changed but its version is not higher than the one in force.
    VersionNotHigher,
    /// This version text was used before with other bytes. Give the new bytes a new version.
    VersionReused,
    /// No declaration is known for this application. Upload `apps/<app>/app.yaml` first.
    NoDeclaration,
    /// The artifact, or the recorded version of it, does not exist or is no longer there.
    ArtifactMissing,
    /// The artifact's bytes do not have the digest that the manifest pins.
    DigestMismatch,
    /// The archive is refused: path traversal, a link, a duplicate, or a size beyond the limits.
    BadArchive,
    /// The target, or something that it needs, does not exist.
    TargetMissing,
    /// AWS refuses Windlass a call that this deployment needs.
    NoPermission,
    /// The target belongs to another component or application, or lacks the tags that make it ours.
    TargetNotOurs,
    /// The target is in a state in which it must not be changed.
    TargetNotReady,
    /// The target was changed by someone else while the deployment was under way.
    TargetChangedByOther,
    /// A gate cannot be measured: the alarm or metric is missing or unreadable, or the bake is
    /// shorter than the metric's period.
    GateNotMeasurable,
    /// A gate is red before anything has changed. Mend it first, or deploy with `accept_red` and
    /// a reason.
    GateAlreadyRed,
    /// Automatic deployments into this environment are held.
    Held,
    /// This release was undone here before. Deploy a fixed release, or ask `again` with a reason.
    Vetoed,
    /// A newer release is already there. Use a rollback, or `allow_older` with a reason.
    Older,
    /// The environment does not accept releases from this source.
    SourceNotAccepted,
    /// The environment is locked in `NeedsOperator`. Use `recover` or `accept`.
    NeedsOperator,
    /// The request makes no sense in the present state, for example a rollback with nothing to go
    /// back to.
    NothingToGoBackTo,
    /// The caller may not do this.
    NotAllowed,
    /// The component failed while it was changed.
    ChangeFailed,
    /// What was asked for needs something that the target does not have, such as an alias for a
    /// canary.
    NotSupported,
    /// A value looks like a secret. Secrets never pass through Windlass (rule 10): name them by the ARN
    /// of a Secrets Manager secret or SSM parameter, which the target itself reads.
    SecretInInput,
    /// It waited longer for its turn than is allowed.
    WaitedTooLong,
}

impl fmt::Display for FindingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One thing that is wrong: where, what, and what to write or do instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What is wrong, by name.
    pub name: FindingName,
    /// Where: a dotted path into the document, such as `components.web.bucket`, or a target.
    pub path: String,
    /// What is wrong, in a sentence with the value that was seen.
    pub reason: String,
    /// What to write or do instead.
    pub remedy: String,
}

impl Finding {
    /// Puts a finding together.
    pub fn new(
        name: FindingName,
        path: impl Into<String>,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            name,
            path: path.into(),
            reason: reason.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}: {} Remedy: {}",
            self.name, self.path, self.reason, self.remedy
        )
    }
}
