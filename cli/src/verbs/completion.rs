//! `windlass completion`: a script with which a shell completes verbs, options and files.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Command};
use clap_complete::{Shell, generate};
use serde_json::json;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Completion {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completion {
    /// Prints the script for a command line.
    ///
    /// # Errors
    /// If the script is no text.
    pub fn run(&self, output: Output, mut line: Command) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut line, "windlass", &mut script);
        let script =
            String::from_utf8(script).map_err(|error| Failure::broken(format!("the script is no text: {error}")))?;
        let document = json!({"shell": self.shell.to_string(), "script": script});
        output.result(&document, &script);
        Ok(Exit::Good)
    }
}
