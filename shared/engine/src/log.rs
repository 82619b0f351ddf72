//! What the lines of the log are about. A line carries the fields of the spans that it is written
//! in; a function that learns only on its way what it works for names it there, and the span keeps
//! it for every line that follows, the last one of the invocation included.

use tracing::Span;
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::AppName;

/// The span of one part of an invocation that works for several things, such as one message of a
/// batch; `part` names it. It is of level ERROR so that it is there at every level of the log.
pub fn part(part: &str) -> Span {
    tracing::error_span!(
        "part",
        part,
        about = tracing::field::Empty,
        app = tracing::field::Empty,
        deployment = tracing::field::Empty,
    )
}

/// The span of the part that works for one deployment.
pub fn part_for(id: &DeploymentId) -> Span {
    let span = part(id.as_str());
    span.record("deployment", id.as_str());
    span
}

/// Names the deployment that is worked for from here on.
pub fn name_deployment(id: &DeploymentId) {
    Span::current().record("deployment", id.as_str());
}

/// Names the application that is worked for from here on.
pub fn name_app(app: &AppName) {
    Span::current().record("app", app.as_str());
}

/// Names what arrived, such as an object's key, by which lines can be found that were written
/// before the deployment was known.
pub fn name_arrival(about: &str) {
    Span::current().record("about", about);
}
