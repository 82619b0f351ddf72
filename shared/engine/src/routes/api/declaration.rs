//! `GET /apps/{app}/declaration`: the declaration in force, as its team wrote it.

use super::call::{Ports, Reply};
use super::problem::problem;
use crate::ledger::{self};
use crate::pin;
use crate::ports::Result;
use serde_json::json;
use windlass_domain::declaration::Declared;
use windlass_domain::name::AppName;

/// The text, its version and digest, and when it was accepted.
pub async fn declaration(ports: &impl Ports, app: &AppName) -> Result<Reply> {
    let key = ledger::declaration_in_force(app);
    let declared = ledger::load(ports, &key).await?;
    let Some(declared) = declared else {
        return Ok(problem(404, &[pin::no_declaration(app)]));
    };
    let Declared { text, version, digest, accepted, .. } = declared.value;
    Ok(Reply::json(
        200,
        json!({ "app": app, "version": version, "digest": digest, "accepted": accepted, "text": text }),
    ))
}
