//! An empty argument, such as that of a variable which is not set, is a mistake in the command.

#![allow(clippy::unwrap_used)]

use clap::error::ErrorKind;
use clap::{Arg, Command, CommandFactory};
use windlass_cli::Arguments;

fn good(name: &str) -> &str {
    match name {
        "components" => "web=dist",
        "shell" => "bash",
        "from" => "sam",
        "version" | "declaration" => "1.0.0",
        "deployment" => "0123456789abcdef",
        "sequence" | "limit" | "snapshot" => "1",
        "timeout" | "every" | "look" => "1s",
        _ => "shop",
    }
}

/// Returns the command line of a verb with all that it requires and this argument, which is `value`.
fn line(verb: &Command, of: &Arg, value: &str) -> Vec<String> {
    let mut line = vec!["windlass".to_owned(), verb.get_name().to_owned()];
    for arg in verb.get_arguments() {
        let is_it = arg.get_id() == of.get_id();
        // A positional argument comes after those before it.
        let is_before = arg.get_index().zip(of.get_index()).is_some_and(|(a, b)| a < b);
        if !(is_it || is_before || arg.is_required_set()) {
            continue;
        }
        line.extend(arg.get_long().map(|long| format!("--{long}")));
        line.push(if is_it { value } else { good(arg.get_id().as_str()) }.to_owned());
    }
    line
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_a_mistake_of_the_command_too() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let bytes = OsStr::from_bytes(b"web=\xff");
    for json in [false, true] {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_windlass"));
        program.args(["release", "shop", "1.4.0"]).arg(bytes);
        program.args(json.then_some("--json"));
        let output = program.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(!output.stdout.is_empty(), json);
    }
}

#[test]
fn no_verb_takes_an_empty_argument() {
    let mut command = Arguments::command();
    command.build();
    let mut tried = 0;
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let takes_values = |arg: &&Arg| arg.get_action().takes_values();
        for arg in verb.get_arguments().filter(takes_values) {
            // The AWS CLI takes an empty AWS_ENDPOINT_URL for one that is not set.
            if arg.get_id() == "local_endpoint" {
                continue;
            }
            // Nothing but a path may be called by a blank.
            let is_path = matches!(arg.get_id().as_str(), "file" | "folder" | "json_to" | "manifest" | "schema");
            for value in ["", " "].into_iter().take(if is_path { 1 } else { 2 }) {
                let line = line(verb, arg, value);
                let refused = Arguments::command().try_get_matches_from(&line).unwrap_err();
                let kinds = [ErrorKind::InvalidValue, ErrorKind::ValueValidation];
                assert!(kinds.contains(&refused.kind()), "{line:?}: {refused}");
                assert_eq!(refused.exit_code(), 2, "{line:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 120, "{tried}");
}
