//! The schedule of the summaries: once a day the topics of each application that ask for it are sent how the day went.
//!
//! The schedule looks several times in the hour that follows the day. The ledger has how far the sending has come. So a
//! look goes on where the one before has ended, and a look that comes twice finds nothing to do.

// How far a day is sent is written before an application's messages, because SNS recognizes no message that it has
// had. So one may come twice, and none is lost.

use crate::ledger::{self, Stored};
use crate::outbox::send;
use crate::overview::{AT_A_TIME, accepted_since, drift, environment_items, most_of_each, names};
use crate::ports::{Clock, DynamoDbApi, Query, Result, SnsApi, Transacted};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::environment::Waiting;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::summary::{
    Day, EnvironmentFacts, StandingFacts, SummaryDecision, TRIES, messages, no_summary, wanted, windows,
};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;

/// The ports that the summaries need.
pub trait Ports: DynamoDbApi + SnsApi + Clock {}
impl<P: DynamoDbApi + SnsApi + Clock> Ports for P {}

/// The time in milliseconds after which no application is begun any more. Reading one takes seconds, and the function
/// has 30 of them.
const WORK_MS: u64 = 12_000;

/// The number of declarations that are read at a time.
const A_PAGE: u32 = 25;

/// Serves a look of the schedule.
///
/// # Errors
/// If the event has no time, something could not be read, written or sent, or the last look of the hour leaves
/// applications whose summary is not sent.
pub async fn handle(ports: &impl Ports, event: &Value) -> Result<()> {
    let look = event["time"].as_str().and_then(Time::parse);
    let look = look.ok_or_else(|| Fault::new(FaultName::BadInput, "a look of the schedule without a `time`"))?;
    let begun = ports.now();
    let key = ledger::summaries();
    let known = ledger::load(ports, &key).await?;
    let rev = known.as_ref().map_or(0, |known| known.rev);
    let day = match Day::turn(known.map(|known| known.value), Day::end_of(look), begun) {
        SummaryDecision::Go(day) => day,
        SummaryDecision::Done => return Ok(()),
        SummaryDecision::Elsewhere => {
            tracing::info!("another invocation sends the summaries");
            return Ok(());
        }
    };
    let mut run = SummaryRun { ports, until: begun.plus_ms(WORK_MS), day: Stored { key, rev, value: day } };
    match run.all().await? {
        SummaryProgress::More if Day::is_last(look) => Err(Fault::new(
            FaultName::MoreToDo,
            "not every application's summary is sent, and no further look comes today",
        )),
        SummaryProgress::Done | SummaryProgress::Elsewhere | SummaryProgress::More => Ok(()),
    }
}

/// The progress of an invocation.
enum SummaryProgress {
    Done,
    /// The next look goes on.
    More,
    /// Another invocation has taken over.
    Elsewhere,
}

struct SummaryRun<'a, P> {
    ports: &'a P,
    until: Time,
    day: Stored<Day>,
}

impl<P: Ports> SummaryRun<'_, P> {
    async fn all(&mut self) -> Result<SummaryProgress> {
        let mut query = Query {
            pk: ledger::APPLICATIONS.pk.to_owned(),
            sk_prefix: String::new(),
            descending: false,
            limit: A_PAGE,
            after: None,
        };
        loop {
            let page = self.ports.query_index(query.clone()).await?;
            for item in page.items {
                let Some(app) = ledger::app_of(&item.key.pk) else { continue };
                if self.day.value.is_done_with(&app) {
                    continue;
                }
                let came = match ledger::from_item(item) {
                    Ok(declared) => self.one(&app, &declared).await?,
                    // Asking again would not help, and the summaries of the others are still to be sent.
                    Err(fault) => self.pass(&app, &fault.message).await?,
                };
                if let Some(came) = came {
                    return Ok(came);
                }
            }
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        self.day.value.end();
        let is_written = self.write().await?;
        Ok(if is_written { SummaryProgress::Done } else { SummaryProgress::Elsewhere })
    }

    /// Sends one application's summary. Returns how far it came if the work ends here.
    async fn one(&mut self, app: &AppName, declared: &Stored<Declared>) -> Result<Option<SummaryProgress>> {
        let ports = self.ports;
        let Ok(declaration) = ledger::read_declaration(&declared.value) else {
            let why = format!("its declaration {} cannot be read any more.", declared.value.version);
            return self.pass(app, &why).await;
        };
        let names = names(ports, app, Some(declared)).await?;
        let names = wanted(&declaration, names);
        if names.is_empty() {
            return Ok(None);
        }
        if ports.now() >= self.until {
            let is_written = self.write().await?;
            return Ok(Some(if is_written { SummaryProgress::More } else { SummaryProgress::Elsewhere }));
        }
        if !self.day.value.begin(app, ports.now()) {
            return self.pass(app, &format!("{TRIES} invocations failed with it.")).await;
        }
        // The one whose write passes goes on.
        if !self.write().await? {
            return Ok(Some(SummaryProgress::Elsewhere));
        }
        send_summary(ports, app, &declaration, names, self.day.value.to()).await?;
        self.day.value.done_with(app);
        Ok(None)
    }

    /// Goes on without a summary of the application, and reports that.
    async fn pass(&mut self, app: &AppName, why: &str) -> Result<Option<SummaryProgress>> {
        tracing::error!(%app, why, "there is no summary");
        let notification = no_summary(app, self.day.value.to(), why);
        self.ports.notify(&notification.subject, &notification.message).await?;
        self.day.value.done_with(app);
        Ok((!self.write().await?).then_some(SummaryProgress::Elsewhere))
    }

    /// Writes how far it has come; `false` if another invocation has written in between.
    async fn write(&mut self) -> Result<bool> {
        let written = self.ports.transact(vec![self.day.put()?]).await?;
        self.day.rev += 1;
        Ok(written == Transacted::Done)
    }
}

async fn send_summary(
    ports: &impl Ports,
    app: &AppName,
    declaration: &Declaration,
    names: Vec<EnvironmentName>,
    to: Time,
) -> Result<()> {
    let most = most_of_each(names.len());
    let seen: Vec<EnvironmentFacts> =
        stream::iter(names).map(|name| seen(ports, app, name, to, most)).buffered(AT_A_TIME).try_collect().await?;
    for (topic, message) in messages(declaration, app, to, &seen) {
        send(ports, app, &topic, &message).await?;
    }
    Ok(())
}

async fn seen(
    ports: &impl Ports,
    app: &AppName,
    name: EnvironmentName,
    to: Time,
    most: usize,
) -> Result<EnvironmentFacts> {
    let [.., longest] = windows(to);
    let of = EnvironmentId::new(app, &name);
    let (all, since) = accepted_since(ports, of, longest.from, most).await?;
    let standing = standing(ports, of).await?;
    Ok(EnvironmentFacts::of(name, to, (&all, since), standing))
}

async fn standing(ports: &impl Ports, of: EnvironmentId<'_>) -> Result<StandingFacts> {
    let here = environment_items(ports, of).await?;
    let since = |one: &Waiting| one.since;
    let drift = drift(ports, of, &here).await?;
    Ok(StandingFacts {
        hold: here.state.hold,
        held: here.lock.held,
        waiting: here.waiting.iter().map(since).collect(),
        drift,
    })
}
