//! A stand-in for the Lambda service: it starts a function's process and gives it events by the
//! runtime API (AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes").

#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

mod http;

use http::{Request, Server};
use serde_json::Value;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};

/// The answer of a function to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered with a value.
    Answer(Value),
    /// The function failed. Its `errorType` is the name that Step Functions matches `ErrorEquals` with.
    Error {
        /// `errorType`.
        name: String,
        /// `errorMessage`.
        message: String,
    },
}

/// A function's process. It ends with this value.
pub struct Function {
    process: Child,
    lambda: Server,
    /// The request by which the process asked for an event, if it waits for one.
    asking: Option<Request>,
    events: u32,
}

impl Function {
    /// Starts a process as Lambda does, with nothing in its environment but Lambda's own variables and those that
    /// `command` sets. Returns when it asks for its first event.
    pub fn start(mut command: Command) -> Self {
        let lambda = Server::start();
        let process = command
            .env("AWS_LAMBDA_RUNTIME_API", lambda.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the process starts");
        let asking = Some(lambda.next());
        Self { process, lambda, asking, events: 0 }
    }

    /// Gives the process an event and returns its answer.
    pub fn invoke(&mut self, event: &Value) -> Outcome {
        let asked = match self.asking.take() {
            Some(asked) => asked,
            None => self.lambda.next(),
        };
        assert!(asked.path.ends_with("/invocation/next"), "{asked:?}");
        self.events += 1;
        let id = format!("request-{}", self.events);
        let headers = [
            ("lambda-runtime-aws-request-id", id.as_str()),
            ("lambda-runtime-deadline-ms", "4102444800000"),
            ("lambda-runtime-trace-id", "Root=1-2-3"),
            ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:111111111111:function:function"),
        ];
        asked.answer("200 OK", &headers, &event.to_string());
        let sent = self.lambda.next();
        let outcome = outcome(&sent, &id);
        sent.answer("202 Accepted", &[], "{}");
        outcome
    }

    /// Ends the process. Returns its standard output and its standard error.
    pub fn end(mut self) -> (String, String) {
        self.process.kill().expect("the process ends");
        let (mut out, mut err) = (String::new(), String::new());
        let pipes = (self.process.stdout.take(), self.process.stderr.take());
        let (mut stdout, mut stderr) = (pipes.0.expect("piped"), pipes.1.expect("piped"));
        stdout.read_to_string(&mut out).expect("UTF-8");
        stderr.read_to_string(&mut err).expect("UTF-8");
        (out, err)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // The process may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn outcome(sent: &Request, id: &str) -> Outcome {
    let body: Value = serde_json::from_str(&sent.body).expect("the answer is JSON");
    if sent.path.ends_with(&format!("/{id}/response")) {
        return Outcome::Answer(body);
    }
    assert!(sent.path.ends_with(&format!("/{id}/error")), "{sent:?}");
    let text = |member: &str| body[member].as_str().expect("text").to_owned();
    Outcome::Error { name: text("errorType"), message: text("errorMessage") }
}
