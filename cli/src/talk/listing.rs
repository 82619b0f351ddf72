//! Lists of the API, which it answers page by page, newest first: history, snapshots, refusals.

// `next` is exact, because one item more than a page is asked for: DynamoDB names a last key also where nothing
// follows.

use crate::ground::arguments;
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::VerbOutput;
use crate::ground::terminal::table;
use crate::talk::installation::Endpoint;
use crate::talk::windlass::{RouteName, Windlass, read};
use clap::Args;
use serde_json::Value;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::PageOfList;
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The most that the API puts on a page.
pub const LARGEST_PAGE: usize = 100;

/// The most that are listed where nobody asks for another number.
const USUAL: usize = 20;

/// One item of a list of an environment.
pub trait ListedItem: Sized {
    /// The page on which the API lists it.
    type Page: PageOfList<Item = Self>;

    /// The plural by which a person calls it.
    const NAME: &'static str;

    /// The verb that lists them.
    const VERB: &'static str;

    /// Returns the route of the list of an environment, the names in its path, and its query.
    fn list(of: EnvironmentId<'_>) -> (RouteName, Vec<&str>, Vec<(&str, &str)>);

    /// The titles of the table's columns. Those at the end in which no row has anything are not shown.
    const COLUMNS: &'static [&'static str];

    /// Returns the item as a row of the table, a cell for each column.
    fn row(&self) -> Vec<String>;
}

/// A list of the API.
#[derive(Debug, Clone)]
pub struct List<'a> {
    /// The route.
    pub route: RouteName,
    /// The names in its path.
    pub names: Vec<&'a str>,
    /// The rest of the query, beside the page.
    pub query: Vec<(&'a str, &'a str)>,
}

impl<'a> List<'a> {
    /// Returns a list of all applications.
    pub fn everywhere(route: RouteName, query: Vec<(&'a str, &'a str)>) -> Self {
        Self { route, names: Vec::new(), query }
    }

    /// Returns the list of an environment.
    pub fn of<T: ListedItem>(of: EnvironmentId<'a>) -> Self {
        let (route, names, query) = T::list(of);
        Self { route, names, query }
    }
}

/// A page of items.
#[derive(Debug)]
pub struct ListPage<T> {
    /// The items, newest first.
    pub listed: Vec<T>,
    /// The answers, as one: a program loses nothing of them.
    pub answered: Value,
    /// The place at which the next page begins; `None` on the last one.
    pub next: Option<String>,
}

/// Reads a page.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn page<P: PageOfList>(
    windlass: &Windlass,
    list: &List<'_>,
    limit: usize,
    after: Option<&str>,
) -> Result<ListPage<P::Item>, Failure> {
    let limit = limit.to_string();
    let mut query = list.query.clone();
    query.push(("limit", &limit));
    query.extend(after.map(|after| ("after", after)));
    let answered = windlass.get(list.route, &list.names, &query).await?;
    let (listed, next) = read::<P>(&answered)?.into_parts();
    Ok(ListPage { listed, answered, next })
}

/// Adds the answer of a later page: its lists follow those that are there, and its other members replace them.
fn go_on(all: &mut Value, later: Value) {
    match (all, later) {
        (Value::Object(all), Value::Object(later)) => {
            for (name, member) in later {
                go_on(all.entry(name).or_insert(Value::Null), member);
            }
        }
        (Value::Array(all), Value::Array(later)) => all.extend(later),
        (all, later) => *all = later,
    }
}

/// Reads a whole list, page by page.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn whole<P: PageOfList>(windlass: &Windlass, list: &List<'_>) -> Result<ListPage<P::Item>, Failure> {
    let part = ListPart { limit: usize::MAX, after: None };
    part.read::<P>(windlass, list).await
}

/// The part of a list that is shown.
#[derive(Debug, Args)]
pub struct ListPart {
    /// The most that are listed.
    #[arg(long, value_name = "NUMBER", default_value_t = USUAL, value_parser = at_least_one)]
    limit: usize,
    /// Go on with those that come after: a list that was cut shows what to write here, and in JSON it is `next`.
    #[arg(long, value_name = "PLACE", value_parser = arguments::text)]
    after: Option<String>,
}

impl ListPart {
    /// The beginning of a list, as long as usual.
    pub const BEGINNING: Self = Self { limit: USUAL, after: None };

    /// Reads this part of a list, page by page.
    ///
    /// # Errors
    /// No answer, or one that cannot be understood.
    pub async fn read<P: PageOfList>(
        &self,
        windlass: &Windlass,
        list: &List<'_>,
    ) -> Result<ListPage<P::Item>, Failure> {
        let mut all = ListPage { listed: Vec::new(), answered: Value::Null, next: self.after.clone() };
        while all.listed.len() < self.limit {
            let wanted = (self.limit - all.listed.len()).min(LARGEST_PAGE);
            let next = page::<P>(windlass, list, wanted, all.next.as_deref()).await?;
            all.listed.extend(next.listed);
            go_on(&mut all.answered, next.answered);
            all.next = next.next;
            if all.next.is_none() {
                break;
            }
        }
        Ok(all)
    }

    /// Returns whether it is not the beginning of the list.
    pub fn goes_on(&self) -> bool {
        self.after.is_some()
    }

    /// Adds a line to the words that says how to see the rest of the list.
    pub fn with_more<T>(&self, words: String, page: &ListPage<T>, command: &str) -> String {
        let Some(next) = &page.next else { return words };
        let limit = match self.limit {
            USUAL => String::new(),
            other => format!(" --limit {other}"),
        };
        let command = format!("windlass {command}{limit} --after {next}");
        format!("{words}\nthere are more: `{command}` lists them")
    }
}

/// Returns the columns up to the last one in which any row has something.
fn filled<'a>(columns: &'a [&'a str], rows: &[Vec<String>]) -> &'a [&'a str] {
    let length = |row: &Vec<String>| row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    let longest = rows.iter().map(length).max().unwrap_or(0);
    columns.get(..longest).unwrap_or(columns)
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let number = text.parse::<usize>().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "write a number of at least 1".to_owned())
}

/// The arguments of a verb that lists.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// The application.
    app: AppName,
    /// The environment.
    environment: EnvironmentName,
    #[command(flatten)]
    part: ListPart,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl ListArguments {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run<T: ListedItem>(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let (app, environment) = (&self.app, &self.environment);
        let list = List::of::<T>(EnvironmentId::new(app, environment));
        let page = self.endpoint.ask(async |windlass| self.part.read::<T::Page>(windlass, &list).await)?;
        let rows: Vec<Vec<String>> = page.listed.iter().map(ListedItem::row).collect();
        let name = T::NAME;
        let words = match (rows.is_empty(), self.part.goes_on()) {
            (true, true) => format!("{app} {environment} has no more {name}"),
            (true, false) => format!("{app} {environment} has no {name} yet"),
            (false, _) => table(filled(T::COLUMNS, &rows), rows),
        };
        let command = format!("{} {app} {environment}", T::VERB);
        let words = self.part.with_more(words, &page, &command);
        output.result(&page.answered, &words);
        Ok(Exit::Good)
    }
}
