//! `windlass refusals`: lists the requests that were refused before they could become deployments, and the arrivals
//! that were not taken.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::manual;
use crate::ground::output::Output;
use crate::ground::output::text;
use crate::talk::installation::Endpoint;
use crate::talk::listing::{List, ListPart};
use crate::talk::windlass::waiting;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use windlass_domain::release::request::Requester;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::foreign;
use windlass_domain::text::name::AppName;
use windlass_domain::text::time::Time;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Refusals {
    /// The application; else what names none that is declared, such as a push to an unknown repository.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: Option<AppName>,
    #[command(flatten)]
    part: ListPart,
    #[command(flatten)]
    endpoint: Endpoint,
}

/// A refusal, or an arrival that was not taken.
#[derive(Debug, Serialize, Deserialize)]
struct Refusal {
    #[serde(deserialize_with = "foreign::one")]
    about: String,
    requester: Requester,
    findings: Vec<Finding>,
    at: Time,
    /// The rest, which only programs read.
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl Refusals {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let path: Vec<&str> = match &self.app {
            Some(app) => vec!["apps", app.as_str(), "refusals"],
            None => vec!["refusals"],
        };
        let list = List { name: "refusals", path, query: Vec::new() };
        let page = waiting(async {
            let windlass = self.endpoint.open().await?;
            self.part.read::<Refusal>(&windlass, &list).await
        })?;
        let words: Vec<String> = page.listed.iter().map(Refusal::words).collect();
        let words = match (words.as_slice(), &self.app) {
            ([], _) if self.part.goes_on() => "there are no more".to_owned(),
            ([], Some(app)) => {
                format!(
                    "nothing of {app} was refused before it could become a deployment, or arrived and was not taken; \
                     the verb `history` lists the deployments of an environment, also those that ended Rejected"
                )
            }
            ([], None) => "nothing arrived that names no application".to_owned(),
            _ => words.join("\n"),
        };
        let app = self.app.iter().map(|app| format!(" {app}"));
        let command = format!("refusals{}", app.collect::<String>());
        let words = self.part.with_more(words, &page, &command);
        output.result(&page.as_json(list.name), &words);
        Ok(Exit::Good)
    }
}

impl Refusal {
    fn words(&self) -> String {
        let mut lines = vec![format!("{}  {}, by {}", self.at, self.about, self.requester)];
        let findings = self.findings.iter();
        lines.extend(findings.map(|finding| format!("  {}", text(&finding.line()))));
        lines.extend(manual::line(&self.findings));
        lines.join("\n")
    }
}
