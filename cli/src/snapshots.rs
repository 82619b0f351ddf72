//! The snapshots of an environment, as the API answers them.

use crate::listing::Listed;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::time::Time;

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

impl Listed for Snapshot {
    const NAME: &'static str = "snapshots";

    fn list<'a>(
        app: &'a AppName,
        environment: &'a EnvironmentName,
    ) -> (Vec<&'a str>, Vec<(&'a str, &'a str)>) {
        let (app, environment) = (app.as_str(), environment.as_str());
        let path = vec!["apps", app, "environments", environment, "snapshots"];
        (path, vec![])
    }

    fn row(&self) -> String {
        let words = [
            (self.present, "runs now"),
            (!self.verified_good, "judged by nobody"),
            (self.vetoed, "vetoed"),
        ];
        let words: Vec<&str> = words
            .iter()
            .filter(|(so, _)| *so)
            .map(|(_, w)| *w)
            .collect();
        let (number, at, version) = (self.number, self.made, &self.version);
        let row = format!("{number:6}  {at}  {version:16}  {}", words.join(", "));
        row.trim_end().to_owned()
    }
}
