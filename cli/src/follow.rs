//! Watching a deployment until it has ended.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, error};
use crate::record::Record;
use crate::standing::{Standing, standing};
use crate::status::Environment;
use crate::story::Printed;
use crate::windlass::Windlass;
use clap::Args;
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime};
use windlass_domain::deployment::Status;
use windlass_domain::name::AppName;
use windlass_domain::time::Span;
use windlass_domain::way::Way;

/// How long Step Functions may take to tell of an execution that it has started.
const KNOWN: Duration = Duration::from_mins(1);

/// Two looks that are closer than this have seen what came between them: another deployment takes longer.
const A_MOMENT: Duration = Duration::from_secs(15);

/// How patiently it is watched.
#[derive(Debug, Clone, Args)]
pub struct Patience {
    /// How long to wait for the ending, such as `30m`; the deployment itself goes on.
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = Span::parse)]
    timeout: Span,
    /// How long to wait between two looks.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = Span::parse, hide = true)]
    every: Span,
}

/// A time to wait that ends.
pub struct Waiting {
    until: Instant,
    every: Duration,
}

impl Patience {
    /// Begins to wait.
    pub fn begin(&self) -> Waiting {
        self.begin_at_most(Duration::MAX)
    }

    /// Begins to wait for something that comes soon, if it comes.
    pub fn begin_at_most(&self, most: Duration) -> Waiting {
        Waiting {
            until: Instant::now() + Duration::from_millis(self.timeout.as_ms()).min(most),
            every: Duration::from_millis(self.every.as_ms()),
        }
    }
}

impl Waiting {
    /// Waits for the next look; `false` once the time is over.
    pub async fn goes_on(&self) -> bool {
        tokio::time::sleep(self.every).await;
        Instant::now() < self.until
    }
}

impl Waiting {
    /// Waits until a deployment that was started a moment ago is known, at most [`KNOWN`].
    ///
    /// # Errors
    /// Where it gets none.
    pub async fn until_known(
        &self,
        windlass: &Windlass,
        app: &AppName,
        id: &str,
    ) -> Result<(), Failure> {
        let until = Instant::now() + KNOWN;
        let path = ["apps", app.as_str(), "deployments", id];
        loop {
            match windlass.get(&path, &[]).await {
                Ok(_) => return Ok(()),
                Err(failure) if failure.exit != Exit::Rejected && !failure.passes => {
                    return Err(failure);
                }
                Err(failure) if Instant::now() > until => return Err(failure),
                Err(_) => {}
            }
            if !self.goes_on().await {
                return Ok(());
            }
        }
    }
}

/// What was asked for of the deployment that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// That it runs.
    Runs,
    /// That it is undone, or ended.
    Undone,
    /// That it has ended, whichever way was right for it.
    Recovered,
}

/// Watches a deployment: prints what is new at each look, and with `--json` the whole record at the
/// end. An answer that does not come is no end: the next look may get one. What nobody saw ending is compared with what
/// runs now.
///
/// # Errors
/// A deployment that is not there, a caller who is not let in, and no answer until the time is over.
pub async fn follow(
    windlass: &Windlass,
    app: &AppName,
    id: &str,
    waiting: &Waiting,
    wanted: Wanted,
    output: Output,
) -> Result<Exit, Failure> {
    let mut printed = Printed::default();
    let mut last = Value::Null;
    let mut troubled = String::new();
    let (mut going, mut waits) = (None, None);
    loop {
        let path = ["apps", app.as_str(), "deployments", id];
        match windlass.get(&path, &[]).await {
            Ok(answer) => {
                let record = Record::read(&answer)?;
                last = answer;
                // What is accepted and not recorded yet has had no turn.
                let waiting = |record: &Record| record.deployment.status == Status::Waiting;
                waits = Some(record.as_ref().is_none_or(waiting));
                if let Some(record) = record {
                    let exit = told(&mut printed, &record, wanted, output);
                    if let Some(mut exit) = exit {
                        let is_to_run = exit == Exit::Good && wanted == Wanted::Runs;
                        if is_to_run && !seen_ending(going, SystemTime::now()) {
                            exit = now(windlass, &record, &mut last, output).await?;
                        }
                        output.only_json(&last);
                        return Ok(exit);
                    }
                }
                going = Some(SystemTime::now());
            }
            Err(failure) if !failure.passes => return Err(failure),
            Err(failure) => {
                going = None;
                tell_once(&mut troubled, &failure);
            }
        }
        if !waiting.goes_on().await {
            let (stands, exit) = match waits {
                None => return Err(Failure::unreachable(troubled)),
                Some(true) => ("still waits for its turn", Exit::StillWaits),
                Some(false) => ("is still under way", Exit::TimedOut),
            };
            error(&format!(
                "{app} deployment {id} {stands}; it goes on. `windlass watch {app} {id}` watches it again"
            ));
            output.only_json(&last);
            return Ok(exit);
        }
    }
}

/// Prints what is new; answers how the program ends if the deployment has ended.
fn told(printed: &mut Printed, record: &Record, wanted: Wanted, output: Output) -> Option<Exit> {
    for line in printed.fresh(record) {
        output.progress(&line);
    }
    let ended = record.deployment.ending.as_ref()?;
    Some(match wanted {
        Wanted::Runs => Exit::of(ended),
        Wanted::Undone => Exit::of_undone(ended),
        Wanted::Recovered => Exit::of_recovered(ended),
    })
}

/// True where the ending came while it was looked at, so that nothing else can have come after it: the look before this
/// one had an answer, and was a moment ago. `going` is when that was by the clock, which goes on while a machine sleeps.
fn seen_ending(going: Option<SystemTime>, now: SystemTime) -> bool {
    let since = going.and_then(|going| now.duration_since(going).ok());
    since.is_some_and(|since| since <= A_MOMENT)
}

/// What the targets show now of a deployment that has ended well before: that it was live once is not that it
/// is live.
async fn now(
    windlass: &Windlass,
    record: &Record,
    answer: &mut Value,
    output: Output,
) -> Result<Exit, Failure> {
    let deployment = &record.deployment;
    let environment = deployment.environment.as_str();
    let path = ["apps", deployment.app.as_str(), "environments", environment];
    let stands = match windlass.get(&path, &[("observe", "true")]).await {
        Ok(environment) => standing(deployment, &Environment::read(&environment)?),
        Err(failure) => Standing::Unknown(vec![failure.message]),
    };
    let (runs, exit, words) = match stands {
        Standing::Runs(words) => (Some(true), Exit::Good, format!("now: {words}")),
        Standing::SomethingElse(what) => {
            let next = answer["now"]["next"].as_str();
            let next = next.map_or_else(
                || Way::CommandLine.tell(&format!("start {}", deployment.input())),
                str::to_owned,
            );
            let words = format!(
                "now: it does NOT run any more\n  {}\n  next: to have it, {next}",
                what.join("\n  ")
            );
            (Some(false), Exit::Superseded, words)
        }
        Standing::Unknown(why) => {
            let words = format!("now: NOT known\n  {}", why.join("\n  "));
            (None, Exit::NotSeen, words)
        }
    };
    output.progress(&words);
    answer["now"]["runs"] = json!(runs);
    answer["now"]["text"] = json!(words);
    Ok(exit)
}

/// Says that looking fails, when it begins to.
fn tell_once(troubled: &mut String, failure: &Failure) {
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
