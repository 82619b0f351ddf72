//! Ctrl-C while a command waits: the real program says what goes on, and ends with the status of an interrupt.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use crate::records::{ID, begun, watched};
use crate::standin::{Call, StandIn, folder, reply};
use serde_json::json;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

/// An API whose deployment of this action never ends, and whose requests become it.
fn endless(action: &'static str) -> StandIn {
    StandIn::new(move |call: &Call| {
        let mut record = watched();
        record["deployment"]["action"] = action.into();
        let became = json!({"deployment": ID, "refusal": null, "done": null, "execution": null});
        match call.method.as_str() {
            "GET" if call.path.contains("?execution=") => reply(200, &became),
            "GET" => reply(200, &record),
            _ => reply(202, &begun()),
        }
    })
}

fn begin(api: &StandIn, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_windlass"))
        .args(arguments)
        .args(["--every", "20ms"])
        .current_dir(folder("interrupted"))
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "a-secret")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("WINDLASS_ENDPOINT", format!("{}/stage", api.url))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn whoever_interrupts_a_watch_reads_that_the_deployment_goes_on_and_what_to_do() {
    for (arguments, action, cancelled) in [
        (&["watch", "shop", ID][..], "deploy", "stops and undoes it"),
        (&["watch", "shop", ID], "withdraw", "stops it, and what is deleted stays deleted"),
        (&["deploy", "shop", "prod", "1.4.0", "--watch"], "deploy", "stops and undoes it"),
        (&["rollback", "shop", "prod", "--reason", "r"], "rollback", "stops and undoes it"),
    ] {
        let api = endless(action);
        let mut child = begin(&api, arguments);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("wave 1 is watched")));
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let mut said = String::new();
        let mut stderr = child.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(130), "{arguments:?}: {said}");
        for words in [
            &format!("deployment {ID} goes on"),
            &format!("`windlass watch shop {ID}` follows it"),
            &format!("`windlass cancel shop {ID} --reason '…'` {cancelled}"),
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}
