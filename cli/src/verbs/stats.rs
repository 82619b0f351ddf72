//! `windlass stats`: shows how often, how fast and how well applications are deployed, and what it costs.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::VerbOutput;
use crate::ground::terminal::table;
use crate::talk::installation::Endpoint;
use crate::talk::listing::{List, ListPart};
use crate::talk::windlass::{RouteName, read};
use crate::view::figures::{COLUMNS, notes, rows};
use clap::Args;
use windlass_domain::shown::api::recorded::{AllStats, AppStats};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Stats {
    /// The application; all of them if not given.
    #[arg(conflicts_with_all = ["limit", "after"])]
    app: Option<AppName>,
    /// The environment; each of the application if not given.
    environment: Option<EnvironmentName>,
    /// The number of last days whose requests are counted.
    #[arg(long, value_name = "NUMBER", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=366))]
    days: u64,
    #[command(flatten)]
    part: ListPart,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Stats {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let days = self.days.to_string();
        let days = ("days", days.as_str());
        if let Some(app) = &self.app {
            let environment = self.environment.iter();
            let mut query: Vec<_> = environment.map(|it| ("environment", it.as_str())).collect();
            query.push(days);
            let answer =
                self.endpoint.ask(async |windlass| windlass.get(RouteName::Stats, &[app.as_str()], &query).await)?;
            let words = words(&[read(&answer)?], self.days);
            output.result(&answer, &words);
            return Ok(Exit::Good);
        }
        let list = List::everywhere(RouteName::AllStats, vec![days]);
        let page = self.endpoint.ask(async |windlass| self.part.read::<AllStats>(windlass, &list).await)?;
        let words = match (page.listed.is_empty(), self.part.goes_on()) {
            (true, true) => "there are no more applications".to_owned(),
            (true, false) => "no application is declared yet".to_owned(),
            (false, _) => words(&page.listed, self.days),
        };
        let command = format!("stats --days {}", self.days);
        let words = self.part.with_more(words, &page, &command);
        output.result(&page.answered, &words);
        Ok(Exit::Good)
    }
}

/// Returns a table, the notes beside it, and the window.
fn words(apps: &[AppStats], days: u64) -> String {
    let mut lines = vec![table(COLUMNS, apps.iter().flat_map(rows).collect())];
    lines.extend(apps.iter().flat_map(notes));
    let unit = if days == 1 { "day" } else { "days" };
    lines.push(format!("of what was asked for in the last {days} {unit}; `--json` shows the rest"));
    lines.join("\n")
}
