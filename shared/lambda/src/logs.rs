//! The log of an invocation, and the deployments that it worked for. They are asked for at its end, for the lines that
//! are about the whole of it.

// The deployment stands on each line from where it is known. Lines that are held back until then are lost where a
// function is killed, and these are the ones looked for.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::panic::PanicHookInfo;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Span, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Writes lines of JSON to standard output, one for each event.
///
/// `span` is what the line belongs to: the invocation, or one part of it where it works for several, such as the
/// messages of a batch. `spans` are both, outermost first. `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets from the
/// function's logging configuration, sets the level of Windlass's own lines. Libraries write warnings only, because at
/// `DEBUG` the SDK writes whole requests.
pub(crate) fn init() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(true);
    // A second subscriber is refused; the first one stays, which is what a test wants.
    let _ = tracing_subscriber::registry().with(lines).with(InvocationDeployments).with(filter(&level)).try_init();
    std::panic::set_hook(Box::new(panicked));
}

/// Writes a panic as a line like every other: the standard library would write plain text, without the deployment.
fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let why = panic.payload_as_str().unwrap_or_default();
    tracing::error!(target: "windlass", place, why, "panicked");
}

fn filter(level: &str) -> Targets {
    let ours = match level.to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "WARN" => LevelFilter::WARN,
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    };
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("windlass", ours)
        // It repeats the fault that `serve` logged already, outside the invocation's span.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
}

/// The fields of an invocation's span, each with its place in the event.
const NAMED: [(&str, &str); 7] = [
    ("deployment", "/deployment"),
    ("state", "/state"),
    ("component", "/component"),
    ("execution", "/execution/name"),
    // `Admit` has the request as it came, which may be wrong.
    ("app", "/request/app"),
    // A call of the HTTP API, by the id that its access log has.
    ("request", "/requestContext/requestId"),
    ("path", "/rawPath"),
];

/// Makes the span of one invocation. Its fields stand on every line that is written within it: the request, the X-Ray
/// trace, and the deployment where the event names it. A handler that finds the deployment out later records it
/// (`windlass_engine::log`). It is a span of level ERROR so that it is there at every level of the log.
pub(crate) fn invocation(request_id: &str, trace: Option<&str>, event: &Value) -> Span {
    let span = tracing::error_span!(
        target: "windlass",
        "invocation",
        request_id,
        xray_trace_id = tracing::field::Empty,
        deployment = tracing::field::Empty,
        state = tracing::field::Empty,
        component = tracing::field::Empty,
        execution = tracing::field::Empty,
        app = tracing::field::Empty,
        about = tracing::field::Empty,
        request = tracing::field::Empty,
        path = tracing::field::Empty,
    );
    if let Some(trace) = trace {
        span.record("xray_trace_id", trace);
    }
    for (field, pointer) in NAMED {
        if let Some(value) = event.pointer(pointer).and_then(Value::as_str) {
            span.record(field, value);
        }
    }
    span
}

/// Keeps with each span the deployments that were named in it, or in a span within it.
pub(crate) struct InvocationDeployments;

#[derive(Default)]
struct Deployments(BTreeSet<String>);

/// The field `deployment` among those of a span.
#[derive(Default)]
struct DeploymentField(Option<String>);

impl Visit for DeploymentField {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "deployment" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for InvocationDeployments {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut found = DeploymentField::default();
        attributes.record(&mut found);
        keep(found, id, &context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut found = DeploymentField::default();
        values.record(&mut found);
        keep(found, id, &context);
    }
}

fn keep<S: Subscriber + for<'a> LookupSpan<'a>>(found: DeploymentField, id: &Id, context: &Context<'_, S>) {
    let (Some(name), Some(span)) = (found.0, context.span(id)) else { return };
    for span in span.scope() {
        let mut extensions = span.extensions_mut();
        if extensions.get_mut::<Deployments>().is_none() {
            extensions.insert(Deployments::default());
        }
        if let Some(named) = extensions.get_mut::<Deployments>() {
            named.0.insert(name.clone());
        }
    }
}

/// Returns the deployments that were named in the present span so far; several are one text, separated by commas.
pub(crate) fn deployments() -> Option<String> {
    let named = Span::current().with_subscriber(|(id, subscriber)| {
        let registry = subscriber.downcast_ref::<Registry>()?;
        let span = registry.span(id)?;
        let extensions = span.extensions();
        let named: Vec<&str> = extensions.get::<Deployments>()?.0.iter().map(String::as_str).collect();
        Some(named.join(", "))
    });
    named.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("unpoisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Returns the lines that an invocation for the deployment `3f9a` writes at a level.
    fn written(level: &str, work: impl FnOnce()) -> String {
        let lines = Lines::default();
        let made = lines.clone();
        let layer = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(true)
            .with_writer(move || made.clone());
        let subscriber = tracing_subscriber::registry().with(layer).with(filter(level));
        tracing::subscriber::with_default(subscriber, || {
            let event = json!({"deployment": "3f9a", "state": "Judge", "token": 4});
            let _entered = invocation("r-1", Some("Root=1-2-3"), &event).entered();
            work();
        });
        let bytes = lines.0.lock().expect("unpoisoned").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    fn only_line(text: &str) -> Value {
        let [line] = text.lines().collect::<Vec<_>>()[..] else {
            panic!("one line was asked for: {text}");
        };
        serde_json::from_str(line).expect("JSON")
    }

    #[test]
    fn every_line_has_the_deployment_and_the_trace() {
        let text = written("", || {
            tracing::info!(target: "windlass_engine::judge", "judged");
            tracing::debug!(target: "windlass_engine::judge", "not asked for");
            tracing::info!(target: "aws_smithy_runtime", "a library talks");
        });
        let line = only_line(&text);
        assert_eq!(line["message"], "judged");
        assert_eq!(line["span"]["deployment"], "3f9a");
        assert_eq!(line["span"]["state"], "Judge");
        assert_eq!(line["span"]["request_id"], "r-1");
        assert_eq!(line["span"]["xray_trace_id"], "Root=1-2-3");
    }

    #[test]
    fn a_quiet_log_has_the_deployment_as_well() {
        for level in ["WARN", "ERROR", "FATAL"] {
            let text = written(level, || {
                tracing::info!(target: "windlass_engine::judge", "not asked for");
                tracing::error!(target: "windlass_engine::judge", "broken");
            });
            let line = only_line(&text);
            assert_eq!(line["span"]["deployment"], "3f9a", "{level}: {line}");
        }
    }
}
