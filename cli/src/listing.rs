//! What the API answers page by page: an environment's history and its snapshots, newest first.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::windlass::{Endpoint, Windlass, waiting};
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use windlass_domain::name::{AppName, EnvironmentName};

/// The most that the API puts on a page.
pub const LARGEST_PAGE: usize = 100;

/// One of what is listed.
pub trait Listed: Serialize + DeserializeOwned {
    /// The member of a page that holds them, and what a person calls them.
    const NAME: &'static str;

    /// The path and the query of the list of an environment.
    fn list<'a>(
        app: &'a AppName,
        environment: &'a EnvironmentName,
    ) -> (Vec<&'a str>, Vec<(&'a str, &'a str)>);

    /// What the columns of the table are called.
    const COLUMNS: &'static [&'static str];

    /// As a row of the table, a cell for each column.
    fn row(&self) -> Vec<String>;
}

/// A page of them.
#[derive(Debug)]
pub struct Page<T> {
    /// They, newest first.
    pub listed: Vec<T>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// Reads a page.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn page<T: Listed>(
    windlass: &Windlass,
    app: &AppName,
    environment: &EnvironmentName,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<T>, Failure> {
    let limit = limit.to_string();
    let (path, mut query) = T::list(app, environment);
    query.push(("limit", &limit));
    query.extend(after.map(|after| ("after", after)));
    let mut answer = windlass.get(&path, &query).await?;
    let listed = serde_json::from_value(answer[T::NAME].take())
        .map_err(|error| Failure::not_understood(&format!("the list of {}", T::NAME), error))?;
    let next = answer["next"].as_str().map(ToOwned::to_owned);
    Ok(Page { listed, next })
}

/// Columns as wide as their widest cell; the last one ends where it ends.
fn table(columns: &[&str], rows: Vec<Vec<String>>) -> String {
    let head: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let all: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let widest = |column: usize| {
        let cells = all.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(widest).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let padded: Vec<String> = cells
            .map(|(cell, &width)| format!("{cell:width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let lines: Vec<String> = all.iter().map(line).collect();
    lines.join("\n")
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let number = text.parse::<usize>().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "write a number of at least 1".to_owned())
}

/// The arguments of a verb that lists.
#[derive(Debug, Args)]
pub struct Listing {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The environment.
    #[arg(value_parser = |text: &str| EnvironmentName::new(text))]
    environment: EnvironmentName,
    /// How many.
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = at_least_one)]
    limit: usize,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Listing {
    /// Does it.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub fn run<T: Listed>(&self, output: Output) -> Result<Exit, Failure> {
        let page = waiting(self.read::<T>())?;
        let rows: Vec<Vec<String>> = page.listed.iter().map(Listed::row).collect();
        let words = if rows.is_empty() {
            format!("{} {} has no {} yet", self.app, self.environment, T::NAME)
        } else {
            table(T::COLUMNS, rows)
        };
        let value: Value = json!({T::NAME: page.listed, "next": page.next});
        output.result(&value, &words);
        Ok(Exit::Good)
    }

    async fn read<T: Listed>(&self) -> Result<Page<T>, Failure> {
        let windlass = self.endpoint.open().await?;
        let mut all = Page {
            listed: Vec::new(),
            next: None,
        };
        while all.listed.len() < self.limit {
            let wanted = (self.limit - all.listed.len()).min(LARGEST_PAGE);
            let after = all.next.as_deref();
            let next = page(&windlass, &self.app, &self.environment, wanted, after).await?;
            all.listed.extend(next.listed);
            all.next = next.next;
            if all.next.is_none() {
                break;
            }
        }
        Ok(all)
    }
}
