//! Watching a deployment until it has ended.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::heartbeat::Heartbeat;
use crate::ground::interrupt;
use crate::ground::machine::now;
use crate::ground::output::{VerbOutput, error};
use crate::ground::trouble::TroubleName;
use crate::talk::windlass::{RouteName, Windlass};
use crate::view::live_comparison::{print_now, same_release};
use crate::view::next_steps::{Added, of_deployment};
use crate::view::record;
use crate::view::story::Printed;
use clap::Args;
use serde_json::Value;
use std::time::{Duration, Instant, SystemTime};
use windlass_domain::deployment::Status;
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::text::name::AppName;
use windlass_domain::text::time::Span;

/// The time that Step Functions may take to show an execution that it has started.
const KNOWN: Duration = Duration::from_mins(1);

/// So many looks in a row without an answer of Windlass's end the watching: a minute at the usual pace, which is longer
/// than an upgrade takes from the API.
const DEAD_LOOKS: u32 = 30;

/// Two looks that are closer than this have seen everything between them: another deployment takes longer.
const A_MOMENT: Duration = Duration::from_secs(15);

/// The time for which something is waited for, and the time between two looks.
#[derive(Debug, Clone, Args)]
pub struct Patience {
    /// The longest time to wait for what comes of it, such as `30m`. What was begun goes on when that is over.
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = Span::parse)]
    timeout: Span,
    /// The time between two looks.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = Span::parse, hide = true)]
    every: Span,
}

/// Says that a verb waits for what comes of its call, which it does unless an option says otherwise.
#[derive(Debug, Clone, Args)]
pub struct WaitOptions {
    /// Only hand it in, and do not wait for what comes of it.
    #[arg(long)]
    pub no_wait: bool,
    /// Watch it until it has ended, as is done anyway where `--no-wait` is not given.
    #[arg(long, conflicts_with = "no_wait")]
    watch: bool,
    /// The time to wait for what comes of it.
    #[command(flatten)]
    pub patience: Patience,
}

/// A wait that ends after a time, and shows meanwhile that it goes on.
pub struct Wait {
    until: Instant,
    every: Duration,
    /// The sign of life.
    pub pulse: Heartbeat,
}

impl Patience {
    /// Begins to wait.
    pub fn begin(&self) -> Wait {
        self.begin_at_most(Duration::MAX)
    }

    /// Returns the time to wait for something that comes within `most`, if it comes.
    pub fn at_most(&self, most: Duration) -> Duration {
        Duration::from_millis(self.timeout.as_ms()).min(most)
    }

    /// Begins to wait for something that comes soon, if it comes.
    pub fn begin_at_most(&self, most: Duration) -> Wait {
        Wait {
            until: Instant::now() + self.at_most(most),
            every: Duration::from_millis(self.every.as_ms()),
            pulse: Heartbeat::begin(),
        }
    }
}

impl Wait {
    /// Waits for the next look; `false` once the time is over.
    pub async fn goes_on(&self) -> bool {
        self.pulse.show();
        tokio::time::sleep(self.every).await;
        self.pulse.hide();
        Instant::now() < self.until
    }

    /// Waits until a deployment that was started a moment ago is known, at most [`KNOWN`].
    ///
    /// # Errors
    /// The last failure, if the deployment is not known in time.
    pub async fn until_known(&self, windlass: &Windlass, app: &AppName, id: &str) -> Result<(), Failure> {
        let until = Instant::now() + KNOWN;
        loop {
            match windlass.get(RouteName::Deployment, &[app.as_str(), id], &[]).await {
                Ok(_) => return Ok(()),
                Err(failure) if failure.exit != Exit::Rejected && !failure.passes => return Err(asks_doctor(failure)),
                Err(failure) if Instant::now() > until => return Err(asks_doctor(failure)),
                Err(failure) if failure.passes => self.pulse.waits_for(unanswered(&failure)),
                Err(_) => {}
            }
            if !self.goes_on().await {
                return Ok(());
            }
        }
    }
}

/// The wish of the person who follows the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwaitedEnd {
    /// The deployment runs.
    Runs,
    /// The deployment is undone, or ended.
    Undone,
    /// The deployment has ended, whichever way was right for it.
    Recovered,
}

/// Watches a deployment: prints what is new at each look, and with `--json` the whole record at the end, with the steps
/// that can be taken with one that goes on. A look that gets no answer is no end: the next look may get one. An API
/// that answers, and nothing of Windlass's, look after look, is dead or overwritten, and ends the watching.
///
/// An ending that nobody saw come is printed as the past, and the present state comes last. A deployment that made
/// way for another one with the same release is followed by that one.
///
/// # Errors
/// A deployment that is not there, a caller who is not let in, and no answer until the time is over.
pub async fn follow(
    windlass: &Windlass,
    app: &AppName,
    id: &str,
    waiting: &Wait,
    wanted: AwaitedEnd,
    output: VerbOutput,
) -> Result<Exit, Failure> {
    let mut printed = Printed::default();
    let mut last = Value::Null;
    let (mut troubled, mut steps) = (String::new(), Vec::new());
    let (mut going, mut waits, mut asks, mut dead) = (None, None, false, 0);
    let mut id = id.to_owned();
    interrupt::says(interrupt::of_deployment(app.as_str(), &id, None));
    loop {
        match windlass.get(RouteName::Deployment, &[app.as_str(), &id], &[]).await {
            Ok(answer) => {
                let record = record::read(&answer).map_err(asks_doctor)?;
                (last, dead) = (answer, 0);
                waiting.pulse.waits_for(record::activity(record.as_ref(), now()));
                // A deployment that is accepted and not recorded yet has had no turn.
                let has_no_turn = |record: &Record| record.deployment.status == Status::Waiting;
                waits = Some(record.as_ref().is_none_or(has_no_turn));
                asks = record.as_ref().is_some_and(|record| record.deployment.asks());
                if let Some(record) = record {
                    steps = of_deployment(&record.deployment).into_iter().map(|one| one.step).collect();
                    interrupt::says(interrupt::of_deployment(app.as_str(), &id, Some(record.deployment.action)));
                    let is_past = wanted == AwaitedEnd::Runs && !seen_ending(going, SystemTime::now());
                    let fresh = printed.fresh(&record, is_past);
                    if !fresh.is_empty() {
                        waiting.pulse.lines_printed();
                    }
                    for line in fresh {
                        output.progress(&line);
                    }
                    let exit = ended(&record, wanted);
                    if let Some(exit) = exit {
                        interrupt::says(format!(
                            "interrupted; deployment {id} has ended, and what runs now was not compared with it"
                        ));
                        let made_way = wanted == AwaitedEnd::Runs && exit == Exit::Superseded;
                        if made_way && let Some(other) = same_release(windlass, &record).await {
                            output.progress(&format!(
                                "deployment {other} has the same release and is watched in its place"
                            ));
                            (id, going, printed) = (other, None, Printed::default());
                            interrupt::says(interrupt::of_deployment(app.as_str(), &id, None));
                            continue;
                        }
                        let exit = if is_past || made_way {
                            print_now(windlass, &record, &mut last, exit, output).await.exit
                        } else {
                            exit
                        };
                        output.only_json(&last);
                        return Ok(exit);
                    }
                }
                going = Some(SystemTime::now());
            }
            Err(failure) if !failure.passes => return Err(asks_doctor(failure)),
            Err(failure) => {
                going = None;
                print_once(&mut troubled, &failure);
                waiting.pulse.waits_for(unanswered(&failure));
                dead = if failure.is_answered { dead + 1 } else { 0 };
                if dead == DEAD_LOOKS {
                    return Err(asks_doctor(failure));
                }
            }
        }
        if !waiting.goes_on().await {
            let (stands, exit) = match waits {
                None => return Err(Failure::of(TroubleName::NoAnswer, troubled)),
                Some(true) if asks => ("still waits until people approve its plan", Exit::StillWaits),
                Some(true) => ("still waits for its turn", Exit::StillWaits),
                Some(false) => ("is still under way", Exit::TimedOut),
            };
            error(&format!("{app} deployment {id} {stands}; it goes on. `windlass watch {app} {id}` watches it again"));
            let next_steps = (!steps.is_empty()).then_some(steps);
            output.only_json(&Added { answer: last, next_steps, ..Added::default() });
            return Ok(exit);
        }
    }
}

/// Returns the words for a wait in which the API gives no answer of Windlass's.
fn unanswered(failure: &Failure) -> String {
    format!("how it goes on is not known: {}", failure.message)
}

/// Adds the next step where Windlass itself may be what is wrong. If nobody answered as Windlass does, the failure
/// names it.
fn asks_doctor(failure: Failure) -> Failure {
    match failure.name {
        Some(TroubleName::NotAWindlass) => failure.with_next("How it goes on is not known"),
        Some(TroubleName::NoAnswer | TroubleName::OtherVersion | TroubleName::WentWrong) => {
            failure.with_next("How it goes on is not known. `windlass doctor` looks at Windlass itself")
        }
        _ => failure,
    }
}

/// Returns the exit status if the deployment has ended.
fn ended(record: &Record, wanted: AwaitedEnd) -> Option<Exit> {
    let ended = record.deployment.ending.as_ref()?;
    Some(match wanted {
        AwaitedEnd::Runs => Exit::of(ended),
        AwaitedEnd::Undone => Exit::of_undone(ended),
        AwaitedEnd::Recovered => Exit::of_recovered(ended),
    })
}

/// Returns whether the ending came while it was looked at, so that nothing else can have come after it: the look before
/// this one had an answer, and was a moment ago. `going` is the time of that look by the clock, which goes on while a
/// machine sleeps.
fn seen_ending(going: Option<SystemTime>, now: SystemTime) -> bool {
    let since = going.and_then(|going| now.duration_since(going).ok());
    since.is_some_and(|since| since <= A_MOMENT)
}

/// Prints that looking fails, once for each message.
fn print_once(troubled: &mut String, failure: &Failure) {
    if *troubled != failure.message {
        troubled.clone_from(&failure.message);
        error(&format!("{troubled}; looking again"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_seen_where_the_look_before_it_was_a_moment_ago() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(1);
        let ago = |seconds| seen_ending(Some(now - Duration::from_secs(seconds)), now);
        assert!(ago(0) && ago(2) && ago(15));
        assert!(!ago(16) && !ago(3600), "a machine that slept");
        assert!(!seen_ending(Some(now + Duration::from_secs(1)), now));
        assert!(!seen_ending(None, now));
    }
}
