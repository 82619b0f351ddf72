// A panic is caught here and not by Lambda's runtime, which names the error after a Rust box and writes plain text:
// here it is `Internal`, which is not retried, and a line of JSON. A build without unwinding ends the process after
// that line. Nothing in memory can be half-done: what a deployment did is in the ledger.

// The error type is our own, because a boxed one reaches Step Functions as `&alloc::boxed::Box<dyn …>`, which no
// Retry or Catch can name. Futures are boxed here, because together with the SDK's they nest deeper than rustc
// follows.

use crate::{logs, metrics};
use futures::FutureExt as _;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Instant;
use tracing::{Instrument as _, Span};
use windlass_domain::text::fault::{Fault, FaultName};

/// Serves a handler for as long as Lambda wants. `ports` is made once, before the first event.
///
/// One thread is enough: a Lambda environment works on one event at a time, and a handler waits for
/// AWS nearly all the time.
///
/// A handler that panics answers the fault `Internal`, and the process serves the next event: what
/// the ports keep between events is caches only. A build without unwinding, as for AWS, ends there
/// instead.
pub fn serve<P, I, O>(
    ports: impl AsyncFnOnce() -> Result<P, Fault>,
    handler: impl AsyncFn(&P, I) -> Result<O, Fault>,
) -> ExitCode
where
    I: DeserializeOwned,
    O: Serialize,
{
    logs::init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = match runtime {
        Ok(runtime) => runtime.block_on(run(ports, handler)),
        Err(error) => Err(Fault::internal(format!("the runtime cannot start: {error}"))),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            tracing::error!(target: "windlass", %fault, "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn run<P, I, O>(
    ports: impl AsyncFnOnce() -> Result<P, Fault>,
    handler: impl AsyncFn(&P, I) -> Result<O, Fault>,
) -> Result<(), Fault>
where
    I: DeserializeOwned,
    O: Serialize,
{
    let ports = ports().await?;
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    let service = service_fn(async |event: LambdaEvent<Value>| {
        let trace = event.context.xray_trace_id.as_deref();
        let span = logs::invocation(&event.context.request_id, trace, &event.payload);
        measured(&function, handle(&ports, &handler, event.payload)).instrument(span).await.map_err(diagnostic)
    });
    // It runs without the runtime's own tracing layer, whose span would stand on the lines in place of ours.
    lambda_runtime::Runtime::new(service)
        .run()
        .await
        .map_err(|error| Fault::internal(format!("the Lambda runtime ended: {error}")))
}

async fn measured(function: &str, work: impl Future<Output = Result<Value, Fault>>) -> Result<Value, Fault> {
    let began = Instant::now();
    let done = work.await;
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let fault = done.as_ref().err();
    let named = logs::deployments();
    if let Some(named) = &named {
        // The last line also has the deployments that only parts of the invocation worked for.
        Span::current().record("deployment", named.as_str());
    }
    let name = fault.map(|fault| fault.name);
    if let Some(name) = name.filter(|name| !is_a_wait(*name)) {
        metrics::count_fault(function, name, named.as_deref());
    }
    match fault {
        None => tracing::info!(target: "windlass", ms, "answered"),
        Some(fault) if is_a_wait(fault.name) || fault.name == FaultName::MoreToDo => {
            tracing::info!(target: "windlass", ms, %fault, "not ready yet");
        }
        Some(fault) => tracing::warn!(target: "windlass", ms, %fault, "answered a fault"),
    }
    done
}

/// Returns whether a fault only means that the machine asks again, and nothing is wrong.
fn is_a_wait(name: FaultName) -> bool {
    use FaultName::{StillBaking, StillInProgress, TakesHours};
    matches!(name, StillInProgress | TakesHours | StillBaking)
}

/// Takes one event through the handler: JSON in, JSON out.
async fn handle<P, I, O>(
    ports: &P,
    handler: &impl AsyncFn(&P, I) -> Result<O, Fault>,
    event: Value,
) -> Result<Value, Fault>
where
    I: DeserializeOwned,
    O: Serialize,
{
    let input = serde_json::from_value(event).map_err(|error| {
        let message = format!("the event does not have the form that is expected: {error}");
        Fault::new(FaultName::BadInput, message)
    })?;
    // A future of its own type helps the compiler: a handler's future holds those of all that it calls down to the SDK,
    // and together with the runtime's they nest deeper than rustc follows.
    let working: Pin<Box<dyn Future<Output = Result<O, Fault>> + '_>> = Box::pin(async { handler(ports, input).await });
    let output =
        AssertUnwindSafe(working).catch_unwind().await.unwrap_or_else(|panic| Err(panicked(panic.as_ref())))?;
    serde_json::to_value(output).map_err(|error| Fault::internal(format!("the answer cannot be written: {error}")))
}

/// Returns the fault of a panic. The runtime catches panics as well, but names them after Rust's box that holds them.
fn panicked(panic: &(dyn Any + Send)) -> Fault {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let why = text.unwrap_or("without a message");
    Fault::internal(format!("the handler panicked: {why}"))
}

/// Makes of a fault what the caller gets.
///
/// The Lambda runtime makes the error's name from its Rust type unless it is given one; a boxed
/// error reaches Step Functions as `&alloc::boxed::Box<dyn …>`, which no Retry or Catch can name. So
/// the name of the fault is given here, and the state machine's `ErrorEquals` name it.
fn diagnostic(fault: Fault) -> Diagnostic {
    Diagnostic { error_type: fault.name.to_string(), error_message: fault.message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use windlass_domain::text::fault::FaultName;

    fn answer(event: Value) -> Result<Value, Fault> {
        let handler = async |factor: &u64, number: u64| {
            if number == 0 {
                return Err(Fault::new(FaultName::Conflict, "zero"));
            }
            Ok(json!({"product": factor * number}))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(measured("test", handle(&3, &handler, event)))
    }

    #[test]
    fn json_goes_in_and_comes_out() {
        assert_eq!(answer(json!(5)), Ok(json!({"product": 15})));
    }

    #[test]
    fn an_event_of_another_form_is_bad_input() {
        assert_eq!(answer(json!("five")).expect_err("a text is no number").name, FaultName::BadInput);
    }

    #[test]
    fn the_handlers_fault_is_the_answer() {
        let fault = answer(json!(0)).expect_err("the handler refuses zero");
        assert_eq!(fault, Fault::new(FaultName::Conflict, "zero"));
    }

    #[test]
    fn the_name_of_a_fault_is_the_name_of_the_error() {
        let fault = Fault::new(FaultName::StillInProgress, "the alias moves");
        let diagnostic = serde_json::to_value(diagnostic(fault)).expect("serializes");
        let expected = serde_json::json!({
            "errorType": "StillInProgress",
            "errorMessage": "the alias moves",
        });
        assert_eq!(diagnostic, expected);
    }
}
