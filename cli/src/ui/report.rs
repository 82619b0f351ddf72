//! The pages of an environment in one file, for those without access.

use super::figures::table;
use super::parts::{Page, PagePlace, when};
use super::{deployment, environment, way_back};
use crate::clock::now;
use crate::failure::Failure;
use crate::figures::App;
use crate::history::Deployment;
use crate::listing::{LARGEST_PAGE, List, page};
use crate::record::Record;
use crate::snapshots::Snapshot;
use crate::status::Environment;
use crate::windlass::Windlass;
use futures::stream::{self, StreamExt, TryStreamExt};
use maud::html;
use windlass_domain::figures::DAY_MS;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::time::Time;

/// The number of records that are read at a time.
const AT_A_TIME: usize = 4;

/// Reads everything since a time, and writes the file's text: the environment, and each deployment whole.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn written(windlass: &Windlass, of: EnvironmentId<'_>, since: Time) -> Result<String, Failure> {
    let EnvironmentId { app, environment: name } = of;
    let path = ["apps", app.as_str(), "environments", name.as_str()];
    let list = List::of::<Snapshot>(of);
    let (answer, snapshots) =
        futures::try_join!(windlass.get(&path, &[]), page::<Snapshot>(windlass, &list, LARGEST_PAGE, None))?;
    let history = history(windlass, of, since).await?;
    let figures = figures(windlass, of, since).await;
    let mut snapshots = snapshots.listed;
    snapshots.retain(|one| one.present || one.made >= since);
    let records = stream::iter(&history)
        .map(|one| async move { windlass.get(&["apps", app.as_str(), "deployments", &one.id], &[]).await });
    let records: Vec<_> = records.buffered(AT_A_TIME).try_collect().await?;
    let stand = PagePlace::File(history.iter().map(|one| one.id.clone()).collect());
    let now = now();
    let here = Environment::read(&answer)?;
    let drill = way_back::last(windlass, &here).await;
    let shown = environment::Shown {
        stand: &stand,
        environment: &here,
        history: &history,
        next: None,
        snapshots: &snapshots,
        drill: &drill,
        now,
    };
    let mut each = Vec::new();
    for answer in &records {
        if let Some(record) = Record::read(answer)? {
            each.push(deployment::Shown { stand: &stand, record: &record, answer, groups: None, now }.body());
        }
    }
    let file = Page { stand: &stand, title: &format!("{app} {name}"), above: vec![], again_s: None };
    Ok(file.render(&html! {
        p.aside { "From " (when(since)) " to " (when(now)) "." }
        @match &figures {
            Ok(app) => {
                (table(&stand, std::slice::from_ref(app)))
                @for note in app.notes() { p.aside { (note) } }
            }
            Err(why) => p.aside { "The figures could not be read: " (why.message) },
        }
        (shown.body())
        @for one in each { (one) }
    }))
}

/// Reads the figures since then, or of as many days as there are figures for. Where they cannot be read, the rest is
/// still shown.
async fn figures(windlass: &Windlass, of: EnvironmentId<'_>, since: Time) -> Result<App, Failure> {
    let EnvironmentId { app, environment: name } = of;
    let days = now().ms_since(since).div_ceil(DAY_MS).clamp(1, 366);
    let query = [("environment", name.as_str()), ("days", &days.to_string())];
    let answer = windlass.get(&["apps", app.as_str(), "stats"], &query).await?;
    App::read(&answer)
}

/// Reads the deployments since then, newest first.
async fn history(windlass: &Windlass, of: EnvironmentId<'_>, since: Time) -> Result<Vec<Deployment>, Failure> {
    let EnvironmentId { app: _, environment: _name } = of;
    let list = List::of::<Deployment>(of);
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let next = page::<Deployment>(windlass, &list, LARGEST_PAGE, after.as_deref()).await?;
        let is_over = next.listed.last().is_some_and(|last| last.accepted < since);
        all.extend(next.listed.into_iter().filter(|one| one.accepted >= since));
        after = next.next;
        if is_over || after.is_none() {
            return Ok(all);
        }
    }
}
