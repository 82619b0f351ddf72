//! The snapshots of an environment, as the API answers them.

use crate::failure::Failure;
use crate::windlass::Windlass;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::time::Time;

/// A page of them, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The snapshots.
    pub snapshots: Vec<Snapshot>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// By which a rollback names it.
    pub number: u64,
    /// The version of the release that made it, or `before-windlass`.
    pub version: String,
    /// When it was made.
    pub made: Time,
    /// Whether it is what runs now.
    pub present: bool,
    /// Whether a deployment made it that was judged good.
    pub verified_good: bool,
    /// Whether its release was undone here later.
    pub vetoed: bool,
    /// The rest, which only programs read.
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// Reads a page.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn page(
    windlass: &Windlass,
    app: &AppName,
    environment: &EnvironmentName,
    limit: u32,
    after: Option<&str>,
) -> Result<Page, Failure> {
    let limit = limit.to_string();
    let mut query = vec![("limit", limit.as_str())];
    query.extend(after.map(|after| ("after", after)));
    let path = [
        "apps",
        app.as_str(),
        "environments",
        environment.as_str(),
        "snapshots",
    ];
    let answer = windlass.get(&path, &query).await?;
    serde_json::from_value(answer)
        .map_err(|error| Failure::broken(format!("the snapshots cannot be understood: {error}")))
}

/// A snapshot as a row of a table.
pub fn row(snapshot: &Snapshot) -> String {
    let words = [
        (snapshot.present, "runs now"),
        (!snapshot.verified_good, "judged by nobody"),
        (snapshot.vetoed, "vetoed"),
    ];
    let words: Vec<&str> = words
        .iter()
        .filter(|(so, _)| *so)
        .map(|(_, w)| *w)
        .collect();
    let (number, at, version) = (snapshot.number, snapshot.made, &snapshot.version);
    let row = format!("{number:6}  {at}  {version:16}  {}", words.join(", "));
    row.trim_end().to_owned()
}
