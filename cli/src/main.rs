//! `windlass`: reads the arguments, runs the verb, and ends with its exit status.

use clap::FromArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::io::{self, Write};
use std::process::ExitCode;
use windlass_cli::Arguments;
use windlass_cli::ground::failure::Failure;
use windlass_cli::ground::guide;
use windlass_cli::ground::manual;
use windlass_cli::ground::output::VerbOutput;
use windlass_cli::ground::trouble::TroubleName;

fn main() -> ExitCode {
    let line = Arguments::command_line().try_get_matches();
    match line.and_then(|line| Arguments::from_arg_matches(&line)) {
        Ok(arguments) => arguments.run().into(),
        Err(mut mistake) => {
            without_untrue_tips(&mut mistake);
            guide::name_what_was_meant(&mut mistake);
            // A program that asked for one document also gets one about a mistake, which clap reports for people.
            if mistake.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
                let said = mistake.render().to_string();
                let said = said.trim().trim_start_matches("error: ").to_owned();
                VerbOutput::new(true).only_json(&Failure::usage(said).as_json());
            }
            let is_help = matches!(mistake.kind(), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand);
            let _ = mistake.print();
            if mistake.use_stderr() && !is_help {
                let _ = writeln!(io::stderr(), "{}", manual::of_trouble(TroubleName::NotUnderstood));
            }
            u8::try_from(mistake.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
    }
}

/// Takes out a tip of clap that is untrue here: to pass an unknown option as a value, behind `--`. No argument of a
/// verb takes one.
fn without_untrue_tips(mistake: &mut clap::Error) {
    if let Some(ContextValue::StyledStrs(tips)) = mistake.get(ContextKind::Suggested) {
        let is_true = |tip: &&clap::builder::StyledStr| !tip.to_string().contains("as a value");
        let tips: Vec<_> = tips.iter().filter(is_true).cloned().collect();
        if tips.is_empty() {
            mistake.remove(ContextKind::Suggested);
        } else {
            mistake.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        }
    }
}
