//! The history of an environment, as the API answers it.

use crate::listing::Listed;
use serde::{Deserialize, Serialize};
use windlass_domain::deployment::{Ended, Status};
use windlass_domain::name::{AppName, EnvironmentName};
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
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ended>,
}

impl Listed for Deployment {
    const NAME: &'static str = "deployments";

    fn list<'a>(
        app: &'a AppName,
        environment: &'a EnvironmentName,
    ) -> (Vec<&'a str>, Vec<(&'a str, &'a str)>) {
        let path = vec!["apps", app.as_str(), "deployments"];
        (path, vec![("environment", environment.as_str())])
    }

    fn row(&self) -> String {
        let version = self.version.as_deref().unwrap_or("-");
        let status = match (&self.ending, self.status) {
            (Some(ended), _) => ended.to_string(),
            (None, Status::Waiting) => "waits".to_owned(),
            (None, Status::Recovering) => "is being recovered".to_owned(),
            (None, _) => "is under way".to_owned(),
        };
        let (at, id, action) = (self.accepted, &self.id, self.action.to_string());
        format!("{at}  {id}  {action:8}  {version:16}  {status}")
    }
}
