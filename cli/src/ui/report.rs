//! `windlass report`: the pages of an environment and its deployments in one file, for those without access.

use super::figures::table;
use super::parts::{BrowserPage, PagePlace, when};
use super::{deployment, environment, way_back};
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::machine::now;
use crate::ground::output::VerbOutput;
use crate::talk::installation::Endpoint;
use crate::talk::listing::{LARGEST_PAGE, List, page};
use crate::talk::windlass::{RouteName, Windlass};
use crate::view::figures::notes;
use crate::view::record;
use clap::Args;
use futures::stream::{self, StreamExt, TryStreamExt};
use maud::html;
use serde::Serialize;
use serde_json::Value;
use windlass_domain::deployment::drill::Drill;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::deployments::{Deployments, HistoryEntry};
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::shown::api::recorded::{AppStats, ListedSnapshot, Snapshots};
use windlass_domain::shown::figures::DAY_MS;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;

/// The number of records that are read at a time.
const AT_A_TIME: usize = 4;

/// An environment with its deployments since a time, as values for programs, and as the text of the file.
#[derive(Debug, Serialize)]
pub struct Reported {
    /// The beginning of the time.
    pub from: Time,
    /// The end of it, at which the environment was read.
    pub to: Time,
    /// The environment.
    pub environment: Environment,
    /// The last drill that has ended; `None` where there is none, or it could not be read.
    pub drill: Option<Drill>,
    /// The figures; `None` where they could not be read.
    pub figures: Option<AppStats>,
    /// The snapshots, with the present one whenever it was made.
    pub snapshots: Vec<ListedSnapshot>,
    /// The deployments in short, newest first.
    pub history: Vec<HistoryEntry>,
    /// The deployments whole, in the same order, as the API answers.
    pub deployments: Vec<Value>,
    /// The text of the file.
    #[serde(skip)]
    pub html: String,
}

/// Reads everything since a time, and writes the file's text: the environment, and each deployment whole.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn written(windlass: &Windlass, of: EnvironmentId<'_>, since: Time) -> Result<Reported, Failure> {
    let (app, name) = (of.app(), of.environment());
    let names = [app.as_str(), name.as_str()];
    let list = List::of::<ListedSnapshot>(of);
    let (here, snapshots) = futures::try_join!(
        windlass.read::<Environment>(RouteName::Environment, &names, &[]),
        page::<Snapshots>(windlass, &list, LARGEST_PAGE, None)
    )?;
    let history = history(windlass, of, since).await?;
    let figures = figures(windlass, of, since).await;
    let mut snapshots = snapshots.listed;
    snapshots.retain(|one| one.present || one.made >= since);
    let records = stream::iter(&history)
        .map(|one| async move { windlass.get(RouteName::Deployment, &[app.as_str(), one.id.as_str()], &[]).await });
    let records: Vec<_> = records.buffered(AT_A_TIME).try_collect().await?;
    let stand = PagePlace::File(history.iter().map(|one| one.id.0.clone()).collect());
    let now = now();
    let drill = way_back::last(windlass, &here).await;
    let shown = environment::ShownEnvironment {
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
        if let Some(record) = record::read(answer)? {
            each.push(deployment::ShownDeployment { stand: &stand, record: &record, groups: None, now }.body());
        }
    }
    let file = BrowserPage { stand: &stand, title: &format!("{app} {name}"), above: vec![], again_s: None };
    let html = file.render(&html! {
        p.aside { "From " (when(since)) " to " (when(now)) "." }
        @match &figures {
            Ok(app) => {
                (table(&stand, std::slice::from_ref(app)))
                @for note in notes(app) { p.aside { (note) } }
            }
            Err(why) => p.aside { "The figures could not be read: " (why.message) },
        }
        (shown.body())
        @for one in each { (one) }
    });
    let (drill, figures) = (drill.ok().flatten(), figures.ok());
    Ok(Reported {
        from: since,
        to: now,
        environment: here,
        drill,
        figures,
        snapshots,
        history,
        deployments: records,
        html,
    })
}

/// Reads the figures since then, or of as many days as there are figures for. Where they cannot be read, the rest is
/// still shown.
async fn figures(windlass: &Windlass, of: EnvironmentId<'_>, since: Time) -> Result<AppStats, Failure> {
    let days = now().ms_since(since).div_ceil(DAY_MS).clamp(1, 366);
    let query = [("environment", of.environment().as_str()), ("days", &days.to_string())];
    windlass.read(RouteName::Stats, &[of.app().as_str()], &query).await
}

/// Reads the deployments since then, newest first.
async fn history(windlass: &Windlass, of: EnvironmentId<'_>, since: Time) -> Result<Vec<HistoryEntry>, Failure> {
    let list = List::of::<HistoryEntry>(of);
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let next = page::<Deployments>(windlass, &list, LARGEST_PAGE, after.as_deref()).await?;
        let is_over = next.listed.last().is_some_and(|last| last.accepted < since);
        all.extend(next.listed.into_iter().filter(|one| one.accepted >= since));
        after = next.next;
        if is_over || after.is_none() {
            return Ok(all);
        }
    }
}

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Report {
    /// The application.
    app: AppName,
    /// The environment.
    environment: EnvironmentName,
    /// The number of last days whose deployments and snapshots are in it.
    #[arg(long, value_name = "NUMBER", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3660))]
    days: u64,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Report {
    /// Writes it to standard output.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let since = Time(now().0.saturating_sub(self.days * DAY_MS));
        let of = EnvironmentId::new(&self.app, &self.environment);
        let report = self.endpoint.ask(async |windlass| written(windlass, of, since).await)?;
        output.document(&report, &report.html);
        Ok(Exit::Good)
    }
}
