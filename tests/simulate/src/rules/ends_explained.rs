use crate::happening::Event;
use crate::outcome::Outcome;
use crate::place::Place;
use crate::schedule::{Counted, What};
use windlass_domain::deployment::{Deployment, Ended};
use windlass_domain::release::ending::Ending;

/// "one deployment per distinct request; a status URL, an end that is the truth": with one mishap, a deployment ends
/// as the scenario says that it may, or in a way that the mishap explains. It is not refused, and does not go live, for
/// no reason. If a release is superseded, there is a newer one.
///
/// Safety: mishaps: Each deployment ends as its scenario says that it may, or as the one mishap explains.
pub fn ends_explained(outcome: &Outcome<'_>) -> Result<(), String> {
    let [mishap] = outcome.schedule.mishaps.as_slice() else {
        return Ok(());
    };
    for record in outcome.records() {
        let Some(ended) = &record.ending else {
            continue;
        };
        let name = format!("{} {ended}", record.release.version);
        let scenario = outcome.scenario;
        let mut written = scenario.ends.iter().chain(scenario.may);
        let is_written = written.any(|one| *one == name);
        if !is_written && !explains(outcome, mishap.what, &record, ended) {
            return Err(format!("{name} says: {}", ended.cause.written()));
        }
        let is_superseded = || is_superseded(outcome, &record) || was_replaced(outcome, &record);
        // The way back of a drill gives way to anything that an operator has brought (`drills_come_back`).
        let is_release = record.drill.is_none();
        if ended.cause_name == "Superseded" && is_release && !is_superseded() {
            return Err(format!("{name}, and nothing newer was asked for"));
        }
    }
    Ok(())
}

/// The causes of who has asked for long, and does not ask again.
const GIVEN_UP: [&str; 3] = ["Unsettled", "CouldNotWait", "CouldNotPrepare"];

fn explains(outcome: &Outcome<'_>, what: What, record: &Deployment, ended: &Ended) -> bool {
    let is_stop = matches!(what, What::StoppedWithin | What::StoppedSlow | What::StoppedLate)
        || what.counted() == Counted::Visits;
    let is_refusal = matches!(what, What::Denied | What::DeniedLong);
    let lasts = matches!(what, What::ThrottledLong | What::DeniedLong);
    if what == What::FunctionsThrottled {
        // People and AWS do not wait for the functions. That these are waited for is another rule.
        return ended.ending != Ending::NeedsOperator && !GIVEN_UP.contains(&ended.cause_name.as_str());
    }
    match ended.ending {
        Ending::Succeeded => false,
        Ending::NothingToDo => {
            ended.cause_name == "AlreadyThere" && comes_once_more(what) && went_live_before(outcome, record)
        }
        Ending::RolledBack | Ending::NeedsOperator => is_stop || is_refusal || lasts || what == What::OutOfBand,
        Ending::Rejected => match ended.cause_name.as_str() {
            "NoPermission" | "GateNotMeasurable" => is_refusal,
            // What AWS was doing when its time was over.
            "CouldNotPrepare" if what == What::TimedOut => ended.cause.written().contains("StillInProgress"),
            given_up if GIVEN_UP.contains(&given_up) => is_refusal || lasts,
            "Stopped" => is_stop,
            "ExecutionTimedOut" => what == What::TimedOut,
            // Somebody else keeps the lock.
            "NeedsOperator" | "WaitedTooLong" => is_anyone_stuck(outcome),
            // Of two deployments that come within the skew of clocks, the later one counts as the older.
            "Older" => matches!(what, What::ClockAhead | What::ClockBehind),
            "TargetNotReady" => what == What::OutOfBand && is_service_changed(outcome),
            // A person's update of the stack failed as well, or changed it between two looks of a user's function.
            "StackBusy" | "PromiseBroken" => what == What::OutOfBand,
            // The undo of the release before is itself explained by the mishap.
            "Vetoed" => was_undone(outcome, record),
            _ => false,
        },
    }
}

/// Returns whether a request may come once more when its deployment has ended: the client asks again meanwhile, because
/// no answer comes, or another execution goes on in place of a stopped one.
fn comes_once_more(what: What) -> bool {
    matches!(what, What::InvokedLate | What::StoppedRedrivenLate)
}

/// Returns whether another deployment of its release had gone live when it came.
fn went_live_before(outcome: &Outcome<'_>, record: &Deployment) -> bool {
    outcome.records().iter().any(|other| {
        let ended = other.ending.as_ref();
        other.id != record.id
            && other.release_digest == record.release_digest
            && ended.is_some_and(|ended| ended.ending == Ending::Succeeded && ended.at <= record.accepted)
    })
}

/// Returns whether a person began a rollout of the service. A deployment waits for it for a while, and never races it.
fn is_service_changed(outcome: &Outcome<'_>) -> bool {
    let mut happened = outcome.happened.iter();
    happened.any(|one| matches!(one.what, Event::ChangedByOther("agent")))
}

fn is_anyone_stuck(outcome: &Outcome<'_>) -> bool {
    let is_left = |record: &Deployment| {
        let ended = record.ending.as_ref();
        ended.is_some_and(|ended| ended.ending == Ending::NeedsOperator)
    };
    let mut happened = outcome.happened.iter();
    happened.any(|happening| match &happening.what {
        Event::Wrote(_, change) => {
            let record = outcome.read::<Deployment>(change.after.as_ref(), "record");
            record.is_some_and(|record| is_left(&record))
        }
        _ => false,
    })
}

/// Returns whether another deployment of its release was undone.
fn was_undone(outcome: &Outcome<'_>, record: &Deployment) -> bool {
    outcome.records().iter().any(|other| {
        let ended = other.ending.as_ref();
        other.id != record.id
            && other.release_digest == record.release_digest
            && ended.is_some_and(|ended| ended.ending == Ending::RolledBack)
    })
}

/// Returns whether its release was live before, and something else went live since.
fn was_replaced(outcome: &Outcome<'_>, record: &Deployment) -> bool {
    let records = outcome.records();
    let is_live = |one: &Deployment| {
        let ended = one.ending.as_ref();
        ended.is_some_and(|ended| ended.ending == Ending::Succeeded)
    };
    let live = || records.iter().filter(|one| is_live(one));
    let mut former = live().filter(|one| one.release_digest == record.release_digest);
    former.any(|former| {
        live().any(|other| other.release_digest != record.release_digest && other.accepted > former.accepted)
    })
}

/// Returns whether another release of all its components is no older. A release that comes once more is no newer for
/// that: it stands where it came first.
fn is_superseded(outcome: &Outcome<'_>, record: &Deployment) -> bool {
    let records = outcome.records();
    let own = Place::of(outcome, record);
    let formers = records.iter().filter(|one| one.release_digest == record.release_digest);
    let formers: Vec<Place> = formers.map(|one| Place::of(outcome, one)).collect();
    records.iter().any(|other| {
        let mut parts = record.release.parts();
        let place = Place::of(outcome, other);
        let is_another = other.release_digest != record.release_digest;
        let is_no_older = !own.is_after(place) || (is_another && formers.iter().any(|former| !former.is_after(place)));
        other.id != record.id && is_no_older && parts.all(|part| other.release.parts().any(|other| other.covers(&part)))
    })
}
