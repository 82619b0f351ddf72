//! `windlass apps`: all applications with their environments, and what runs there.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::installation::Endpoint;
use crate::listing::{List, Part, table};
use crate::output::Output;
use crate::overview::{App, COLUMNS};
use crate::windlass::waiting;
use clap::Args;
use serde_json::Value;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Apps {
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Apps {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        list_apps(&self.part, &self.endpoint, output)
    }
}

/// Lists a part of all applications.
///
/// # Errors
/// If Windlass refuses it or does not answer.
pub fn list_apps(part: &Part, endpoint: &Endpoint, output: Output) -> Result<Exit, Failure> {
    let list = List { name: "apps", path: vec!["apps"], query: Vec::new() };
    let page = waiting(async {
        let windlass = endpoint.open().await?;
        part.read::<Value>(&windlass, &list).await
    })?;
    let apps: Vec<App> = page.listed.iter().map(App::read).collect::<Result<_, _>>()?;
    let words = match (apps.is_empty(), part.goes_on()) {
        (true, true) => "there are no more applications".to_owned(),
        (true, false) => "no application is declared yet: `windlass declare app.yaml` declares one".to_owned(),
        (false, _) => table(COLUMNS, apps.iter().flat_map(App::rows).collect()),
    };
    let words = part.with_more(words, &page, list.name);
    output.result(&page.as_json(list.name), &words);
    Ok(Exit::Good)
}
