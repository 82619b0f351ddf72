//! The pages as documents, for a program that asks for JSON: the answers of the API that a page is drawn of, whole, with
//! the next steps that the verbs add to them.

use super::http::Fields;
use super::server::{HISTORY, SNAPSHOTS, Server, app_name, environment_name, looks, nothing};
use crate::ground::failure::Failure;
use crate::talk::listing::{List, page, whole};
use crate::talk::windlass::{RouteName, read};
use crate::view::next_steps::{Added, of_deployment};
use crate::view::overview::{AllObserved, observed, steps_there, with_observed};
use crate::view::record;
use crate::view::status::steps;
use serde_json::{Value, json};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::deployments::{Deployments, HistoryEntry};
use windlass_domain::shown::api::environments::{Apps, Environment};
use windlass_domain::shown::api::recorded::{AllStats, ListedSnapshot, Snapshots};

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
            ["apps", app, "environments", name] => self.environment_document(app, name, query).await,
            ["apps", app, "deployments", id] => {
                let answer = self.windlass.get(RouteName::Deployment, &[app_name(app)?.as_str(), id], &[]).await?;
                let record = record::read(&answer)?;
                let steps = record.iter().flat_map(|record| of_deployment(&record.deployment));
                Ok(json!(Added::steps(answer, steps.map(|one| one.step).collect())))
            }
            _ => Err(nothing()),
        }
    }

    async fn environment_document(&self, app: &str, name: &str, query: &Fields) -> Result<Value, Failure> {
        let (app, name) = (app_name(app)?, environment_name(name)?);
        let observe: &[(&str, &str)] = if looks(query) { &[("observe", "true")] } else { &[] };
        let names = [app.as_str(), name.as_str()];
        let of = EnvironmentId::new(&app, &name);
        let (deployments, snapshots) = (List::of::<HistoryEntry>(of), List::of::<ListedSnapshot>(of));
        let (answer, history, snapshots) = futures::try_join!(
            self.windlass.get(RouteName::Environment, &names, observe),
            page::<Deployments>(&self.windlass, &deployments, HISTORY, query.get("after").map(String::as_str)),
            page::<Snapshots>(&self.windlass, &snapshots, SNAPSHOTS, None),
        )?;
        let steps = steps(&read::<Environment>(&answer)?).all();
        let status = Added::steps(answer, steps);
        Ok(json!({"status": status, "history": history.answered, "snapshots": snapshots.answered}))
    }
}
