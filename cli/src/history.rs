//! The history of an environment, as the API answers it.

use crate::failure::Failure;
use crate::windlass::Windlass;
use serde::{Deserialize, Serialize};
use windlass_domain::deployment::{Ended, Status};
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::request::{ActionName, Requester};
use windlass_domain::time::Time;

/// A page of it, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The deployments.
    pub deployments: Vec<Summary>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// A deployment in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
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
    let mut query = vec![
        ("environment", environment.as_str()),
        ("limit", limit.as_str()),
    ];
    query.extend(after.map(|after| ("after", after)));
    let answer = windlass
        .get(&["apps", app.as_str(), "deployments"], &query)
        .await?;
    serde_json::from_value(answer)
        .map_err(|error| Failure::broken(format!("the history cannot be understood: {error}")))
}

/// A deployment as a row of a table.
pub fn row(summary: &Summary) -> String {
    let version = summary.version.as_deref().unwrap_or("-");
    let status = match (&summary.ending, summary.status) {
        (Some(ended), _) => ended.to_string(),
        (None, Status::Waiting) => "waits".to_owned(),
        (None, Status::Recovering) => "is being recovered".to_owned(),
        (None, _) => "is under way".to_owned(),
    };
    let (at, id) = (summary.accepted, &summary.id);
    format!(
        "{at}  {id}  {:8}  {version:16}  {status}",
        summary.action.to_string()
    )
}
