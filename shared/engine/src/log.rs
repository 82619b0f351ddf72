//! Names in the log what a line is about. A line carries the fields of the spans that it is written in. A function that
//! learns only on its way what it works for names it there, and the span keeps the name for every line that follows, up
//! to the last one of the invocation.

use tracing::Span;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::release::key::is_secret;
use windlass_domain::text::name::AppName;

/// Returns the span of one part of an invocation that works for several things, such as one message of a batch; `part`
/// names it. The span has the level ERROR so that it is there at every level of the log.
pub fn part(part: &str) -> Span {
    tracing::error_span!(
        "part",
        part = shown(part),
        about = tracing::field::Empty,
        app = tracing::field::Empty,
        deployment = tracing::field::Empty,
    )
}

/// Returns the span of the part that works for one deployment.
pub fn part_for(id: &DeploymentId) -> Span {
    let span = part(id.as_str());
    span.record("deployment", id.as_str());
    span
}

/// Names the deployment that the following lines are about.
pub fn name_deployment(id: &DeploymentId) {
    Span::current().record("deployment", id.as_str());
}

/// Names the application that the following lines are about.
pub fn name_app(app: &AppName) {
    Span::current().record("app", app.as_str());
}

/// Names what arrived, such as an object's key. It helps to find the lines that were written before the deployment was
/// known.
pub fn name_arrival(about: &str) {
    Span::current().record("about", shown(about));
}

/// Returns what arrived as a line may name it: a key that looks like a secret stands in none (rule 10).
pub fn shown(about: &str) -> &str {
    if is_secret(about) {
        return "what looks like a secret";
    }
    about
}
