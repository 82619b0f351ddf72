//! `windlass completion`: the shell can read each script, and each knows every verb.

#![allow(clippy::unwrap_used)]

use crate::standin::{code, err, folder, out};
use clap::CommandFactory;
use std::process::{Command, Output};
use windlass_cli::Arguments;

fn windlass(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_windlass"));
    program.args(arguments).env_clear().output().unwrap()
}

#[test]
fn each_shell_gets_a_script_with_every_verb() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = windlass(&["completion", shell]);
        assert_eq!(code(&output), 0, "{shell}: {}", err(&output));
        for verb in Arguments::command().get_subcommands() {
            assert!(out(&output).contains(verb.get_name()), "{shell}: {}", verb.get_name());
        }
    }
    let unknown = windlass(&["completion", "ksh"]);
    assert_eq!(code(&unknown), 2);
    assert!(err(&unknown).contains("possible values: bash"), "{}", err(&unknown));
}

/// The script of Bash is called as the shell calls it.
#[test]
fn bash_completes_verbs_and_options() {
    let place = folder("completion");
    std::fs::write(place.join("windlass.bash"), out(&windlass(&["completion", "bash"]))).unwrap();
    let asked = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let script = format!(
            "source windlass.bash; COMP_WORDS=({line}); COMP_CWORD={}; _windlass windlass '{}' '{}'; echo \"${{COMPREPLY[@]}}\"",
            words.len() - 1,
            words.last().unwrap(),
            words[words.len() - 2]
        );
        let output = Command::new("bash").args(["-c", &script]).current_dir(&place).output().unwrap();
        assert!(output.status.success(), "{}", err(&output));
        out(&output)
    };
    assert_eq!(asked("windlass expl").trim(), "explain");
    assert!(asked("windlass explain --git").contains("--git-ref"));
}
