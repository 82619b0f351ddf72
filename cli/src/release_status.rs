//! The comparison with now. Where nobody saw a deployment's ending come, its record tells only the state at the ending,
//! so the deployment is compared with its environment now.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::live_comparison::{LiveComparison, live_comparison};
use crate::output::Output;
use crate::record::Record;
use crate::status::Environment;
use crate::windlass::Windlass;
use serde_json::{Value, json};
use windlass_domain::deployment::Deployment;
use windlass_domain::way_in::WayIn;

/// The lines that tell of now, and the exit status that follows from them.
#[derive(Debug, PartialEq, Eq)]
struct PresentLines {
    /// True if what was deployed runs; `None` where that is not known, or was not compared.
    runs: Option<bool>,
    words: String,
    exit: Exit,
}

/// Looks at the targets and at the environment, prints the present state, and returns the exit status. `exit` is the
/// exit status by the ending alone: what it says of the environment has to be true now as well.
pub async fn print_now(windlass: &Windlass, record: &Record, answer: &mut Value, exit: Exit, output: Output) -> Exit {
    let deployment = &record.deployment;
    let seen = environment(windlass, deployment, &[("observe", "true")]).await;
    let seen = seen.map_err(|failure| failure.message);
    let next = answer["now"]["next"].as_str().map(str::to_owned);
    let next = next.unwrap_or_else(|| WayIn::CommandLine.tell(&format!("start {} to have it", deployment.input())));
    let now = compare(deployment, exit, seen, &next);
    output.progress(&now.words);
    answer["now"]["runs"] = json!(now.runs);
    answer["now"]["text"] = json!(now.words);
    now.exit
}

fn compare(deployment: &Deployment, exit: Exit, seen: Result<Environment, String>, next: &str) -> PresentLines {
    let ended = deployment.ending.as_ref();
    let is_resolved = ended.is_some_and(|ended| ended.resolved.is_some());
    let now = match seen {
        Ok(now) => now,
        Err(why) => {
            // What it brought may be gone, and an operator who was needed may be needed no more.
            let is_open = exit == Exit::Good || (exit == Exit::NeedsOperator && is_resolved);
            return PresentLines {
                runs: None,
                words: format!("now: NOT known\n  {why}"),
                exit: if is_open { Exit::NotSeen } else { exit },
            };
        }
    };
    let held = now.lock.held.as_ref();
    let is_unlocked = held.is_none_or(|held| held.deployment != deployment.id);
    let is_to_run = exit == Exit::Good || (exit == Exit::NeedsOperator && is_unlocked);
    let may_run = is_to_run || matches!(exit, Exit::Superseded | Exit::Recorded);
    let environment = format!("{}\n{}", now.hold_in_words(), now.lock());
    let (runs, words, exit) = match live_comparison(deployment, &now) {
        LiveComparison::Runs(words) if may_run => (Some(true), format!("{words}\n{environment}"), Exit::Good),
        LiveComparison::SomethingElse(what) if is_to_run => {
            let what = what.join("\n  ");
            let words = format!("it does NOT run any more\n  {what}\n{environment}\n  next: {next}");
            (Some(false), words, Exit::Superseded)
        }
        LiveComparison::Unknown(why) if is_to_run => {
            let words = format!("NOT known\n  {}\n{environment}", why.join("\n  "));
            (None, words, Exit::NotSeen)
        }
        // Its ending tells what became of it. The environment may be another one since.
        LiveComparison::SomethingElse(_) if may_run => (Some(false), now.words(), exit),
        LiveComparison::Runs(_) | LiveComparison::SomethingElse(_) | LiveComparison::Unknown(_) => {
            (None, now.words(), exit)
        }
    };
    PresentLines { runs, words: format!("now: {words}"), exit }
}

/// Returns the deployment there that works or waits with the same release. The caller follows it in place of the
/// deployment that made way for it. `None` where that cannot be seen.
pub async fn same_release(windlass: &Windlass, record: &Record) -> Option<String> {
    let mine = &record.deployment;
    let now = environment(windlass, mine, &[]).await.ok()?;
    let held = now.lock.held.iter().map(|held| &held.deployment);
    let waiting = now.waiting.iter().map(|waiting| &waiting.deployment);
    for id in held.chain(waiting).filter(|id| **id != mine.id) {
        let path = ["apps", mine.app.as_str(), "deployments", &id.0];
        let answer = windlass.get(&path, &[]).await.ok()?;
        let other = Record::read(&answer).ok().flatten();
        let other = other.map(|other| other.deployment);
        if other.is_some_and(|other| brings_the_same(&other, mine)) {
            return Some(id.0.clone());
        }
    }
    None
}

fn brings_the_same(other: &Deployment, mine: &Deployment) -> bool {
    other.release_digest == mine.release_digest && other.components().eq(mine.components())
}

async fn environment(
    windlass: &Windlass,
    deployment: &Deployment,
    query: &[(&str, &str)],
) -> Result<Environment, Failure> {
    let environment = deployment.environment.as_str();
    let path = ["apps", deployment.app.as_str(), "environments", environment];
    Environment::read(&windlass.get(&path, query).await?)
}
