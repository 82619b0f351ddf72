//! The pages as documents, for a program that asks for JSON: the answers of the API that a page is drawn of, whole, with
//! the next steps that the verbs add to them.

use super::http::Fields;
use super::server::{Server, app_name, looks, nothing};
use crate::ground::failure::Failure;
use crate::talk::listing::{List, whole};
use crate::talk::windlass::{RouteName, read};
use crate::view::next_steps::{Added, of_deployment};
use crate::view::overview::{AllObserved, observed, steps_there, with_observed};
use crate::view::record;
use crate::view::status::steps;
use serde_json::{Value, json};
use windlass_domain::shown::api::environments::{Apps, Environment};
use windlass_domain::shown::api::recorded::AllStats;

impl Server {
    /// Returns the document of the page below these segments.
    pub(super) async fn document(&self, segments: &[&str], query: &Fields) -> Result<Value, Failure> {
        match segments {
            [] => {
                let apps = whole::<Apps>(&self.windlass, &List::everywhere(RouteName::Apps, vec![])).await?;
                let seen = if looks(query) { observed(&self.windlass, &apps.listed).await } else { AllObserved::new() };
                let next = steps_there(&apps.listed, &seen);
                Ok(with_observed(apps.answered, &apps.listed, &seen, &next))
            }
            ["stats"] => {
                let days = query.get("days").map_or("30", String::as_str);
                let list = List::everywhere(RouteName::AllStats, vec![("days", days)]);
                Ok(whole::<AllStats>(&self.windlass, &list).await?.answered)
            }
            ["apps", app, "environments", name] => {
                let (answer, history, snapshots) = self.read_environment(app, name, query).await?;
                let steps = steps(&read::<Environment>(&answer)?).all();
                let status = Added::steps(answer, steps);
                Ok(json!({"status": status, "history": history.answered, "snapshots": snapshots.answered}))
            }
            ["apps", app, "deployments", id] => {
                let answer = self.windlass.get(RouteName::Deployment, &[app_name(app)?.as_str(), id], &[]).await?;
                let record = record::read(&answer)?;
                let steps = record.iter().flat_map(|record| of_deployment(&record.deployment));
                Ok(json!(Added::steps(answer, steps.map(|one| one.step).collect())))
            }
            _ => Err(nothing()),
        }
    }
}
