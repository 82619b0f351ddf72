//! The five endings of a deployment.

use crate::release::cause_name::CauseName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The ending of a deployment. A deployment has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Ending {
    /// The release is live, judged, and recorded as a snapshot.
    /// Next: Nothing.
    Succeeded,
    /// Nothing had to be changed: the release was already there, superseded, or only recorded.
    /// Next: Nothing, unless its cause is `Recorded`: then a person starts it.
    NothingToDo,
    /// It was refused before anything changed.
    /// Next: Mend what each finding names, then send the release again.
    Rejected,
    /// Everything that was changed is restored, and was seen to be restored.
    /// Next: Read the cause: it shows what failed, and its last lines name the next step.
    RolledBack,
    /// Restoring failed. The environment stays locked until `recover` or `accept`.
    /// Next: Follow `docs/runbooks/needs-operator.md`.
    NeedsOperator,
}

impl Ending {
    /// Returns whether the execution ends SUCCEEDED in Step Functions.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::NothingToDo)
    }
}

crate::text::name::displayed!(Ending, std::fmt::Debug::fmt);

/// The reason why a deployment ended [`Ending::NothingToDo`], where code decides by it. Its name is that of the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NothingDone {
    /// Everything was found in place.
    AlreadyThere,
    /// Something newer is there, or waits.
    Superseded,
    /// The environment deploys only what a person starts: it waits for that.
    Recorded,
    /// What was to be brought back ran already.
    NothingChanged,
}

impl NothingDone {
    /// Returns the name of the cause.
    pub const fn name(self) -> &'static str {
        let cause = match self {
            Self::AlreadyThere => CauseName::AlreadyThere,
            Self::Superseded => CauseName::Superseded,
            Self::Recorded => CauseName::Recorded,
            Self::NothingChanged => CauseName::NothingChanged,
        };
        cause.as_str()
    }

    /// Returns why an ending with this name of its cause changed nothing; `None` for any other ending or name.
    pub fn of(ending: Ending, cause_name: &str) -> Option<Self> {
        let all = [Self::AlreadyThere, Self::Superseded, Self::Recorded, Self::NothingChanged];
        all.into_iter().find(|why| ending == Ending::NothingToDo && why.name() == cause_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_endings_are_a_success() {
        use Ending::{NeedsOperator, NothingToDo, Rejected, RolledBack, Succeeded};
        let all = [Succeeded, NothingToDo, Rejected, RolledBack, NeedsOperator];
        assert_eq!(all.map(Ending::is_success), [true, true, false, false, false]);
        assert_eq!(NeedsOperator.to_string(), "NeedsOperator");
    }

    #[test]
    fn only_what_changed_nothing_has_a_reason_for_that() {
        for why in
            [NothingDone::AlreadyThere, NothingDone::Superseded, NothingDone::Recorded, NothingDone::NothingChanged]
        {
            assert_eq!(NothingDone::of(Ending::NothingToDo, why.name()), Some(why));
            assert_eq!(NothingDone::of(Ending::Rejected, why.name()), None);
        }
        assert_eq!(NothingDone::of(Ending::NothingToDo, "OfALaterVersion"), None);
    }
}
