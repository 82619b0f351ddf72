//! The knowledge of a site while it is prepared, and the state that is asked for.

use crate::kinds::PrepareInput;
use crate::kinds::site::archive::Entry;
use crate::kinds::site::lists::Lists;
use crate::kinds::site::rules::Rules;
use crate::kinds::site::state::State;
use crate::kinds::site::target::Target;
use crate::trouble::Trouble;
use windlass_domain::digest::Digest;
use windlass_domain::finding::{Finding, FindingName};

/// The state that is asked for.
pub(in crate::kinds::site) enum Wanted<G> {
    /// The files of an archive: the release, and the entries that the archive's directory declares.
    Release(Digest, Vec<Entry>),
    /// A recorded state.
    Recorded(G),
}

impl Wanted<State> {
    /// Returns the same in the declared mode. A state that was recorded in the other mode cannot be reached.
    pub(super) fn in_mode<G>(self, of: impl Fn(State) -> Option<G>) -> Result<Wanted<G>, Trouble> {
        match self {
            Self::Release(release, entries) => Ok(Wanted::Release(release, entries)),
            Self::Recorded(state) => of(state).map(Wanted::Recorded).ok_or_else(|| {
                Finding::new(
                    FindingName::NotSupported,
                    "mode",
                    "the recorded state belongs to the other mode of a site",
                    "deploy a release instead of going back: a rollback cannot change the mode",
                )
                .into()
            }),
        }
    }
}

/// Everything that is known so far.
pub(in crate::kinds::site) struct Scene<'a, P> {
    /// The ports at the target's place.
    pub(in crate::kinds::site) at: &'a P,
    /// The lists in the artifacts bucket.
    pub(in crate::kinds::site) lists: Lists<'a, P>,
    pub(in crate::kinds::site) input: &'a PrepareInput<'a>,
    pub(in crate::kinds::site) target: Target,
    pub(in crate::kinds::site) rules: Rules,
    pub(in crate::kinds::site) warnings: Vec<Finding>,
}
