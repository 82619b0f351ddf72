//! The command line of Windlass, for CI and people.
//!
//! Each verb has a file under [`verbs`]; [`listing`] serves those that list. Every verb returns an [`exit::Exit`], and
//! prints either words or, with `--json`, one JSON document on standard output.

pub mod account_resources;
pub mod activity;
pub mod archive;
pub mod arguments;
pub mod artifact_check;
pub mod component;
pub mod declared_application;
pub mod deployment_lookup;
pub mod difference;
pub mod drill_schedule;
pub mod drills;
pub mod environment_choice;
pub mod exit;
pub mod failure;
pub mod figures;
pub mod files;
pub mod follow;
pub mod git;
pub mod heartbeat;
pub mod history;
pub mod import;
pub mod init;
pub mod installation;
pub mod installation_health;
pub mod installation_part;
pub mod installation_source;
pub mod interrupt;
pub mod listing;
pub mod live_comparison;
pub mod log_lines;
pub mod manifest;
pub mod manifest_bytes;
pub mod manual;
pub mod moves;
pub mod operator;
pub mod output;
pub mod overview;
pub mod planned;
pub mod preflight;
pub mod provenance;
pub mod record;
pub mod release_contents;
pub mod release_lookup;
pub mod release_status;
pub mod renames;
pub mod run_subject;
pub mod schema;
pub mod settings;
pub mod snapshots;
pub mod start;
pub mod status;
pub mod steering_arguments;
pub mod story;
pub mod traffic_share;
pub mod trouble;
pub mod ui;
pub mod under_way;
pub mod upload;
pub mod upload_outcome;
pub mod verbs;
pub mod waiting_reason;
pub mod ways_in;
pub mod windlass;
pub mod yaml;

use clap::{Command, CommandFactory, Parser};
use exit::Exit;
use output::Output;
use std::path::PathBuf;
use verbs::Verb;

/// Deploys releases into AWS environments, and takes them back when they are unhealthy.
#[derive(Debug, Parser)]
#[command(name = "windlass", version, after_help = exit::HELP)]
pub struct Arguments {
    /// Print one JSON document instead of words.
    #[arg(long, global = true)]
    json: bool,
    /// Write that document to a file, and print words.
    #[arg(long, global = true, value_name = "FILE")]
    json_to: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

/// Gives a verb, and each verb within it, the usage that its help shows.
fn with_usage(verb: Command) -> Command {
    let usage = verb.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    verb.override_usage(usage).mut_subcommands(with_usage)
}

impl Arguments {
    /// Returns the command line with the usage of each verb as its help shows it. clap itself puts every option with a
    /// value into the usage as if it were required, also where a variable gave the value.
    pub fn command_line() -> Command {
        let mut command = Self::command();
        command.build();
        command.mut_subcommands(with_usage)
    }

    /// Runs the verb that was asked for.
    pub fn run(&self) -> Exit {
        let output = Output::new(self.json);
        let with_file = self.json_to.as_deref().map(|path| output.with_file(path));
        match with_file.unwrap_or(Ok(output)) {
            Ok(output) => self.verb.run(output, Self::command),
            Err(failure) => output::end(output, Err(failure)),
        }
    }
}
