//! Pinning: from the request of any route to the environment that it goes to, and to a release whose bytes can never be
//! others. Each way in pins a request once, and hands it over pinned; `Admit` verifies that against the declaration in
//! force and the ledger, and reads neither an object nor an image for it. What comes to `Admit` as a person wrote it is
//! pinned there, by the same function.
//!
//! A request passes these stages in order, each a function of the file of that name: the `declaration` in force, the
//! `source` that the request names, the `declaration` that this source names, the `place` where it goes, the
//! `components` that it brings, each an `artifact`, and the `record` under its name.

mod artifact;
mod components;
mod declaration;
mod place;
mod record;
mod recorded;
mod source;

use crate::access;
use crate::trouble::{self, Checked};
use declaration::KnownDeclaration;
pub use declaration::{declaration_in_force, named_environment, no_declaration};
pub use record::{Pinned, is_given_back};
pub use recorded::release as recorded_release;
pub use source::Ports;
use source::UnpinnedRelease;
use windlass_domain::access::Rules;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::request::Request;
use windlass_domain::text::finding::Finding;

/// Pins a request to deploy, or verifies what its way in has pinned. The rules in force say whether it is allowed.
///
/// # Errors
/// Everything that is wrong with it.
pub async fn pin(ports: &impl Ports, request: &Request, rules: &Rules) -> Checked<Pinned> {
    let in_force = declaration_in_force(ports, &request.app).await?;
    let part = match source::read(ports, request, &in_force.declaration).await {
        Ok(source) => return Box::pin(pin_source(ports, request, rules, in_force, source)).await,
        Err(unread) => unread.partial()?,
    };
    let found = match (part.rest(), &request.environment) {
        (Some(source), _) => {
            let pinned = pin_source(ports, request, rules, in_force, source.clone());
            trouble::findings(Box::pin(pinned).await)?
        }
        (None, Some(name)) => in_force.declaration.resolve(name).err().unwrap_or_default(),
        (None, None) => Vec::new(),
    };
    Err(part.and(found).findings().into())
}

/// Takes what was read through the stages that follow.
async fn pin_source(
    ports: &impl Ports,
    request: &Request,
    rules: &Rules,
    in_force: KnownDeclaration,
    source: UnpinnedRelease,
) -> Checked<Pinned> {
    let named = source.declaration.as_ref();
    let (declared, findings) = declaration::declaration_of(ports, request, in_force, named).await?;
    let mut placed = place::place(request, &source, declared.declaration, findings)?;
    let release = components::pin(ports, request, source, &mut placed).await?;
    record::record(ports, request, rules, placed, release).await
}

/// Finds everything that is wrong with a request of which only a part can be read. A fault hides nothing of that.
pub async fn findings(ports: &impl Ports, part: PartialDocument<Request>) -> Vec<Finding> {
    let found = match part.rest() {
        None => Ok(Vec::new()),
        Some(rest) if rest.action == ActionName::Deploy => match access::rules(ports, &rest.app).await {
            Ok(rules) => trouble::findings(pin(ports, rest, &rules).await),
            Err(fault) => Err(fault),
        },
        Some(rest) => trouble::findings(named_environment(ports, rest).await),
    };
    let found = found.unwrap_or_else(|fault| {
        tracing::warn!(%fault, "what can be read of a request could not be looked at");
        Vec::new()
    });
    part.and(found).findings()
}
