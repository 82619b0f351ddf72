//! The history of an environment, and the deployment that a command means: by its id, or the
//! newest of an environment, or of a version there.

use crate::ground::arguments::is_id;
use crate::ground::failure::Failure;
use crate::talk::listing::{LARGEST_PAGE, List, ListedItem, page};
use crate::talk::windlass::{RouteName, Windlass};
use crate::view::deployment::state;
use crate::view::provenance::{asked_by, commit, names, took};
use windlass_domain::declaration::version_name::plain;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::deployments::{Deployments, HistoryEntry};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// Returns the version for a column, or where it goes.
fn version(one: &HistoryEntry) -> String {
    let summary = one.summary();
    summary.version().map(str::to_owned).or_else(|| summary.goal()).unwrap_or_else(|| "-".to_owned())
}

/// Finds the newest deployment of an environment, or of a version there, within so many pages of its history.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn newest(
    windlass: &Windlass,
    of: EnvironmentId<'_>,
    version: Option<&str>,
    pages: usize,
) -> Result<Option<HistoryEntry>, Failure> {
    // A version may have the digits of its bytes behind it there.
    let is_named = |name: &str, version: &str| {
        let rest = name.strip_prefix(&plain(version));
        name == version || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('+'))
    };
    let is_meant = |one: &HistoryEntry| version.is_none_or(|version| is_named(&one.version, version));
    let mut after: Option<String> = None;
    for _ in 0..pages {
        let list = List::of::<HistoryEntry>(of);
        let page = page::<Deployments>(windlass, &list, LARGEST_PAGE, after.as_deref()).await?;
        let found = page.listed.into_iter().find(is_meant);
        after = page.next;
        if found.is_some() || after.is_none() {
            return Ok(found);
        }
    }
    Ok(None)
}

impl ListedItem for HistoryEntry {
    type Page = Deployments;

    const NAME: &'static str = "deployments";
    const VERB: &'static str = "history";

    fn list(of: EnvironmentId<'_>) -> (RouteName, Vec<&str>, Vec<(&str, &str)>) {
        let query = vec![("environment", of.environment().as_str())];
        (RouteName::Deployments, vec![of.app().as_str()], query)
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
        "audit",
    ];

    fn row(&self) -> Vec<String> {
        let ended = self.ending.as_ref().map(|ended| ended.at);
        vec![
            self.accepted.to_string(),
            self.id.to_string(),
            self.action.to_string(),
            version(self),
            commit(self.git.as_ref()),
            names(&self.components),
            took(self.started, ended),
            asked_by(&self.requester, self.vouched),
            state(self.status, self.ending.as_ref()).drawn(),
            self.reason.clone().unwrap_or_default(),
            self.audited().more().unwrap_or_default(),
        ]
    }
}

/// Returns the id of the deployment. `which` is an id or an environment, `version` a version or an id.
///
/// # Errors
/// If there is no such deployment, or no answer.
pub async fn deployment_id(
    windlass: &Windlass,
    app: &AppName,
    which: &str,
    version: Option<&str>,
) -> Result<String, Failure> {
    if is_id(which) && version.is_none() {
        return Ok(which.to_owned());
    }
    if let Some(id) = version.filter(|version| is_id(version)) {
        return Ok(id.to_owned());
    }
    let Ok(environment) = EnvironmentName::new(which) else {
        return Ok(which.to_owned());
    };
    let of = EnvironmentId::new(app, &environment);
    let found = newest(windlass, of, version, usize::MAX).await?;
    found.map(|found| found.id.0).ok_or_else(|| none(of, version))
}

fn none(of: EnvironmentId<'_>, version: Option<&str>) -> Failure {
    let (app, environment) = (of.app(), of.environment());
    let (path, reason) = match version {
        Some(version) => ("version", format!("{version} was not deployed into {app} {environment}.")),
        None => ("environment", format!("{app} {environment} has no deployments yet.")),
    };
    let remedy = format!(
        "`windlass history {app} {environment}` lists what was deployed there; `windlass refusals {app}` what was refused before."
    );
    let finding = Finding::new(FindingName::UnknownName, path, reason, remedy);
    Failure::rejected("there is no such deployment:", vec![finding])
}
