//! A function's start: it asks AWS nothing and reads no file, and neither does an event that it
//! cannot understand. The program is the very one that is deployed.

#![allow(clippy::panic, clippy::expect_used, reason = "a test fails by panicking")]

use serde_json::json;
use std::net::TcpListener;
use std::process::Command;
use windlass_runtime::{Function, Outcome};

#[test]
fn a_start_and_a_bad_event_ask_aws_nothing() {
    let aws = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = aws.local_addr().expect("an address");
    let mut command = Command::new(env!("CARGO_BIN_EXE_judge"));
    command
        .env_clear()
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        // A folder is no configuration: the SDK says so on the log if it tries to read it.
        .env("AWS_CONFIG_FILE", env!("CARGO_MANIFEST_DIR"))
        .env("AWS_SHARED_CREDENTIALS_FILE", env!("CARGO_MANIFEST_DIR"));
    let mut judge = Function::start(command);
    for event in [json!({}), json!("Judge"), json!({"state": "Judge", "deployment": 7})] {
        let Outcome::Error { name, message } = judge.invoke(&event) else {
            panic!("{event} is no input of the judge");
        };
        assert_eq!(name, "BadInput", "{event}: {message}");
    }
    let (out, err) = judge.end();
    assert!(!out.contains(env!("CARGO_MANIFEST_DIR")), "{out}");
    assert_eq!(err, "");
    aws.set_nonblocking(true).expect("it does not wait");
    let called = aws.accept().map(|(_, from)| from);
    assert!(called.is_err(), "AWS was called: {called:?}");
}
