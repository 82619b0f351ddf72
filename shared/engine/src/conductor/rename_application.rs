//! `rename` of a whole application: moves all of its environments and its image repositories, and ends its declaration,
//! in one transaction. It is done or not done, so it cannot be stopped in the middle.

use super::commit::{TRIES, commit, contended, pause};
use super::done;
use super::{Ports, refuse};
use crate::movable::application::WholeMovable;
use crate::payload::{Answer, Ask};
use crate::ports::Answered;
use crate::store::Done;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::request::Request;

/// Moves it. Where somebody has written in between, all of it is looked at anew.
pub async fn rename(ports: &impl Ports, ask: &Ask, request: &Request) -> Answered<Answer> {
    let app = &request.app;
    let to = request.to_app.as_ref().unwrap_or(app);
    for tried in 0..TRIES {
        if let Some(answer) = done::before(ports, ask).await? {
            return Ok(answer);
        }
        let found = WholeMovable::load(ports, app, to).await?;
        let whole = match found.decide() {
            Ok(whole) => whole,
            Err(findings) => return refuse::refuse(ports, ask, request, findings).await,
        };
        let told = whole.in_words(&found.asked());
        let environments = whole.environments.keys();
        let sides = environments
            .flat_map(|environment| [app, to].map(|app| EnvironmentId { app, environment }));
        let done = Done::moved(sides.collect(), told);
        let mut writes = found.moved(&whole, ports.now())?;
        writes.push(done.put(ask)?);
        if commit(ports, writes).await? {
            return Ok(done.answer());
        }
        pause(ports, tried).await;
    }
    Err(contended("renaming"))
}
