//! The history of an environment, as the API answers it.

use crate::asked::{commit, names, took, who};
use crate::listing::Listed;
use serde::{Deserialize, Serialize};
use windlass_domain::deployment::{Ended, Status};
use windlass_domain::git::Git;
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::part::Part;
use windlass_domain::request::{ActionName, Requester};
use windlass_domain::time::Time;

/// A deployment in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// What was asked for.
    pub action: ActionName,
    /// The release's version.
    pub version: Option<String>,
    /// How it stands.
    pub status: Status,
    /// When it was accepted.
    pub accepted: Time,
    /// Who asked.
    pub requester: Requester,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where in Git it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<Git>,
    /// What it is for.
    #[serde(default)]
    pub components: Vec<Part>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Time>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ended>,
}

impl Listed for Deployment {
    const NAME: &'static str = "deployments";
    const VERB: &'static str = "history";

    fn list<'a>(
        app: &'a AppName,
        environment: &'a EnvironmentName,
    ) -> (Vec<&'a str>, Vec<(&'a str, &'a str)>) {
        let path = vec!["apps", app.as_str(), "deployments"];
        (path, vec![("environment", environment.as_str())])
    }

    const COLUMNS: &'static [&'static str] = &[
        "accepted",
        "id",
        "action",
        "version",
        "commit",
        "components",
        "took",
        "asked by",
        "ended",
        "reason",
    ];

    fn row(&self) -> Vec<String> {
        let status = match (&self.ending, self.status) {
            (Some(ended), _) => ended.to_string(),
            (None, Status::Waiting) => "waits".to_owned(),
            (None, Status::Recovering) => "is being recovered".to_owned(),
            (None, Status::Running) => "is under way".to_owned(),
            (None, Status::Ended) => "ended".to_owned(),
        };
        let ended = self.ending.as_ref().map(|ended| ended.at);
        vec![
            self.accepted.to_string(),
            self.id.clone(),
            self.action.to_string(),
            self.version.clone().unwrap_or_else(|| "-".to_owned()),
            commit(self.git.as_ref()),
            names(&self.components),
            took(self.started, ended),
            who(&self.requester),
            status,
            self.reason.clone().unwrap_or_default(),
        ]
    }
}
