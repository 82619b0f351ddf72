//! `windlass refusals`: lists the requests that were refused before they could become deployments, and the arrivals
//! that were not taken.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::manual;
use crate::ground::output::{VerbOutput, text};
use crate::talk::installation::Endpoint;
use crate::talk::listing::{List, ListPart};
use crate::talk::windlass::RouteName;
use crate::view::provenance::unvouched;
use clap::Args;
use windlass_domain::shown::api::recorded::{self, ListedRefusal};
use windlass_domain::text::name::AppName;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Refusals {
    /// The application; else what names none that is declared, such as a push to an unknown repository.
    app: Option<AppName>,
    #[command(flatten)]
    part: ListPart,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Refusals {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let route = if self.app.is_some() { RouteName::Refusals } else { RouteName::AllRefusals };
        let names = self.app.iter().map(AppName::as_str).collect();
        let list = List { route, names, query: Vec::new() };
        let page = self.endpoint.ask(async |windlass| self.part.read::<recorded::Refusals>(windlass, &list).await)?;
        let words: Vec<String> = page.listed.iter().map(words).collect();
        let words = match (words.as_slice(), &self.app) {
            ([], _) if self.part.goes_on() => "there are no more".to_owned(),
            ([], Some(app)) => format!(
                "nothing of {app} was refused before it could become a deployment, or arrived and was not taken; \
                 the verb `history` lists the deployments of an environment, also those that ended Rejected"
            ),
            ([], None) => "nothing arrived that names no application".to_owned(),
            _ => words.join("\n"),
        };
        let app = self.app.iter().map(|app| format!(" {app}"));
        let command = format!("refusals{}", app.collect::<String>());
        let words = self.part.with_more(words, &page, &command);
        output.result(&page.answered, &words);
        Ok(Exit::Good)
    }
}

fn words(refusal: &ListedRefusal) -> String {
    let mark = unvouched(refusal.vouched);
    let mut lines = vec![format!("{}  {}, by {}{mark}", refusal.at, refusal.about, refusal.requester)];
    let findings = refusal.findings.iter();
    lines.extend(findings.map(|finding| format!("  {}", text(&finding.line()))));
    lines.extend(manual::line(&refusal.findings));
    lines.join("\n")
}
