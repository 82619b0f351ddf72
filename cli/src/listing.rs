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

    /// As a row of a table.
    fn row(&self) -> String;
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
    let listed = serde_json::from_value(answer[T::NAME].take()).map_err(|error| {
        Failure::broken(format!("the {} cannot be understood: {error}", T::NAME))
    })?;
    let next = answer["next"].as_str().map(ToOwned::to_owned);
    Ok(Page { listed, next })
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
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
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
        let rows: Vec<String> = page.listed.iter().map(Listed::row).collect();
        let words = if rows.is_empty() {
            format!("{} {} has no {} yet", self.app, self.environment, T::NAME)
        } else {
            rows.join("\n")
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
