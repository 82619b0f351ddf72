//! An arrival: what arrived, how it became known, and what came of it. Each is served once, however often and in
//! whatever way it becomes known, and one that nobody asks for is listed beside what is refused.

// Events of S3 and ECR name the account and no person, so an arrival has no requester where its event says nothing
// more. CloudTrail would know it, minutes late, and of uploads only where somebody pays for data events.

use crate::conductor::{record_refusal, refusal};
use crate::faults::Faults;
use crate::ledger::{self, ServedArrival, Started};
use crate::pin;
use crate::ports::{Clock, Result, S3Api, SnsApi, StepFunctionsApi};
use crate::recovery::{Came, came_of, quarter};
use crate::trouble::Checked;
use serde_json::Value;
use windlass_domain::release::arrival_sweep::{ArrivalSweep, IgnoredArrival, LISTED_FOR_S, NOTED_FOR_S};
use windlass_domain::release::request::{ObjectRef, Requester, Route};
use windlass_domain::text::count::count;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::AppName;
use windlass_domain::text::time::Time;

/// The number of arrivals that one run looks after, also in vain, so that it ends in time after a long outage.
pub const ARRIVALS: usize = 100;

/// The ports that intake needs.
pub trait Ports: pin::Ports + StepFunctionsApi + SnsApi + Clock {}
impl<P: pin::Ports + StepFunctionsApi + SnsApi + Clock> Ports for P {}

/// An object that was created, as S3 announces it (Amazon S3 User Guide, "EventBridge event message
/// structure"; the key is not URL-encoded there).
pub struct Created {
    pub object: ObjectRef,
    pub requester: Requester,
    /// The time at which it was created, if that is known.
    pub arrived: Option<Time>,
    /// The text that distinguishes this serving of it from another one.
    pub seed: String,
}

/// Reads the text of an upload that has at most so many bytes. `what` names it for its author, such as
/// `the declaration`.
pub async fn text(ports: &impl Ports, created: &Created, what: &str, most: usize) -> Checked<String> {
    let id = ports.artifact(&created.object.key, created.object.version_id.as_deref());
    match S3Api::get(ports, &id, most as u64).await {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(fault) if fault.name == FaultName::Refused => {
            let remedy = format!("Write one of at most {}.", count(most, "byte"));
            Err(Finding::bad_value(what, fault.message, remedy).into())
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Records that an upload of an application was refused, and is to be notified of.
pub async fn record(ports: &impl Ports, app: &AppName, created: &Created, findings: &[Finding]) -> Result<()> {
    let (about, requester) = (created.object.key.clone(), created.requester.clone());
    record_refusal(ports, refusal(ports, &created.seed, app.clone(), requester, about, findings)).await
}

/// The way in which an arrival became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discovery {
    /// By an event, which was sent at this time, in whole seconds.
    Announced(Option<Time>),
    /// By looking; it had arrived at this time.
    Found(Time),
}

impl Discovery {
    /// Returns the time at which it arrived, if that is known.
    pub fn arrived(self) -> Option<Time> {
        match self {
            Self::Announced(sent) => sent,
            Self::Found(arrived) => Some(arrived),
        }
    }
}

/// The outcome of an arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArrivalOutcome {
    /// Nobody asks for it, as far as is known by now. It is found again, for a while.
    Nothing,
    /// It needs no execution.
    Served,
    /// An execution was started for it.
    Started(Started),
}

/// Returns the time at which an event was sent; `None` if the event does not say.
pub fn sent(event: &Value) -> Option<Time> {
    Time::parse(event.get("time")?.as_str()?)
}

/// Notes what came of an arrival in the round that looked after it. Returns whether there was something to do, be it in
/// vain: the arrival was not known to be served.
pub fn note(
    round: &mut ArrivalSweep,
    (what, arrived): (&str, Time),
    came: Result<Option<ArrivalOutcome>>,
    faults: &mut Faults,
) -> bool {
    let came = faults.take(what, came);
    if matches!(came, None | Some(Some(ArrivalOutcome::Started(_)))) {
        round.look_again(arrived);
    }
    !matches!(came, Some(None))
}

/// Serves an arrival, and notes that it was served, unless it is noted already: events come twice,
/// and what they announced is also found by looking. `serve` gets what distinguishes this serving from another one.
/// Answers what came of it, unless that was noted before.
///
/// A second event that was sent after the serving announces another arrival: the same image was
/// pushed once more. What died before it was recorded is served again when it is found.
pub async fn once(
    ports: &impl Ports,
    what: &str,
    known: Discovery,
    serve: impl AsyncFnOnce(String) -> Result<ArrivalOutcome>,
) -> Result<Option<ArrivalOutcome>> {
    let mut note = ledger::load_or_default(ports, &ledger::arrival(what)).await?;
    let mut seed = what.to_owned();
    if note.rev > 0 {
        match known {
            Discovery::Announced(Some(sent)) if sent <= note.value.at => {
                tracing::info!("an event that came twice is dropped");
                return Ok(None);
            }
            Discovery::Announced(_) => {}
            Discovery::Found(_) if !is_lost(ports, &note.value).await? => return Ok(None),
            Discovery::Found(_) => seed = format!("{what} {}", quarter(ports)),
        }
    }
    if let Discovery::Found(_) = known {
        tracing::warn!("an arrival that no event announced, or that was lost, is served now");
    }
    let at = ports.now();
    let came = serve(seed).await?;
    let started = match &came {
        ArrivalOutcome::Nothing => return Ok(Some(came)),
        ArrivalOutcome::Served => None,
        ArrivalOutcome::Started(started) => Some(started.clone()),
    };
    note.value = ServedArrival { at, started };
    // It is refused if somebody else has just noted it.
    ports.transact(vec![note.put_until(at.plus_s(NOTED_FOR_S))?]).await?;
    Ok(Some(came))
}

/// Returns whether the execution for an arrival died before it was a deployment or a refusal, so that nobody knows of
/// it. An execution that a person stopped is not started again.
async fn is_lost(ports: &impl Ports, served: &ServedArrival) -> Result<bool> {
    let Some(Started { app, execution }) = &served.started else { return Ok(false) };
    Ok(came_of(ports, app, execution).await? == Came::Lost)
}

/// Lists that an arrival was not taken, under the application that it looks meant for if that one is declared, else
/// among what names none that is, as the access file of all applications. `what` is the arrival; of the same there is
/// one line, the newest.
pub async fn list(
    ports: &impl Ports,
    what: &str,
    app: Option<AppName>,
    requester: Requester,
    findings: Vec<Finding>,
) -> Result<()> {
    let listed_under = match &app {
        Some(app) if ledger::is_declared(ports, app).await? => Some(app.clone()),
        _ => None,
    };
    tracing::info!(?findings, "an arrival that nobody asks for is listed");
    let at = ports.now();
    let line = IgnoredArrival { app, about: what.to_owned(), requester, execution: None, findings, at };
    let line = ledger::replacing(ports, ledger::not_taken(what), line).await?;
    let index = ledger::refused_index(listed_under.as_ref(), at, what);
    let expires = at.plus_s(LISTED_FOR_S);
    // It is refused if somebody else has just listed the same.
    ports.transact(vec![line.put_listed(index, expires)?]).await?;
    Ok(())
}

/// Returns the requester for a push, of whom ECR's event names only the account.
pub fn pusher() -> Requester {
    Requester::new(Route::Ecr, None)
}
