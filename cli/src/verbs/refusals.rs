//! `windlass refusals`: what was refused before it could become a deployment, and what arrived and was
//! not taken.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::LARGEST_PAGE;
use crate::output::Output;
use crate::windlass::{Endpoint, waiting};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use windlass_domain::finding::Finding;
use windlass_domain::name::AppName;
use windlass_domain::request::Requester;
use windlass_domain::time::Time;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Refusals {
    /// The application; else what names none that is declared, such as a push to an unknown repository.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: Option<AppName>,
    /// How many; 1 to 100.
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=LARGEST_PAGE as u64))]
    limit: u64,
    #[command(flatten)]
    endpoint: Endpoint,
}

/// What was refused, or not taken.
#[derive(Debug, Serialize, Deserialize)]
struct Refusal {
    about: String,
    requester: Requester,
    findings: Vec<Finding>,
    at: Time,
    /// The rest, which only programs read.
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl Refusals {
    /// Does it.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let path: Vec<&str> = match &self.app {
            Some(app) => vec!["apps", app.as_str(), "refusals"],
            None => vec!["refusals"],
        };
        let limit = self.limit.to_string();
        let mut answer = waiting(async {
            let windlass = self.endpoint.open().await?;
            windlass.get(&path, &[("limit", &limit)]).await
        })?;
        let refusals: Vec<Refusal> = serde_json::from_value(answer["refusals"].take())
            .map_err(|error| Failure::not_understood("the list of refusals", error))?;
        let words: Vec<String> = refusals.iter().map(Refusal::words).collect();
        let words = match (words.as_slice(), &self.app) {
            ([], Some(app)) => {
                format!("nothing of {app} was refused, or arrived and was not taken")
            }
            ([], None) => "nothing arrived that names no application".to_owned(),
            _ => words.join("\n"),
        };
        output.result(
            &json!({"refusals": refusals, "next": answer["next"]}),
            &words,
        );
        Ok(Exit::Good)
    }
}

impl Refusal {
    fn words(&self) -> String {
        let mut lines = vec![format!(
            "{}  {}, by {}",
            self.at, self.about, self.requester
        )];
        let findings = self.findings.iter();
        lines.extend(findings.map(|finding| format!("  {finding}")));
        lines.join("\n")
    }
}
