//! Lists the arrivals that nobody asks for, beside what is refused.

use super::arrival::Ports;
use crate::ledger::{self, Stored};
use crate::ports::Result;
use windlass_domain::finding::Finding;
use windlass_domain::ignored_arrival::{IgnoredArrival, LISTED_FOR_S};
use windlass_domain::name::AppName;
use windlass_domain::request::{Requester, Route};

/// Lists that an arrival was not taken, under the application that it looks meant for if that one is
/// declared, else among what names none that is. `what` is the arrival; of the same there is one line, the newest.
pub async fn list(
    ports: &impl Ports,
    what: &str,
    app: Option<AppName>,
    requester: Requester,
    findings: Vec<Finding>,
) -> Result<()> {
    let listed_under = match &app {
        Some(app) if ledger::is_declared(ports, app).await? => Some(app.clone()),
        _ => None,
    };
    tracing::info!(?findings, "an arrival that nobody asks for is listed");
    let key = ledger::not_taken(what);
    let known = ledger::load(ports, &key).await?;
    let line = Stored {
        rev: known.map_or(0, |known| known.rev),
        value: IgnoredArrival { app, about: what.to_owned(), requester, execution: None, findings, at: ports.now() },
        key,
    };
    let at = line.value.at;
    let index = ledger::refused_index(listed_under.as_ref(), at, what);
    let expires = at.plus_s(LISTED_FOR_S);
    // It is refused if somebody else has just listed the same.
    ports.transact(vec![line.put_listed(index, expires)?]).await?;
    Ok(())
}

/// Returns the requester for a push, of whom ECR's event tells only the account.
pub fn pusher() -> Requester {
    Requester { route: Route::Ecr, principal: None }
}
