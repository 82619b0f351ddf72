//! `rename` of a whole application: moves all of its environments and its image repositories, and ends its declaration,
//! in one transaction. It is done or not done, so it cannot be stopped in the middle.

use crate::conductor::ports::Ports;
use crate::conductor::telling::completed_action::once;
use crate::ledger::ExecutionRecord;
use crate::movable::application::WholeMovable;
use crate::payload::{Answer, EndTransition, ExecutionRef};
use crate::trouble::Checked;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::request::Request;

/// Moves it. Where somebody has written in between, all of it is looked at anew.
pub async fn rename_application(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
) -> Checked<Answer<EndTransition>> {
    let app = &request.app;
    let to = request.to_app.as_ref().unwrap_or(app);
    once(ports, execution, "renaming", async || {
        let found = WholeMovable::load(ports, app, to).await?;
        let whole = found.decide()?;
        let told = whole.in_words(&found.asked());
        let environments = whole.environments.keys();
        let sides = environments.flat_map(|environment| [app, to].map(|app| EnvironmentId { app, environment }));
        let done = ExecutionRecord::moved(sides.collect(), told);
        let writes = found.moved(&whole, ports.now())?;
        Ok((done, writes))
    })
    .await
}
