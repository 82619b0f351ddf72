//! Asks a user's function, and says what may be believed of its answer. A call that was not answered, or not so that it
//! can be read, may have done what was asked.

use super::wording;
use crate::ports::{ExternalActApi, ExternalAnswer, ExternalLookApi, PinnedFunction, Result};
use windlass_domain::declaration::kinds::external::{Act, Acted, BadAnswer, Look, Observe, State};
use windlass_domain::text::fault::{Fault, FaultName};

/// The reason why a look shows nothing.
#[derive(Debug)]
pub(super) enum Unseen {
    /// The answer is not believed.
    Bad(BadAnswer),
    /// There was none.
    Fault(Fault),
}

impl Unseen {
    /// Returns it as a fault, for those who ask again.
    pub(super) fn fault(self, function: &PinnedFunction) -> Fault {
        match self {
            Self::Bad(bad) => unclear(wording::bad(function, &bad)),
            Self::Fault(fault) => fault,
        }
    }
}

/// Looks once. `is_planned` says that the request has the bytes of a release.
pub(super) async fn look(
    at: &impl ExternalLookApi,
    function: &PinnedFunction,
    request: &Observe,
    is_planned: bool,
) -> Result<Look, Unseen> {
    match at.look(function, request).await.map_err(Unseen::Fault)? {
        ExternalAnswer::Answered(bytes) => Look::read(&bytes, is_planned).map_err(Unseen::Bad),
        ExternalAnswer::Failed(error) => Err(Unseen::Fault(unclear(wording::broke(function, &error)))),
    }
}

/// Returns a look with its state. An unknown state is never healthy, and nobody else's change.
pub(super) fn known(function: &PinnedFunction, look: Look) -> Result<(Look, State)> {
    match look.state.clone() {
        Some(state) => Ok((look, state)),
        None => Err(unclear(wording::unknown(function, &look))),
    }
}

/// Asks once for something to be done.
pub(super) async fn act(
    acts: &impl ExternalActApi,
    function: &PinnedFunction,
    request: &Act,
    read: fn(&[u8]) -> Result<Acted, BadAnswer>,
) -> Result<Acted> {
    match acts.act(function, request).await? {
        ExternalAnswer::Answered(bytes) => read(&bytes).map_err(|bad| unclear(wording::bad(function, &bad))),
        ExternalAnswer::Failed(error) => Err(unclear(wording::broke(function, &error))),
    }
}

/// The fault after which nobody knows what is so.
fn unclear(message: String) -> Fault {
    Fault::new(FaultName::Unavailable, message)
}
